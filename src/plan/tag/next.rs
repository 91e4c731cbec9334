//! How far a version moves.

use super::tags::VersionTag;
use crate::model::version::{Bump, Version, ZeroMajor};

/// The version after `base`. A prerelease is finished by the version that it leads to, unless the commits ask for more.
pub fn next(base: &Version, bump: Bump, zero_major: ZeroMajor) -> Version {
    let Version(base) = base;
    let (major, minor, patch) = (base.major, base.minor, base.patch);
    let leads_to = |fits: bool, version: Version| {
        if fits && !base.pre.is_empty() {
            Version::new(major, minor, patch)
        } else {
            version
        }
    };
    match below_one(major, bump, zero_major) {
        Bump::Major => leads_to(minor == 0 && patch == 0, Version::new(major + 1, 0, 0)),
        Bump::Minor => leads_to(patch == 0, Version::new(major, minor + 1, 0)),
        Bump::Patch => leads_to(true, Version::new(major, minor, patch + 1)),
    }
}

fn below_one(major: u64, bump: Bump, zero_major: ZeroMajor) -> Bump {
    match (zero_major, bump) {
        _ if major > 0 => bump,
        (ZeroMajor::Cargo | ZeroMajor::Shift, Bump::Major) => Bump::Minor,
        (ZeroMajor::Cargo, Bump::Minor) => Bump::Patch,
        _ => bump,
    }
}

/// How far a version is from the one before.
pub fn moved(base: Option<&VersionTag>, version: &Version) -> Bump {
    let (major, minor) = base.map_or((0, 0), |base| (base.version.0.major, base.version.0.minor));
    match &version.0 {
        to if to.major != major => Bump::Major,
        to if to.minor != minor => Bump::Minor,
        _ => Bump::Patch,
    }
}
