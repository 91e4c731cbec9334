//! Whatever bytes an archive has: names that lie inside it, or an error; and whatever image it holds, each manifest of it has
//! the digest that it is named by, and each blob lies in the archive.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use tidegate::adapters::registry::{ArchivePlace, Source, archive_names};
use tidegate::error::Error;
use tidegate::model::digest::Digest;
use tidegate::model::image::{Content, ImageRepository};

fuzz_target!(|bytes: &[u8]| {
    let Ok(names) = archive_names(Cursor::new(bytes)) else { return };
    for (name, place) in &names {
        match place {
            ArchivePlace::File { offset, length } => assert!(offset + length <= bytes.len() as u64, "{name}"),
            ArchivePlace::Link(target) => assert!(inside(target), "{target}"),
        }
        assert!(inside(name), "{name}");
    }
    if !names.contains_key("index.json") && !names.contains_key("manifest.json") {
        return;
    }
    let file = std::env::temp_dir().join(format!("tidegate-fuzz-{}", std::process::id()));
    std::fs::write(&file, bytes).expect("a temporary file");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let none = |_: &ImageRepository| Err(Error::Internal("a file needs no registry".to_owned()));
    let Ok(opened) = runtime.block_on(Source::of_path(&file).open(none, None)) else { return };
    for tree in opened.image.trees() {
        for part in tree.manifests() {
            let Content::Held(held) = &part.content else { panic!("a manifest is held") };
            assert_eq!((Digest::of(held), held.len() as u64), (part.digest.clone(), part.bytes));
        }
        for part in &tree.blobs {
            if let Content::File { offset, .. } = part.content {
                assert!(offset + part.bytes <= bytes.len() as u64);
            }
        }
    }
});

fn inside(name: &str) -> bool {
    !name.starts_with('/') && name.split('/').all(|part| part != "..")
}
