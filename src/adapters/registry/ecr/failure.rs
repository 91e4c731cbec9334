//! What a failed call of AWS means: which permission is missing, whose mistake it is, whether it may pass.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ecr::config::http::HttpResponse;
use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};

use crate::error::Error;

/// A call, for people.
pub(super) struct Call {
    /// What was tried.
    pub operation: &'static str,
    /// The permission that it needs.
    pub permission: &'static str,
    /// The registry or the repository.
    pub target: String,
}

/// Whether the caller may not do this.
pub(super) fn is_denied<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(
        error.code(),
        Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized")
    )
}

/// Whether what answers does not know the call: it says so, or its failure is none of AWS.
pub(super) fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let SdkError::ServiceError(answer) = error else {
        return matches!(error, SdkError::ResponseError(answer) if !answer.raw().status().is_success());
    };
    match answer.err().code() {
        Some(code) => matches!(
            code,
            "UnknownOperationException" | "UnsupportedCommandException" | "NotImplemented"
        ),
        None => true,
    }
}

impl Call {
    /// The error of a call that failed.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if let Some(error) = credentials(error) {
            return self.without_credentials(error);
        }
        let passing = |cause: String| Error::outside(self.operation, &self.target, cause);
        match error {
            SdkError::ServiceError(answer) => self.refused(
                answer.err().code().unwrap_or_default(),
                answer.err().message().unwrap_or_default(),
                answer.raw().status().as_u16(),
                is_denied(error),
            ),
            SdkError::TimeoutError(_) => passing("no answer came in time".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => passing(chain(error)),
            SdkError::ResponseError(_) => passing(chain(error)),
            _ => self.lasting(
                chain(error),
                "look at the AWS settings: region, endpoint and profile".to_owned(),
            ),
        }
    }

    /// An answer that is not what the API promises.
    pub(super) fn strange(&self, what: impl std::fmt::Display) -> Error {
        let help = "look at what answers: `AWS_ENDPOINT_URL` may lead to another service";
        self.lasting(format!("it answered {what}"), help.to_owned())
    }

    fn refused(&self, code: &str, message: &str, status: u16, denied: bool) -> Error {
        let cause = match (code, message) {
            ("", "") => format!("it answered {status}"),
            (code, "") => format!("it answered {status} {code}"),
            (code, message) => format!("it answered {status} {code}: {message}"),
        };
        let permission = self.permission;
        let help = match code {
            _ if denied => format!("allow `{permission}` to the role that is used, for {}", self.target),
            "ExpiredToken" | "ExpiredTokenException" => {
                "the AWS credentials have run out: sign in again, or give a longer session".to_owned()
            }
            "IncompleteSignature"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException" => {
                "AWS does not know these credentials: look at the key, its secret and its session token".to_owned()
            }
            "KmsException" => "look at the KMS key: it is in the same region, enabled, and may be used by this role \
                               (`kms:CreateGrant`, `kms:DescribeKey`)"
                .to_owned(),
            "LimitExceededException" => {
                "the account has as many of these as its quota allows: remove some, or ask AWS for more".to_owned()
            }
            "RepositoryNotFoundException" => "make the repository, or look at the account and the region".to_owned(),
            "InvalidParameterException" | "ValidationException" => {
                "change what AWS does not take in the component's `repository` table".to_owned()
            }
            _ if status == 429 || status >= 500 || code.contains("Throttl") => {
                return Error::outside(self.operation, &self.target, cause);
            }
            _ => "look up the answer in the documentation of Amazon ECR".to_owned(),
        };
        self.lasting(cause, help)
    }

    fn without_credentials(&self, error: &CredentialsError) -> Error {
        let ways = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE (after `aws sso \
                    login`), or run `aws-actions/configure-aws-credentials` before, with the permission \
                    `id-token: write`";
        match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                self.lasting("no AWS credentials were found".to_owned(), ways.to_owned())
            }
            CredentialsError::ProviderTimedOut(_) => Error::outside(self.operation, &self.target, chain(error)),
            other => self.lasting(
                format!("the AWS credentials could not be had: {}", chain(other)),
                format!("look at the source that is named, or use another one: {ways}"),
            ),
        }
    }

    fn lasting(&self, cause: String, help: String) -> Error {
        Error::Outside {
            operation: self.operation,
            target: self.target.clone(),
            cause,
            retryable: false,
            help,
        }
    }
}

/// What kept the credentials from being there, where that is why a call failed.
fn credentials<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a CredentialsError> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// The error with what lies under it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
