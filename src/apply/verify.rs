//! Asking a deployed release how it is, until it answers as it should or the time is over.

use crate::context::Context;
use crate::model::environment::Environment;
use crate::model::release::Release;
use crate::ports::probe::Answer;

/// Asks until the answer fits. Gives what was seen, or why it never fitted.
pub async fn verify(context: &Context, environment: &Environment, release: &Release) -> Result<String, String> {
    let Some(base) = &environment.url else {
        return Err("the environment has no `url` to ask".to_owned());
    };
    let url = format!("{}{}", base.trim_end_matches('/'), environment.verify.path);
    let deadline = context.clock.now() + environment.verify.timeout.signed();
    loop {
        let finding = match context.probe.get(&url).await {
            Ok(answer) => judge(environment, release, &url, &answer),
            Err(cause) => Err(format!("{url} gave no answer: {cause}")),
        };
        let left = deadline.duration_since(context.clock.now());
        match finding {
            Ok(evidence) => return Ok(evidence),
            Err(reason) if !left.is_positive() => {
                return Err(format!("{reason}, for {}", environment.verify.timeout));
            }
            Err(_) => context.clock.sleep(environment.verify.interval).await,
        }
    }
}

fn judge(environment: &Environment, release: &Release, url: &str, answer: &Answer) -> Result<String, String> {
    let rule = &environment.verify;
    if answer.status != rule.status {
        return Err(format!("{url} answered {} instead of {}", answer.status, rule.status));
    }
    let Some(pointer) = &rule.version else {
        return Ok(format!("{url} answered {}", answer.status));
    };
    let body: serde_json::Value =
        serde_json::from_str(&answer.body).map_err(|error| format!("{url} answered no JSON: {error}"))?;
    let wanted = release.version.to_string();
    match body.pointer(pointer).and_then(|value| value.as_str()) {
        Some(version) if version == wanted => Ok(format!("{url} answered {} as {version}", answer.status)),
        Some(version) => Err(format!("{url} answered as version {version} instead of {wanted}")),
        None => Err(format!("{url} answered without a version at {pointer}")),
    }
}
