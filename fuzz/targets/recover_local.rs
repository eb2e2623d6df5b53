//! Drives the target `recover_local`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("recover_local", data));
