//! The line on top: panes with their counts, feeds with their ages, whether anything can be changed, the clock.
//!
//! It is said in full where there is room; else feeds join to one a platform, then tabs become digits, then names go.

use ratatui::layout::Rect;

use super::canvas::{Canvas, advance};
use super::fit::columns;
use super::table::GUTTER;
use crate::app::App;
use crate::domain::time::{clock_utc, coarse, instant_utc};
use crate::domain::{Health, SourceKey, Timestamp};
use crate::pane::block::Mark;
use crate::pane::{Count, PANES, cells};
use crate::theme::Role;

/// Where a tab was drawn: from column to column, and the pane's name.
pub type DrawnTab = (u16, u16, &'static str);

/// What the line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    tabs: Vec<Tab>,
    feeds: Vec<Feed>,
    modes: Vec<(String, Role)>,
    clock: String,
}

/// A pane's tab.
#[derive(Debug, Clone, PartialEq)]
struct Tab {
    name: &'static str,
    title: &'static str,
    digit: char,
    count: Count,
    is_open: bool,
}

/// A feed over all of its scopes, or everything that comes from one platform.
#[derive(Debug, Clone, PartialEq)]
struct Feed {
    name: String,
    platform: String,
    health: Health,
    /// The age of what was confirmed longest ago, as text.
    age: Option<String>,
    interval_seconds: f64,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Detail {
    tabs: Tabs,
    feeds: Feeds,
    name: Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tabs {
    Titles,
    Digits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feeds {
    Each,
    Platforms,
    /// One of all that are live and young, and one of each other, by names of two or three letters.
    Short,
    Marks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Shown,
    Hidden,
}

/// From the fullest to the shortest.
const DETAILS: [Detail; 7] = [
    Detail { tabs: Tabs::Titles, feeds: Feeds::Each, name: Name::Shown },
    Detail { tabs: Tabs::Titles, feeds: Feeds::Platforms, name: Name::Shown },
    Detail { tabs: Tabs::Titles, feeds: Feeds::Platforms, name: Name::Hidden },
    Detail { tabs: Tabs::Digits, feeds: Feeds::Platforms, name: Name::Shown },
    Detail { tabs: Tabs::Digits, feeds: Feeds::Platforms, name: Name::Hidden },
    Detail { tabs: Tabs::Digits, feeds: Feeds::Short, name: Name::Hidden },
    Detail { tabs: Tabs::Digits, feeds: Feeds::Marks, name: Name::Hidden },
];

/// The program's name.
const NAME: &str = "watchfloor";

/// Words in roles, one after the other; the mark of a tab for clicks.
type Words = Vec<(String, Role)>;

impl Header {
    /// What the line says now.
    pub fn of(app: &App, now: Timestamp) -> Header {
        let cx = app.cx(now);
        let open = app.ui.place().pane.about().name;
        let tabs = PANES.iter().map(|pane| {
            let about = pane.about();
            Tab {
                name: about.name,
                title: about.title,
                digit: about.digit,
                count: pane.count(&cx),
                is_open: about.name == open,
            }
        });
        Header {
            tabs: tabs.collect(),
            feeds: feeds(app, now),
            modes: modes(app, now),
            clock: clock_utc(now),
        }
    }

    /// Draws the line; says where the tabs stand.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) -> Vec<DrawnTab> {
        canvas.clear(area, Role::Header);
        let detail = self.fitting(canvas, usize::from(area.width));
        let mut rest = area;
        let right = self.right(canvas, detail, usize::from(area.width));
        for (words, role) in right.iter().rev() {
            canvas.put_right(&mut rest, words, *role);
        }
        advance(&mut rest, GUTTER);
        if detail.name == Name::Shown {
            canvas.put(&mut rest, NAME, Role::HeaderName);
            advance(&mut rest, 3);
        }
        let mut drawn = Vec::new();
        for tab in &self.tabs {
            let from = rest.x;
            for (words, role) in tab.words(canvas, detail.tabs) {
                canvas.put(&mut rest, &words, role);
            }
            if rest.x > from {
                drawn.push((from, rest.x, tab.name));
            }
            advance(&mut rest, 2);
        }
        drawn
    }

    /// The fullest form that has room.
    fn fitting(&self, canvas: &Canvas<'_>, room: usize) -> Detail {
        let [.., shortest] = DETAILS;
        DETAILS.into_iter().find(|detail| self.width(canvas, *detail) <= room).unwrap_or(shortest)
    }

    /// How wide the line is when it says the least that this form allows.
    fn width(&self, canvas: &Canvas<'_>, detail: Detail) -> usize {
        let tabs = self.tabs.iter().map(|tab| wide(&tab.words(canvas, detail.tabs)) + 2);
        let name = if detail.name == Name::Shown { columns(NAME) + 3 } else { 0 };
        usize::from(GUTTER) + name + tabs.sum::<usize>() + wide(&self.right(canvas, detail, 0))
    }

    /// The feeds that are named: in the middle form one a platform, and more of them as far as `room` reaches.
    fn named(&self, canvas: &Canvas<'_>, form: Feeds, room: usize) -> Vec<Feed> {
        let joined = platforms(&self.feeds);
        match form {
            Feeds::Each => self.feeds.clone(),
            Feeds::Short => bound_together(&joined),
            Feeds::Marks => joined,
            Feeds::Platforms => self.spread(joined, |feed| wide(&feed.words(canvas, form)), room),
        }
    }

    /// Puts the feeds of a platform in place of the one that speaks for it: all of them where all is well and there is
    /// room; else, beside the one that is ill, as many as fit, the worst first.
    fn spread(&self, joined: Vec<Feed>, wide: impl Fn(&Feed) -> usize, room: usize) -> Vec<Feed> {
        let mut left = room;
        let mut out = Vec::new();
        for speaker in joined {
            let of_it: Vec<&Feed> =
                self.feeds.iter().filter(|feed| feed.platform == speaker.platform).collect();
            if speaker.health.is_live() {
                let more = of_it.iter().map(|feed| wide(feed)).sum::<usize>();
                let more = more.saturating_sub(wide(&speaker));
                if more <= left {
                    left -= more;
                    out.extend(of_it.into_iter().cloned());
                } else {
                    out.push(speaker);
                }
                continue;
            }
            let mut others: Vec<&Feed> =
                of_it.iter().copied().filter(|feed| feed.name != speaker.name).collect();
            others.sort_by_key(|feed| std::cmp::Reverse(feed.health));
            let mut names = vec![speaker.name.clone()];
            for feed in others {
                if wide(feed) <= left {
                    left -= wide(feed);
                    names.push(feed.name.clone());
                }
            }
            out.extend(of_it.into_iter().filter(|feed| names.contains(&feed.name)).cloned());
        }
        out
    }

    /// Feeds, modes and clock, each with its distance from what stands before it. With `room` for the whole line more
    /// feeds are named where they fit.
    fn right(&self, canvas: &Canvas<'_>, detail: Detail, room: usize) -> Words {
        let mut out = Words::new();
        let spare = if room == 0 { 0 } else { room.saturating_sub(self.width(canvas, detail)) };
        for feed in self.named(canvas, detail.feeds, spare) {
            out.extend(feed.words(canvas, detail.feeds));
        }
        for (words, role) in &self.modes {
            out.push(("  ".to_owned(), Role::Header));
            out.push((words.clone(), *role));
        }
        out.push((format!("  {} ", self.clock), Role::HeaderClock));
        out
    }
}

/// How many columns some words take.
fn wide(words: &Words) -> usize {
    words.iter().map(|(words, _)| columns(words)).sum()
}

impl Feed {
    /// Its mark, its name where there is room for names, its age.
    fn words(&self, canvas: &Canvas<'_>, form: Feeds) -> Words {
        let (mark, role) = cells::health(self.health);
        let mut out = vec![(format!("  {}", canvas.look.glyphs.mark(mark)), role)];
        if form != Feeds::Marks {
            out.push((format!(" {}", self.name), Role::HeaderTab));
        }
        let age_role = if self.health.is_live() { Role::HeaderCount } else { role };
        let age = self.age.as_deref().unwrap_or(word(self.health));
        out.push((format!(" {age}"), age_role));
        out
    }
}

impl Feed {
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

impl Tab {
    fn words(&self, canvas: &Canvas<'_>, form: Tabs) -> Words {
        let role = if self.is_open { Role::HeaderTabActive } else { Role::HeaderTab };
        let title = match form {
            Tabs::Titles => format!("{} {}", self.digit, self.title),
            Tabs::Digits => self.digit.to_string(),
        };
        let mut words = vec![(title, role)];
        if self.count.n > 0 {
            let is_loud = !matches!(self.count.role, Role::Text | Role::TextDim);
            let role = if is_loud { self.count.role } else { Role::HeaderCount };
            let mark = if is_loud { canvas.look.glyphs.mark(mark_of(role)) } else { "" };
            words.push((" ".to_owned(), Role::Header));
            words.push((format!("{}{}{mark}", self.count.floor, self.count.n), role));
        }
        words
    }
}

/// The mark of a count in a role that is loud.
fn mark_of(role: Role) -> Mark {
    match role {
        Role::SeverityBad | Role::StatusFailed | Role::HealthDown | Role::Danger => Mark::Bad,
        Role::SeverityUnknown | Role::HealthUnknown => Mark::Unknown,
        Role::FreshnessOld => Mark::Old,
        _ => Mark::Warning,
    }
}

/// The larger of the bounds below which an age is not told.
const BELOW_A_MINUTE: &str = "<1m";

/// The age of a live feed: rounded up below a minute, so that the line does not move while all is well.
fn rounded(age: i64) -> String {
    match age {
        ..15 => "<15s".to_owned(),
        15..60 => BELOW_A_MINUTE.to_owned(),
        age => coarse(age),
    }
}

/// What stands in place of an age that is not known.
fn word(health: Health) -> &'static str {
    match health {
        Health::Starting => "connecting",
        Health::Unconfigured => "not configured",
        other => other.as_str(),
    }
}

/// The entry that a feed belongs to, and its platform: GitLab's feeds stand for themselves, those of all clusters are
/// one, for they are many.
fn entry(key: &SourceKey) -> (&str, &str) {
    match key.scope.platform() {
        "kubernetes" => ("k8s", "k8s"),
        platform @ "eks" => (platform, platform),
        platform => (key.source.0, platform),
    }
}

/// Every feed once, the worst of its scopes.
fn feeds(app: &App, now: Timestamp) -> Vec<Feed> {
    let cx = app.cx(now);
    let mut out: Vec<(Feed, Option<i64>)> = Vec::new();
    for (key, report) in cx.state.reports() {
        let (age, health) = (report.age_seconds(now), report.health(now));
        let (name, platform) = entry(key);
        let feed = Feed {
            name: name.to_owned(),
            platform: platform.to_owned(),
            health,
            age: age.map(|age| match health {
                Health::Live => rounded(age),
                // An age alone would not tell a refusal from a failure, nor either from something old.
                ill => format!("{} {}", word(ill), coarse(age)),
            }),
            interval_seconds: report.interval_seconds,
        };
        match out.iter_mut().find(|(known, _)| known.name == feed.name) {
            Some(known) if (feed.health, age) > (known.0.health, known.1) => *known = (feed, age),
            Some(_) => {}
            None => out.push((feed, age)),
        }
    }
    out.into_iter().map(|(feed, _)| feed).collect()
}

/// Feeds by short names: those that are live and younger than a bound as one, below the largest of their bounds.
fn bound_together(feeds: &[Feed]) -> Vec<Feed> {
    let mut out: Vec<Feed> = Vec::new();
    for feed in feeds {
        let feed = Feed { name: feed.short_name().to_owned(), ..feed.clone() };
        match out.iter_mut().find(|known| known.is_bounded() && feed.is_bounded()) {
            Some(known) => {
                known.name = format!("{} {}", known.name, feed.name);
                if feed.age.as_deref() == Some(BELOW_A_MINUTE) {
                    known.age = feed.age;
                }
            }
            None => out.push(feed),
        }
    }
    out
}

/// One feed a platform: the liveliest of it while all are live; else the worst, by its own name.
fn platforms(feeds: &[Feed]) -> Vec<Feed> {
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

fn modes(app: &App, now: Timestamp) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    if let Some(paused) = &app.ui.paused {
        let at = instant_utc(paused.at);
        let time = at.split_once(' ').map_or(at.as_str(), |(_, time)| time);
        out.push((format!(" paused {time} "), Role::HeaderModePaused));
    }
    if app.facts.is_simulated {
        out.push(("demo".to_owned(), Role::HeaderModeDemo));
    }
    out.push(match app.acts.seconds_left(now).filter(|_| !app.facts.never_writes) {
        Some(left) => (format!(" ARMED {:02}:{:02} ", left / 60, left % 60), Role::HeaderModeArmed),
        None => ("read-only".to_owned(), Role::HeaderModeReadonly),
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Scope, SourceId};
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    fn feed(name: &str, health: Health, age: i64, interval_seconds: f64) -> Feed {
        Feed {
            name: name.to_owned(),
            platform: "gitlab".to_owned(),
            health,
            age: Some(coarse(age)),
            interval_seconds,
        }
    }

    fn header(worst: Health) -> Header {
        let tab = |name, title, digit, count, is_open| Tab { name, title, digit, count, is_open };
        Header {
            tabs: vec![
                tab("pipelines", "Pipelines", '2', Count::of(37, Role::SeverityWarning), true),
                tab("sources", "Sources", '0', Count::of(0, Role::SeverityWarning), false),
            ],
            feeds: vec![
                feed("projects", Health::Live, 40, 60.0),
                feed("queue", Health::Live, 2, 5.0),
                feed("runners", worst, 240, 60.0),
            ],
            modes: vec![("read-only".to_owned(), Role::HeaderModeReadonly)],
            clock: "03:12Z".to_owned(),
        }
    }

    fn drawn(header: &Header, width: u16) -> String {
        let theme = theme();
        let mut buffer = screen(width, 1);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        header.draw(&mut canvas, area);
        words(&buffer)
    }

    #[test]
    fn a_wide_line_says_everything() {
        assert_eq!(
            drawn(&header(Health::Live), 106),
            "   watchfloor   2 Pipelines 37▲  0 Sources    ● projects 40s  ● queue 2s  ● runners 4m  read-only  03:12Z"
        );
    }

    #[test]
    fn a_narrow_line_joins_the_feeds_of_a_platform() {
        let line = drawn(&header(Health::Live), 80);
        assert!(line.contains("● gitlab 2s") && line.contains("2 Pipelines 37▲"), "{line}");
    }

    #[test]
    fn a_feed_that_is_ill_speaks_for_its_platform() {
        let line = drawn(&header(Health::Down), 80);
        assert!(line.contains("✖ runners 4m"), "{line}");
    }

    #[test]
    fn where_there_is_room_every_feed_that_is_ill_has_its_age() {
        let mut ill = header(Health::Forbidden);
        for feed in &mut ill.feeds {
            *feed = Feed {
                age: Some("forbidden 4m".to_owned()),
                health: Health::Forbidden,
                ..feed.clone()
            };
        }
        let narrow = drawn(&ill, 100);
        assert!(
            narrow.contains("✖ runners forbidden") || narrow.contains("✖ queue forbidden"),
            "{narrow}"
        );
        let wider = drawn(&ill, 122);
        assert_eq!(wider.matches("forbidden 4m").count(), 2, "{wider}");
        assert_eq!(drawn(&ill, 150).matches("forbidden 4m").count(), 3);
    }

    #[test]
    fn the_feeds_of_all_clusters_are_one_entry() {
        let key = |source, scope| SourceKey { source, scope };
        let pods = key(SourceId::PODS, Scope::kubernetes("ci", Some("a"), "pods"));
        let nodes = key(SourceId::NODES, Scope::kubernetes("other", None, "nodes"));
        let groups = key(SourceId::NODEGROUPS, Scope::eks("ci"));
        let queue = key(SourceId::QUEUE, Scope::gitlab("acme"));
        assert_eq!([&pods, &nodes].map(entry), [("k8s", "k8s"), ("k8s", "k8s")]);
        assert_eq!([&groups, &queue].map(entry), [("eks", "eks"), ("queue", "gitlab")]);
    }

    #[test]
    fn a_very_narrow_line_keeps_digits_counts_and_marks() {
        let line = drawn(&header(Health::Live), 42);
        assert!(line.contains("2 37▲  0") && line.contains("● gl 2s"), "{line}");
        let line = drawn(&header(Health::Live), 38);
        assert!(line.contains("2 37▲  0") && line.contains("● 2s"), "{line}");
    }

    #[test]
    fn a_narrow_line_names_all_that_are_live_below_the_largest_of_their_bounds() {
        let of = |platform: &str, health, age: &str| Feed {
            platform: platform.to_owned(),
            age: Some(age.to_owned()),
            ..feed(platform, health, 0, 5.0)
        };
        let feeds = [
            of("gitlab", Health::Live, "<15s"),
            of("k8s", Health::Live, "<1m"),
            of("eks", Health::Down, "down 4m"),
        ];
        let told = |feed: Feed| format!("{} {}", feed.name, feed.age.unwrap_or_default());
        let told: Vec<String> = bound_together(&feeds).into_iter().map(told).collect();
        assert_eq!(told, ["gl k8s <1m", "eks down 4m"]);
    }

    #[test]
    fn tabs_are_found_where_they_were_drawn() {
        let theme = theme();
        let mut buffer = screen(120, 1);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let header = header(Health::Live);
        let area = canvas.area();
        let tabs = header.draw(&mut canvas, area);
        assert_eq!(tabs, [(16, 31, "pipelines"), (33, 42, "sources")]);
    }

    #[test]
    fn any_width_is_drawn() {
        for width in 0..130 {
            drawn(&header(Health::Stale), width);
        }
    }
}
