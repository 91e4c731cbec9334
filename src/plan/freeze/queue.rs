//! Merge queues: GitHub tests pull requests together on branches of its own, and wants every required status there too
//! (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>).

use crate::model::freeze::Freeze;
use crate::model::name::CommitId;
use crate::model::pull::{CommitStatus, Pull};
use crate::model::step::{Action, PullAction, Step};

use super::{closed, let_in, open};

/// The folder of the queues' branches: `gh-readonly-queue/BASE/pr-NUMBER-COMMIT`, the commit being the one below.
pub const FOLDER: &str = "gh-readonly-queue/";

/// What a queue tests: a pull request, on top of those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its branch.
    pub branch: String,
    /// Where that is.
    pub tip: CommitId,
    /// The branch that it is for.
    pub base: String,
    /// The numbers of its pull requests, the last one first.
    pub pulls: Vec<u64>,
}

/// The groups that these branches are for; what is no queue's branch is left out.
pub fn groups(branches: &[(String, CommitId)]) -> Vec<Group> {
    let parsed: Vec<(&(String, CommitId), &str, u64, &str)> = branches
        .iter()
        .filter_map(|found| {
            let (base, number, below) = parse(&found.0)?;
            Some((found, base, number, below))
        })
        .collect();
    let group = |(found, base, number, below): &(&(String, CommitId), &str, u64, &str)| {
        let mut pulls = vec![*number];
        let mut below = *below;
        // As many rounds as there are branches: names that lead back to themselves end.
        for _ in &parsed {
            let before = parsed
                .iter()
                .find(|(other, its, ..)| its == base && other.1.as_str() == below);
            let Some((_, _, number, next)) = before else { break };
            pulls.push(*number);
            below = next;
        }
        Group {
            branch: found.0.clone(),
            tip: found.1.clone(),
            base: (*base).to_owned(),
            pulls,
        }
    };
    parsed.iter().map(group).collect()
}

fn parse(branch: &str) -> Option<(&str, u64, &str)> {
    let (base, last) = branch.strip_prefix(FOLDER)?.rsplit_once('/')?;
    let (number, below) = last.strip_prefix("pr-")?.split_once('-')?;
    Some((base, number.parse().ok()?, below))
}

/// What a group is told: it comes in where every one of its pull requests may. One that is not known may not.
pub fn verdict(group: &Group, known: &[Pull], freeze: Option<&Freeze>) -> CommitStatus {
    let Some(freeze) = freeze else {
        return open(&group.base);
    };
    let may = |number: &&u64| {
        let pull = known.iter().find(|pull| pull.number == **number);
        pull.is_some_and(|pull| let_in(pull, freeze))
    };
    match group.pulls.iter().rev().find(|number| !may(number)) {
        Some(number) => closed(&format!("{} is frozen for pull request {number}", group.base), freeze),
        None => super::excepted(&group.base, freeze),
    }
}

/// The step that tells a group; none where it is told already.
pub fn tell(group: &Group, told: Option<&CommitStatus>, wanted: &CommitStatus) -> Option<Step> {
    if told == Some(wanted) {
        return None;
    }
    let action = PullAction::SetStatus {
        commit: group.tip.clone(),
        status: wanted.clone(),
    };
    Some(Step::new(
        Action::Pull(action),
        format!("{}: {}", group.branch, wanted.description),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn commit(letter: char) -> CommitId {
        letter.to_string().repeat(40).parse().unwrap()
    }

    #[test]
    fn a_group_holds_those_before_it() {
        let branches = [
            (format!("{FOLDER}release/1.4/pr-7-{}", commit('a')), commit('b')),
            (format!("{FOLDER}release/1.4/pr-9-{}", commit('b')), commit('c')),
            (format!("{FOLDER}main/pr-8-{}", commit('b')), commit('d')),
            (format!("{FOLDER}main/pr-4-{}", commit('e')), commit('e')),
            ("gh-readonly-queue/main/other".to_owned(), commit('f')),
            ("main".to_owned(), commit('f')),
        ];
        let found: Vec<(String, Vec<u64>)> = groups(&branches)
            .into_iter()
            .map(|group| (group.base, group.pulls))
            .collect();
        let expected = [
            ("release/1.4", vec![7]),
            ("release/1.4", vec![9, 7]),
            ("main", vec![8]),
            ("main", vec![4; 5]),
        ];
        let expected = expected.map(|(base, pulls)| (base.to_owned(), pulls));
        assert_eq!(found, expected);
    }
}
