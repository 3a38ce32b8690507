//! YAML as the tools read it, within limits that hold whatever was written.
//!
//! Anchors are read: every tool here reads them, and a list of exceptions that we refuse while its tool heeds it would be
//! the very drift that is looked for. What aliases may repeat is bound, so a bomb of them is refused with its place, as
//! are duplicate keys, which some tools refuse and the others read in different ways.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_saphyr::{Error, Options, Spanned, budget, options};

use super::file::{File, number};
use crate::domain::Flaw;

/// How many events aliases may repeat in one file.
const MOST_REPEATED: usize = 20_000;

/// A text with its line.
pub(super) type Placed<T> = Spanned<T>;

/// The line of a value; where it is an alias, of what it stands for.
pub(super) fn line<T>(value: &Placed<T>) -> u32 {
    number(usize::try_from(value.referenced.line()).unwrap_or_default())
}

/// Reads the first document of a file, as the tools do; `None` where it holds none.
pub(super) fn first<T>(file: &File<'_>, text: &str) -> Result<Option<T>, Flaw>
where
    T: for<'de> Deserialize<'de>,
{
    let read: Result<Vec<Option<T>>, Error> =
        serde_saphyr::from_multiple_with_options(text, limits());
    match read {
        Ok(documents) => Ok(documents.into_iter().next().flatten()),
        Err(error) => Err(refusal(file, &error)),
    }
}

fn limits() -> Options {
    options! {
        strict_booleans: true,
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
            max_replay_stack_depth: 16,
        },
        budget: budget! {
            max_depth: 64,
            max_nodes: 200_000,
            max_aliases: 1_000,
            max_documents: 100,
        },
    }
}

fn refusal(file: &File<'_>, error: &Error) -> Flaw {
    let place = error.location();
    let line = place.map_or(0, |place| usize::try_from(place.line()).unwrap_or_default());
    let bare = bare(error);
    let text = bare.to_string();
    let words = text.lines().next().unwrap_or_default();
    let words = words.split(" at line ").next().unwrap_or(words).trim_end_matches(':');
    let (code, cure) = match bare {
        Error::DuplicateMappingKey { .. } => ("duplicate-key", "keep one of the two keys"),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            ("too-much", "write it out plainly, without aliases that multiply themselves")
        }
        _ => ("yaml", "correct the file: its own tool does not read it either"),
    };
    file.refusal(number(line), code, words, cure)
}

/// What went wrong, without where it was repeated.
fn bare(error: &Error) -> &Error {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => bare(error),
        other => other,
    }
}

/// A list of words, or one word that stands for a list of one; each with its line, 0 where it is that of the whole.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words(pub(super) Vec<(u32, String)>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a list of words")
    }

    fn visit_str<E>(self, word: &str) -> Result<Words, E> {
        Ok(Words(vec![(0, word.to_owned())]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Words, E> {
        Ok(Words(vec![(0, number.to_string())]))
    }

    fn visit_unit<E>(self) -> Result<Words, E> {
        Ok(Words::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element::<Placed<String>>()? {
            words.push((line(&word), word.value));
        }
        Ok(Words(words))
    }
}
