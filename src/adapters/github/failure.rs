//! What GitHub's refusals mean, in plain words.

use crate::error::{Error, Result};
use crate::ports::forge::Made;

/// What became of something that can be taken already: GitHub says so by 422.
pub(super) fn taken<T>(made: octocrab::Result<T>, operation: &'static str, target: &str) -> Result<Made> {
    match made {
        Ok(_) => Ok(Made::Done),
        Err(octocrab::Error::GitHub { source, .. }) if source.status_code.as_u16() == 422 => {
            Ok(Made::Taken(words(&source)))
        }
        Err(error) => Err(failure(operation, target, &error)),
    }
}

/// What GitHub says of a refusal, with its details.
pub(super) fn words(refusal: &octocrab::GitHubError) -> String {
    let details = refusal
        .errors
        .iter()
        .flatten()
        .map(|detail| match detail["message"].as_str() {
            Some(message) => message.to_owned(),
            None => detail.to_string(),
        });
    let words: Vec<String> = std::iter::once(refusal.message.clone()).chain(details).collect();
    words.join("; ")
}

/// The answer to an upload.
pub(super) fn uploaded(code: u16, said: &str, name: &str) -> Result<Made> {
    match code {
        200..=299 => Ok(Made::Done),
        422 => Ok(Made::Taken(said.to_owned())),
        code => Err(status("uploading a file of the release", name, code, said)),
    }
}

/// The error for a failed call.
pub(super) fn failure(operation: &'static str, target: &str, error: &octocrab::Error) -> Error {
    match error {
        octocrab::Error::GitHub { source, .. } => {
            status(operation, target, source.status_code.as_u16(), &source.message)
        }
        other => broken(operation, target, other),
    }
}

/// The same, with the permission that a job of a workflow has to name for it, in back quotes.
pub(super) fn forbidden(
    operation: &'static str,
    target: &str,
    permission: &'static str,
) -> impl FnOnce(octocrab::Error) -> Error {
    move |error| match (failure(operation, target, &error), &error) {
        (
            Error::Outside {
                operation,
                target,
                cause,
                retryable: false,
                ..
            },
            octocrab::Error::GitHub { source, .. },
        ) if matches!(source.status_code.as_u16(), 403 | 404) => Error::Outside {
            operation,
            target,
            cause,
            retryable: false,
            help: format!("the token needs {permission}: in a workflow, name it in the job's `permissions`"),
        },
        (error, _) => error,
    }
}

/// The error for a call that got no answer.
pub(super) fn broken(operation: &'static str, target: &str, error: &dyn std::error::Error) -> Error {
    Error::Outside {
        operation,
        target: target.to_owned(),
        cause: cause(error),
        retryable: true,
        help: "check the connection to GitHub; run the same command again and it goes on where it stopped".to_owned(),
    }
}

/// An error with what lies under it.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        cause.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    cause
}

/// The error for an answer that says no.
pub(super) fn status(operation: &'static str, target: &str, code: u16, said: &str) -> Error {
    let help = match code {
        401 => {
            "the token in GITHUB_TOKEN is wrong or has ended, or TIDEGATE_APP_ID and TIDEGATE_APP_PRIVATE_KEY are not one App's"
        }
        403 if said.contains("rate limit") => "wait until GitHub's rate limit is over, and run it again",
        403 => {
            "the token may not do this: in a workflow, give the job `permissions: contents: write`; for a commit that changes \
             workflow files GitHub asks for a token that may change workflows"
        }
        404 => "the repository is not there, or the token does not see it: check GITHUB_REPOSITORY and the token",
        _ => "run the same command again; it goes on where it stopped",
    };
    Error::Outside {
        operation,
        target: target.to_owned(),
        cause: format!("GitHub answered {code}: {said}"),
        retryable: !matches!(code, 401 | 403 | 404) || said.contains("rate limit"),
        help: help.to_owned(),
    }
}
