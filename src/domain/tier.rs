//! Runner tiers: which tags make a job, or a runner, part of which tier.

use std::sync::Arc;

use super::Text;

/// A tier's place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TierIndex(pub u16);

/// A runner tier as the configuration names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// Its name: `sandbox`, `standard`, `protected`, or one of the user's own.
    pub name: Text,
    /// Whether acts on it need a typed name and a reason.
    pub protected: bool,
    /// The tags that mark it: a job of this tier carries them all.
    pub runner_tags: Vec<Text>,
    /// The promise for queue time, seconds.
    pub queue_target_seconds: f64,
    /// Where its pods run.
    pub pods: TierPods,
}

impl Tier {
    /// Whether what carries `tags` carries all of this tier's; a tier without tags takes what carries none.
    fn fits(&self, tags: &[Text]) -> bool {
        if self.runner_tags.is_empty() {
            tags.is_empty()
        } else {
            self.runner_tags.iter().all(|tag| tags.contains(tag))
        }
    }
}

/// Where the pods of a tier run, and what is promised of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TierPods {
    /// The cluster, by its name in the configuration.
    pub cluster: Option<Text>,
    /// The namespace.
    pub namespace: Option<Text>,
    /// Globs of the node groups that carry it: `*` stands for any run of characters.
    pub nodegroups: Vec<Text>,
    /// The promise for the time until a pod is placed, seconds.
    pub scheduling_target_seconds: f64,
    /// The only service account that its pods should use.
    pub service_account: Option<Text>,
    /// The only AWS role that its pods should be given.
    pub aws_role: Option<Text>,
    /// Whether its namespace should deny egress by default.
    pub egress_policy_required: bool,
}

/// All tiers, in the order of the configuration. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tiers(Arc<[Tier]>);

impl Tiers {
    /// Takes the tiers in the order of the configuration.
    pub fn new(tiers: Vec<Tier>) -> Tiers {
        Tiers(tiers.into())
    }

    /// The tier at a place.
    pub fn get(&self, index: TierIndex) -> Option<&Tier> {
        self.0.get(usize::from(index.0))
    }

    /// Its name, or `-` where there is none.
    pub fn name(&self, index: Option<TierIndex>) -> &str {
        index.and_then(|index| self.get(index)).map_or("-", |tier| &tier.name)
    }

    /// The tier of this name.
    pub fn named(&self, name: &Text) -> Option<TierIndex> {
        self.iter().find(|(_, tier)| tier.name == *name).map(|(index, _)| index)
    }

    /// Every tier with its place.
    pub fn iter(&self) -> impl Iterator<Item = (TierIndex, &Tier)> {
        self.0
            .iter()
            .enumerate()
            .filter_map(|(index, tier)| Some((TierIndex(u16::try_from(index).ok()?), tier)))
    }

    /// The tier whose pods run in this namespace of this cluster; of several the first.
    pub fn of_namespace(&self, cluster: &str, namespace: &str) -> Option<TierIndex> {
        let is = |named: &Option<Text>, word: &str| named.as_deref() == Some(word);
        self.iter()
            .find(|(_, tier)| {
                is(&tier.pods.cluster, cluster) && is(&tier.pods.namespace, namespace)
            })
            .map(|(index, _)| index)
    }

    /// The tier that a node group carries, by its globs; of several the first.
    pub fn of_group(&self, cluster: &str, group: &str) -> Option<TierIndex> {
        self.iter()
            .find(|(_, tier)| {
                tier.pods.cluster.as_deref() == Some(cluster)
                    && tier.pods.nodegroups.iter().any(|glob| super::project::glob(glob, group))
            })
            .map(|(index, _)| index)
    }

    /// Whether a namespace is a protected tier's: any of those that it carries, not the first alone; `None` where it
    /// carries none.
    pub fn protects_namespace(&self, cluster: &str, namespace: &str) -> Option<bool> {
        self.of_namespace(cluster, namespace)?;
        let is = |named: &Option<Text>, word: &str| named.as_deref() == Some(word);
        Some(self.iter().any(|(_, tier)| {
            let pods = &tier.pods;
            tier.protected && is(&pods.cluster, cluster) && is(&pods.namespace, namespace)
        }))
    }

    /// Whether a node group carries a protected tier: any of those whose globs it fits, not the first alone.
    pub fn protects_group(&self, cluster: &str, group: &str) -> bool {
        self.iter().any(|(_, tier)| {
            tier.protected
                && tier.pods.cluster.as_deref() == Some(cluster)
                && tier.pods.nodegroups.iter().any(|glob| super::project::glob(glob, group))
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a job or a runner with these tags touches a protected tier: any of those that it fits, not the best alone;
    /// `None` where it fits none, though there are tiers.
    pub fn protects(&self, tags: &[Text]) -> Option<bool> {
        let mut fitting = self.iter().filter(|(_, tier)| tier.fits(tags)).peekable();
        (self.is_empty() || fitting.peek().is_some())
            .then(|| fitting.any(|(_, tier)| tier.protected))
    }

    /// The tier of a job or a runner that carries `tags`: the one all of whose tags it has; of several the one with
    /// the most tags, then the first. A tier without tags takes what carries none.
    pub fn of(&self, tags: &[Text]) -> Option<TierIndex> {
        self.iter()
            .filter(|(_, tier)| tier.fits(tags))
            .max_by_key(|(index, tier)| (tier.runner_tags.len(), std::cmp::Reverse(*index)))
            .map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(name: &str, tags: &[&str]) -> Tier {
        Tier {
            name: Text::new(name),
            protected: false,
            runner_tags: tags.iter().map(|tag| Text::new(tag)).collect(),
            queue_target_seconds: 60.0,
            pods: TierPods::default(),
        }
    }

    fn tags(tags: &[&str]) -> Vec<Text> {
        tags.iter().map(|tag| Text::new(tag)).collect()
    }

    #[test]
    fn all_tags_of_a_tier_must_be_on_the_job() {
        let tiers = Tiers::new(vec![tier("gpu", &["eks", "gpu"])]);
        assert_eq!(tiers.of(&tags(&["eks"])), None);
        assert_eq!(tiers.of(&tags(&["gpu", "eks", "big"])), Some(TierIndex(0)));
    }

    #[test]
    fn the_narrowest_tier_wins() {
        let tiers = Tiers::new(vec![tier("any", &["eks"]), tier("gpu", &["eks", "gpu"])]);
        assert_eq!(tiers.of(&tags(&["eks", "gpu"])), Some(TierIndex(1)));
    }

    #[test]
    fn tags_that_fit_no_tier_give_none() {
        let tiers = Tiers::new(vec![tier("standard", &["eks-standard"])]);
        assert_eq!(tiers.of(&tags(&["macos"])), None);
        assert_eq!(tiers.name(None), "-");
    }
}
