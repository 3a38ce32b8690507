//! What holds for any input: parsers never panic, foreign text is inert, the state does not depend on luck.

mod access;
mod capacity;
mod drawing;
mod fleet;
mod hostile;
mod parsers;
mod state;

use proptest::test_runner::Config;

/// As many cases as fit into a second. A failure prints its input; nothing is written beside the sources.
fn cases(count: u32) -> Config {
    Config { failure_persistence: None, ..Config::with_cases(count) }
}
