//! [`Gate`]: the one place that decides whether an act may be done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;

use crate::config::Writes;
use crate::domain::act::says_something;
use crate::domain::{Confirmation, Proposal, Risk, Seen, TargetKind, Timestamp, silence_end};

/// A window of time in which acts may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arming {
    /// When it closes by itself.
    pub until: Timestamp,
}

/// Why an act may not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The configuration, or the command line, forbids every act.
    #[error("acts are forbidden: writes = \"never\", or --read-only")]
    Never,
    /// Nothing was armed, or the window has closed.
    #[error("the console is read-only: arm it first")]
    NotArmed,
    /// A reason is asked for and none was given.
    #[error("{0} of {1} needs a reason")]
    NoReason(&'static str, String),
    /// The typed words are not the ones that were asked for.
    #[error("type `{0}` to confirm")]
    NotConfirmed(String),
    /// A look found the target protected, or could not tell, and it was confirmed as if it were not.
    #[error(
        "{0} is protected, or that cannot be told, or it reaches far or lasts long: give a reason and type `{0}` to confirm"
    )]
    Protected(String),
}

/// The one gate. It starts closed. A clone shares the window that is open: once that is closed, it is closed for whoever
/// is working off a list under it, and a window that is opened later lets nothing more of that list through.
#[derive(Debug, Clone)]
pub struct Gate {
    writes: Writes,
    span: Duration,
    window: Option<Arc<Window>>,
}

/// A window that was opened, and whether somebody closed it before its time.
#[derive(Debug)]
struct Window {
    arming: Arming,
    is_closed: AtomicBool,
}

impl Gate {
    /// A closed gate; `writes` cannot be undone while the program runs.
    pub fn new(writes: Writes, span: Duration) -> Gate {
        Gate { writes, span, window: None }
    }

    /// Opens a window.
    ///
    /// # Errors
    /// [`Denied::Never`] where acts are forbidden.
    pub fn arm(&mut self, now: Timestamp) -> Result<Arming, Denied> {
        if self.writes == Writes::Never {
            return Err(Denied::Never);
        }
        let arming = Arming { until: now.saturating_add(self.span).unwrap_or(now) };
        self.window = Some(Arc::new(Window { arming, is_closed: AtomicBool::new(false) }));
        Ok(arming)
    }

    /// Closes the window, for every clone that shares it.
    pub fn disarm(&mut self) {
        if let Some(window) = self.window.take() {
            window.is_closed.store(true, Ordering::SeqCst);
        }
    }

    /// The window that is open at `now`.
    pub fn arming(&self, now: Timestamp) -> Option<Arming> {
        let window = self.window.as_ref()?;
        let is_open = now < window.arming.until && !window.is_closed.load(Ordering::SeqCst);
        (is_open && self.writes != Writes::Never).then_some(window.arming)
    }

    /// Lets acts through that stand alone, or `together` in a bulk: then the number is typed and a reason given.
    ///
    /// # Errors
    /// Why they may not be done.
    pub fn admit(&self, proposals: &[Proposal], now: Timestamp) -> Result<(), Denied> {
        if self.writes == Writes::Never {
            return Err(Denied::Never);
        }
        if self.arming(now).is_none() {
            return Err(Denied::NotArmed);
        }
        proposals.iter().try_for_each(|proposal| confirmed(proposal, proposals.len()))
    }

    /// Lets one act of `together` through whose target was just looked at: where the look finds it protected, or cannot
    /// tell, it is to be confirmed as such, whatever the proposal says of it.
    ///
    /// # Errors
    /// Why it may not be done.
    pub fn admit_seen(
        &self,
        proposal: &Proposal,
        seen: &Seen,
        together: usize,
        now: Timestamp,
    ) -> Result<(), Denied> {
        if self.arming(now).is_none() {
            return Err(Denied::NotArmed);
        }
        let strict = Proposal {
            protected: proposal.protected || seen.wants_words() || is_long(proposal, now),
            called: proposal.called.clone().or_else(|| seen.called().cloned()),
            ..proposal.clone()
        };
        let asked = match strict.confirmation() {
            Confirmation::Typed(name) => name.to_string(),
            Confirmation::Key => proposal.target.to_string(),
        };
        confirmed(&strict, together).map_err(|denied| match denied {
            Denied::NoReason(..) | Denied::NotConfirmed(_) if !proposal.protected => {
                Denied::Protected(asked)
            }
            other => other,
        })
    }
}

/// A silence that lasts longer than this is confirmed by words.
const LONG: SignedDuration = SignedDuration::from_hours(24);

/// No bound: how long it may be at most is not asked here.
const ENDLESS: Duration = Duration::from_secs(u64::MAX >> 1);

/// Whether a proposal makes a silence that lasts long.
pub(super) fn is_long(proposal: &Proposal, now: Timestamp) -> bool {
    let makes = proposal.act.target == TargetKind::Alert;
    // The second that rounding adds is nobody's transgression.
    let is_long = |end: Timestamp| end.duration_since(now) > LONG + SignedDuration::from_secs(1);
    makes && silence_end(proposal, now, Some(ENDLESS)).is_ok_and(is_long)
}

/// Whether a proposal is confirmed as it asks for; of several `together` each by their number.
fn confirmed(proposal: &Proposal, together: usize) -> Result<(), Denied> {
    let asked = match proposal.confirmation() {
        _ if together > 1 => together.to_string(),
        Confirmation::Key if proposal.act.risk != Risk::Hiding => return Ok(()),
        Confirmation::Key => String::new(),
        Confirmation::Typed(name) => name.to_string(),
    };
    if !proposal.reason.as_deref().is_some_and(says_something) {
        return Err(Denied::NoReason(proposal.act.name, proposal.target.to_string()));
    }
    if !asked.is_empty() && proposal.typed.as_deref() != Some(asked.as_str()) {
        return Err(Denied::NotConfirmed(asked));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{JobId, Target, Text, find_act};

    const WINDOW: Duration = Duration::from_mins(15);

    fn proposal(act: &str) -> Proposal {
        Proposal::new(find_act(act).unwrap(), Target::Job(Text::new("acme/shop"), JobId(1)))
    }

    fn armed() -> Gate {
        let mut gate = Gate::new(Writes::Arm, WINDOW);
        gate.arm(at(0)).unwrap();
        gate
    }

    #[test]
    fn nothing_is_done_until_armed_and_nothing_after_the_window() {
        let closed = Gate::new(Writes::Arm, WINDOW);
        assert_eq!(closed.admit(&[proposal("job.retry")], at(0)), Err(Denied::NotArmed));
        assert_eq!(armed().admit(&[proposal("job.retry")], at(899)), Ok(()));
        assert_eq!(armed().admit(&[proposal("job.retry")], at(900)), Err(Denied::NotArmed));
    }

    #[test]
    fn never_wins_over_everything() {
        let mut gate = Gate::new(Writes::Never, WINDOW);
        assert_eq!(gate.arm(at(0)), Err(Denied::Never));
        assert_eq!(gate.admit(&[proposal("job.retry")], at(0)), Err(Denied::Never));
    }

    #[test]
    fn disarming_closes_at_once() {
        let mut gate = armed();
        gate.disarm();
        assert_eq!(gate.admit(&[proposal("job.retry")], at(1)), Err(Denied::NotArmed));
    }

    #[test]
    fn disarming_closes_the_window_for_a_clone_too_and_a_later_one_stays_its_own() {
        let mut gate = armed();
        let clone = gate.clone();
        assert_eq!(clone.admit(&[proposal("job.retry")], at(1)), Ok(()));
        gate.disarm();
        assert_eq!(clone.admit(&[proposal("job.retry")], at(1)), Err(Denied::NotArmed));
        gate.arm(at(2)).unwrap();
        assert_eq!(clone.admit(&[proposal("job.retry")], at(3)), Err(Denied::NotArmed));
        assert_eq!(gate.admit(&[proposal("job.retry")], at(3)), Ok(()));
    }

    #[test]
    fn a_grave_act_wants_a_reason_and_then_the_name() {
        let bare = proposal("job.cancel");
        assert!(matches!(
            armed().admit(std::slice::from_ref(&bare), at(1)),
            Err(Denied::NoReason(..))
        ));
        let reasoned = Proposal { reason: Some(Text::new("stuck")), ..bare };
        assert!(matches!(
            armed().admit(std::slice::from_ref(&reasoned), at(1)),
            Err(Denied::NotConfirmed(name)) if name == "acme/shop#1"
        ));
        let confirmed = Proposal { typed: Some(Text::new("acme/shop#1")), ..reasoned };
        assert_eq!(armed().admit(&[confirmed], at(1)), Ok(()));
    }

    #[test]
    fn what_hides_something_takes_a_key_and_never_goes_without_a_reason() {
        let target = Target::Alert(Text::new("00f067aa0ba902b7"));
        let bare = Proposal::new(find_act("silence.create").unwrap(), target);
        let told = armed().admit(std::slice::from_ref(&bare), at(1));
        assert!(matches!(told, Err(Denied::NoReason(..))), "{told:?}");
        let reasoned = Proposal { reason: Some(Text::new("a known move")), ..bare };
        assert_eq!(armed().admit(&[reasoned], at(1)), Ok(()));
    }

    #[test]
    fn what_a_look_finds_protected_or_cannot_tell_is_confirmed_as_such() {
        let seen =
            |protected| Seen { protected, ..Seen::new(Text::new("unit"), Text::new("failed")) };
        let bare = proposal("job.retry");
        let name = Denied::Protected("acme/shop#1".to_owned());
        let admit = |proposal: &Proposal, protected| {
            armed().admit_seen(proposal, &seen(protected), 1, at(1))
        };
        assert_eq!(admit(&bare, Some(false)), Ok(()));
        assert_eq!(admit(&bare, Some(true)), Err(name.clone()));
        assert_eq!(admit(&bare, None), Err(name));
        let confirmed = Proposal {
            reason: Some(Text::new("stuck")),
            typed: Some(Text::new("acme/shop#1")),
            ..bare
        };
        assert_eq!(admit(&confirmed, Some(true)), Ok(()));
    }

    #[test]
    fn a_look_that_took_too_long_finds_the_window_closed() {
        let seen = Seen::new(Text::new("unit"), Text::new("failed"));
        let late = armed().admit_seen(&proposal("job.retry"), &seen, 1, at(900));
        assert_eq!(late, Err(Denied::NotArmed));
    }

    #[test]
    fn several_at_once_want_their_number() {
        let one = Proposal {
            reason: Some(Text::new("flaky")),
            typed: Some(Text::new("2")),
            ..proposal("job.retry")
        };
        assert_eq!(armed().admit(&[one.clone(), one.clone()], at(1)), Ok(()));
        let three = [one.clone(), one.clone(), one];
        assert!(
            matches!(armed().admit(&three, at(1)), Err(Denied::NotConfirmed(number)) if number == "3")
        );
    }
}
