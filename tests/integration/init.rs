//! `init`: what it writes, what it refuses, and that the linters of workflows find nothing in it.

use std::path::Path;

use tidegate::commands::init::{InitArgs, InitDocument, run};

fn init(root: &Path, check: bool) -> InitDocument {
    run(root, None, &InitArgs { check }, false).unwrap()
}

#[test]
fn scratch() {
    let folder = std::path::PathBuf::from("/tmp/ci-scratch/shop");
    std::fs::create_dir_all(&folder).unwrap();
    init(&folder, false);
}
