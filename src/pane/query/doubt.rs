//! [`doubts`]: words in a filter that are read without fault and that no row can have.

use super::matching::fits_words;
use super::parse::{self, near};
use super::{Fault, Operand, Query, Relation, Test};
use crate::pane::lens::{Field, FieldKind};
use crate::state::State;

/// Fields whose words are ours or the configuration's: another word is wrong.
const OURS: [&str; 3] = ["tier", "health", "severity"];

/// Fields whose words are the platform's: another word may come with its next release.
const THEIRS: [&str; 3] = ["status", "source", "state"];

/// A word that no row can have, as far as we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Where it stands, what is odd about it, and what would be right.
    pub fault: Fault,
    /// Whether the field's words are ours, so that it is a slip for certain.
    pub is_certain: bool,
}

/// The words of a filter that no row over these fields can have. A filter with a fault has none.
pub fn doubts(text: &str, fields: &[Field], state: &State) -> Vec<Doubt> {
    let Ok(words) = parse::words(text) else { return Vec::new() };
    let mut doubts = Vec::new();
    for (at, word) in words {
        let Ok(query) = parse::parse(&word, fields) else { return Vec::new() };
        for (field, value) in strange(&query, fields, state) {
            let known: Vec<String> = (field.words)(state).iter().map(ToString::to_string).collect();
            doubts.push(doubt(at.clone(), field, &value, &known));
        }
    }
    doubts
}

/// The fields of a filter with the words that they do not know.
fn strange<'f>(query: &Query, fields: &'f [Field], state: &State) -> Vec<(&'f Field, String)> {
    let mut strange = Vec::new();
    for term in &query.terms {
        let Test::Field { name, relation, values, .. } = &term.test else { continue };
        let field = fields.iter().find(|field| field.name == *name);
        let Some(field) = field.filter(|field| is_closed(field)) else { continue };
        let known = (field.words)(state);
        let fits = |value: &str| known.iter().any(|word| fits_words(value, word, *relation));
        let asks = matches!(relation, Relation::Has | Relation::Equals) && !known.is_empty();
        for value in values.iter().filter(|_| asks) {
            match value {
                Operand::Words(value) if !fits(value) => strange.push((field, value.clone())),
                _ => {}
            }
        }
    }
    strange
}

fn is_closed(field: &Field) -> bool {
    field.kind == FieldKind::Text && (OURS.contains(&field.name) || THEIRS.contains(&field.name))
}

fn doubt(at: std::ops::Range<usize>, field: &Field, value: &str, known: &[String]) -> Doubt {
    let is_certain = OURS.contains(&field.name);
    let message = if is_certain {
        format!("there is no {} `{value}`", field.name)
    } else {
        format!("no {} is known as `{value}`", field.name)
    };
    let all = format!("known are {}", known.join(" "));
    let lower: Vec<String> = known.iter().map(|word| word.to_lowercase()).collect();
    let near = near(value, lower.iter().map(String::as_str));
    let hint = match near.and_then(|near| known.iter().find(|word| word.to_lowercase() == near)) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    };
    Doubt { fault: Fault { at, message, hint }, is_certain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Text, Tier, Tiers};
    use crate::pane::lens::Lens;
    use crate::pane::pipelines::{JOBS, PIPELINE_ROWS};
    use crate::pane::runners::{NODES, PODS, RUNNERS};

    fn state() -> State {
        let tier = |name: &str| Tier {
            name: Text::new(name),
            protected: false,
            runner_tags: Vec::new(),
            queue_target_seconds: 60.0,
            pods: crate::domain::TierPods::default(),
        };
        State::new(Tiers::new(vec![tier("standard"), tier("protected")]))
    }

    fn of(lens: &dyn Lens, text: &str) -> Vec<(String, bool)> {
        let told = |doubt: Doubt| (doubt.fault.message, doubt.is_certain);
        doubts(text, lens.fields(), &state()).into_iter().map(told).collect()
    }

    #[test]
    fn a_status_that_nobody_knows_is_doubted_and_not_refused() {
        let told = of(&JOBS, "age>5m status:nonsense");
        assert_eq!(told, [("no status is known as `nonsense`".to_owned(), false)]);
        assert_eq!(of(&PIPELINE_ROWS, "!status=pend").len(), 1);
        assert_eq!(of(&RUNNERS, "status:onlin,offlne").len(), 1);
        assert_eq!(of(&PIPELINE_ROWS, "source:shedule").len(), 1);
    }

    #[test]
    fn a_state_that_exists_nowhere_is_doubted_and_not_refused() {
        let told = of(&PODS, "state:OOMKiled");
        assert_eq!(told, [("no state is known as `oomkiled`".to_owned(), false)]);
        let hint = doubts("state:OOMKiled", PODS.fields(), &state())[0].fault.hint.clone();
        assert!(hint.starts_with("did you mean `OOMKilled`?"), "{hint}");
        assert_eq!(of(&NODES, "state:cordned").len(), 1);
        for text in ["state:stuck", "state:Init:CrashLoop", "state:ErrImagePull", "state:Error"] {
            assert_eq!(of(&PODS, text), [], "{text}");
        }
    }

    #[test]
    fn a_tier_that_is_not_configured_is_a_slip() {
        let told = of(&JOBS, "tier:protcted");
        assert_eq!(told, [("there is no tier `protcted`".to_owned(), true)]);
        let hint = &doubts("tier:protcted", JOBS.fields(), &state())[0].fault.hint;
        assert_eq!(hint, "did you mean `protected`? known are standard protected none");
    }

    #[test]
    fn words_that_rows_can_have_are_not_doubted() {
        for text in ["status:pend", "status:*ing", "status:waiting", "tier:none", "tier:Standard"] {
            assert_eq!(of(&JOBS, text), [], "{text}");
        }
        assert_eq!(of(&PIPELINE_ROWS, "status:blocked source:push"), []);
        assert_eq!(of(&JOBS, "project:anything ref:else nonsense"), []);
    }

    #[test]
    fn a_doubt_points_at_its_term() {
        let at = |text| doubts(text, JOBS.fields(), &state())[0].fault.at.clone();
        assert_eq!(at("é status:x main"), 3..11);
    }
}
