//! The feeds as the line on top tells them: each, one a platform, or what is live as one beside what is broken.

use crate::app::App;
use crate::domain::time::{coarse, exact_seconds_between};
use crate::domain::{FailureKind, Health, Report, SourceKey, Timestamp};

/// A feed over all of its scopes, or everything that comes from one platform.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feed {
    /// Its name.
    pub(super) name: String,
    /// Its platform's name.
    pub(super) platform: String,
    /// How it is.
    pub(super) health: Health,
    /// The age of what was confirmed longest ago of what is due, as text.
    pub(super) age: Option<String>,
    /// The same in seconds, as far as the text tells it.
    pub(super) told_seconds: i64,
    /// How often it asks.
    pub(super) interval_seconds: f64,
}

impl Feed {
    /// An entry for which a report speaks.
    fn of(name: &str, platform: &str, report: &Report, now: Timestamp) -> Feed {
        let (age, health) = (report.age_seconds(now), report.health(now));
        Feed {
            name: name.to_owned(),
            platform: platform.to_owned(),
            health,
            age: age.map(|age| match health {
                Health::Live => rounded(age),
                // An age alone would not tell a refusal from a failure, nor either from something old.
                ill => format!("{} {}", told_as(ill, report), coarse(age)),
            }),
            told_seconds: told(age.unwrap_or_default()),
            interval_seconds: report.interval_seconds,
        }
    }

    /// What is live by its short name; what is ill keeps its own, for nobody should have to guess it.
    fn shortened(self) -> Feed {
        if self.health.is_live() {
            Feed { name: self.short_name().to_owned(), ..self }
        } else {
            self
        }
    }

    /// Takes the age of another that is older.
    fn grow_as_old_as(&mut self, other: &Feed) {
        if other.told_seconds > self.told_seconds {
            self.age.clone_from(&other.age);
            self.told_seconds = other.told_seconds;
        }
    }

    /// Its platform in two or three letters.
    fn short_name(&self) -> &str {
        match self.platform.as_str() {
            "gitlab" => "gl",
            platform => platform.get(..3).unwrap_or(platform),
        }
    }

    /// Whether it is live and told to be younger than something.
    fn is_bounded(&self) -> bool {
        self.health.is_live() && self.age.as_deref().is_some_and(|age| age.starts_with('<'))
    }
}

/// The age of a live feed: rounded up below a minute, so that the line does not move while all is well.
fn rounded(age: i64) -> String {
    match age {
        ..15 => "<15s".to_owned(),
        15..60 => "<1m".to_owned(),
        age => coarse(age),
    }
}

/// An age as far as its text tells it.
fn told(age: i64) -> i64 {
    match age {
        ..15 => 15,
        15..60 => 60,
        60..3600 => age - age % 60,
        age => age - age % 3600,
    }
}

/// The word for how a feed is: a refusal by its cause, for the cure of each is another.
fn told_as(health: Health, report: &Report) -> &'static str {
    match (health, report.failure.as_ref().map(|failure| failure.kind)) {
        (Health::Forbidden, Some(FailureKind::TokenExpired)) => "expired",
        (Health::Forbidden, Some(FailureKind::TokenInvalid)) => "not signed in",
        _ => word(health),
    }
}

/// What stands in place of an age that is not known.
pub(super) fn word(health: Health) -> &'static str {
    match health {
        Health::Starting => "connecting",
        Health::Unconfigured => "not configured",
        other => other.as_str(),
    }
}

/// The entry that a feed belongs to, and its platform: GitLab's feeds stand for themselves, those of all clusters are
/// one, for they are many.
pub(super) fn entry(key: &SourceKey) -> (&str, &str) {
    match key.scope.platform() {
        "kubernetes" => ("k8s", "k8s"),
        platform @ "eks" => (platform, platform),
        platform => (key.source.0, platform),
    }
}

/// Every feed once, the worst of its scopes.
pub(super) fn feeds(app: &App, now: Timestamp) -> Vec<Feed> {
    let cx = app.cx(now);
    let mut entries: Vec<(&str, &str, Vec<&Report>)> = Vec::new();
    for (key, report) in cx.state.reports() {
        let (name, platform) = entry(key);
        match entries.iter_mut().find(|(known, ..)| *known == name) {
            Some((.., reports)) => reports.push(report),
            None => entries.push((name, platform, vec![report])),
        }
    }
    let feed = |(name, platform, reports): (&str, &str, Vec<&Report>)| {
        speaker(&reports, now).map(|report| Feed::of(name, platform, report, now))
    };
    entries.into_iter().filter_map(feed).collect()
}

/// What is later than this, in its own intervals, is due: a hair's breadth behind its time is nothing.
const DUE: f64 = 1.5;

/// The report that tells the age of an entry: of those that are worst the oldest. Of those that are live only what is due
/// by its own rhythm counts, and what asks most often: what asks now and then is not old because it rests.
pub(super) fn speaker<'a>(reports: &[&'a Report], now: Timestamp) -> Option<&'a Report> {
    let worst = reports.iter().map(|report| report.health(now)).max()?;
    let lively = reports.iter().map(|report| report.interval_seconds).fold(f64::INFINITY, f64::min);
    let counts = |report: &Report| {
        let age = report.confirmed_at.map_or(0.0, |at| exact_seconds_between(at, now));
        report.interval_seconds <= lively || age > DUE * report.interval_seconds
    };
    let of_worst = reports.iter().copied().filter(|report| report.health(now) == worst);
    let foremost = |report: &&Report| {
        let is_counted = worst != Health::Live || counts(report);
        (is_counted, report.age_seconds(now))
    };
    of_worst.max_by_key(foremost)
}

/// Feeds by short names: those that are live and younger than a bound as one, below the largest of their bounds.
pub(super) fn bound_together(feeds: &[Feed]) -> Vec<Feed> {
    let mut out: Vec<Feed> = Vec::new();
    for feed in feeds {
        let feed = feed.clone().shortened();
        match out.iter_mut().find(|known| known.is_bounded() && feed.is_bounded()) {
            Some(known) => {
                known.name = format!("{} {}", known.name, feed.name);
                known.grow_as_old_as(&feed);
            }
            None => out.push(feed),
        }
    }
    out
}

/// Those that are ill, the worst first, and those that are live.
fn by_health(feeds: &[Feed]) -> (Vec<Feed>, Vec<Feed>) {
    let (live, mut ill): (Vec<Feed>, Vec<Feed>) =
        feeds.iter().cloned().partition(|feed| feed.health.is_live());
    ill.sort_by_key(|feed| std::cmp::Reverse(feed.health));
    (ill, live)
}

/// All that are live as one, as old as the oldest, by a name; one alone by its own.
fn together(live: Vec<Feed>, name: &str) -> Option<Feed> {
    let mut live = live.into_iter();
    let first = live.next()?.shortened();
    let rest: Vec<Feed> = live.collect();
    if rest.is_empty() {
        return Some(first);
    }
    let mut all = Feed { name: name.to_owned(), ..first };
    for feed in &rest {
        all.grow_as_old_as(feed);
    }
    Some(all)
}

/// Each that is ill, the worst first, then all that are live as one.
pub(super) fn few(feeds: &[Feed]) -> Vec<Feed> {
    let (mut out, live) = by_health(feeds);
    let name = if out.is_empty() { "all".to_owned() } else { format!("{} more", live.len()) };
    out.extend(together(live, &name));
    out
}

/// The worst that is ill, with the number of the others that are; where none is, all as one without a name.
pub(super) fn least(feeds: &[Feed]) -> Vec<Feed> {
    let (ill, live) = by_health(feeds);
    let more = ill.len().saturating_sub(1);
    match ill.into_iter().next() {
        Some(worst) if more == 0 => vec![worst],
        Some(worst) => vec![Feed { name: format!("{} +{more}", worst.name), ..worst }],
        None => {
            let all = together(live, "").map(|all| Feed { name: String::new(), ..all });
            all.into_iter().collect()
        }
    }
}

/// One feed a platform: the liveliest of it while all are live; else the worst, by its own name.
pub(super) fn platforms(feeds: &[Feed]) -> Vec<Feed> {
    let mut out: Vec<Feed> = Vec::new();
    for feed in feeds {
        let feed = match feed.health {
            Health::Live => Feed { name: feed.platform.clone(), ..feed.clone() },
            _ => feed.clone(),
        };
        match out.iter_mut().find(|known| known.platform == feed.platform) {
            Some(known) if is_foremost(&feed, known) => *known = feed,
            Some(_) => {}
            None => out.push(feed),
        }
    }
    out
}

fn is_foremost(one: &Feed, other: &Feed) -> bool {
    one.health > other.health
        || (one.health == other.health && one.interval_seconds < other.interval_seconds)
}
