//! What a registry says when it does not do what it was asked.

use std::fmt;

use reqwest::{Response, StatusCode};

use super::ecr::Request;
use crate::model::text::one_line;

/// How much of an answer is read.
const LONGEST: usize = 64 * 1024;

/// An answer's status and the errors in it (OCI distribution specification 1.1, "Error Codes").
pub(super) struct Said {
    pub(super) status: StatusCode,
    /// What was asked, where it is known.
    pub(super) asked: Option<Request>,
    errors: Vec<(String, String)>,
}

impl Said {
    /// Reads an answer.
    pub(super) async fn by(mut response: Response) -> Self {
        let status = response.status();
        let asked = response.extensions().get::<Request>().copied();
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                break;
            }
        }
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let word = |error: &serde_json::Value, key| one_line(error[key].as_str().unwrap_or_default());
        let errors = errors.iter().map(|error| (word(error, "code"), word(error, "message")));
        Self {
            status,
            asked,
            errors: errors.collect(),
        }
    }

    /// Whether it has one of these error codes.
    pub(super) fn has(&self, codes: &[&str]) -> bool {
        self.errors.iter().any(|(code, _)| codes.contains(&code.as_str()))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it answered {}", self.status)?;
        for (place, (code, message)) in self.errors.iter().enumerate() {
            let before = if place == 0 { ": " } else { "; " };
            write!(f, "{before}{code} {message}")?;
        }
        Ok(())
    }
}
