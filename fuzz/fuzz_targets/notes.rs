#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (data, comrak::Options::default(), jiff::civil::date(2026, 1, 2), tidegate::model::version::Version::new(1, 0, 0));
});
