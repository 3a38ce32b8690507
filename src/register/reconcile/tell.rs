//! [`Teller`]: a difference in words: what proves it, and what to do next.

use std::collections::HashMap;

use super::ground::{Ground, Look};
use crate::domain::exception::{Bound, Home, Standing};
use crate::domain::{
    Artefact, Drift, DriftKind, Evidence, ExceptionState, Native, Record, Stamp, Text, Timestamp,
};

/// Knows when what was seen.
pub(super) struct Teller<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) records_seen_at: Option<Timestamp>,
}

/// What proves that an artefact lets nothing pass.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof<'a> {
    /// It is there, and its tool passes over it.
    Ignored(&'a Native),
    /// It was looked for.
    Absent(&'a Look),
}

impl<'a> Proof<'a> {
    fn native(self) -> Option<&'a Native> {
        if let Proof::Ignored(native) = self { Some(native) } else { None }
    }
}

impl Teller<'_> {
    /// In force, and no record allows it; one may do so later.
    pub(super) fn unregistered(&self, native: &Native, ahead: Option<&Record>) -> Drift {
        let mut evidence = self.of_native(native);
        let place = place(native);
        let (field, value, next) = if let Some(record) = ahead {
            let next = format!("remove it from {place} until {} begins", record.id);
            ("starts_at", end(record.starts_at), next)
        } else {
            let next = format!("request an exception that names it, or remove it from {place}");
            ("record", "none names it".to_owned(), next)
        };
        evidence.push(self.register(field, &value));
        let record = ahead.map(|record| record.id.clone());
        drift(DriftKind::Unregistered, native, record, (evidence, &next))
    }

    /// In force, and its record is over.
    pub(super) fn zombie(&self, native: &Native, record: &Record, state: ExceptionState) -> Drift {
        let mut evidence = self.of_native(native);
        evidence.push(self.register("state", state.word()));
        let since = match (&record.revocation, &record.closed) {
            (Some(revoked), _) if state == ExceptionState::Revoked => ("revocation", revoked.at),
            (_, Some(closed)) if state == ExceptionState::Closed => ("closed", closed.at),
            _ => ("expires_at", record.expires_at),
        };
        evidence.push(self.register(since.0, &end(since.1)));
        let next =
            format!("remove it from {}, or request a renewal of {}", place(native), record.id);
        drift(DriftKind::Zombie, native, Some(record.id.clone()), (evidence, &next))
    }

    /// In force without an end of its own.
    pub(super) fn unbounded(&self, native: &Native, record: Option<&Record>) -> Drift {
        let mut evidence = self.of_native(native);
        let place = place(native);
        let next = match (record, native.bound) {
            (Some(record), Bound::Impossible) => {
                evidence.push(self.register("expires_at", &end(record.expires_at)));
                let day = record.expires_at.text();
                format!("nothing but people ends it: remove it from {place} by {day}")
            }
            (Some(record), _) => {
                evidence.push(self.register("expires_at", &end(record.expires_at)));
                format!("set its end in {place} to that of {}", record.id)
            }
            (None, Bound::Impossible) => {
                format!("remove it from {place}, or request an exception with an end")
            }
            (None, _) => format!("set an end in {place}, and request an exception that names it"),
        };
        let record = record.map(|record| record.id.clone());
        drift(DriftKind::Unbounded, native, record, (evidence, &next))
    }

    /// It ends at another instant than its record.
    pub(super) fn mismatch(&self, native: &Native, record: &Record) -> Drift {
        let mut evidence = self.of_native(native);
        evidence.push(self.register("expires_at", &end(record.expires_at)));
        let is_late = native.bound.end().is_some_and(|end| end > record.expires_at.at);
        let place = place(native);
        let next = if is_late {
            format!("bring its end in {place} forward to that of {}", record.id)
        } else {
            format!(
                "the tool stops it earlier: put back its end in {place}, or close {}",
                record.id
            )
        };
        drift(DriftKind::Mismatch, native, Some(record.id.clone()), (evidence, &next))
    }

    /// Allowed, and not there, or there and not heeded.
    pub(super) fn orphan(
        &self,
        (record, artefact): (&Record, &Artefact),
        proof: Proof<'_>,
    ) -> Drift {
        let mut evidence = match proof {
            Proof::Ignored(native) => self.of_native(native),
            Proof::Absent(look) => vec![absent(artefact, look)],
        };
        evidence.push(self.register("expires_at", &end(record.expires_at)));
        let parts = [
            artefact.project.as_ref().or(artefact.cluster.as_ref()),
            artefact.path.as_ref(),
            artefact.rule.as_ref(),
        ];
        let parts = parts.map(|part| part.map_or("", |part| part.as_str()));
        let id = format!("orphan:{}:{}:{}", record.id, artefact.tool, parts.join(":"));
        Drift {
            id: Text::new(&id),
            kind: DriftKind::Orphan,
            record: Some(record.id.clone()),
            artefact: Some(artefact.clone()),
            native: proof.native().cloned(),
            evidence,
            next_step: Text::new(&format!("close {}, or correct what it names", record.id)),
        }
    }

    fn of_native(&self, native: &Native) -> Vec<Evidence> {
        let seen_at = self.ground.seen_at(native);
        let source = source(&native.home);
        let line = native.line.map(|line| format!(":{line}")).unwrap_or_default();
        let found = format!("{} at {}{line} in {}", native.rule, native.path, native.home);
        let ends = match native.bound {
            Bound::Until(stamp) => end(stamp),
            Bound::Unset => "no end is set".to_owned(),
            Bound::Impossible => "its form knows no end".to_owned(),
        };
        let ignored = match &native.standing {
            Standing::Heeded => None,
            Standing::Ignored(why) => Some(("not heeded", why.to_string())),
        };
        let all = [Some((native.tool.form(), found)), Some(("end", ends)), ignored];
        let evidence = |(field, value): (&'static str, String)| Evidence {
            field,
            value: Text::new(&value),
            source,
            seen_at,
        };
        all.into_iter().flatten().map(evidence).collect()
    }

    fn register(&self, field: &'static str, value: &str) -> Evidence {
        Evidence {
            field,
            value: Text::new(value),
            source: "register",
            seen_at: self.records_seen_at,
        }
    }
}

/// The differences by gravity and id; those that share an id are counted, in the order in which they were found.
pub(super) fn in_order(mut drifts: Vec<Drift>) -> Vec<Drift> {
    let mut times: HashMap<Text, u32> = HashMap::new();
    for drift in &mut drifts {
        let time = times.entry(drift.id.clone()).or_default();
        *time += 1;
        if *time > 1 {
            drift.id = Text::new(&format!("{}#{time}", drift.id));
        }
    }
    let rank = |kind| DriftKind::ALL.iter().position(|one| *one == kind);
    drifts.sort_by(|one, other| (rank(one.kind), &one.id).cmp(&(rank(other.kind), &other.id)));
    drifts
}

fn absent(artefact: &Artefact, look: &Look) -> Evidence {
    let path = artefact.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
    Evidence {
        field: "looked at",
        value: Text::new(&format!("{} in {}{path}: not there", artefact.tool, look.home)),
        source: source(&look.home),
        seen_at: Some(look.seen_at),
    }
}

fn drift(
    kind: DriftKind,
    native: &Native,
    record: Option<Text>,
    (evidence, next): (Vec<Evidence>, &str),
) -> Drift {
    let place =
        [native.tool.name(), &native.home.to_string(), &native.path, &native.rule].join(":");
    Drift {
        id: Text::new(&format!("{kind}:{place}")),
        kind,
        record,
        artefact: None,
        native: Some(native.clone()),
        evidence,
        next_step: Text::new(next),
    }
}

/// Where a hand would change it.
fn place(native: &Native) -> String {
    match &native.home {
        Home::Project(project) => format!("{} of {project}", native.path),
        Home::Group(group) => format!("{} of group {group}", native.path),
        Home::Cluster(cluster) => format!("{} in cluster {cluster}", native.path),
        Home::Alertmanager => format!("silence {}", native.path),
    }
}

/// The feed that tells of a place.
fn source(home: &Home) -> &'static str {
    match home {
        Home::Project(_) | Home::Group(_) => "gitlab",
        Home::Cluster(_) => "kubernetes",
        Home::Alertmanager => "alertmanager",
    }
}

/// An end with its rule.
fn end(stamp: Stamp) -> String {
    let rule = if stamp.is_date() { ", 00:00 UTC at its start" } else { "" };
    format!("{}{rule}", stamp.text())
}
