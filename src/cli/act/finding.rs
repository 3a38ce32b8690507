//! Whether what is to be taken in hand is found at all: a mistyped name would leave the real one with nobody.

use crate::cli::Surroundings;
use crate::cli::exit::Problem;
use crate::cli::ground::Ground;
use crate::cli::kind::Kind;
use crate::cli::look::{self, Sight};
use crate::domain::{Origin, Target};
use crate::finding::{RULES, Scene, judge};

/// So many findings are named beside one that is not found.
const NAMED: usize = 5;

/// Looks once where findings are among the targets, and refuses one that is not found now; where not everything could be
/// read, it only says so.
pub(super) fn found(
    targets: &[Target],
    ground: &Ground,
    around: &mut Surroundings<'_>,
) -> Result<(), Problem> {
    let names: Vec<&str> = targets
        .iter()
        .filter_map(|target| match target {
            Target::Finding(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let sight = look::look(ground, &Kind::Findings.asked(), Origin::Live, around)?;
    let findings = judge(&Scene { state: &sight.state, now: sight.at });
    let known: Vec<String> =
        findings.iter().map(|found| sight.state.finding_address(&found.id).to_string()).collect();
    for name in names.into_iter().filter(|name| !known.iter().any(|one| one == name)) {
        if !could_be_told(&sight, name) {
            writeln!(
                around.err,
                "note: {name} is not found now, though not all that tells it could be read: `watchfloor get sources`"
            )?;
            continue;
        }
        let code = name.split('/').next().unwrap_or_default();
        let like = known.iter().filter(|one| one.split('/').next() == Some(code)).take(NAMED);
        let like: Vec<&str> = like.map(String::as_str).collect();
        let hint = match like.as_slice() {
            [] => "`watchfloor get findings -o json` tells the id of each".to_owned(),
            some => format!("of this rule there are {}", some.join(", ")),
        };
        return Err(Problem::usage(format!("{name} is not found now"), hint));
    }
    Ok(())
}

/// Whether everything on which the rule of a finding rests answers: what is not found then is not there.
fn could_be_told(sight: &Sight, name: &str) -> bool {
    let code = name.split('/').next().unwrap_or_default();
    let rule = RULES.iter().find(|rule| rule.code == code);
    rule.is_none_or(|rule| {
        let mut of_rule =
            sight.state.reports().filter(|(key, _)| rule.rests_on.contains(&key.source));
        of_rule.all(|(_, report)| report.health(sight.at).is_live())
    })
}
