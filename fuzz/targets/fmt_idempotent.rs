//! Drives the target `fmt_idempotent`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("fmt_idempotent", data));
