//! `tidegate.toml`, as it is written. Every key here does something; a key that is not here is refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::commit::{TagKind, Through};
use crate::model::environment::Environment;
use crate::model::image::ImageRepository;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::or_none::OrNone;
use crate::model::policy::Team;
use crate::model::repository_setup::RepositorySetup;
use crate::model::required_checks::RequiredChecks;
use crate::model::train::Train;
use crate::model::version::{Asks, Channel, Development, Floating, Maintenance, Version, ZeroMajor};
use crate::model::version_file::VersionFile;
use crate::plan::notes::Section;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct File {
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
    /// How versions are counted.
    #[serde(default)]
    pub version: VersionTable,
    /// How tags are made.
    #[serde(default)]
    pub tag: TagTable,
    /// Where versions are released.
    #[serde(default)]
    pub release: ReleaseTable,
    /// What a version's notes tell.
    #[serde(default)]
    pub notes: NotesTable,
    /// The deployable parts of the repository, by name. One named `app` when the table is left out.
    #[serde(default)]
    pub component: BTreeMap<ComponentName, Component>,
    /// Whose signatures count.
    #[serde(default)]
    pub identity: IdentityTable,
    /// The teams that access and approvals name.
    #[serde(default)]
    pub team: BTreeMap<String, Team>,
    /// The environments, by name.
    #[serde(default)]
    pub environment: BTreeMap<EnvironmentName, Environment>,
    /// The ledger.
    #[serde(default)]
    pub ledger: LedgerTable,
    /// Where check results are read.
    #[serde(default)]
    pub checks: ChecksTable,
    /// Release branches.
    #[serde(default)]
    pub cut: CutTable,
    /// Changes of the default branch that are picked onto release branches.
    #[serde(default)]
    pub backport: BackportTable,
    /// Hotfixes.
    #[serde(default)]
    pub hotfix: HotfixTable,
    /// What the rendered workflows do beside calling tidegate.
    #[serde(default)]
    pub workflow: WorkflowTable,
}

/// The project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Project {
    /// Its name; its folder's when the table is left out.
    pub name: String,
}

/// How versions are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VersionTable {
    /// What a breaking change and a feature do below 1.0.0.
    #[serde(default)]
    pub zero_major: ZeroMajor,
    /// The first version; `0.1.0` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Version>,
    /// What commits of a type ask for, beside the usual ones; see [`tag`](commands/tag.md).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, Asks>,
    /// The channel that `tag` makes candidates for, by branch: a name, or a pattern with `*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, Channel>,
    /// What a release branch takes. Its name is the one that `[cut]` gives.
    #[serde(default)]
    pub maintenance: Maintenance,
}

/// How tags are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TagTable {
    /// How a version's tag is made.
    #[serde(default)]
    pub kind: TagKind,
    /// How a version's tag, and the commit that says it in files, come to be at the remote.
    #[serde(default)]
    pub through: Through,
    /// The tags that follow the newest stable version: `major` for `v1`, `minor` for `v1.4`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floating: Vec<Floating>,
}

/// Where versions are released.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReleaseTable {
    /// Whether `tag` always publishes a release on GitHub, as with `--release`.
    #[serde(default)]
    pub github: bool,
}

/// What a version's notes tell; see [notes](notes.md).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NotesTable {
    /// A template, relative to this file; the one that comes with tidegate when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<PathBuf>,
    /// The sections and the types that go there; those of Keep a Changelog when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sections: Option<Vec<Section>>,
}

/// A deployable part of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Component {
    /// The folders and files that belong to it: paths, or folders followed by `/**`. Everything when it is empty.
    #[serde(default)]
    pub paths: Vec<String>,
    /// What stands before the version in its tags: `v` for one component, `NAME-v` for one of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_prefix: Option<String>,
    /// The files that say its version; see [version files](version-files.md).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub version_files: Vec<VersionFile>,
    /// The changelog that gets its notes, from the root of the repository, such as `CHANGELOG.md`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog: Option<String>,
    /// The files of its releases: patterns with `*`, `**`, `?`, `[…]` and `{…,…}`, relative to this file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<String>,
    /// The components that it is built from: a change of theirs asks for a patch of this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ComponentName>,
    /// Where its images are pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageRepository>,
    /// The tags of its images beside their version, by template, such as `{{major}}.{{minor}}` or `latest`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The OCI image layout that its build leaves behind, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<PathBuf>,
    /// How its image repository is made where ECR has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositorySetup>,
}

/// Whose signatures count, by keys that stand beside this file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IdentityTable {
    /// A file of SSH keys and the people whose they are, in git's format of allowed signers, relative to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_signers: Option<String>,
    /// A file of armored OpenPGP keys, relative to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpg_keyring: Option<String>,
    /// The fingerprints of each person's OpenPGP keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gpg: BTreeMap<String, Vec<String>>,
}

/// The ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LedgerTable {
    /// The branch that holds it; `tidegate/ledger` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The remote that shares it; when left out `origin`, or the only remote there is. A repository without that remote
    /// keeps it to itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// Where check results are read: on GitHub where a token opens it, and else in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChecksTable {
    /// A JSON file, relative to this one, that is read instead of GitHub; `.tidegate/checks.json` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// Release branches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CutTable {
    /// The branch's name by template; `release/{{{major}}}.{{{minor}}}` when left out, and
    /// `release/{{{component}}}-{{{major}}}.{{{minor}}}` where there are many components, which it has to tell apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// How many release lines are maintained, the newest ones; all when left out. Nothing is released from an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported: Option<u32>,
    /// The label of issues that pause `cut --sync` while one is open; `cut` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_label: Option<String>,
    /// The environment before which a release train cuts the branch; it cuts none when this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<EnvironmentName>,
    /// The checks that are green on the commit that a branch starts at; none are asked when this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<RequiredChecks>,
    /// The channel of the first candidate, or `false` for none; the branch's own, else `rc`, when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<OrNone<Channel>>,
    /// What marks the next version on the default branch, or `false` to propose none; `dev` when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub development: Option<OrNone<Development>>,
    /// When `cut --if-due` cuts the next line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<Train>,
}

/// Changes of the default branch that are picked onto release branches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BackportTable {
    /// The label of what is to be picked onto a line, by template; `backport {{{major}}}.{{{minor}}}` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Hotfixes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HotfixTable {
    /// The branch's name by template, with `{{{version}}}` and `{{{component}}}`; `hotfix/{{{version}}}` when left out, and
    /// `hotfix/{{{component}}}-{{{version}}}` where there are many components, which it has to tell apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// What the rendered workflows do beside calling tidegate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WorkflowTable {
    /// The branch whose commits are released; `main` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The action that the workflows call, as `OWNER/REPOSITORY@REF`; `tidegate/tidegate@v0` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The workflows around release branches that are rendered as well: `cut`, `backport`, `freeze`, `hotfix`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<BranchWorkflow>,
    /// Shell lines that leave each component's image behind in its `layout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Shell lines that test the commit; a check named `test` is reported when they succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

/// A workflow around release branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BranchWorkflow {
    /// Cuts release branches, by the train's schedule and by hand.
    Cut,
    /// Brings merged pull requests onto the release branches that their labels name.
    Backport,
    /// Tells pull requests whether their branch is frozen, and freezes and thaws by hand.
    Freeze,
    /// Opens hotfixes by hand, and tells whether the default branch has them.
    Hotfix,
}
