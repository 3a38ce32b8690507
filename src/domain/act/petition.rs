//! [`Petition`]: where a request for an exception stands, for whoever decides about it.

use super::Outcome;
use crate::domain::{MergeStatus, Text};

/// A merge request that asks for something of the register, as it was just seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Petition {
    /// What is typed to confirm a decision: the ids of its records; none where none can be read.
    pub called: Option<Text>,
    /// The login of its author.
    pub author: Text,
    /// Whether whoever asks is its author; none where that is not known.
    pub is_own: Option<bool>,
    /// Whether whoever asks approved it.
    pub is_approved_by_us: bool,
    /// Whether GitLab takes an approval only with the person's password, which is never asked for here.
    pub wants_password: bool,
    /// How many approved it who may.
    pub approvals: usize,
    /// Whether GitLab would merge it.
    pub merge: MergeStatus,
    /// Whether its merge is scheduled: GitLab took it, and merges it once it can.
    pub is_scheduled: bool,
    /// When, by whom and as which commit it was merged, if it was.
    pub merged: Option<Text>,
    /// What we said of it last.
    pub last_note: Option<Text>,
    /// Why whoever asks may neither approve nor merge it; one sentence each.
    pub against: Vec<Text>,
}

/// What to do about a request for an exception that GitLab did not let decide about.
pub(super) fn advice(outcome: &Outcome) -> Option<String> {
    let said = outcome.message.as_deref().unwrap_or_default();
    let words = match outcome.status? {
        401 => {
            "GitLab does not let you: you had a part in it, you are not among its approvers, you approved it already, or you may \
             not merge into the branch; or your token is not accepted any more. Look at it again, or let somebody else decide"
        }
        403 if said.contains("privileges") => {
            "create a token with scope api and put it where gitlab.token points"
        }
        403 => {
            "this needs scope api and at least the Developer role in the register's project; or its state does not allow it: \
             look again"
        }
        404 => "check the target; what one may not see is answered like what is not there",
        405 => {
            "GitLab does not merge it now: it is a draft or closed, its pipeline has not passed, or an approval is missing. Look \
             at its merge status again"
        }
        406 | 422 => {
            "it cannot be merged as it is, mostly because it conflicts with the branch: its author has to rebase it, and then it \
             is reviewed anew"
        }
        409 => {
            "its head moved after it was reviewed, and nothing of the new head was approved or merged: read what is there now \
             before you decide"
        }
        400 => "GitLab cannot use what was sent, as its words say: look again before you decide",
        429 => "wait as long as it asks to; nothing else is sent to it until then",
        500.. => "look at the request before you try again: it may have happened",
        _ => return None,
    };
    Some(words.to_owned())
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Petitions for tests.

    use super::Petition;
    use crate::domain::{MergeStatus, Seen, Text};

    /// An open request of Bruno's, which lacks an approval and nothing else.
    pub(crate) fn petition() -> Petition {
        Petition {
            called: Some(Text::new("EXC-1")),
            author: Text::new("bruno"),
            is_own: Some(false),
            is_approved_by_us: false,
            wants_password: false,
            approvals: 0,
            merge: MergeStatus::of("not_approved"),
            is_scheduled: false,
            merged: None,
            last_note: None,
            against: Vec::new(),
        }
    }

    /// What a look tells of it.
    pub(crate) fn seen(state: &str, petition: Petition) -> Seen {
        Seen {
            identity: Some(Text::new("c0ffee")),
            protected: Some(false),
            petition: Some(Box::new(petition)),
            ..Seen::new(Text::new("EXC-1: a larger runner"), Text::new(state))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Ending;

    fn told(status: Option<u16>) -> Option<String> {
        advice(&Outcome { ending: Ending::Failed, status, message: None })
    }

    #[test]
    fn every_refusal_of_gitlab_has_its_own_advice() {
        let statuses = [400, 401, 403, 404, 405, 409, 422, 429, 503];
        let told: Vec<String> = statuses.iter().filter_map(|one| told(Some(*one))).collect();
        let different: std::collections::BTreeSet<&String> = told.iter().collect();
        assert_eq!(different.len(), statuses.len());
    }

    #[test]
    fn older_releases_say_406_where_newer_ones_say_422() {
        assert_eq!(told(Some(406)), told(Some(422)));
        assert_eq!(told(None), None);
    }
}
