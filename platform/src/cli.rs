//! Everything `helios` does besides serving.
