//! [`Confirm`]: the dialog of an act. It holds what was meant when it opened, and what is typed to confirm it.

pub use super::field::{Field, FieldKind};
use super::field::{name_of, variable};
pub use super::item::{Item, Sends};
use super::{Choice, Found};
use crate::app::input::Line;
use crate::domain::act::says_something;
use crate::domain::time::read_span;
use crate::domain::{Act, Confirmation, EntityId, Proposal, Risk, Seen, Text, Timestamp, Variable};
use crate::register::until;

/// The dialog of an act.
#[derive(Debug)]
pub struct Confirm {
    /// Its ticket: answers name it.
    pub ticket: u64,
    /// The act.
    pub act: &'static Act,
    /// The targets, frozen at opening.
    pub items: Vec<Item>,
    /// What is typed.
    pub fields: Vec<Field>,
    /// Which line has the keys; `None` where the question itself has.
    pub focus: Option<usize>,
    /// Variables that were given.
    pub variables: Vec<Variable>,
    /// What is wrong with what was typed.
    pub told: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// Lines of the targets that are scrolled away.
    pub top: usize,
    /// Whether the last of its targets was in sight, after everything had been looked at.
    pub is_read: bool,
}

/// How far the dialog of an act has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// It asks.
    Asking,
    /// It was sent, and no answer has come: nothing in it can be pressed twice.
    Sent,
    /// Every target has its result; or none was sent, for this reason.
    Answered(Option<Text>),
}

/// What Enter does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enter {
    /// It gives up: nothing was typed, or the question is asked for one key.
    Cancel,
    /// It takes the variable that is typed.
    Add,
    /// It goes on to another line.
    Next(usize),
    /// It goes back to the question.
    Leave,
    /// It sends: every word is right.
    Send,
}

impl Confirm {
    /// The dialog of an act on some targets, as it opens.
    pub fn new(ticket: u64, act: &'static Act, choices: Vec<Choice>) -> Confirm {
        let items: Vec<Item> = choices.into_iter().map(Item::new).collect();
        let mut confirm = Confirm {
            ticket,
            act,
            items,
            fields: Vec::new(),
            focus: None,
            variables: Vec::new(),
            told: None,
            stage: Stage::Asking,
            top: 0,
            is_read: false,
        };
        confirm.fields = confirm.lines();
        confirm.focus = (confirm.asked().is_some() || confirm.wants_reason()).then_some(0);
        confirm
    }

    /// The lines that are to be typed, in their order.
    fn lines(&self) -> Vec<Field> {
        let field = |kind| Field { kind, line: Line::default() };
        let mut fields: Vec<Field> = Vec::new();
        for name in self.act.settings {
            fields.push(match *name {
                "VARIABLE" => field(FieldKind::Variable),
                // A script names an instant; a person says how long.
                "ends_at" => continue,
                name => field(FieldKind::Setting(name)),
            });
        }
        fields.push(field(FieldKind::Reason));
        if self.asked().is_some() {
            fields.push(field(FieldKind::Name));
        }
        fields
    }

    /// The words that have to be typed; `None` where one key is enough.
    pub fn asked(&self) -> Option<Text> {
        if let [one] = self.items.as_slice() {
            return match one.choice.proposal.confirmation() {
                Confirmation::Key => None,
                // It is named once it is found.
                Confirmation::Typed(_) if one.is_sought() => Some(Text::new("…")),
                Confirmation::Typed(name) => Some(name),
            };
        }
        let live = self.live().collect::<Vec<_>>();
        // The one that is left of several is confirmed as it would be alone, and never by a bare key.
        if let [only] = live.as_slice()
            && let Confirmation::Typed(name) = only.choice.proposal.confirmation()
        {
            return Some(name);
        }
        Some(Text::new(&live.len().to_string()))
    }

    /// The targets for which something would be sent, as far as what was seen tells.
    pub fn live(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.stopped().is_none())
    }

    /// Whether it is never done without a reason.
    fn wants_reason(&self) -> bool {
        self.act.risk == Risk::Hiding || self.asked().is_some()
    }

    /// Whether every target has an answer, or it was told why none was sent.
    pub fn is_answered(&self) -> bool {
        matches!(self.stage, Stage::Answered(_))
    }

    /// The line that takes what is typed, where there is one.
    pub fn line_mut(&mut self) -> Option<&mut Line> {
        if self.stage != Stage::Asking {
            return None;
        }
        self.fields.get_mut(self.focus?).map(|field| &mut field.line)
    }

    /// Puts a text into the line of a setting, before anything is typed.
    pub fn prefill(&mut self, name: &str, text: &str) {
        let mut fields = self.fields.iter_mut();
        if let Some(field) = fields.find(|field| field.kind == FieldKind::Setting(name_of(name))) {
            field.line = Line::selected(text);
        }
    }

    /// Goes to another line, and over the question where one key answers it.
    pub fn turn(&mut self, step: isize) {
        if self.stage != Stage::Asking || self.fields.is_empty() {
            return;
        }
        let lines = self.fields.len();
        let stops = lines + usize::from(self.asked().is_none());
        let here = self.focus.unwrap_or(lines);
        let next = here.saturating_add(stops).saturating_add_signed(step.signum()) % stops;
        self.focus = (next < lines).then_some(next);
        self.told = None;
    }

    /// What Enter does now.
    pub fn enter(&self) -> Enter {
        let Some(here) = self.focus else { return Enter::Cancel };
        let text = |field: &Field| !field.line.text().trim().is_empty();
        let is_variable = |field: &Field| field.kind == FieldKind::Variable;
        if self.fields.get(here).is_some_and(|field| is_variable(field) && text(field)) {
            return Enter::Add;
        }
        if self.asked().is_none() {
            return self.fault().map_or(Enter::Leave, |(there, _)| Enter::Next(there));
        }
        match self.fault() {
            None => Enter::Send,
            Some(_) if !self.is_begun() => Enter::Cancel,
            Some((there, _)) => Enter::Next(there),
        }
    }

    /// Whether a person has typed anything that confirms.
    fn is_begun(&self) -> bool {
        let counts = |field: &Field| matches!(field.kind, FieldKind::Reason | FieldKind::Name);
        self.fields.iter().any(|field| counts(field) && !field.line.text().is_empty())
    }

    /// The first line that is not right yet, and why.
    pub fn fault(&self) -> Option<(usize, String)> {
        self.fields.iter().enumerate().find_map(|(place, field)| {
            let words = self.fault_of(field)?;
            Some((place, words))
        })
    }

    fn fault_of(&self, field: &Field) -> Option<String> {
        let text = field.line.text().trim();
        match field.kind {
            FieldKind::Variable if text.is_empty() => None,
            FieldKind::Variable => variable(text).err(),
            FieldKind::Setting(name @ ("desired" | "max")) => match text.parse::<u64>() {
                Ok(_) => self.crossed(name),
                Err(_) => Some(format!("{name} is a number of nodes")),
            },
            FieldKind::Setting("duration") if read_span(text).is_none() => {
                Some("say how long: a span of time such as 30m, 2h or 1d".to_owned())
            }
            FieldKind::Setting("until") => until(text, Timestamp::UNIX_EPOCH).err(),
            FieldKind::Setting(_) => None,
            FieldKind::Reason if !says_something(text) && self.wants_reason() => {
                Some("say why: a reason is recorded with this act".to_owned())
            }
            FieldKind::Reason => None,
            FieldKind::Name => match self.asked() {
                Some(asked) if *text != *asked => Some(format!("type {asked} to confirm")),
                _ => None,
            },
        }
    }

    /// A group cannot want more than its most.
    fn crossed(&self, name: &str) -> Option<String> {
        let number = |name: &'static str| self.setting(name)?.parse::<u64>().ok();
        let (desired, max) = (number("desired")?, number("max")?);
        (name == "max" && desired > max)
            .then(|| format!("{desired} are wanted, so max is too small"))
    }

    fn setting(&self, name: &'static str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.kind == FieldKind::Setting(name))?;
        Some(field.line.text().trim())
    }

    /// Takes the variable that is typed; a later one of the same name takes the place of an earlier one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take_variable(&mut self) -> Result<(), String> {
        let mut fields = self.fields.iter_mut();
        let Some(field) = fields.find(|field| field.kind == FieldKind::Variable) else {
            return Ok(());
        };
        if field.line.text().trim().is_empty() {
            return Ok(());
        }
        let taken = variable(field.line.text())?;
        field.line = Line::default();
        self.variables.retain(|known| known.name != taken.name);
        self.variables.push(taken);
        Ok(())
    }

    /// What is confirmed, with everything that was typed.
    pub fn proposals(&self) -> Vec<Proposal> {
        let text = |kind: FieldKind| {
            let field = self.fields.iter().find(|field| field.kind == kind)?;
            let text = field.line.text().trim();
            (!text.is_empty()).then(|| Text::new(text))
        };
        let named = |name: &&'static str| Some((Text::new(name), text(FieldKind::Setting(name))?));
        let settings: Vec<(Text, Text)> = self.act.settings.iter().filter_map(named).collect();
        let one = |item: &Item| Proposal {
            settings: settings.clone(),
            variables: self.variables.clone(),
            reason: text(FieldKind::Reason),
            typed: text(FieldKind::Name),
            ..item.choice.proposal.clone()
        };
        self.items.iter().map(one).collect()
    }

    /// What is sent: each target that nothing stands against. The others stay unsent, with the reason.
    pub(super) fn meant(&mut self) -> Vec<(EntityId, Proposal)> {
        let proposals = self.proposals();
        let mut meant = Vec::new();
        for (item, proposal) in self.items.iter_mut().zip(proposals) {
            item.is_sent = item.stopped().is_none();
            if item.is_sent {
                meant.push((item.choice.id.clone(), proposal));
            }
        }
        meant
    }

    /// The target that was sent in this place of those that were.
    pub(super) fn sent_mut(&mut self, place: usize) -> Option<&mut Item> {
        self.items.iter_mut().filter(|item| item.is_sent).nth(place)
    }

    /// How many targets have their outcome, of how many that were sent.
    pub fn progress(&self) -> (usize, usize) {
        let sent = self.items.iter().filter(|item| item.is_sent);
        let done = sent.clone().filter(|item| item.result.is_some()).count();
        (done, sent.count())
    }

    /// Takes what a target looks like to its platform; the object that is there now is the one that is meant. Where it
    /// turns out to be protected, or that cannot be told, it is confirmed as such from now on.
    pub fn see(&mut self, place: usize, seen: Result<Seen, Text>, now: Timestamp) {
        let Some(item) = self.items.get_mut(place) else { return };
        if let Ok(seen) = &seen
            && self.stage == Stage::Asking
        {
            let proposal = &mut item.choice.proposal;
            proposal.identity = proposal.identity.take().or_else(|| seen.identity.clone());
            proposal.called = seen.called().cloned().or_else(|| proposal.called.take());
            proposal.protected |= seen.wants_words();
        }
        item.seen = Some(seen);
        item.seen_at = Some(now);
        let has_name = self.fields.iter().any(|field| field.kind == FieldKind::Name);
        if self.asked().is_some() && !has_name {
            self.fields.push(Field { kind: FieldKind::Name, line: Line::default() });
            self.focus = self.focus.or(Some(0));
        }
    }

    /// Takes the deployment that a job waits for: from here on it is the target.
    pub fn find(&mut self, place: usize, found: Result<Option<Found>, Text>, now: Timestamp) {
        let Some(item) = self.items.get_mut(place).filter(|_| self.stage == Stage::Asking) else {
            return;
        };
        match found {
            Ok(Some(found)) => {
                item.choice.proposal.target = found.target;
                item.sends = found.wire.map_or(Sends::Nothing, Sends::Request);
                self.see(place, Ok(found.seen), now);
            }
            Ok(None) => {
                let words = "this job has no deployment that waits for approval";
                item.objection = Some(Text::new(words));
            }
            Err(why) => item.seen = Some(Err(why)),
        }
    }

    /// What is proposed about each target that was seen, to be weighed.
    pub fn seen(&self) -> Vec<(usize, Proposal, Seen)> {
        let both = self.items.iter().zip(self.proposals()).enumerate();
        both.filter_map(|(place, (item, proposal))| match &item.seen {
            Some(Ok(seen)) => Some((place, proposal, seen.clone())),
            _ => None,
        })
        .collect()
    }

    /// Why nothing of it can be sent, whatever is typed. Of several targets, those that are refused stop none of the others.
    pub fn hindrance(&self) -> Option<Text> {
        if let Some(item) = self.items.iter().find(|item| item.is_sought() && !item.is_refused()) {
            let target = &item.choice.proposal.target;
            return Some(Text::new(&match &item.seen {
                Some(Err(why)) => format!("the deployment of job {target} is not known: {why}"),
                _ => format!("the deployment of job {target} is still looked for"),
            }));
        }
        if let Some(item) = self.items.iter().find(|item| item.is_pending()) {
            let target = &item.choice.proposal.target;
            return Some(Text::new(&format!("{target} is still being looked at")));
        }
        let reasons = self.items.iter().map(Item::stopped);
        reasons.collect::<Option<Vec<Text>>>()?.into_iter().next()
    }

    /// Whether it waits for what is still being looked at.
    pub fn is_pending(&self) -> bool {
        self.items.iter().any(Item::is_pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EntityId, JobId, Target, find_act};

    fn choice(act: &'static str, id: u64) -> Choice {
        let target = Target::Job(Text::new("acme/shop"), JobId(id));
        Choice {
            id: EntityId::Job(JobId(id)),
            proposal: Proposal::new(find_act(act).unwrap(), target),
            name: Text::new("unit"),
            state: Text::new("failed"),
            tier: None,
            is_hidden: false,
        }
    }

    fn dialog(act: &'static str, ids: &[u64]) -> Confirm {
        let choices = ids.iter().map(|id| choice(act, *id)).collect();
        Confirm::new(1, find_act(act).unwrap(), choices)
    }

    fn unprotected() -> Seen {
        let seen = Seen::new(Text::new("unit"), Text::new("failed"));
        Seen { protected: Some(false), ..seen }
    }

    fn type_in(dialog: &mut Confirm, kind: FieldKind, text: &str) {
        let place = dialog.fields.iter().position(|field| field.kind == kind).unwrap();
        dialog.focus = Some(place);
        dialog.line_mut().unwrap().insert(text);
    }

    #[test]
    fn a_small_act_is_asked_for_one_key_and_enter_gives_up() {
        let dialog = dialog("job.retry", &[1]);
        assert_eq!((dialog.asked(), dialog.focus, dialog.enter()), (None, None, Enter::Cancel));
    }

    #[test]
    fn a_grave_act_sends_on_enter_only_once_every_word_is_right() {
        let mut dialog = dialog("job.cancel", &[1]);
        assert_eq!(dialog.enter(), Enter::Cancel);
        type_in(&mut dialog, FieldKind::Reason, "stuck");
        assert_eq!(dialog.enter(), Enter::Next(1));
        type_in(&mut dialog, FieldKind::Name, "acme/shop#2");
        assert_eq!(dialog.fault().unwrap().1, "type acme/shop#1 to confirm");
        dialog.fields[1].line = Line::new("acme/shop#1");
        assert_eq!(dialog.enter(), Enter::Send);
    }

    #[test]
    fn a_silence_takes_a_key_but_neither_without_an_end_nor_without_a_comment() {
        let mut dialog = dialog("silence.create", &[1]);
        let kinds: Vec<FieldKind> = dialog.fields.iter().map(|field| field.kind).collect();
        assert_eq!(kinds, [FieldKind::Setting("duration"), FieldKind::Reason]);
        assert_eq!((dialog.asked(), dialog.focus), (None, Some(0)));
        assert_eq!(dialog.enter(), Enter::Next(0));
        type_in(&mut dialog, FieldKind::Setting("duration"), "2 hours");
        assert_eq!(dialog.enter(), Enter::Next(1));
        assert!(dialog.fault().is_some_and(|(_, words)| words.starts_with("say why")));
        type_in(&mut dialog, FieldKind::Reason, "a known move");
        assert_eq!((dialog.fault(), dialog.enter()), (None, Enter::Leave));
        dialog.fields[0].line = Line::new("for ever");
        assert_eq!(dialog.enter(), Enter::Next(0));
    }

    #[test]
    fn several_targets_want_their_number() {
        let dialog = dialog("job.retry", &[1, 2, 3]);
        assert_eq!(dialog.asked(), Some(Text::new("3")));
    }

    #[test]
    fn what_was_typed_goes_into_every_proposal() {
        let mut dialog = dialog("job.retry", &[1, 2]);
        type_in(&mut dialog, FieldKind::Reason, "flaky");
        type_in(&mut dialog, FieldKind::Name, "2");
        let told: Vec<_> =
            dialog.proposals().into_iter().map(|p| (p.target, p.reason, p.typed)).collect();
        let wanted = |id| {
            let target = Target::Job(Text::new("acme/shop"), JobId(id));
            (target, Some(Text::new("flaky")), Some(Text::new("2")))
        };
        assert_eq!(told, [wanted(1), wanted(2)]);
    }

    #[test]
    fn variables_are_taken_by_name_and_their_values_are_never_printed() {
        let mut dialog = dialog("job.play", &[1]);
        for text in ["TOKEN=glpat-a", "LEVEL=2", "TOKEN=glpat-b=c"] {
            type_in(&mut dialog, FieldKind::Variable, text);
            assert_eq!(dialog.enter(), Enter::Add);
            assert!(!format!("{dialog:?}").contains("glpat"));
            dialog.take_variable().unwrap();
        }
        let names: Vec<&str> = dialog.variables.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["LEVEL", "TOKEN"]);
        assert!(!format!("{dialog:?}").contains("glpat"));
    }

    #[test]
    fn a_variable_without_a_name_is_told_without_its_value() {
        let mut dialog = dialog("job.play", &[1]);
        for text in ["glpat-x", "=glpat-x", "1A=glpat-x", "A B=glpat-x"] {
            dialog.fields[0].line = Line::new(text);
            assert!(!dialog.take_variable().unwrap_err().contains("glpat"));
        }
    }

    #[test]
    fn a_target_that_turns_out_to_be_protected_wants_its_name() {
        for (protected, asked) in [(Some(false), false), (Some(true), true), (None, true)] {
            let mut dialog = dialog("job.retry", &[1]);
            dialog.see(0, Ok(Seen { protected, ..unprotected() }), Timestamp::UNIX_EPOCH);
            assert_eq!((dialog.asked().is_some(), dialog.focus.is_some()), (asked, asked));
            assert_eq!(dialog.fields.len(), if asked { 2 } else { 1 });
        }
    }

    #[test]
    fn a_deployment_is_named_once_it_is_found() {
        let mut dialog = dialog("deployment.approve", &[1]);
        assert!(dialog.hindrance().is_some_and(|why| why.ends_with("still looked for")));
        let target = Target::Deployment(Text::new("acme/shop"), 3);
        let found = Found { target: target.clone(), wire: None, seen: unprotected() };
        dialog.find(0, Ok(Some(found)), Timestamp::UNIX_EPOCH);
        assert_eq!(dialog.proposals()[0].target, target);
        assert_eq!((dialog.asked(), dialog.hindrance()), (Some(Text::new("acme/shop#3")), None));
    }

    #[test]
    fn a_job_without_a_deployment_or_of_which_that_cannot_be_told_sends_nothing() {
        let mut dialog = dialog("deployment.reject", &[1]);
        dialog.find(0, Err(Text::new("403")), Timestamp::UNIX_EPOCH);
        assert!(dialog.hindrance().is_some_and(|why| why.ends_with("is not known: 403")));
        dialog.find(0, Ok(None), Timestamp::UNIX_EPOCH);
        assert!(dialog.hindrance().is_some_and(|why| why.contains("has no deployment")));
    }

    #[test]
    fn one_that_is_refused_stops_none_of_the_others() {
        let mut dialog = dialog("job.retry", &[1, 2]);
        for item in &mut dialog.items {
            item.sends = Sends::Nothing;
            item.seen = Some(Ok(unprotected()));
        }
        dialog.items[0].objection = Some(Text::new("it was retried already"));
        assert_eq!(dialog.hindrance(), None);
        dialog.items[1].objection = Some(Text::new("it is running"));
        assert_eq!(dialog.hindrance(), Some(Text::new("it was retried already")));
    }

    #[test]
    fn nothing_is_sent_while_a_target_is_looked_at_or_of_one_that_cannot_be() {
        let mut dialog = dialog("job.retry", &[1, 2]);
        let ends = |dialog: &Confirm, words: &str| {
            dialog.hindrance().is_some_and(|why| why.ends_with(words))
        };
        for item in &mut dialog.items {
            item.sends = Sends::Nothing;
        }
        dialog.see(0, Err(Text::new("503")), Timestamp::UNIX_EPOCH);
        assert!(ends(&dialog, "#2 is still being looked at"));
        dialog.see(1, Err(Text::new("504")), Timestamp::UNIX_EPOCH);
        assert!(ends(&dialog, "#1 cannot be looked at: 503"));
        dialog.see(1, Ok(unprotected()), Timestamp::UNIX_EPOCH);
        assert_eq!(dialog.hindrance(), None);
    }

    #[test]
    fn the_object_that_was_seen_first_is_the_one_that_is_meant() {
        let mut dialog = dialog("job.retry", &[1]);
        let seen = |uid: &str| Ok(Seen { identity: Some(Text::new(uid)), ..unprotected() });
        dialog.see(0, seen("a"), Timestamp::UNIX_EPOCH);
        assert!(!dialog.items[0].is_another());
        dialog.see(0, seen("b"), Timestamp::UNIX_EPOCH);
        assert!(dialog.items[0].is_another());
        assert_eq!(dialog.items[0].choice.proposal.identity, Some(Text::new("a")));
    }
}
