//! [`Requesters`]: who asked for what a deployment brings: its commits' people, and whoever opened its merge requests.

use std::collections::BTreeSet;

use crate::api::Error;
use crate::api::gitlab::{Authors, Brought, Deployment, Gitlab, MOST_COMMITS, MergeRequest, Place};
use crate::domain::Text;

/// Who asked for what a deployment brings, as far as GitLab tells. What it does not tell is said, never taken for nobody.
#[derive(Debug)]
pub(super) struct Requesters {
    /// The commits beyond the last successful deployment; `None` where there was none.
    pub(super) brings: Result<Option<Brought>, Text>,
    /// The merge requests that brought its commits in, or why they cannot be told.
    pub(super) requests: Result<Vec<Request>, Text>,
}

/// A merge request, and whoever stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// Its number within the project.
    pub(super) iid: u64,
    /// The login of whoever opened it; `None` where GitLab does not tell.
    pub(super) opened_by: Option<Text>,
    /// The logins of whoever wrote or committed its commits before they were merged, or why they cannot be told.
    pub(super) written_by: Result<Authors, Text>,
}

impl Requesters {
    /// Asks GitLab.
    pub(super) async fn of(gitlab: &Gitlab, place: &Place, deployment: &Deployment) -> Requesters {
        let brings = gitlab.brought_by(place, deployment).await.map_err(|error| words(&error));
        let requests = match commits(deployment, &brings) {
            Ok(shas) => read(gitlab, place, &shas).await,
            Err(why) => Err(why),
        };
        Requesters { brings, requests }
    }
}

/// The commits whose merge requests matter: its own, and those that it brings.
fn commits(
    deployment: &Deployment,
    brings: &Result<Option<Brought>, Text>,
) -> Result<Vec<Text>, Text> {
    let own = deployment.sha.clone().ok_or_else(|| Text::new("its commit is not told"))?;
    let brought = match brings {
        Ok(Some(brought)) => brought.shas.clone(),
        Ok(None) => Some(Vec::new()),
        Err(why) => return Err(why.clone()),
    };
    let brought = brought.ok_or_else(|| Text::new("a commit that it brings has no id"))?;
    let shas: BTreeSet<Text> = brought.into_iter().chain([own]).collect();
    if shas.len() > MOST_COMMITS {
        let (found, most) = (shas.len(), MOST_COMMITS);
        return Err(Text::new(&format!(
            "it brings {found} commits, more than the {most} looked at"
        )));
    }
    Ok(shas.into_iter().collect())
}

async fn read(gitlab: &Gitlab, place: &Place, shas: &[Text]) -> Result<Vec<Request>, Text> {
    let found = gitlab.merge_requests_of_all(place, shas).await.map_err(|error| words(&error))?;
    let mut requests = Vec::with_capacity(found.len());
    // One that was closed brought nothing; one that is open may be what is deployed.
    for MergeRequest { iid, author, .. } in found.into_iter().filter(|one| &*one.state != "closed")
    {
        let written_by = gitlab.authors(&place.path, iid).await.map_err(|error| words(&error));
        requests.push(Request { iid, opened_by: author, written_by });
    }
    Ok(requests)
}

fn words(error: &Error) -> Text {
    Text::new(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::separation::fixture::deployment;
    use super::*;

    fn brought(count: usize) -> Brought {
        let shas = (0..count).map(|place| Text::new(&format!("c{place}"))).collect();
        Brought { shas: Some(shas), authors: Vec::new() }
    }

    fn asked(own: Option<&str>, brings: &Result<Option<Brought>, Text>) -> Result<usize, Text> {
        let deployment = Deployment { sha: own.map(Text::new), ..deployment("bruno", "x") };
        commits(&deployment, brings).map(|all| all.len())
    }

    #[test]
    fn its_own_commit_and_those_that_it_brings_are_asked_for_once_each() {
        assert_eq!(asked(Some("own"), &Ok(None)), Ok(1));
        assert_eq!(asked(Some("own"), &Ok(Some(brought(3)))), Ok(4));
        assert_eq!(asked(Some("c2"), &Ok(Some(brought(3)))), Ok(3));
    }

    #[test]
    fn commits_that_are_not_told_or_are_too_many_cannot_be_told_of() {
        assert!(asked(None, &Ok(None)).is_err());
        assert!(asked(Some("own"), &Err(Text::new("404"))).is_err());
        let nameless = Brought { shas: None, ..brought(0) };
        assert!(asked(Some("own"), &Ok(Some(nameless))).is_err());
        assert_eq!(asked(Some("c0"), &Ok(Some(brought(MOST_COMMITS)))), Ok(MOST_COMMITS));
        assert!(asked(Some("own"), &Ok(Some(brought(MOST_COMMITS)))).is_err());
    }
}
