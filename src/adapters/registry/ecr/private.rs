//! The API of an account's own registry.

use aws_config::SdkConfig;
use aws_sdk_ecr::Client;
use aws_sdk_ecr::operation::create_repository::builders::CreateRepositoryFluentBuilder;
use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability,
    ImageTagMutabilityExclusionFilter, ImageTagMutabilityExclusionFilterType, LayerAvailability, Repository,
};

use super::failure::{Call, is_denied, is_unknown};
use super::{Created, among, login};
use crate::adapters::registry::auth::Credentials;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::repository_setup::{Encryption, Existing, Mutability, Policy, RepositorySetup, TagPattern, Wanted};

pub(super) struct Private {
    client: Client,
    account: String,
    /// `ACCOUNT in REGION`, for people.
    name: String,
}

impl Private {
    pub(super) fn new(config: &SdkConfig, account: &str, region: &str) -> Self {
        Self {
            client: Client::new(config),
            account: account.to_owned(),
            name: format!("account {account} in {region}"),
        }
    }

    fn call(&self, operation: &'static str, permission: &'static str, path: &str) -> Call {
        Call {
            operation,
            permission,
            target: format!("{path} of {}", self.name),
        }
    }

    pub(super) async fn login(&self) -> Result<Credentials> {
        let call = Call {
            operation: "logging in to ECR",
            permission: "ecr:GetAuthorizationToken",
            target: format!("the registry of {}", self.name),
        };
        let answer = self.client.get_authorization_token().send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let data = answer.authorization_data().first();
        login(&call, data.and_then(|data| data.authorization_token()))
    }

    pub(super) async fn available(&self, path: &str, digests: &[Digest]) -> Result<Option<Vec<bool>>> {
        let call = self.call("asking which layers are there", "ecr:BatchCheckLayerAvailability", path);
        let asked = digests.iter().map(ToString::to_string).collect();
        let request = self.client.batch_check_layer_availability();
        let request = request.registry_id(&self.account).repository_name(path);
        match request.set_layer_digests(Some(asked)).send().await {
            Ok(answer) => {
                let there = |layer: &&aws_sdk_ecr::types::Layer| {
                    layer.layer_availability() == Some(&LayerAvailability::Available)
                };
                let layers = answer.layers().iter().filter(there);
                let found: Vec<&str> = layers.filter_map(|layer| layer.layer_digest()).collect();
                Ok(Some(among(digests, &found)))
            }
            Err(error) if is_missing(&error, |error| error.is_repository_not_found_exception()) => {
                Ok(Some(vec![false; digests.len()]))
            }
            Err(error) if is_denied(&error) || is_unknown(&error) => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    pub(super) async fn repository(&self, path: &str, wanted: &Wanted) -> Result<Option<Existing>> {
        let call = self.call("looking for the repository", "ecr:DescribeRepositories", path);
        let request = self.client.describe_repositories();
        let request = request.registry_id(&self.account).repository_names(path);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if is_missing(&error, |error| error.is_repository_not_found_exception()) => return Ok(None),
            Err(error) => return Err(call.failed(&error)),
        };
        let Some(found) = answer.repositories().first() else {
            return Ok(None);
        };
        let mut existing = existing(&call, found)?;
        self.policies(path, wanted, &mut existing).await?;
        Ok(Some(existing))
    }

    async fn policies(&self, path: &str, wanted: &Wanted, existing: &mut Existing) -> Result<()> {
        if wanted.lifecycle_policy.is_some() {
            let call = self.call("reading the lifecycle policy", "ecr:GetLifecyclePolicy", path);
            let request = self.client.get_lifecycle_policy();
            let request = request.registry_id(&self.account).repository_name(path);
            existing.lifecycle_policy = match request.send().await {
                Ok(answer) => policy(&call, answer.lifecycle_policy_text())?,
                Err(error) if is_missing(&error, |error| error.is_lifecycle_policy_not_found_exception()) => None,
                Err(error) => return Err(call.failed(&error)),
            };
        }
        if wanted.policy.is_some() {
            let call = self.call("reading the repository policy", "ecr:GetRepositoryPolicy", path);
            let request = self.client.get_repository_policy();
            let request = request.registry_id(&self.account).repository_name(path);
            existing.policy = match request.send().await {
                Ok(answer) => policy(&call, answer.policy_text())?,
                Err(error) if is_missing(&error, |error| error.is_repository_policy_not_found_exception()) => None,
                Err(error) => return Err(call.failed(&error)),
            };
        }
        if wanted.misses_policy(existing) {
            existing.empty = self.is_empty(path).await?;
        }
        Ok(())
    }

    /// Whether a repository is known to hold no image; one that may not be asked is not.
    async fn is_empty(&self, path: &str) -> Result<bool> {
        let call = self.call("looking for images", "ecr:ListImages", path);
        let request = self.client.list_images();
        let request = request.registry_id(&self.account).repository_name(path);
        match request.max_results(1).send().await {
            Ok(answer) => Ok(answer.image_ids().is_empty() && answer.next_token().is_none()),
            Err(error) if is_denied(&error) => Ok(false),
            Err(error) => Err(call.failed(&error)),
        }
    }

    pub(super) async fn create(&self, path: &str, wanted: &Wanted) -> Result<Created> {
        let call = self.call("making the repository", "ecr:CreateRepository", path);
        let request = self.client.create_repository();
        let request = request.registry_id(&self.account).repository_name(path);
        let (made, mut repository) = match configured(request, &wanted.setup)?.send().await {
            Ok(answer) => {
                let found = answer.repository();
                let found = found.ok_or_else(|| call.strange("without the repository"))?;
                let mut repository = existing(&call, found)?;
                repository.empty = true;
                (true, repository)
            }
            Err(error) if is_missing(&error, |error| error.is_repository_already_exists_exception()) => {
                let found = self.repository(path, wanted).await?;
                let found = found.ok_or_else(|| Error::outside(call.operation, &call.target, "it is gone again"))?;
                (false, found)
            }
            Err(error) => return Err(call.failed(&error)),
        };
        if wanted.is_unfinished(&repository) {
            self.give_policies(path, wanted, &mut repository).await?;
        }
        Ok(Created { made, repository })
    }

    async fn give_policies(&self, path: &str, wanted: &Wanted, repository: &mut Existing) -> Result<()> {
        if let (Some(policy), None) = (&wanted.lifecycle_policy, &repository.lifecycle_policy) {
            let call = self.call("setting the lifecycle policy", "ecr:PutLifecyclePolicy", path);
            let request = self.client.put_lifecycle_policy();
            let request = request.registry_id(&self.account).repository_name(path);
            let sent = request.lifecycle_policy_text(policy.text()).send().await;
            sent.map_err(|error| call.failed(&error))?;
            repository.lifecycle_policy = Some(policy.clone());
        }
        if let (Some(policy), None) = (&wanted.policy, &repository.policy) {
            let call = self.call("setting the repository policy", "ecr:SetRepositoryPolicy", path);
            let request = self.client.set_repository_policy();
            let request = request.registry_id(&self.account).repository_name(path);
            let sent = request.policy_text(policy.text()).send().await;
            sent.map_err(|error| call.failed(&error))?;
            repository.policy = Some(policy.clone());
        }
        Ok(())
    }
}

/// The request with the settings that ECR takes only when it makes a repository.
fn configured(
    request: CreateRepositoryFluentBuilder,
    setup: &RepositorySetup,
) -> Result<CreateRepositoryFluentBuilder> {
    let internal = |error: aws_sdk_ecr::error::BuildError| Error::Internal(error.to_string());
    let mut request = request.image_tag_mutability(match (setup.tag_mutability, setup.mutable_tags.is_empty()) {
        (Mutability::Mutable, _) => ImageTagMutability::Mutable,
        (Mutability::Immutable, true) => ImageTagMutability::Immutable,
        (Mutability::Immutable, false) => ImageTagMutability::ImmutableWithExclusion,
    });
    for pattern in &setup.mutable_tags {
        let filter = ImageTagMutabilityExclusionFilter::builder()
            .filter_type(ImageTagMutabilityExclusionFilterType::Wildcard)
            .filter(pattern.to_string());
        request = request.image_tag_mutability_exclusion_filters(filter.build().map_err(internal)?);
    }
    if let Some(scan) = setup.scan_on_push {
        let scanning = ImageScanningConfiguration::builder().scan_on_push(scan).build();
        request = request.image_scanning_configuration(scanning);
    }
    if let Some(key) = &setup.kms_key {
        let encryption = EncryptionConfiguration::builder()
            .encryption_type(EncryptionType::Kms)
            .kms_key(key);
        request = request.encryption_configuration(encryption.build().map_err(internal)?);
    }
    Ok(request)
}

/// A repository in our words.
fn existing(call: &Call, found: &Repository) -> Result<Existing> {
    let mutability = match found.image_tag_mutability() {
        Some(ImageTagMutability::Immutable | ImageTagMutability::ImmutableWithExclusion) => Mutability::Immutable,
        Some(ImageTagMutability::Mutable | ImageTagMutability::MutableWithExclusion) | None => Mutability::Mutable,
        Some(other) => return Err(call.strange(format!("with tags that are {other}"))),
    };
    let filters = found.image_tag_mutability_exclusion_filters().iter();
    let exceptions: Result<Vec<TagPattern>, _> = filters.map(|filter| filter.filter().parse()).collect();
    let exceptions = exceptions.map_err(|error| call.strange(error))?;
    let scanning = found.image_scanning_configuration();
    let encryption = match found.encryption_configuration() {
        Some(encryption) if *encryption.encryption_type() != EncryptionType::Aes256 => {
            Encryption::Kms(encryption.kms_key().map(str::to_owned))
        }
        _ => Encryption::Aes256,
    };
    Ok(Existing {
        mutability,
        exceptions,
        scan_on_push: scanning.is_some_and(ImageScanningConfiguration::scan_on_push),
        encryption,
        lifecycle_policy: None,
        policy: None,
        empty: false,
    })
}

pub(super) fn policy(call: &Call, text: Option<&str>) -> Result<Option<Policy>> {
    let parse =
        |text| Policy::parse(text).map_err(|error| call.strange(format!("a policy that cannot be read: {error}")));
    text.map(parse).transpose()
}

/// Whether ECR itself has answered, and what.
pub(super) fn is_missing<E>(
    error: &aws_sdk_ecr::error::SdkError<E, aws_sdk_ecr::config::http::HttpResponse>,
    is: impl Fn(&E) -> bool,
) -> bool {
    error.as_service_error().is_some_and(is)
}
