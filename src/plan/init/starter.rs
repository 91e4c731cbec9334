//! The first `tidegate.toml` of a project: three rungs to start from.

use std::path::Path;

use serde::Serialize;

use super::render;
use crate::error::Result;

#[derive(Serialize)]
struct Values<'a> {
    name: &'a str,
    image: String,
}

/// The starter file for the project in that folder, named after it.
///
/// # Errors
/// An internal error.
pub fn render(root: &Path) -> Result<String> {
    let name = root.file_name().and_then(|name| name.to_str()).unwrap_or("project");
    let values = Values {
        name,
        image: image_name(name),
    };
    render::render("tidegate.toml.j2", values)
}

/// The name as the part of an image repository: lower-case letters and digits with single dashes between them.
fn image_name(name: &str) -> String {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if parts.is_empty() {
        return "app".to_owned();
    }
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_name_gives_an_image_name() {
        assert_eq!(image_name("My Shop_2"), "my-shop-2");
        assert_eq!(image_name("…"), "app");
    }
}
