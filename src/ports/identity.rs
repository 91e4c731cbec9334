//! Who somebody is: signing what is said, and checking who signed. The keys that count are the policy's.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::proof::{Proof, Standing};

/// What came of signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// The signature.
    Signed(Box<Proof>),
    /// There is no key to sign with; this says what to do.
    NoKey(String),
}

/// Signs and checks signatures.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Signs a text as the person at work.
    ///
    /// # Errors
    /// There is a key, and signing with it failed.
    async fn sign(&self, by: &Actor, text: &str) -> Result<Signing>;

    /// Whether a signature is this person's: good, by a key that the policy lists for them, at each of these times. What the
    /// text says is not looked at, and a run is not a signature.
    async fn check(&self, by: &Actor, proof: &Proof, times: &[Timestamp]) -> Standing;

    /// Every name that the policy lists beside this one for the same key, this one included.
    fn names(&self, of: &str) -> Vec<String>;
}
