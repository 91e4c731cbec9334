//! The API of ECR Public. It has no immutable tags, no scans, no keys and no lifecycle policies: what a setup wants of
//! these shows as a difference.

use aws_config::SdkConfig;
use aws_sdk_ecrpublic::Client;
use aws_sdk_ecrpublic::types::LayerAvailability;

use super::failure::{Call, is_denied, is_unknown};
use super::private::{is_missing, policy};
use super::{Created, among, login};
use crate::adapters::registry::auth::Credentials;
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::repository_setup::{Encryption, Existing, Mutability, Policy, Wanted};

pub(super) struct Public(Client);

/// What every repository of ECR Public is.
const PLAIN: Existing = Existing {
    mutability: Mutability::Mutable,
    exceptions: Vec::new(),
    scan_on_push: false,
    encryption: Encryption::Aes256,
    lifecycle_policy: None,
    policy: None,
    empty: false,
};

/// The name that the API knows a repository by: its path after the alias of the registry.
fn name(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, name)| name)
}

impl Public {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    fn call(&self, operation: &'static str, permission: &'static str, path: &str) -> Call {
        Call {
            operation,
            permission,
            target: format!("public.ecr.aws/{path}"),
        }
    }

    pub(super) async fn login(&self) -> Result<Credentials> {
        let call = Call {
            operation: "logging in to ECR Public",
            permission: "ecr-public:GetAuthorizationToken` and `sts:GetServiceBearerToken",
            target: "public.ecr.aws".to_owned(),
        };
        let answer = self.0.get_authorization_token().send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let data = answer.authorization_data();
        login(&call, data.and_then(|data| data.authorization_token()))
    }

    pub(super) async fn available(&self, path: &str, digests: &[Digest]) -> Result<Option<Vec<bool>>> {
        let call = self.call(
            "asking which layers are there",
            "ecr-public:BatchCheckLayerAvailability",
            path,
        );
        let asked = digests.iter().map(ToString::to_string).collect();
        let request = self.0.batch_check_layer_availability().repository_name(name(path));
        match request.set_layer_digests(Some(asked)).send().await {
            Ok(answer) => {
                let there = |layer: &&aws_sdk_ecrpublic::types::Layer| {
                    layer.layer_availability() == Some(&LayerAvailability::Available)
                };
                let layers = answer.layers().iter().filter(there);
                let found: Vec<&str> = layers.filter_map(|layer| layer.layer_digest()).collect();
                Ok(Some(among(digests, &found)))
            }
            // The API knows the caller's own repositories alone.
            Err(error) if is_missing(&error, |error| error.is_repository_not_found_exception()) => Ok(None),
            Err(error) if is_denied(&error) || is_unknown(&error) => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    pub(super) async fn repository(&self, path: &str, wanted: &Wanted) -> Result<Option<Existing>> {
        let call = self.call("looking for the repository", "ecr-public:DescribeRepositories", path);
        let request = self.0.describe_repositories().repository_names(name(path));
        match request.send().await {
            Ok(answer) if answer.repositories().is_empty() => return Ok(None),
            Ok(_) => {}
            Err(error) if is_missing(&error, |error| error.is_repository_not_found_exception()) => return Ok(None),
            Err(error) => return Err(call.failed(&error)),
        }
        let mut existing = PLAIN;
        if wanted.policy.is_some() {
            existing.policy = self.policy(path).await?;
            existing.empty = existing.policy.is_none() && self.is_empty(path).await?;
        }
        Ok(Some(existing))
    }

    async fn policy(&self, path: &str) -> Result<Option<Policy>> {
        let call = self.call("reading the repository policy", "ecr-public:GetRepositoryPolicy", path);
        match self.0.get_repository_policy().repository_name(name(path)).send().await {
            Ok(answer) => policy(&call, answer.policy_text()),
            Err(error) if is_missing(&error, |error| error.is_repository_policy_not_found_exception()) => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    /// Whether a repository is known to hold no image; one that may not be asked is not.
    async fn is_empty(&self, path: &str) -> Result<bool> {
        let call = self.call("looking for images", "ecr-public:DescribeImages", path);
        let request = self.0.describe_images().repository_name(name(path));
        match request.max_results(1).send().await {
            Ok(answer) => Ok(answer.image_details().is_empty() && answer.next_token().is_none()),
            Err(error) if is_denied(&error) => Ok(false),
            Err(error) => Err(call.failed(&error)),
        }
    }

    pub(super) async fn create(&self, path: &str, wanted: &Wanted) -> Result<Created> {
        let call = self.call("making the repository", "ecr-public:CreateRepository", path);
        let request = self.0.create_repository().repository_name(name(path));
        let (made, mut repository) = match request.send().await {
            Ok(_) => (true, Existing { empty: true, ..PLAIN }),
            Err(error) if is_missing(&error, |error| error.is_repository_already_exists_exception()) => {
                let found = self.repository(path, wanted).await?;
                (
                    false,
                    found.ok_or_else(|| call.strange("that it is there and that it is not"))?,
                )
            }
            Err(error) => return Err(call.failed(&error)),
        };
        if let (Some(policy), None, true) = (&wanted.policy, &repository.policy, repository.empty) {
            let call = self.call("setting the repository policy", "ecr-public:SetRepositoryPolicy", path);
            let request = self.0.set_repository_policy().repository_name(name(path));
            let sent = request.policy_text(policy.text()).send().await;
            sent.map_err(|error| call.failed(&error))?;
            repository.policy = Some(policy.clone());
        }
        Ok(Created { made, repository })
    }
}
