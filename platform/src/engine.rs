//! The container engine, through its API; nowhere else.
