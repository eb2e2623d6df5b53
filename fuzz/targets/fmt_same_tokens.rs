//! Drives the target `fmt_same_tokens`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("fmt_same_tokens", data));
