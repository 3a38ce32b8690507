//! Silences: made, changed, expired, listed; they stay until the simulator ends.

use serde_json::{Value as Json, json};

use super::matcher::Matcher;
use crate::sim::clock::{self, Millis};
use crate::sim::dice::Dice;
use crate::sim::prometheus::Labels;
use crate::sim::wire::Query;

/// A silence.
#[derive(Clone, Debug)]
pub(crate) struct Silence {
    id: String,
    matchers: Vec<Matcher>,
    starts: Millis,
    ends: Millis,
    updated: Millis,
    created_by: String,
    comment: String,
}

/// Why a silence was not taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refused {
    /// There is none of this id.
    Missing(String),
    /// A field is missing.
    Field(String),
    /// It is none that can be.
    Invalid(String),
}

/// Every silence there was.
pub(crate) struct Silences {
    all: Vec<Silence>,
    dice: Dice,
}

impl Silence {
    fn state(&self, now: Millis) -> &'static str {
        if self.ends <= now {
            "expired"
        } else if self.starts > now {
            "pending"
        } else {
            "active"
        }
    }

    /// As the API shows it.
    pub(crate) fn json(&self, now: Millis) -> Json {
        let matchers: Vec<Json> = self.matchers.iter().map(Matcher::json).collect();
        json!({
            "id": self.id,
            "status": {"state": self.state(now)},
            "updatedAt": clock::fine(self.updated),
            "comment": self.comment,
            "createdBy": self.created_by,
            "startsAt": clock::fine(self.starts),
            "endsAt": clock::fine(self.ends),
            "matchers": matchers,
        })
    }

    /// Whether a filter of a list keeps it: the filter looks at what the matchers ask for.
    fn is_chosen(&self, filters: &[Matcher]) -> bool {
        let asked: Labels = self.matchers.iter().map(Matcher::pair).collect();
        filters.iter().all(|filter| filter.is_match(&asked))
    }
}

impl Silences {
    /// None yet; their ids follow from the seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { all: Vec::new(), dice: Dice::new(seed ^ 0x51e) }
    }

    /// One by its id.
    pub(crate) fn get(&self, id: &str) -> Option<&Silence> {
        self.all.iter().find(|silence| silence.id == id)
    }

    /// Takes a new silence, or a change of one that is known; its id.
    pub(crate) fn put(&mut self, body: &Json, now: Millis) -> Result<String, Refused> {
        let mut silence = read(body, now)?;
        let known = body.get("id").and_then(Json::as_str).filter(|id| !id.is_empty());
        match known {
            None => silence.id = self.new_id(),
            Some(id) => {
                let place = self.all.iter().position(|one| one.id == id);
                let place = place.ok_or_else(|| Refused::Missing(id.to_owned()))?;
                let is_same = self.all.get(place).is_some_and(|old| is_same(old, &silence, now));
                if is_same {
                    self.all.remove(place);
                    id.clone_into(&mut silence.id);
                } else {
                    // What a silence is about never changes: the old one ends, another begins.
                    if let Some(old) = self.all.get_mut(place) {
                        old.ends = old.ends.min(now);
                        old.updated = now;
                    }
                    silence.id = self.new_id();
                }
            }
        }
        let id = silence.id.clone();
        self.all.push(silence);
        Ok(id)
    }

    /// Ends one now.
    pub(crate) fn expire(&mut self, id: &str, now: Millis) -> Result<(), Refused> {
        let silence = self.all.iter_mut().find(|silence| silence.id == id);
        let silence = silence.ok_or_else(|| Refused::Missing(id.to_owned()))?;
        if silence.ends <= now {
            return Err(Refused::Invalid(format!("silence {id} already expired")));
        }
        silence.starts = silence.starts.min(now);
        silence.ends = now;
        silence.updated = now;
        Ok(())
    }

    /// The ids of those that keep an alert quiet.
    pub(crate) fn over(&self, labels: &Labels, now: Millis) -> Vec<String> {
        let active = self.all.iter().filter(|one| one.state(now) == "active");
        let met = active.filter(|one| one.matchers.iter().all(|matcher| matcher.is_match(labels)));
        met.map(|one| one.id.clone()).collect()
    }

    /// Those that a question asks for: active ones first, by their end.
    pub(crate) fn chosen(&self, filters: &[Matcher], query: &Query, now: Millis) -> Json {
        let wanted = |state: &str| query.get(state) != Some("false");
        let states = ["active", "pending", "expired"].map(|state| (state, wanted(state)));
        let mut chosen: Vec<(usize, &Silence)> = self
            .all
            .iter()
            .filter(|one| one.is_chosen(filters))
            .filter_map(|one| {
                let place = states.iter().position(|(state, _)| *state == one.state(now))?;
                states.get(place).filter(|(_, wanted)| *wanted).map(|_| (place, one))
            })
            .collect();
        chosen.sort_by_key(|(place, one)| (*place, one.ends));
        chosen.into_iter().map(|(_, one)| one.json(now)).collect()
    }

    fn new_id(&mut self) -> String {
        let letters = self.dice.sha();
        let part = |from: usize, to: usize| letters.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}

/// Whether a change leaves alone what the silence is about: its matchers, and a start that has passed.
fn is_same(old: &Silence, new: &Silence, now: Millis) -> bool {
    let about = |one: &Silence| one.matchers.iter().map(Matcher::json).collect::<Vec<Json>>();
    let begun = old.starts <= now;
    about(old) == about(new) && old.ends > now && (!begun || new.starts == old.starts)
}

fn read(body: &Json, now: Millis) -> Result<Silence, Refused> {
    let text = |field: &str| {
        let value = body.get(field).and_then(Json::as_str);
        value.ok_or_else(|| Refused::Field(field.to_owned()))
    };
    let instant = |field: &str| {
        let text = text(field)?;
        clock::parse(text)
            .ok_or_else(|| Refused::Invalid(format!("{field}: invalid date-time {text}")))
    };
    let matchers = body.get("matchers").and_then(Json::as_array);
    let matchers = matchers.ok_or_else(|| Refused::Field("matchers".to_owned()))?;
    let matchers: Vec<Matcher> =
        matchers.iter().map(Matcher::read).collect::<Result<_, _>>().map_err(Refused::Invalid)?;
    let invalid = |why: &str| Err(Refused::Invalid(format!("silence invalid: {why}")));
    let (starts, ends) = (instant("startsAt")?, instant("endsAt")?);
    let (created_by, comment) = (text("createdBy")?.to_owned(), text("comment")?.to_owned());
    if matchers.is_empty() {
        return invalid("at least one matcher required");
    }
    if matchers.iter().all(Matcher::is_empty) {
        return invalid("at least one matcher must not match the empty string");
    }
    if ends <= starts {
        return Err(Refused::Invalid(
            "Failed to create silence: start time must be before end time".to_owned(),
        ));
    }
    if ends <= now {
        return Err(Refused::Invalid(
            "Failed to create silence: end time can't be in the past".to_owned(),
        ));
    }
    let starts = if body.get("id").is_some() { starts } else { starts.max(now) };
    Ok(Silence { id: String::new(), matchers, starts, ends, updated: now, created_by, comment })
}
