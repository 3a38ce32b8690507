//! [`Sheet`]: what came of each target, for people or scripts, and the exit code of all of it.

use std::io::{self, Write};

use super::perform::Looked;
use crate::action::{Denied, Refused};
use crate::cli::Surroundings;
use crate::cli::args::ActOutput;
use crate::cli::exit::{Exit, Problem};
use crate::cli::get::Table;
use crate::cli::json::{self, ActFact, ActItem, ActOutcome, ActRequest};
use crate::domain::{ActReport, Ending, FailureKind, Proposal, Text, Timestamp, act_advice};
use crate::pane::block::Align;

/// What came of one act, or why it was not done.
pub(super) type Done = Result<ActReport, Refused>;

/// What came of all of them.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// One line a target, in their order.
    pub(super) lines: Vec<Line>,
    /// What the command line lacks.
    pub(super) missing: Vec<String>,
    /// Whether a person ended it.
    pub(super) is_interrupted: bool,
}

/// What came of one target.
#[derive(Debug)]
pub(super) struct Line {
    looked: Looked,
    came: Came,
}

#[derive(Debug)]
enum Came {
    /// It was sent; boxed, for a report is large.
    Sent(Box<ActReport>),
    /// Nothing was sent: how that counts, and why.
    NotSent(Exit, String),
    /// It was not waited for: the ledger has it open.
    Left,
}

impl Sheet {
    /// What was sent, and what came of it.
    pub(super) fn sent(&self) -> impl Iterator<Item = (&Proposal, &ActReport)> {
        self.lines.iter().filter_map(|line| match &line.came {
            Came::Sent(report) => Some((&line.looked.proposal, &**report)),
            Came::NotSent(..) | Came::Left => None,
        })
    }
}

impl Line {
    /// What came of an act; `None` when it was not waited for.
    pub(super) fn of(looked: Looked, done: Option<Done>) -> Line {
        let came = match done {
            None => Came::Left,
            Some(Ok(report)) => Came::Sent(Box::new(report)),
            Some(Err(refused)) => Came::NotSent(exit(&refused), refused.to_string()),
        };
        Line { looked, came }
    }

    /// An act that nobody sent.
    pub(super) fn unsent(looked: Looked, why: &str) -> Line {
        Line { looked, came: Came::NotSent(Exit::Interrupted, why.to_owned()) }
    }

    fn exit(&self) -> Exit {
        match &self.came {
            Came::Sent(report)
                if report.outcome.ending == Ending::Done && report.unrecorded.is_none() =>
            {
                Exit::Done
            }
            Came::Sent(_) => Exit::Findings,
            Came::NotSent(exit, _) => *exit,
            Came::Left => Exit::Interrupted,
        }
    }

    fn outcome(&self) -> ActOutcome<'_> {
        match &self.came {
            Came::Sent(report) => ActOutcome {
                state: report.outcome.ending.as_str(),
                status: report.outcome.status.map(u64::from),
                message: words(report),
            },
            Came::NotSent(_, why) => {
                ActOutcome { state: "not_sent", status: None, message: Some(why.clone()) }
            }
            Came::Left => ActOutcome {
                state: "unknown",
                status: None,
                message: Some("not waited for; the ledger has it open".to_owned()),
            },
        }
    }

    /// What should be known of the target before it is changed.
    fn known(&self, out: &mut dyn Write) -> io::Result<()> {
        let Looked { target, seen, objection, .. } = &self.looked;
        let Ok(seen) = seen else { return Ok(()) };
        for (name, value) in &self.looked.recorded {
            // What it is now, where the platform tells it under the same name.
            let old = seen.facts.iter().find(|(known, _)| known == name);
            let old = old.map_or_else(String::new, |(_, old)| format!("{old} -> "));
            writeln!(out, "{target}: sets {name}: {old}{value}")?;
        }
        for (name, told) in &seen.facts {
            writeln!(out, "{target}: {name}: {told}")?;
        }
        for bar in &seen.bars {
            writeln!(out, "{target}: barred: {bar}")?;
        }
        let objection = objection.as_ref();
        let other = objection.filter(|why| seen.bars.iter().all(|bar| &**bar != why.as_str()));
        other.map_or(Ok(()), |why| writeln!(out, "{target}: would be refused: {why}"))
    }

    /// What to do about an act that did not end well.
    fn advise(&self, err: &mut dyn Write) -> io::Result<()> {
        let Some(report) = self.report() else { return Ok(()) };
        let act = self.looked.proposal.act;
        if let Some(why) = &report.unrecorded {
            let what = format!("{} of {}", act.name, self.looked.target);
            writeln!(err, "error: what came of {what} could not be recorded: {why}")?;
            writeln!(
                err,
                "  hint: make room for the ledger; the next act or start closes its record by a look"
            )?;
        }
        let Some(advice) = act_advice(act, &report.outcome) else { return Ok(()) };
        let ending = report.outcome.ending;
        writeln!(err, "error: {} of {}: {ending}", act.name, self.looked.target)?;
        writeln!(err, "  hint: {advice}")
    }

    fn report(&self) -> Option<&ActReport> {
        match &self.came {
            Came::Sent(report) => Some(report),
            Came::NotSent(..) | Came::Left => None,
        }
    }
}

/// What is to be said of an outcome beside its state.
fn words(report: &ActReport) -> Option<String> {
    let said = report.outcome.message.as_ref().map(ToString::to_string);
    let unrecorded = report
        .unrecorded
        .as_ref()
        .map(|why| format!("the outcome could not be recorded, the act stays open: {why}"));
    let all: Vec<String> = said.into_iter().chain(unrecorded).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// How a refusal counts.
fn exit(refused: &Refused) -> Exit {
    match refused {
        Refused::Gate(_) | Refused::Unable(_) => Exit::Usage,
        Refused::Unseen(error) => unseen(error),
        Refused::Objection(_)
        | Refused::UnderWay(_)
        | Refused::Wait { .. }
        | Refused::Ledger(_) => Exit::Findings,
    }
}

/// How it counts that a target cannot be looked at: the platform refuses, or it is out of reach.
fn unseen(error: &crate::api::Error) -> Exit {
    let kind = error.kind;
    // What was typed is no question that it takes.
    if error.status == Some(400) {
        Exit::Usage
    } else if kind.is_refusal() || kind == FailureKind::NotFound {
        Exit::Findings
    } else {
        Exit::Unreachable
    }
}

impl Sheet {
    /// What would be done, and what is missing before it is.
    pub(super) fn dry(looked: &[Looked], missing: Vec<String>) -> Sheet {
        let line = |one: &Looked| {
            let came = match (&one.seen, &one.objection) {
                (Ok(_), Some(why)) => {
                    Came::NotSent(Exit::Findings, format!("it would be refused: {why}"))
                }
                (Ok(_), None) => {
                    Came::NotSent(Exit::Usage, format!("nothing was sent: {}", missing.join(", ")))
                }
                (Err(error), _) => {
                    Came::NotSent(unseen(error), format!("it cannot be looked at: {error}"))
                }
            };
            Line { looked: one.clone(), came }
        };
        Sheet { lines: looked.iter().map(line).collect(), missing, is_interrupted: false }
    }

    /// The gate let none of them through.
    pub(super) fn refused(looked: &[Looked], denied: &Denied) -> Sheet {
        let line = |one: &Looked| Line {
            looked: one.clone(),
            came: Came::NotSent(Exit::Usage, denied.to_string()),
        };
        Sheet { lines: looked.iter().map(line).collect(), ..Sheet::default() }
    }

    /// The exit code: the gravest of what was done or refused; then out of reach; then usage.
    pub(super) fn exit(&self) -> Exit {
        let exits: Vec<Exit> = self.lines.iter().map(Line::exit).collect();
        let gravest = [Exit::Interrupted, Exit::Findings, Exit::Unreachable, Exit::Usage];
        if self.is_interrupted {
            return Exit::Interrupted;
        }
        gravest.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done)
    }

    /// Prints it; what is missing goes to standard error.
    pub(super) fn print(
        &self,
        output: ActOutput,
        now: Timestamp,
        around: &mut Surroundings<'_>,
    ) -> Result<(), Problem> {
        match output {
            ActOutput::Json => {
                let items: Vec<ActItem<'_>> =
                    self.lines.iter().map(|line| self.item(line)).collect();
                let document = json::document("act", now, &items);
                serde_json::to_writer_pretty(&mut *around.out, &document)
                    .map_err(io::Error::from)?;
                writeln!(around.out)?;
            }
            ActOutput::Table => self.table().print(around.out)?,
        }
        if output == ActOutput::Table && !self.missing.is_empty() {
            self.lines.iter().try_for_each(|line| line.known(around.out))?;
        }
        around.out.flush()?;
        for line in &self.lines {
            line.advise(around.err)?;
            if let (Err(error), Came::NotSent(..)) = (&line.looked.seen, &line.came) {
                let target = &line.looked.target;
                writeln!(around.err, "error: {target} cannot be looked at: {error}")?;
                writeln!(around.err, "  hint: {}", error.hint)?;
            }
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        // What stands against it comes before what is missing: no words would cure it.
        for Looked { target, objection, .. } in self.lines.iter().map(|line| &line.looked) {
            if let Some(why) = objection {
                writeln!(around.err, "error: {target} would be refused: {why}")?;
            }
        }
        let is_seen = self.lines.iter().all(|line| line.looked.seen.is_ok());
        if is_seen && self.lines.iter().any(|line| line.looked.objection.is_none()) {
            let missing = self.missing.join(" ");
            writeln!(around.err, "error: nothing was sent: {missing} is missing")?;
            let is_bare = self.missing == ["--arm"];
            let hint = if is_bare {
                "read what would be sent, then say the same with --arm"
            } else {
                "read what would be sent, then say the same with what is missing"
            };
            writeln!(around.err, "  hint: {hint}")?;
        }
        Ok(())
    }

    fn item<'a>(&'a self, line: &'a Line) -> ActItem<'a> {
        let (looked, report) = (&line.looked, line.report());
        let seen = looked.seen.as_ref().ok();
        let after = report.and_then(|report| report.after.as_ref());
        ActItem {
            act: looked.proposal.act.name,
            target: looked.target.as_str(),
            name: seen.map(|seen| seen.name.as_str()),
            before: seen.map(|seen| seen.state.as_str()),
            protected: seen.map(|seen| seen.protected != Some(false)),
            settings: looked.recorded.iter().map(fact).collect(),
            request: looked
                .wire
                .as_ref()
                .map(|wire| ActRequest { method: &wire.method, url: &wire.url }),
            facts: seen.map_or_else(Vec::new, |seen| seen.facts.iter().map(fact).collect()),
            bars: seen.map_or_else(Vec::new, |seen| seen.bars.iter().map(|bar| &**bar).collect()),
            objection: looked.objection.as_deref(),
            missing: self.missing.clone(),
            outcome: line.outcome(),
            after: after.map(|seen| seen.state.as_str()),
            successor: after.and_then(|seen| seen.successor).map(|job| job.0),
            seq: report.map(|report| report.seq),
        }
    }

    fn table(&self) -> Table {
        let is_dry = !self.missing.is_empty();
        let titles: &[&str] = if is_dry {
            &["ACT", "TARGET", "NAME", "STATE", "PROTECTED", "WOULD SEND"]
        } else {
            &["ACT", "TARGET", "OUTCOME", "STATUS", "RECORD", "NOW", "MESSAGE"]
        };
        let headings = titles.iter().map(|title| ((*title).to_owned(), Align::Left)).collect();
        let row = |line: &Line| if is_dry { would(line) } else { self.was(line) };
        Table { headings, rows: self.lines.iter().map(row).collect() }
    }

    fn was(&self, line: &Line) -> Vec<String> {
        let item = self.item(line);
        let or_dash = |words: Option<String>| words.unwrap_or_else(|| "-".to_owned());
        vec![
            item.act.to_owned(),
            item.target.to_owned(),
            item.outcome.state.replace('_', " "),
            or_dash(item.outcome.status.map(|status| status.to_string())),
            or_dash(item.seq.map(|seq| seq.to_string())),
            or_dash(item.after.map(str::to_owned)),
            told(item.outcome.message, item.successor),
        ]
    }
}

/// The platform's words, and the job that took the place of another.
fn told(message: Option<String>, successor: Option<u64>) -> String {
    let newer = successor.map(|job| format!("the new job is {job}"));
    message.into_iter().chain(newer).collect::<Vec<_>>().join("; ")
}

fn fact((name, value): &(Text, Text)) -> ActFact<'_> {
    ActFact { name, value }
}

/// What would be sent for a target.
fn would(line: &Line) -> Vec<String> {
    let looked = &line.looked;
    let (name, state, protected) = match &looked.seen {
        Ok(seen) => {
            let protected = match seen.protected {
                Some(true) => "yes",
                Some(false) => "no",
                None => "unknown: counts as yes",
            };
            (seen.name.to_string(), seen.state.to_string(), protected)
        }
        Err(error) => ("-".to_owned(), format!("not seen: {error}"), "-"),
    };
    let wire = looked.wire.as_ref();
    let wire = wire.map_or_else(String::new, |wire| format!("{} {}", wire.method, wire.url));
    let target = looked.target.clone();
    vec![looked.proposal.act.name.to_owned(), target, name, state, protected.to_owned(), wire]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::domain::{JobId, Proposal, Seen, Target, find_act};

    /// An act without --confirm and --arm on a job, and what stands against it.
    fn dry(objection: Option<&str>) -> Sheet {
        let target = Target::Job(Text::new("acme/shop"), JobId(1));
        let looked = Looked {
            proposal: Proposal::new(find_act("job.cancel").unwrap(), target),
            asked: "acme/shop#1".to_owned(),
            recorded: Vec::new(),
            target: "acme/shop#1".to_owned(),
            seen: Ok(Seen::new(Text::new("unit"), Text::new("failed"))),
            objection: objection.map(str::to_owned),
            wire: None,
        };
        Sheet::dry(&[looked], vec!["--confirm acme/shop#1".to_owned(), "--arm".to_owned()])
    }

    /// What goes to standard error.
    fn told(sheet: &Sheet) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = Environment::new();
        let mut around = Surroundings { out: &mut out, err: &mut err, environment };
        sheet.print(ActOutput::Table, Timestamp::UNIX_EPOCH, &mut around).unwrap();
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn what_stands_against_an_act_is_the_error_and_not_what_is_missing() {
        let sheet = dry(Some("it is over: failed"));
        let words = told(&sheet);
        assert_eq!(words, "error: acme/shop#1 would be refused: it is over: failed\n");
        assert_eq!(sheet.exit(), Exit::Findings);
    }

    #[test]
    fn what_is_missing_is_the_error_where_nothing_stands_against_it() {
        let sheet = dry(None);
        let words = told(&sheet);
        assert!(
            words.starts_with("error: nothing was sent: --confirm acme/shop#1 --arm is missing")
        );
        assert_eq!(sheet.exit(), Exit::Usage);
    }
}
