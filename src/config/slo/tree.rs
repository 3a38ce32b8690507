//! [`Tree`]: a YAML document as it was written, each part with its place.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, Options, Spanned, budget, options};

/// A line and a column, both from 1; 0 where they are not known.
pub(super) type Place = (usize, usize);

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) tree: Tree,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    /// Keys with their places, in the order in which they were written.
    Map(Vec<(String, Place, Node)>),
}

impl Tree {
    /// What it is called in a fault.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Tree::Null => "nothing",
            Tree::Flag(_) => "a boolean",
            Tree::Number(_) => "a number",
            Tree::Text(_) => "a string",
            Tree::List(_) => "a list",
            Tree::Map(_) => "a map",
        }
    }
}

/// Reads every document of a text. Duplicate keys, bombs of aliases and endless depth are refused.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, (Place, String)> {
    let read: Result<Vec<Spanned<Tree>>, Error> =
        serde_saphyr::from_multiple_with_options(text, limits());
    match read {
        Ok(documents) => Ok(documents.into_iter().map(node).collect()),
        Err(error) => {
            let place = error.location().map(place).unwrap_or_default();
            Err((place, plain(&error)))
        }
    }
}

/// Aliases are of no use here: what repeats itself is refused long before it grows.
fn limits() -> Options {
    options! {
        strict_booleans: true,
        with_snippet: false,
        budget: budget! {
            max_depth: 64,
            max_nodes: 100_000,
            max_aliases: 100,
            max_documents: 1_000,
        },
    }
}

/// What the parser says, in one line and without the place, which is told apart.
fn plain(error: &Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default().trim_end_matches(':');
    let line = line.split(" at line ").next().unwrap_or(line);
    line.to_owned()
}

fn place(location: Location) -> Place {
    let number = |value: u64| usize::try_from(value).unwrap_or_default();
    (number(location.line()), number(location.column()))
}

fn node(spanned: Spanned<Tree>) -> Node {
    Node { place: place(spanned.referenced), tree: spanned.value }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no number here is that large")]
    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no number here is that large")]
    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut nodes = Vec::new();
        while let Some(one) = list.next_element::<Spanned<Tree>>()? {
            nodes.push(node(one));
        }
        Ok(Tree::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = node(map.next_value::<Spanned<Tree>>()?);
            entries.push((key.value, place(key.referenced), value));
        }
        Ok(Tree::Map(entries))
    }
}
