//! SSH signatures, checked in this process: the formats are `ssh-key`'s, the arithmetic is ring's.
//! (<https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig>)

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256};
use ssh_key::public::{EcdsaPublicKey, KeyData};
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, Mpint, Signature, SshSig};

use crate::model::proof::{NAMESPACE, Signed};

/// The bytes behind the signature of a security key: flags and a counter
/// (<https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.u2f>).
const SECURITY_KEY_TRAILER: usize = 5;

/// The flag that says that somebody touched the security key.
const TOUCHED: u8 = 1;

/// The key that made a good signature over a text, in the namespace of tidegate. Otherwise why it is none, as the end of a
/// sentence.
pub fn signer(signed: &Signed) -> Result<KeyData, String> {
    let signature = SshSig::from_pem(&signed.signature).map_err(|error| format!("cannot be read: {error}"))?;
    if signature.namespace() != NAMESPACE {
        return Err(format!("was made for the namespace {}", signature.namespace()));
    }
    let data = SshSig::signed_data(NAMESPACE, signature.hash_alg(), signed.statement.as_bytes());
    let data = data.map_err(|error| format!("cannot be read: {error}"))?;
    let key = signature.public_key();
    match verify(key, &data, signature.signature()) {
        Some(true) => Ok(key.clone()),
        Some(false) => Err("does not fit what was said".to_owned()),
        None => Err(format!(
            "is by a key of a kind that cannot be checked: {}",
            key.algorithm()
        )),
    }
}

/// A key as people know it: `SHA256:…`.
pub fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Whether a signature over the data is good; nothing for a kind of key that cannot be checked.
fn verify(key: &KeyData, data: &[u8], signature: &Signature) -> Option<bool> {
    let bytes = signature.as_bytes();
    Some(match key {
        KeyData::Ed25519(key) => signature.algorithm() == Algorithm::Ed25519 && is_good(&ED25519, &key.0, data, bytes),
        KeyData::Ecdsa(key) => signature.algorithm() == key.algorithm() && ecdsa(key, data, bytes)?,
        KeyData::Rsa(key) => {
            let algorithm = match signature.algorithm() {
                Algorithm::Rsa {
                    hash: Some(HashAlg::Sha256),
                } => &RSA_PKCS1_2048_8192_SHA256,
                Algorithm::Rsa {
                    hash: Some(HashAlg::Sha512),
                } => &RSA_PKCS1_2048_8192_SHA512,
                _ => return Some(false),
            };
            let (n, e) = (key.n.as_positive_bytes()?, key.e.as_positive_bytes()?);
            RsaPublicKeyComponents { n, e }.verify(algorithm, data, bytes).is_ok()
        }
        KeyData::SkEd25519(key) => {
            let (data, bytes) = match touched(key.application(), data, bytes) {
                Some(touched) => touched,
                None => return Some(false),
            };
            is_good(&ED25519, &key.public_key().0, &data, bytes)
        }
        KeyData::SkEcdsaSha2NistP256(key) => {
            let (data, bytes) = match touched(key.application(), data, bytes) {
                Some(touched) => touched,
                None => return Some(false),
            };
            ecdsa(&EcdsaPublicKey::NistP256(*key.ec_point()), &data, bytes)?
        }
        _ => return None,
    })
}

fn is_good(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(data, signature).is_ok()
}

/// The two numbers of an ECDSA signature (RFC 5656, section 3.1.2) as ring takes them: each as long as the field.
fn ecdsa(key: &EcdsaPublicKey, data: &[u8], signature: &[u8]) -> Option<bool> {
    let (algorithm, length): (&'static dyn VerificationAlgorithm, usize) = match key.curve() {
        EcdsaCurve::NistP256 => (&ECDSA_P256_SHA256_FIXED, 32),
        EcdsaCurve::NistP384 => (&ECDSA_P384_SHA384_FIXED, 48),
        EcdsaCurve::NistP521 => return None,
    };
    let mut rest = signature;
    let mut fixed = Vec::with_capacity(2 * length);
    for _ in 0..2 {
        let (size, after) = rest.split_first_chunk::<4>()?;
        let (number, after) = after.split_at_checked(u32::from_be_bytes(*size) as usize)?;
        let number = Mpint::from_bytes(number).ok()?;
        let number = number.as_positive_bytes()?;
        fixed.resize(fixed.len() + length.checked_sub(number.len())?, 0);
        fixed.extend_from_slice(number);
        rest = after;
    }
    Some(rest.is_empty() && is_good(algorithm, key.as_sec1_bytes(), data, &fixed))
}

/// What a security key signs, and the signature; nothing when nobody touched it.
fn touched<'a>(application: &str, data: &[u8], signature: &'a [u8]) -> Option<(Vec<u8>, &'a [u8])> {
    let (signature, trailer) = signature.split_at_checked(signature.len().checked_sub(SECURITY_KEY_TRAILER)?)?;
    if trailer[0] & TOUCHED == 0 {
        return None;
    }
    let mut signed = Sha256::digest(application.as_bytes()).to_vec();
    signed.extend_from_slice(trailer);
    signed.extend_from_slice(&Sha256::digest(data));
    Some((signed, signature))
}
