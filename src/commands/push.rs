//! `push`: brings an image into a registry and binds its digest to the version.

use clap::Args;

/// The arguments of `push`.
#[derive(Clone, Debug, Args)]
pub struct PushArgs {
    /// The OCI image layout folder [default: the `layout` of the component]
    pub source: Option<std::path::PathBuf>,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// The repository [default: the `image` of the component]
    #[arg(long, value_name = "REPOSITORY")]
    pub to: Option<String>,
    /// The version that the image is [default: the version tag of the current commit]
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// Another tag for the image, beside the version; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
}
