//! What `gate -o json` answers: the verdict and everything that it rests on.

use std::collections::BTreeMap;

use super::form::{Instant, record};

record! {
    /// A verdict.
    GateVerdict<'a> {
        /// `watchfloor/gate/v1`
        schema: &'a str,
        /// `allow`, `warn`, `deny`, `unknown`
        verdict: &'a str,
        /// the exit code of this verdict: 0, 10, 20, 30; a dry run ends with 0 all the same
        exit_code: u64,
        /// whether it only says what it would be
        dry_run: bool,
        /// what the policy does there when nothing can be told: `closed`, `warn`, `open`
        fail_mode: &'a str,
        /// why, the gravest first
        reasons: Vec<GateReason<'a>>,
        /// the objectives that count for the service
        slos: Vec<GateSlo<'a>>,
        /// what is to be deployed
        change: GateChange<'a>,
        /// the policy that was applied
        policy: GatePolicy<'a>,
        /// the exception that let it through
        exception: Option<GateException<'a>>,
        /// what was asked, and where a person can look at it
        evidence: Vec<GateLook<'a>>,
        /// when it was decided
        evaluated_at: Instant,
        /// until when it holds: decide anew right before the deployment
        valid_until: Instant,
    }
}

record! {
    /// Why.
    GateReason<'a> {
        /// in a word: `budget_exhausted`, …
        code: &'a str,
        /// the objective that it is about
        slo: Option<&'a str>,
        /// in a sentence
        text: &'a str,
    }
}

record! {
    /// An objective as it was when the verdict was made.
    GateSlo<'a> {
        /// its id
        id: &'a str,
        /// who defines it: `sloth`, `pyrra`, `openslo`, `builtin`
        source: &'a str,
        /// the share of events that must be good
        objective: Option<f64>,
        /// the time over which its budget counts: `30d`, `calendar 31d`
        period: String,
        /// the share of its budget that is left; negative where more was spent than there was
        remaining_ratio: Option<f64>,
        /// how much of its period is recorded, 0 to 1; below a half `remaining_ratio` says nothing of the whole; null where it is not known
        recorded_ratio: Option<f64>,
        /// the burn rate by window; null where it is no number
        burn: BTreeMap<&'a str, Option<f64>>,
        /// when its budget ends at the pace of `tte_window`, if nothing leaves the period; 0 where it is spent
        tte_seconds: Option<f64>,
        /// the window of that pace
        tte_window: Option<&'a str>,
        /// how many events its period had
        events_in_period: Option<f64>,
        /// the age of its oldest sample
        sample_age_seconds: Option<f64>,
        /// as in the kind `slos`: only `ok` is good news
        state: &'a str,
    }
}

record! {
    /// What is to be deployed.
    GateChange<'a> {
        /// the service
        service: &'a str,
        /// what kind of change it is said to be
        class: &'a str,
        /// what kind it was counted as
        counted_as: &'a str,
        /// its commit
        sha: Option<&'a str>,
        /// where
        environment: &'a str,
        /// the policy's tier of that environment
        tier: &'a str,
    }
}

record! {
    /// The policy that was applied.
    GatePolicy<'a> {
        /// its file; null where it is the built-in one
        path: Option<String>,
        /// the SHA-256 of the file's bytes; of the built-in one as `--show-policy` prints it
        sha256: &'a str,
    }
}

record! {
    /// The exception that let it through.
    GateException<'a> {
        /// its id
        id: &'a str,
        /// until when it holds
        until: Instant,
        /// who approved it
        approvers: Vec<&'a str>,
    }
}

record! {
    /// What was asked.
    GateLook<'a> {
        /// the question
        query: &'a str,
        /// when its answer was true
        at: Option<Instant>,
        /// where a person can look at it
        url: Option<&'a str>,
    }
}
