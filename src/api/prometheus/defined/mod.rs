//! Objectives that are defined in files or built in: their queries are made here, one a window for all of them.

mod question;
mod row;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use jiff::SignedDuration;

use self::question::{Asked, Window, batches, joined};
use self::row::{Answer, rows};
use super::client::{Prometheus, gap};
use super::envelope::Series;
use super::past::Pasts;
use crate::api::Error;
use crate::domain::{Definition, FailureKind, Slo, Text, Timestamp};

/// How long the answer over a window holds: the longer the window, the slower it moves.
const LASTS: [(f64, SignedDuration); 2] =
    [(86_400.0, SignedDuration::from_mins(5)), (7200.0, SignedDuration::from_mins(1))];
/// How long a query that Prometheus refused is not asked again.
const REFUSED_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// How often it is asked how much of each period is recorded.
const FILLED_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// Into how many parts a period is divided for that.
const PARTS: i32 = 200;
/// How often one pass divides a question that was refused, to find whose fault it is.
const MOST_SPLITS: usize = 24;

/// What a pass over definitions remembers for the next.
#[derive(Debug, Default)]
pub struct Known {
    /// The answers by the name of the objective and the window's.
    answers: HashMap<(Text, String), (Timestamp, Vec<Answer>)>,
    /// When each window was asked last.
    asked_at: HashMap<String, Timestamp>,
    /// Queries that Prometheus refused, and why.
    refused: HashMap<Text, (Timestamp, Text)>,
    filled: HashMap<Text, Vec<Answer>>,
    filled_at: Option<Timestamp>,
    /// Whose budget was seen spent, and what came back since: nobody records it, and it is not asked for.
    pasts: Pasts,
    /// The names that were asked for, so that a new one is asked for at once.
    names: Vec<Text>,
}

/// What one pass over definitions has read.
#[derive(Debug)]
pub struct Measurements {
    /// A row for each label set of each definition.
    pub slos: Vec<Slo>,
    /// What could not be read, or may not be whole.
    pub gap: Option<Error>,
}

/// What a question over one window came to.
#[derive(Debug, Default)]
struct Round {
    series: Vec<Series>,
    warnings: Vec<Text>,
    refused: Vec<(usize, Error)>,
}

impl Prometheus {
    /// Measures what is defined: as many requests as there are windows, whatever the number of definitions.
    ///
    /// # Errors
    /// Why nothing could be read, with what would cure it.
    pub async fn measure(
        &self,
        definitions: &[Definition],
        known: &mut Known,
    ) -> Result<Measurements, Error> {
        let now = self.now();
        known.forget(definitions, now);
        let mut warnings = Vec::new();
        for window in Window::every(definitions, now) {
            if known.is_fresh(&window, now) {
                continue;
            }
            let asked = question::over(definitions, &window, |one| known.is_refused(one));
            let round = self.round(asked, None).await?;
            warnings.extend(round.warnings.iter().cloned());
            known.take(definitions, &window, now, round);
        }
        let is_due = known.filled_at.is_none_or(|at| now.duration_since(at) >= FILLED_LASTS);
        let mut trouble = gap(&warnings);
        if is_due {
            known.filled_at = Some(now);
            trouble = trouble.or(self.ask_recorded(definitions, known, now).await.err());
        }
        let warning = warnings.into_iter().next();
        let made = |one: &Definition| rows(one, known, now);
        let mut slos: Vec<Slo> = definitions.iter().flat_map(made).collect();
        for slo in &mut slos {
            slo.warning = slo.warning.take().or_else(|| warning.clone());
        }
        known.pasts.remember(&mut slos);
        let refused = known.refused.iter().next().map(|(name, (_, why))| {
            let message = format!("the query of `{name}` was refused: {why}");
            Error::new(FailureKind::Query, message).hinting("correct it where it is defined")
        });
        Ok(Measurements { slos, gap: trouble.or(refused) })
    }

    /// Asks in as few requests as their length allows; over `range` where it is given. What is refused is divided until
    /// it is known whose fault it is, so that one bad query takes nothing from the others.
    async fn round(
        &self,
        asked: Vec<Asked>,
        range: Option<(Timestamp, Timestamp)>,
    ) -> Result<Round, Error> {
        let (mut round, mut splits) = (Round::default(), 0);
        let mut left = batches(asked);
        while let Some(batch) = left.pop() {
            let query = joined(&batch);
            let answer = match range {
                None => self.instant(&query).await,
                Some((start, end)) => {
                    self.over(&query, (start, end), end.duration_since(start) / PARTS).await
                }
            };
            match answer {
                Ok(opened) => {
                    round.series.extend(opened.data);
                    round.warnings.extend(opened.warnings);
                }
                Err(error) if error.kind != FailureKind::Query => return Err(error),
                Err(error) => match halves(batch) {
                    Ok(halves) if splits < MOST_SPLITS => {
                        splits += 1;
                        left.extend(halves);
                    }
                    Ok(halves) => round.refuse(halves.concat(), &error),
                    Err(whole) => round.refuse(whole, &error),
                },
            }
        }
        Ok(round)
    }

    /// Asks how much of each period is recorded: one question for each period.
    async fn ask_recorded(
        &self,
        definitions: &[Definition],
        known: &mut Known,
        now: Timestamp,
    ) -> Result<(), Error> {
        for window in Window::periods(definitions, now) {
            let asked = question::totals(definitions, &window, |one| known.is_refused(one));
            let span = SignedDuration::try_from_secs_f64(window.seconds)
                .unwrap_or(SignedDuration::from_hours(1));
            let start = now.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH);
            let round = self.round(asked, Some((start, now))).await?;
            for (owner, mut answers) in row::by_owner(round.series) {
                let Some(definition) = definitions.get(owner) else { continue };
                for answer in &mut answers {
                    answer.value = (answer.points / (f64::from(PARTS) + 1.0)).min(1.0);
                }
                known.filled.insert(definition.rule_id.clone(), answers);
            }
        }
        Ok(())
    }
}

impl Round {
    /// Notes that everybody in a question was refused.
    fn refuse(&mut self, batch: Vec<Asked>, error: &Error) {
        let owners: BTreeSet<usize> = batch.into_iter().map(|one| one.owner).collect();
        self.refused.extend(owners.into_iter().map(|one| (one, error.clone())));
    }
}

/// Two questions in place of one, the parts of a definition together; the same where it is of one definition alone.
fn halves(mut batch: Vec<Asked>) -> Result<[Vec<Asked>; 2], Vec<Asked>> {
    let owners: BTreeSet<usize> = batch.iter().map(|one| one.owner).collect();
    let middle = owners.iter().nth(owners.len() / 2).filter(|_| owners.len() > 1);
    let at = middle.and_then(|middle| batch.iter().position(|one| one.owner == *middle));
    match at {
        Some(at) => {
            let later = batch.split_off(at);
            Ok([batch, later])
        }
        None => Err(batch),
    }
}

impl Known {
    /// Forgets what is too old, and everything that holds where a definition is new.
    fn forget(&mut self, definitions: &[Definition], now: Timestamp) {
        self.refused.retain(|_, (at, _)| now.duration_since(*at) < REFUSED_LASTS);
        let names: Vec<Text> = definitions.iter().map(|one| one.rule_id.clone()).collect();
        if names != self.names {
            self.names = names;
            self.asked_at.clear();
            self.filled_at = None;
        }
    }

    fn is_refused(&self, definition: &Definition) -> bool {
        self.refused.contains_key(&definition.rule_id)
    }

    fn is_fresh(&self, window: &Window, now: Timestamp) -> bool {
        let lasts = LASTS.iter().find(|(seconds, _)| window.seconds >= *seconds);
        let asked = self.asked_at.get(&window.name);
        lasts.zip(asked).is_some_and(|((_, lasts), at)| now.duration_since(*at) < *lasts)
    }

    fn take(&mut self, definitions: &[Definition], window: &Window, now: Timestamp, round: Round) {
        self.asked_at.insert(window.name.clone(), now);
        for owner in &window.members {
            if let Some(definition) = definitions.get(*owner) {
                let key = (definition.rule_id.clone(), window.name.clone());
                self.answers.insert(key, (now, Vec::new()));
            }
        }
        for (owner, answers) in row::by_owner(round.series) {
            let Some(definition) = definitions.get(owner) else { continue };
            let key = (definition.rule_id.clone(), window.name.clone());
            self.answers.insert(key, (now, answers));
        }
        for (owner, error) in round.refused {
            let Some(definition) = definitions.get(owner) else { continue };
            let why = Text::new(&error.to_string());
            self.refused.insert(definition.rule_id.clone(), (now, why));
        }
    }
}
