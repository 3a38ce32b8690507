//! [`effective`]: what a subject may do on a resource in the end, with every path that leads there.

use super::Ground;
use crate::domain::access::{Grant, Level, Resource};

/// What a subject may do on a resource in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective<'a> {
    /// The highest step of the ladder; `None` where no grant has one.
    pub level: Option<Level>,
    /// Every grant that counts, the highest first: those without a step (Planner, Security Manager, rights without a level)
    /// add to it and stand last.
    pub grants: Vec<&'a Grant>,
}

/// What a subject may do on a resource in the end: grants that hold now, on the resource itself.
pub fn effective<'a>(ground: &Ground<'a>, subject: &str, resource: &Resource) -> Effective<'a> {
    let rank = |grant: &Grant| {
        let level = grant.right.level.filter(|level| level.is_rank());
        level.map(u8::from)
    };
    let mut grants: Vec<&Grant> = ground
        .grants_of(subject)
        .filter(|grant| grant.resource == *resource && grant.holds(ground.now))
        .collect();
    grants.sort_by(|one, other| rank(other).cmp(&rank(one)).then_with(|| one.id.cmp(&other.id)));
    let level = grants.first().and_then(|grant| rank(grant)).map(Level::from);
    Effective { level, grants }
}

#[cfg(test)]
mod tests {
    use super::super::rules::fixture::{NOW, grant, ground, inherited, people};
    use super::*;
    use crate::domain::Text;
    use crate::domain::access::ResourceKind;

    #[test]
    fn the_highest_step_counts_and_every_path_is_shown() {
        let mut population = people(&[("asha", Level::Reporter)]);
        population.grants.push(inherited("asha", "acme/shop", Level::Maintainer, "acme"));
        population.grants.push(inherited("asha", "acme/shop", Level::Planner, "acme/plans"));
        population.grants.push(grant("asha", "acme/api", Level::Owner));
        let ground = ground(&population);
        let resource = Resource { kind: ResourceKind::Project, path: Text::new("acme/shop") };
        let found = effective(&ground, "user:asha", &resource);
        let levels: Vec<_> = found.grants.iter().filter_map(|grant| grant.right.level).collect();
        assert_eq!(found.level, Some(Level::Maintainer));
        assert_eq!(levels, [Level::Maintainer, Level::Reporter, Level::Planner]);
    }

    #[test]
    fn what_is_over_counts_no_longer() {
        let mut population = people(&[("asha", Level::Owner)]);
        population.grants[0].expires_at = Some(NOW.parse().unwrap());
        let ground = ground(&population);
        let resource = population.grants[0].resource.clone();
        let found = effective(&ground, "user:asha", &resource);
        assert_eq!((found.level, found.grants.len()), (None, 0));
    }
}
