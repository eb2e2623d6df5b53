//! Drives the target `check_deterministic`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("check_deterministic", data));
