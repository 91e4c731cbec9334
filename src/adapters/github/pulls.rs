//! Pull requests, labels, milestones, issues and statuses (<https://docs.github.com/en/rest/pulls>,
//! <https://docs.github.com/en/rest/issues>, <https://docs.github.com/en/rest/commits/statuses>).

mod records;
mod rules;

use async_trait::async_trait;
use octocrab::Error::GitHub as Refusal;
use serde_json::{Value, json};

use super::GitHub;
use super::answer::segment;
use super::failure::{forbidden, words};
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::pull::{BranchRules, CommitStatus, Issue, Label, Milestone, Proposal, Pull, PullCommit, PullState};
use crate::ports::pulls::{Opened, Pulls};
use records::{
    CommentRecord, CommitRecord, IssueRecord, LabelRecord, MilestoneRecord, PullRecord, StatusRecord, word_of,
};

#[async_trait]
impl Pulls for GitHub {
    async fn pull(&self, number: u64) -> Result<Option<Pull>> {
        let found: Option<PullRecord> = self.look("reading a pull request", &format!("pulls/{number}")).await?;
        Ok(found.map(PullRecord::pull))
    }

    async fn pull_commits(&self, number: u64) -> Result<Vec<PullCommit>> {
        let rest = format!("pulls/{number}/commits");
        let found: Vec<CommitRecord> = self.all("reading the commits of a pull request", &rest).await?;
        Ok(found.into_iter().map(CommitRecord::commit).collect())
    }

    async fn open_pulls(&self) -> Result<Vec<Pull>> {
        self.pulls("pulls?state=open").await
    }

    async fn pulls_into(&self, base: &str) -> Result<Vec<Pull>> {
        self.pulls(&format!("pulls?state=open&base={}", segment(base))).await
    }

    async fn pulls_from(&self, head: &str) -> Result<Vec<Pull>> {
        let owner = self.repository.split('/').next().unwrap_or_default();
        let head = segment(&format!("{owner}:{head}"));
        self.pulls(&format!("pulls?state=all&head={head}")).await
    }

    async fn merged_with(&self, label: &str) -> Result<Vec<Pull>> {
        let rest = format!("issues?state=closed&labels={}", segment(label));
        let found: Vec<IssueRecord> = self.all("listing the pull requests with a label", &rest).await?;
        let mut merged = Vec::new();
        for issue in found.into_iter().filter(IssueRecord::is_pull) {
            let pull = self.pull(issue.number).await?;
            merged.extend(pull.filter(|pull| pull.state == PullState::Merged));
        }
        Ok(merged)
    }

    async fn open_pull(&self, proposal: &Proposal) -> Result<Opened> {
        if let Some(there) = self.open_one(proposal).await? {
            return Ok(Opened::Same(there));
        }
        let mut made = self.make_pull(proposal, proposal.draft).await;
        // Not every plan has drafts.
        if proposal.draft && is_invalid(&made) {
            made = self.make_pull(proposal, false).await;
        }
        match made {
            Ok(made) => {
                let pull = made.pull();
                if !proposal.labels.is_empty() {
                    self.add_labels(pull.number, &proposal.labels).await?;
                }
                Ok(Opened::New(pull))
            }
            Err(Refusal { source, .. }) if matches!(source.status_code.as_u16(), 403 | 422) => {
                let said = words(&source);
                // Whoever was faster has opened the same.
                Ok(match self.open_one(proposal).await? {
                    Some(there) => Opened::Same(there),
                    None => Opened::Refused(said),
                })
            }
            Err(error) => Err(forbidden(
                "opening a pull request",
                &proposal.head,
                "`pull-requests: write`",
            )(error)),
        }
    }

    async fn comment(&self, pull: u64, marker: &str, text: &str) -> Result<()> {
        let rest = format!("issues/{pull}/comments");
        let marker = format!("<!-- tidegate: {marker} -->");
        let body = format!("{text}\n\n{marker}");
        let there: Vec<CommentRecord> = self.all("reading the comments of a pull request", &rest).await?;
        let there = there.into_iter().find(|comment| comment.text().ends_with(&marker));
        let said: octocrab::Result<Value> = match there {
            Some(comment) if comment.text() == body => return Ok(()),
            Some(comment) => {
                let route = self.route(&format!("issues/comments/{}", comment.id));
                self.client.patch(route, Some(&json!({ "body": body }))).await
            }
            None => {
                self.client
                    .post(self.route(&rest), Some(&json!({ "body": body })))
                    .await
            }
        };
        said.map_err(forbidden(
            "commenting on a pull request",
            &pull.to_string(),
            "`pull-requests: write`",
        ))?;
        Ok(())
    }

    async fn label_pull(&self, pull: u64, label: &str) -> Result<()> {
        self.add_labels(pull, &[label.to_owned()]).await
    }

    async fn unlabel_pull(&self, pull: u64, label: &str) -> Result<()> {
        self.delete(&format!("issues/{pull}/labels/{}", segment(label))).await
    }

    async fn labels(&self) -> Result<Vec<Label>> {
        let found: Vec<LabelRecord> = self.all("listing the labels", "labels").await?;
        Ok(found.into_iter().map(LabelRecord::label).collect())
    }

    async fn keep_label(&self, label: &Label) -> Result<()> {
        let rest = format!("labels/{}", segment(&label.name));
        let there: Option<LabelRecord> = self.look("looking for a label", &rest).await?;
        let body = json!({ "color": label.color, "description": label.description });
        let kept: octocrab::Result<Value> = match there.map(LabelRecord::label) {
            Some(there) if there == *label => return Ok(()),
            Some(_) => self.client.patch(self.route(&rest), Some(&body)).await,
            None => {
                let mut body = body;
                body["name"] = label.name.clone().into();
                self.client.post(self.route("labels"), Some(&body)).await
            }
        };
        match kept {
            Ok(_) => Ok(()),
            // Whoever was faster has made it.
            Err(error) if is_taken(&error) => Ok(()),
            Err(error) => Err(forbidden("keeping a label", &label.name, "`issues: write`")(error)),
        }
    }

    async fn milestones(&self) -> Result<Vec<Milestone>> {
        Ok(self
            .kept_milestones()
            .await?
            .into_iter()
            .map(MilestoneRecord::milestone)
            .collect())
    }

    async fn keep_milestone(&self, milestone: &Milestone) -> Result<()> {
        let there = self.kept_milestones().await?;
        let there = there.into_iter().find(|one| one.title == milestone.title);
        let state = if milestone.open { "open" } else { "closed" };
        let body = json!({ "title": milestone.title, "description": milestone.description, "state": state });
        let kept: octocrab::Result<Value> = match there {
            Some(record) if record.clone().milestone() == *milestone => return Ok(()),
            Some(record) => {
                let route = self.route(&format!("milestones/{}", record.number));
                self.client.patch(route, Some(&body)).await
            }
            None => self.client.post(self.route("milestones"), Some(&body)).await,
        };
        match kept {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => Ok(()),
            Err(error) => Err(forbidden("keeping a milestone", &milestone.title, "`issues: write`")(
                error,
            )),
        }
    }

    async fn issues(&self, label: &str) -> Result<Vec<Issue>> {
        let rest = format!("issues?state=open&labels={}", segment(label));
        let found: Vec<IssueRecord> = self.all("listing the issues with a label", &rest).await?;
        let issues = found.into_iter().filter(|issue| !issue.is_pull());
        Ok(issues.map(IssueRecord::issue).collect())
    }

    async fn branch_rules(&self, branch: &str) -> Result<BranchRules> {
        rules::of_branch(self, branch).await
    }

    async fn status(&self, commit: &CommitId, context: &str) -> Result<Option<CommitStatus>> {
        let rest = format!("commits/{commit}/statuses");
        let found: Vec<StatusRecord> = self.all("reading the statuses of a commit", &rest).await?;
        let newest = found.into_iter().find(|status| status.context == context);
        Ok(newest.map(StatusRecord::status))
    }

    /// A commit has at most 1000 statuses of one context, so that none is made twice.
    async fn set_status(&self, commit: &CommitId, status: &CommitStatus) -> Result<()> {
        if self.status(commit, &status.context).await?.as_ref() == Some(status) {
            return Ok(());
        }
        let mut body = json!({
            "state": word_of(status.state),
            "context": status.context,
            "description": status.description,
        });
        if let Some(page) = self.run_page() {
            body["target_url"] = page.into();
        }
        let route = self.route(&format!("statuses/{commit}"));
        let made: octocrab::Result<Value> = self.client.post(route, Some(&body)).await;
        made.map_err(forbidden(
            "setting a commit status",
            &status.context,
            "`statuses: write`",
        ))?;
        Ok(())
    }
}

impl GitHub {
    async fn pulls(&self, rest: &str) -> Result<Vec<Pull>> {
        let mut found: Vec<PullRecord> = self.all("listing the pull requests", rest).await?;
        found.sort_by_key(|pull| std::cmp::Reverse(pull.number));
        // One that is opened between two pages shifts others onto the second as well.
        found.dedup_by_key(|pull| pull.number);
        Ok(found.into_iter().map(PullRecord::pull).collect())
    }

    async fn open_one(&self, proposal: &Proposal) -> Result<Option<Pull>> {
        let there = self.pulls_from(&proposal.head).await?;
        let same = |pull: &Pull| pull.state == PullState::Open && pull.base == proposal.base;
        Ok(there.into_iter().find(same))
    }

    async fn make_pull(&self, proposal: &Proposal, draft: bool) -> octocrab::Result<PullRecord> {
        let body = json!({
            "title": proposal.title,
            "body": proposal.body,
            "head": proposal.head,
            "base": proposal.base,
            "draft": draft,
        });
        self.client.post(self.route("pulls"), Some(&body)).await
    }

    async fn add_labels(&self, pull: u64, labels: &[String]) -> Result<()> {
        let route = self.route(&format!("issues/{pull}/labels"));
        let added: octocrab::Result<Value> = self.client.post(route, Some(&json!({ "labels": labels }))).await;
        added.map_err(forbidden(
            "labelling a pull request",
            &pull.to_string(),
            "`pull-requests: write`",
        ))?;
        Ok(())
    }

    async fn kept_milestones(&self) -> Result<Vec<MilestoneRecord>> {
        self.all("listing the milestones", "milestones?state=all").await
    }
}

fn is_invalid<T>(made: &octocrab::Result<T>) -> bool {
    made.as_ref().err().is_some_and(is_taken)
}

/// GitHub answers 422 to what is there already, and to what it does not take.
fn is_taken(error: &octocrab::Error) -> bool {
    matches!(error, Refusal { source, .. } if source.status_code.as_u16() == 422)
}
