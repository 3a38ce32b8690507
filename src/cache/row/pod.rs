//! Rows of runner pods.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, Value};

use super::{Cell, Columns, Row, Words, maybe, moment, number, text, time};
use crate::cache::intern::{Interner, joined};
use crate::domain::{
    BadEnd, Container, JobId, Moment, Phase, Pod, PodId, Powers, ProjectId, Stand, Text, Timestamp,
};

impl Row for Pod {
    const TABLE: &'static str = "pods";
    const COLUMNS: &'static [&'static str] = &[
        "cluster",
        "namespace",
        "name",
        "uid",
        "phase",
        "state",
        "stand",
        "reason",
        "message",
        "node",
        "claimed_job",
        "project",
        "runner_short",
        "created_at",
        "scheduled_at",
        "sandbox_at",
        "initialized_at",
        "ready_at",
        "finished_at",
        "deleted_at",
        "bad_end",
        "restarts",
        "cpu_request_millis",
        "memory_request_bytes",
        "containers",
        "service_account",
        "aws_role",
        "powers",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.cluster),
            text(&self.namespace),
            text(&self.name),
            text(&self.uid),
            text(self.phase.as_str()),
            text(&self.state),
            text(self.stand.as_str()),
            maybe(self.reason.as_deref(), text),
            maybe(self.message.as_deref(), text),
            maybe(self.node.as_deref(), text),
            maybe(self.claimed_job, |job| number(job.0)),
            maybe(self.project, |project| number(project.0)),
            maybe(self.runner_short.as_deref(), text),
            time(self.created_at),
            maybe(self.scheduled_at, moment),
            maybe(self.sandbox_at, moment),
            maybe(self.initialized_at, moment),
            maybe(self.ready_at, moment),
            maybe(self.finished_at, moment),
            maybe(self.deleted_at, moment),
            maybe(self.bad_end.as_deref(), |end| ToSqlOutput::Owned(Value::Text(end_out(end)))),
            number(u64::from(self.restarts)),
            number(self.cpu_request_millis),
            number(self.memory_request_bytes),
            ToSqlOutput::Owned(Value::Text(containers_out(&self.containers))),
            maybe(self.service_account.as_deref(), text),
            maybe(self.aws_role.as_deref(), text),
            number(powers_out(self.powers)),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Pod {
            id: PodId(id),
            // The state fills it in.
            tier: None,
            cluster: columns.text(words)?,
            namespace: columns.text(words)?,
            name: Text::new(columns.str()?),
            uid: Text::new(columns.str()?),
            phase: Phase::of(columns.str()?),
            state: columns.text(words)?,
            stand: stand(columns.str()?),
            reason: columns.maybe_text(words)?,
            message: columns.maybe_text(words)?,
            node: columns.maybe_text(words)?,
            claimed_job: columns.maybe_number()?.map(JobId),
            project: columns.maybe_number()?.map(ProjectId),
            runner_short: columns.maybe_text(words)?,
            created_at: columns.time()?,
            scheduled_at: columns.maybe_time()?.map(Moment::from),
            sandbox_at: columns.maybe_time()?.map(Moment::from),
            initialized_at: columns.maybe_time()?.map(Moment::from),
            ready_at: columns.maybe_time()?.map(Moment::from),
            finished_at: columns.maybe_time()?.map(Moment::from),
            deleted_at: columns.maybe_time()?.map(Moment::from),
            bad_end: columns.maybe_str()?.and_then(|stored| end_in(stored, words)),
            restarts: columns.take()?,
            cpu_request_millis: columns.number()?,
            memory_request_bytes: columns.number()?,
            containers: containers_in(columns.str()?, words),
            service_account: columns.maybe_text(words)?,
            aws_role: columns.maybe_text(words)?,
            powers: powers_in(columns.number()?),
        })
    }
}

fn stand(word: &str) -> Stand {
    Stand::ALL.into_iter().find(|stand| stand.as_str() == word).unwrap_or(Stand::Unknown)
}

/// Four words.
fn end_out(end: &BadEnd) -> String {
    let (code, at) = (end.exit_code.to_string(), end.at.as_millisecond().to_string());
    joined(&[end.container.clone(), end.reason.clone(), Text::new(&code), Text::new(&at)])
}

fn end_in(stored: &str, words: &mut Interner) -> Option<Arc<BadEnd>> {
    let mut rest = Words::of(stored);
    let (container, reason) = (words.text(rest.word()), words.text(rest.word()));
    let exit_code = rest.word().parse().ok()?;
    let at = Timestamp::from_millisecond(rest.word().parse().ok()?).ok()?;
    Some(Arc::new(BadEnd { container, reason, exit_code, at }))
}

/// Five words for each container.
fn containers_out(containers: &[Container]) -> String {
    let words = containers.iter().flat_map(|one| {
        let is_init = if one.is_init { "init" } else { "" };
        let restarts = Text::new(&one.restarts.to_string());
        [one.name.clone(), one.image.clone(), Text::new(is_init), one.state.clone(), restarts]
    });
    joined(&words.collect::<Vec<Text>>())
}

/// The containers of a column: pods of one kind in one state share them.
fn containers_in(stored: &str, words: &mut Interner) -> Arc<[Container]> {
    words.containers(stored, |words| read_containers(stored, words))
}

fn read_containers(stored: &str, words: &mut Interner) -> Arc<[Container]> {
    let mut rest = Words::of(stored);
    let mut containers = Vec::new();
    while let Some(name) = rest.next() {
        containers.push(Container {
            name: words.text(name),
            image: words.text(rest.word()),
            is_init: rest.word() == "init",
            state: words.text(rest.word()),
            restarts: rest.word().parse().unwrap_or(0),
        });
    }
    containers.into()
}

/// The powers as bits of a number.
fn powers_out(powers: Powers) -> u64 {
    let Powers { privileged, host_path, host_network, root } = powers;
    let bits = [privileged, host_path, host_network, root];
    bits.into_iter().rev().fold(0, |all, bit| all << 1 | u64::from(bit))
}

fn powers_in(bits: u64) -> Powers {
    let has = |place: u32| bits >> place & 1 == 1;
    Powers { privileged: has(0), host_path: has(1), host_network: has(2), root: has(3) }
}
