//! Exceptions and requests for them as items.

use std::collections::{BTreeMap, BTreeSet};

use super::Scene;
use super::form::{Instant, record};
use crate::domain::time::exact_seconds_between;
use crate::domain::{DriftKind, ExceptionRequest, Filed, Text};
use crate::state::{Row, State};

record! {
    /// The file that holds a record.
    RecordItem<'a> {
        /// the full path of the register's project
        project: &'a str,
        /// the path of the file
        path: &'a str,
        /// the commit of the register's branch that was read
        commit: &'a str,
    }
}

record! {
    /// A time-bound exception of the register.
    ExceptionItem<'a> {
        /// what its record is called
        id: &'a str,
        /// what it is, in one line
        title: &'a str,
        /// `runner`, `release_role`, `package_source`, `policy`, `freeze_override`, or the platform's own
        kind: &'a str,
        /// `scheduled`, `active`, `expiring`, `expired`, `superseded`, `revoked`, `closed`
        state: &'a str,
        /// what it holds for: lists by name, those that are empty left out
        scope: BTreeMap<&'a str, Vec<&'a str>>,
        /// who asked for it
        requester: &'a str,
        /// who owns the risk that is left
        owner: Option<&'a str>,
        /// who approved it
        approvers: Vec<&'a str>,
        /// from when on it holds
        starts_at: Instant,
        /// from when on it holds no longer; a bare date is its start in UTC
        expires_at: Instant,
        /// seconds until then; below zero once it is past
        remaining_seconds: f64,
        /// the id of the record that it renews
        renews: Option<&'a str>,
        /// how many records it renews, one behind the other
        renewal_count: u64,
        /// where the cure is worked on
        ticket: Option<&'a str>,
        /// the file that holds it
        record: RecordItem<'a>,
        /// the codes of what is wrong with it; `drift.zombie`, `drift.orphan`… say how other tools differ from it
        findings: Vec<&'a str>,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// A merge request that touches the register.
    RequestItem<'a> {
        /// the full path of the register's project
        project: &'a str,
        /// its number within the project
        iid: u64,
        /// the record that it would make or change, the first where there are several; null where none can be read
        exception_id: Option<&'a str>,
        /// its title
        title: &'a str,
        /// who opened it
        author: &'a str,
        /// the head commit: what an approval is pinned to
        head_sha: &'a str,
        /// what is wrong with its records, a sentence each
        lint: Vec<String>,
        /// how many approvals are missing; null where this GitLab demands none or does not tell
        approvals_left: Option<u64>,
        /// GitLab's own word for whether it would merge it
        merge_status: &'a str,
        /// why whoever the token stands for may not approve it; null where they may
        blocked_for_me: Option<&'a str>,
        /// when it was opened
        created_at: Instant,
        /// its page
        web_url: &'a str,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

impl<'a> ExceptionItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Filed>) -> ExceptionItem<'a> {
        let filed = &*row.value;
        let record = &filed.record;
        let state = scene.state();
        ExceptionItem {
            id: &record.id,
            title: &record.title,
            kind: record.kind.name(),
            state: state.exception_state(filed, scene.cx.now).word(),
            scope: record.scope.lists().map(|(name, list)| (name, words(list))).collect(),
            requester: &record.requester,
            owner: record.owner.as_deref(),
            approvers: words(&record.approvers),
            starts_at: Instant(record.starts_at.at),
            expires_at: Instant(record.expires_at.at),
            remaining_seconds: exact_seconds_between(scene.cx.now, record.expires_at.at),
            renews: record.renews.as_deref(),
            renewal_count: state.lineage(filed).renewals as u64,
            ticket: record.ticket.as_deref(),
            record: RecordItem {
                project: &filed.project,
                path: &filed.path,
                commit: &filed.commit,
            },
            findings: findings(state, filed),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}

impl<'a> RequestItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<ExceptionRequest>) -> RequestItem<'a> {
        let request = &*row.value;
        let record = request.files.iter().find_map(|file| file.record.as_ref());
        let flaws = request.files.iter().flat_map(|file| &file.flaws);
        RequestItem {
            project: &request.project,
            iid: request.iid,
            exception_id: record.map(|record| record.id.as_str()),
            title: &request.title,
            author: &request.author,
            head_sha: &request.head,
            lint: flaws.map(|flaw| format!("{}: {}", flaw.code, flaw.what)).collect(),
            approvals_left: request.approvals.left.map(u64::from),
            merge_status: &request.merge.word,
            blocked_for_me: request.blocked_for_me.as_deref(),
            created_at: Instant(request.opened_at),
            web_url: &request.url,
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}

/// What its own rules say of it, then how other tools differ from it, each code once.
fn findings<'a>(state: &'a State, filed: &'a Filed) -> Vec<&'a str> {
    let drifts: BTreeSet<DriftKind> =
        state.drifts().of_record(&filed.record.id).map(|drift| drift.kind).collect();
    let mut all = words(&filed.flaws);
    all.extend(drifts.into_iter().map(|kind| match kind {
        DriftKind::Unregistered => "drift.unregistered",
        DriftKind::Zombie => "drift.zombie",
        DriftKind::Orphan => "drift.orphan",
        DriftKind::Unbounded => "drift.unbounded",
        DriftKind::Mismatch => "drift.mismatch",
    }));
    all
}

fn words(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(Text::as_str).collect()
}
