#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naru::fuzzing::ksnet_notice(data));
