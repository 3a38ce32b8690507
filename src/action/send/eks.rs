//! Changing requests to EKS, on connections of their own, with AWS's own retries off.

use super::{Quiet, failed, unknown};
use crate::action::look::eks::Sizes;
use crate::api::aws::{Bounds, Lost, Resize, WriteLine};
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::Eks as EksSettings;
use crate::domain::{Ending, Outcome, Proposal, Target, Text, Timestamp, Wire};

/// A changing request that is ready to be sent.
#[derive(Debug, Clone)]
pub(in crate::action) struct Order {
    cluster: Text,
    change: Change,
    url: Text,
}

/// What is to become of what.
#[derive(Debug, Clone)]
enum Change {
    /// A node group gets other sizes.
    Resize(Resize),
    /// An access entry goes; its principal's ARN.
    DeleteEntry(String),
}

impl Order {
    /// The cluster that it is for, by its name in the configuration.
    pub(in crate::action) fn cluster(&self) -> &Text {
        &self.cluster
    }

    /// What the ledger records of it.
    pub(in crate::action) fn wire(&self) -> Wire {
        let method = match self.change {
            Change::Resize(_) => "POST",
            Change::DeleteEntry(_) => "DELETE",
        };
        Wire { method: Text::new(method), url: self.url.clone() }
    }
}

/// The way to change the node groups of a cluster.
pub(in crate::action) struct Writer {
    settings: EksSettings,
    line: WriteLine,
    wiring: Wiring,
    quiet: Quiet,
}

impl Writer {
    /// A writer that opens nothing and reads no credentials until it is first used.
    pub(in crate::action) fn new(settings: &EksSettings, bounds: Bounds, wiring: Wiring) -> Writer {
        let line = WriteLine::new(settings, bounds, wiring.clone());
        Writer { settings: settings.clone(), line, wiring, quiet: Quiet::default() }
    }

    /// Whether AWS asked to be left alone.
    pub(in crate::action) fn quiet(&self) -> &Quiet {
        &self.quiet
    }

    /// What a proposal comes to on the wire; `None` for what is not of EKS. Sizes that make no sense are refused by the
    /// look that comes before the sending.
    pub(in crate::action) fn order(&self, proposal: &Proposal) -> Option<Order> {
        let (cluster, group) = match (proposal.act.name, &proposal.target) {
            ("nodegroup.scale", Target::NodeGroup(cluster, group)) => (cluster, group),
            ("accessentry.delete", Target::AccessEntry(cluster, arn)) => {
                let change = Change::DeleteEntry(arn.to_string());
                let url = entry_url(&self.settings, arn);
                return Some(Order { cluster: cluster.clone(), change, url });
            }
            _ => return None,
        };
        let sizes = Sizes::of(proposal).unwrap_or_default();
        let size = |size: Option<u32>| size.and_then(|size| i32::try_from(size).ok());
        let resize =
            Resize { group: group.to_string(), desired: size(sizes.desired), max: size(sizes.max) };
        let change = Change::Resize(resize);
        Some(Order { cluster: cluster.clone(), change, url: url(&self.settings, group) })
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(in crate::action) async fn send(&self, permit: Permit, order: Order) -> Closing {
        let answer = match order.change {
            Change::Resize(Resize { desired: None, max: None, .. }) => {
                return permit.settle(failed(None, "no size was given: nothing was sent"));
            }
            Change::Resize(resize) => {
                let token = token(permit.seq(), self.wiring.now());
                let update = self.line.resize(&resize, &token).await;
                update.map(|update| Some(Text::new(&format!("EKS began update {update}"))))
            }
            Change::DeleteEntry(arn) => self.line.delete_entry(&arn).await.map(|()| None),
        };
        if let Err(Lost::Unsent(error) | Lost::Refused(error) | Lost::Unanswered(error)) = &answer {
            self.quiet.note(error.retry_at);
        }
        permit.settle(judge(answer, self.wiring.now()))
    }
}

/// What makes a request the same one to AWS: the place of its entry, and the instant, as another ledger may have the
/// same places.
fn token(seq: u64, now: Timestamp) -> String {
    format!("watchfloor-{seq}-{}", now.as_microsecond())
}

/// Where EKS is asked to resize a node group. The region may be known to the AWS profile alone.
fn url(settings: &EksSettings, group: &str) -> Text {
    let base = base(settings);
    Text::new(&format!("{base}/clusters/{}/node-groups/{group}/update-config", settings.name))
}

/// Where EKS is asked to delete an access entry.
fn entry_url(settings: &EksSettings, arn: &str) -> Text {
    let arn: String = url::form_urlencoded::byte_serialize(arn.as_bytes()).collect();
    let base = base(settings);
    Text::new(&format!("{base}/clusters/{}/access-entries/{arn}", settings.name))
}

fn base(settings: &EksSettings) -> String {
    match (&settings.endpoint_url, &settings.region) {
        (Some(url), _) => url.as_str().trim_end_matches('/').to_owned(),
        (None, Some(region)) => format!("https://eks.{region}.amazonaws.com"),
        (None, None) => "eks:".to_owned(),
    }
}

/// What an answer, or its absence, means.
fn judge(answer: Result<Option<Text>, Lost>, now: Timestamp) -> Outcome {
    match answer {
        Ok(message) => Outcome { ending: Ending::Done, status: Some(200), message },
        Err(Lost::Unsent(error)) => {
            failed(None, &format!("{error}; nothing was sent; {}", error.hint))
        }
        Err(Lost::Refused(error)) => {
            failed(error.status, &format!("{error}; {}{}", hint(&error), wait(&error, now)))
        }
        Err(Lost::Unanswered(error)) => {
            unknown(error.status, &format!("the answer was lost: {error}"))
        }
    }
}

/// What to do about a refusal.
fn hint(error: &Error) -> String {
    let is = |code: &str| error.message.contains(code);
    if is("ResourceInUseException") {
        "the group is being changed: wait until it is ACTIVE, then look again".to_owned()
    } else if is("InvalidParameterException") || is("InvalidRequestException") {
        "look at the group's sizes and try others".to_owned()
    } else if is("ResourceLimitExceededException") {
        "ask for a higher quota of the account".to_owned()
    } else if error.status == Some(429) || is("slow down") {
        "nothing was done: try again later".to_owned()
    } else {
        error.hint.to_string()
    }
}

/// How long AWS asks to wait.
fn wait(error: &Error, now: Timestamp) -> String {
    let left = error.retry_at.map(|at| at.duration_since(now).as_secs().max(1));
    left.map_or_else(String::new, |seconds| format!("; AWS asks to wait {seconds} s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{FailureKind, find_act};

    fn settings(region: Option<&str>, endpoint: Option<&str>) -> EksSettings {
        EksSettings {
            name: "ci-prod".to_owned(),
            region: region.map(str::to_owned),
            profile: None,
            role_arn: None,
            endpoint_url: endpoint.map(|url| url.parse().unwrap()),
            config_file: None,
            credentials_file: None,
        }
    }

    fn order(settings: &EksSettings, act: &str, target: Target) -> Option<Order> {
        let wiring = Wiring::new(|| at(0), |_| None);
        let mut proposal = Proposal::new(find_act(act).unwrap(), target);
        proposal.settings = vec![(Text::new("desired"), Text::new("6"))];
        Writer::new(settings, Bounds::Loopback, wiring).order(&proposal)
    }

    fn group() -> Target {
        Target::NodeGroup(Text::new("ci"), Text::new("ci-standard"))
    }

    fn refused(status: u16, message: &str) -> Outcome {
        let error = Error::new(FailureKind::Other, message);
        judge(Err(Lost::Refused(Error { status: Some(status), ..error })), at(0))
    }

    #[test]
    fn a_resizing_names_the_group_and_what_changes() {
        let order = order(&settings(Some("eu-west-1"), None), "nodegroup.scale", group()).unwrap();
        let Change::Resize(resize) = &order.change else { panic!("a resizing") };
        assert_eq!(
            *resize,
            Resize { group: "ci-standard".to_owned(), desired: Some(6), max: None }
        );
        let wire = order.wire();
        assert_eq!(&*wire.method, "POST");
        assert_eq!(
            &*wire.url,
            "https://eks.eu-west-1.amazonaws.com/clusters/ci-prod/node-groups/ci-standard/update-config"
        );
    }

    #[test]
    fn the_configured_address_counts_more_than_the_region() {
        let there = settings(Some("eu-west-1"), Some("http://127.0.0.1:5000/"));
        let order = order(&there, "nodegroup.scale", group()).unwrap();
        assert!(order.wire().url.starts_with("http://127.0.0.1:5000/clusters/"));
    }

    #[test]
    fn an_access_entry_is_deleted_at_the_address_of_its_principal() {
        let entry =
            Target::AccessEntry(Text::new("ci"), Text::new("arn:aws:iam::111122223333:role/x"));
        let order = order(&settings(Some("eu-west-1"), None), "accessentry.delete", entry).unwrap();
        let wire = order.wire();
        assert_eq!(&*wire.method, "DELETE");
        assert_eq!(
            &*wire.url,
            "https://eks.eu-west-1.amazonaws.com/clusters/ci-prod/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fx"
        );
    }

    #[test]
    fn what_is_not_of_eks_is_no_order() {
        let node = Target::Node(Text::new("ci"), Text::new("n"));
        assert!(order(&settings(None, None), "node.cordon", node).is_none());
    }

    #[test]
    fn two_entries_are_two_requests_to_aws() {
        assert_ne!(token(1, at(0)), token(2, at(0)));
        assert_ne!(token(1, at(0)), token(1, at(1)));
        assert_eq!(token(1, at(0)), token(1, at(0)));
    }

    #[test]
    fn a_refusal_did_nothing_and_says_what_to_do() {
        for (status, words, hint) in [
            (409, "AWS answered ResourceInUseException: busy", "wait until it is ACTIVE"),
            (400, "AWS answered InvalidParameterException: no", "try others"),
            (429, "AWS asks to slow down (ThrottlingException)", "try again later"),
        ] {
            let outcome = refused(status, words);
            assert_eq!((outcome.ending, outcome.status), (Ending::Failed, Some(status)));
            let said = outcome.message.unwrap();
            assert!(said.contains(words) && said.contains(hint), "{said}");
        }
    }

    #[test]
    fn a_wait_that_aws_asks_for_is_told() {
        let error = Error::new(FailureKind::RateLimited, "AWS asks to slow down");
        let error = Error { retry_at: Some(at(30)), ..error };
        let said = judge(Err(Lost::Refused(error)), at(0)).message.unwrap();
        assert!(said.contains("wait 30 s"), "{said}");
    }

    #[test]
    fn a_lost_answer_is_unknown_and_what_was_not_sent_failed() {
        let error = || Error::new(FailureKind::Timeout, "no answer in time");
        assert_eq!(judge(Err(Lost::Unanswered(error())), at(0)).ending, Ending::Unknown);
        assert_eq!(judge(Err(Lost::Unsent(error())), at(0)).ending, Ending::Failed);
        assert_eq!(judge(Ok(None), at(0)).ending, Ending::Done);
    }
}
