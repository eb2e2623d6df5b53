//! Drives the target `ir_roundtrip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("ir_roundtrip", data));
