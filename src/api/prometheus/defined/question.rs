//! Questions for many definitions at once: each part carries labels that say whose it is, and `or` joins them.

use std::collections::BTreeMap;

use crate::domain::{Definition, Expression, Pair, Period, Timestamp};

/// The label that says whose a series is: the place of its definition.
pub(super) const OWNER: &str = "watchfloor_slo";
/// The label that says which part of its indicator a series is.
pub(super) const PART: &str = "watchfloor_part";
/// The longest question, bytes.
const LONGEST: usize = 100_000;
/// The windows that are read of every objective, seconds.
const USUAL: [f64; 7] = [300.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0, 259_200.0];
const DAY: f64 = 86_400.0;

/// One part of one definition over a window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// The place of its definition.
    pub(super) owner: usize,
    text: String,
}

impl Asked {
    fn new(owner: usize, (part, expression): (&str, &Expression), window: (&str, f64)) -> Asked {
        // A comment at the end of an expression ends with its line.
        let inner = expression.over(window.0, window.1);
        let text = format!(
            "label_replace(label_replace((\n{inner}\n), \"{OWNER}\", \"{owner}\", \"\", \"\"), \"{PART}\", \"{part}\", \"\", \"\")"
        );
        Asked { owner, text }
    }
}

/// A window, and the places of the definitions that are read over it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// As Prometheus writes it.
    pub(super) name: String,
    /// Its length.
    pub(super) seconds: f64,
    pub(super) members: Vec<usize>,
}

impl Window {
    /// Every window of the definitions, shortest first, each once; the periods among them.
    pub(super) fn every(definitions: &[Definition], now: Timestamp) -> Vec<Window> {
        let mut all: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, definition) in definitions.iter().enumerate() {
            let lengths = lengths(definition, now);
            for seconds in lengths.into_iter().chain(period(definition, now)) {
                let members = all.entry(whole(seconds)).or_default();
                if members.last() != Some(&place) {
                    members.push(place);
                }
            }
        }
        all.into_iter().map(window).collect()
    }

    /// The periods alone.
    pub(super) fn periods(definitions: &[Definition], now: Timestamp) -> Vec<Window> {
        let mut all: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, definition) in definitions.iter().enumerate() {
            if let Some(seconds) = period(definition, now) {
                all.entry(whole(seconds)).or_default().push(place);
            }
        }
        all.into_iter().map(window).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a period")]
fn window((seconds, members): (u64, Vec<usize>)) -> Window {
    let seconds = seconds as f64;
    Window { name: name(seconds), seconds, members }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number of seconds"
)]
fn whole(seconds: f64) -> u64 {
    seconds.max(60.0) as u64
}

/// The windows of a definition that are shorter than its period.
pub(super) fn lengths(definition: &Definition, now: Timestamp) -> Vec<f64> {
    let Some(period) = definition.span.at(now).map(Period::seconds) else { return Vec::new() };
    let of_pair = |pair: &Pair| [pair.short_seconds, pair.long_seconds];
    let mut all: Vec<f64> = definition.pairs.iter().flat_map(of_pair).chain(USUAL).collect();
    all.retain(|seconds| *seconds < period);
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// How far back the present period reaches, seconds: a calendar's only to its beginning, in whole minutes.
pub(super) fn period(definition: &Definition, now: Timestamp) -> Option<f64> {
    Some(match definition.span.at(now)? {
        Period::Rolling { seconds } => seconds,
        Period::Calendar { start, .. } => {
            (now.duration_since(start).as_secs_f64() / 60.0).floor().max(1.0) * 60.0
        }
    })
}

/// A span as Prometheus writes it, in the largest unit that divides it.
pub(super) fn name(seconds: f64) -> String {
    let units = [(DAY, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s")];
    let fits = |(unit, _): &(f64, &str)| seconds >= *unit && seconds % unit == 0.0;
    let (unit, word) = units.into_iter().find(fits).unwrap_or((1.0, "s"));
    format!("{}{word}", (seconds / unit).round())
}

/// What is asked over a window; `is_left_out` says of whom nothing is.
pub(super) fn over(
    definitions: &[Definition],
    window: &Window,
    is_left_out: impl Fn(&Definition) -> bool,
) -> Vec<Asked> {
    let mut asked = Vec::new();
    for owner in &window.members {
        let Some(definition) = definitions.get(*owner).filter(|one| !is_left_out(one)) else {
            continue;
        };
        let parts = definition.indicator.parts().into_iter();
        asked.extend(parts.map(|part| Asked::new(*owner, part, (&window.name, window.seconds))));
    }
    asked
}

/// What tells whether anything was recorded: all events over five minutes each.
pub(super) fn totals(
    definitions: &[Definition],
    window: &Window,
    is_left_out: impl Fn(&Definition) -> bool,
) -> Vec<Asked> {
    let last = |owner: &usize| {
        let definition = definitions.get(*owner).filter(|one| !is_left_out(one))?;
        Some(Asked::new(*owner, definition.indicator.parts().pop()?, ("5m", 300.0)))
    };
    window.members.iter().filter_map(last).collect()
}

/// Divides what is asked so that no question is too long.
pub(super) fn batches(asked: Vec<Asked>) -> Vec<Vec<Asked>> {
    let mut batches: Vec<Vec<Asked>> = Vec::new();
    let mut length = LONGEST;
    for one in asked {
        length += one.text.len() + 4;
        match batches.last_mut() {
            Some(last) if length <= LONGEST => last.push(one),
            _ => {
                length = one.text.len();
                batches.push(vec![one]);
            }
        }
    }
    batches
}

/// One question for all of them.
pub(super) fn joined(asked: &[Asked]) -> String {
    asked.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\nor\n")
}
