//! [`Place`]: where an artefact lies and what it is, as far as it was named.

use std::collections::HashMap;

use crate::domain::exception::{Home, Standing, Tool};
use crate::domain::{Artefact, Native, Record, Timestamp};

/// A record that names more projects must name one for each artefact: the work would grow with their product.
const MOST_PROJECTS: usize = 100;

/// A place in a tool. What is `None` was not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place<'a> {
    pub(super) tool: &'a str,
    pub(super) home: Whose<'a>,
    pub(super) path: Option<&'a str>,
    pub(super) rule: Option<&'a str>,
}

/// Where it lies. Projects and groups share one space of paths on GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Whose<'a> {
    Gitlab(&'a str),
    Cluster(&'a str),
    Alertmanager,
}

impl<'a> Whose<'a> {
    pub(super) fn of(home: &'a Home) -> Whose<'a> {
        match home {
            Home::Project(name) | Home::Group(name) => Whose::Gitlab(name),
            Home::Cluster(name) => Whose::Cluster(name),
            Home::Alertmanager => Whose::Alertmanager,
        }
    }
}

/// A path as all its writers mean it.
pub(super) fn plain(path: &str) -> &str {
    path.trim_start_matches("./").trim_start_matches('/')
}

/// The names by which an artefact that was found may be known, the closest first.
pub(super) fn of_native(native: &Native) -> [Place<'_>; 3] {
    let (tool, home) = (native.tool.name(), Whose::of(&native.home));
    let (path, rule) = (Some(plain(&native.path)), Some(native.rule.as_str()));
    [(path, rule), (path, None), (None, rule)].map(|(path, rule)| Place { tool, home, path, rule })
}

/// The places that an artefact of a record names: one, or one in each project of its record.
pub(super) fn of_artefact<'a>(
    record: &'a Record,
    artefact: &'a Artefact,
) -> Result<Vec<Place<'a>>, String> {
    let (path, rule) = (artefact.path.as_deref().map(plain), artefact.rule.as_deref());
    if path.is_none() && rule.is_none() {
        return Err("its artefact names neither a path nor a rule".to_owned());
    }
    let tool = artefact.tool.as_str();
    let homes: Vec<Whose<'a>> = if tool == Tool::Silence.name() {
        vec![Whose::Alertmanager]
    } else if let Some(project) = &artefact.project {
        vec![Whose::Gitlab(project)]
    } else if let Some(cluster) = &artefact.cluster {
        vec![Whose::Cluster(cluster)]
    } else {
        record.scope.projects.iter().map(|project| Whose::Gitlab(project)).collect()
    };
    if homes.is_empty() {
        return Err("its artefact names no project and no cluster".to_owned());
    }
    if homes.len() > MOST_PROJECTS {
        return Err(format!("its artefact may lie in {} projects, and names none", homes.len()));
    }
    Ok(homes.into_iter().map(|home| Place { tool, home, path, rule }).collect())
}

/// What was found, by every name.
pub(super) struct Presence<'a> {
    by_place: HashMap<Place<'a>, &'a Native>,
    now: Timestamp,
}

impl<'a> Presence<'a> {
    /// Of several in one place, the one that lets most pass stands for all: it is the one not to be missed.
    pub(super) fn new(natives: &'a [Native], now: Timestamp) -> Presence<'a> {
        let mut by_place: HashMap<Place<'a>, &'a Native> = HashMap::new();
        for native in natives {
            for place in of_native(native) {
                let best = by_place.entry(place).or_insert(native);
                if weight(native) > weight(best) {
                    *best = native;
                }
            }
        }
        Presence { by_place, now }
    }

    /// What was found at a place, in force or not.
    pub(super) fn at(&self, place: &Place<'_>) -> Option<&'a Native> {
        self.by_place.get(place).copied()
    }

    /// Whether it has ended by itself.
    pub(super) fn is_over(&self, native: &Native) -> bool {
        native.bound.end().is_some_and(|end| end <= self.now)
    }
}

/// Heeded before ignored, then by the end: none is the latest.
fn weight(native: &Native) -> (bool, Timestamp) {
    (native.standing == Standing::Heeded, native.bound.end().unwrap_or(Timestamp::MAX))
}
