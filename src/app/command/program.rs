//! Commands about the program itself.

use super::{Command, Disabled, always, no_arguments, palette};
use crate::app::modal::{Modal, Pick, Picker, Subject};
use crate::app::notice::Notice;
use crate::app::ui::Paused;
use crate::app::{App, Effect, handover, then, timeline};
use crate::domain::Timestamp;

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "quit", scope: "global", doc: "leave the program",
        arguments: no_arguments, enabled: always, run: |app, _, now| super::act::leave(app, now) },
    Command { name: "suspend", scope: "global", doc: "give the terminal back to the shell; `fg` returns",
        arguments: no_arguments, enabled: always, run: |_, _, _| vec![Effect::Suspend] },
    Command { name: "palette", scope: "global", doc: "run a command by its name",
        arguments: no_arguments, enabled: always, run: |app, _, _| palette::open(app) },
    Command { name: "help", scope: "global", doc: "every command with its keys, and why one cannot be run now",
        arguments: no_arguments, enabled: always, run: |app, _, _| palette::open_help(app) },
    Command { name: "theme", scope: "global", doc: "use another theme",
        arguments: |app| app.facts.themes.clone(), enabled: always, run: theme },
    Command { name: "pause", scope: "global", doc: "let the picture stand still, or move again; news go on being kept",
        arguments: no_arguments, enabled: always, run: |app, _, now| pause(app, now) },
    Command { name: "at", scope: "global", doc: "look back: `at 03:10`, `at 2026-01-10T03:10Z`, `at 20m`; `at` alone comes back",
        arguments: no_arguments, enabled: always, run: then::go },
    Command { name: "at.earlier", scope: "global", doc: "look back, to the last change before what is on screen",
        arguments: no_arguments, enabled: always, run: |app, _, now| then::earlier(app, now) },
    Command { name: "at.later", scope: "global", doc: "to the next change; beyond the last lies the present",
        arguments: no_arguments, enabled: is_back, run: |app, _, now| then::later(app, now) },
    Command { name: "timeline", scope: "global", doc: "what became different: of the row under the cursor, with `timeline all` of everything",
        arguments: |_| vec!["all".to_owned()], enabled: always, run: |app, words, now| {
            let scope = if words == "all" { timeline::Scope::Everything } else { timeline::Scope::Row };
            timeline::open(app, scope, now)
        } },
    Command { name: "handover", scope: "global", doc: "write what is known for whoever takes over: `handover`, `handover 24h`",
        arguments: no_arguments, enabled: always, run: handover::write },
    Command { name: "refresh", scope: "global", doc: "ask every feed again at once",
        arguments: no_arguments, enabled: always, run: |app, _, now| refresh(app, now) },
    Command { name: "redraw", scope: "global", doc: "draw everything anew",
        arguments: no_arguments, enabled: always, run: |_, _, _| vec![Effect::Redraw] },
    Command { name: "notice.dismiss", scope: "global", doc: "take the message away",
        arguments: no_arguments, enabled: always, run: |app, _, _| { app.ui.notices.dismiss(); Vec::new() } },
];

/// Uses the theme named, or offers all.
fn theme(app: &mut App, name: &str, _: Timestamp) -> Vec<Effect> {
    if !name.is_empty() {
        app.ui.memory.theme = Some(name.to_owned());
        return vec![
            Effect::UseTheme(name.to_owned()),
            Effect::Keep(Box::new(app.ui.memory.clone())),
        ];
    }
    let current = app.ui.memory.theme.clone();
    let options: Vec<Pick> = app
        .facts
        .themes
        .iter()
        .map(|name| Pick {
            name: name.clone(),
            doc: String::new(),
            is_on: current.as_ref() == Some(name),
        })
        .collect();
    let chosen = options.iter().position(|option| option.is_on).unwrap_or(0);
    app.ui.modals.push(Modal::Picker(Picker {
        subject: Subject::Theme,
        title: "theme",
        options,
        chosen,
    }));
    Vec::new()
}

fn pause(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let window = app.ui.drawn.log;
    if app.ui.paused.is_some() {
        return then::come_back(app, now);
    }
    app.ui.paused = Some(Paused { state: app.state.clone(), at: now, then: None });
    if let Some(log) = &mut app.ui.log {
        log.hold(window);
    }
    Vec::new()
}

/// Whether what is on screen is not the present.
fn is_back(app: &App) -> Result<(), Disabled> {
    match app.ui.paused {
        Some(_) => Ok(()),
        None => Disabled::because("this is the present: nothing is later"),
    }
}

fn refresh(app: &mut App, now: Timestamp) -> Vec<Effect> {
    app.ui.notices.show(Notice::good("asking every feed again"), now);
    vec![Effect::Refresh]
}
