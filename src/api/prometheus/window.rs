//! Spans as Prometheus writes them: `5m`, `1h4m`, `30d`, `4w`.

/// The units, longest first, and how many seconds each has.
const UNITS: [(&str, f64); 7] = [
    ("ms", 0.001),
    ("y", 31_536_000.0),
    ("w", 604_800.0),
    ("d", 86_400.0),
    ("h", 3600.0),
    ("m", 60.0),
    ("s", 1.0),
];

/// How many seconds a span has; none where it is no span.
pub(super) fn seconds(span: &str) -> Option<f64> {
    let mut rest = span;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let (unit, length) = UNITS.into_iter().find(|(unit, _)| after.starts_with(unit))?;
        sum += number.parse::<f64>().ok()? * length;
        rest = after.strip_prefix(unit)?;
    }
    (sum > 0.0).then_some(sum)
}

/// The window at the end of a series' name, after a mark such as `:burnrate`: its word and its seconds.
pub(super) fn after<'n>(name: &'n str, mark: &str) -> Option<(&'n str, f64)> {
    let (_, word) = name.rsplit_once(mark)?;
    Some((word, seconds(word)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_sum_of_its_units() {
        let read = ["5m", "1h4m", "1d1h43m", "30d", "4w", "500ms"].map(seconds);
        let expected = [300.0, 3840.0, 92_580.0, 2_592_000.0, 2_419_200.0, 0.5].map(Some);
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_span_has_no_seconds() {
        for word in ["", "5", "m", "5x", "0m", "5m3"] {
            assert_eq!(seconds(word), None, "{word}");
        }
    }
}
