//! The command line, run as a person or a pipeline runs it.

mod help;
mod live;
mod sandbox;
mod usage;
