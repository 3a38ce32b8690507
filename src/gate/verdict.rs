//! [`Request`] and [`Facts`] go into the gate; [`Verdict`] comes out.

use std::fmt;

use crate::domain::{PairSeverity, Slo, SloState, Text, Timestamp};

use super::policy::Fallback;

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeClass {
    /// Something new.
    Feature,
    /// Something mended.
    Fix,
    /// Something that makes the service more reliable.
    Reliability,
    /// Something that closes a hole.
    Security,
    /// A return to what ran before.
    Rollback,
    /// What cannot wait.
    Emergency,
}

impl ChangeClass {
    /// Every class.
    pub const ALL: [ChangeClass; 6] = [
        ChangeClass::Feature,
        ChangeClass::Fix,
        ChangeClass::Reliability,
        ChangeClass::Security,
        ChangeClass::Rollback,
        ChangeClass::Emergency,
    ];

    /// Its word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeClass::Feature => "feature",
            ChangeClass::Fix => "fix",
            ChangeClass::Reliability => "reliability",
            ChangeClass::Security => "security",
            ChangeClass::Rollback => "rollback",
            ChangeClass::Emergency => "emergency",
        }
    }

    /// The class with this word.
    pub fn find(word: &str) -> Option<ChangeClass> {
        ChangeClass::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

impl fmt::Display for ChangeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to be deployed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The service.
    pub service: Text,
    /// The environment.
    pub environment: Text,
    /// What kind of change it is said to be.
    pub class: ChangeClass,
    /// The commit, where it is known.
    pub sha: Option<Text>,
}

/// Whether a commit was deployed to the environment before, successfully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deployed {
    /// It was, at this instant.
    At(Timestamp),
    /// The platform knows of no such deployment.
    Never,
    /// That cannot be told, and why.
    Unknown(Text),
    /// It was not asked for.
    NotAsked,
}

/// Whether somebody else than the author vouches for the class of the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Somebody does: who, and by what.
    Vouched {
        /// Who.
        by: Text,
        /// By what: a label of a merge request.
        what: Text,
    },
    /// Nobody does, and what is missing.
    Missing(Text),
    /// That cannot be told, and why.
    Unknown(Text),
    /// It was not asked for.
    NotAsked,
}

/// An approved exception that lets a change through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The exception's id.
    pub id: Text,
    /// Until when it holds.
    pub until: Timestamp,
    /// Who approved it.
    pub approvers: Vec<Text>,
}

/// An objective that counts, and what can be said of it.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The objective.
    pub slo: &'a Slo,
    /// What can be said of it.
    pub state: SloState,
    /// How loud the loudest of its alerts is that fires, silenced or not, as Prometheus or Alertmanager has it.
    pub firing: Option<PairSeverity>,
    /// Whether an alert says that its budget is spent, as Prometheus or Alertmanager has it.
    pub is_called_spent: bool,
}

/// Everything that is known when the gate decides.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The objectives that count for the service.
    pub objectives: Vec<Judged<'a>>,
    /// Why they could not be read, if so.
    pub unreached: Option<Text>,
    /// Why Alertmanager could not be read, where one is configured.
    pub unheard: Option<Text>,
    /// Whether the commit was deployed there before.
    pub deployed: Deployed,
    /// Whether somebody vouches for the class.
    pub evidence: Evidence,
    /// An exception in force that lets this change through.
    pub exception: Option<Override>,
}

/// Whether it may be deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// It may.
    Allow,
    /// It may, and somebody should look.
    Warn,
    /// It cannot be told.
    Unknown,
    /// It may not.
    Deny,
}

impl Decision {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Warn => "warn",
            Decision::Unknown => "unknown",
            Decision::Deny => "deny",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why, in a word for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonCode {
    /// The commit ran there before.
    Rollback,
    /// A rollback that cannot be shown to be one.
    RollbackUnproven,
    /// An exception lets it through.
    Exception,
    /// An emergency without an exception.
    EmergencyWithoutException,
    /// Somebody vouches for its class.
    Vouched,
    /// Nobody vouches for its class.
    EvidenceMissing,
    /// The objectives could not be read.
    Unreachable,
    /// The alerts could not be read.
    AlertsUnreachable,
    /// No objective is linked.
    NoObjective,
    /// An objective cannot be judged.
    NotJudged,
    /// An objective has no traffic.
    NoTraffic,
    /// An objective's period is not recorded far enough.
    Young,
    /// Whether an objective's budget was spent before is not known.
    PastUnknown,
    /// An objective burns as fast as wakes somebody.
    Instability,
    /// An objective's budget is spent.
    BudgetExhausted,
    /// An objective's budget was spent and has not recovered.
    BudgetRecovering,
    /// An objective's budget is low.
    BudgetLow,
    /// An objective burns as fast as makes a ticket.
    SlowBurn,
    /// Every objective is within its budget.
    WithinBudget,
}

impl ReasonCode {
    /// Its word in the verdict.
    pub fn as_str(self) -> &'static str {
        match self {
            ReasonCode::Rollback => "rollback",
            ReasonCode::RollbackUnproven => "rollback_unproven",
            ReasonCode::Exception => "exception",
            ReasonCode::EmergencyWithoutException => "emergency_without_exception",
            ReasonCode::Vouched => "vouched",
            ReasonCode::EvidenceMissing => "evidence_missing",
            ReasonCode::Unreachable => "unreachable",
            ReasonCode::AlertsUnreachable => "alerts_unreachable",
            ReasonCode::NoObjective => "no_objective",
            ReasonCode::NotJudged => "not_judged",
            ReasonCode::NoTraffic => "no_traffic",
            ReasonCode::Young => "young",
            ReasonCode::PastUnknown => "past_unknown",
            ReasonCode::Instability => "instability",
            ReasonCode::BudgetExhausted => "budget_exhausted",
            ReasonCode::BudgetRecovering => "budget_recovering",
            ReasonCode::BudgetLow => "budget_low",
            ReasonCode::SlowBurn => "slow_burn",
            ReasonCode::WithinBudget => "within_budget",
        }
    }
}

/// A reason for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// In a word.
    pub code: ReasonCode,
    /// The objective that it is about.
    pub objective: Option<Text>,
    /// In a sentence.
    pub text: Text,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be deployed.
    pub decision: Decision,
    /// Why, the gravest first.
    pub reasons: Vec<Reason>,
    /// The class that it was counted as.
    pub counted_as: ChangeClass,
    /// The tier of the environment.
    pub tier: Text,
    /// What is done there when nothing can be told.
    pub fallback: Fallback,
    /// The exception that let it through.
    pub exception: Option<Override>,
    /// When it was decided.
    pub at: Timestamp,
    /// Until when it holds.
    pub valid_until: Timestamp,
}
