//! The keys of the people of a rehearsal: real ones, made from their names, so that words are signed and checked by the code
//! that runs for real. They prove nothing outside.

use async_trait::async_trait;
use jiff::Timestamp;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Algorithm, HashAlg, LineEnding, PublicKey, Signature, SshSig};

use crate::adapters::identity::allowed_signers::AllowedSigners;
use crate::adapters::identity::policy_keys::check_ssh;
use crate::error::{Error, Result};
use crate::model::actor::Actor;
use crate::model::proof::{NAMESPACE, Proof, Signed, Standing};
use crate::ports::identity::{Identity, Signing};

/// A key for each person.
pub struct MadeKeys {
    signers: AllowedSigners,
    /// The file of allowed signers, which is a part of the rehearsal's policy.
    pub text: String,
}

impl MadeKeys {
    /// Keys for these people.
    ///
    /// # Errors
    /// A usage error when a name cannot stand in a file of allowed signers.
    pub fn of<'a>(people: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut text = String::new();
        for person in people {
            let key = PublicKey::new(public(&pair(person)?)?, "");
            let key = key.to_openssh().map_err(broken)?;
            text.push_str(&format!("\"{person}\" {key}\n"));
        }
        let signers = AllowedSigners::parse(&text, "the keys of the rehearsal")?;
        Ok(Self { signers, text })
    }
}

fn pair(person: &str) -> Result<Ed25519KeyPair> {
    let seed = Sha256::digest(format!("tidegate rehearsal {person}"));
    Ed25519KeyPair::from_seed_unchecked(&seed).map_err(broken)
}

fn public(pair: &Ed25519KeyPair) -> Result<KeyData> {
    let key = Ed25519PublicKey::try_from(pair.public_key().as_ref()).map_err(broken)?;
    Ok(KeyData::Ed25519(key))
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a key of the rehearsal: {error}"))
}

#[async_trait]
impl Identity for MadeKeys {
    async fn sign(&self, by: &Actor, text: &str) -> Result<Signing> {
        let pair = pair(&by.0)?;
        let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, text.as_bytes()).map_err(broken)?;
        let signature = Signature::new(Algorithm::Ed25519, pair.sign(&data).as_ref()).map_err(broken)?;
        let signature = SshSig::new(public(&pair)?, NAMESPACE, HashAlg::Sha512, signature).map_err(broken)?;
        Ok(Signing::Signed(Box::new(Proof::Ssh(Signed {
            statement: text.to_owned(),
            signature: signature.to_pem(LineEnding::LF).map_err(broken)?,
        }))))
    }

    async fn check(&self, by: &Actor, proof: &Proof, times: &[Timestamp]) -> Standing {
        match proof {
            Proof::Ssh(signed) => check_ssh(&self.signers, by, signed, times),
            Proof::Gpg(_) | Proof::Run { .. } => Standing::unproven("a rehearsal knows SSH signatures alone"),
        }
    }

    fn names(&self, of: &str) -> Vec<String> {
        self.signers.names(of)
    }
}
