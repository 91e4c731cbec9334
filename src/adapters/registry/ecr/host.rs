//! Which hosts are Amazon's registries: a login of AWS is asked for and sent there, and nowhere else.

/// A registry of Amazon ECR (General Reference, "Amazon ECR endpoints and quotas").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EcrHost {
    /// An account's own registry in a region.
    Private {
        /// The account's twelve digits.
        account: String,
        /// The region.
        region: String,
        /// Whether it is the endpoint with validated cryptography.
        fips: bool,
        /// Whether it is the endpoint that answers on IPv6 as well.
        dual_stack: bool,
    },
    /// ECR Public.
    Public {
        /// Whether it is the endpoint that answers on IPv6 as well.
        dual_stack: bool,
    },
}

/// What stands between account and region, and after the region, for the endpoints on IPv4 and for those on both.
const IPV4: [&str; 2] = ["dkr.ecr.", "dkr.ecr-fips."];
const IPV4_DOMAINS: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
];
const DUAL: [&str; 2] = ["dkr-ecr.", "dkr-ecr-fips."];
const DUAL_DOMAINS: [&str; 2] = ["on.aws", "on.amazonwebservices.com.cn"];

/// Where ECR Public keeps its API (User Guide, "Registry authentication in Amazon ECR Public").
const PUBLIC_REGION: &str = "us-east-1";

impl EcrHost {
    /// The registry that a host is; nothing for every other host, however much it looks like one.
    pub fn parse(host: &str) -> Option<Self> {
        match host {
            "public.ecr.aws" => return Some(Self::Public { dual_stack: false }),
            "ecr-public.aws.com" => return Some(Self::Public { dual_stack: true }),
            _ => {}
        }
        let (account, rest) = host.split_once('.')?;
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let form = |services: [&str; 2], domains: &[&str], dual_stack: bool| {
            let places = services.into_iter().enumerate();
            let (place, rest) = places
                .filter_map(|(place, service)| Some((place, rest.strip_prefix(service)?)))
                .next()?;
            let (region, domain) = rest.split_once('.')?;
            let letters = region
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            let fits = letters && region.starts_with(|first: char| first.is_ascii_lowercase());
            (fits && domains.contains(&domain)).then(|| Self::Private {
                account: account.to_owned(),
                region: region.to_owned(),
                fips: place == 1,
                dual_stack,
            })
        };
        form(IPV4, &IPV4_DOMAINS, false).or_else(|| form(DUAL, &DUAL_DOMAINS, true))
    }

    /// Whether it is ECR Public.
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Public { .. })
    }

    /// The region that its API is asked in.
    pub fn region(&self) -> &str {
        match self {
            Self::Private { region, .. } => region,
            Self::Public { .. } => PUBLIC_REGION,
        }
    }

    pub(super) fn is_fips(&self) -> bool {
        matches!(self, Self::Private { fips: true, .. })
    }

    pub(super) fn is_dual_stack(&self) -> bool {
        let (Self::Private { dual_stack, .. } | Self::Public { dual_stack }) = self;
        *dual_stack
    }
}
