//! Rights, and findings, as items.

use std::collections::{BTreeMap, HashMap};

use super::Scene;
use super::form::{Instant, record};
use crate::access::{Found, Report};
use crate::domain::access::{Grant, Hop, Population, Principal, Standing};
use crate::domain::{EntityId, Finding, SourceId, Text, Timestamp};

record! {
    /// Whoever has a right.
    SubjectItem<'a> {
        /// `person`, `bot`, `service_account`, `group`, a kind of token or key, `iam_principal`, `kubernetes_subject`
        kind: &'a str,
        /// the account's name
        username: Option<&'a str>,
        /// what people call it
        name: &'a str,
        /// the state of the account, in GitLab's word; null where that is not told
        state: Option<&'a str>,
        /// whether the account is external; null where that is not told
        external: Option<bool>,
    }
}

record! {
    /// What a right is on.
    ResourceItem<'a> {
        /// `instance`, `group`, `project`, `cluster`, `namespace`, `role`
        kind: &'a str,
        /// its full path, name or ARN
        path: &'a str,
    }
}

record! {
    /// What may be done.
    RightItem<'a> {
        /// what the platform calls it: a level, a custom role, a policy, a role
        name: &'a str,
        /// GitLab's level; of a custom role its base
        level: Option<u64>,
    }
}

record! {
    /// A step of the way on which a right comes about.
    HopItem<'a> {
        /// `direct`, `inherited`, `group_share`, `saml`, `scim`, `token`, `key`, `access_entry`, `aws_auth`, `binding`, `pod_identity`
        via: &'a str,
        /// from where
        from: Option<&'a str>,
    }
}

record! {
    /// One right of one subject on one resource, by one path.
    GrantItem<'a> {
        /// its address, the same in every reading
        id: &'a str,
        /// who has it
        subject: SubjectItem<'a>,
        /// what it is on
        resource: ResourceItem<'a>,
        /// what may be done
        right: RightItem<'a>,
        /// how it comes about, from the resource outwards
        path: Vec<HopItem<'a>>,
        /// who gave it
        granted_by: Option<&'a str>,
        /// since when
        granted_at: Option<Instant>,
        /// until when; null for no end
        expires_at: Option<Instant>,
        /// when it was last used; null for never, and where nobody tells
        last_used_at: Option<Instant>,
        /// how exact that is: `second`, `ten_minutes`, `day`; null where nobody tells
        last_used_precision: Option<&'a str>,
        /// the codes of findings about it
        findings: Vec<&'a str>,
        /// `active`, `invited`, `requested`
        standing: &'a str,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// What a finding is about.
    AboutItem<'a> {
        /// what it is
        kind: &'a str,
        /// its address
        id: String,
    }
}

record! {
    /// A field that proves a finding.
    EvidenceItem<'a> {
        /// what was looked at
        field: &'a str,
        /// what it said
        value: &'a str,
        /// the feed that said so
        source: &'a str,
        /// seconds since that was confirmed
        age_seconds: Option<f64>,
    }
}

record! {
    /// Something that deserves attention.
    FindingItem<'a> {
        /// its address: the rule and what it is about
        id: String,
        /// the rule
        code: &'a str,
        /// `critical`, `high`, `medium`, `low`, `info`
        severity: &'a str,
        /// what it is about
        about: AboutItem<'a>,
        /// what is wrong, in one line
        title: &'a str,
        /// what proves it
        evidence: Vec<EvidenceItem<'a>>,
        /// what to do next, in one line
        next_step: &'a str,
        /// since when, as far as the platform tells; else the moment of the look
        since: Instant,
        /// how many things it hits
        count: u64,
        /// the id of the finding that explains it
        cause: Option<String>,
        /// the id of the active exception that covers it
        covered_by: Option<&'a str>,
        /// until when somebody has it in hand
        acknowledged_until: Option<Instant>,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

/// When what is known of each place was read: a right is as old as its own place, whatever was read since elsewhere.
pub(in crate::cli) struct Ages<'a> {
    places: HashMap<&'a str, Timestamp>,
    grants: HashMap<&'a str, &'a str>,
    oldest: Timestamp,
}

impl<'a> Ages<'a> {
    /// Of everything that was read.
    pub(in crate::cli) fn of(population: &'a Population) -> Ages<'a> {
        let places = population.read_at();
        let oldest = places.values().min().copied().unwrap_or(population.taken_at);
        let grants = population.grants.iter();
        let grants = grants.map(|one| (one.id.as_str(), one.resource.path.as_str())).collect();
        Ages { places, grants, oldest }
    }

    /// When a place was read; of one that was not by itself the earliest of all.
    fn at(&self, place: &str) -> Timestamp {
        self.places.get(place).copied().unwrap_or(self.oldest)
    }

    /// When what a finding rests on was read, at the earliest.
    fn of_found(&self, found: &Found) -> Timestamp {
        let of_grants = found.grants.iter().filter_map(|id| self.grants.get(id.as_str()).copied());
        let places = of_grants.chain(found.places.iter().map(Text::as_str));
        places.map(|place| self.at(place)).min().unwrap_or(self.oldest)
    }
}

/// The rights of a population, with the findings about them.
pub(in crate::cli) fn grants<'a>(
    scene: &Scene<'a>,
    population: &'a Population,
    report: &'a Report,
) -> Vec<GrantItem<'a>> {
    let of: BTreeMap<&str, &Principal> =
        population.principals.iter().map(|one| (one.id.as_str(), one)).collect();
    let mut codes: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for found in &report.findings {
        for grant in &found.grants {
            codes.entry(grant).or_default().push(found.code.word());
        }
        if found.grants.is_empty() {
            codes.entry(&found.about.id).or_default().push(found.code.word());
        }
    }
    let stale = is_stale(scene);
    let ages = Ages::of(population);
    let item = |grant: &'a Grant| {
        let mut findings = codes.get(grant.id.as_str()).cloned().unwrap_or_default();
        findings.extend(codes.get(grant.subject.as_str()).into_iter().flatten());
        findings.sort_unstable();
        findings.dedup();
        let one = of.get(grant.subject.as_str()).copied();
        let seen_at = ages.at(&grant.resource.path);
        grant_item(grant, one, (findings, seen_at, stale))
    };
    population.grants.iter().map(item).collect()
}

fn grant_item<'a>(
    grant: &'a Grant,
    one: Option<&'a Principal>,
    (findings, seen_at, stale): (Vec<&'a str>, Timestamp, bool),
) -> GrantItem<'a> {
    let used = grant.last_used.fact().and_then(Option::as_ref);
    GrantItem {
        id: &grant.id,
        subject: SubjectItem {
            kind: one.map_or("unknown", |one| one.kind.word()),
            username: one.and_then(|one| one.username.as_deref()),
            name: one.map_or(grant.subject.as_str(), |one| one.name.as_str()),
            state: one.and_then(|one| Some(one.state.fact()?.word())),
            external: one.and_then(|one| one.external.fact().copied()),
        },
        resource: ResourceItem { kind: grant.resource.kind.word(), path: &grant.resource.path },
        right: RightItem {
            name: &grant.right.name,
            level: grant.right.level.map(|level| u64::from(u8::from(level))),
        },
        path: grant.path.iter().map(hop).collect(),
        granted_by: grant.granted_by.as_deref(),
        granted_at: grant.granted_at.map(Instant),
        expires_at: grant.expires_at.map(Instant),
        last_used_at: used.map(|used| Instant(used.at)),
        last_used_precision: used.map(|used| used.precision.word()),
        findings,
        standing: match grant.standing {
            Standing::Active => "active",
            Standing::Invited => "invited",
            Standing::Requested => "requested",
        },
        seen_at: Instant(seen_at),
        stale,
    }
}

fn hop(hop: &Hop) -> HopItem<'_> {
    HopItem { via: hop.via.word(), from: hop.from.as_deref() }
}

/// Whether the reading of rights is not confirmed any more.
fn is_stale(scene: &Scene<'_>) -> bool {
    let mut reports = scene.state().reports();
    let report = reports.find(|(key, _)| key.source == SourceId::ACCESS);
    scene.is_offline()
        || report.is_none_or(|(_, report)| {
            report.confirmed_at.is_none_or(|at| report.is_old(at, scene.now()))
        })
}

/// A finding about rights.
pub(in crate::cli) fn of_rights<'a>(
    scene: &Scene<'a>,
    ages: &Ages<'_>,
    found: &'a Found,
) -> FindingItem<'a> {
    let seen_at = ages.of_found(found);
    let age = crate::domain::time::exact_seconds_between(seen_at, scene.now());
    let evidence = |one: &'a crate::access::Evidence| EvidenceItem {
        field: &one.field,
        value: &one.value,
        source: SourceId::ACCESS.0,
        age_seconds: Some(age),
    };
    FindingItem {
        id: found.id(),
        code: found.code.word(),
        severity: found.severity.as_str(),
        about: AboutItem { kind: found.about.kind.word(), id: found.about.id.to_string() },
        title: &found.title,
        evidence: found.evidence.iter().map(evidence).collect(),
        next_step: &found.next_step,
        since: Instant(found.since.unwrap_or_else(|| scene.now())),
        count: (found.grants.len() as u64).max(1),
        cause: None,
        covered_by: found.covered_by.as_ref().map(Text::as_str),
        acknowledged_until: None,
        seen_at: Instant(seen_at),
        stale: is_stale(scene),
    }
}

/// A finding of the other rules.
pub(in crate::cli) fn of_platform<'a>(scene: &Scene<'a>, found: &'a Finding) -> FindingItem<'a> {
    let now = scene.now();
    let age = |at: Timestamp| crate::domain::time::exact_seconds_between(at, now);
    let evidence = |one: &'a crate::domain::Evidence| EvidenceItem {
        field: one.field,
        value: &one.value,
        source: one.source,
        age_seconds: one.seen_at.map(age),
    };
    let seen_at = found.evidence.iter().filter_map(|one| one.seen_at).min().unwrap_or(now);
    let cause = found.joined.cause.as_ref();
    FindingItem {
        id: scene.state().finding_address(&found.id).to_string(),
        code: found.id.code,
        severity: found.severity.as_str(),
        about: about(&found.id.about),
        title: &found.title,
        evidence: found.evidence.iter().map(evidence).collect(),
        next_step: &found.next_step,
        since: Instant(found.since.unwrap_or(now)),
        count: found.count,
        cause: cause.map(|cause| scene.state().finding_address(cause).to_string()),
        covered_by: None,
        acknowledged_until: found.joined.acknowledged.as_ref().map(|hand| Instant(hand.until)),
        seen_at: Instant(seen_at),
        stale: scene.is_offline() || !found.is_found(),
    }
}

/// Kinds whose words are two.
const LONG: [(&str, &str); 2] = [("node group ", "node_group"), ("node claim ", "node_claim")];

/// What an entity is, and which: `job`, `5`.
fn about(id: &EntityId) -> AboutItem<'static> {
    let words = id.to_string();
    let long = LONG.iter().find_map(|(start, kind)| Some((*kind, words.strip_prefix(start)?)));
    let kind = match id {
        EntityId::Project(_) => "project",
        EntityId::Pipeline(_) => "pipeline",
        EntityId::Job(_) => "job",
        EntityId::Runner(_) => "runner",
        EntityId::Pod(_) => "pod",
        EntityId::Node(_) => "node",
        EntityId::Policy(_) => "policy",
        EntityId::Slo(_) => "objective",
        EntityId::Alert(_) => "alert",
        EntityId::Silence(_) => "silence",
        EntityId::Exception(_) => "exception",
        EntityId::Request(_) => "request",
        EntityId::Tier(_) => "tier",
        EntityId::Source(_) => "source",
        EntityId::Deed(_) => "act",
        _ => "other",
    };
    let short = || (kind, words.split_once(' ').map_or(words.as_str(), |(_, rest)| rest));
    let (kind, id) = long.unwrap_or_else(short);
    AboutItem { kind, id: id.to_owned() }
}

impl GrantItem<'_> {
    /// Its cells in a table.
    pub(in crate::cli) fn cells(&self) -> Vec<String> {
        let way = |hop: &HopItem<'_>| match hop.from {
            Some(from) => format!("{} from {from}", hop.via),
            None => hop.via.to_owned(),
        };
        vec![
            self.subject.username.unwrap_or(self.subject.name).to_owned(),
            self.subject.kind.to_owned(),
            self.right.name.to_owned(),
            format!("{} {}", self.resource.kind, self.resource.path),
            self.path.iter().map(way).collect::<Vec<_>>().join(", "),
            self.expires_at.as_ref().map_or_else(|| "never".to_owned(), |end| end.0.to_string()),
            self.findings.join(" "),
        ]
    }
}

impl FindingItem<'_> {
    /// Its cells in a table.
    pub(in crate::cli) fn cells(&self) -> Vec<String> {
        vec![
            self.severity.to_owned(),
            self.code.to_owned(),
            format!("{} {}", self.about.kind, self.about.id),
            self.title.to_owned(),
            self.cause.clone().unwrap_or_default(),
            self.covered_by.unwrap_or_default().to_owned(),
        ]
    }
}
