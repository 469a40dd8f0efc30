#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naru::fuzzing::v2_list(data));
