//! What GitLab says for a change: that its commit ran there before, or that somebody else vouches for its class.

use super::sheet::Look;
use crate::api::Error;
use crate::api::gitlab::{Authors, Gitlab, LabelEvent, Ran};
use crate::cli::Surroundings;
use crate::cli::exit::Problem;
use crate::cli::ground::{Ground, tasks};
use crate::cli::look;
use crate::domain::{Text, Timestamp};
use crate::gate::{ChangeClass, Deployed, Evidence, Policy, Request};

/// What GitLab says, and what was asked for it.
#[derive(Debug, PartialEq)]
pub(super) struct Proof {
    /// Whether the commit ran there before.
    pub(super) deployed: Deployed,
    /// Whether somebody vouches.
    pub(super) evidence: Evidence,
    /// What was asked.
    pub(super) looks: Vec<Look>,
}

impl Proof {
    fn none() -> Proof {
        Proof { deployed: Deployed::NotAsked, evidence: Evidence::NotAsked, looks: Vec::new() }
    }
}

/// What a class needs of GitLab.
#[derive(Debug, PartialEq, Eq)]
enum Need<'a> {
    /// Nothing, or nothing that could be asked.
    Nothing,
    /// Whether a commit ran in the environment.
    Ran { sha: &'a Text },
    /// Whether the merge request of a commit carries a label.
    Label { sha: &'a Text, label: &'a str },
}

/// Asks GitLab for what the class of a change needs, and for nothing else.
pub(super) fn gather(
    request: &Request,
    policy: &Policy,
    ground: &Ground,
    around: &Surroundings<'_>,
) -> Result<Proof, Problem> {
    let need = need(request, policy);
    if need == Need::Nothing {
        return Ok(Proof { evidence: lacking(request, policy), ..Proof::none() });
    }
    let project =
        policy.services.get(request.service.as_str()).and_then(|one| one.project.as_deref());
    let Some(project) = project else {
        let why = format!("the policy names no project under [service.{}]", request.service);
        return Ok(unknown(&need, Text::new(&why)));
    };
    let Some(settings) = &ground.loaded.settings.gitlab else {
        return Ok(unknown(&need, Text::new("GitLab is not configured")));
    };
    let wiring = match look::wiring(ground, settings, &around.environment) {
        Ok(wiring) => wiring,
        Err(error) => return Ok(unknown(&need, Text::new(&error.to_string()))),
    };
    let gitlab = Gitlab::new(settings, wiring);
    Ok(tasks()?.block_on(ask(&gitlab, project, request, &need)))
}

/// What a class needs.
fn need<'a>(request: &'a Request, policy: &'a Policy) -> Need<'a> {
    let Some(sha) = &request.sha else { return Need::Nothing };
    match request.class {
        ChangeClass::Rollback => Need::Ran { sha },
        ChangeClass::Security | ChangeClass::Reliability => policy
            .evidence
            .get(request.class.as_str())
            .map_or(Need::Nothing, |label| Need::Label { sha, label }),
        ChangeClass::Feature | ChangeClass::Fix | ChangeClass::Emergency => Need::Nothing,
    }
}

/// What is to be said of the evidence where nothing can be asked.
fn lacking(request: &Request, policy: &Policy) -> Evidence {
    let names = policy.evidence.contains_key(request.class.as_str());
    if names && request.sha.is_none() {
        return Evidence::Missing(Text::new("its commit is not named with --sha"));
    }
    Evidence::NotAsked
}

/// The proof that cannot be had, and why.
fn unknown(need: &Need<'_>, why: Text) -> Proof {
    match need {
        Need::Nothing => Proof::none(),
        Need::Ran { .. } => Proof { deployed: Deployed::Unknown(why), ..Proof::none() },
        Need::Label { .. } => Proof { evidence: Evidence::Unknown(why), ..Proof::none() },
    }
}

async fn ask(gitlab: &Gitlab, project: &str, request: &Request, need: &Need<'_>) -> Proof {
    let at = gitlab.now();
    let page = |rest: &str| Some(Text::new(&gitlab.page(&format!("{project}/-/{rest}"))));
    match need {
        Need::Nothing => Proof::none(),
        Need::Ran { sha } => {
            let found = gitlab.ran(project, &request.environment, sha).await;
            let query = format!("deployments of {project} to {} with {sha}", request.environment);
            let look = Look { query: Text::new(&query), at: Some(at), url: page("environments") };
            Proof { deployed: deployed(found), looks: vec![look], ..Proof::none() }
        }
        Need::Label { sha, label } => {
            let query = format!("merge requests of {sha} in {project} with the label {label}");
            let url = page(&format!("commit/{sha}"));
            let mut looks = vec![Look { query: Text::new(&query), at: Some(at), url }];
            let found = vouched(gitlab, project, sha, label).await;
            let (evidence, url) =
                found.unwrap_or_else(|error| (Evidence::Unknown(told(&error)), None));
            let label = |url| Look {
                query: Text::new(&format!("who put on the label {label}")),
                at: Some(at),
                url: Some(url),
            };
            looks.extend(url.map(label));
            Proof { evidence, looks, ..Proof::none() }
        }
    }
}

fn deployed(found: Result<Ran, Error>) -> Deployed {
    match found {
        Ok(Ran::At(at)) => Deployed::At(at),
        Ok(Ran::Never) => Deployed::Never,
        Ok(Ran::NotWithin(read)) => {
            let why = format!("it is not among the newest {read} successful deployments");
            Deployed::Unknown(Text::new(&why))
        }
        Err(error) => Deployed::Unknown(told(&error)),
    }
}

fn told(error: &Error) -> Text {
    Text::new(&error.to_string())
}

/// Whether one of the merge requests of a commit carries the label from somebody else's hand, and its page.
async fn vouched(
    gitlab: &Gitlab,
    project: &str,
    sha: &str,
    label: &str,
) -> Result<(Evidence, Option<Text>), Error> {
    let requests = gitlab.merge_requests_of(project, sha).await?;
    let mut missing = "no merge request brought it in".to_owned();
    for one in requests.iter().filter(|one| *one.state != *"closed") {
        if !one.labels.iter().any(|held| **held == *label) {
            missing = format!("!{} does not carry the label {label}", one.iid);
            continue;
        }
        let events = gitlab.label_events(project, one.iid).await?;
        let authors = gitlab.authors(project, one.iid).await?;
        match voucher(&authors, label, &events) {
            Ok((by, at)) => {
                let when = at.map_or(String::new(), |at| format!(" at {at}"));
                let what = Text::new(&format!("label {label} on !{}{when}", one.iid));
                return Ok((Evidence::Vouched { by, what }, Some(one.web_url.clone())));
            }
            Err(why) => missing = format!("the label {label} on !{} {why}", one.iid),
        }
    }
    Ok((Evidence::Missing(Text::new(&missing)), None))
}

/// Who put a label on that a merge request carries, where that is a person who wrote nothing of it.
fn voucher(
    authors: &Authors,
    label: &str,
    events: &[LabelEvent],
) -> Result<(Text, Option<Timestamp>), &'static str> {
    let last = events.iter().rev().find(|event| *event.label == *label);
    let by =
        last.filter(|event| event.is_added).and_then(|event| Some((event.by.as_ref()?, event)));
    let Some((by, event)) = by else {
        return Err("was put on by nobody that GitLab names");
    };
    if event.is_bot {
        return Err("was put on by a bot");
    }
    if authors.people.iter().any(|author| author.eq_ignore_ascii_case(by)) {
        return Err("was put on by its author, or by the author of one of its commits");
    }
    if !authors.is_whole {
        return Err("cannot be told from its authors', of whom GitLab does not know all");
    }
    Ok((by.clone(), event.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(class: ChangeClass, sha: Option<&str>) -> Request {
        Request {
            service: Text::new("checkout"),
            environment: Text::new("production"),
            class,
            sha: sha.map(Text::new),
        }
    }

    fn all(people: &[&str]) -> Authors {
        Authors { people: people.iter().map(|name| Text::new(name)).collect(), is_whole: true }
    }

    fn added(by: Option<&str>) -> LabelEvent {
        let is_bot = by.is_some_and(|by| by.ends_with("bot"));
        LabelEvent {
            label: Text::new("x"),
            is_added: true,
            by: by.map(Text::new),
            is_bot,
            at: None,
        }
    }

    #[test]
    fn only_what_the_class_needs_is_asked() {
        let policy = Policy::default();
        let sha = Text::new("ff");
        let needs = |class| need(&request(class, Some("ff")), &policy) == Need::Nothing;
        assert_eq!(ChangeClass::ALL.map(needs), [true, true, false, false, false, true]);
        let rollback = request(ChangeClass::Rollback, Some("ff"));
        assert_eq!(need(&rollback, &policy), Need::Ran { sha: &sha });
        assert_eq!(need(&request(ChangeClass::Rollback, None), &policy), Need::Nothing);
    }

    #[test]
    fn evidence_without_a_commit_is_missing_and_without_a_label_not_asked() {
        let security = request(ChangeClass::Security, None);
        assert!(matches!(lacking(&security, &Policy::default()), Evidence::Missing(_)));
        let bare = Policy { evidence: [].into(), ..Policy::default() };
        assert_eq!(lacking(&security, &bare), Evidence::NotAsked);
    }

    #[test]
    fn another_person_vouches_and_no_author_and_no_bot_does() {
        let behind = all(&["ada", "cara"]);
        let by = |by| voucher(&behind, "x", &[added(by)]);
        assert_eq!(by(Some("bob")), Ok((Text::new("bob"), None)));
        for wrong in [Some("ada"), Some("Ada"), Some("cara"), Some("project_1_bot"), None] {
            assert!(by(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nobody_vouches_beside_a_commit_of_an_unknown_author() {
        let behind = Authors { is_whole: false, ..all(&["ada"]) };
        assert!(voucher(&behind, "x", &[added(Some("bob"))]).is_err());
    }

    #[test]
    fn the_last_hand_on_the_label_counts() {
        let who = |events: &[LabelEvent]| voucher(&all(&["ada"]), "x", events);
        let (bob, ada) = (added(Some("bob")), added(Some("ada")));
        let off = LabelEvent { is_added: false, ..added(Some("ada")) };
        assert!(who(&[bob.clone(), off.clone(), ada.clone()]).is_err());
        assert!(who(&[ada, off.clone(), bob.clone()]).is_ok());
        assert!(who(&[bob, off]).is_err());
        assert!(who(&[]).is_err());
    }
}
