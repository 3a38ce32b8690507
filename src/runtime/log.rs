//! Tracing to a file, never to the terminal.

use std::path::Path;

use tracing_appender::non_blocking::NonBlockingBuilder;
pub use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How many lines may wait for the disk; further ones are lost. Room for all of them is taken at the start.
const LINES: usize = 4096;

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Warnings and errors.
    Usual,
    /// What is done, too.
    More,
    /// Everything.
    All,
}

/// Starts writing the log to `path`. The guard flushes it when dropped. Without a file nothing is written.
///
/// Only our own lines are written: what libraries say of a request or of a credential program's output is not ours to
/// vouch for.
pub fn start(path: &Path, detail: Detail) -> Option<WorkerGuard> {
    let file = crate::config::open_private(path).ok()?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(file);
    let level = match detail {
        Detail::Usual => LevelFilter::WARN,
        Detail::More => LevelFilter::INFO,
        Detail::All => LevelFilter::TRACE,
    };
    let lines = fmt::layer().with_writer(writer).with_ansi(false).with_target(true);
    // A second start in one process (tests) keeps the first log.
    tracing_subscriber::registry().with(ours(level)).with(lines).try_init().ok();
    Some(guard)
}

/// Lets our own lines through, up to a level.
fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target(env!("CARGO_PKG_NAME"), level)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn only_our_own_lines_are_written() {
        let filter = ours(LevelFilter::INFO);
        assert!(filter.would_enable("watchfloor::api", &Level::INFO));
        assert!(!filter.would_enable("watchfloor::api", &Level::DEBUG));
        assert!(!filter.would_enable("aws_config::meta::credentials", &Level::ERROR));
    }
}
