//! The keys that a policy lists, and the one of whoever works here.

use async_trait::async_trait;
use jiff::Timestamp;

use super::allowed_signers::AllowedSigners;
use super::git_key::GitKey;
use super::gpg::Keyring;
use super::ssh;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::proof::{Proof, Signed, Standing};
use crate::ports::identity::{Identity, Signing};

/// The keys.
pub struct PolicyKeys {
    /// SSH keys.
    pub signers: AllowedSigners,
    /// OpenPGP keys, where the policy lists any.
    pub keyring: Option<Keyring>,
    /// What signs here.
    pub key: GitKey,
}

/// Whether an SSH signature is this person's at each of these times, by the keys of a policy.
pub fn check_ssh(signers: &AllowedSigners, by: &Actor, signed: &Signed, times: &[Timestamp]) -> Standing {
    if signers.is_empty() {
        return Standing::unproven("the policy lists no SSH keys");
    }
    let allowed = ssh::signer(signed).and_then(|key| signers.allows(&by.0, &key, times).map(|()| key));
    match allowed {
        Ok(key) => Standing::Proven {
            how: format!("key {}", ssh::fingerprint(&key)),
        },
        Err(why) => Standing::unproven(format!("the signature {why}")),
    }
}

#[async_trait]
impl Identity for PolicyKeys {
    async fn sign(&self, _by: &Actor, text: &str) -> Result<Signing> {
        self.key.sign(text).await
    }

    async fn check(&self, by: &Actor, proof: &Proof, times: &[Timestamp]) -> Standing {
        match proof {
            Proof::Ssh(signed) => check_ssh(&self.signers, by, signed, times),
            Proof::Gpg(signed) => match &self.keyring {
                Some(keyring) => keyring.check(&by.0, signed).await,
                None => Standing::unproven("the policy lists no OpenPGP keys"),
            },
            Proof::Run { .. } => Standing::unproven("a run is no signature"),
        }
    }

    fn names(&self, of: &str) -> Vec<String> {
        self.signers.names(of)
    }
}
