//! The values of a filter's terms: numbers, spans of time, amounts of CPU and memory, yes and no.

use std::ops::Range;

use super::parse::{example, fault};
use super::{Fault, NONE, Operand};
use crate::pane::lens::{Field, FieldKind};

/// The longest span that a filter may ask for: a century. A longer one is a slip of the fingers.
const LONGEST: f64 = 100.0 * 365.25 * 86_400.0;

/// Reads one value of a term over a field; `sign` is the relation that stands before it.
///
/// # Errors
/// What is wrong with it, at the term's place.
pub(super) fn operand(
    value: &str,
    field: &Field,
    sign: &str,
    at: &Range<usize>,
) -> Result<Operand, Fault> {
    let bare = value.replace('"', "");
    if bare == NONE && !value.contains('"') {
        return Ok(Operand::None);
    }
    let wrong = |what: &str| fault(at.clone(), format!("`{bare}` is not {what}"), example(field));
    match field.kind {
        FieldKind::Text => Ok(Operand::Words(bare.to_lowercase())),
        FieldKind::Number => number(&bare).map(Operand::Number).ok_or_else(|| wrong("a number")),
        FieldKind::Percent => {
            let share = number(bare.strip_suffix('%').unwrap_or(&bare));
            share.map(Operand::Number).ok_or_else(|| wrong("a share in per cent"))
        }
        FieldKind::Span => match span(&bare) {
            Ok(seconds) => Ok(Operand::Number(seconds)),
            Err(Slip::NoSpan) => Err(wrong("a span of time")),
            Err(Slip::NoUnit) => {
                let name = field.name;
                let hint =
                    format!("say what it counts: {name}{sign}{bare}s, {name}{sign}{bare}m, …");
                Err(fault(at.clone(), format!("`{bare}` has no unit"), hint))
            }
            Err(Slip::TooLong) => {
                Err(fault(at.clone(), format!("`{bare}` is more than a century"), example(field)))
            }
        },
        FieldKind::Cores => {
            cores(&bare).map(Operand::Number).ok_or_else(|| wrong("an amount of CPU"))
        }
        FieldKind::Bytes => {
            bytes(&bare).map(Operand::Number).ok_or_else(|| wrong("an amount of memory"))
        }
        FieldKind::Bool => match bare.as_str() {
            "yes" | "true" | "on" | "1" => Ok(Operand::Bool(true)),
            "no" | "false" | "off" | "0" => Ok(Operand::Bool(false)),
            _ => Err(wrong("yes or no")),
        },
    }
}

/// Why a text is not taken for a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slip {
    /// It is something else.
    NoSpan,
    /// A number says no unit.
    NoUnit,
    /// Nobody means that.
    TooLong,
}

/// A span such as `0`, `90s`, `10m`, `1h30m` or `2d`, in seconds.
fn span(text: &str) -> Result<f64, Slip> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at_checked(digits).ok_or(Slip::NoSpan)?;
        let number: f64 = number.parse().map_err(|_| Slip::NoSpan)?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters).ok_or(Slip::NoSpan)?;
        total += number * seconds_of(unit, number)?;
        rest = tail;
    }
    match text.is_empty() {
        true => Err(Slip::NoSpan),
        false if total > LONGEST => Err(Slip::TooLong),
        false => Ok(total),
    }
}

/// How many seconds a unit has. Nothing needs no unit.
fn seconds_of(unit: &str, number: f64) -> Result<f64, Slip> {
    match unit {
        "s" => Ok(1.0),
        "m" | "min" => Ok(60.0),
        "h" => Ok(3600.0),
        "d" => Ok(86_400.0),
        "w" => Ok(604_800.0),
        "" if number == 0.0 => Ok(0.0),
        "" => Err(Slip::NoUnit),
        _ => Err(Slip::NoSpan),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        let cases = [
            ("0", Ok(0.0)),
            ("90s", Ok(90.0)),
            ("10m", Ok(600.0)),
            ("1h30m", Ok(5400.0)),
            ("1.5d", Ok(129_600.0)),
            ("36525d", Ok(LONGEST)),
            ("36526d", Err(Slip::TooLong)),
            ("", Err(Slip::NoSpan)),
            ("10x", Err(Slip::NoSpan)),
            ("m", Err(Slip::NoSpan)),
            ("10", Err(Slip::NoUnit)),
            ("1h30", Err(Slip::NoUnit)),
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
}
