//! Whether hotfixes have reached the default branch.

use super::document::HotfixDocument;
use crate::apply::{Receipt, apply};
use crate::commands::cut::survey;
use crate::commands::picks;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::model::hotfix::Hotfix;
use crate::model::name::CommitId;
use crate::model::pull::{CommitStatus, StatusState};
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::step::{Action, PullAction, Step};
use crate::model::version::Version;
use crate::plan::changes::Rules;
use crate::plan::cut::status::{Apart, HotfixStatus};
use crate::plan::cut::support::Support;
use crate::plan::hotfix::{self, STATUS};
use crate::plan::tag::line::Line;
use crate::ports::ledger::Observed;
use crate::ports::repository::DefaultTip;

/// The hotfixes of the lines that are kept, the newest first, with what the default branch lacks of them. The clone has
/// fetched.
pub async fn look(
    context: &Context,
    component: &ResolvedComponent,
    recorded: &ComponentState,
    default: &DefaultTip,
    kept: &(dyn Fn(Line) -> bool + Sync),
) -> Result<Vec<HotfixStatus>> {
    let opened = recorded
        .hotfixes
        .iter()
        .rev()
        .filter(|(version, _)| kept(Line::of(version)));
    let opened: Vec<(&Version, &Hotfix)> = opened.collect();
    let mut tips = vec![default.commit.clone()];
    let mut found = Vec::new();
    for (version, hotfix) in opened {
        let head = head(context, component, recorded, version, hotfix).await?;
        if let Some(head) = &head {
            tips.extend([head.clone(), hotfix.commit.clone()]);
        }
        found.push((version, hotfix, head));
    }
    let commits = match tips.len() {
        1 => Vec::new(),
        _ => context.repository.apart(&tips)?,
    };
    let brought = picks::brought(context, &commits)?;
    let apart = Apart::new(&commits, &brought, &Rules::default());
    let mut place = 1;
    let mut told = Vec::new();
    for (version, hotfix, head) in found {
        let (mut made, mut missing) = (0, Vec::new());
        if head.is_some() {
            made = apart.on(place, &[place + 1]).len();
            let own = apart.made(place, place + 1);
            let patches = context.repository.patch_ids(&Vec::from_iter(apart.doubtful(&own)))?;
            missing = apart.missing(&own, &patches);
            place += 2;
        }
        told.push(HotfixStatus {
            component: component.name.clone(),
            version: version.to_string(),
            branch: hotfix.branch.clone(),
            commit: head,
            commits: made,
            missing,
        });
    }
    Ok(told)
}

/// The last commit of a hotfix: of its branch; where that is gone, of its version or of its last candidate, as the ledger has
/// it, or of its version's tag.
async fn head(
    context: &Context,
    component: &ResolvedComponent,
    recorded: &ComponentState,
    version: &Version,
    hotfix: &Hotfix,
) -> Result<Option<CommitId>> {
    if let Some(tip) = survey::tip(context, &hotfix.branch).await? {
        return Ok(Some(tip));
    }
    let mut versions = recorded.versions.iter().rev();
    let made = versions.find(|(other, _)| other.core() == *version);
    if let Some((_, record)) = made
        && context.repository.resolve(record.commit.as_str()).is_ok()
    {
        return Ok(Some(record.commit.clone()));
    }
    let tag = format!("refs/tags/{}", version.tag(&component.tag_prefix));
    context.repository.reference(&tag)
}

/// Why a line is not cut yet: a hotfix of an earlier one has not reached the default branch. The clone has fetched.
pub async fn owed(
    context: &Context,
    component: &ResolvedComponent,
    recorded: &ComponentState,
    line: Line,
) -> Result<Option<Refusal>> {
    if recorded.hotfixes.is_empty() {
        return Ok(None);
    }
    let default = survey::default_branch(context).await?;
    let earlier = |other: Line| other < line;
    let told = look(context, component, recorded, &default, &earlier).await?;
    let owed = |one: &HotfixStatus| hotfix::owed(&one.version, &one.branch, &default.name, &one.missing);
    Ok(told.iter().find_map(owed))
}

/// Tells whether a hotfix has reached the default branch, here and as a status of its last commit.
pub(super) async fn check(
    context: &Context,
    component: &ResolvedComponent,
    version: &Version,
    document: HotfixDocument,
) -> Result<HotfixDocument> {
    survey::fetch(context).await?;
    let view = context.ledger.open().await?;
    let mut recorded = view.component(&component.name)?.state;
    recorded.hotfixes.retain(|opened, _| opened == version);
    let default = survey::default_branch(context).await?;
    let told = look(context, component, &recorded, &default, &|_| true).await?;
    let Some(told) = told.into_iter().next() else {
        return Ok(document.refused(Refusal::new(
            format!("the ledger knows no hotfix {version} of {}", component.name),
            format!("open it: `tidegate hotfix {version}`"),
        )));
    };
    let Some(head) = told.commit.clone() else {
        return Ok(document.refused(Refusal::new(
            format!("the branch {} is gone, and no tag of {version} is there", told.branch),
            format!("bring it back where the fix is still wanted: `tidegate hotfix {version}`"),
        )));
    };
    tell(context, document.checked(&default.name, told), head).await
}

/// Checks every hotfix of the lines that are maintained, but for those that have no commit yet.
pub(super) async fn check_all(context: &Context, components: &[ResolvedComponent]) -> Result<Vec<HotfixDocument>> {
    survey::fetch(context).await?;
    let view = context.ledger.open().await?;
    let default = survey::default_branch(context).await?;
    let branches = survey::branches(context, components).await?;
    let mut documents = Vec::new();
    for component in components {
        let recorded = view.component(&component.name)?.state;
        let lines = survey::with_branches(context, &component.name, &recorded, &branches);
        let window = survey::window(context, &survey::tags(context, component)?, lines.keys());
        let maintained = |line: Line| window.of(line) != Support::Closed;
        for told in look(context, component, &recorded, &default, &maintained).await? {
            let Some(head) = told.commit.clone().filter(|_| told.commits > 0) else {
                continue;
            };
            let version: Version = told.version.parse()?;
            let document = HotfixDocument::new(context, &component.name, &version, &told.branch);
            documents.push(tell(context, document.checked(&default.name, told), head).await?);
        }
    }
    Ok(documents)
}

/// Sets what was found as the status of the hotfix's last commit.
async fn tell(context: &Context, mut document: HotfixDocument, head: CommitId) -> Result<HotfixDocument> {
    let status = CommitStatus {
        context: STATUS.to_owned(),
        state: match document.status.state() {
            Some(state) => state,
            None => StatusState::Pending,
        },
        description: document.said().chars().take(140).collect(),
    };
    if let Some(pulls) = &context.pulls
        && pulls.status(&head, STATUS).await?.as_ref() != Some(&status)
    {
        let action = PullAction::SetStatus { commit: head, status };
        document.steps = vec![Step::new(Action::Pull(action), "who looks at the branch sees it")];
    }
    if !context.dry_run {
        for step in &document.steps {
            match apply(context, step, &Observed::new()).await {
                Ok(Receipt::Declined(refusal)) => document.warnings.push(refusal.reason),
                Ok(_) => {}
                Err(error) => document.warnings.push(format!("the status is not set: {error}")),
            }
        }
    }
    Ok(document)
}
