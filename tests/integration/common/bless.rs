//! Files of the repository that are generated: compared by a test, and written by it when `TIDEGATE_BLESS=1`.

use super::repository;

/// Asserts that a file of the repository holds this text, or writes it.
pub fn assert_file(path: &str, text: &str) {
    let file = repository().join(path);
    if std::env::var_os("TIDEGATE_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    if found == text {
        return;
    }
    let diff = similar::TextDiff::from_lines(found.as_str(), text);
    panic!(
        "{path} is not what is generated; write it with `TIDEGATE_BLESS=1 cargo test --test integration`\n{}",
        diff.unified_diff().context_radius(2).header("kept", "generated")
    );
}
