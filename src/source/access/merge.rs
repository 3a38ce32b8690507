//! [`assemble`]: one population of all pieces: what two places say of one principal is put together, what one place alone
//! knows is carried to the others, and what is missing is named.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::rights::rights_in;
use super::site::{Piece, Site};
use crate::domain::access::{
    Cluster, Credential, CustomRole, Gap, Grant, Known, Lack, Part, Population, Principal,
    PrincipalKind, ResourceKind, Runner, Statement, Via,
};
use crate::domain::{Text, Timestamp};

/// How far a reading is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// What was read of each place the last time that it could be.
    pub(super) pieces: BTreeMap<Site, Piece>,
    /// Places that could not be read this time, and why.
    pub(super) failed: BTreeMap<Site, Text>,
    /// Places where rights were changed from here since they were read.
    pub(super) doubted: BTreeSet<Site>,
}

/// One population of all pieces of these places.
pub(super) fn assemble(
    statement: &Statement,
    sites: &BTreeSet<Site>,
    progress: &Progress,
    now: Timestamp,
) -> Population {
    let mut whole = Whole::default();
    let mut population = Population::empty(now);
    population.scope = statement.clone();
    let mut newest = None;
    for site in sites {
        match progress.pieces.get(site) {
            Some(piece) => {
                newest = newest.max(Some(piece.taken_at));
                whole.take(&piece.population, &mut population);
                if let Some(why) = progress.failed.get(site) {
                    population.gaps.extend(stale(site, piece.taken_at, why));
                } else if progress.doubted.contains(site) {
                    population.gaps.extend(changed(site, piece.taken_at));
                }
            }
            None => population.gaps.extend(missing(site, progress.failed.get(site))),
        }
    }
    population.taken_at = newest.unwrap_or(now);
    whole.into_population(&mut population);
    population.ordered()
}

/// The gaps of a place that was not read.
fn missing(site: &Site, failed: Option<&Text>) -> impl Iterator<Item = Gap> {
    let (lack, because) = match failed {
        Some(why) => (Lack::Failed, why.clone()),
        None => (Lack::Waiting, Text::new("its turn to be read has not come yet")),
    };
    gaps(site, lack, because)
}

/// The gaps of a place that was read before and could not be now: what is known of it is of then.
fn stale(site: &Site, at: Timestamp, why: &Text) -> impl Iterator<Item = Gap> {
    let because = Text::new(&format!("what is known is of {at}; since then: {why}"));
    gaps(site, Lack::Failed, because)
}

/// The gaps of a place where rights were changed from here since it was read.
fn changed(site: &Site, at: Timestamp) -> impl Iterator<Item = Gap> {
    let because =
        Text::new(&format!("what is known is of {at}; rights were changed from here since"));
    gaps(site, Lack::Waiting, because)
}

fn gaps(site: &Site, lack: Lack, because: Text) -> impl Iterator<Item = Gap> {
    let at = site.at();
    let gap =
        move |part: &Part| Gap { part: *part, at: at.clone(), lack, because: because.clone() };
    site.parts().iter().map(gap)
}

/// What was put together so far.
#[derive(Default)]
struct Whole {
    principals: HashMap<Text, Principal>,
    credentials: HashMap<Text, Credential>,
    grants: HashMap<Text, Grant>,
    clusters: BTreeMap<Text, Cluster>,
    runners: BTreeMap<u64, Runner>,
}

impl Whole {
    fn take(&mut self, piece: &Population, population: &mut Population) {
        population.readings.extend(piece.readings.iter().cloned());
        population.gaps.extend(piece.gaps.iter().cloned());
        population.groups.extend(piece.groups.iter().cloned());
        population.projects.extend(piece.projects.iter().cloned());
        population.trusts.extend(piece.trusts.iter().cloned());
        if population.gitlab_host.is_none() {
            population.gitlab_host.clone_from(&piece.gitlab_host);
        }
        if population.read_by.is_none() {
            population.read_by.clone_from(&piece.read_by);
        }
        for one in &piece.principals {
            match self.principals.get_mut(&one.id) {
                Some(known) => join_principals(known, one),
                None => drop(self.principals.insert(one.id.clone(), one.clone())),
            }
        }
        for one in &piece.credentials {
            match self.credentials.get_mut(&one.principal) {
                Some(known) => join_credentials(known, one),
                None => drop(self.credentials.insert(one.principal.clone(), one.clone())),
            }
        }
        for grant in &piece.grants {
            self.grants.entry(grant.id.clone()).or_insert_with(|| grant.clone());
        }
        for runner in &piece.runners {
            self.runners.entry(runner.id).or_insert_with(|| runner.clone());
        }
        for cluster in &piece.clusters {
            match self.clusters.get_mut(&cluster.name) {
                Some(known) => join_clusters(known, cluster),
                None => drop(self.clusters.insert(cluster.name.clone(), cluster.clone())),
            }
        }
    }

    fn into_population(mut self, population: &mut Population) {
        self.carry_roles();
        for cluster in self.clusters.values() {
            self.grants.extend(rights_in(cluster).into_iter().map(|one| (one.id.clone(), one)));
        }
        self.name_strangers();
        self.drop_foreign_tokens();
        self.name_makers();
        self.drop_the_rightless();
        population.principals = self.principals.into_values().collect();
        population.credentials = self.credentials.into_values().collect();
        population.grants = self.grants.into_values().collect();
        population.clusters = self.clusters.into_values().collect();
        population.runners = self.runners.into_values().collect();
    }

    /// Custom roles are told where they are given alone: whoever inherits the right inherits the role.
    fn carry_roles(&mut self) {
        type Given<'a> = (&'a Text, &'a Text);
        let given: HashMap<Given<'_>, &CustomRole> = self
            .grants
            .values()
            .filter(|grant| grant.resource.kind == ResourceKind::Group && is_own(grant))
            .filter_map(|grant| {
                Some(((&grant.subject, &grant.resource.path), grant.right.role.as_ref()?))
            })
            .collect();
        let carried: Vec<(Text, CustomRole)> = self
            .grants
            .values()
            .filter(|grant| grant.right.role.is_none())
            .filter_map(|grant| {
                let from = grant.path.first().filter(|hop| hop.via == Via::Inherited)?;
                let role = given.get(&(&grant.subject, from.from.as_ref()?))?;
                Some((grant.id.clone(), (*role).clone()))
            })
            .collect();
        for (id, role) in carried {
            if let Some(grant) = self.grants.get_mut(&id) {
                grant.right.name = role.name.clone();
                grant.right.role = Some(role);
            }
        }
    }

    /// Principals of clusters have no row of their own where they come from.
    fn name_strangers(&mut self) {
        let strangers: HashSet<&Text> = self
            .grants
            .values()
            .map(|grant| &grant.subject)
            .filter(|id| !self.principals.contains_key(*id))
            .collect();
        let made: Vec<Principal> = strangers.into_iter().map(stranger).collect();
        self.principals.extend(made.into_iter().map(|one| (one.id.clone(), one)));
    }

    /// Administrators see the personal tokens of everybody: those of accounts without rights here are out of scope.
    fn drop_foreign_tokens(&mut self) {
        let holders: HashSet<&Text> = self.grants.values().map(|grant| &grant.subject).collect();
        let is_ours = |one: &Credential| {
            one.kind != PrincipalKind::PersonalToken
                || one.account.as_ref().is_some_and(|account| holders.contains(account))
        };
        self.credentials.retain(|_, one| is_ours(one));
    }

    /// Who made a token is who made its bot; who answers for a bot is who made it, where that is told.
    fn name_makers(&mut self) {
        let untold = || Text::new("GitLab does not tell it to this token");
        for one in self.principals.values_mut().filter(|one| one.kind.is_machine()) {
            one.owner = match &one.created_by {
                Some(maker) => Known::Is(Some(maker.clone())),
                None => Known::Unread(untold()),
            };
        }
        let username = |id: &Text| self.principals.get(id)?.username.clone();
        for one in self.credentials.values_mut() {
            let bot = one.account.as_ref().and_then(|id| self.principals.get(id));
            if one.kind == PrincipalKind::PersonalToken {
                let owner = one.account.as_ref().and_then(username);
                if let Some(owner) = owner {
                    one.place = owner.clone();
                    one.creator = Known::Is(owner);
                }
            } else if let Some(maker) = bot.filter(|_| one.kind.is_access_token()) {
                let made_by = maker.created_by.clone();
                one.creator = made_by.map_or_else(|| Known::Unread(untold()), Known::Is);
            }
        }
    }

    /// Of all accounts of an instance those count that have rights, tokens, or the whole instance.
    fn drop_the_rightless(&mut self) {
        let mut kept: HashSet<Text> = HashSet::new();
        kept.extend(self.grants.values().map(|grant| grant.subject.clone()));
        kept.extend(self.credentials.values().map(|one| one.principal.clone()));
        kept.extend(self.credentials.values().filter_map(|one| one.account.clone()));
        let makers: HashSet<Text> = self
            .credentials
            .values()
            .filter_map(|one| one.creator.fact().cloned())
            .chain(self.principals.values().filter_map(|one| one.owner.fact().cloned().flatten()))
            .collect();
        let is_maker =
            |one: &Principal| one.username.as_ref().is_some_and(|name| makers.contains(name));
        self.principals.retain(|id, one| {
            let is_token = one.kind.is_access_token();
            kept.contains(id) || !is_token && (one.admin == Known::Is(true) || is_maker(one))
        });
    }
}

/// Whether a right is given on the resource itself, whatever explains it.
fn is_own(grant: &Grant) -> bool {
    grant.path.iter().all(|hop| matches!(hop.via, Via::Direct | Via::Saml | Via::Scim))
}

fn stranger(id: &Text) -> Principal {
    let kind = if id.starts_with("arn:") {
        PrincipalKind::IamPrincipal
    } else {
        PrincipalKind::KubernetesSubject
    };
    Principal::new(id, kind, id)
}

/// What is read counts more than what is not.
fn join<T: Clone>(known: &mut Known<T>, other: &Known<T>) {
    if known.read().is_err() && other.read().is_ok() {
        known.clone_from(other);
    }
}

fn join_principals(known: &mut Principal, other: &Principal) {
    let weight = |kind: PrincipalKind| match kind {
        PrincipalKind::ServiceAccount => 2,
        PrincipalKind::Bot => 1,
        // Administrators see the tokens of bots among the personal ones: of what place they are counts more.
        PrincipalKind::ProjectToken | PrincipalKind::GroupToken => 1,
        _ => 0,
    };
    if weight(other.kind) > weight(known.kind) {
        known.kind = other.kind;
    }
    if known.username.is_none() {
        known.username.clone_from(&other.username);
    }
    join(&mut known.state, &other.state);
    known.scim_active = known.scim_active.or(other.scim_active);
    join(&mut known.external, &other.external);
    join(&mut known.email, &other.email);
    join(&mut known.admin, &other.admin);
    known.created_at = known.created_at.or(other.created_at);
    if known.created_by.is_none() {
        known.created_by.clone_from(&other.created_by);
    }
    join(&mut known.activity, &other.activity);
}

/// One key in several projects is one key.
fn join_credentials(known: &mut Credential, other: &Credential) {
    if known.kind == PrincipalKind::PersonalToken && other.kind != known.kind {
        (known.kind, known.place) = (other.kind, other.place.clone());
    }
    known.level = known.level.or(other.level);
    known.pushes_to.extend(other.pushes_to.iter().cloned());
    known.pushes_to.sort_unstable();
    known.pushes_to.dedup();
    if other.kind == known.kind && other.place < known.place {
        known.place = other.place.clone();
    }
    join(&mut known.expires_at, &other.expires_at);
    join(&mut known.last_used, &other.last_used);
}

fn join_clusters(known: &mut Cluster, other: &Cluster) {
    join(&mut known.mode, &other.mode);
    join(&mut known.creator_is_admin, &other.creator_is_admin);
    join(&mut known.entries, &other.entries);
    join(&mut known.aws_auth, &other.aws_auth);
    join(&mut known.bindings, &other.bindings);
    join(&mut known.pod_identities, &other.pod_identities);
}

#[cfg(test)]
mod tests {
    use super::super::rights::grant;
    use super::*;
    use crate::domain::access::{Hop, Level, Resource, Right};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn text(words: &str) -> Text {
        Text::new(words)
    }

    fn project(path: &str) -> Site {
        Site::Project(text(path))
    }

    fn progress(pieces: Vec<(Site, Population)>) -> Progress {
        let piece =
            |(site, population): (Site, Population)| (site.clone(), Piece::of(&site, population));
        Progress { pieces: pieces.into_iter().map(piece).collect(), ..Progress::default() }
    }

    fn put(sites: &[Site], progress: &Progress) -> Population {
        let sites = sites.iter().cloned().collect();
        assemble(&Statement::default(), &sites, progress, at(9))
    }

    fn member(user: &str, resource: (ResourceKind, &str), hop: Hop) -> Grant {
        let resource = Resource { kind: resource.0, path: text(resource.1) };
        let mut one = grant(&text(user), resource, "", vec![hop]);
        one.right = Right::of_level(Level::Guest);
        one
    }

    #[test]
    fn a_place_that_was_not_read_is_a_gap_of_each_of_its_parts_and_takes_nothing_away() {
        let mut read = Population::empty(at(1));
        let hop = Hop { via: Via::Direct, from: None };
        read.grants.push(member("user:1", (ResourceKind::Project, "acme/a"), hop));
        let mut progress = progress(vec![(project("acme/a"), read)]);
        progress.failed.insert(project("acme/b"), text("500"));
        let found = put(&[project("acme/a"), project("acme/b"), project("acme/c")], &progress);
        assert_eq!(found.grants.len(), 1);
        let parts = project("acme/b").parts().len();
        let of = |at: &str, lack: Lack| {
            found.gaps.iter().filter(|gap| &*gap.at == at && gap.lack == lack).count()
        };
        assert_eq!((of("acme/b", Lack::Failed), of("acme/c", Lack::Waiting)), (parts, parts));
        assert_eq!(of("acme/a", Lack::Failed), 0);
    }

    #[test]
    fn a_place_that_fails_after_it_was_read_keeps_what_is_known_and_says_of_when() {
        let mut read = Population::empty(at(1));
        let hop = Hop { via: Via::Direct, from: None };
        read.grants.push(member("user:1", (ResourceKind::Project, "acme/a"), hop));
        let mut progress = progress(vec![(project("acme/a"), read)]);
        progress.failed.insert(project("acme/a"), text("500"));
        let found = put(&[project("acme/a")], &progress);
        assert_eq!(found.grants.len(), 1);
        let words = format!("what is known is of {}; since then: 500", at(1));
        assert!(found.gaps.iter().all(|gap| *gap.because == *words) && !found.gaps.is_empty());
    }

    #[test]
    fn what_two_places_say_of_somebody_is_put_together() {
        let hop = || Hop { via: Via::Direct, from: None };
        let mut one = Population::empty(at(1));
        one.principals.push(Principal::new("user:1", PrincipalKind::Person, "Asha"));
        one.grants.push(member("user:1", (ResourceKind::Project, "acme/a"), hop()));
        let mut users = Population::empty(at(1));
        let mut asha = Principal::new("user:1", PrincipalKind::Person, "Asha");
        asha.external = Known::Is(true);
        users.principals.push(asha.clone());
        users.principals.push(Principal::new("user:2", PrincipalKind::Person, "without rights"));
        let pieces = progress(vec![(project("acme/a"), one), (Site::Instance, users)]);
        let found = put(&[project("acme/a"), Site::Instance], &pieces);
        assert_eq!(found.principals, [asha]);
    }

    #[test]
    fn a_custom_role_is_carried_to_those_who_inherit_it() {
        let role = CustomRole { name: text("helper"), abilities: Known::Is(vec![]) };
        let mut group = Population::empty(at(1));
        let hop = Hop { via: Via::Direct, from: None };
        let mut given = member("user:1", (ResourceKind::Group, "acme"), hop);
        given.right.role = Some(role.clone());
        group.grants.push(given);
        let mut below = Population::empty(at(1));
        let hop = Hop { via: Via::Inherited, from: Some(text("acme")) };
        below.grants.push(member("user:1", (ResourceKind::Project, "acme/a"), hop));
        let group_site = Site::Group(text("acme"));
        let pieces = progress(vec![(group_site.clone(), group), (project("acme/a"), below)]);
        let found = put(&[group_site, project("acme/a")], &pieces);
        assert!(found.grants.iter().all(|grant| grant.right.role.as_ref() == Some(&role)));
    }
}
