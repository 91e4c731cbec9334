//! A GitHub App's token for one repository
//! (<https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app>).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::{SignedDuration, Timestamp};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;

use super::client;
use super::failure::failure;
use crate::error::{Error, Result};
use crate::model::hosted::{App, Hosted};
use crate::model::secret::Secret;

/// How much earlier than now the proof is dated: clocks differ.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// How long it holds; GitHub takes ten minutes at most.
const AFTER: SignedDuration = SignedDuration::from_mins(9);

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// A token of the App's installation, for this repository alone. It holds for an hour.
///
/// # Errors
/// A usage error when the key is none, and an outside error when GitHub gives no token.
pub async fn token(hosted: &Hosted, app: &App, now: Timestamp) -> Result<Secret> {
    let client = client::open(&hosted.api, &proof(app, now)?)?;
    let repository = &hosted.repository;
    let route = format!("/repos/{repository}/installation");
    let found: octocrab::Result<Installation> = client.get(route, None::<&()>).await;
    let installation = found.map_err(|error| failure("finding the App's installation", repository, &error))?;
    let route = format!("/app/installations/{}/access_tokens", installation.id);
    let name = repository.rsplit('/').next().unwrap_or(repository);
    let made: octocrab::Result<Token> = client.post(route, Some(&json!({ "repositories": [name] }))).await;
    let made = made.map_err(|error| failure("asking for the App's token", repository, &error))?;
    Ok(Secret::new(made.token))
}

/// What proves that it is the App: a JSON Web Token (RFC 7519), signed by RS256 (RFC 7518, section 3.3).
fn proof(app: &App, now: Timestamp) -> Result<String> {
    let wrong = |cause: String| {
        Error::usage(
            format!("the private key of the GitHub App is none: {cause}"),
            "put the whole text of the App's `.pem` file into TIDEGATE_APP_PRIVATE_KEY",
        )
    };
    // Where a variable takes one line, people write `\n` for the others.
    let pem = app.key.expose().replace("\\n", "\n");
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    let key = any_supported_type(&der).map_err(|error| wrong(error.to_string()))?;
    let signer = key
        .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
        .ok_or_else(|| wrong("it is no RSA key".to_owned()))?;
    let claims = json!({
        "iat": (now - BEFORE).as_second(),
        "exp": (now + AFTER).as_second(),
        "iss": app.id,
    });
    let head = json!({ "alg": "RS256", "typ": "JWT" });
    let text = format!(
        "{}.{}",
        BASE64.encode(head.to_string()),
        BASE64.encode(claims.to_string())
    );
    let signature = signer
        .sign(text.as_bytes())
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(format!("{text}.{}", BASE64.encode(signature)))
}
