//! [`Kind`]: what `get` can look at, and which feeds each rests on.

use clap::ValueEnum;

use crate::domain::SourceId;
use crate::pane::LENSES;
use crate::pane::lens::Lens;

/// What `get` can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Projects of the watched groups
    Projects,
    /// Pipelines that have not ended, and those of the last hour
    Pipelines,
    /// Jobs that have not ended, and those of the last hour
    Jobs,
    /// Runners with their managers
    Runners,
    /// Runner tiers with their queues
    Tiers,
    /// Every feed's health
    Sources,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 6] =
        [Kind::Sources, Kind::Projects, Kind::Pipelines, Kind::Jobs, Kind::Runners, Kind::Tiers];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Projects => "projects",
            Kind::Pipelines => "pipelines",
            Kind::Jobs => "jobs",
            Kind::Runners => "runners",
            Kind::Tiers => "tiers",
            Kind::Sources => "sources",
        }
    }

    /// The feeds that it rests on.
    pub fn sources(self) -> &'static [SourceId] {
        match self {
            Kind::Projects | Kind::Pipelines | Kind::Jobs | Kind::Tiers => {
                &[SourceId::PROJECTS, SourceId::QUEUE]
            }
            Kind::Runners => &[SourceId::RUNNERS],
            Kind::Sources => &SourceId::ALL,
        }
    }

    /// The feeds that bring its items; the others only add to them.
    pub fn bearers(self) -> &'static [SourceId] {
        match self {
            Kind::Projects => &[SourceId::PROJECTS],
            Kind::Pipelines | Kind::Jobs | Kind::Tiers => &[SourceId::QUEUE],
            Kind::Runners => &[SourceId::RUNNERS],
            Kind::Sources => &SourceId::ALL,
        }
    }

    /// Its rows as the console knows them; none for tiers, which the console shows as a band.
    pub fn lens(self) -> Option<&'static dyn Lens> {
        LENSES.iter().copied().find(|lens| lens.name() == self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_but_tiers_has_rows() {
        for kind in Kind::ALL {
            assert_eq!(kind.lens().is_none(), kind == Kind::Tiers, "{}", kind.as_str());
        }
    }

    #[test]
    fn a_kind_is_typed_as_it_is_printed() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_str(kind.as_str(), false), Ok(kind));
        }
    }
}
