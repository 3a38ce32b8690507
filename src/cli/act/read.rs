//! The words of `act`: which act, and what is chosen beside.

use secrecy::SecretString;

use crate::cli::args;
use crate::cli::exit::Problem;
use crate::config::Environment;
use crate::domain::{ACTS, Act, Proposal, Target, Text, Variable, find_act};

/// The key by which an act says that it takes variables of any name.
const ANY: &str = "VARIABLE";

/// The act with this name.
pub(super) fn act(name: &str) -> Result<&'static Act, Problem> {
    find_act(name).ok_or_else(|| {
        let near = ACTS
            .iter()
            .map(|act| (strsim::jaro_winkler(name, act.name), act.name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = near.map_or_else(
            || "`watchfloor act` lists them".to_owned(),
            |(_, near)| format!("did you mean `{near}`? `watchfloor act` lists all"),
        );
        Problem::usage(format!("there is no act `{name}`"), hint)
    })
}

/// What is chosen beside.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    settings: Vec<(Text, Text)>,
    variables: Vec<Variable>,
}

impl Chosen {
    /// An act on a target as it was asked for; whether that is protected is not known yet.
    pub(super) fn proposal(
        &self,
        act: &'static Act,
        target: Target,
        asked: &args::Act,
    ) -> Proposal {
        Proposal {
            settings: self.settings.clone(),
            variables: self.variables.clone(),
            reason: asked.reason.as_deref().map(Text::new),
            typed: asked.confirm.as_deref().map(Text::new),
            identity: asked.sha.as_deref().map(Text::new),
            ..Proposal::new(act, target)
        }
    }
}

/// Reads what is chosen beside. A variable's value may come from the environment: there nobody else reads it.
pub(super) fn chosen(
    act: &'static Act,
    words: &[String],
    environment: &Environment,
) -> Result<Chosen, Problem> {
    let mut chosen = Chosen::default();
    let takes_any = act.settings.contains(&ANY);
    for word in words {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let is_known = if takes_any { is_name(key) } else { act.settings.contains(&key) };
        if !is_known {
            return Err(unknown(act, key));
        }
        let value = value.or_else(|| environment.get(key).filter(|_| takes_any).cloned());
        let value = value.ok_or_else(|| no_value(act, key))?;
        let twice = |known: &Text| **known == *key;
        if chosen.settings.iter().any(|(known, _)| twice(known))
            || chosen.variables.iter().any(|variable| twice(&variable.name))
        {
            return Err(Problem::usage(format!("--set {key} stands there twice"), "say it once"));
        }
        let name = Text::new(key);
        if takes_any {
            chosen.variables.push(Variable { name, value: SecretString::from(value) });
        } else {
            chosen.settings.push((name, Text::new(&value)));
        }
    }
    Ok(chosen)
}

/// Whether GitLab takes this as a variable's name.
fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 255
        && key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn unknown(act: &Act, key: &str) -> Problem {
    let hint = match act.settings {
        [] => "leave --set out".to_owned(),
        [ANY] => "a variable's name has letters, digits and underscores".to_owned(),
        keys => format!("it takes {}", keys.join(", ")),
    };
    Problem::usage(format!("{} takes no `{key}`", act.name), hint)
}

fn no_value(act: &Act, key: &str) -> Problem {
    let hint = if act.settings.contains(&ANY) {
        format!("write --set {key}=VALUE, or export the variable {key} where it is a secret")
    } else {
        format!("write --set {key}=VALUE")
    };
    Problem::usage(format!("--set {key} has no value"), hint)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(act: &str, words: &[&str]) -> Result<Chosen, Problem> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let environment = [("TOKEN".to_owned(), "hidden".to_owned())].into();
        chosen(find_act(act).unwrap(), &words, &environment)
    }

    #[test]
    fn a_variable_is_said_or_taken_from_the_environment() {
        let chosen = read("job.play", &["LEVEL=3=x", "TOKEN"]).unwrap();
        let variables: Vec<(&str, &str)> = chosen
            .variables
            .iter()
            .map(|variable| (&*variable.name, variable.value.expose_secret()))
            .collect();
        assert_eq!(variables, [("LEVEL", "3=x"), ("TOKEN", "hidden")]);
        assert!(chosen.settings.is_empty());
    }

    #[test]
    fn what_an_act_does_not_take_is_refused() {
        for (act, words) in [
            ("job.retry", vec!["a=1"]),
            ("nodegroup.scale", vec!["min=1"]),
            ("nodegroup.scale", vec!["desired"]),
            ("job.play", vec!["MISSING"]),
            ("job.play", vec!["A B=1"]),
            ("job.play", vec!["A=1", "A=2"]),
        ] {
            assert!(read(act, &words).is_err(), "{act} {words:?}");
        }
        let settings = read("nodegroup.scale", &["desired=6"]).unwrap().settings;
        assert_eq!(settings, [(Text::new("desired"), Text::new("6"))]);
    }

    #[test]
    fn a_slip_of_the_fingers_is_understood() {
        let told = act("job.rety").unwrap_err().text;
        assert!(told.contains("did you mean `job.retry`?"), "{told}");
        assert!(act("frobnicate").unwrap_err().text.contains("lists them"));
    }
}
