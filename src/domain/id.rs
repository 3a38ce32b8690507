//! Newtype ids, and [`EntityId`]: the address of anything that a row, a link, a command or a record is about.

use std::fmt;
use std::sync::Arc;

use super::Text;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

numeric_id! {
    /// A GitLab project's id, unique in one GitLab.
    ProjectId
}
numeric_id! {
    /// A GitLab pipeline's global id (not its `iid`), unique in one GitLab.
    PipelineId
}
numeric_id! {
    /// A GitLab job's id, unique in one GitLab; every retry makes a new one.
    JobId
}
numeric_id! {
    /// A GitLab runner's id, unique in one GitLab.
    RunnerId
}

/// The name of one feed, e.g. `queue`: a fixed word of ours, never text from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub &'static str);

impl SourceId {
    /// Projects of the watched groups, and which of them have work.
    pub const PROJECTS: SourceId = SourceId("projects");
    /// Pipelines and jobs that have not ended, and those that ended in the last hour.
    pub const QUEUE: SourceId = SourceId("queue");
    /// Runners of the watched groups and their managers.
    pub const RUNNERS: SourceId = SourceId("runners");
    /// The token that we use: its validity, scopes and expiry.
    pub const TOKEN: SourceId = SourceId("token");

    /// Every feed that this build knows, in the order in which screens list them.
    pub const ALL: [SourceId; 4] =
        [SourceId::PROJECTS, SourceId::QUEUE, SourceId::RUNNERS, SourceId::TOKEN];

    /// The feed with this name; unknown names (a newer cache, say) give none.
    pub fn find(name: &str) -> Option<SourceId> {
        SourceId::ALL.into_iter().find(|source| source.0 == name)
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What part of a platform a feed covers, e.g. `gitlab:acme`: the platform, a colon, a group or project path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(pub Arc<str>);

impl Scope {
    /// Makes the scope of one watched GitLab group or project.
    pub fn gitlab(path: &str) -> Scope {
        Scope(format!("gitlab:{}", Text::new(path)).into())
    }

    /// The platform's name: what stands before the first colon.
    pub fn platform(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(platform, _)| platform)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One feed over one scope: the unit in which health is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// The feed.
    pub source: SourceId,
    /// The part of the platform it covers.
    pub scope: Scope,
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.scope)
    }
}

/// The address of anything on screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityId {
    /// A GitLab project.
    Project(ProjectId),
    /// A GitLab pipeline.
    Pipeline(PipelineId),
    /// A CI job.
    Job(JobId),
    /// A GitLab runner.
    Runner(RunnerId),
    /// A runner tier of the configuration, by its place there.
    Tier(super::TierIndex),
    /// A feed over a scope. Shared, so that an address stays two words.
    Source(Arc<SourceKey>),
    /// Something that deserves attention. Shared, for the same reason.
    Finding(Arc<super::FindingId>),
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntityId::Project(id) => write!(f, "project {id}"),
            EntityId::Pipeline(id) => write!(f, "pipeline {id}"),
            EntityId::Job(id) => write!(f, "job {id}"),
            EntityId::Runner(id) => write!(f, "runner {id}"),
            EntityId::Tier(index) => write!(f, "tier {}", index.0),
            EntityId::Source(key) => write!(f, "source {key}"),
            EntityId::Finding(id) => write!(f, "finding {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_its_platform() {
        assert_eq!(Scope::gitlab("acme/shop").platform(), "gitlab");
    }

    #[test]
    fn every_source_is_found_by_its_name() {
        for source in SourceId::ALL {
            assert_eq!(SourceId::find(source.0), Some(source));
        }
    }
}
