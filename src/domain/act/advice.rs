//! [`advice`]: what to do about an act that a platform refused.

use super::{Act, Ending, Outcome, TargetKind, petition};
use crate::domain::Text;

/// What to do about an act that did not end well; `None` where it did, or where no answer came.
pub fn advice(act: &Act, outcome: &Outcome) -> Option<Text> {
    if outcome.ending == Ending::Done {
        return None;
    }
    if act.target == TargetKind::Request {
        return petition::advice(outcome).map(|words| Text::new(&words));
    }
    let said = outcome.message.as_deref().unwrap_or_default();
    let gitlab = matches!(
        act.target,
        TargetKind::Job
            | TargetKind::Pipeline
            | TargetKind::Deployment
            | TargetKind::Runner
            | TargetKind::Exception
            | TargetKind::Member
            | TargetKind::Token
            | TargetKind::DeployToken
            | TargetKind::DeployKey
    );
    let words = match outcome.status? {
        401 if gitlab => {
            "the token is not accepted any more: put a new one where gitlab.token points".to_owned()
        }
        401 => "the credentials are not accepted any more: renew them".to_owned(),
        403 if gitlab && said.contains("privileges") => {
            "create a token with scope api and put it where gitlab.token points".to_owned()
        }
        400 | 403 if said.contains("permission") => format!("this needs {}", act.needs),
        400 if said.contains("own deployment") => {
            "ask somebody who had no part in it to decide".to_owned()
        }
        403 => format!("this needs {}; or its state does not allow it: look again", act.needs),
        404 => {
            "check the target; what one may not see is answered like what is not there".to_owned()
        }
        400 | 409 | 422 if act.target == TargetKind::Exception => {
            "the branch, the file or the merge request is there already, or the file changed: look again; asked for once \
             more, it goes on from what is there"
                .to_owned()
        }
        409 => {
            "somebody was quicker, or it changed meanwhile: look again before you decide".to_owned()
        }
        400 | 422 if act.name == "silence.create" => {
            "Alertmanager takes no such silence: correct its matchers or its end, as its words say"
                .to_owned()
        }
        400 | 422 => "its state does not allow this: look again before you decide".to_owned(),
        429 => "wait as long as it asks to; nothing else is sent to it until then".to_owned(),
        500.. => "look at the target before you try again: it may have happened".to_owned(),
        _ => return None,
    };
    Some(Text::new(&words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::act::find;

    fn hint(act: &str, status: Option<u16>, said: &str) -> Option<String> {
        let message = Some(Text::new(said));
        let outcome = Outcome { ending: Ending::Failed, status, message };
        advice(find(act).unwrap(), &outcome).map(|text| text.to_string())
    }

    #[test]
    fn every_refusal_has_advice() {
        for status in [400, 401, 403, 404, 409, 422, 429, 503] {
            assert!(hint("job.retry", Some(status), "no").is_some(), "{status}");
        }
        assert_eq!(hint("job.retry", None, "no connection"), None);
    }

    #[test]
    fn matchers_that_alertmanager_refuses_are_no_matter_of_state() {
        let told = hint("silence.create", Some(400), "at least one matcher must not match");
        assert!(told.is_some_and(|words| words.contains("matchers")));
    }

    #[test]
    fn a_narrow_token_is_told_apart_from_a_low_role() {
        let narrow = hint("job.retry", Some(403), "requires higher privileges than provided");
        assert!(narrow.is_some_and(|words| words.contains("scope api and put")));
        let low = hint("deployment.approve", Some(400), "You don't have permission to approve");
        assert!(low.is_some_and(|words| words.contains("among the approvers")));
    }

    #[test]
    fn what_was_done_needs_none() {
        let done = Outcome { ending: Ending::Done, status: Some(201), message: None };
        assert_eq!(advice(find("job.retry").unwrap(), &done), None);
    }
}
