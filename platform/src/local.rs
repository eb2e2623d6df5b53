//! One machine, no set-up: PostgreSQL, NATS and Caddy as child processes.
