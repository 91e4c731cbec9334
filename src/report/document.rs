//! What a command hands over when it has ended: one versioned document for every sink.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::exit_code::ExitCode;

/// The result of a command.
pub trait Document: Serialize + JsonSchema + Send {
    /// The name and version of its format, such as `tidegate.tag/1`. A field that changes its meaning raises the number.
    const SCHEMA: &'static str;

    /// How the command ended.
    fn exit_code(&self) -> ExitCode;

    /// What a person reads, and what a program takes from stdout.
    fn text(&self) -> Text;

    /// The outputs of the workflow step, beside `exit-code` and `json`, which every command gives.
    fn outputs(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What the run's page shows on top, where there is something to show.
    fn annotation(&self) -> Option<Annotation> {
        None
    }

    /// The step summary, in Markdown.
    fn summary(&self) -> Option<String> {
        None
    }
}

/// The text of a result: data for stdout, prose for stderr.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Data: the answer itself, fit for `$(…)`.
    pub stdout: String,
    /// Prose: what was done and why.
    pub stderr: String,
}

/// A line on the page of a workflow run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// How loud it is.
    pub level: Level,
    /// Its title.
    pub title: String,
    /// Its text.
    pub message: String,
}

/// How loud an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Notice,
    /// Worth a look.
    Warning,
    /// In the way.
    Error,
}

/// The document as it is printed: with its format and exit code.
#[derive(Serialize, JsonSchema)]
pub struct Envelope<'a, T> {
    /// The name and version of the format.
    pub schema: &'static str,
    /// The exit code of the command.
    pub exit_code: ExitCode,
    /// The result.
    #[serde(flatten)]
    pub result: &'a T,
}

impl<'a, T: Document> Envelope<'a, T> {
    /// Puts a result into its envelope.
    pub fn new(result: &'a T) -> Self {
        Self {
            schema: T::SCHEMA,
            exit_code: result.exit_code(),
            result,
        }
    }
}

/// The JSON Schema of a result in its envelope.
pub fn schema_of<T: Document + 'static>() -> Schema {
    let mut schema = named_schema::<Envelope<'static, T>>(T::SCHEMA);
    let bare = named_schema::<T>(T::SCHEMA);
    if let Some(description) = bare.get("description") {
        schema.insert("description".to_owned(), description.clone());
    }
    schema
}

/// The JSON Schema (draft 2020-12) of a type as it is printed. Its field `schema` holds the name and nothing else.
pub fn named_schema<T: JsonSchema>(name: &str) -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), name.into());
    if let Some(field) = schema.pointer_mut("/properties/schema") {
        *field = serde_json::json!({ "description": "The name and version of the format.", "const": name });
    }
    schema
}
