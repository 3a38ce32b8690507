//! Acts: what may be asked of a platform, of what, by whom, and how it ended.

mod advice;
mod chain;
mod deed;
mod docket;
mod petition;
mod proposal;
mod report;
mod right;
mod table;
mod target;
mod term;

pub use advice::advice;
pub use chain::{Chain, ChainBreak};
pub use deed::{Actor, Deed, Ending, Intent, Outcome, Wire};
pub use docket::{Docket, KeptFile, LeftBranch, OpenedRequest, STEP};
pub use petition::Petition;
pub use proposal::{Confirmation, Proposal, Variable, says_something};
pub use report::{Identity, REACHES_FAR, Report, Seen};
pub use right::RightAt;
pub use table::{ACTS, Act, Risk, STEPS, find, find_step};
pub use target::{OURS, Target, TargetKind};
pub use term::{ENDS_AT, held_until, hold_end, silence_end};

#[cfg(test)]
pub(crate) mod fixture {
    //! Acts for tests.

    pub(crate) use super::petition::fixture::{petition, seen};
    use super::{Actor, Deed, Ending, Outcome, Wire};
    use crate::domain::Text;
    use crate::domain::pipeline::fixture::at;

    /// An open retry of a job, opened as many seconds in as its place is.
    pub(crate) fn deed(seq: u64) -> Deed {
        let text = Text::new;
        Deed {
            seq,
            at: at(i64::try_from(seq).unwrap()),
            act: text("job.retry"),
            target: text(&format!("acme/shop#{seq}")),
            settings: Vec::new(),
            actor: Actor {
                platform: text("gitlab"),
                user: text("a.poe"),
                os_user: text("apoe"),
                host: text("desk"),
            },
            reason: Some(text("flaky runner")),
            wire: Wire {
                method: text("POST"),
                url: text("https://gitlab.example.com/api/v4/projects/1/jobs/2/retry"),
            },
            outcome: None,
            hash: text("ab12"),
            previous: text("cd34"),
        }
    }

    /// The same, ended a second later.
    pub(crate) fn ended(seq: u64, ending: Ending, status: Option<u16>) -> Deed {
        let open = deed(seq);
        let outcome = Outcome { ending, status, message: None };
        Deed { outcome: Some((at(i64::try_from(seq).unwrap() + 1), outcome)), ..open }
    }
}
