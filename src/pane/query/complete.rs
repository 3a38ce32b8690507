//! Completion of a filter while it is typed.

use std::ops::Range;

use super::quoted;
use crate::domain::Text;
use crate::pane::lens::{Field, FieldKind};
use crate::state::State;

/// What may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// The bytes of the text that a choice replaces.
    pub at: Range<usize>,
    /// Choices, best first: what is put in, and a word about it.
    pub choices: Vec<(String, String)>,
}

/// How many choices are offered at the most.
const MOST: usize = 8;

/// What may stand at `cursor` (a byte of `text`): names of fields, or words of the field that stands there.
pub fn complete(text: &str, cursor: usize, fields: &[Field], state: &State) -> Completion {
    let head = text.get(..cursor).unwrap_or(text);
    let start = head.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = head.get(start..).unwrap_or_default();
    let body = word.trim_start_matches('!');
    let body_at = head.len() - body.len();
    let Some(at) = body.find([':', '=']) else {
        let choices = field_choices(body, fields);
        return Completion { at: body_at..head.len(), choices };
    };
    let (name, rest) = body.split_at_checked(at).unwrap_or((body, ""));
    let typed = rest.trim_start_matches([':', '=']);
    let typed = typed.rsplit(',').next().unwrap_or_default();
    let choices = fields
        .iter()
        .find(|field| field.name == name)
        .map_or_else(Vec::new, |field| word_choices(typed, field, state));
    Completion { at: head.len() - typed.len()..head.len(), choices }
}

fn field_choices(typed: &str, fields: &[Field]) -> Vec<(String, String)> {
    fields
        .iter()
        .filter(|field| field.name.starts_with(typed))
        .take(MOST)
        .map(|field| (format!("{}{}", field.name, relation(field.kind)), field.doc.to_owned()))
        .collect()
}

fn relation(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text | FieldKind::Bool => ":",
        FieldKind::Number
        | FieldKind::Percent
        | FieldKind::Cores
        | FieldKind::Bytes
        | FieldKind::Span => ">",
    }
}

fn word_choices(typed: &str, field: &Field, state: &State) -> Vec<(String, String)> {
    let typed = typed.trim_start_matches('"').to_lowercase();
    let mut words = (field.words)(state);
    if field.kind == FieldKind::Bool {
        words = vec![Text::new("yes"), Text::new("no")];
    }
    words
        .into_iter()
        .filter(|word| word.to_lowercase().contains(&typed))
        .take(MOST)
        .map(|word| (quoted(&word), String::new()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Tiers;
    use crate::pane::lens::Lens;
    use crate::pane::pipelines::JOBS;

    fn at_end(text: &str) -> Completion {
        complete(text, text.len(), JOBS.fields(), &State::new(Tiers::default()))
    }

    #[test]
    fn a_beginning_offers_the_names_of_fields() {
        let completion = at_end("age>5m !sta");
        assert_eq!(completion.at, 8..11);
        let names: Vec<&str> = completion.choices.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["status:", "stage:"]);
    }

    #[test]
    fn a_field_offers_its_words() {
        let completion = at_end("status:failed,pen");
        assert_eq!((completion.at, completion.choices[0].0.as_str()), (14..17, "pending"));
    }
}
