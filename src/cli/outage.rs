//! [`Outage`]: what is wrong with a feed, said once however many feeds it hits.

use std::io::{self, Write};

/// How many feeds are named before the rest is counted.
const NAMED: usize = 3;

/// What is wrong with a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outage {
    /// The feed and its scope.
    pub(super) name: String,
    /// How it is, in a word.
    pub(super) health: String,
    /// What was being done, to what, and why it failed.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: String,
}

/// Says what is wrong: what several feeds have in common is said once.
pub(super) fn tell(outages: &[Outage], err: &mut dyn Write) -> io::Result<()> {
    let same = |one: &Outage, other: &Outage| {
        (&one.health, &one.message, &one.hint) == (&other.health, &other.message, &other.hint)
    };
    for (place, outage) in outages.iter().enumerate() {
        if outages.iter().take(place).any(|earlier| same(earlier, outage)) {
            continue;
        }
        let names: Vec<&str> = outages
            .iter()
            .filter(|other| same(outage, other))
            .map(|other| other.name.as_str())
            .collect();
        let tone =
            if matches!(outage.health.as_str(), "live" | "partial") { "warning" } else { "error" };
        let Outage { health, message, hint, .. } = outage;
        let verb = if names.len() == 1 { "is" } else { "are" };
        let names = list(&names);
        writeln!(err, "{tone}: {names} {verb} {health}: {message}\n  hint: {hint}")?;
    }
    Ok(())
}

/// Names as a sentence has them.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] if names.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        _ => {
            let first: Vec<&str> = names.iter().copied().take(NAMED).collect();
            format!("{} and {} more", first.join(", "), names.len() - NAMED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(name: &str, health: &str) -> Outage {
        let [name, health, message, hint] = [name, health, "m", "h"].map(str::to_owned);
        Outage { name, health, message, hint }
    }

    fn told(outages: &[Outage]) -> String {
        let mut err = Vec::new();
        tell(outages, &mut err).unwrap();
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn what_several_feeds_have_in_common_is_said_once() {
        let outages = [outage("a", "down"), outage("b", "partial"), outage("c", "down")];
        assert_eq!(
            told(&outages),
            "error: a and c are down: m\n  hint: h\nwarning: b is partial: m\n  hint: h\n"
        );
    }

    #[test]
    fn many_feeds_are_counted() {
        let outages = ["a", "b", "c", "d", "e"].map(|name| outage(name, "down"));
        assert_eq!(told(&outages), "error: a, b, c and 2 more are down: m\n  hint: h\n");
        assert_eq!(told(outages.get(..3).unwrap()), "error: a, b and c are down: m\n  hint: h\n");
    }
}
