//! [`Acts`]: the desk and its gate, below the interface. What the program asks about acts is carried out off the loop and
//! answered by message.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::clock::Clock;
use crate::action::{Desk, Gate};
use crate::app::act::Performed;
use crate::app::{ActNews, ActRequest, Msg};
use crate::domain::{Proposal, Text};

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

    fn identify(&self) {
        let (desk, answers) = (Arc::clone(&self.desk), self.answers.clone());
        tokio::spawn(async move {
            let identities = desk.identities().await;
            tell(&answers, ActNews::Identities(identities)).await;
        });
    }

    /// Says what would be sent, and looks at one target after the other. What was looked at before is given up.
    fn look(&mut self, ticket: u64, proposals: Vec<Proposal>) -> ActNews {
        self.forget();
        let wires = proposals.iter().map(|proposal| self.desk.wire(proposal)).collect();
        let (desk, answers) = (Arc::clone(&self.desk), self.answers.clone());
        self.looking = Some(tokio::spawn(async move {
            for (place, proposal) in proposals.into_iter().enumerate() {
                let seen = desk.look(&proposal.target).await;
                let seen = seen.map_err(|error| Text::new(&error.to_string()));
                tell(&answers, ActNews::Seen { ticket, place, seen }).await;
            }
        }));
        ActNews::Wires { ticket, wires }
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
            let done = desk.perform(&gate, &proposals).await;
            let one = |result: Result<_, crate::action::Refused>| -> Performed {
                result.map_err(|why| Text::new(&why.to_string()))
            };
            let results = done
                .map(|reports| reports.into_iter().map(one).collect())
                .map_err(|why| Text::new(&why.to_string()));
            tell(&answers, ActNews::Performed { ticket, results }).await;
        }));
    }
}

/// Tells the loop; where it has ended nobody waits any more.
async fn tell(answers: &Sender<Msg>, news: ActNews) {
    answers.send(Msg::Act(news)).await.ok();
}

/// Who runs the program, and on which machine, as the system knows them.
pub fn person() -> (Text, Text) {
    let id = rustix::process::getuid().as_raw();
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = known.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse::<u32>().ok()? == id).then(|| name.to_owned())
    });
    // Where people are kept elsewhere, the environment's word is told as such, beside the number that is certain.
    let claimed = || match std::env::var("USER") {
        Ok(name) => format!("{name} (uid {id})"),
        Err(_) => format!("uid {id}"),
    };
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    (Text::new(&named.unwrap_or_else(claimed)), Text::new(&host))
}
