//! What a command works with: the settings, the ports, and who is acting.

use std::path::PathBuf;
use std::sync::Arc;

use crate::adapters::checks_file::ChecksFile;
use crate::adapters::clock::SystemClock;
use crate::adapters::command::CommandTarget;
use crate::adapters::git::GitRepository;
use crate::adapters::git::credentials::Credentials;
use crate::adapters::github::{GitHub, Job, app_token};
use crate::adapters::http::HttpProbe;
use crate::adapters::identity::allowed_signers::AllowedSigners;
use crate::adapters::identity::git_key::GitKey;
use crate::adapters::identity::gpg::Keyring;
use crate::adapters::identity::policy_keys::PolicyKeys;
use crate::adapters::lease;
use crate::adapters::registry::{RegistryAccess, RemoteRegistries, Transport};
use crate::cli::Global;
use crate::config::{self, Origin, Overrides};
use crate::env_vars::Environment;
use crate::error::{Error, Result};
use crate::ledger::store::GitLedger;

use crate::config::settings::Settings;
use crate::model::actor::{Actor, Holder};
use crate::model::hosted::Hosted;
use crate::model::secret::Secret;
use crate::plan::notes::Links;
use crate::policy;
use crate::ports::checks::Checks;
use crate::ports::clock::Clock;
use crate::ports::forge::Forge;
use crate::ports::identity::Identity;
use crate::ports::ledger::Ledger;
use crate::ports::mirror::Mirror;
use crate::ports::probe::Probe;
use crate::ports::pulls::Pulls;
use crate::ports::records::Records;
use crate::ports::registry::{Meter, Registries};
use crate::ports::repository::Repository;
use crate::ports::target::Target;
use crate::report::progress::Progress;

/// Settings, ports and the one who acts.
#[derive(Clone)]
pub struct Context {
    /// The settings.
    pub settings: Arc<Settings>,
    /// Who acts.
    pub actor: Actor,
    /// Where it runs.
    pub holder: Holder,
    /// The branch that is worked on, where there is one.
    pub branch: Option<String>,
    /// Where commits and pull requests are seen, where that is known.
    pub links: Option<Links>,
    /// Whether the plan is shown instead of carried out.
    pub dry_run: bool,
    /// The repository.
    pub repository: Arc<dyn Repository>,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Whether what is pushed may be a workflow's own token's doing, so that it starts no workflow.
    pub starts_nothing: bool,
    /// Whether an App acts at the forge, and for git as well.
    pub acts_as_app: bool,
    /// The forge, where a token opens it.
    pub forge: Option<Arc<dyn Forge>>,
    /// The forge's pull requests, where a token opens it.
    pub pulls: Option<Arc<dyn Pulls>>,
    /// The image registries.
    pub registries: Arc<dyn Registries>,
    /// The check results.
    pub checks: Arc<dyn Checks>,
    /// The forge's records about people, where a token opens them.
    pub records: Option<Arc<dyn Records>>,
    /// Where promotions are shown, where a token opens it.
    pub mirror: Option<Arc<dyn Mirror>>,
    /// What signs, and the keys that the policy lists.
    pub identity: Arc<dyn Identity>,
    /// What signed statements call the project: `OWNER/NAME` where the repository is on GitHub, else the project's name.
    pub identity_of_project: String,
    /// What deploys.
    pub target: Arc<dyn Target>,
    /// What asks a deployed release how it is.
    pub probe: Arc<dyn Probe>,
    /// Who hears what is done.
    pub progress: Arc<dyn Progress>,
    /// How many bytes of blobs have gone out.
    pub sent: Arc<Meter>,
}

/// Which configuration a command works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The one of the work tree.
    No,
    /// The one of the work tree, and every default where there is none.
    Optional,
    /// The one of the default branch: a release must not bring the policy that judges it.
    Yes,
    /// The same as this clone has fetched it last.
    LastSeen,
}

impl Context {
    /// The real ports, and the settings that fit the command.
    ///
    /// # Errors
    /// There is no configuration or no repository, one of them is wrong, or nobody acts.
    pub async fn open(global: &Global, environment: &Environment, judged: Judged) -> Result<Self> {
        let mut overrides = Overrides::of(global);
        let found = match &global.config {
            Some(file) => Ok(file.clone()),
            None => config::find(&current_folder()?),
        };
        let (settings, repository, github, ledger) = match found {
            Err(_) if judged == Judged::Optional => {
                let repository = GitRepository::discover(&current_folder()?, &overrides.remote())?;
                let (repository, github) = GitHubAccess::open(environment, repository).await?;
                let settings = config::without_file(&repository.root(), &overrides)?;
                let repository = repository.without(&settings.ledger_branch);
                let ledger = ledger(&settings, &repository, github.credentials(environment));
                (settings, repository, github, ledger)
            }
            found => {
                let file = found?;
                let mut own = config::read(&file, &overrides)?;
                let mut repository = GitRepository::discover(&own.root, &own.remote)?;
                if overrides.remote.is_none()
                    && own.file.ledger.remote.is_none()
                    && let Some(only) = other_remote(&repository, &own.remote)?
                {
                    overrides.remote = Some((only, Origin::Default));
                    own = config::read(&file, &overrides)?;
                    repository = GitRepository::discover(&own.root, &own.remote)?;
                }
                let (repository, github) = GitHubAccess::open(environment, repository).await?;
                let repository = repository.without(&own.ledger_branch);
                let of_own = ledger(&own, &repository, github.credentials(environment));
                let place = (own.remote.clone(), own.ledger_branch.clone());
                let settings = match judged {
                    Judged::Yes => {
                        let policy = policy::in_force(&repository, &file, &overrides, own);
                        tokio::join!(policy, of_own.look()).0?
                    }
                    Judged::LastSeen => policy::last_seen(&repository, &file, &overrides, own)?,
                    Judged::No | Judged::Optional => own,
                };
                // The policy may name another ledger than the work tree.
                let ledger = match place == (settings.remote.clone(), settings.ledger_branch.clone()) {
                    true => of_own,
                    false => ledger(&settings, &repository, github.credentials(environment)),
                };
                (settings, repository, github, ledger)
            }
        };
        // Who judges may wait for what others do.
        let once = global.dry_run && matches!(judged, Judged::No | Judged::Optional);
        let (repository, ledger) = (repository.fetched_once(once), ledger.asked_once(once));
        let registries = RemoteRegistries::new(RegistryAccess {
            username: environment.registry_username.clone(),
            password: environment.registry_password.clone(),
            docker_config: environment.docker_config.clone(),
            transport: Transport {
                plain_http: environment.registry_plain_http,
                ca: environment.registry_ca.clone(),
                ecr: environment.ecr_registry.clone(),
                ..Transport::default()
            },
            root: settings.root.clone(),
        });
        let forge = github.forge(environment)?;
        Ok(Self {
            actor: actor(global, environment, &repository)?,
            holder: holder(environment, &repository)?,
            links: github.links(),
            starts_nothing: environment.github_actions && github.is_workflows(),
            acts_as_app: github.of_app,
            forge: forge.clone().map(|forge| forge as Arc<dyn Forge>),
            pulls: forge.clone().map(|forge| forge as Arc<dyn Pulls>),
            branch: repository.branch().or_else(|| environment.github_branch.clone()),
            dry_run: global.dry_run,
            ledger: Arc::new(ledger),
            clock: Arc::new(SystemClock),
            registries: Arc::new(registries),
            mirror: forge.clone().map(|forge| forge as Arc<dyn Mirror>),
            records: forge.clone().map(|forge| forge as Arc<dyn Records>),
            checks: checks(&settings, forge),
            identity: Arc::new(policy_keys(&settings, &repository)?),
            identity_of_project: github.repository().unwrap_or_else(|| settings.project.clone()),
            target: Arc::new(CommandTarget {
                folder: settings.root.clone(),
            }),
            probe: Arc::new(HttpProbe::default()),
            progress: match global.quiet {
                true => Arc::new(crate::report::progress::Silent),
                false => Arc::new(crate::report::progress::Lines::default()),
            },
            sent: Arc::default(),
            repository: Arc::new(repository),
            settings: Arc::new(settings),
        })
    }
}

/// The folder that the program was started in.
pub fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        Error::usage(
            format!("the current folder is not there: {error}"),
            "go to a folder that is, such as a new clone",
        )
    })
}

/// The remote that a clone has instead of the usual one; nothing where it has that, or none at all.
///
/// # Errors
/// A usage error where it has several others.
fn other_remote(repository: &GitRepository, usual: &str) -> Result<Option<String>> {
    let mut remotes = repository.remotes()?;
    if remotes.len() > 1 && !remotes.iter().any(|remote| remote == usual) {
        return Err(Error::usage(
            format!("this clone has no remote `{usual}`; it has {}", remotes.join(", ")),
            "say which one shares the branches, the tags and the ledger: `--remote NAME`, or `remote` under `[ledger]`",
        ));
    }
    Ok(remotes.pop().filter(|only| remotes.is_empty() && only != usual))
}

/// The ledger that the settings name.
fn ledger(settings: &Settings, repository: &GitRepository, credentials: Option<Credentials>) -> GitLedger {
    let remote = repository.has_remote().then(|| settings.remote.clone());
    let (root, branch) = (repository.root(), settings.ledger_branch.clone());
    GitLedger::new(root, remote, branch, Arc::new(SystemClock)).with_credentials(credentials)
}

/// The keys that the settings list, and git's own here.
fn policy_keys(settings: &Settings, repository: &GitRepository) -> Result<PolicyKeys> {
    let identity = &settings.file.identity;
    let signers = match (&identity.allowed_signers, &settings.keys.allowed_signers) {
        (Some(name), Some(content)) => {
            let text = String::from_utf8_lossy(content);
            AllowedSigners::parse(&text, &format!("{name} beside {}", settings.source))?
        }
        _ => AllowedSigners::default(),
    };
    let keyring = settings.keys.gpg_keyring.clone().map(|keys| Keyring {
        keys,
        people: identity.gpg.clone(),
    });
    Ok(PolicyKeys {
        signers,
        keyring,
        key: GitKey::new(repository.root()),
    })
}

/// Where check results are read: in the file that was chosen, else on GitHub where a token opens it, else in the file's
/// usual place.
fn checks(settings: &Settings, forge: Option<Arc<GitHub>>) -> Arc<dyn Checks> {
    match forge {
        Some(forge) if !settings.checks_file_chosen => forge,
        _ => Arc::new(ChecksFile(settings.checks_file.clone())),
    }
}

fn actor(global: &Global, environment: &Environment, repository: &GitRepository) -> Result<Actor> {
    let named = global.actor.clone().or_else(|| environment.github_actor.clone());
    let name = named
        .or_else(|| repository.user())
        .filter(|name| !name.trim().is_empty());
    name.map(Actor).ok_or_else(|| {
        Error::usage(
            "nobody acts: the ledger needs a name",
            "give --actor NAME, or set git's `user.name`",
        )
    })
}

fn holder(environment: &Environment, repository: &GitRepository) -> Result<Holder> {
    Ok(Holder {
        clone: lease::clone_id(&repository.common_dir())?,
        run: environment.github_run_id.clone(),
        attempt: environment.github_run_attempt,
    })
}

/// The repository on GitHub, and the token that opens it.
struct GitHubAccess {
    hosted: Option<Hosted>,
    token: Option<Secret>,
    /// Whether the token is an App's, made for this run.
    of_app: bool,
}

impl GitHubAccess {
    /// What opens the repository, given to git as well.
    async fn open(environment: &Environment, repository: GitRepository) -> Result<(GitRepository, Self)> {
        let found = Self::find(environment, &repository).await?;
        Ok((repository.with_credentials(found.credentials(environment)), found))
    }

    async fn find(environment: &Environment, repository: &GitRepository) -> Result<Self> {
        let address = repository.remote_address();
        let hosted = Hosted::find(environment.hosted(), address.as_deref());
        let app = environment.github_app()?;
        let (token, of_app) = match (app, &hosted, address) {
            (Some(app), Some(hosted), Some(_)) => {
                let token = app_token(hosted, &app, SystemClock.now()).await?;
                if environment.github_actions {
                    crate::report::github::mask(&token)?;
                }
                (Some(token), true)
            }
            _ => (environment.github_token.clone(), false),
        };
        Ok(Self { hosted, token, of_app })
    }

    /// Whether the token is the workflow's own, as far as is known: one without a name of its own acts for an installation
    /// (<https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>).
    fn is_workflows(&self) -> bool {
        let of_installation = |token: &Secret| token.expose().starts_with("ghs_");
        !self.of_app && self.token.as_ref().is_none_or(of_installation)
    }

    /// What git answers the server with: an App's token, and on a runner, which keeps nothing, the token that it was given.
    fn credentials(&self, environment: &Environment) -> Option<Credentials> {
        if !self.of_app && !environment.github_actions {
            return None;
        }
        Some(Credentials {
            server: self.hosted.as_ref()?.server.clone()?,
            token: self.token.clone()?,
            of_app: self.of_app,
        })
    }

    fn links(&self) -> Option<Links> {
        let hosted = self.hosted.as_ref()?;
        Some(Links {
            server: hosted.server.clone()?,
            repository: hosted.repository.clone(),
        })
    }

    /// `OWNER/NAME`.
    fn repository(&self) -> Option<String> {
        self.hosted.as_ref().map(|hosted| hosted.repository.clone())
    }

    fn forge(&self, environment: &Environment) -> Result<Option<Arc<GitHub>>> {
        let (Some(hosted), Some(token)) = (&self.hosted, &self.token) else {
            return Ok(None);
        };
        let job = environment.github_run_id.clone().map(|run| Job {
            run,
            name: environment.github_job.clone(),
        });
        let github = GitHub::new(&hosted.api, &hosted.repository, token.clone())?;
        Ok(Some(Arc::new(github.asked_by(job).seen_at(hosted.server.clone()))))
    }
}
