//! From the text of a filter to its terms. Never panics; every fault has its place.

use std::ops::Range;

use super::{Fault, NONE, Operand, Query, Relation, Sense, Term, Test};
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

/// Reads a filter over rows with these fields.
///
/// # Errors
/// The first fault, with its place and what would be right.
pub fn parse(text: &str, fields: &[Field]) -> Result<Query, Fault> {
    let mut terms = Vec::new();
    for (at, word) in words(text)? {
        if let Some(term) = term(&word, &at, fields)? {
            terms.push(term);
        }
    }
    Ok(Query { terms })
}

/// Splits at blanks outside quotes. The quotes stay, so that places stay right.
fn words(text: &str) -> Result<Vec<(Range<usize>, String)>, Fault> {
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

fn term(word: &str, at: &Range<usize>, fields: &[Field]) -> Result<Option<Term>, Fault> {
    let (negated, body) = word.strip_prefix('!').map_or((false, word), |body| (true, body));
    let sense = if negated { Sense::IsNot } else { Sense::Is };
    let Some((name, relation, turned, values)) = relation(body) else {
        let words = body.replace('"', "").to_lowercase();
        let test = (!words.is_empty()).then_some(Test::Fuzzy(words));
        return Ok(test.map(|test| Term { sense, test }));
    };
    let name_at = at.start + usize::from(negated)..at.start + usize::from(negated) + name.len();
    let field = find(name, name_at, fields)?;
    if values.is_empty() {
        return Err(fault(at.clone(), format!("`{name}` has no value"), example(field)));
    }
    let sense = match (sense, turned) {
        (Sense::Is, Sense::Is) | (Sense::IsNot, Sense::IsNot) => Sense::Is,
        _ => Sense::IsNot,
    };
    let values =
        split(values).map(|value| operand(value, field, at)).collect::<Result<Vec<_>, Fault>>()?;
    let test = Test::Field { name: field.name, kind: field.kind, relation, values };
    Ok(Some(Term { sense, test }))
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
    let near = fields
        .iter()
        .map(|field| (strsim::damerau_levenshtein(&lower, field.name), field.name))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let hint = if let Some((_, near)) = near {
        format!("did you mean `{near}`?")
    } else {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        format!("known here: {}", known.join(" "))
    };
    Err(fault(at, format!("no field is named `{name}`"), hint))
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

fn operand(value: &str, field: &Field, at: &Range<usize>) -> Result<Operand, Fault> {
    let bare = value.replace('"', "");
    if bare == NONE && !value.contains('"') {
        return Ok(Operand::None);
    }
    let wrong = |what: &str| fault(at.clone(), format!("`{bare}` is not {what}"), example(field));
    match field.kind {
        FieldKind::Text => Ok(Operand::Words(bare.to_lowercase())),
        FieldKind::Number => bare
            .parse()
            .map(Operand::Number)
            .map_err(|_: std::num::ParseFloatError| wrong("a number")),
        FieldKind::Cores => {
            cores(&bare).map(Operand::Number).ok_or_else(|| wrong("an amount of CPU"))
        }
        FieldKind::Bytes => {
            bytes(&bare).map(Operand::Number).ok_or_else(|| wrong("an amount of memory"))
        }
        FieldKind::Span => span(&bare).map(Operand::Number).ok_or_else(|| wrong("a span of time")),
        FieldKind::Bool => match bare.as_str() {
            "yes" | "true" | "on" | "1" => Ok(Operand::Bool(true)),
            "no" | "false" | "off" | "0" => Ok(Operand::Bool(false)),
            _ => Err(wrong("yes or no")),
        },
    }
}

/// A span such as `90`, `90s`, `10m`, `1h30m` or `2d`, in seconds.
fn span(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at_checked(digits)?;
        let number: f64 = number.parse().ok()?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters)?;
        total += number
            * match unit {
                "" | "s" => 1.0,
                "m" | "min" => 60.0,
                "h" => 3600.0,
                "d" => 86400.0,
                "w" => 604_800.0,
                _ => return None,
            };
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// Cores such as `2`, `0.5` or `500m`.
fn cores(text: &str) -> Option<f64> {
    match text.strip_suffix('m') {
        Some(millis) => number(millis).map(|millis| millis / 1000.0),
        None => number(text),
    }
}

/// Bytes such as `512Mi`, `4Gi`, `2G` or `1000`; a `B` behind the unit changes nothing.
fn bytes(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (amount, unit) = text.split_at_checked(digits)?;
    let unit = unit.to_ascii_lowercase();
    let factor = match unit.strip_suffix('b').unwrap_or(&unit) {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        "g" => 1e9,
        "t" => 1e12,
        "ki" => 1024.0,
        "mi" => 1024.0 * 1024.0,
        "gi" => 1024.0 * 1024.0 * 1024.0,
        "ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number(amount)? * factor)
}

/// A number that is one: neither infinite nor `NaN`, which Rust would read too.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn example(field: &Field) -> String {
    let name = field.name;
    match field.kind {
        FieldKind::Text => format!("for example {name}:word or {name}=\"exact words\""),
        FieldKind::Number => format!("for example {name}>3"),
        FieldKind::Cores => format!("for example {name}>2 or {name}<500m"),
        FieldKind::Bytes => format!("for example {name}>4Gi"),
        FieldKind::Span => format!("for example {name}>10m"),
        FieldKind::Bool => format!("for example {name}:yes"),
    }
}

fn fault(at: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault { at, message: message.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::lens::Lens;
    use crate::pane::pipelines::JOBS;

    fn read(text: &str) -> Result<Query, Fault> {
        parse(text, JOBS.fields())
    }

    #[test]
    fn spans_have_units() {
        let cases = [
            ("90", Some(90.0)),
            ("10m", Some(600.0)),
            ("1h30m", Some(5400.0)),
            ("1.5d", Some(129_600.0)),
            ("", None),
            ("10x", None),
            ("m", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(span(text), seconds, "{text}");
        }
    }

    #[test]
    fn memory_has_units() {
        let cases = [
            ("1000", Some(1000.0)),
            ("4Gi", Some(4.0 * 1_073_741_824.0)),
            ("4gib", Some(4.0 * 1_073_741_824.0)),
            ("1.5Mi", Some(1_572_864.0)),
            ("2G", Some(2e9)),
            ("", None),
            ("Gi", None),
            ("4x", None),
        ];
        for (text, amount) in cases {
            assert_eq!(bytes(text), amount, "{text}");
        }
    }

    #[test]
    fn cpu_is_cores_or_thousandths_of_one() {
        let cases =
            [("2", Some(2.0)), ("0.5", Some(0.5)), ("500m", Some(0.5)), ("m", None), ("inf", None)];
        for (text, amount) in cases {
            assert_eq!(cores(text), amount, "{text}");
        }
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
        assert!(read("status:").is_err());
    }

    #[test]
    fn only_terms_with_spans_move_with_time() {
        assert!(read("age>5m").unwrap().moves_with_time());
        assert!(!read("status:pending x").unwrap().moves_with_time());
    }
}
