//! [`Proposal`]: one act about one target, and how it is to be confirmed.

use std::fmt;

use secrecy::SecretString;

use super::{Act, Risk, Target};
use crate::domain::{Record, Text};

/// Whether a reason says anything: a letter or a digit of any script, for signs alone tell nobody why.
pub fn says_something(reason: &str) -> bool {
    reason.chars().any(char::is_alphanumeric)
}

/// How an act is confirmed: in proportion to what it can break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// One key in the dialog: it is small, and it can be taken back.
    Key,
    /// These words are typed, and a reason is given: the target is protected, or the act destroys.
    Typed(Text),
}

/// A variable for a job that is played. Its value is a secret: only its name is ever recorded.
#[derive(Clone)]
pub struct Variable {
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: SecretString,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

impl PartialEq for Variable {
    fn eq(&self, other: &Variable) -> bool {
        use secrecy::ExposeSecret as _;
        self.name == other.name && self.value.expose_secret() == other.value.expose_secret()
    }
}

/// One act about one target, frozen when it was proposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The act.
    pub act: &'static Act,
    /// What it is done to.
    pub target: Target,
    /// The identity of the very object that was meant, where names are used again: a pod's or a node's UID.
    pub identity: Option<Text>,
    /// What is typed in the place of the target's address, where a person knows it by another name: a record's id.
    pub called: Option<Text>,
    /// Whether the target belongs to a protected tier.
    pub protected: bool,
    /// What was chosen beside, by name: `desired`, `max`, `comment`. Recorded.
    pub settings: Vec<(Text, Text)>,
    /// Variables for a job that is played.
    pub variables: Vec<Variable>,
    /// The record that is asked for, where a new exception is.
    pub record: Option<Box<Record>>,
    /// Why.
    pub reason: Option<Text>,
    /// What the person typed to confirm it, where words are asked for.
    pub typed: Option<Text>,
}

impl Proposal {
    /// An act about a target, with nothing chosen, said or confirmed yet.
    pub fn new(act: &'static Act, target: Target) -> Proposal {
        Proposal {
            act,
            target,
            identity: None,
            called: None,
            protected: false,
            settings: Vec::new(),
            variables: Vec::new(),
            record: None,
            reason: None,
            typed: None,
        }
    }

    /// What was chosen under a name.
    pub fn setting(&self, name: &str) -> Option<&Text> {
        self.settings.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    /// How it is to be confirmed when it stands alone: the target's name where that is protected or the act destroys.
    pub fn confirmation(&self) -> Confirmation {
        if self.protected || self.act.risk == Risk::Destructive {
            let called = self.called.clone();
            Confirmation::Typed(called.unwrap_or_else(|| Text::new(&self.target.to_string())))
        } else {
            Confirmation::Key
        }
    }

    /// What the ledger records of what was chosen: of variables the names alone.
    pub fn recorded(&self) -> Vec<(Text, Text)> {
        let name = |variable: &Variable| (Text::new("variable"), variable.name.clone());
        self.settings.iter().cloned().chain(self.variables.iter().map(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{JobId, find_act};

    fn proposal(act: &str) -> Proposal {
        Proposal::new(find_act(act).unwrap(), Target::Job(Text::new("acme/shop"), JobId(1)))
    }

    #[test]
    fn a_small_act_takes_a_key_and_a_grave_one_its_targets_name() {
        let typed = Confirmation::Typed(Text::new("acme/shop#1"));
        assert_eq!(proposal("job.retry").confirmation(), Confirmation::Key);
        let protected = Proposal { protected: true, ..proposal("job.retry") };
        assert_eq!(protected.confirmation(), typed);
        assert_eq!(proposal("job.cancel").confirmation(), typed);
    }

    #[test]
    fn what_goes_by_another_name_is_confirmed_by_that() {
        let called = Proposal { called: Some(Text::new("EXC-1")), ..proposal("job.cancel") };
        assert_eq!(called.confirmation(), Confirmation::Typed(Text::new("EXC-1")));
    }

    #[test]
    fn a_reason_of_signs_alone_says_nothing() {
        for (reason, says) in [
            ("stuck", true),
            ("障害", true),
            ("#4711", true),
            ("", false),
            ("  \t", false),
            ("\u{200b}\u{202e}", false),
            ("-", false),
        ] {
            assert_eq!(says_something(reason), says, "{reason:?}");
        }
    }

    #[test]
    fn the_value_of_a_variable_is_never_printed() {
        let variable =
            Variable { name: Text::new("TOKEN"), value: SecretString::from("glpat-x".to_owned()) };
        let proposal = Proposal { variables: vec![variable], ..proposal("job.play") };
        assert!(!format!("{proposal:?}").contains("glpat"));
        assert_eq!(proposal.recorded(), [(Text::new("variable"), Text::new("TOKEN"))]);
    }
}
