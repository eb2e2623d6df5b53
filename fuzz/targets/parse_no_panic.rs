//! Drives the target `parse_no_panic`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("parse_no_panic", data));
