//! [`Task`]: one thing to look at on GitLab, and what became of the last look.

use std::sync::Arc;

use crate::domain::{Gap, Home, Sighting, Text, Timestamp, Tool};

/// What is asked of one project or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Its files.
    Files,
    /// Its dismissed vulnerabilities.
    Dismissals,
    /// Its members.
    Members,
    /// Its access tokens.
    Tokens,
}

impl Part {
    /// The tools that are looked for in it.
    pub(super) fn tools(self) -> &'static [Tool] {
        match self {
            Part::Files => &[
                Tool::TrivyIgnore,
                Tool::OsvScanner,
                Tool::Grype,
                Tool::CheckovConfig,
                Tool::GitlabBypass,
            ],
            Part::Dismissals => &[Tool::GitlabDismissal],
            Part::Members => &[Tool::GitlabMember],
            Part::Tokens => &[Tool::GitlabToken],
        }
    }

    /// How many are asked about together.
    pub(super) fn at_once(self) -> usize {
        match self {
            Part::Dismissals => 25,
            _ => 8,
        }
    }
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// What.
    pub(super) part: Part,
    /// Where.
    pub(super) home: Home,
    /// The default branch of a project; none where its repository is empty.
    pub(super) branch: Option<Text>,
}

impl Task {
    /// What tells it from others.
    pub(super) fn key(&self) -> (Part, Home) {
        (self.part, self.home.clone())
    }

    /// A sighting of each of its tools at which nothing was found.
    pub(super) fn bare(&self, at: Timestamp) -> Vec<Sighting> {
        let tools = self.part.tools().iter();
        tools.map(|tool| Sighting::new(tool.name(), self.home.clone(), None, at)).collect()
    }

    /// The same, none of them looked at.
    pub(super) fn lacking(&self, at: Timestamp, gap: &Gap) -> Vec<Arc<Sighting>> {
        let bare = self.bare(at).into_iter();
        bare.map(|sighting| Arc::new(sighting.lacking(gap.clone()))).collect()
    }
}

/// What became of the last look.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    /// When it was.
    pub(super) at: Timestamp,
    /// What it saw.
    pub(super) sightings: Vec<Arc<Sighting>>,
    /// The blobs that the tree named.
    pub(super) blobs: Vec<Text>,
    /// How many pages the tree had.
    pub(super) pages: usize,
    /// The commit at which a tree of many pages was read.
    pub(super) head: Option<Text>,
}

impl Done {
    /// What is left of it after a look that failed: what was found stays, marked.
    pub(super) fn marked(&self, gap: &Gap) -> Vec<Arc<Sighting>> {
        let mark = |one: &Arc<Sighting>| Arc::new(Sighting::clone(one).lacking(gap.clone()));
        self.sightings.iter().map(mark).collect()
    }

    /// The same, seen again as it is.
    pub(super) fn again(&self, at: Timestamp) -> Done {
        let again =
            |one: &Arc<Sighting>| Arc::new(Sighting { seen_at: at, ..Sighting::clone(one) });
        Done { at, sightings: self.sightings.iter().map(again).collect(), ..self.clone() }
    }
}
