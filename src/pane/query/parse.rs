//! From the text of a filter to its terms. Never panics; every fault has its place.

use std::ops::Range;

use super::operand::operand;
use super::{Fault, Query, Relation, Sense, Term, Test};
use crate::pane::lens::{Field, FieldKind};

/// Relations by their spelling, the longer first.
const RELATIONS: [(&str, Relation, Sense); 8] = [
    ("!=", Relation::Equals, Sense::IsNot),
    (">=", Relation::AtLeast, Sense::Is),
    ("<=", Relation::AtMost, Sense::Is),
    (":", Relation::Has, Sense::Is),
    ("==", Relation::Equals, Sense::Is),
    ("=", Relation::Equals, Sense::Is),
    (">", Relation::Above, Sense::Is),
    ("<", Relation::Below, Sense::Is),
];

/// What relations, and what people take for some, are made of.
const SIGNS: [char; 6] = [':', '=', '<', '>', '!', '~'];

/// Reads a filter over rows with these fields.
///
/// # Errors
/// The first fault, with its place and what would be right.
pub fn parse(text: &str, fields: &[Field]) -> Result<Query, Fault> {
    let mut terms = Vec::new();
    for (at, word) in words(text)? {
        terms.push(term(&word, &at, fields)?);
    }
    Ok(Query { terms })
}

/// Splits at blanks outside quotes. The quotes stay, so that places stay right.
pub(super) fn words(text: &str) -> Result<Vec<(Range<usize>, String)>, Fault> {
    let mut out = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (character, quote) {
            ('"', None) => {
                quote = Some(at);
                start.get_or_insert(at);
            }
            ('"', Some(_)) => quote = None,
            (c, None) if c.is_whitespace() => {
                if let Some(from) = start.take() {
                    out.push((from..at, text.get(from..at).unwrap_or_default().to_owned()));
                }
            }
            _ => drop(start.get_or_insert(at)),
        }
    }
    if let Some(at) = quote {
        return Err(fault(at..text.len(), "the quote is not closed", "close it with \""));
    }
    if let Some(from) = start {
        out.push((from..text.len(), text.get(from..).unwrap_or_default().to_owned()));
    }
    Ok(out)
}

fn term(word: &str, at: &Range<usize>, fields: &[Field]) -> Result<Term, Fault> {
    let (negated, body) = word.strip_prefix('!').map_or((false, word), |body| (true, body));
    let sense = if negated { Sense::IsNot } else { Sense::Is };
    let Some((name, relation, turned, values)) = relation(body) else {
        strange_relation(body, at.end - body.len(), fields)?;
        return Ok(Term { sense, test: fuzzy(body, at)? });
    };
    let name_at = at.start + usize::from(negated)..at.start + usize::from(negated) + name.len();
    let field = find(name, name_at.clone(), fields)?;
    let rest = name_at.end..at.end;
    known_relation(body.get(name.len()..).unwrap_or_default(), field, rest)?;
    let has_order = field.kind != FieldKind::Bool;
    if !has_order && !matches!(relation, Relation::Has | Relation::Equals) {
        return Err(fault(at.clone(), format!("`{name}` is yes or no"), example(field)));
    }
    if split(values).next().is_none() {
        return Err(fault(at.clone(), format!("`{name}` has no value"), example(field)));
    }
    let sense = match (sense, turned) {
        (Sense::Is, Sense::Is) | (Sense::IsNot, Sense::IsNot) => Sense::Is,
        _ => Sense::IsNot,
    };
    let length = body.len() - name.len() - values.len();
    let sign = body.get(name.len()..name.len() + length).unwrap_or_default();
    let values = split(values).map(|value| operand(value, field, sign, at));
    let values = values.collect::<Result<Vec<_>, Fault>>()?;
    let test = Test::Field { name: field.name, kind: field.kind, relation, values };
    Ok(Term { sense, test })
}

/// A word to be found anywhere in a row.
fn fuzzy(body: &str, at: &Range<usize>) -> Result<Test, Fault> {
    let words = body.replace('"', "").to_lowercase();
    let hint = "put a word or a term behind it: !main, !ref:main";
    if words.is_empty() && body.is_empty() {
        return Err(fault(at.clone(), "`!` has nothing to turn round", hint));
    }
    if body.starts_with('!') {
        return Err(fault(at.clone(), "one `!` is enough", hint));
    }
    if words.trim().is_empty() {
        let hint = "put words between the quotes, or take them out";
        return Err(fault(at.clone(), "there is nothing between the quotes", hint));
    }
    Ok(Test::Fuzzy(words))
}

/// Refuses a field with something behind it that begins no relation, such as `age~5m`.
fn strange_relation(body: &str, start: usize, fields: &[Field]) -> Result<(), Fault> {
    let at = body.find(SIGNS).unwrap_or(body.len());
    let (name, tail) = body.split_at_checked(at).unwrap_or((body, ""));
    let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    match field.filter(|_| !tail.is_empty()) {
        Some(field) => known_relation(tail, field, start + at..start + body.len()),
        None => Ok(()),
    }
}

/// Refuses what only looks like a relation, such as `=>`; `tail` is what follows the field's name.
fn known_relation(tail: &str, field: &Field, at: Range<usize>) -> Result<(), Fault> {
    let length = tail.find(|c| !SIGNS.contains(&c)).unwrap_or(tail.len());
    let signs = tail.get(..length).unwrap_or_default();
    if RELATIONS.iter().any(|(sign, ..)| *sign == signs) {
        return Ok(());
    }
    let name = field.name;
    let hint = match signs {
        "=>" => "did you mean `>=`?".to_owned(),
        "=<" => "did you mean `<=`?".to_owned(),
        "<>" | "=!" | "!" => "did you mean `!=`?".to_owned(),
        ":!" => format!("put the `!` in front: !{name}:word"),
        "=~" | ":~" | "~" | "!~" => {
            format!("there are no regular expressions; `*` stands for anything: {name}:re*se")
        }
        _ => "known are : = == != > >= < <=; quote a value that begins with one".to_owned(),
    };
    let at = at.start..at.start + length;
    Err(fault(at, format!("`{signs}` is no operator"), hint))
}

/// Cuts a word at its first relation: name, relation, sense, the rest.
fn relation(body: &str) -> Option<(&str, Relation, Sense, &str)> {
    let at = body.find([':', '=', '<', '>', '!'])?;
    let (name, rest) = body.split_at_checked(at)?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return None;
    }
    RELATIONS.into_iter().find_map(|(sign, relation, sense)| {
        rest.strip_prefix(sign).map(|values| (name, relation, sense, values))
    })
}

fn find<'a>(name: &str, at: Range<usize>, fields: &'a [Field]) -> Result<&'a Field, Fault> {
    let lower = name.to_ascii_lowercase();
    if let Some(field) = fields.iter().find(|field| field.name == lower) {
        return Ok(field);
    }
    let hint = if let Some(near) = near(&lower, fields.iter().map(|field| field.name)) {
        format!("did you mean `{near}`?")
    } else {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        format!("known here: {}", known.join(" "))
    };
    Err(fault(at, format!("no field is named `{name}`"), hint))
}

/// The known word that a wrong one most likely meant.
pub(super) fn near<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::damerau_levenshtein(wrong, word), word))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, word)| word)
}

/// Splits values at commas outside quotes.
fn split(values: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    values
        .split(move |c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .filter(|value| !value.is_empty())
}

pub(super) fn example(field: &Field) -> String {
    let name = field.name;
    match field.kind {
        FieldKind::Text => format!("for example {name}:word or {name}=\"exact words\""),
        FieldKind::Number => format!("for example {name}>3"),
        FieldKind::Percent => format!("for example {name}>90%"),
        FieldKind::Cores => format!("for example {name}>2 or {name}<500m"),
        FieldKind::Bytes => format!("for example {name}>4Gi"),
        FieldKind::Span => format!("for example {name}>10m"),
        FieldKind::Bool => format!("for example {name}:yes"),
    }
}

pub(super) fn fault(
    at: Range<usize>,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Fault {
    Fault { at, message: message.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::lens::Lens;
    use crate::pane::pipelines::JOBS;
    use crate::pane::query::Operand;
    use crate::pane::runners::{NODES, PODS};

    fn read(text: &str) -> Result<Query, Fault> {
        parse(text, JOBS.fields())
    }

    #[test]
    fn a_number_without_a_unit_is_asked_for_one() {
        let fault = read("age>10").unwrap_err();
        assert_eq!(fault.message, "`10` has no unit");
        assert_eq!(fault.hint, "say what it counts: age>10s, age>10m, …");
        assert!(read("age>0").is_ok());
    }

    #[test]
    fn the_cure_of_a_number_without_a_unit_keeps_its_operator() {
        let hint = |text| read(text).unwrap_err().hint;
        assert_eq!(hint("age<5"), "say what it counts: age<5s, age<5m, …");
        assert_eq!(hint("!age>=5"), "say what it counts: age>=5s, age>=5m, …");
    }

    #[test]
    fn a_share_of_a_node_may_be_written_in_per_cent_and_an_amount_may_not() {
        let of = |lens: &dyn Lens, text| parse(text, lens.fields());
        assert_eq!(of(&NODES, "cpu>90%"), of(&NODES, "cpu>90"));
        assert!(of(&NODES, "cpu>90%").is_ok());
        assert_eq!(of(&NODES, "memory>x%").unwrap_err().hint, "for example memory>90%");
        let fault = of(&PODS, "cpu>90%").unwrap_err();
        assert_eq!(fault.message, "`90%` is not an amount of CPU");
        assert_eq!(fault.hint, "for example cpu>2 or cpu<500m");
    }

    #[test]
    fn an_absurd_span_or_number_is_refused() {
        for text in ["age>99999999999d", "age<1000000000000000000000w", "pipeline>1e999"] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["pipeline>nan", "pipeline>inf"] {
            assert!(read(text).unwrap_err().message.ends_with("is not a number"), "{text}");
        }
        let digits = format!("age>{}s", "9".repeat(400));
        assert!(read(&digits).unwrap_err().message.ends_with("more than a century"));
    }

    #[test]
    fn a_lone_exclamation_mark_is_a_fault() {
        let fault = read("age>5m !").unwrap_err();
        assert_eq!((fault.at, fault.message.as_str()), (7..8, "`!` has nothing to turn round"));
        assert_eq!(read("!!x").unwrap_err().message, "one `!` is enough");
        assert!(read("!x").is_ok());
    }

    #[test]
    fn quotes_with_nothing_between_are_a_fault() {
        assert!(read("\"\"").is_err() && read("!\" \"").is_err());
        assert!(read("\"a b\"").is_ok());
    }

    #[test]
    fn an_operator_that_is_none_is_named_and_pointed_at() {
        let fault = read("age=>5m").unwrap_err();
        assert_eq!((fault.at, fault.message.as_str()), (3..5, "`=>` is no operator"));
        let hint = |text| read(text).unwrap_err().hint;
        assert_eq!(hint("age=>5m"), "did you mean `>=`?");
        assert_eq!(hint("!age=<5m"), "did you mean `<=`?");
        assert_eq!(hint("ref:!main"), "put the `!` in front: !ref:word");
        assert_eq!(hint("ref!main"), "did you mean `!=`?");
        assert!(hint("!ref~main").starts_with("there are no regular expressions"));
        assert!(hint("ref=~main").starts_with("there are no regular expressions"));
        assert!(hint("age>>5m").starts_with("known are"));
        assert!(read("ref=\"=x\"").is_ok());
    }

    #[test]
    fn a_typed_term_is_read() {
        let query = read("status:pending,running").unwrap();
        let values = vec![Operand::Words("pending".into()), Operand::Words("running".into())];
        let test =
            Test::Field { name: "status", kind: FieldKind::Text, relation: Relation::Has, values };
        assert_eq!(query.terms, vec![Term { sense: Sense::Is, test }]);
    }

    #[test]
    fn two_negations_cancel_each_other() {
        assert_eq!(read("!ref!=main").unwrap(), read("ref=main").unwrap());
    }

    #[test]
    fn a_word_is_fuzzy() {
        assert_eq!(read("Lint").unwrap().words().collect::<Vec<_>>(), ["lint"]);
    }

    #[test]
    fn an_unknown_field_has_its_place_and_a_neighbour() {
        let fault = read("age>5m !teir:protected").unwrap_err();
        assert_eq!((fault.at, fault.hint.as_str()), (8..12, "did you mean `tier`?"));
    }

    #[test]
    fn a_bad_span_names_an_example() {
        assert_eq!(read("age>soon").unwrap_err().hint, "for example age>10m");
    }

    #[test]
    fn an_open_quote_is_a_fault() {
        assert_eq!(read("job:\"a b").unwrap_err().at, 4..8);
    }

    #[test]
    fn a_term_without_value_is_a_fault() {
        assert!(read("status:").is_err() && read("status:,").is_err());
    }

    #[test]
    fn yes_and_no_have_no_order() {
        assert_eq!(read("stuck>yes").unwrap_err().message, "`stuck` is yes or no");
        assert!(read("stuck:yes !stuck=no stuck!=no").is_ok());
    }

    #[test]
    fn only_terms_with_spans_move_with_time() {
        assert!(read("age>5m").unwrap().moves_with_time());
        assert!(!read("status:pending x").unwrap().moves_with_time());
    }
}
