//! [`Sheet`]: a few lines to fill in before something is asked of a campaign: a reason, a role, a name.

use super::ReviewRequest;
use crate::access::campaign::Decision;
use crate::app::input::Line;
use crate::app::modal::Modal;
use crate::app::{App, Effect};
use crate::domain::{Text, Timestamp};

/// The line in which the number of items stands that are knowingly left open.
pub(super) const LEFT_OPEN: &str = "left open";

/// What the lines are for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// To decide about items of a campaign.
    Decide {
        /// The campaign.
        campaign: Text,
        /// Their keys.
        items: Vec<Text>,
        /// What is decided; what it becomes stands in a line of its own.
        decision: Decision,
    },
    /// To begin a campaign.
    Start,
    /// To sign a campaign off.
    Sign {
        /// The campaign.
        campaign: Text,
        /// How many items are open.
        open: u64,
    },
}

/// A line to fill in.
#[derive(Debug)]
pub struct Blank {
    /// What it is for.
    pub name: &'static str,
    /// What may stand there.
    pub doc: String,
    /// Whether something must stand there.
    pub is_needed: bool,
    /// What is typed.
    pub line: Line,
}

/// A few lines to fill in.
#[derive(Debug)]
pub struct Sheet {
    /// What they are for.
    pub purpose: Purpose,
    /// What stands above them.
    pub title: String,
    /// What is to be known before they are filled in.
    pub told: Vec<String>,
    /// The lines.
    pub blanks: Vec<Blank>,
    /// Which has the keys.
    pub focus: usize,
    /// Why it was not taken.
    pub refused: Option<String>,
    /// Whether the answer is waited for.
    pub is_sent: bool,
}

impl Sheet {
    /// A sheet of these lines, the first of which has the keys.
    pub(super) fn new(purpose: Purpose, title: String, told: Vec<String>) -> Sheet {
        let (blanks, focus) = (Vec::new(), 0);
        Sheet { purpose, title, told, blanks, focus, refused: None, is_sent: false }
    }

    /// The same with one more line, which must be filled in.
    #[must_use]
    pub(super) fn needs(mut self, name: &'static str, doc: impl Into<String>) -> Sheet {
        let blank = Blank { name, doc: doc.into(), is_needed: true, line: Line::default() };
        self.blanks.push(blank);
        self
    }

    /// The same with one more line, which may be left empty.
    #[must_use]
    pub(super) fn takes(self, name: &'static str, doc: impl Into<String>) -> Sheet {
        let mut sheet = self.needs(name, doc);
        if let Some(blank) = sheet.blanks.last_mut() {
            blank.is_needed = false;
        }
        sheet
    }

    /// The line that takes what is typed.
    pub fn line_mut(&mut self) -> Option<&mut Line> {
        self.refused = None;
        self.blanks.get_mut(self.focus).map(|blank| &mut blank.line)
    }

    /// What stands in the line of this name.
    pub fn text(&self, name: &str) -> &str {
        let blank = self.blanks.iter().find(|blank| blank.name == name);
        blank.map_or("", |blank| blank.line.text().trim())
    }

    /// Goes through the lines.
    pub(in crate::app) fn go(&mut self, step: isize) {
        let last = self.blanks.len().saturating_sub(1);
        self.focus = self.focus.saturating_add_signed(step).min(last);
    }

    fn missing(&self) -> Option<usize> {
        self.blanks.iter().position(|blank| blank.is_needed && blank.line.text().trim().is_empty())
    }
}

/// Goes on to the next line; from the last asks for what the sheet is for.
pub(in crate::app) fn accept(app: &mut App, _: Timestamp) -> Vec<Effect> {
    let limits = std::sync::Arc::clone(&app.facts.limits);
    let state = app.state.clone();
    let Some(Modal::Sheet(sheet)) = app.ui.modals.last_mut() else { return Vec::new() };
    if sheet.is_sent {
        return Vec::new();
    }
    if sheet.focus + 1 < sheet.blanks.len() {
        sheet.go(1);
        return Vec::new();
    }
    if let Some(missing) = sheet.missing() {
        sheet.focus = missing;
        let name = sheet.blanks.get(missing).map_or("", |blank| blank.name);
        sheet.refused = Some(format!("not yet: {name} is empty"));
        return Vec::new();
    }
    let request = match &sheet.purpose {
        Purpose::Decide { campaign, items, decision } => {
            let decision = match decision {
                Decision::Modify(_) => Decision::Modify(Text::new(sheet.text("to"))),
                other => other.clone(),
            };
            let reason = Some(sheet.text("reason")).filter(|text| !text.is_empty());
            let (campaign, items) = (campaign.clone(), items.clone());
            ReviewRequest::Decide { campaign, items, decision, reason: reason.map(Text::new) }
        }
        Purpose::Start => {
            let written = sheet.text("due").to_owned();
            let due = day_or_instant(&written);
            if due.is_none() && !written.is_empty() {
                sheet.focus = 1;
                sheet.refused = Some(format!("`{written}` is no day: write 2027-01-31"));
                return Vec::new();
            }
            let campaign = Text::new(sheet.text("name"));
            ReviewRequest::Start { campaign, due, limits, state: Box::new(state) }
        }
        Purpose::Sign { campaign, open } => {
            let (open, written) = (*open, sheet.text(LEFT_OPEN).to_owned());
            if open > 0 && written != open.to_string() {
                let campaign = campaign.clone();
                sheet.focus = sheet.blanks.len().saturating_sub(1);
                sheet.refused =
                    Some(format!("{open} items of {campaign} are open, not `{written}`"));
                return Vec::new();
            }
            ReviewRequest::Sign {
                campaign: campaign.clone(),
                role: Text::new(sheet.text("role")),
                text: Text::new(sheet.text("statement")),
                left_open: open,
            }
        }
    };
    sheet.is_sent = true;
    app.access.is_writing = true;
    vec![Effect::Review(Box::new(request))]
}

/// What was asked for is on disk: the sheet is done with.
pub(super) fn done(app: &mut App) {
    app.ui.modals.retain(|modal| !matches!(modal, Modal::Sheet(sheet) if sheet.is_sent));
}

/// It was refused: the sheet stays, with why.
pub(super) fn refused(app: &mut App, words: &Text) {
    for modal in &mut app.ui.modals {
        if let Modal::Sheet(sheet) = modal {
            sheet.is_sent = false;
            sheet.refused = Some(words.to_string());
        }
    }
}

/// The start of a day in UTC, or an instant.
fn day_or_instant(words: &str) -> Option<Timestamp> {
    let day = || words.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    words.parse().ok().or_else(|| day().map(|start| start.timestamp()))
}
