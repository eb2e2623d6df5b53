//! Drives the target `lower_deterministic`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("lower_deterministic", data));
