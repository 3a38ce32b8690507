//! [`Acts`]: the desk and its gate, below the interface. What the program asks about acts is carried out off the loop and
//! answered by message.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::clock::Clock;
use super::keeper::{Keeper, Order};
use crate::access::campaign::{Reviewer, Vouch};
use crate::action::{self, ABANDONED_AFTER, Desk, Gate, Reconciled, Refused};
use crate::app::act::{Found, Leftover, Performed};
use crate::app::{ActNews, ActRequest, Msg, ReviewNews, ReviewRequest};
use crate::domain::{ActReport, Proposal, Seen, Target, TargetKind, Text, Timestamp, Wire};

/// How long to wait before a target is looked at again that could not be.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long to wait at the least.
const SOONEST: Duration = Duration::from_secs(1);

/// The desk and its gate. The gate stands here alone: the program is only told how it stands.
#[derive(Debug)]
pub struct Acts {
    desk: Arc<Desk>,
    gate: Gate,
    answers: Sender<Msg>,
    clock: Clock,
    /// What looks at the targets of the dialog that is open.
    looking: Option<JoinHandle<()>>,
    /// What was sent and may still be without its record.
    under_way: Vec<JoinHandle<()>>,
}

impl Acts {
    /// A desk behind its closed gate; what comes of things goes to `answers`.
    pub fn new(desk: Desk, gate: Gate, answers: Sender<Msg>, clock: Clock) -> Acts {
        let (desk, under_way) = (Arc::new(desk), Vec::new());
        Acts { desk, gate, answers, clock, looking: None, under_way }
    }

    /// Does what the program asks about acts. What it answers at once is returned; the rest comes as messages.
    pub fn carry_out(&mut self, request: ActRequest) -> Option<ActNews> {
        match request {
            ActRequest::Identify => self.identify(),
            ActRequest::Arm => {
                let armed = self.gate.arm(self.clock.now());
                let armed = armed.map(|arming| arming.until);
                return Some(ActNews::Armed(armed.map_err(|why| Text::new(&why.to_string()))));
            }
            ActRequest::Disarm => self.gate.disarm(),
            ActRequest::Weigh { ticket, seen } => return Some(self.weigh(ticket, seen)),
            ActRequest::Reconcile => self.reconcile(),
            ActRequest::Look { ticket, proposals } => return Some(self.look(ticket, proposals)),
            ActRequest::Forget => self.forget(),
            ActRequest::Perform { ticket, proposals } => self.perform(ticket, proposals),
        }
        None
    }

    /// Closes the gate because the terminal is given away, and tells so.
    pub fn suspend(&mut self) -> ActNews {
        self.gate.disarm();
        ActNews::Disarmed(Text::new("it was suspended; `:arm` opens the window again"))
    }

    /// Waits for what is under way to have its record, at the longest for `patience`. Says how much has none then.
    pub async fn ended(self, patience: Duration) -> usize {
        let until = Instant::now() + patience;
        let mut left = 0;
        for one in self.under_way {
            if timeout_at(until, one).await.is_err() {
                left += 1;
            }
        }
        left
    }

    /// Asks who we are; while armed also what clusters say of our rights, which read-only cannot be asked.
    fn identify(&self) {
        let (desk, answers) = (Arc::clone(&self.desk), self.answers.clone());
        let arming = self.gate.arming(self.clock.now());
        tokio::spawn(async move {
            let identities = match arming {
                Some(arming) => desk.rights_when_armed(arming).await,
                None => desk.identities().await,
            };
            tell(&answers, ActNews::Identities(identities)).await;
        });
    }

    /// Says what would be sent, and looks at one target after the other. What was looked at before is given up.
    fn look(&mut self, ticket: u64, proposals: Vec<Proposal>) -> ActNews {
        self.forget();
        let wires = wires_of(&self.desk, &proposals);
        let mut told = wires.clone();
        let (desk, answers) = (Arc::clone(&self.desk), self.answers.clone());
        self.looking = Some(tokio::spawn(async move {
            for (place, proposal) in proposals.iter().enumerate() {
                let news = look_at(&desk, (ticket, place), proposal.clone()).await;
                // A cluster's address is known once it was spoken to.
                let wires = wires_of(&desk, &proposals);
                if wires != told {
                    told.clone_from(&wires);
                    tell(&answers, ActNews::Wires { ticket, wires }).await;
                }
                tell(&answers, news).await;
            }
        }));
        ActNews::Wires { ticket, wires }
    }

    /// Says why acts would be refused, by what was seen. Nothing is asked for that.
    fn weigh(&self, ticket: u64, seen: Vec<(usize, Proposal, Seen)>) -> ActNews {
        let one = |(place, proposal, seen): (usize, Proposal, Seen)| {
            let objection = self.desk.objection(&proposal, &seen);
            (place, objection.map(|words| Text::new(&words)))
        };
        ActNews::Weighed { ticket, objections: seen.into_iter().map(one).collect() }
    }

    /// Closes what a crash left open.
    fn reconcile(&self) {
        let (desk, answers) = (Arc::clone(&self.desk), self.answers.clone());
        let clock = self.clock;
        tokio::spawn(async move {
            let mut told = Leftover::default();
            loop {
                let found = desk.reconcile(clock.now()).await;
                let next = found.as_ref().ok().and_then(|found| next_look(found, clock.now()));
                let found = found.map(leftover).map_err(|error| Text::new(&error.to_string()));
                // What stays as it was is said once.
                if found.as_ref() != Ok(&told) {
                    tell(&answers, ActNews::Reconciled(found.clone())).await;
                }
                let (Some(pause), false) = (next, answers.is_closed()) else { break };
                told =
                    found.map(|found| Leftover { closed: Vec::new(), ..found }).unwrap_or_default();
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// Asks something of the file of reviews, in the name of whoever GitLab says that we are.
    pub fn review(&self, request: ReviewRequest, keeper: &Keeper) {
        let (desk, answers) = (Arc::clone(&self.desk), self.answers.clone());
        let keeper = keeper.clone();
        tokio::spawn(async move {
            let by = match &request {
                ReviewRequest::Remedy(_) => Err(Text::new("nobody was asked")),
                _ => desk.user_on_gitlab().await,
            };
            let by = by.map(|username| Reviewer { username, vouched: Vouch::Token });
            if let Err(why) = keeper.ask(Order { request, by }) {
                answers.send(Msg::Review(ReviewNews::Refused(why))).await.ok();
            }
        });
    }

    fn forget(&mut self) {
        if let Some(looking) = self.looking.take() {
            looking.abort();
        }
    }

    /// Does what was confirmed, on a task of its own that nothing here ever aborts.
    fn perform(&mut self, ticket: u64, proposals: Vec<Proposal>) {
        self.under_way.retain(|one| !one.is_finished());
        let (desk, gate) = (Arc::clone(&self.desk), self.gate.clone());
        let answers = self.answers.clone();
        self.under_way.push(tokio::spawn(async move {
            let is_bulk = proposals.len() > 1;
            // Where the queue is full, the whole answer in the end tells the same.
            let progress = |place, result: &Result<_, Refused>| {
                let result = Box::new(told(result.as_ref()));
                if is_bulk {
                    answers.try_send(Msg::Act(ActNews::Progress { ticket, place, result })).ok();
                }
            };
            let done = desk.perform_telling(&gate, &proposals, progress).await;
            let one = |result: Result<_, Refused>| told(result.as_ref());
            let results = done
                .map(|reports| reports.into_iter().map(one).collect())
                .map_err(|why| Text::new(&why.to_string()));
            tell(&answers, ActNews::Performed { ticket, results }).await;
        }));
    }
}

/// What came of an act, as the program is told.
fn told(result: Result<&ActReport, &Refused>) -> Performed {
    result.cloned().map_err(|why| Text::new(&why.to_string()))
}

fn wires_of(desk: &Desk, proposals: &[Proposal]) -> Vec<Option<Wire>> {
    proposals.iter().map(|proposal| desk.wire(proposal)).collect()
}

/// Looks at the target of a proposal; for one about a job's deployment looks first which one that is.
async fn look_at(desk: &Desk, (ticket, place): (u64, usize), proposal: Proposal) -> ActNews {
    let words = |error: crate::api::Error| Text::new(&error.to_string());
    if proposal.act.target == TargetKind::Deployment
        && let Target::Job(project, job) = &proposal.target
    {
        let found = desk.deployment_of(project, *job).await.map_err(words);
        let found = found.map(|found| {
            let (target, seen) = found?;
            let wire = desk.wire(&Proposal { target: target.clone(), ..proposal });
            Some(Box::new(Found { target, wire, seen }))
        });
        return ActNews::Found { ticket, place, found };
    }
    let seen = desk.look(&proposal.target).await.map_err(words);
    ActNews::Seen { ticket, place, seen }
}

/// How long to wait before what is still open is looked at again; `None` where nothing is.
fn next_look(found: &[Reconciled], now: Timestamp) -> Option<Duration> {
    let wait = |one: &Reconciled| match one.result {
        action::Found::Closed(_) => None,
        // From then on nobody can be at it any more.
        action::Found::UnderWay => {
            let over = one.deed.at.saturating_add(ABANDONED_AFTER).unwrap_or(now);
            Some(Duration::try_from(over.duration_since(now)).unwrap_or_default())
        }
        action::Found::Unseen(_) | action::Found::Unrecorded(_) => Some(LOOK_AGAIN),
    };
    Some(found.iter().filter_map(wait).min()?.max(SOONEST))
}

/// What was found open, a line each.
fn leftover(found: Vec<Reconciled>) -> Leftover {
    let mut leftover = Leftover::default();
    for Reconciled { deed, result } in found {
        let what = format!("{} of {}", deed.act, deed.target);
        let (told, words) = match result {
            action::Found::Closed(outcome) => {
                let words = outcome.message.map_or_else(String::new, |words| format!(": {words}"));
                (&mut leftover.closed, format!("{}{words}", outcome.ending))
            }
            action::Found::UnderWay => {
                (&mut leftover.open, "another instance may be at it".to_owned())
            }
            action::Found::Unseen(why) => {
                (&mut leftover.open, format!("its target cannot be looked at: {why}"))
            }
            action::Found::Unrecorded(why) => {
                (&mut leftover.open, format!("its outcome cannot be recorded: {why}"))
            }
        };
        told.push(Text::new(&format!("{what}: {words}")));
    }
    leftover
}

/// Tells the loop; where it has ended nobody waits any more.
async fn tell(answers: &Sender<Msg>, news: ActNews) {
    answers.send(Msg::Act(news)).await.ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::act::fixture::deed;
    use crate::domain::{Ending, Outcome};

    fn found(result: action::Found) -> Reconciled {
        Reconciled { deed: deed(1), result }
    }

    #[test]
    fn an_act_of_another_instance_is_looked_at_again_once_nobody_can_be_at_it() {
        let at = deed(1).at;
        let after = |seconds: i64| at + jiff::SignedDuration::from_secs(seconds);
        let open = [found(action::Found::UnderWay)];
        assert_eq!(next_look(&open, after(30)), Some(Duration::from_secs(90)));
        assert_eq!(next_look(&open, after(120)), Some(SOONEST));
    }

    #[test]
    fn what_cannot_be_looked_at_is_tried_again_and_what_is_closed_is_not() {
        let at = deed(1).at;
        let outcome = Outcome { ending: Ending::Done, status: None, message: None };
        let closed = found(action::Found::Closed(outcome));
        let unseen = found(action::Found::Unseen(Text::new("503")));
        assert_eq!(next_look(&[closed.clone(), unseen], at), Some(LOOK_AGAIN));
        assert_eq!(next_look(&[closed], at), None);
        assert_eq!(next_look(&[], at), None);
    }
}
