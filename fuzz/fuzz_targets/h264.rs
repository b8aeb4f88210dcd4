#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| diemcau::fuzz::run("h264", bytes));
