//! Alert policies of `OpenSLO` into pairs of windows: one condition is a pair with itself, two are the usual encoding of
//! a long and a short window.

use super::openslo::named;
use super::part::{Part, Value};
use super::window;
use super::{Doc, Shelf};
use crate::domain::{Pair, PairSeverity};

/// Reads one entry of `alertPolicies`: a name, a reference, or a policy itself.
pub(super) fn read(value: &Value<'_>, shelf: &Shelf<'_>) -> Option<Vec<Pair>> {
    if value.as_text().is_some() {
        return of_doc(shelf.find("AlertPolicy", value)?, shelf);
    }
    let part = value.part()?;
    if let Some(name) = part.value("alertPolicyRef") {
        part.finish();
        return of_doc(shelf.find("AlertPolicy", &name)?, shelf);
    }
    of_root(&part, shelf)
}

/// Reads a policy that stands by itself.
pub(super) fn of_doc(doc: &Doc<'_>, shelf: &Shelf<'_>) -> Option<Vec<Pair>> {
    of_root(&doc.root()?, shelf)
}

fn of_root(root: &Part<'_>, shelf: &Shelf<'_>) -> Option<Vec<Pair>> {
    let spec = inner(root)?;
    spec.pass(&["description", "alertWhenNoData", "alertWhenResolved"]);
    if let Some(targets) = spec.value("notificationTargets") {
        targets.passed("is passed over: Watchfloor tells nobody", "nothing to do");
    }
    let breaching = spec.value("alertWhenBreaching").and_then(|value| value.flag());
    let conditions = spec.need("conditions");
    spec.finish();
    let conditions = conditions?;
    let list = conditions.list()?;
    let read: Vec<Option<Step>> = list.iter().map(|one| condition(one, shelf)).collect();
    let pair = match read.into_iter().collect::<Option<Vec<Step>>>()?.as_slice() {
        [only] => only.pair(only),
        [one, other] if one.is_beside(other) => one.pair(other),
        [_, _] => {
            let why = "has two conditions of another threshold or severity, which make no pair";
            conditions.wrong(why, "give both the same, or write a policy for each");
            return None;
        }
        _ => {
            let why = format!("has {} conditions, and one or two make a pair", list.len());
            conditions.wrong(&why, "write a policy for each pair");
            return None;
        }
    };
    Some(if breaching == Some(false) { Vec::new() } else { vec![pair] })
}

/// The `spec` of a policy or a condition, whatever stands beside it.
fn inner<'n>(root: &Part<'n>) -> Option<Part<'n>> {
    root.pass(&["apiVersion", "kind"]);
    if let Some(metadata) = root.value("metadata").and_then(|value| value.part()) {
        named(&metadata);
    }
    let spec = root.need_part("spec");
    root.finish();
    spec
}

/// One condition.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    severity: PairSeverity,
    factor: f64,
    seconds: f64,
}

impl Step {
    fn is_beside(&self, other: &Step) -> bool {
        self.severity == other.severity && (self.factor - other.factor).abs() < 1e-9
    }

    fn pair(&self, other: &Step) -> Pair {
        Pair {
            severity: self.severity,
            short_seconds: self.seconds.min(other.seconds),
            long_seconds: self.seconds.max(other.seconds),
            factor: self.factor,
        }
    }
}

fn condition(value: &Value<'_>, shelf: &Shelf<'_>) -> Option<Step> {
    let part = value.part()?;
    if let Some(name) = part.value("conditionRef") {
        part.finish();
        return step(&shelf.find("AlertCondition", &name)?.root()?);
    }
    step(&part)
}

/// Reads a condition.
pub(super) fn step_of(doc: &Doc<'_>) -> bool {
    doc.root().is_some_and(|root| step(&root).is_some())
}

fn step(root: &Part<'_>) -> Option<Step> {
    let spec = inner(root)?;
    spec.pass(&["description"]);
    let severity = spec.need_text("severity").map(|word| match word {
        "page" | "critical" => PairSeverity::Page,
        _ => PairSeverity::Ticket,
    });
    let condition = spec.need_part("condition");
    spec.finish();
    let part = condition?;
    let is_burn = part.need("kind").is_some_and(|kind| one_of(&kind, &["burnrate"]));
    let is_above = part.value("op").is_none_or(|op| one_of(&op, &["gt", "gte"]));
    let factor = part.need("threshold").and_then(|value| value.number());
    let seconds = part.need("lookbackWindow").and_then(|value| window::fixed(&value));
    if let Some(after) = part.value("alertAfter") {
        after.passed("is passed over: a burn is shown at once", "nothing to do");
    }
    part.finish();
    (is_burn && is_above).then_some(())?;
    Some(Step { severity: severity?, factor: factor?, seconds: seconds? })
}

fn one_of(value: &Value<'_>, words: &[&str]) -> bool {
    let Some(word) = value.text() else { return false };
    let is_known = words.contains(&word);
    if !is_known {
        let hint = format!("write `{}`", words.join("` or `"));
        value.wrong(&format!("is `{word}`, which is not supported"), &hint);
    }
    is_known
}
