//! Drives the target `broken_is_found`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("broken_is_found", data));
