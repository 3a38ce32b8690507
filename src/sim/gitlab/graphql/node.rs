//! What a field gives: a value, an object of the platform, or a list of them.

use serde_json::Value;

use crate::sim::organisation::{Place, Row};

/// An object that fields are asked of.
#[derive(Clone)]
pub(super) enum Node {
    Root,
    Group(u64),
    Project(u64),
    Pipeline(u64),
    Job(u64),
    Runner(u64),
    Manager {
        runner: u64,
        place: usize,
    },
    Stage {
        pipeline: u64,
        place: usize,
    },
    Person(usize),
    Account(u64),
    /// Somebody who is a member.
    Member(Row),
    /// The repository of a project.
    Repository(u64),
    /// A file of a repository: its place in a list, and all its fields.
    Blob(usize, Value),
    /// An object whose fields are all known already.
    Plain(Value),
    Page(Page),
    Edge(Box<Node>),
}

impl Node {
    /// The number by which a row is found again.
    pub(super) fn id(&self) -> u64 {
        match self {
            Self::Group(id)
            | Self::Project(id)
            | Self::Pipeline(id)
            | Self::Job(id)
            | Self::Account(id)
            | Self::Runner(id) => *id,
            Self::Member(row) => row.id,
            Self::Manager { place, .. }
            | Self::Stage { place, .. }
            | Self::Person(place)
            | Self::Blob(place, _) => u64::try_from(*place).unwrap_or(u64::MAX),
            Self::Edge(node) => node.id(),
            Self::Root | Self::Plain(_) | Self::Page(_) | Self::Repository(_) => 0,
        }
    }

    /// The type of the object where the schema promises `promised`, which may be a union.
    pub(super) fn kind<'a>(&self, promised: &'a str) -> &'a str {
        match (self, promised) {
            (Self::Job(_), "JobNeedUnion") => "CiJob",
            (Self::Member(row), "MemberInterface") => match row.place {
                Place::Group(_) => "GroupMember",
                Place::Project(_) => "ProjectMember",
            },
            _ => promised,
        }
    }
}

/// A page of a list.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) rows: Vec<Node>,
    pub(super) total: usize,
    /// There are rows after this page.
    pub(super) more: bool,
    /// There are rows before this page.
    pub(super) before: bool,
}

/// What a field gives.
pub(super) enum Out {
    Leaf(Value),
    One(Option<Node>),
    Many(Vec<Node>),
    /// A whole list, of which a page is shown.
    Rows(Vec<Node>, Order),
}

/// How the ids of a list run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Rising,
    Falling,
}

/// A value.
pub(super) fn leaf(value: impl Into<Value>) -> Out {
    Out::Leaf(value.into())
}
