//! The reviews of GitHub as words: those of the workflow run, and those of the pull request.

use crate::context::Context;
use crate::model::actor::Actor;
use crate::model::fact::FactState;
use crate::model::heard::{Answer, Heard};
use crate::model::name::EnvironmentName;
use crate::model::policy::WordSource;
use crate::model::proof::Standing;
use crate::model::record::{PullRecord, ReviewState};

/// The reviews of this run for the environment.
pub(super) async fn run_reviews(context: &Context, environment: &EnvironmentName) -> FactState<Vec<Heard>> {
    let (Some(records), Some(run)) = (&context.records, &context.holder.run) else {
        return FactState::Absent;
    };
    let reviews = match records.run_reviews(run).await {
        FactState::Known { value } => value,
        FactState::Absent => return FactState::Absent,
        FactState::Forbidden { reason } => {
            let reason = format!("the reviews of run {run}: {reason}");
            return FactState::Forbidden { reason };
        }
        FactState::Unavailable { reason } => {
            let reason = format!("the reviews of run {run}: {reason}");
            return FactState::Unavailable { reason };
        }
    };
    let here = reviews
        .into_iter()
        .filter(|review| review.environments.iter().any(|name| name == environment.as_str()));
    let heard = here.map(|review| Heard {
        by: Actor(review.by),
        at: context.clock.now(),
        source: WordSource::RunReview,
        said: if review.approved { Answer::Yes } else { Answer::No },
        standing: Standing::Proven {
            how: format!("review of run {run}"),
        },
    });
    FactState::Known { value: heard.collect() }
}

/// The reviews of the pull request at its last commit.
pub(super) fn pull_reviews(pulls: Option<&FactState<Vec<PullRecord>>>) -> FactState<Vec<Heard>> {
    let pulls = match pulls {
        Some(FactState::Known { value }) => value.as_slice(),
        Some(FactState::Absent) => return FactState::Absent,
        Some(FactState::Forbidden { reason }) => {
            let reason = format!("the reviews of the pull request: {reason}");
            return FactState::Forbidden { reason };
        }
        Some(FactState::Unavailable { reason }) => {
            let reason = format!("the reviews of the pull request: {reason}");
            return FactState::Unavailable { reason };
        }
        None => {
            let reason = "the reviews of the pull request: there is no token for GitHub".to_owned();
            return FactState::Unavailable { reason };
        }
    };
    let mut heard = Vec::new();
    for pull in pulls {
        for review in pull
            .reviews
            .iter()
            .filter(|review| review.commit.as_ref() == Some(&pull.head))
        {
            let said = match review.state {
                ReviewState::Approved => Answer::Yes,
                ReviewState::ChangesRequested => Answer::No,
                ReviewState::Dismissed => Answer::Withdrawn,
                ReviewState::Commented => continue,
            };
            heard.push(Heard {
                by: Actor(review.by.clone()),
                at: review.at,
                source: WordSource::PullRequest,
                said,
                standing: Standing::Proven {
                    how: format!("review of #{}", pull.number),
                },
            });
        }
    }
    FactState::Known { value: heard }
}
