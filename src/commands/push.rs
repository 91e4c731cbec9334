//! temp
#![allow(missing_docs)]
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::event::EventBody;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::version::Version;
use crate::ports::ledger::Observed;
use crate::ports::registry::Manifest;
use crate::report::document::{Document, Text};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
#[derive(Clone, Debug, Args)]
pub struct PushArgs {
    pub source: Option<std::path::PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    #[arg(long)]
    pub to: Option<String>,
    #[arg(long)]
    pub release: Option<String>,
    #[arg(long = "tag")]
    pub tags: Vec<String>,
}
#[derive(Debug, Serialize, JsonSchema)]
pub struct PushDocument {
    pub digest: Digest,
    pub repository: String,
    pub refusal: Option<Refusal>,
}
pub async fn run(context: &Context, args: &PushArgs) -> Result<PushDocument> {
    let c = context.settings.component(args.component.as_ref())?;
    let src = args
        .source
        .clone()
        .or(c.layout.as_ref().map(|l| context.settings.root.join(l)))
        .unwrap();
    let v: Version = args.release.clone().unwrap().parse()?;
    let tag = v.tag(&c.tag_prefix);
    let commit = context
        .repository
        .tags()?
        .into_iter()
        .find(|t| t.name == tag)
        .unwrap()
        .commit;
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(src.join("index.json")).map_err(|e| Error::file("reading", &src, &e))?)
            .unwrap();
    let digest: Digest = index["manifests"][0]["digest"].as_str().unwrap().parse()?;
    let repo = args
        .to
        .as_deref()
        .map(str::parse)
        .transpose()?
        .or(c.image.clone())
        .unwrap();
    let reg = context.registries.open(&repo)?;
    for f in std::fs::read_dir(src.join("blobs/sha256")).unwrap() {
        let p = f.unwrap().path();
        let d: Digest = format!("sha256:{}", p.file_name().unwrap().to_str().unwrap()).parse()?;
        reg.put_blob(&d, &p).await?;
    }
    let bytes = std::fs::read(src.join("blobs/sha256").join(digest.hex())).unwrap();
    reg.put_manifest(
        &Manifest {
            media_type: String::new(),
            bytes,
        },
        Some(&v.to_string()),
    )
    .await?;
    let release = Release {
        component: c.name,
        version: v,
        tag,
        commit,
        digest: digest.clone(),
        image: repo.to_string(),
    };
    context
        .ledger
        .append(EventBody::Pushed { release }, &context.actor, &Observed::new())
        .await?;
    Ok(PushDocument {
        digest,
        repository: repo.to_string(),
        refusal: None,
    })
}
impl Document for PushDocument {
    const SCHEMA: &'static str = "tidegate.push/1";
    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
    fn text(&self) -> Text {
        Text {
            stdout: format!("{}\n", self.digest),
            stderr: String::new(),
        }
    }
}
