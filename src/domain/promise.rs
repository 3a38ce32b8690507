//! What a tier promises of its pods, and what breaks it.

use super::{Pod, Severity, Text, Tier};

/// A promise that a pod breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breach {
    /// A container is privileged.
    Privileged,
    /// A volume is a path of the node.
    HostPath,
    /// It shares the node's network.
    HostNetwork,
    /// A container is told to run as root.
    Root,
    /// Its service account is another than the tier's.
    ServiceAccount,
    /// Its AWS role is another than the tier's.
    AwsRole,
    /// Its namespace does not deny egress by default, though the tier expects that.
    OpenEgress,
    /// An image goes by `latest`, on a protected tier.
    LatestImage,
    /// An image has no digest, on a protected tier.
    LooseImage,
    /// The tags of its verified job say another tier.
    WrongTier,
}

impl Breach {
    /// Every breach, the gravest first.
    pub const ALL: [Breach; 10] = [
        Breach::Privileged,
        Breach::HostPath,
        Breach::HostNetwork,
        Breach::Root,
        Breach::ServiceAccount,
        Breach::AwsRole,
        Breach::OpenEgress,
        Breach::LatestImage,
        Breach::LooseImage,
        Breach::WrongTier,
    ];

    /// Its word for filters and scripts.
    pub fn code(self) -> &'static str {
        match self {
            Breach::Privileged => "privileged",
            Breach::HostPath => "host_path",
            Breach::HostNetwork => "host_network",
            Breach::Root => "root",
            Breach::ServiceAccount => "service_account",
            Breach::AwsRole => "aws_role",
            Breach::OpenEgress => "open_egress",
            Breach::LatestImage => "latest_image",
            Breach::LooseImage => "loose_image",
            Breach::WrongTier => "wrong_tier",
        }
    }

    /// What is broken, as said of a pod.
    pub fn words(self) -> &'static str {
        match self {
            Breach::Privileged => "runs privileged",
            Breach::HostPath => "mounts a path of its node",
            Breach::HostNetwork => "shares the network of its node",
            Breach::Root => "runs as root",
            Breach::ServiceAccount => "uses another service account than the tier's",
            Breach::AwsRole => "is given another AWS role than the tier's",
            Breach::OpenEgress => "runs in a namespace that does not deny egress by default",
            Breach::LatestImage => "runs an image by the tag latest",
            Breach::LooseImage => "runs an image without a digest",
            Breach::WrongTier => "runs a job whose tags say another tier",
        }
    }

    /// How grave it is.
    pub fn severity(self) -> Severity {
        match self {
            Breach::Privileged
            | Breach::HostPath
            | Breach::HostNetwork
            | Breach::ServiceAccount
            | Breach::AwsRole
            | Breach::WrongTier => Severity::High,
            Breach::Root | Breach::OpenEgress | Breach::LatestImage => Severity::Medium,
            Breach::LooseImage => Severity::Low,
        }
    }
}

/// The promises of `tier` that `pod` breaks, in the order of [`Breach::ALL`]. What is not known of the namespace's
/// egress (`None`) breaks nothing. The images of the runner's own helper containers are judged like all others.
pub fn breaches(pod: &Pod, tier: &Tier, denies_egress: Option<bool>) -> Vec<Breach> {
    let promised = &tier.pods;
    let differs = |promised: &Option<Text>, actual: &Option<Text>| {
        promised.is_some() && actual.is_some() && promised != actual
    };
    let images = || pod.containers.iter().map(|container| &*container.image);
    let broken = |breach: Breach| match breach {
        Breach::Privileged => pod.powers.privileged,
        Breach::HostPath => pod.powers.host_path,
        Breach::HostNetwork => pod.powers.host_network,
        Breach::Root => pod.powers.root,
        Breach::ServiceAccount => differs(&promised.service_account, &pod.service_account),
        Breach::AwsRole => differs(&promised.aws_role, &pod.aws_role),
        Breach::OpenEgress => promised.egress_policy_required && denies_egress == Some(false),
        Breach::LatestImage => tier.protected && images().any(is_latest),
        Breach::LooseImage => tier.protected && images().any(is_loose),
        Breach::WrongTier => false,
    };
    Breach::ALL.into_iter().filter(|breach| broken(*breach)).collect()
}

/// Whether an image goes by `latest`: said so, or by saying nothing.
fn is_latest(image: &str) -> bool {
    !has_digest(image) && matches!(tag(image), None | Some("latest"))
}

/// Whether an image goes by some other tag alone, which may point elsewhere tomorrow.
fn is_loose(image: &str) -> bool {
    !has_digest(image) && !is_latest(image)
}

fn has_digest(image: &str) -> bool {
    image.contains("@sha256:") || image.contains("@sha512:")
}

/// What stands behind the colon of the last part of an image's name; a registry's port is none.
fn tag(image: &str) -> Option<&str> {
    let name = image.rsplit('/').next()?;
    name.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::pod::fixture::pod;
    use crate::domain::{Container, Powers, TierPods};

    fn tier() -> Tier {
        Tier {
            name: Text::new("t"),
            protected: false,
            runner_tags: Vec::new(),
            queue_target_seconds: 60.0,
            pods: TierPods {
                service_account: Some(Text::new("runner")),
                aws_role: Some(Text::new("arn:aws:iam::1:role/runner")),
                egress_policy_required: true,
                ..TierPods::default()
            },
        }
    }

    fn with_image(image: &str) -> Pod {
        let container = Container {
            name: Text::new("build"),
            image: Text::new(image),
            is_init: false,
            state: Text::new("running"),
            restarts: 0,
        };
        Pod { containers: Arc::from([container]), ..pod("a") }
    }

    #[test]
    fn each_power_breaks_a_promise() {
        let powers = Powers { privileged: true, host_path: true, host_network: true, root: true };
        let expected = [Breach::Privileged, Breach::HostPath, Breach::HostNetwork, Breach::Root];
        assert_eq!(breaches(&Pod { powers, ..pod("a") }, &tier(), None), expected);
        assert_eq!(breaches(&pod("a"), &tier(), None), []);
    }

    #[test]
    fn another_account_or_role_than_the_tiers_breaks_a_promise() {
        let with = |account: &str, role: &str| Pod {
            service_account: Some(Text::new(account)),
            aws_role: Some(Text::new(role)),
            ..pod("a")
        };
        let own = with("runner", "arn:aws:iam::1:role/runner");
        assert_eq!(breaches(&own, &tier(), None), []);
        let other = with("admin", "arn:aws:iam::1:role/admin");
        assert_eq!(breaches(&other, &tier(), None), [Breach::ServiceAccount, Breach::AwsRole]);
    }

    #[test]
    fn open_egress_breaks_a_promise_where_it_is_known_to_be_open() {
        let judge = |denies| breaches(&pod("a"), &tier(), denies);
        assert_eq!(judge(Some(false)), [Breach::OpenEgress]);
        assert_eq!((judge(Some(true)), judge(None)), (vec![], vec![]));
    }

    #[test]
    fn images_of_a_protected_tier_go_by_digest() {
        let judge =
            |image: &str| breaches(&with_image(image), &Tier { protected: true, ..tier() }, None);
        for image in ["r.io:5000/ruby", "r.io/ruby:latest", "ruby"] {
            assert_eq!(judge(image), [Breach::LatestImage], "{image}");
        }
        assert_eq!(judge("r.io:5000/ruby:3.4"), [Breach::LooseImage]);
        assert_eq!(judge("r.io/ruby:latest@sha256:0f1e"), []);
        assert_eq!(breaches(&with_image("ruby"), &tier(), None), []);
    }
}
