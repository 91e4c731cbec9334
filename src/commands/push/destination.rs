//! One repository that the image goes to: what is there, what is to be done, and doing it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::document::Pushed;
use super::transfer::{self, ask};
use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Image, ImageRepository, Part, Tree};
use crate::model::name::ComponentName;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::repository_setup::Wanted;
use crate::model::state::ComponentState;
use crate::model::step::{Action, Step};
use crate::model::version::Version;
use crate::plan::push::tags::{KeptBack, Tag};
use crate::plan::push::{Facts, WantedTag, decide, versions_of};
use crate::ports::ledger::{Observed, Read};
use crate::ports::registry::{Kept, Registry};

/// How often a plan is made anew because the ledger moved.
const ROUNDS: u32 = 10;

/// How often a tag that was set is looked for once more, and after how long.
const LOOKS: u32 = 4;
const SHOWN: Duration = Duration::from_millis(250);

/// One repository.
pub(super) struct Destination<'a> {
    pub(super) context: &'a Context,
    pub(super) registry: Box<dyn Registry>,
    pub(super) image: &'a Image,
    pub(super) release: Option<&'a Release>,
    pub(super) component: &'a ComponentName,
    /// Whether the ledger records it.
    pub(super) records: bool,
    pub(super) to: &'a ImageRepository,
    pub(super) mounts: Vec<ImageRepository>,
    pub(super) tags: &'a [Tag],
    pub(super) versions: &'a [Version],
    /// How the repository is to be set up.
    pub(super) setup: &'a Wanted,
    /// Whether it is made where it is missing.
    pub(super) creates: bool,
}

/// A plan's steps, and what it rests on.
pub(super) struct Round {
    pub(super) refusal: Option<Refusal>,
    observed: Observed,
    steps: Vec<Step>,
}

/// How carrying a plan out ended.
enum Ended {
    Done,
    Refused(Refusal),
    /// The ledger or a tag has moved.
    Moved,
    /// The registry misses something that it said it has.
    Lacking(String),
}

impl Destination<'_> {
    /// Gathers the facts and decides. With `anew`, nothing that the registry says of blobs is believed.
    pub(super) async fn plan(&self, result: &mut Pushed, anew: bool) -> Result<Round> {
        let read = match self.records {
            true => Some(self.context.ledger.open().await?.component(self.component)?),
            false => None,
        };
        let create = self.repository(result).await?;
        let mut tags = self.wanted(result, read.as_ref()).await?;
        self.find_immutable(&mut tags).await?;
        let present = match anew {
            true => BTreeSet::new(),
            false => self.present(&tags).await?,
        };
        let mountable = match anew {
            true => BTreeMap::new(),
            false => self.mountable(&present).await?,
        };
        let (plan, refusal) = decide(&Facts {
            release: self.release,
            to: self.to,
            image: self.image,
            present: &present,
            mountable: &mountable,
            tags: &tags,
            create: create.then_some(self.setup),
            recorded: read.as_ref().map(|read| &read.state),
        });
        result.planned(plan.clone());
        Ok(Round {
            refusal,
            observed: read.into_iter().map(|read| (read.stream, read.sequence)).collect(),
            steps: plan.steps,
        })
    }

    /// Runs a plan, and others where the world has moved.
    pub(super) async fn run(&self, result: &mut Pushed, mut round: Round) -> Result<Option<Refusal>> {
        let mut doubted = false;
        for _ in 0..ROUNDS {
            let anew = match self.carry_out(result, &round).await? {
                Ended::Done => return Ok(None),
                Ended::Refused(refusal) => return Ok(Some(refusal)),
                Ended::Moved => false,
                Ended::Lacking(_) if !doubted => {
                    doubted = true;
                    true
                }
                Ended::Lacking(words) => return Err(Error::outside("storing a manifest", self.to.to_string(), words)),
            };
            round = self.plan(result, anew).await?;
            if round.refusal.is_some() {
                return Ok(round.refusal);
            }
        }
        Ok(Some(Refusal::new(
            format!("others changed the ledger {ROUNDS} times while this was pushed"),
            "run the same command again when they are done",
        )))
    }

    /// Whether the repository has to be made. One that is there and differs is told of.
    async fn repository(&self, result: &mut Pushed) -> Result<bool> {
        if !self.creates {
            return Ok(false);
        }
        Ok(match self.registry.repository(self.setup).await? {
            Kept::ByItself => false,
            Kept::Missing => true,
            Kept::There(existing) if self.setup.is_unfinished(&existing) => true,
            Kept::There(existing) => {
                result.differences = self.setup.differences(&existing);
                false
            }
        })
    }

    /// Finds out which of the tags that would move may not. Who may not ask learns it from the registry's answer.
    async fn find_immutable(&self, tags: &mut [WantedTag]) -> Result<()> {
        let moves = |tag: &WantedTag| tag.names.as_ref().is_some_and(|named| named != self.image.digest());
        if !tags.iter().any(moves) {
            return Ok(());
        }
        match self.registry.repository(&Wanted::default()).await {
            Ok(Kept::There(existing)) => {
                for tag in tags {
                    tag.immutable = existing.is_immutable(&tag.name);
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!("whether tags of {} may move is not known: {error}", self.to),
        }
        Ok(())
    }

    /// The tags with what they name; not those that a version may not move.
    async fn wanted(&self, result: &mut Pushed, read: Option<&Read<ComponentState>>) -> Result<Vec<WantedTag>> {
        let names = ask(self.tags.iter().map(|tag| self.registry.digest(&tag.name))).await?;
        let moves = |named: &Option<Digest>| named.as_ref() != Some(self.image.digest());
        let stands = self
            .tags
            .iter()
            .zip(&names)
            .any(|(tag, named)| tag.highest.is_some() && moves(named));
        let others = match stands {
            true => Some(self.versions(read).await?),
            false => None,
        };
        let mut wanted = Vec::new();
        let mut kept_back = Vec::new();
        for (tag, names) in self.tags.iter().zip(names) {
            let reason = match (tag.highest.filter(|_| moves(&names)), &others, self.release) {
                (Some(highest), Some(Some(others)), Some(release)) => highest.forbids(&release.version, others),
                (Some(_), Some(None), _) => Some(
                    "whether a higher version is there is not known: the registry lists no tags to this login, and the \
                     clone is shallow"
                        .to_owned(),
                ),
                _ => None,
            };
            match reason {
                Some(reason) => kept_back.push(KeptBack {
                    tag: tag.name.clone(),
                    reason,
                }),
                None => wanted.push(WantedTag {
                    name: tag.name.clone(),
                    names,
                    immutable: false,
                }),
            }
        }
        result.keep_back(kept_back);
        Ok(wanted)
    }

    /// All versions that are known: by the repository's tags, by git and by the ledger; nothing when some may be unknown.
    async fn versions(&self, read: Option<&Read<ComponentState>>) -> Result<Option<Vec<Version>>> {
        let listed = self.registry.tags().await?;
        if listed.is_none() && self.context.repository.condition()?.shallow {
            return Ok(None);
        }
        let listed = listed.unwrap_or_default();
        let recorded = read.into_iter().flat_map(|read| read.state.versions.keys());
        let known = self.versions.iter().chain(recorded).cloned();
        Ok(Some(versions_of(listed.iter()).chain(known).collect()))
    }

    /// The parts that the repository has.
    async fn present(&self, tags: &[WantedTag]) -> Result<BTreeSet<Digest>> {
        let root = self.image.digest();
        let named = tags.iter().any(|tag| tag.names.as_ref() == Some(root));
        let mut present = match named && self.registry.checks_references() {
            true => all(&self.image.tree),
            false => self.present_of(&self.image.tree).await?,
        };
        let subjects: BTreeSet<&Digest> = self.image.referrers.iter().map(|referrer| &referrer.subject).collect();
        let listed = ask(subjects.into_iter().map(|subject| self.registry.referrers(subject))).await?;
        let listed: BTreeSet<&str> = listed.iter().flatten().map(|entry| entry.digest().as_ref()).collect();
        for referrer in &self.image.referrers {
            match listed.contains(referrer.tree.root.digest.as_str()) {
                true => present.extend(all(&referrer.tree)),
                false => {
                    let mut parts = self.present_of(&referrer.tree).await?;
                    // Where it is and is not listed, it is put there once more.
                    parts.remove(&referrer.tree.root.digest);
                    present.extend(parts);
                }
            }
        }
        Ok(present)
    }

    async fn present_of(&self, tree: &Tree) -> Result<BTreeSet<Digest>> {
        let root = self.registry.digest(tree.root.digest.as_str()).await?;
        if root.is_some() && self.registry.checks_references() {
            return Ok(all(tree));
        }
        let blobs: Vec<&Part> = tree.blobs.iter().collect();
        let manifests = tree.manifests().map(|part| self.registry.digest(part.digest.as_str()));
        let (blobs_there, manifests_there) = futures_util::try_join!(self.registry.has_blobs(&blobs), ask(manifests))?;
        let there = blobs_there
            .into_iter()
            .chain(manifests_there.into_iter().map(|found| found.is_some()));
        let parts = blobs.into_iter().chain(tree.manifests()).zip(there);
        Ok(parts
            .filter(|(_, there)| *there)
            .map(|(part, _)| part.digest.clone())
            .collect())
    }

    /// The missing blobs that another repository of the registry has. One that cannot be asked has none.
    async fn mountable(&self, present: &BTreeSet<Digest>) -> Result<BTreeMap<Digest, String>> {
        let mut found = BTreeMap::new();
        for repository in &self.mounts {
            let ImageRepository::Registry { path, .. } = repository else {
                continue;
            };
            let blobs = self.image.trees().flat_map(|tree| &tree.blobs);
            let missing: Vec<&Part> = blobs
                .filter(|blob| !present.contains(&blob.digest) && !found.contains_key(&blob.digest))
                .collect();
            if missing.is_empty() {
                break;
            }
            match self.context.registries.open(repository)?.has_blobs(&missing).await {
                Ok(there) => {
                    let there = missing.into_iter().zip(there).filter(|(_, there)| *there);
                    found.extend(there.map(|(blob, _)| (blob.digest.clone(), path.clone())));
                }
                Err(error) => tracing::warn!("nothing is mounted from {repository}: {error}"),
            }
        }
        Ok(found)
    }

    /// Runs the steps; not all of them when the ledger has moved.
    async fn carry_out(&self, result: &mut Pushed, round: &Round) -> Result<Ended> {
        let (context, observed) = (self.context, &round.observed);
        for step in round
            .steps
            .iter()
            .filter(|step| matches!(step.action, Action::CreateRepository { .. }))
        {
            apply(context, step, observed).await?;
        }
        let sent = transfer::blobs(context, &round.steps, observed).await?;
        let groups = transfer::groups(&round.steps);
        let stores = |step: &Step| matches!(step.action, Action::PutManifest { .. });
        let stored = !sent.is_empty() || groups.iter().copied().flatten().any(stores);
        result.count(sent);
        let tags = |group: &&[Step]| matches!(group[0].action, Action::TagImage { .. });
        let tags = groups.iter().position(tags).filter(|_| stored);
        if tags == Some(0) && !self.are_as_planned(result).await? {
            return Ok(Ended::Moved);
        }
        for (place, group) in groups.into_iter().enumerate() {
            // While blobs and manifests went up, others may have set the tags. It is asked beside the last step before them, so
            // that it takes no time of its own.
            let looked = async {
                match tags == Some(place + 1) {
                    true => self.are_as_planned(result).await,
                    false => Ok(true),
                }
            };
            let done = ask(group.iter().map(|step| apply(context, step, observed)));
            let (receipts, as_planned) = futures_util::try_join!(done, looked)?;
            for receipt in receipts {
                match receipt {
                    Receipt::Moved => return Ok(Ended::Moved),
                    Receipt::Failed(words) => return Ok(Ended::Lacking(words)),
                    Receipt::Refused(refusal) | Receipt::Declined(refusal) => return Ok(Ended::Refused(refusal)),
                    Receipt::Done | Receipt::Recorded(_) | Receipt::Seen(_) | Receipt::Already => {}
                }
            }
            result.pushed = true;
            if !as_planned {
                return Ok(Ended::Moved);
            }
        }
        if stored {
            self.read_back().await?;
        }
        Ok(Ended::Done)
    }

    /// Whether the tags still name what they named when this was planned.
    async fn are_as_planned(&self, result: &Pushed) -> Result<bool> {
        let named = ask(result.tags.iter().map(|tag| self.registry.digest(&tag.name))).await?;
        Ok(result.tags.iter().zip(named).all(|(tag, named)| tag.names == named))
    }

    /// Whether the first tag names what was pushed. A registry may need a moment until it shows a tag.
    async fn read_back(&self) -> Result<()> {
        let tag = &self.tags[0].name;
        let mut named = self.registry.digest(tag).await?;
        for _ in 0..LOOKS {
            if named.is_some() {
                break;
            }
            tokio::time::sleep(SHOWN).await;
            named = self.registry.digest(tag).await?;
        }
        let cause = match named {
            Some(named) if named == *self.image.digest() => return Ok(()),
            Some(named) => format!("it names {named}, and {} was pushed", self.image.digest()),
            None => "it is not there".to_owned(),
        };
        Err(Error::Outside {
            operation: "reading back what was pushed",
            target: format!("{}:{tag}", self.to),
            cause,
            retryable: true,
            help: "look whether another run pushes the same tag, and run the same command again".to_owned(),
        })
    }
}

fn all(tree: &Tree) -> BTreeSet<Digest> {
    let parts = tree.manifests().chain(&tree.blobs);
    parts.map(|part| part.digest.clone()).collect()
}
