//! [`Tree`]: a YAML document as it was written, each part with its place; refuses what repeats or multiplies itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::MergeKeyPolicy;
use serde_saphyr::{Error, Location, Options, Spanned, budget, options};

/// A line and a column, both from 1; 0 where they are not known.
pub(super) type Place = (u32, u32);

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) tree: Tree,
}

/// What a part is. Numbers are only told apart: nothing here is one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Flag,
    Number,
    Text(String),
    List(Vec<Node>),
    /// Keys with their places, in the order in which they were written.
    Map(Vec<(String, Place, Node)>),
}

impl Tree {
    /// What it is called in a flaw.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Tree::Null => "nothing",
            Tree::Flag => "a boolean",
            Tree::Number => "a number",
            Tree::Text(_) => "a string",
            Tree::List(_) => "a list",
            Tree::Map(_) => "a map",
        }
    }
}

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) place: Place,
    pub(super) why: String,
    pub(super) cure: &'static str,
}

/// Reads the documents of a text: two at most, so that a second one can be refused with its place.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Refusal> {
    let read: Result<Vec<Spanned<Tree>>, Error> =
        serde_saphyr::from_multiple_with_options(text, limits());
    read.map(|documents| documents.into_iter().map(node).collect()).map_err(|error| refusal(&error))
}

/// A record is small and flat, and has no use for anchors, tags or merged keys.
fn limits() -> Options {
    options! {
        strict_booleans: true,
        with_snippet: false,
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        budget: budget! {
            max_depth: 16,
            max_nodes: 10_000,
            max_aliases: 0,
            max_anchors: 0,
            max_documents: 2,
        },
    }
}

fn refusal(error: &Error) -> Refusal {
    let place = error.location().map(place).unwrap_or_default();
    let bare = error.without_snippet();
    let (code, why, cure) = match bare {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("a key");
            let why = format!("`{key}` is written twice");
            (
                "duplicate-key",
                why,
                "keep one of the two: which of them counts is no matter of taste",
            )
        }
        Error::MergeKeyNotAllowed { .. } => {
            ("anchor", "merged keys are not read".to_owned(), "write the keys out in full")
        }
        Error::Budget { breach, .. } => of_breach(breach),
        Error::UnknownAnchor { .. } => {
            ("anchor", "aliases are not read".to_owned(), "write the value out in full")
        }
        _ => {
            let cure = "correct the YAML; docs/exceptions.md shows a whole record";
            ("yaml", format!("this YAML is not read: {}", plain(bare)), cure)
        }
    };
    Refusal { code, place, why, cure }
}

fn of_breach(breach: &BudgetBreach) -> (&'static str, String, &'static str) {
    match breach {
        BudgetBreach::Anchors { .. }
        | BudgetBreach::Aliases { .. }
        | BudgetBreach::AliasAnchorRatio { .. } => {
            let cure = "write the value out in full wherever it is needed";
            ("anchor", "anchors and aliases are not read".to_owned(), cure)
        }
        BudgetBreach::Documents { .. } => {
            let cure = "keep one record a file: put the others into files of their own";
            ("documents", "the file holds several documents".to_owned(), cure)
        }
        _ => {
            let cure = "a record is a flat map of some thirty keys; docs/exceptions.md shows one";
            ("too-large", "the document is too deep or has too many parts".to_owned(), cure)
        }
    }
}

/// What the parser says, in one line and without the place, which is told apart.
fn plain(error: &Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().trim_end_matches(':');
    let line = line.split(" at line ").next().unwrap_or(line);
    line.to_owned()
}

fn place(location: Location) -> Place {
    let number = |value: u64| u32::try_from(value).unwrap_or_default();
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

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Flag)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Text(value))
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
