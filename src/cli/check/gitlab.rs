//! What GitLab says: reachable, its version, the token, GraphQL, and every configured group and project.

use jiff::tz::TimeZone;

use super::super::ground::Ground;
use super::verdict::{Level, Verdict};
use crate::api::gitlab::{Capabilities, Gitlab, TokenFacts};
use crate::api::{self, Wiring};
use crate::cli::advice::advice;
use crate::config::{GitlabSettings, Writes};
use crate::domain::{FailureKind, Report, SourceId, SourceKey, Text, Timestamp};
use crate::source;
use crate::state::State;

/// The oldest release whose GraphQL we know to have what we ask for.
const OLDEST: (u32, u32) = (16, 3);

/// How many days before its end a token is called out.
const WARN_DAYS: i32 = 14;

/// The key of GitLab's token.
pub(super) const TOKEN: &str = "gitlab.token";

/// Why nothing but the token itself is asked.
const LACKS_SCOPE: &str = "the token lacks the scope read_api";

/// There is no GitLab to ask.
pub(super) fn unconfigured() -> Verdict {
    let hint = "add a [gitlab] table; `watchfloor config example` shows one";
    Verdict::fail("gitlab", "it is not configured", hint)
}

/// GitLab was not asked at all.
pub(super) fn skipped(because: &str) -> Verdict {
    Verdict::skip("gitlab", because)
}

/// Asks GitLab; `wiring` has the token.
pub(super) async fn verdicts(
    ground: &Ground,
    settings: &GitlabSettings,
    wiring: Wiring,
) -> Vec<Verdict> {
    let client = Gitlab::new(settings, wiring.clone());
    let mut sheet = Questions::at(ground.clock.now());
    sheet.ask_for_version(&client, settings).await;
    if sheet.is_open("token") {
        sheet.ask_for_token(&client, ground.loaded.settings.writes).await;
    }
    if sheet.is_open("graphql") {
        let capabilities = client.capabilities().await;
        sheet.note("graphql", capabilities.map(|found| vec![of_graphql(found)]));
    }
    if sheet.is_open("groups and projects") {
        let scopes = of_scopes(ground, wiring).await;
        sheet.verdicts.extend(scopes);
    }
    sheet.verdicts
}

/// The questions so far, and whether more are worth asking.
struct Questions {
    verdicts: Vec<Verdict>,
    now: Timestamp,
    /// Why every later question would fail as well.
    barred: Option<&'static str>,
    /// That the version is not told to the token's scopes, until the token itself says which it has.
    unscoped: Option<api::Error>,
}

impl Questions {
    fn at(now: Timestamp) -> Questions {
        Questions { verdicts: Vec::new(), now, barred: None, unscoped: None }
    }

    async fn ask_for_version(&mut self, client: &Gitlab, settings: &GitlabSettings) {
        match client.version().await {
            Err(error) if error.kind == FailureKind::ScopeMissing => self.unscoped = Some(error),
            version => {
                self.note("gitlab", version.map(|version| vec![of_version(&version, settings)]));
            }
        }
    }

    async fn ask_for_token(&mut self, client: &Gitlab, writes: Writes) {
        let facts = client.token_facts().await;
        let lacks_scope = facts.as_ref().is_ok_and(|facts| !facts.can_read());
        let now = self.now;
        match facts {
            Err(error) if error.kind == FailureKind::NotFound => self.verdicts.push(untold()),
            facts => self.note("token", facts.map(|facts| of_token(&facts, writes, now))),
        }
        let unscoped = self.unscoped.take();
        if lacks_scope && unscoped.is_some() {
            self.verdicts.push(Verdict::skip("gitlab", LACKS_SCOPE));
        }
        if lacks_scope || unscoped.is_some() {
            self.barred = self.barred.or(Some(LACKS_SCOPE));
        }
        if let Some(error) = unscoped.filter(|_| !lacks_scope) {
            self.note("gitlab", Err(error));
        }
    }

    /// Notes what came of a question.
    fn note(&mut self, about: &str, answer: Result<Vec<Verdict>, api::Error>) {
        match answer {
            Ok(verdicts) => self.verdicts.extend(verdicts),
            Err(error) => {
                self.verdicts.push(of_error(about, &error, self.now));
                self.barred = self.barred.or(bars_all(error.kind));
            }
        }
    }

    /// Whether the next question is worth asking; where not, that is noted.
    fn is_open(&mut self, about: &str) -> bool {
        if let Some(because) = self.barred {
            self.verdicts.push(Verdict::skip(about, because));
        }
        self.barred.is_none()
    }
}

/// Why every other question would meet this failure as well, where it would.
fn bars_all(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::Tls
        | FailureKind::Dns
        | FailureKind::Connect
        | FailureKind::Timeout
        | FailureKind::NotJson
        | FailureKind::ForeignOrigin => Some("GitLab is out of reach"),
        FailureKind::TokenInvalid | FailureKind::TokenExpired => {
            Some("GitLab does not take the token")
        }
        FailureKind::RateLimited => Some("the rate limit is used up"),
        FailureKind::Server | FailureKind::CutBody => Some("GitLab fails"),
        FailureKind::ScopeMissing
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Shape
        | FailureKind::Query
        | FailureKind::Definition
        | FailureKind::Other => None,
    }
}

fn of_error(about: &str, error: &api::Error, now: Timestamp) -> Verdict {
    Verdict::fail(about, error, &advice(error.kind, &error.hint, error.retry_at, now))
}

fn of_version(version: &Text, settings: &GitlabSettings) -> Verdict {
    let found = format!("{} answers, version {version}", settings.url);
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let release = numbers.next().zip(numbers.next());
    match release {
        Some(release) if release < OLDEST => {
            let hint = "some figures may be missing: 16.3 is the oldest release that is tested";
            Verdict::warn("gitlab", found, hint)
        }
        Some(_) | None => Verdict::ok("gitlab", found),
    }
}

/// A project's or a group's token may not ask about itself on every release.
fn untold() -> Verdict {
    let hint = "nothing to do, unless something below fails";
    Verdict::warn("token", "this kind of token cannot tell about itself", hint)
}

/// The token: whether it is valid, what it may do, when it ends.
fn of_token(facts: &TokenFacts, writes: Writes, now: Timestamp) -> Vec<Verdict> {
    let name = facts.name.as_deref().unwrap_or("a token without a name");
    let owner = facts.username.as_deref().map_or(String::new(), |owner| format!(" of {owner}"));
    let validity = if facts.revoked || !facts.active {
        let hint = "create a token with scope read_api and put it where gitlab.token points";
        Verdict::fail("token", format!("{name}{owner} was revoked or is not active"), hint)
    } else {
        Verdict::ok("token", format!("{name}{owner} is valid"))
    };
    vec![validity, of_rights(facts, writes), of_end(facts, now)]
}

fn of_rights(facts: &TokenFacts, writes: Writes) -> Verdict {
    let about = "token scopes";
    let scopes: Vec<&str> = facts.scopes.iter().map(Text::as_str).collect();
    let words = if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") };
    if !facts.can_read() {
        let hint = "create a token with scope read_api; read_user alone does not do";
        return Verdict::fail(about, format!("{words}; read_api is needed"), hint);
    }
    if scopes.contains(&"api") && writes == Writes::Never {
        let hint = "read_api is enough where nothing is ever changed";
        return Verdict::warn(about, format!("{words}; more than writes = \"never\" needs"), hint);
    }
    Verdict::ok(about, words)
}

fn of_end(facts: &TokenFacts, now: Timestamp) -> Verdict {
    let about = "token expiry";
    let Some(day) = facts.expires_at else { return Verdict::ok(about, "it has no end") };
    let today = now.to_zoned(TimeZone::UTC).date();
    let left = today.until(day).map_or(i32::MAX, |span| span.get_days());
    let hint =
        "rotate it in GitLab under Access tokens, and put the new one where gitlab.token points";
    match left {
        ..=0 => Verdict::fail(about, format!("it ended on {day}"), hint),
        1..=WARN_DAYS => Verdict::warn(about, format!("it ends on {day}, in {left} days"), hint),
        _ => Verdict::ok(about, format!("it ends on {day}, in {left} days")),
    }
}

fn of_graphql(capabilities: Capabilities) -> Verdict {
    if capabilities.graphql {
        return Verdict::ok("graphql", "it answers");
    }
    let hint = "nothing to do: REST is used instead, with more requests for the same figures";
    Verdict::warn("graphql", "it is off, or lacks what is asked", hint)
}

/// Every configured group and project, by really reading it.
async fn of_scopes(ground: &Ground, wiring: Wiring) -> Vec<Verdict> {
    let settings = &ground.loaded.settings;
    let sources = [SourceId::PROJECTS, SourceId::RUNNERS];
    let updates = source::look(settings, &sources, wiring).await;
    let now = ground.clock.now();
    let mut state = State::new(settings.domain_tiers());
    for update in updates {
        state.apply(update, now);
    }
    of_reports(&state, now)
}

/// What reading every scope gave. What fails them all is told once.
fn of_reports(state: &State, now: Timestamp) -> Vec<Verdict> {
    let mut barred = None;
    let mut verdicts = Vec::new();
    for (key, report) in state.reports() {
        let about = format!("{} of {}", key.source, key.scope);
        let failure = report.failure.as_ref();
        let bar = failure.and_then(|failure| bars_all(failure.kind));
        match (failure, bar) {
            (Some(_), Some(because)) if barred == bar => {
                verdicts.push(Verdict::skip(&about, because));
            }
            (Some(failure), Some(_)) => {
                barred = bar;
                verdicts.push(Verdict::of_failure(Level::Fail, &about, failure, now));
            }
            _ => verdicts.extend(of_report(state, (key, report), &about, now)),
        }
    }
    verdicts
}

/// What reading one scope gave.
fn of_report(
    state: &State,
    (key, report): (&SourceKey, &Report),
    about: &str,
    now: Timestamp,
) -> Option<Verdict> {
    // Without runners the queue still shows, so that is no failure of the whole.
    let level = if key.source == SourceId::PROJECTS { Level::Fail } else { Level::Warn };
    if let Some(failure) = &report.failure {
        return Some(Verdict::of_failure(level, about, failure, now));
    }
    if let Some(gap) = &report.gap {
        return Some(Verdict::of_failure(Level::Warn, about, gap, now));
    }
    report.confirmed_at?;
    let read = match key.source {
        SourceId::PROJECTS => {
            of_key(state.projects().iter().map(|(_, row)| state.source_of(row)), key)
        }
        SourceId::RUNNERS => {
            of_key(state.runners().iter().map(|(_, row)| state.source_of(row)), key)
        }
        _ => return None,
    };
    if read == 0 {
        let hint = "check its path, and that the token's owner may see what is in it";
        return Some(Verdict::warn(about, "readable, and empty", hint));
    }
    Some(Verdict::ok(about, format!("{read} read")))
}

/// How many of some rows a feed brought.
fn of_key<'a>(keys: impl Iterator<Item = Option<&'a SourceKey>>, key: &SourceKey) -> usize {
    keys.filter(|of| *of == Some(key)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(scopes: &[&str], expires_at: Option<&str>) -> TokenFacts {
        TokenFacts {
            name: Some(Text::new("console")),
            scopes: scopes.iter().map(|scope| Text::new(scope)).collect(),
            expires_at: expires_at.map(|day| day.parse().unwrap()),
            active: true,
            revoked: false,
            username: Some(Text::new("ann")),
        }
    }

    fn levels(facts: &TokenFacts, writes: Writes) -> Vec<Level> {
        let now = "2026-01-12T10:00:00Z".parse().unwrap();
        of_token(facts, writes, now).iter().map(|verdict| verdict.level).collect()
    }

    #[test]
    fn a_token_is_judged_by_validity_scopes_and_end() {
        use Level::{Fail, Ok, Warn};
        let of = |scopes: &[&str], end| levels(&facts(scopes, end), Writes::Arm);
        assert_eq!(of(&["read_api"], Some("2026-06-01")), [Ok, Ok, Ok]);
        assert_eq!(of(&["read_user"], Some("2026-01-20")), [Ok, Fail, Warn]);
        assert_eq!(of(&["api"], Some("2026-01-12")), [Ok, Ok, Fail]);
        let revoked = TokenFacts { revoked: true, ..facts(&["api"], None) };
        assert_eq!(levels(&revoked, Writes::Never), [Fail, Warn, Ok]);
    }

    #[test]
    fn an_old_gitlab_is_told() {
        let settings = || -> GitlabSettings {
            let text = "[gitlab]\nurl = \"https://g.example\"\ntoken = { env = \"T\" }\ngroups = [\"a\"]\n";
            let source = crate::config::Source { name: "c", text, base: std::path::Path::new(".") };
            let parsed =
                crate::config::Settings::parse(&source, &crate::config::Environment::new());
            parsed.unwrap().0.gitlab.unwrap()
        };
        let level = |version: &str| of_version(&Text::new(version), &settings()).level;
        assert_eq!(
            [level("16.2.9-ee"), level("16.3.0"), level("17.5.1-ee"), level("next")],
            [Level::Warn, Level::Ok, Level::Ok, Level::Ok]
        );
    }
}
