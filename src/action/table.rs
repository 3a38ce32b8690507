//! [`ACTS`]: everything that may be asked for, one row each; and [`Proposal`], one of them about one target.

use std::fmt;

use secrecy::SecretString;

use crate::domain::{Confirmation, Risk, Target, TargetKind, Text};

/// An act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// Its name, as `act NAME` takes it.
    pub name: &'static str,
    /// What it does, one line.
    pub doc: &'static str,
    /// What it is done to.
    pub target: TargetKind,
    /// How grave it is.
    pub risk: Risk,
    /// What the platform wants of whoever asks.
    pub needs: &'static str,
    /// The names that `--set NAME=VALUE` may give it.
    pub settings: &'static [&'static str],
}

/// Every act. A new act is one line here and one function of `send/`.
#[rustfmt::skip] // One act a line: they are read as a table.
pub static ACTS: &[Act] = &[
    Act { name: "job.retry", doc: "run a job once more, as a new job", target: TargetKind::Job, risk: Risk::Small,
        needs: "scope api and the Developer role", settings: &[] },
    Act { name: "job.cancel", doc: "cancel a job that waits or runs", target: TargetKind::Job, risk: Risk::Destructive,
        needs: "scope api and the Developer role", settings: &[] },
    Act { name: "job.play", doc: "start a manual or delayed job, with variables where given", target: TargetKind::Job, risk: Risk::Small,
        needs: "scope api and the right to deploy where the environment is protected", settings: &["VARIABLE"] },
    Act { name: "pipeline.retry", doc: "run the failed and canceled jobs of a pipeline once more", target: TargetKind::Pipeline,
        risk: Risk::Small, needs: "scope api and the Developer role", settings: &[] },
    Act { name: "pipeline.cancel", doc: "cancel every job of a pipeline that waits or runs", target: TargetKind::Pipeline,
        risk: Risk::Destructive, needs: "scope api and the Developer role", settings: &[] },
    Act { name: "runner.pause", doc: "let a runner take no new jobs", target: TargetKind::Runner, risk: Risk::Small,
        needs: "scope api and the Owner role of the runner's group, or Maintainer of its project", settings: &[] },
    Act { name: "runner.resume", doc: "let a runner take jobs again", target: TargetKind::Runner, risk: Risk::Small,
        needs: "scope api and the Owner role of the runner's group, or Maintainer of its project", settings: &[] },
];

/// The act with this name.
pub fn find(name: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.name == name)
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
    /// Whether the target belongs to a protected tier.
    pub protected: bool,
    /// Variables for a job that is played.
    pub variables: Vec<Variable>,
    /// Why.
    pub reason: Option<Text>,
    /// What the person typed to confirm it, where words are asked for.
    pub typed: Option<Text>,
}

impl Proposal {
    /// How it is to be confirmed when it stands alone: the target's name where that is protected or the act destroys.
    pub fn confirmation(&self) -> Confirmation {
        if self.protected || self.act.risk == Risk::Destructive {
            Confirmation::Typed(Text::new(&self.target.to_string()))
        } else {
            Confirmation::Key
        }
    }

    /// What was chosen beside, without the values of variables.
    pub(super) fn settings(&self) -> Vec<(Text, Text)> {
        let name = |variable: &Variable| (Text::new("variable"), variable.name.clone());
        self.variables.iter().map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::JobId;

    fn proposal(act: &str) -> Proposal {
        Proposal {
            act: find(act).unwrap(),
            target: Target::Job(Text::new("acme/shop"), JobId(1)),
            protected: false,
            variables: Vec::new(),
            reason: None,
            typed: None,
        }
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
    fn the_value_of_a_variable_is_never_printed() {
        let variable =
            Variable { name: Text::new("TOKEN"), value: SecretString::from("glpat-x".to_owned()) };
        let proposal = Proposal { variables: vec![variable], ..proposal("job.play") };
        assert!(!format!("{proposal:?}").contains("glpat"));
        assert_eq!(proposal.settings(), [(Text::new("variable"), Text::new("TOKEN"))]);
    }
}
