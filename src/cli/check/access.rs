//! What of rights can be read: told part by part, by really reading one place of each kind.

use std::collections::BTreeMap;

use super::super::ground::Ground;
use super::verdict::Verdict;
use crate::api::Wiring;
use crate::domain::access::{Gap, Part, Population};
use crate::source;

/// Asks one place of each kind.
pub(super) async fn verdicts(ground: &Ground, wiring: &Wiring) -> Vec<Verdict> {
    of_population(&Box::pin(source::sample(&ground.loaded.settings, wiring)).await)
}

/// What can be read in one line, and each part that cannot in one of its own.
fn of_population(population: &Population) -> Vec<Verdict> {
    let mut gaps: BTreeMap<Part, &Gap> = BTreeMap::new();
    for gap in &population.gaps {
        gaps.entry(gap.part).or_insert(gap);
    }
    let mut parts: Vec<Part> = population.readings.iter().map(|one| one.part).collect();
    parts.retain(|part| !gaps.contains_key(part));
    parts.sort_unstable();
    parts.dedup();
    let words: Vec<&str> = parts.iter().map(|part| part.word()).collect();
    let mut verdicts = Vec::new();
    if !words.is_empty() {
        verdicts.push(Verdict::ok("access", format!("can be read: {}", words.join(", "))));
    }
    let refused = |(part, gap): (Part, &Gap)| {
        let (about, lack) = (format!("access to {}", part.word()), gap.lack.word());
        let message = format!("cannot be read of {}: {lack}", gap.at);
        Verdict::warn(&about, message, &gap.because)
    };
    verdicts.extend(gaps.into_iter().map(refused));
    verdicts
}

#[cfg(test)]
mod tests {
    use super::super::verdict::Level;
    use super::*;
    use crate::domain::Text;
    use crate::domain::access::{Lack, Reading};

    #[test]
    fn what_can_be_read_is_one_line_and_each_part_that_cannot_has_its_own() {
        let at = "2026-03-01T00:00:00Z".parse().unwrap();
        let mut population = Population::empty(at);
        let reading = |part| Reading {
            part,
            at: Text::new("acme"),
            endpoint: Text::new("GET x"),
            pages: 1,
            rows: 0,
            total: None,
            began_at: at,
            ended_at: at,
        };
        population.readings =
            [Part::Members, Part::Branches, Part::SamlLinks].map(reading).to_vec();
        let (at, because) = (Text::new("acme"), Text::new("Premium has them"));
        population.gaps.push(Gap { part: Part::SamlLinks, at, lack: Lack::Plan, because });
        let told: Vec<(Level, String)> =
            of_population(&population).into_iter().map(|one| (one.level, one.message)).collect();
        let wanted = [
            (Level::Ok, "can be read: members, branches".to_owned()),
            (Level::Warn, "cannot be read of acme: plan".to_owned()),
        ];
        assert_eq!(told, wanted);
    }
}
