//! Whatever bytes a manifest has: it is one, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::adapters::registry::check_manifest;

fuzz_target!(|bytes: &[u8]| {
    if check_manifest(bytes).is_ok() {
        let content: serde_json::Value = serde_json::from_slice(bytes).expect("a manifest is JSON");
        assert!(content.is_object());
    }
});
