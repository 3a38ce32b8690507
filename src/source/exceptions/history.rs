//! How a record came to say what it says: the commits to its file, what merged them, and who approved that.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::domain::{Chapter, Chronicle, Filed, Merged, RecordCommit, RecordHistory, Text};

/// So many commits are read, the newest first.
const MOST: usize = 10;

/// A commit, and the merge request that brought it, as far as that could be read.
type Origin = (RecordCommit, Result<Option<Merged>, Error>);

/// Reads how a record came to say what it says, or why that cannot be told.
pub(in crate::source) async fn read(gitlab: &Arc<Gitlab>, filed: &Filed) -> RecordHistory {
    let at = gitlab.now();
    match chronicle(gitlab, filed).await {
        Ok(chronicle) => RecordHistory::Read(chronicle),
        Err(error) => {
            let failure = error.failure(at);
            RecordHistory::Failed { why: failure.message, hint: failure.hint, at }
        }
    }
}

async fn chronicle(gitlab: &Gitlab, filed: &Filed) -> Result<Chronicle, Error> {
    let project = filed.project.as_str();
    let place = (filed.path.as_str(), filed.commit.as_str());
    let (commits, is_whole) = gitlab.commits_of(project, place, MOST).await?;
    let origins = commits.into_iter().map(|commit| async move {
        let merged = gitlab.merged_of(project, &commit.id).await;
        let merged = merged.map(|all| all.into_iter().next());
        (commit, merged)
    });
    let mut chapters = together(join_all(origins).await);
    for chapter in &mut chapters {
        let Some(merged) = &mut chapter.merged else { continue };
        match gitlab.approvals_given(project, merged.iid).await {
            Ok(given) => merged.approvals = Some(given),
            Err(error) => chapter.missing = Some(Text::new(&error.to_string())),
        }
    }
    Ok(Chronicle { at: gitlab.now(), chapters, is_whole })
}

/// Commits of one merge request are one chapter, where its newest stands.
fn together(origins: Vec<Origin>) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for (commit, origin) in origins {
        let (merged, missing) = match origin {
            Ok(merged) => (merged, None),
            Err(error) => (None, Some(Text::new(&error.to_string()))),
        };
        let iid = merged.as_ref().map(|one| one.iid);
        let same = chapters
            .iter_mut()
            .find(|one| iid.is_some() && one.merged.as_ref().map(|one| one.iid) == iid);
        match same {
            Some(chapter) => chapter.commits.push(commit),
            None => chapters.push(Chapter { merged, commits: vec![commit], missing }),
        }
    }
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;

    fn commit(id: &str) -> RecordCommit {
        let text = Text::new;
        RecordCommit { id: text(id), title: text("ask"), author: text("Ada"), at: None }
    }

    fn merged(iid: u64) -> Merged {
        let text = Text::new;
        let (title, url, author) = (text("ask"), text(""), text("ada"));
        Merged { iid, title, url, author, by: None, at: None, approvals: None }
    }

    #[test]
    fn commits_of_one_merge_request_stand_together_and_those_of_none_stand_alone() {
        let refused = Error::new(FailureKind::Forbidden, "403");
        let origins = vec![
            (commit("e"), Ok(Some(merged(7)))),
            (commit("d"), Ok(None)),
            (commit("c"), Ok(Some(merged(7)))),
            (commit("b"), Ok(None)),
            (commit("a"), Err(refused)),
        ];
        let alone = |id, missing: Option<&str>| Chapter {
            merged: None,
            commits: vec![commit(id)],
            missing: missing.map(Text::new),
        };
        let first = Chapter {
            merged: Some(merged(7)),
            commits: vec![commit("e"), commit("c")],
            missing: None,
        };
        let expected = [first, alone("d", None), alone("b", None), alone("a", Some("403"))];
        assert_eq!(together(origins), expected);
    }
}
