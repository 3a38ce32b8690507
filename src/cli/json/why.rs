//! What `why -o json` answers: a diagnosis with every step to it.

use super::form::{Instant, record};

record! {
    /// A diagnosis.
    WhyItem<'a> {
        /// `watchfloor/v1`
        schema: &'a str,
        /// what was asked about
        target: WhyTarget<'a>,
        /// the moment for which it holds
        at: Instant,
        /// its place in the tree of `docs/why.md`: `B1d`, `D2c3`
        leaf: &'a str,
        /// how sure it is: `certain`, `likely`, `cannot_tell`
        certainty: &'a str,
        /// why not, where it cannot be told
        because: Option<&'a str>,
        /// the answer in one line
        title: &'a str,
        /// every step to it, in order
        steps: Vec<WhyStep<'a>>,
        /// what to do next
        next_step: &'a str,
        /// who can do that
        who: &'a str,
        /// what it asks of a person: `calm` (meant so, or resolves alone), `watch`, `act`
        concern: &'a str,
        /// the act of `watchfloor act` that would help first
        first_act: Option<&'a str>,
        /// what ends the wait by itself
        deadlines: Vec<WhyDeadline<'a>>,
        /// what it waits on, followed to where that waits itself
        cause: Option<WhyCause<'a>>,
        /// the branches that could not be decided
        undecided: Vec<WhyUndecided<'a>>,
        /// how many waiting jobs share its end, this one among them
        shared_by: u64,
    }
}

record! {
    /// What was asked about.
    WhyTarget<'a> {
        /// the project's path
        project: Option<&'a str>,
        /// the job; null for a pod without one
        job_id: Option<u64>,
        /// the pod that was asked about: `CLUSTER/NAMESPACE/NAME`
        pod: Option<String>,
    }
}

record! {
    /// One step through the tree.
    WhyStep<'a> {
        /// the branch
        branch: &'a str,
        /// what was asked there
        question: &'a str,
        /// `yes`, `no`, `unknown`
        answer: &'a str,
        /// that in words; empty where the evidence says it all
        text: &'a str,
        /// `certain`, `likely`, `cannot_tell`
        certainty: &'a str,
        /// what proves it
        evidence: Vec<WhyEvidence<'a>>,
    }
}

record! {
    /// A field and its value.
    WhyEvidence<'a> {
        /// what was looked at
        field: &'a str,
        /// what it said
        value: &'a str,
        /// who said so: `gitlab`, `kubernetes`, `eks`, `karpenter`, `log`, `metrics`
        source: &'a str,
        /// how long ago that was confirmed
        age_seconds: Option<f64>,
    }
}

record! {
    /// What ends the wait by itself.
    WhyDeadline<'a> {
        /// what happens
        what: &'a str,
        /// when
        at: Instant,
        /// how long that still is; negative where it is past
        remaining_seconds: f64,
    }
}

record! {
    /// What it waits on.
    WhyCause<'a> {
        /// the job, where it is one
        job_id: Option<u64>,
        /// where its own wait ends
        leaf: &'a str,
        /// that in one line
        title: &'a str,
        /// how sure that is
        certainty: &'a str,
    }
}

record! {
    /// A branch that could not be decided.
    WhyUndecided<'a> {
        /// the branch
        branch: &'a str,
        /// why not
        because: &'a str,
    }
}
