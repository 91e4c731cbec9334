//! `config`: shows the configuration and its schema.

use clap::Subcommand;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::config::load::Entry;
use crate::config::schema::File;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::report::document::{Document, Text};
use crate::report::table;

/// What `config` can show.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the JSON Schema of tidegate.toml, for editors
    Schema,
    /// Print every resolved setting with its origin
    Show,
}

/// The result of `config show`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigDocument {
    /// Where the file was read.
    pub source: String,
    /// Every setting, by key.
    pub settings: Vec<Entry>,
}

/// The JSON Schema (draft 2020-12) of `tidegate.toml`.
pub fn schema() -> Result<String> {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<File>();
    schema.insert("title".to_owned(), "tidegate.toml".into());
    let json = serde_json::to_string_pretty(&schema).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(json + "\n")
}

/// Shows every resolved setting.
pub async fn run(context: &Context) -> Result<ConfigDocument> {
    Ok(ConfigDocument {
        source: context.settings.source.clone(),
        settings: context.settings.entries.clone(),
    })
}

impl Document for ConfigDocument {
    const SCHEMA: &'static str = "tidegate.config-show/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let row = |entry: &Entry| vec![entry.key.clone(), entry.value.clone(), entry.origin.to_string()];
        let rows: Vec<Vec<String>> = self.settings.iter().map(row).collect();
        Text {
            stdout: table::plain(&["setting", "value", "origin"], &rows),
            stderr: String::new(),
        }
    }
}
