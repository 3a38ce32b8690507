//! [`Desk`]: takes confirmed proposals, and does each at most once: gate, look, ledger, request, outcome, ledger, look.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::follow::Begun;
use super::gate::{Arming, Denied, Gate, is_long};
use super::look;
use super::platforms::Platforms;
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Ledger, LedgerError, Permit, Progress, Refusal};
use crate::config::Settings;
use crate::domain::act::OURS;
use crate::domain::{
    ActReport as Report, Actor, Ending, Identity, Intent, JobId, Outcome, Proposal, Seen, Target,
    TargetKind, Text, Timestamp, Wire,
};

/// The name under which the ledger has the identity of the very object that an act is done to.
pub(super) const UID: &str = "uid";

/// The same of a request: the commit at its head.
pub(super) const SHA: &str = "sha";

/// For how long what a platform told of us is believed.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(1);

/// How long an act on another platform waits for GitLab to say who we are.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why an act was not done. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The gate said no.
    #[error(transparent)]
    Gate(#[from] Denied),
    /// The target could not be looked at.
    #[error("the target cannot be looked at, so nothing was sent: {0}")]
    Unseen(Error),
    /// The target is not as it should be.
    #[error("nothing was sent: {0}")]
    Objection(String),
    /// The platform is not configured, or knows no such act.
    #[error("nothing here can do this: {0}")]
    Unable(&'static str),
    /// The platform asked to be left alone for a while.
    #[error("not sent: the platform asked to wait until {until}")]
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// The same act is under way, or was done meanwhile.
    #[error(transparent)]
    UnderWay(#[from] Refusal),
    /// The ledger cannot be written: then nothing happens.
    #[error("nothing was sent, because it cannot be recorded: {0}")]
    Ledger(#[from] LedgerError),
}

/// Does what was confirmed.
pub struct Desk {
    pub(super) platforms: Platforms,
    ledger: PathBuf,
    pub(super) wiring: Wiring,
    os_user: Text,
    host: Text,
    /// Who we are to platforms that told so a moment ago, and when.
    known: Mutex<Vec<(Timestamp, Identity)>>,
    /// How far the ledger's chain was checked.
    checked: Mutex<Progress>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk before the configured platforms; `os` is who runs the program, and on which machine. Opens nothing until
    /// something is asked for.
    pub fn new(settings: &Settings, ledger: &Path, os: (Text, Text), wiring: Wiring) -> Desk {
        Desk {
            platforms: Platforms::new(settings, &wiring),
            ledger: ledger.to_path_buf(),
            wiring,
            os_user: os.0,
            host: os.1,
            known: Mutex::default(),
            checked: Mutex::default(),
        }
    }

    /// Where the ledger is.
    pub(super) fn ledger(&self) -> &Path {
        &self.ledger
    }

    /// Who we are to each platform, as their own answers tell.
    pub async fn identities(&self) -> Vec<Identity> {
        self.platforms.identities().await
    }

    /// Who we are to GitLab; nobody else is asked.
    ///
    /// # Errors
    /// Why it does not tell.
    pub async fn user_on_gitlab(&self) -> Result<Text, Text> {
        let all = self.platforms.identities_of(&[Text::new("gitlab")], None).await;
        all.into_iter()
            .next()
            .map_or_else(|| Err(Text::new("no GitLab is configured")), |one| one.user)
    }

    /// Who we are to each platform, and what clusters say of our rights: they are asked by creating a review, which waits
    /// until armed.
    pub async fn rights_when_armed(&self, arming: Arming) -> Vec<Identity> {
        self.platforms.rights_when_armed(arming).await
    }

    /// Looks at a target.
    ///
    /// # Errors
    /// Why it cannot be looked at.
    pub async fn look(&self, target: &Target) -> Result<Seen, Error> {
        self.platforms.look(target).await
    }

    /// The deployment that a job waits for, if it waits for one: what `deployment.approve` of that job's row is about.
    ///
    /// # Errors
    /// Why the project's deployments cannot be read.
    pub async fn deployment_of(
        &self,
        project: &Text,
        job: JobId,
    ) -> Result<Option<(Target, Seen)>, Error> {
        self.platforms.deployment_of(project, job).await
    }

    /// Why an act on a target would be refused before anything is sent, by what was just seen of it; to be told before it
    /// is confirmed.
    pub fn objection(&self, proposal: &Proposal, seen: &Seen) -> Option<String> {
        let end = || self.platforms.end(proposal, self.wiring.now())?.err();
        let objection = look::objection_to(proposal, seen);
        let filing =
            || self.platforms.registrar(proposal)?.objection(proposal, seen, self.wiring.now());
        objection.or_else(|| look::another(proposal, seen)).or_else(end).or_else(filing)
    }

    /// Whether an act is confirmed by words, by what was just seen of its target.
    pub fn wants_words(&self, proposal: &Proposal, seen: &Seen) -> bool {
        seen.wants_words() || is_long(proposal, self.wiring.now())
    }

    /// What would be sent; `None` where no configured platform knows such an act.
    pub fn wire(&self, proposal: &Proposal) -> Option<Wire> {
        self.platforms.order(proposal).map(|order| order.wire())
    }

    /// Every changing request that an act may come to, in their order, each with a record of its own.
    pub fn wires(&self, proposal: &Proposal) -> Vec<Wire> {
        let second = self.platforms.second_order(proposal).map(|order| order.wire());
        self.wire(proposal).into_iter().chain(second).collect()
    }

    /// Does what was confirmed: each proposal by itself, in order. One that is refused stops none of the others.
    ///
    /// # Errors
    /// [`Refused::Gate`] and [`Refused::Ledger`] for all of them together; each has its own answer else.
    pub async fn perform(
        &self,
        gate: &Gate,
        proposals: &[Proposal],
    ) -> Result<Vec<Result<Report, Refused>>, Refused> {
        self.perform_telling(gate, proposals, |_, _| {}).await
    }

    /// The same; `tell` is told what came of each as soon as it is known, with its place.
    ///
    /// # Errors
    /// As [`Desk::perform`].
    pub async fn perform_telling(
        &self,
        gate: &Gate,
        proposals: &[Proposal],
        tell: impl Fn(usize, &Result<Report, Refused>),
    ) -> Result<Vec<Result<Report, Refused>>, Refused> {
        gate.admit(proposals, self.wiring.now())?;
        self.check_ledger().await?;
        let arming = gate.arming(self.wiring.now());
        let known = self.known(proposals, arming).await;
        let mut reports = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            let together = (gate, proposals.len());
            let mut done = Box::pin(self.perform_one(together, proposal, &known)).await;
            if let Ok(report) = done {
                done = Box::pin(self.file_next(together, (proposal, report), &known)).await;
            }
            tell(reports.len(), &done);
            reports.push(done);
        }
        Ok(reports)
    }

    /// Checks the ledger's chain as far as it was not checked before: nothing is done on one that is broken.
    async fn check_ledger(&self) -> Result<(), Refused> {
        let mut checked = self.checked.lock().await;
        let (path, progress) = (self.ledger.clone(), checked.clone());
        let sound = tokio::task::spawn_blocking(move || Ledger::sound(&path, progress)).await;
        *checked = sound.map_err(|_| Refused::Unable("the ledger's thread broke off"))??;
        Ok(())
    }

    /// Does one of several proposals: looks, asks the gate, records, sends, records, looks.
    pub(super) async fn perform_one(
        &self,
        (gate, together): (&Gate, usize),
        proposal: &Proposal,
        known: &[Identity],
    ) -> Result<Report, Refused> {
        // The window may close, and a platform may ask for a pause, while a long list is being worked off.
        let now = self.wiring.now();
        gate.arming(now).ok_or(Denied::NotArmed)?;
        if let Some(until) = self.platforms.quiet_until(&proposal.target, now) {
            return Err(Refused::Wait { until });
        }
        let unable = || Refused::Unable("no configured platform knows this act");
        self.platforms.order(proposal).ok_or_else(unable)?;
        let looked = self.wiring.now();
        let before = self.look(&proposal.target).await.map_err(Refused::Unseen)?;
        if let Some(objection) = self.objection(proposal, &before) {
            return Err(Refused::Objection(objection));
        }
        gate.admit_seen(proposal, &before, together, self.wiring.now())?;
        let proposal = &named(proposal, &before);
        let filed = self.platforms.filed(proposal, &before, self.wiring.now());
        let (proposal, order) = if let Some(filed) = filed {
            filed.map_err(Refused::Objection)?
        } else {
            let settled = self.settled(proposal, &before, known);
            let order = self.platforms.order(&settled).ok_or_else(unable)?.on(&before);
            (settled, order)
        };
        let proposal = &proposal;
        let identity = proposal.identity.clone().or_else(|| before.identity.clone());
        let meant = Proposal { identity, ..proposal.clone() };
        let intent = self.intent(&noting(&meant, &before), order.wire(), known);
        let permit = self.permit(intent, looked).await?;
        let seq = permit.seq();
        if let Some(why) = self.overtaken(proposal).await {
            let outcome = Outcome { ending: Ending::Failed, status: None, message: Some(why) };
            return self.settle(proposal, permit.settle(outcome)).await;
        }
        // Sent on a task of its own: whoever waits for it may be dropped, the request and its record may not.
        let platforms = self.platforms.clone();
        let sent = tokio::spawn(async move { platforms.send(permit, order).await }).await;
        let closing = sent.unwrap_or_else(|_| Closing { of: seq, outcome: broken_off() });
        let report = self.settle(proposal, closing).await?;
        let begun = Begun { gate: (gate, together), proposal: &meant, known };
        Ok(Box::pin(self.go_on(begun, report)).await)
    }

    /// Why a silence is not made after all: Alertmanager takes a second equal one without a word, so that it is looked at
    /// again once the permit keeps every other instance from making it.
    async fn overtaken(&self, proposal: &Proposal) -> Option<Text> {
        if proposal.act.target != TargetKind::Alert {
            return None;
        }
        let why = match self.look(&proposal.target).await {
            Ok(seen) => look::objection_to(proposal, &seen)?,
            Err(error) => format!("it cannot be looked at: {error}"),
        };
        Some(Text::new(&format!("nothing was sent: {why}")))
    }

    /// Who we are to the platforms of some proposals. Each of several acts in a row need not ask again.
    async fn known(&self, proposals: &[Proposal], arming: Option<Arming>) -> Vec<Identity> {
        let mut known = self.known.lock().await;
        let now = self.wiring.now();
        known.retain(|(at, one)| one.user.is_ok() && now.duration_since(*at) < KNOWN_FOR);
        let mut names: Vec<Text> = proposals.iter().map(|one| one.target.platform()).collect();
        names.retain(|name| known.iter().all(|(_, one)| one.platform != *name));
        if !names.is_empty() {
            let told = self.platforms.identities_of(&names, arming).await;
            known.extend(told.into_iter().map(|one| (now, one)));
        }
        // A silence names who made it, as GitLab knows them, and so does an acknowledgement; neither is kept waiting for a
        // GitLab that is down.
        let gitlab = Text::new("gitlab");
        let is_borrowed = proposals.iter().any(|one| borrows_a_name(&one.target.platform()));
        if is_borrowed && known.iter().all(|(_, one)| one.platform != gitlab) {
            let names = [gitlab];
            let told = timeout(PATIENCE, self.platforms.identities_of(&names, None)).await;
            known.extend(told.unwrap_or_default().into_iter().map(|one| (now, one)));
        }
        known.iter().map(|(_, one)| one.clone()).collect()
    }

    /// What was left to this moment: a silence's matchers, its end, and who makes it.
    fn settled(&self, proposal: &Proposal, seen: &Seen, known: &[Identity]) -> Proposal {
        if !matches!(proposal.act.target, TargetKind::Alert | TargetKind::Silence) {
            return proposal.clone();
        }
        let here = format!("{}@{}", self.os_user, self.host);
        let user = known.iter().find(|one| &*one.platform == "gitlab");
        let author = match user.and_then(|one| one.user.as_ref().ok()) {
            Some(user) => format!("{user} ({here})"),
            None => here,
        };
        let end = self.platforms.end(proposal, self.wiring.now()).and_then(Result::ok);
        let end = end.map(|end| Text::new(&end.to_string()));
        look::alertmanager::settled(proposal, seen, (&Text::new(&author), end.as_ref()))
    }

    fn intent(&self, proposal: &Proposal, wire: Wire, known: &[Identity]) -> Intent {
        let name = if proposal.act.target == TargetKind::Request { SHA } else { UID };
        let uid = proposal.identity.clone().map(|uid| (Text::new(name), uid));
        Intent {
            act: proposal.act.name,
            target: Text::new(&proposal.target.to_string()),
            settings: proposal.recorded().into_iter().chain(uid).collect(),
            actor: self.actor(&proposal.target, known),
            reason: proposal.reason.clone(),
            wire,
        }
    }

    fn actor(&self, target: &Target, known: &[Identity]) -> Actor {
        let platform = target.platform();
        let user = known.iter().find(|one| one.platform == platform);
        let user = user.and_then(|one| one.user.clone().ok());
        // Alertmanager and the ledger know no people: they are told who GitLab says that we are.
        let gitlab = || {
            let gitlab = known.iter().find(|one| &*one.platform == "gitlab");
            gitlab.filter(|_| borrows_a_name(&platform))?.user.clone().ok()
        };
        let user = user.or_else(gitlab);
        Actor {
            platform,
            user: user.unwrap_or_else(|| Text::new("unknown")),
            os_user: self.os_user.clone(),
            host: self.host.clone(),
        }
    }

    /// Writes the intent down. On a thread of its own: the disk may be slow.
    async fn permit(&self, intent: Intent, looked: Timestamp) -> Result<Permit, Refused> {
        let (path, now) = (self.ledger.clone(), self.wiring.now());
        let opened = tokio::task::spawn_blocking(move || -> Result<Permit, Refused> {
            Ok(Ledger::open_at(&path)?.open(intent, looked, now)??)
        });
        opened.await.unwrap_or(Err(Refused::Unable("the ledger's thread broke off")))
    }
}

/// Whether a platform knows no people of its own.
fn borrows_a_name(platform: &Text) -> bool {
    matches!(&**platform, "alertmanager" | OURS)
}

/// A proposal with what a record wants of its target as it is before: the sizes of a node group, which no later look tells,
/// and the id of the record that a request asks for.
fn noting(proposal: &Proposal, before: &Seen) -> Proposal {
    let mut noted = proposal.clone();
    if proposal.act.target == TargetKind::NodeGroup {
        let sizes = before.facts.iter().filter(|(name, _)| &**name != "bound");
        let sizes: Vec<String> = sizes.map(|(name, size)| format!("{name} {size}")).collect();
        noted.settings.push((Text::new("before"), Text::new(&sizes.join(", "))));
    }
    let called = before.called().filter(|_| proposal.act.target == TargetKind::Request);
    noted.settings.extend(called.map(|id| (Text::new("record"), id.clone())));
    noted
}

/// A proposal about its target by the one name that its platform has for it.
fn named(proposal: &Proposal, seen: &Seen) -> Proposal {
    let target = seen.properly.as_deref().unwrap_or(&proposal.target).clone();
    Proposal { target, ..proposal.clone() }
}

/// The outcome of a request that could not be sent.
pub(super) fn never_sent() -> Outcome {
    let message = Some(Text::new("its platform is not configured: nothing was sent"));
    Outcome { ending: Ending::Failed, status: None, message }
}

/// The outcome of a request whose task broke off: nobody can tell what was sent.
fn broken_off() -> Outcome {
    let message = Some(Text::new("the sending broke off"));
    Outcome { ending: Ending::Unknown, status: None, message }
}
