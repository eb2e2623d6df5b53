//! Drives the target `check_no_panic`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("check_no_panic", data));
