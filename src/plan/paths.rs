//! Which commits belong to a component: those that change a path of its own.

/// Whether a commit that changes `changed` belongs to a component with these paths: a folder, a folder followed by
/// `/**`, or a file. A component without paths owns every commit, also one that changes nothing.
pub fn belongs(paths: &[String], changed: &[String]) -> bool {
    paths.is_empty() || changed.iter().any(|file| paths.iter().any(|path| covers(path, file)))
}

fn covers(path: &str, file: &str) -> bool {
    let folder = path.strip_prefix("./").unwrap_or(path);
    let folder = folder.strip_suffix("**").unwrap_or(folder).trim_end_matches('/');
    match file.strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => folder == ".",
    }
}
