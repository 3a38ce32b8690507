//! One look: at the platform, or at what the cache remembers.

use std::sync::Arc;
use std::time::Duration;

use super::Surroundings;
use super::exit::{Exit, Problem};
use super::ground::{Ground, tasks};
use crate::api::{SecretFuture, Secrets, Shelf, Wiring};
use crate::app;
use crate::cache::{self, Cache, Notice, Recall, Recalled, Window};
use crate::config::{Environment, GitlabSettings, SecretError, SecretSource};
use crate::domain::time::instant_utc;
use crate::domain::{Change, Origin, SourceId, Then, Timestamp, Update, then};
use crate::finding;
use crate::runtime;
use crate::runtime::shelf::DiskShelf;
use crate::source;
use crate::state::{Changes, State};

/// What a look found.
#[derive(Debug)]
pub(super) struct Sight {
    /// What is known.
    pub(super) state: State,
    /// When.
    pub(super) at: Timestamp,
    /// Whether the platform was asked.
    pub(super) origin: Origin,
    /// What is odd about the cache.
    pub(super) notices: Vec<Notice>,
}

/// How long a look may take before a person is told what takes so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks once at what these feeds bring; at the cache alone where nobody is to be asked.
pub(super) fn look(
    ground: &Ground,
    sources: &[SourceId],
    origin: Origin,
    around: &mut Surroundings<'_>,
) -> Result<Sight, Problem> {
    let asked: Vec<SourceId> =
        sources.iter().copied().filter(|source| *source != SourceId::LEDGER).collect();
    let is_of_rights = sources.contains(&SourceId::ACCESS);
    let (mut updates, notices) = match origin {
        _ if asked.is_empty() => Default::default(),
        Origin::Live => (ask(ground, &asked, around)?, Vec::new()),
        Origin::Cache => remember(ground),
    };
    let at = ground.clock.now();
    if origin == Origin::Cache || !is_of_rights {
        updates.extend(rights(ground, at));
    }
    if sources.contains(&SourceId::LEDGER) {
        // A file of ours: it is read as it is, whoever else is asked.
        updates.extend(runtime::ledger::look(&ground.loaded.places.audit_db(), at));
    }
    let mut state = blank(ground)?;
    for update in updates {
        state.apply(update, at);
    }
    state.prune(at);
    finding::reconcile(&mut state, &Changes::default(), at);
    Ok(Sight { state, at, origin, notices })
}

/// What the console knew at an instant, from its history; nobody is asked.
pub(super) fn back(ground: &Ground, words: &str) -> Result<(Sight, Then), Problem> {
    let now = ground.clock.now();
    let at = then::instant(words, now).map_err(|message| {
        Problem::usage(message, "the history goes back for `history.retention`")
    })?;
    let folder = &ground.loaded.places.state_dir;
    let (updates, then) = match cache::recall(folder, at) {
        Ok(Recall::Known(Recalled { updates, then })) => (updates, then),
        Ok(Recall::Nothing { kept_since }) => return Err(nothing_kept(kept_since)),
        Err(error) => {
            let hint = "look at the file and its folder, or name another with --state-dir";
            return Err(Problem::new(Exit::Unreachable, error, hint));
        }
    };
    let mut state = blank(ground)?;
    let ledger = runtime::ledger::look(&ground.loaded.places.audit_db(), now);
    let at = then.known_at();
    for update in updates.into_iter().filter(app::then::is_kept).chain(ledger) {
        state.apply(app::then::as_it_was(update, at), at);
    }
    app::then::settle(&mut state, at);
    Ok((Sight { state, at, origin: Origin::Live, notices: Vec::new() }, then))
}

fn nothing_kept(kept_since: Option<Timestamp>) -> Problem {
    let hint = "let the console run: it alone keeps a history, in the state folder";
    match kept_since {
        Some(since) => Problem::new(
            Exit::Unreachable,
            format!("nothing is kept of before {}", instant_utc(since)),
            hint,
        ),
        None => Problem::new(Exit::Unreachable, "nothing is kept of the past yet", hint),
    }
}

/// A state of these settings that knows nothing.
fn blank(ground: &Ground) -> Result<State, Problem> {
    let settings = &ground.loaded.settings;
    let state = State::new(settings.domain_tiers()).under(ground.policy()?.policy.into());
    Ok(state.warning(settings.leads()).guided_by(settings.domain_runbooks()))
}

/// How long rights are read that never were, for whoever asks about everything: all of them may take hours.
const FIRST_RIGHTS: Duration = Duration::from_secs(30);

/// Reads rights where none were ever read, for a while: what was read is kept, and what was not is a gap.
pub(super) fn first_rights(ground: &Ground, around: &mut Surroundings<'_>) -> Result<(), Problem> {
    if !rights(ground, ground.clock.now()).is_empty() {
        return Ok(());
    }
    let gitlab = ground.gitlab()?;
    let wiring = wiring(ground, gitlab, &around.environment);
    let wiring = wiring.map_err(|error| Problem::usage(&error, error.hint()))?;
    let settings = &ground.loaded.settings;
    let is_whole = tasks()?.block_on(async {
        let look = source::look(settings, &[SourceId::ACCESS], wiring);
        tokio::time::timeout(FIRST_RIGHTS, look).await.is_ok()
    });
    if !is_whole {
        let words = "note: rights were never read here, and not all of them could be in 30 s: `watchfloor get grants` reads them";
        // Whether anybody reads this does not matter to the look.
        writeln!(around.err, "{words}").ok();
    }
    Ok(())
}

/// Asks the platform, once.
fn ask(
    ground: &Ground,
    sources: &[SourceId],
    around: &mut Surroundings<'_>,
) -> Result<Vec<Update>, Problem> {
    let gitlab = ground.gitlab()?;
    let wiring = wiring(ground, gitlab, &around.environment);
    let wiring = wiring.map_err(|error| Problem::usage(&error, error.hint()))?;
    let (began, most) = (ground.clock.now(), gitlab.requests_per_minute);
    let mut updates = tasks()?.block_on(async {
        let look = source::look(&ground.loaded.settings, sources, wiring);
        tokio::pin!(look);
        tokio::select! {
            updates = &mut look => return updates,
            () = tokio::time::sleep(PATIENCE) => {}
        }
        // Whether anybody reads this does not matter to the look.
        writeln!(around.err, "note: still asking GitLab, at most {most} requests a minute").ok();
        look.await
    });
    let took = Duration::try_from(ground.clock.now().duration_since(began)).unwrap_or_default();
    for update in &mut updates {
        allow_for(update, took);
    }
    Ok(updates)
}

/// The clock, and the token, which is read here and once: where it cannot be had nobody needs to be asked.
pub(super) fn wiring(
    ground: &Ground,
    gitlab: &GitlabSettings,
    environment: &Environment,
) -> Result<Wiring, SecretError> {
    let token = gitlab.token.resolve(&|name| environment.get(name).cloned())?;
    let mut wiring = runtime::wiring(ground.clock);
    // A reading of rights may take hours: what it has read is there for the next.
    wiring.shelf = Arc::new(DiskShelf::new(&ground.loaded.places.cache_dir));
    let known = move || -> SecretFuture {
        let token = token.clone();
        Box::pin(async move { Ok(token) })
    };
    wiring.secrets = secrets((gitlab.token.clone(), known), wiring.secrets);
    Ok(wiring)
}

/// What reads one secret that is known already, and what reads the others: a secret goes to the platform that it is
/// configured for, and to no other.
fn secrets(
    (source, known): (SecretSource, impl Fn() -> SecretFuture + Send + Sync + 'static),
    others: Secrets,
) -> Secrets {
    Arc::new(move |wanted| if wanted == source { known() } else { others(wanted) })
}

/// A look is one pass of its feeds: what GitLab told first is not old because the rest of its own pages took their time.
/// What other platforms told is held against their own rhythm: they are looked at again when GitLab took long.
fn allow_for(update: &mut Update, took: Duration) {
    if update.key.scope.platform() == "gitlab"
        && let Change::Report(report) = &mut update.change
    {
        report.interval_seconds = report.interval_seconds.max(took.as_secs_f64());
    }
}

/// What earlier readings of rights left in the cache.
fn rights(ground: &Ground, now: Timestamp) -> Vec<Update> {
    let places = &ground.loaded.places;
    if !places.cache_db().exists() {
        return Vec::new();
    }
    let kept = DiskShelf::new(&places.cache_dir).take();
    source::remembered(&ground.loaded.settings, kept, now)
}

/// What the cache knows. Where there is none, none is made: a look leaves nothing behind.
fn remember(ground: &Ground) -> (Vec<Update>, Vec<Notice>) {
    if !ground.loaded.places.cache_db().exists() {
        return (Vec::new(), Vec::new());
    }
    let opened = Cache::open(&ground.loaded.places.cache_dir);
    let (mut cache, mut notices) = (opened.cache, opened.notices);
    let updates = cache.replay(ground.clock.now(), Window::default());
    notices.append(&mut cache.take_notices());
    (updates, notices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_given_out_for_its_own_platform_alone() {
        let source = |name: &str| SecretSource::Env(name.to_owned());
        // What is read says by its error which of the two was asked.
        let answer =
            |word: &'static str| -> SecretFuture { Box::pin(async move { Err(word.to_owned()) }) };
        let known = move || answer("known");
        let read = secrets((source("GITLAB_TOKEN"), known), Arc::new(move |_| answer("other")));
        assert_eq!(read(source("GITLAB_TOKEN")).await.err().as_deref(), Some("known"));
        assert_eq!(read(source("PROMETHEUS_TOKEN")).await.err().as_deref(), Some("other"));
    }
}
