//! Tables: for terminals and for Markdown.

use comfy_table::{ContentArrangement, Table, TableStyle, presets};

/// A table for a terminal, without frames, as wide as it needs.
pub fn plain(header: &[&str], rows: &[Vec<String>]) -> String {
    let table = filled(presets::NOTHING, header, rows).to_string();
    // The style without a frame leaves its place as a blank.
    let unframed = |line: &str| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned();
    table.lines().map(|line| unframed(line) + "\n").collect()
}

/// A table in GitHub's Markdown.
pub fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let escaped: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| super::github::markdown(cell)).collect())
        .collect();
    format!("{}\n", filled(presets::ASCII_MARKDOWN, header, &escaped))
}

fn filled(preset: TableStyle, header: &[&str], rows: &[Vec<String>]) -> Table {
    let mut table = Table::new();
    table
        .load_style(preset)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().copied())
        .add_rows(rows.iter().cloned());
    table
}
