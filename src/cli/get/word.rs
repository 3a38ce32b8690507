//! What `get` says beside the output, on standard error: what is missing, and what would cure it.

use std::io::{self, Write};

use crate::cache::Notice;
use crate::cli::json::{self, Scene};
use crate::cli::kind::Kind;
use crate::cli::outage::{self, Outage};
use crate::domain::Origin;
use crate::domain::time::span;
use crate::pane::cells;

/// What is odd about the cache.
pub(super) fn notices(notices: &[Notice], err: &mut dyn Write) -> io::Result<()> {
    notices.iter().try_for_each(|notice| {
        writeln!(err, "warning: {}\n  hint: {}", notice.message, notice.hint)
    })
}

/// What is missing, source by source.
pub(super) fn tell(scene: &Scene<'_>, kind: Kind, err: &mut dyn Write) -> io::Result<()> {
    let sources = json::sources(scene, kind);
    if scene.origin == Origin::Cache {
        let oldest = sources.iter().filter_map(|source| source.age_seconds).reduce(f64::max);
        return match oldest {
            Some(age) => {
                let age = span(cells::whole(age));
                writeln!(err, "note: from the cache, nobody was asked; last confirmed {age} ago")
            }
            None => err.write_all(unknown_to_cache(kind.as_str()).as_bytes()),
        };
    }
    let outages: Vec<Outage> = sources
        .iter()
        .filter_map(|source| {
            let error = source.error.as_ref()?;
            Some(Outage {
                name: format!("{} of {}", source.id, source.scope),
                health: source.health.to_owned(),
                message: error.message.to_owned(),
                hint: error.hint.clone(),
            })
        })
        .collect();
    outage::tell(&outages, err)?;
    cut(scene, kind, err)
}

/// That nothing is known, which is not the same as that there is nothing.
pub(in crate::cli) fn unknown_to_cache(what: &str) -> String {
    format!(
        "error: the cache knows nothing of {what} yet\n  \
         hint: leave --offline out, or let the console run once: it alone fills the cache\n"
    )
}

/// How much was not read to its end.
fn cut(scene: &Scene<'_>, kind: Kind, err: &mut dyn Write) -> io::Result<()> {
    let state = scene.state();
    let (cut, what) = match kind {
        Kind::Runners => {
            let runners = state.runners().iter();
            (runners.filter(|(_, row)| !row.value.managers_complete).count(), "runners' managers")
        }
        Kind::Nodes => {
            let nodes = state.nodes().iter();
            (nodes.filter(|(id, _)| !state.requested(*id).whole).count(), "nodes' pods")
        }
        Kind::Sources
        | Kind::Pods
        | Kind::Nodegroups
        | Kind::Slos
        | Kind::Alerts
        | Kind::Silences
        | Kind::Exceptions
        | Kind::Requests
        | Kind::Grants
        | Kind::Findings
        | Kind::Audit => (0, ""),
        Kind::Projects | Kind::Pipelines | Kind::Jobs | Kind::Tiers => {
            let pipelines = state.pipelines().iter();
            (pipelines.filter(|(_, row)| !row.value.jobs_complete).count(), "pipelines' jobs")
        }
    };
    if cut == 0 {
        return Ok(());
    }
    let hint = "the numbers are \"at least\"; look again";
    writeln!(err, "warning: {cut} {what} were not read to their end\n  hint: {hint}")
}

/// That there is nothing, and why.
pub(super) fn nothing(kind: Kind, hidden: usize, err: &mut dyn Write) -> io::Result<()> {
    match hidden {
        0 => writeln!(err, "note: no {}", kind.as_str()),
        _ => writeln!(err, "note: no {} match; the filter hides {hidden}", kind.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample;
    use crate::pane::lens::Cx;

    fn told(state: &crate::state::State, origin: Origin) -> String {
        let cx = Cx { state, now: sample::now() };
        let mut err = Vec::new();
        tell(&Scene { cx, origin, gitlab: sample::URL }, Kind::Jobs, &mut err).unwrap();
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn nothing_missing_nothing_said() {
        assert_eq!(told(&sample::state(), Origin::Live), "");
    }

    #[test]
    fn a_failed_source_is_named_with_its_cure() {
        let mut state = sample::state();
        sample::fail(&mut state);
        assert_eq!(
            told(&state, Origin::Live),
            "error: queue of gitlab:acme is forbidden: m\n  hint: h\n"
        );
    }

    #[test]
    fn the_cache_tells_its_age() {
        assert_eq!(
            told(&sample::state(), Origin::Cache),
            "note: from the cache, nobody was asked; last confirmed 2s ago\n"
        );
        let empty = crate::state::State::new(crate::domain::Tiers::default());
        assert!(told(&empty, Origin::Cache).starts_with("error: the cache knows nothing of jobs"));
    }

    #[test]
    fn an_empty_table_says_whether_the_filter_hides_rows() {
        let mut err = Vec::new();
        nothing(Kind::Jobs, 3, &mut err).unwrap();
        nothing(Kind::Jobs, 0, &mut err).unwrap();
        assert_eq!(
            String::from_utf8(err).unwrap(),
            "note: no jobs match; the filter hides 3\nnote: no jobs\n"
        );
    }
}
