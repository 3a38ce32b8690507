//! [`Ground`]: what was really looked at, so that nothing is called gone where nobody looked.

use std::collections::HashMap;

use super::place::{Place, Whose, plain};
use crate::domain::exception::{Home, Tool};
use crate::domain::{Native, Text, Timestamp};
use crate::register::formats::form_of;

/// One look at a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The tool, by its name ([`Tool::name`]).
    pub tool: &'static str,
    /// Where.
    pub home: Home,
    /// The file that was looked for, there or not; `None` for everything that the tool has there under names of its own.
    pub path: Option<Text>,
    /// When.
    pub seen_at: Timestamp,
    /// Why it could not be looked at; `None` where it was.
    pub gap: Option<Text>,
}

/// What a look at a place was worth.
pub(super) enum Seen<'a> {
    Read(&'a Look),
    CannotTell(String),
}

type Spot<'a> = (&'a str, Whose<'a>);

/// Every look, by its place.
pub(super) struct Ground<'a> {
    whole: HashMap<Spot<'a>, &'a Look>,
    files: HashMap<(Spot<'a>, &'a str), &'a Look>,
    gaps: HashMap<Spot<'a>, &'a Look>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(looks: &'a [Look]) -> Ground<'a> {
        let mut ground =
            Ground { whole: HashMap::new(), files: HashMap::new(), gaps: HashMap::new() };
        for look in looks {
            let spot = (look.tool, Whose::of(&look.home));
            match &look.path {
                None => ground.whole.insert(spot, look),
                Some(path) => {
                    if look.gap.is_some() {
                        ground.gaps.insert(spot, look);
                    }
                    ground.files.insert((spot, plain(path)), look)
                }
            };
        }
        ground
    }

    /// Whether it was looked at there.
    pub(super) fn at(&self, place: &Place<'_>) -> Seen<'a> {
        let spot = (place.tool, place.home);
        if let Some(look) = place.path.and_then(|path| self.files.get(&(spot, path))) {
            return judged(look);
        }
        let Some(whole) = self.whole.get(&spot) else {
            let is_known = Tool::ALL.iter().any(|tool| tool.name() == place.tool);
            let why = if is_known { "nobody looked there for" } else { "nothing here reads" };
            return Seen::CannotTell(format!("{why} `{}`", place.tool));
        };
        match place.path {
            Some(path) if is_of_files(place.tool) && !is_looked_for(place.tool, path) => {
                Seen::CannotTell(format!("no glob of `exceptions.native` is known to name {path}"))
            }
            None if place.tool == Tool::CheckovInline.name() => Seen::CannotTell(
                "its comments may stand in any file, and not every file is read".to_owned(),
            ),
            None => judged(self.gaps.get(&spot).unwrap_or(whole)),
            Some(_) => judged(whole),
        }
    }

    /// When an artefact that was found was seen.
    pub(super) fn seen_at(&self, native: &Native) -> Option<Timestamp> {
        let spot = (native.tool.name(), Whose::of(&native.home));
        let file = self.files.get(&(spot, plain(&native.path)));
        file.or_else(|| self.whole.get(&spot)).map(|look| look.seen_at)
    }
}

fn judged(look: &Look) -> Seen<'_> {
    match &look.gap {
        None => Seen::Read(look),
        Some(gap) => Seen::CannotTell(gap.to_string()),
    }
}

fn is_of_files(tool: &str) -> bool {
    [Tool::TrivyIgnore, Tool::OsvScanner, Tool::Grype, Tool::CheckovConfig]
        .iter()
        .any(|one| one.name() == tool)
}

/// Whether a file is looked for in every project by its name alone.
fn is_looked_for(tool: &str, path: &str) -> bool {
    let form = form_of(path);
    form != Tool::CheckovInline && form.name() == tool
}
