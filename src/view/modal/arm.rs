//! The question whether to arm: who we are on each platform, for how long, and the safe answer under Enter.

use ratatui::layout::Rect;

use super::ask::{Dialog, answers, key_of};
use crate::app::App;
use crate::app::act::asked;
use crate::domain::Identity;
use crate::pane::block::{Cell, Mark};
use crate::theme::Role;
use crate::view::canvas::Canvas;

/// Draws the question.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &App) {
    let minutes = app.facts.arm_minutes;
    let span = if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") };
    let mut head = vec![
        Cell::plain(format!(
            "For {span} acts can be done: retry, cancel, pause, delete, cordon, …"
        ))
        .and(" Each of them asks first, and is recorded before it happens.", Role::Text),
        Cell::empty(),
    ];
    head.extend(identities(app.acts.identities.as_deref()));
    head.push(Cell::empty());
    head.push(Cell::dim(
        "`:disarm`, the end of the time and suspending make the console read-only again.",
    ));
    let yes = key_of(app, "confirm.yes").unwrap_or_default();
    let no = key_of(app, "prompt.cancel").unwrap_or_default();
    let choices = match asked(app) {
        Some(_) => answers(&no, "stay read-only", &yes, &format!("arm for {span}")),
        None => Cell::new(no, Role::HintKey)
            .and(" stay read-only", Role::TextStrong)
            .and("     armed can be once it is told who you are", Role::TextDim),
    };
    let foot = vec![Cell::empty(), choices];
    Dialog { title: "arm", head, foot, top: 0, parts: Vec::new() }.draw(canvas, area);
}

/// Why it is not known who we are; where only a changing request could tell, that is all there is to say.
fn unknown(why: &str) -> String {
    if why.starts_with("unknown") { why.to_owned() } else { format!("unknown: {why}") }
}

/// Who we are on each platform, a line each.
fn identities(known: Option<&[Identity]>) -> Vec<Cell> {
    let Some(known) = known else {
        return vec![Cell::dim("asking each platform who you are …")];
    };
    let widest = known.iter().map(|one| one.platform.chars().count()).max().unwrap_or(0);
    let line = |one: &Identity| {
        let platform = Cell::new(format!("{:widest$}  ", one.platform), Role::TextStrong);
        let rights = one.rights.as_ref().map_or_else(String::new, |rights| format!("   {rights}"));
        match &one.user {
            Ok(user) => platform.and(user.to_string(), Role::Text).and(rights, Role::TextDim),
            Err(why) => platform
                .and_mark(Mark::Unknown, Role::SeverityUnknown)
                .and(format!(" {}", unknown(why)), Role::SeverityUnknown)
                .and(rights, Role::TextDim),
        }
    };
    match known {
        [] => vec![Cell::dim("no platform is configured that acts could be done on")],
        known => known.iter().map(line).collect(),
    }
}
