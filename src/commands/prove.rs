//! Proving who says something: by the key that git signs with, and on a runner without one by the run itself.

use crate::context::Context;
use crate::error::Result;
use crate::model::proof::{Proof, Statement};
use crate::ports::identity::Signing;

/// A proof of a statement by the one who acts, or why there is none and how to have one.
///
/// # Errors
/// There is a key, and signing with it failed.
pub async fn prove(context: &Context, statement: &Statement) -> Result<Result<Proof, String>> {
    match context.identity.sign(&statement.by, &statement.text()).await? {
        Signing::Signed(proof) => Ok(Ok(*proof)),
        Signing::NoKey(why) => Ok(match &context.holder.run {
            Some(run) => Ok(Proof::Run {
                run: run.clone(),
                attempt: context.holder.attempt.unwrap_or(1),
            }),
            None => Err(why),
        }),
    }
}
