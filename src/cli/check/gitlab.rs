//! What GitLab says: reachable, its version, the token, GraphQL, and every configured group and project.

use jiff::tz::TimeZone;

use super::super::ground::Ground;
use super::verdict::{Level, Verdict};
use crate::api;
use crate::api::gitlab::{Capabilities, Gitlab, TokenFacts};
use crate::config::{GitlabSettings, Writes};
use crate::domain::{FailureKind, Report, SourceId, SourceKey, Text, Timestamp};
use crate::state::State;
use crate::{runtime, source};

/// The oldest release whose GraphQL we know to have what we ask for.
const OLDEST: (u32, u32) = (16, 3);

/// How many days before its end a token is called out.
const WARN_DAYS: i32 = 14;

/// Asks GitLab.
pub(super) async fn verdicts(ground: &Ground) -> Vec<Verdict> {
    let settings = &ground.loaded.settings;
    let Some(gitlab) = &settings.gitlab else {
        let hint = "add a [gitlab] table; `watchfloor config example` shows one";
        return vec![Verdict::fail("gitlab", "it is not configured", hint)];
    };
    let client = Gitlab::new(gitlab, runtime::wiring(ground.clock));
    let version = client.version().await;
    if let Err(error) = &version
        && is_out_of_reach(error.kind)
    {
        return vec![of_error("gitlab", error)];
    }
    let mut verdicts = vec![match &version {
        Ok(version) => of_version(version, gitlab),
        Err(error) => of_error("gitlab", error),
    }];
    let now = ground.clock.now();
    verdicts.extend(match client.token_facts().await {
        Ok(facts) => of_token(&facts, settings.writes, now),
        Err(error) => vec![of_token_error(&error)],
    });
    verdicts.push(match client.capabilities().await {
        Ok(capabilities) => of_graphql(capabilities),
        Err(error) => of_error("graphql", &error),
    });
    verdicts.extend(of_scopes(ground).await);
    verdicts
}

/// Whether nothing else is worth asking: there is no way to a GitLab.
fn is_out_of_reach(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Tls
            | FailureKind::Dns
            | FailureKind::Connect
            | FailureKind::Timeout
            | FailureKind::NotJson
            | FailureKind::ForeignOrigin
    )
}

fn of_error(about: &str, error: &api::Error) -> Verdict {
    Verdict::fail(about, error, &error.hint)
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

fn of_token_error(error: &api::Error) -> Verdict {
    if error.kind == FailureKind::NotFound {
        let hint = "nothing to do, unless something below fails";
        return Verdict::warn("token", "this kind of token cannot tell about itself", hint);
    }
    of_error("token", error)
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
async fn of_scopes(ground: &Ground) -> Vec<Verdict> {
    let settings = &ground.loaded.settings;
    let sources = [SourceId::PROJECTS, SourceId::RUNNERS];
    let updates = source::look(settings, &sources, runtime::wiring(ground.clock)).await;
    let now = ground.clock.now();
    let mut state = State::new(settings.domain_tiers());
    for update in updates {
        state.apply(update, now);
    }
    state.reports().filter_map(|(key, report)| of_report(&state, key, report)).collect()
}

/// What reading one scope gave.
fn of_report(state: &State, key: &SourceKey, report: &Report) -> Option<Verdict> {
    let about = format!("{} of {}", key.source, key.scope);
    // Without runners the queue still shows, so that is no failure of the whole.
    let level = if key.source == SourceId::PROJECTS { Level::Fail } else { Level::Warn };
    if let Some(failure) = &report.failure {
        return Some(Verdict::of_failure(level, &about, failure));
    }
    if let Some(gap) = &report.gap {
        return Some(Verdict::of_failure(Level::Warn, &about, gap));
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
        return Some(Verdict::warn(&about, "readable, and empty", hint));
    }
    Some(Verdict::ok(&about, format!("{read} read")))
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
