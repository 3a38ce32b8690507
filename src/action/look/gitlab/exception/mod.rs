//! Looking at a merge request that asks for something of the register.

mod content;
mod duty;
mod words;

use self::content::Content;
use super::right::{Standing, note_role};
use crate::api::Error;
use crate::api::gitlab::{Asked, Gitlab, Guards, Merged, Own, Place, Standing as Stand};
use crate::config::ExceptionSettings;
use crate::domain::exception::is_same_person;
use crate::domain::time::instant_utc;
use crate::domain::{Approvals, FailureKind, Petition, Seen, Text};

/// What was read of a request, to be told.
struct Reading<'r> {
    stand: &'r Stand,
    /// What it changes; none where it is not open any more.
    content: Option<&'r Content>,
    approvals: &'r Approvals,
    guards: &'r Result<Option<Guards>, Error>,
    last_note: Option<Text>,
    own: &'r Result<Own, Text>,
}

/// Looks at one request of the register: nothing of it is remembered from an earlier look.
pub(super) async fn look(
    gitlab: &Gitlab,
    settings: Option<&ExceptionSettings>,
    standing: &Standing,
    (place, iid): (&Place, u64),
) -> Result<Seen, Error> {
    let settings = settings.filter(|one| is_same_person(&one.project, &place.path));
    let settings = settings.ok_or_else(|| {
        let words = format!("{} is not the project of a configured register", place.path);
        Error::new(FailureKind::Other, words)
            .hinting("`[exceptions]` names the project whose merge requests are decided on")
    })?;
    let stand = gitlab.standing(&settings.project, iid).await?;
    let mut missing = Vec::new();
    let content = match &*stand.state {
        "opened" => Some(content::read(gitlab, settings, &stand.asked).await?),
        _ => None,
    };
    let approvals = match gitlab.approvals(&settings.project, iid).await {
        Ok(approvals) => approvals,
        Err(error) if error.is_about_one_part() => {
            missing.push(error.to_string());
            Approvals::default()
        }
        Err(error) => return Err(error),
    };
    let guards = gitlab.guards(&settings.project).await;
    let own = standing.own.as_ref().map(|own| own.username.as_str()).unwrap_or_default();
    let last_note = gitlab.last_note(&settings.project, iid, own).await.unwrap_or_else(|error| {
        missing.push(error.to_string());
        None
    });
    let reading = Reading {
        stand: &stand,
        content: content.as_ref(),
        approvals: &approvals,
        guards: &guards,
        last_note,
        own: &standing.own,
    };
    let mut seen = reading.seen();
    seen.bars.extend(reading.bars(settings));
    seen.facts.extend(missing.iter().map(|why| words::fact("could not be read", why)));
    standing.note_scopes(&mut seen);
    // Approvers are named by rule, and an author may close what is theirs: a role alone bars nobody.
    note_role(gitlab, (place, &standing.own), None, &mut seen).await;
    Ok(seen)
}

impl Reading<'_> {
    fn asked(&self) -> &Asked {
        &self.stand.asked
    }

    fn seen(&self) -> Seen {
        let petition = self.petition();
        let facts = match self.content {
            Some(content) => words::facts(self, content),
            None => words::ended(self, &petition),
        };
        let name = match &petition.called {
            Some(called) if !self.asked().title.starts_with(called.as_str()) => {
                Text::new(&format!("{called}: {}", self.asked().title))
            }
            _ => self.asked().title.clone(),
        };
        let head = &self.asked().head;
        Seen {
            identity: (!head.is_empty()).then(|| head.clone()),
            // The gravity lies in the act: an approval is typed, whatever its target.
            protected: Some(false),
            facts,
            petition: Some(Box::new(petition)),
            ..Seen::new(name, self.stand.state.clone())
        }
    }

    fn petition(&self) -> Petition {
        let own = self.own.as_ref().ok().filter(|own| !own.username.is_empty());
        let is_us = |login: &Text| own.is_some_and(|own| is_same_person(login, &own.username));
        let barred = self.content.and_then(|content| content.barred.as_ref().ok());
        let may = |login: &Text| {
            barred.is_none_or(|all| !all.iter().any(|one| is_same_person(&one.who, login)))
        };
        let given = &self.approvals.given;
        Petition {
            called: self.content.and_then(Content::called),
            author: self.asked().author.clone(),
            is_own: own.map(|_| is_us(&self.asked().author)),
            is_approved_by_us: given.iter().any(|one| is_us(&one.by)),
            wants_password: matches!(self.guards, Ok(Some(guards)) if guards.wants_password == Some(true)),
            approvals: given.iter().filter(|one| may(&one.by)).count(),
            merge: self.asked().merge.clone(),
            is_scheduled: self.stand.is_scheduled,
            merged: self.stand.merged.as_ref().map(merged),
            last_note: self.last_note.clone(),
            against: self.content.map_or_else(Vec::new, |content| duty::against(self.own, content)),
        }
    }

    /// Why nothing is decided about it at all.
    fn bars(&self, settings: &ExceptionSettings) -> Vec<Text> {
        let mut bars = Vec::new();
        let (into, branch) = (&self.stand.into, &settings.reference);
        if **into != **branch {
            bars.push(format!("it goes to the branch {into}, and the register is {branch}"));
        }
        if self.content.is_some_and(|content| content.files.is_empty()) {
            bars.push(format!("it changes nothing in {} of the register", settings.path));
        }
        bars.iter().map(|bar| Text::new(bar)).collect()
    }
}

/// When, by whom and as which commit it was merged.
fn merged(merged: &Merged) -> Text {
    let at = merged.at.map_or_else(String::new, |at| format!(" at {}", instant_utc(at)));
    let by = merged.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let commit = merged.commit.as_ref().map_or_else(String::new, |sha| {
        format!(" as commit {}", sha.chars().take(12).collect::<String>())
    });
    Text::new(&format!("merged{at}{by}{commit}"))
}
