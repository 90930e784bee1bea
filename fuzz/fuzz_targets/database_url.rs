#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vitamin_fuzz_targets::run("database_url", bytes));
