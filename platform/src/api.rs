//! The HTTP interface: routes under /v1, authentication, limits.
