//! The edge: Caddy, told its whole configuration.
