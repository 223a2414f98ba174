#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| confab::fuzz_targets::request(input));
