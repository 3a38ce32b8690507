//! The rules: each a pure function of one thing, in one table; and [`judge`], which holds them all against a population.

mod clusters;
#[cfg(test)]
pub(crate) mod fixture;
mod groups;
mod guards;
mod keys;
mod people;
mod roles;
mod sitting;
mod table;
mod tokens;

pub use table::RULES;

use sitting::Sitting;

use super::Ground;
use super::verdict::{Code, Found, Report};
use crate::domain::Severity;
use crate::domain::access::Part;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its code.
    pub code: Code,
    /// What it looks for, in one line.
    pub what: &'static str,
    /// How grave it is at worst.
    pub severity: Severity,
    /// What must have been read for it to tell: a gap there is a doubt of the rule.
    pub needs: &'static [Part],
    /// How it is told.
    judge: fn(&mut Sitting<'_, '_>),
}

impl Rule {
    /// The rule of a code.
    pub fn of(code: Code) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.code == code)
    }
}

/// Holds every rule against a population. What could not be read is a doubt of each rule that needs it.
///
/// The rule about decisions is held against a campaign's, not here.
pub fn judge(ground: &Ground<'_>) -> Report {
    let mut report = Report::default();
    for rule in RULES.iter().filter(|rule| rule.code != Code::A22) {
        let mut sitting = Sitting::new(ground, rule);
        (rule.judge)(&mut sitting);
        let (found, tally) = sitting.end();
        report.findings.extend(found);
        report.tallies.push(tally);
    }
    report.findings.sort_by(Found::in_order);
    report
}

#[cfg(test)]
mod tests {
    use super::fixture::{NOW, ground, population};
    use super::*;
    use crate::domain::Text;
    use crate::domain::access::{Gap, Lack};

    #[test]
    fn the_table_has_every_code_once_and_in_order() {
        let codes: Vec<&str> = RULES.iter().map(|rule| rule.code.word()).collect();
        let wanted: Vec<String> = (1..=25).map(|number| format!("A{number:02}")).collect();
        assert_eq!(codes, wanted);
    }

    #[test]
    fn what_could_not_be_read_is_a_doubt_of_each_rule_that_needs_it() {
        let mut population = population(NOW);
        population.gaps.push(Gap {
            part: Part::DeployTokens,
            at: Text::new("acme"),
            lack: Lack::Forbidden,
            because: Text::new("403: the token is no maintainer"),
        });
        let report = judge(&ground(&population));
        let doubting: Vec<&str> = report
            .tallies
            .iter()
            .filter(|tally| !tally.doubts.is_empty())
            .map(|tally| tally.code.word())
            .collect();
        assert_eq!(doubting, ["A09", "A11"]);
        let doubt = &report.tallies[10].doubts[0];
        let because = "deploy_tokens of acme were not read: 403: the token is no maintainer";
        assert_eq!((doubt.because.as_str(), doubt.count), (because, 1));
    }
}
