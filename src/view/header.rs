//! The line on top: panes with their counts, feeds with their ages, whether anything can be changed, the clock.
//!
//! It is said in full where there is room; else feeds join to one a platform, then what is live joins to one entry, then
//! tabs become digits. The name of what is broken goes last.

use ratatui::layout::Rect;

use super::canvas::{Canvas, advance, short};
use super::feeds::{Feed, bound_together, feeds, few, least, platforms, word};
use super::fit::columns;
use super::table::GUTTER;
use crate::app::App;
use crate::domain::Timestamp;
use crate::domain::time::{clock_utc, instant_utc};
use crate::pane::block::Mark;
use crate::pane::exceptions::{self, Chip};
use crate::pane::{Count, PANES, cells};
use crate::theme::Role;

/// Where a tab was drawn: from column to column, and the pane's name.
pub type DrawnTab = (u16, u16, &'static str);

/// What the line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    tabs: Vec<Tab>,
    feeds: Vec<Feed>,
    /// What of the register ends; said where there is room for it.
    chip: Option<Chip>,
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

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Detail {
    tabs: Tabs,
    feeds: Feeds,
    /// The program's name.
    name: Word,
    clock: Word,
}

impl Detail {
    const fn new(tabs: Tabs, feeds: Feeds, [name, clock]: [Word; 2]) -> Detail {
        Detail { tabs, feeds, name, clock }
    }
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
    /// One of all that are live and young, by names of two or three letters, and one of each other.
    Short,
    /// Each that is ill, and one of all that are live.
    Few,
    /// The worst that is ill and how many more there are; all that are live only where none is ill.
    Least,
    /// The same without an age.
    Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Shown,
    Hidden,
}

/// From the fullest to the shortest.
#[rustfmt::skip] // Read as a table.
const DETAILS: [Detail; 11] = [
    Detail::new(Tabs::Titles, Feeds::Each, [Word::Shown, Word::Shown]),
    Detail::new(Tabs::Titles, Feeds::Platforms, [Word::Shown, Word::Shown]),
    Detail::new(Tabs::Titles, Feeds::Platforms, [Word::Hidden, Word::Shown]),
    Detail::new(Tabs::Titles, Feeds::Few, [Word::Hidden, Word::Shown]),
    Detail::new(Tabs::Digits, Feeds::Platforms, [Word::Shown, Word::Shown]),
    Detail::new(Tabs::Digits, Feeds::Platforms, [Word::Hidden, Word::Shown]),
    Detail::new(Tabs::Digits, Feeds::Short, [Word::Hidden, Word::Shown]),
    Detail::new(Tabs::Digits, Feeds::Few, [Word::Hidden, Word::Shown]),
    Detail::new(Tabs::Digits, Feeds::Least, [Word::Hidden, Word::Shown]),
    Detail::new(Tabs::Digits, Feeds::Least, [Word::Hidden, Word::Hidden]),
    Detail::new(Tabs::Digits, Feeds::Names, [Word::Hidden, Word::Hidden]),
];

/// The program's name.
const NAME: &str = "watchfloor";

/// Columns between two tabs.
const TABS_APART: usize = 2;

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
            feeds: feeds(app, of_feeds(app, now)),
            chip: exceptions::chip(&cx),
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
        if detail.name == Word::Shown {
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
            advance(&mut rest, short(TABS_APART));
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
        let tabs = self.tabs.iter().map(|tab| wide(&tab.words(canvas, detail.tabs)) + TABS_APART);
        let tabs = tabs.sum::<usize>().saturating_sub(TABS_APART);
        let name = if detail.name == Word::Shown { columns(NAME) + 3 } else { 0 };
        usize::from(GUTTER) + name + tabs + wide(&self.right(canvas, detail, 0))
    }

    /// The feeds that are named: in the middle form one a platform, and more of them as far as `room` reaches.
    fn named(&self, canvas: &Canvas<'_>, form: Feeds, room: usize) -> Vec<Feed> {
        let joined = platforms(&self.feeds);
        match form {
            Feeds::Each => self.feeds.clone(),
            Feeds::Short => bound_together(&joined),
            Feeds::Few => few(&joined),
            Feeds::Least | Feeds::Names => least(&joined),
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
        let mut spare = if room == 0 { 0 } else { room.saturating_sub(self.width(canvas, detail)) };
        if let Some(chip) = &self.chip
            && let Some(words) = chip.words.iter().find(|words| columns(words) + 2 <= spare)
        {
            spare -= columns(words) + 2;
            out.push(("  ".to_owned(), Role::Header));
            out.push((words.clone(), chip.role));
        }
        for feed in self.named(canvas, detail.feeds, spare) {
            out.extend(feed.words(canvas, detail.feeds));
        }
        for (words, role) in &self.modes {
            out.push(("  ".to_owned(), Role::Header));
            out.push((words.clone(), *role));
        }
        let clock = match detail.clock {
            Word::Shown => format!("  {} ", self.clock),
            Word::Hidden => " ".to_owned(),
        };
        out.push((clock, Role::HeaderClock));
        out
    }
}

/// How many columns some words take.
fn wide(words: &Words) -> usize {
    words.iter().map(|(words, _)| columns(words)).sum()
}

impl Feed {
    /// Its mark, its name, its age where there is room for it.
    fn words(&self, canvas: &Canvas<'_>, form: Feeds) -> Words {
        let (mark, role) = cells::health(self.health);
        let mut out = vec![(format!("  {}", canvas.look.glyphs.mark(mark)), role)];
        if !self.name.is_empty() {
            out.push((format!(" {}", self.name), Role::HeaderTab));
        }
        if form == Feeds::Names && !self.health.is_live() {
            return out;
        }
        let age_role = if self.health.is_live() { Role::HeaderCount } else { role };
        let age = self.age.as_deref().unwrap_or(word(self.health));
        out.push((format!(" {age}"), age_role));
        out
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

/// The instant by which the ages of feeds are told: a picture that stands still shows how old it grows, the past how old
/// things were then.
fn of_feeds(app: &App, now: Timestamp) -> Timestamp {
    let back = app.ui.paused.as_ref().filter(|paused| paused.then.is_some());
    back.map_or(now, |paused| paused.at)
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

fn modes(app: &App, now: Timestamp) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    if let Some(paused) = &app.ui.paused {
        let at = instant_utc(paused.then.as_ref().map_or(paused.at, |then| then.at));
        let time = at.split_once(' ').map_or(at.as_str(), |(_, time)| time);
        let words = match paused.then {
            Some(_) => format!(" BACK AT {at} "),
            None => format!(" paused {time} "),
        };
        out.push((words, Role::HeaderModePaused));
    }
    if app.facts.is_simulated {
        out.push(("demo".to_owned(), Role::HeaderModeDemo));
    }
    if let Some((done, all)) = app.acts.bulk() {
        out.push((format!(" sent {done}/{all} "), Role::HeaderModeArmed));
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
    use crate::domain::time::coarse;
    use crate::domain::{Health, Report, Scope, SourceId, SourceKey};
    use crate::view::feeds::{entry, speaker};
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    fn feed(name: &str, health: Health, age: i64, interval_seconds: f64) -> Feed {
        Feed {
            name: name.to_owned(),
            platform: "gitlab".to_owned(),
            health,
            age: Some(coarse(age)),
            told_seconds: age,
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
            chip: None,
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

    /// A platform's entry.
    fn of(platform: &str, health: Health, age: &str) -> Feed {
        Feed {
            platform: platform.to_owned(),
            age: Some(age.to_owned()),
            told_seconds: if age == "<1m" { 60 } else { 15 },
            ..feed(platform, health, 0, 5.0)
        }
    }

    /// A line with six tabs that count, and six platforms.
    fn full(k8s: &Feed) -> Header {
        let tab = |digit, n| Tab {
            name: "pane",
            title: "Pane",
            digit,
            count: Count::of(n, Role::SeverityWarning),
            is_open: false,
        };
        let names = ["gitlab", "ledger", "eks", "prometheus", "alertmanager"];
        let mut feeds: Vec<Feed> =
            names.iter().map(|name| of(name, Health::Live, "<15s")).collect();
        feeds.push(k8s.clone());
        Header {
            tabs: [('1', 12), ('2', 37), ('3', 8), ('4', 3), ('9', 0), ('0', 0)]
                .map(|(digit, n)| tab(digit, n))
                .to_vec(),
            feeds,
            chip: None,
            modes: vec![
                ("demo".to_owned(), Role::HeaderModeDemo),
                ("read-only".to_owned(), Role::HeaderModeReadonly),
            ],
            clock: "03:12Z".to_owned(),
        }
    }

    #[test]
    fn a_line_of_eighty_columns_keeps_its_tabs_and_the_name_of_what_is_broken() {
        let line = drawn(&full(&of("k8s", Health::Forbidden, "forbidden 13s")), 80);
        assert_eq!(
            line.trim_end(),
            "   1 12▲  2 37▲  3 8▲  4 3▲  9  0  ✖ k8s forbidden 13s  demo  read-only  03:12Z"
        );
        let line = drawn(&full(&of("k8s", Health::Live, "<1m")), 80);
        assert!(line.contains("1 12▲  2 37▲") && line.contains("● all <1m"), "{line}");
        let line = drawn(&full(&of("k8s", Health::Forbidden, "forbidden 13s")), 62);
        assert!(line.contains("1 12▲  2 37▲") && line.contains("✖ k8s  demo"), "{line}");
    }

    #[test]
    fn where_there_is_room_what_is_live_stands_beside_what_is_broken() {
        let line = drawn(&full(&of("k8s", Health::Down, "down 4m")), 92);
        assert!(line.contains("✖ k8s down 4m  ● 5 more <15s"), "{line}");
    }

    #[test]
    fn the_worst_is_named_and_the_others_that_are_broken_are_counted() {
        let mut line = full(&of("k8s", Health::Forbidden, "forbidden 13s"));
        for feed in line.feeds.iter_mut().take(2) {
            *feed = Feed { health: Health::Down, age: Some("down 4m".to_owned()), ..feed.clone() };
        }
        let line = drawn(&line, 82);
        assert!(line.contains("✖ k8s +2 forbidden 13s  demo"), "{line}");
    }

    #[test]
    fn a_feed_that_asks_now_and_then_does_not_make_its_platform_old() {
        let now: Timestamp = "2026-01-12T03:10:00Z".parse().unwrap();
        let report = |age: i64, interval| Report {
            confirmed_at: now.checked_sub(jiff::SignedDuration::from_secs(age)).ok(),
            ..Report::starting(interval)
        };
        let age = |reports: &[&Report]| speaker(reports, now).and_then(|one| one.age_seconds(now));
        let (pods, nodes) = (report(2, 30.0), report(20, 30.0));
        assert_eq!(age(&[&pods, &nodes, &report(540, 600.0)]), Some(20));
        // What is late by its own rhythm is told.
        assert_eq!(age(&[&pods, &nodes, &report(1000, 600.0)]), Some(1000));
        // What is no longer live speaks first, however it compares.
        let silent = report(100, 30.0);
        assert_eq!(age(&[&silent, &report(1000, 600.0)]), Some(100));
    }

    #[test]
    fn a_narrow_line_names_all_that_are_live_below_the_largest_of_their_bounds() {
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
    fn what_ends_is_said_where_there_is_room_and_takes_nothing_else_away() {
        let words = ["2 exceptions end within 7d", "2 end ≤7d"].map(str::to_owned);
        let ends = || Some(Chip { words: words.clone(), role: Role::SeverityWarning });
        let with = |width| drawn(&Header { chip: ends(), ..header(Health::Live) }, width);
        assert!(with(134).contains("  2 exceptions end within 7d  ●"), "{}", with(134));
        assert!(with(120).contains("  2 end ≤7d  ●"), "{}", with(120));
        assert_eq!(with(84), drawn(&header(Health::Live), 84));
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
