//! What the pipelines of the platform consist of.

use std::sync::Arc;

use super::model::Trade;
use super::population::{UNTIERED, one_tag};
use super::{Fate, Kind, Plan, When};
use crate::sim::clock::Millis;
use crate::sim::dice::Dice;

const SECOND: Millis = 1000;
const STAGES: [&str; 5] = ["build", "lint", "test", "package", "deploy"];
const BRANCHES: [&str; 6] = [
    "feature/faster-start",
    "feature/empty-basket",
    "fix/rounding",
    "chore/upgrade-toolchain",
    "renovate/lock-file",
    "spike/queue-model",
];
/// Reasons for a failure; most are the team's own.
const REASONS: [&str; 12] = [
    "script_failure",
    "script_failure",
    "script_failure",
    "script_failure",
    "script_failure",
    "script_failure",
    "script_failure",
    "script_failure",
    "runner_system_failure",
    "runner_system_failure",
    "image_pull_failure",
    "job_execution_timeout",
];

/// What a pipeline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefKind {
    Main,
    MergeRequest,
    Branch,
    Release,
    Tag,
}

impl RefKind {
    /// One at random, as often as in practice.
    pub(super) fn draw(dice: &mut Dice) -> Self {
        match dice.between(0, 99) {
            0..=27 => Self::Main,
            28..=69 => Self::MergeRequest,
            70..=85 => Self::Branch,
            86..=93 => Self::Release,
            _ => Self::Tag,
        }
    }

    /// Protected, so that the protected tier serves it.
    fn is_protected(self) -> bool {
        matches!(self, Self::Main | Self::Release | Self::Tag)
    }
}

/// Where a pipeline runs and what it may start.
pub(super) struct Site {
    pub(super) trade: Trade,
    pub(super) kind: RefKind,
    pub(super) here: u64,
    pub(super) elsewhere: u64,
}

/// A ref of the given kind; `next` numbers merge requests.
pub(super) fn reference(dice: &mut Dice, kind: RefKind, next: u64) -> Arc<str> {
    match kind {
        RefKind::Main => Arc::from("main"),
        RefKind::MergeRequest => Arc::from(format!("refs/merge-requests/{next}/head")),
        RefKind::Branch => Arc::from(dice.pick(&BRANCHES).copied().unwrap_or("main")),
        RefKind::Release => Arc::from(format!("release/{}.{}", 4, dice.between(0, 9))),
        RefKind::Tag => Arc::from(format!("v4.{}.{}", dice.between(0, 9), dice.between(0, 30))),
    }
}

/// What started a pipeline on such a ref.
pub(super) fn source(dice: &mut Dice, kind: RefKind) -> &'static str {
    match kind {
        RefKind::MergeRequest => "merge_request_event",
        RefKind::Main if dice.chance(0.15) => "schedule",
        RefKind::Main if dice.chance(0.08) => "web",
        RefKind::Branch if dice.chance(0.10) => "api",
        _ => "push",
    }
}

/// The stages and jobs of an ordinary pipeline; `failing` is the share of jobs that fail.
pub(super) fn ordinary(dice: &mut Dice, site: &Site, failing: f64) -> (Arc<[String]>, Vec<Plan>) {
    let stages: Arc<[String]> = STAGES.iter().map(|stage| (*stage).to_owned()).collect();
    let mut draft = Draft { dice, site, failing, jobs: Vec::with_capacity(12) };
    match site.trade {
        Trade::Service => draft.service(),
        Trade::Library => draft.library(),
        Trade::Infrastructure => draft.infrastructure(),
        Trade::Mobile => draft.mobile(),
    }
    (stages, draft.jobs)
}

/// The stages and jobs of a pipeline that another one starts.
pub(super) fn downstream(dice: &mut Dice, failing: f64) -> (Arc<[String]>, Vec<Plan>) {
    let stages: Arc<[String]> = ["plan", "apply"].iter().map(|stage| (*stage).to_owned()).collect();
    let tags = one_tag("eks-standard");
    let jobs = [("plan network", 0), ("policy check", 0), ("apply network", 1)]
        .into_iter()
        .map(|(name, stage)| Plan {
            name: Arc::from(name),
            stage,
            tags: Arc::clone(&tags),
            when: When::Auto,
            kind: Kind::Build,
            allow_failure: false,
            resource_group: None,
            environment: None,
            duration: dice.between(20, 120) * SECOND,
            fate: fate(dice, failing),
        })
        .collect();
    (stages, jobs)
}

fn fate(dice: &mut Dice, failing: f64) -> Fate {
    if dice.chance(failing) {
        Fate::Failure(Arc::from(dice.pick(&REASONS).copied().unwrap_or("script_failure")))
    } else {
        Fate::Success
    }
}

/// The jobs of a pipeline as they are written down.
struct Draft<'a> {
    dice: &'a mut Dice,
    site: &'a Site,
    failing: f64,
    jobs: Vec<Plan>,
}

impl Draft<'_> {
    fn service(&mut self) {
        self.add("compile", 0, (60, 240));
        self.add("clippy", 1, (30, 120));
        self.add_with("hadolint", 1, (10, 30), |plan| plan.allow_failure = true);
        for shard in 1..=2 {
            self.add(&format!("unit {shard}/2"), 2, (90, 360));
        }
        self.add("integration", 2, (150, 600));
        self.add_with("dependency scan", 2, (40, 90), |plan| plan.allow_failure = true);
        if self.site.kind.is_protected() {
            self.add("publish image", 3, (60, 180));
            self.deploy();
        } else if self.dice.chance(0.1) {
            self.add_with("browser tests", 2, (200, 700), |plan| plan.tags = one_tag(UNTIERED));
        }
    }

    fn library(&mut self) {
        self.add("compile", 0, (30, 120));
        self.add("format", 1, (10, 25));
        self.add("unit", 2, (60, 300));
        self.add_with("docs", 2, (30, 90), |plan| plan.allow_failure = true);
        if self.site.kind == RefKind::Tag {
            self.add_with("publish package", 3, (30, 60), guarded);
        }
    }

    fn infrastructure(&mut self) {
        self.add("init", 0, (20, 60));
        self.add("validate", 1, (10, 40));
        self.add("policy check", 2, (30, 90));
        self.add("plan production", 2, (60, 240));
        if self.dice.chance(0.5) {
            let here = self.site.here;
            self.bridge("generated stacks", 3, here);
        }
        if self.site.kind.is_protected() {
            self.add_with("apply production", 4, (90, 400), |plan| {
                guarded(plan);
                plan.when = When::Manual;
                plan.resource_group = Some(Arc::from("production"));
            });
        }
    }

    fn mobile(&mut self) {
        self.add("compile shared", 0, (90, 300));
        self.add("lint", 1, (20, 60));
        self.add("unit", 2, (100, 300));
        self.add_with("app bundle", 3, (120, 300), |plan| plan.tags = one_tag(UNTIERED));
        if self.dice.chance(0.03) {
            self.add_with("screen tests", 2, (300, 600), |plan| plan.tags = one_tag("gpu-a100"));
        }
    }

    fn deploy(&mut self) {
        self.add_with("deploy staging", 4, (150, 500), |plan| {
            guarded(plan);
            plan.resource_group = Some(Arc::from("staging"));
        });
        if self.site.kind != RefKind::Main {
            return;
        }
        if self.dice.chance(0.3) {
            self.add_with("canary 10%", 4, (60, 120), |plan| {
                guarded(plan);
                plan.when = When::Delayed(1_800 * SECOND);
            });
        }
        self.add_with("deploy production", 4, (60, 240), |plan| {
            guarded(plan);
            plan.when = When::Manual;
            plan.allow_failure = true;
            plan.resource_group = Some(Arc::from("production"));
        });
        if self.dice.chance(0.25) {
            let elsewhere = self.site.elsewhere;
            self.bridge("network rules", 3, elsewhere);
        }
    }

    fn bridge(&mut self, name: &str, stage: usize, project: u64) {
        let depend = self.dice.chance(0.7);
        self.add_with(name, stage, (1, 2), |plan| {
            plan.kind = Kind::Bridge { project, depend };
            plan.fate = Fate::Success;
            plan.tags = Arc::from([]);
        });
    }

    fn add(&mut self, name: &str, stage: usize, seconds: (i64, i64)) {
        self.add_with(name, stage, seconds, |_| {});
    }

    /// Writes a job down that takes between so many seconds, with what makes it special.
    fn add_with(
        &mut self,
        name: &str,
        stage: usize,
        (low, high): (i64, i64),
        special: impl FnOnce(&mut Plan),
    ) {
        let sandbox = matches!(self.site.kind, RefKind::MergeRequest | RefKind::Branch);
        let tag = if sandbox { "eks-sandbox" } else { "eks-standard" };
        let mut plan = Plan {
            name: Arc::from(name),
            stage,
            tags: one_tag(tag),
            when: When::Auto,
            kind: Kind::Build,
            allow_failure: false,
            resource_group: None,
            environment: None,
            duration: self.dice.between(low, high) * SECOND,
            fate: fate(self.dice, self.failing),
        };
        special(&mut plan);
        self.jobs.push(plan);
    }
}

/// Lets the protected tier serve a job.
fn guarded(plan: &mut Plan) {
    plan.tags = one_tag("eks-protected");
}
