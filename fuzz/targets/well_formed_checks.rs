//! Drives the target `well_formed_checks`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oal_fuzz::run("well_formed_checks", data));
