//! `push`: brings an image to its repositories, to the byte, and records which digest its version is.

mod attachments;
mod destination;
pub mod document;
mod request;
mod transfer;

use clap::Args;

use destination::Destination;
use document::PushDocument;
use request::Request;

use crate::adapters::registry::{From, Source, repository_of};
use crate::config::repository::read_policies;
use crate::context::Context;
use crate::env_vars::Environment;
use crate::error::{Error, Result};
use crate::model::duration::Duration;
use crate::model::image::{Image, ImageRepository};
use crate::model::name::ComponentName;
use crate::model::secret::Secret;

/// The arguments of `push`.
#[derive(Clone, Debug, Default, Args)]
pub struct PushArgs {
    /// The image: an OCI layout folder, an archive, `docker://IMAGE`, `podman://IMAGE`, or `HOST/PATH@sha256:…`; with `:TAG`
    /// or `@sha256:…` where a folder or an archive holds many [default: the component's layout]
    #[arg(value_name = "IMAGE")]
    pub source: Option<String>,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// The repositories, `HOST/PATH` or `oci:FOLDER`; the ledger records the first [default: the component's image]
    #[arg(long, value_name = "REPOSITORY", num_args = 1..)]
    pub to: Vec<String>,
    /// The version that the image is of [default: the highest version tag on HEAD]
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// A further tag by template, such as `{{major}}.{{minor}}`, `sha-{{sha}}` or `latest`. Can be given many times
    #[arg(long = "tag", value_name = "TEMPLATE")]
    pub tags: Vec<String>,
    /// The one platform of the image that is pushed, such as `linux/arm64`
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// A repository of the same registry that blobs are mounted from. Can be given many times
    #[arg(long, value_name = "REPOSITORY")]
    pub mount_from: Vec<ImageRepository>,
    /// A file that is attached to the image, such as a bill of materials, with its media type where it does not tell it. Can be
    /// given many times
    #[arg(long, value_name = "FILE[=TYPE]")]
    pub referrers: Vec<String>,
    /// Make the repository where the registry, as Amazon ECR, does not do it by itself; how is said in the configuration
    #[arg(long)]
    pub create_repository: bool,
    /// The name for the registry; its password comes from TIDEGATE_REGISTRY_PASSWORD or from standard input
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Read the password for the registry from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// A file with the certificates, in PEM, of an authority that the registry is trusted by, beside the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<std::path::PathBuf>,
    /// Speak plain http to the registry
    #[arg(long)]
    pub plain_http: bool,
    /// How long all of it may take
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    pub timeout: Duration,
}

impl PushArgs {
    /// The environment with what the arguments say of the registry.
    ///
    /// # Errors
    /// A usage error when standard input gives no password.
    pub fn over(&self, environment: &Environment) -> Result<Environment> {
        let mut environment = environment.clone();
        environment.registry_username = self.username.clone().or(environment.registry_username);
        environment.registry_ca = self.ca.clone().or(environment.registry_ca);
        environment.registry_plain_http |= self.plain_http;
        if self.password_stdin {
            let read = std::io::read_to_string(std::io::stdin().lock());
            let password = read.map_err(|error| Error::usage(format!("standard input: {error}"), PASSWORD))?;
            let password = password.trim_end_matches(['\r', '\n']);
            if password.is_empty() {
                return Err(Error::usage("standard input holds no password", PASSWORD));
            }
            environment.registry_password = Some(Secret::new(password.to_owned()));
        }
        let (name, password) = (&environment.registry_username, &environment.registry_password);
        if (self.username.is_some() || self.password_stdin) && name.is_some() != password.is_some() {
            return Err(Error::usage(
                "of the login for the registry one half is missing",
                PASSWORD,
            ));
        }
        Ok(environment)
    }
}

const PASSWORD: &str = "pipe it in, such as `printenv PASSWORD | tidegate push --username NAME --password-stdin`";

/// Pushes an image and records it.
pub async fn run(context: &Context, args: &PushArgs) -> Result<PushDocument> {
    let limit = std::time::Duration::from_secs(args.timeout.as_secs().unsigned_abs());
    let pushed = tokio::time::timeout(limit, push(context, args)).await;
    pushed.unwrap_or_else(|_| {
        let cause = format!("it was not done after {}", args.timeout);
        Err(Error::outside("pushing an image", args.to.join(", "), cause))
    })
}

async fn push(context: &Context, args: &PushArgs) -> Result<PushDocument> {
    let request = Request::read(context, args)?;
    let source = Source::parse(&request.source)?;
    // The login that was given is for the first of them.
    let context = &Context {
        registries: context.registries.with_login_for(&request.to[0]),
        ..context.clone()
    };
    let open = |repository: &ImageRepository| context.registries.open(repository);
    let opened = source.open(open, args.platform.as_deref()).await?;
    let image = attachments::attach(opened.image.clone(), &args.referrers)?;
    let release = request.release(context, image.digest()).await?;
    let setup = request.component.repository.clone().unwrap_or_default();
    let setup = read_policies(&context.settings.root, &setup)?;
    let mut document = PushDocument::new(&request, &image, context.dry_run);
    let mut pushes = Vec::new();
    for (place, to) in request.to.iter().enumerate() {
        pushes.push(Destination {
            context,
            registry: context.registries.open(to)?,
            image: &image,
            release: release.as_ref(),
            component: &request.component.name,
            records: place == 0 && context.settings.keeps_ledger,
            to,
            mounts: mounts(args, &source, &image, to),
            tags: &request.tags,
            setup: &setup,
            creates: args.create_repository,
            versions: &request.versions,
        });
    }
    // All are looked at before a byte is sent to one.
    let mut rounds = Vec::new();
    for (push, result) in pushes.iter().zip(&mut document.repositories) {
        let round = push.plan(result, false).await?;
        if let Some(refusal) = round.refusal {
            document.refusal = Some(refusal);
            return Ok(document.finish());
        }
        rounds.push(round);
    }
    if !context.dry_run {
        for (place, (push, result)) in pushes.iter().zip(&mut document.repositories).enumerate() {
            let round = match place {
                0 => rounds.remove(0),
                // While the one before was filled, much may have happened to this one.
                _ => push.plan(result, false).await?,
            };
            if let Some(refusal) = push.run(result, round).await? {
                document.refusal = Some(refusal);
                break;
            }
        }
    }
    Ok(document.finish())
}

/// The repositories of the same registry that may have blobs of the image: where it comes from, those that were named, and that
/// of the image below it.
fn mounts(args: &PushArgs, source: &Source, image: &Image, to: &ImageRepository) -> Vec<ImageRepository> {
    let base = image.base.as_deref().and_then(repository_of);
    let from = match &source.from {
        From::Repository(repository) => Some(repository.clone()),
        _ => None,
    };
    let mut found: Vec<ImageRepository> = Vec::new();
    for candidate in from.into_iter().chain(args.mount_from.clone()).chain(base) {
        if candidate.shares_registry(to) && candidate != *to && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}
