//! Programs that keep images: what they save is an archive, kept in a temporary file until the push is over.

use std::process::Stdio;

use tempfile::TempPath;
use tokio::process::Command;

use crate::error::{Error, Result};

/// Saves an image.
///
/// # Errors
/// A usage error when the program is not there or does not know the image.
pub(super) async fn save(program: &'static str, image: &str) -> Result<TempPath> {
    if image.is_empty() || image.starts_with('-') {
        return Err(Error::usage(
            format!("`{image}` is no image"),
            format!("write `{program}://NAME:TAG`"),
        ));
    }
    let failed = |error: std::io::Error| Error::file("saving an image", &std::env::temp_dir(), &error);
    let file = tempfile::Builder::new()
        .prefix("tidegate-image-")
        .tempfile()
        .map_err(failed)?;
    let child = Command::new(program)
        .args(["image", "save", image])
        .stdin(Stdio::null())
        .stdout(file.as_file().try_clone().map_err(failed)?)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = child.map_err(|error| {
        Error::usage(
            format!("{program} cannot be run: {error}"),
            format!("install it, or give what `{program} image save` wrote as a file"),
        )
    })?;
    let output = child.wait_with_output().await.map_err(failed)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::usage(
            format!("{program} does not save {image}: {said}"),
            format!("look at `{program} image ls`; the program may not run"),
        ));
    }
    Ok(file.into_temp_path())
}
