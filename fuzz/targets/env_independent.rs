//! Drives the target `env_independent`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("env_independent", data));
