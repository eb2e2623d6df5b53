//! Drives the target `lex_total`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("lex_total", data));
