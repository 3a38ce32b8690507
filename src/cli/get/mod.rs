//! `get KIND`: one look, printed for people, scripts or spreadsheets.

mod csv;
mod right;
mod sift;
mod table;
mod word;

#[cfg(test)]
pub(super) use right::Judged;
pub(super) use table::Table;
pub(super) use word::unknown_to_cache;

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

use super::Surroundings;
use super::args::{AuditShow, Get, Global, Output};
use super::audit;
use super::exit::{Exit, Problem};
use super::ground::Ground;
use super::handover;
use super::json::{self, Envelope, Scene};
use super::kind::Kind;
use super::look::{self, Sight};
use crate::app::then::told as told_of;
use crate::config::Diagnostic;
use crate::domain::{EntityId, Origin, SourceId};
use crate::pane::lens::Cx;
use crate::pane::listing::{Direction, Listing, Question};
use crate::pane::query::{self, Query};
use crate::state::State;
use sift::Sift;

/// Looks once and prints.
pub(super) fn run(
    get: &Get,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    if get.kind == Kind::Audit && get.at.is_none() {
        // The ledger is a file of ours: no platform is needed to read it.
        let Get { output, query, .. } = get.clone();
        return audit::show(&AuditShow { output, query, since: None }, global, around);
    }
    if get.fail_on.is_some() && get.kind != Kind::Findings {
        let hint = "write `watchfloor get findings --fail-on high`";
        return Err(Problem::usage("--fail-on is about findings alone", hint));
    }
    let query = if get.kind.is_judged() {
        Query::default()
    } else {
        filter(get.kind, get.query.as_deref())?
    };
    let sift = Sift::read(get.kind, get.query.as_deref())?;
    let ground = Ground::of(global, around)?;
    if get.kind.is_of_clusters() && ground.loaded.settings.clusters.is_empty() {
        let hint = "add a [[cluster]] table and name it in each [[tier]]; `watchfloor config example` shows one";
        return Err(Problem::usage("no cluster is configured", hint));
    }
    is_configured(get.kind, &ground)?;
    let base = with_slash(ground.gitlab()?.url.as_str());
    let origin = if get.offline { Origin::Cache } else { Origin::Live };
    doubt(get.kind, get.query.as_deref(), &ground, around.err)?;
    let sight = sight(get, origin, &ground, around)?;
    let scene = scene(&sight, &base);
    if get.kind.is_judged() {
        return judged((get, &sift), &scene, (&ground, &sight), around);
    }
    let found = find(&scene, get.kind, query);
    print(&scene, (get.kind, get.output), &found.ids, around.out)?;
    around.out.flush()?;
    word::notices(&sight.notices, around.err)?;
    word::tell(&scene, get.kind, around.err)?;
    let exit = exit(&scene, get.kind, &found);
    let is_bare = get.output == Output::Table && found.is_empty();
    if is_bare && exit == Exit::Done {
        word::nothing(get.kind, found.hidden, around.err)?;
    }
    Ok(exit)
}

/// Looks: at the platform, at the cache, or back.
fn sight(
    get: &Get,
    origin: Origin,
    ground: &Ground,
    around: &mut Surroundings<'_>,
) -> Result<Sight, Problem> {
    let Some(words) = &get.at else {
        if get.kind == Kind::Findings && origin == Origin::Live {
            look::first_rights(ground, around)?;
        }
        return look::look(ground, &get.kind.asked(), origin, around);
    };
    if get.kind == Kind::Grants {
        let hint = "a review keeps them as they were when it began: `watchfloor access --help`";
        return Err(Problem::usage("rights are not kept: of then they are unknown", hint));
    }
    let (sight, then) = look::back(ground, words)?;
    for line in told_of(&then, ground.clock.now()) {
        writeln!(around.err, "note: {line}")?;
    }
    Ok(sight)
}

/// Prints what the rules say.
fn judged(
    (get, sift): (&Get, &Sift),
    scene: &Scene<'_>,
    (ground, sight): (&Ground, &Sight),
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let limits = ground.loaded.settings.access.limits();
    let asked = (&limits, sift);
    let right::Printed { shown, hidden, gravest } =
        right::print(scene, (get.kind, get.output), asked, around.out)?;
    around.out.flush()?;
    word::notices(&sight.notices, around.err)?;
    word::tell(scene, get.kind, around.err)?;
    right::tell(scene, around.err)?;
    let is_known = match get.kind {
        Kind::Grants => scene.state().population().is_some(),
        _ => scene.state().reports().any(|(key, report)| {
            handover::is_of_platform(key.source) && report.confirmed_at.is_some()
        }),
    };
    if is_known && shown == 0 && get.output == Output::Table {
        word::nothing(get.kind, hidden, around.err)?;
    }
    let fails =
        get.fail_on.is_some_and(|from| gravest.is_some_and(|gravest| gravest <= from.severity()));
    Ok(match is_known {
        false => Exit::Unreachable,
        true if fails => Exit::Findings,
        true => Exit::Done,
    })
}

/// Refuses a kind whose server is not configured: an empty list would look like calm.
fn is_configured(kind: Kind, ground: &Ground) -> Result<(), Problem> {
    let settings = &ground.loaded.settings;
    let (name, table) = match kind {
        Kind::Slos if settings.prometheus.is_none() => ("Prometheus", "prometheus"),
        Kind::Alerts | Kind::Silences if settings.alertmanager.is_none() => {
            ("Alertmanager", "alertmanager")
        }
        Kind::Exceptions | Kind::Requests if settings.exceptions.is_none() => {
            let hint = "name the project that holds the register: add an [exceptions] table; \
                        `watchfloor config example` shows one";
            return Err(Problem::usage("the register of exceptions is not configured", hint));
        }
        _ => return Ok(()),
    };
    let hint =
        format!("give its url: add a [{table}] table; `watchfloor config example` shows one");
    Err(Problem::usage(format!("{name} is not configured"), hint))
}

/// What items are made of.
fn scene<'a>(sight: &'a Sight, gitlab: &'a str) -> Scene<'a> {
    let cx = Cx { state: &sight.state, now: sight.at };
    Scene { cx, origin: sight.origin, gitlab }
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

/// Reads the filter, before anybody is asked anything.
pub(super) fn filter(kind: Kind, text: Option<&str>) -> Result<Query, Problem> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(Query::default());
    };
    let fields = kind.lens().map_or(&[][..], |lens| lens.fields());
    query::parse(text, fields).map_err(|fault| Problem::of_diagnostic(&told(text, fault)))
}

/// Says which words of the filter no row can have, before anybody is asked anything: one of ours is refused, one of the
/// platform's may be new.
fn doubt(
    kind: Kind,
    text: Option<&str>,
    ground: &Ground,
    err: &mut dyn Write,
) -> Result<(), Problem> {
    let (Some(text), Some(lens)) = (text, kind.lens().filter(|_| !kind.is_judged())) else {
        return Ok(());
    };
    let state = State::new(ground.loaded.settings.domain_tiers());
    for doubt in query::doubts(text, lens.fields(), &state) {
        let told = told(text, doubt.fault);
        if doubt.is_certain {
            return Err(Problem::of_diagnostic(&told));
        }
        err.write_all(told.to_string().replacen("error:", "warning:", 1).as_bytes())?;
    }
    Ok(())
}

/// What is wrong with a filter, and where.
fn told(text: &str, fault: query::Fault) -> Diagnostic {
    Diagnostic::about("the filter", &fault.message, Some(fault.hint)).at(text, fault.at)
}

/// The things to print, in their order.
pub(super) struct Found {
    /// What they are.
    pub(super) ids: Vec<EntityId>,
    /// How many the filter left out.
    pub(super) hidden: usize,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// What the filter lets through.
pub(super) fn find(scene: &Scene<'_>, kind: Kind, query: Query) -> Found {
    let Some(lens) = kind.lens() else { return Found { ids: Vec::new(), hidden: 0 } };
    let question = Question {
        lens,
        scope: None,
        query,
        sort: lens.default_sort(),
        direction: Direction::Forward,
        grouping: None,
    };
    let listing = Listing::build(&scene.cx, &question, &AtomicBool::new(false)).unwrap_or_default();
    if kind == Kind::Tiers && !scene.state().knows_queue() {
        // Tiers are configured, but every number of theirs would be invented.
        return Found { ids: Vec::new(), hidden: 0 };
    }
    Found { ids: listing.ids().cloned().collect(), hidden: listing.hidden() }
}

/// Prints things of a kind in a form.
pub(super) fn print(
    scene: &Scene<'_>,
    (kind, output): (Kind, Output),
    ids: &[EntityId],
    out: &mut dyn Write,
) -> io::Result<()> {
    match output {
        Output::Table => table::print(scene, kind, ids, out),
        Output::Csv => csv::print(kind, &json::items(scene, kind, ids), out),
        Output::Json => {
            let envelope = Envelope::new(scene, kind, json::items(scene, kind, ids));
            serde_json::to_writer_pretty(&mut *out, &envelope)?;
            writeln!(out)
        }
    }
}

/// Unreachable where nothing was read, and a feed that brings these items has never answered in any of its scopes.
fn exit(scene: &Scene<'_>, kind: Kind, found: &Found) -> Exit {
    let reports = |source| scene.state().reports().filter(move |(key, _)| key.source == source);
    let answered = |source| reports(source).any(|(_, report)| report.confirmed_at.is_some());
    let known: Vec<SourceId> =
        kind.bearers().iter().copied().filter(|source| reports(*source).next().is_some()).collect();
    // Of all feeds one is enough: the items are the feeds themselves.
    let has_answered = match kind {
        Kind::Sources => known.iter().any(|source| answered(*source)),
        _ => !known.is_empty() && known.iter().all(|source| answered(*source)),
    };
    // Feeds and tiers are always there, whether or not anybody answered.
    let is_read = !matches!(kind, Kind::Sources | Kind::Tiers);
    let has_rows = is_read && found.ids.len() + found.hidden > 0;
    if has_answered || has_rows { Exit::Done } else { Exit::Unreachable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample;

    fn printed(kind: Kind, output: Output) -> String {
        let state = sample::state();
        let cx = Cx { state: &state, now: sample::now() };
        let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
        let mut out = Vec::new();
        if kind.is_judged() {
            let limits = crate::access::Limits::default();
            let sift = Sift::read(kind, None).unwrap();
            right::print(&scene, (kind, output), (&limits, &sift), &mut out).unwrap();
            return String::from_utf8(out).unwrap();
        }
        print(&scene, (kind, output), &find(&scene, kind, Query::default()).ids, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_kind_prints_in_every_form() {
        for kind in Kind::ALL {
            for output in [Output::Table, Output::Json, Output::Csv] {
                let lines = printed(kind, output).lines().count();
                assert!(lines >= 2, "{} {output:?}", kind.as_str());
            }
        }
    }

    #[test]
    fn rights_and_findings_are_filtered_by_words() {
        let state = sample::state();
        let cx = Cx { state: &state, now: sample::now() };
        let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
        let limits = crate::access::Limits::default();
        let count = |kind, words: &str| {
            let sift = Sift::read(kind, Some(words)).unwrap();
            let asked = (&limits, &sift);
            let printed = right::print(&scene, (kind, Output::Table), asked, &mut Vec::new());
            let printed = printed.unwrap();
            (printed.shown, printed.hidden)
        };
        assert_eq!(count(Kind::Grants, "ASHA maintainer"), (1, 0));
        assert_eq!(count(Kind::Grants, "asha owner"), (0, 1));
        assert_eq!(count(Kind::Findings, "A03 asha").0, 1);
        let findings = count(Kind::Findings, "");
        let all = findings.0;
        let of = |words: &str| count(Kind::Findings, words).0;
        assert!(all > 1 && findings.1 == 0);
        assert_eq!((of("code:A03"), of("!code:A03")), (1, all - 1));
        let severities = ["critical", "high", "medium", "low", "info"];
        let each = severities.map(|one| of(&format!("severity:{one}")));
        assert_eq!(each.iter().sum::<usize>(), all, "{each:?}");
        assert_eq!(count(Kind::Grants, "via:direct"), (1, 0));
        assert_eq!(count(Kind::Grants, "via:inherited"), (0, 1));
    }

    #[test]
    fn a_term_that_no_table_of_findings_knows_is_refused() {
        for kind in [Kind::Grants, Kind::Findings] {
            assert!(Sift::read(kind, Some("bananas:3")).is_err(), "{}", kind.as_str());
        }
        assert!(Sift::read(Kind::Findings, Some("covered:yes")).is_ok(), "of rights alone");
    }

    #[test]
    fn a_spreadsheet_meets_no_formula() {
        let csv = printed(Kind::Jobs, Output::Csv);
        assert!(csv.contains("\n2,'=cmd(),test,acme/shop,"), "{csv}");
    }

    #[test]
    fn a_wrong_filter_is_pointed_at() {
        let problem = filter(Kind::Jobs, Some("satus:pending")).unwrap_err();
        assert_eq!(problem.exit, Exit::Usage);
        assert!(problem.text.contains("1 | satus:pending\n  | ^^^^^\n  hint: "), "{problem:?}");
    }

    #[test]
    fn blanks_are_no_filter() {
        assert_eq!(filter(Kind::Tiers, Some(" ")), Ok(Query::default()));
    }

    #[test]
    fn a_filter_leaves_out_and_counts() {
        let state = sample::state();
        let cx = Cx { state: &state, now: sample::now() };
        let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
        let query = filter(Kind::Jobs, Some("status:failed")).unwrap();
        let found = find(&scene, Kind::Jobs, query);
        assert_eq!((found.ids.len(), found.hidden), (1, 1));
    }

    fn ended(state: &crate::state::State, kind: Kind) -> Exit {
        let cx = Cx { state, now: sample::now() };
        let scene = Scene { cx, origin: Origin::Live, gitlab: sample::URL };
        exit(&scene, kind, &find(&scene, kind, Query::default()))
    }

    #[test]
    fn nothing_read_is_unreachable() {
        let nothing = crate::state::State::new(crate::domain::Tiers::default());
        for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_judged()) {
            assert_eq!(ended(&nothing, kind), Exit::Unreachable, "{}", kind.as_str());
            assert_eq!(ended(&sample::state(), kind), Exit::Done, "{}", kind.as_str());
        }
    }

    #[test]
    fn a_feed_that_only_adds_does_not_make_up_for_the_one_that_brings() {
        let mut state = crate::state::State::new(crate::domain::Tiers::default());
        sample::confirm(&mut state, crate::domain::SourceId::PROJECTS);
        sample::fail(&mut state);
        assert_eq!(ended(&state, Kind::Jobs), Exit::Unreachable);
        assert_eq!(ended(&state, Kind::Projects), Exit::Done);
    }

    #[test]
    fn tiers_are_not_read_where_a_platform_behind_their_numbers_never_answered() {
        let mut state = crate::state::State::new(crate::domain::Tiers::default());
        sample::confirm(&mut state, SourceId::QUEUE);
        assert_eq!(ended(&state, Kind::Tiers), Exit::Done);
        sample::refuse(&mut state, SourceId::PODS);
        for kind in [Kind::Tiers, Kind::Pods] {
            assert_eq!(ended(&state, kind), Exit::Unreachable, "{}", kind.as_str());
        }
        sample::confirm(&mut state, SourceId::PODS);
        assert_eq!(ended(&state, Kind::Tiers), Exit::Done);
        sample::refuse(&mut state, SourceId::NODEGROUPS);
        assert_eq!(ended(&state, Kind::Tiers), Exit::Unreachable);
    }
}
