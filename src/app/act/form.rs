//! [`Form`]: a new exception as it is filled in, line by line, with what is known to complete it and what is still wrong.

use std::collections::BTreeSet;

use super::send::present;
use super::{ActRequest, Choice};
use crate::app::command::Disabled;
use crate::app::input::Line;
use crate::app::modal::Modal;
use crate::app::notice::Notice;
use crate::app::{App, Effect};
use crate::config::ExceptionSettings;
use crate::domain::{
    EntityId, ExceptionId, ExceptionKind, Proposal, Record, Target, Text, Timestamp, find_act,
};
use crate::register::draft::{Bench, Draft, Form as Words, KEYS, Key, parts};
use crate::register::{Judged, Rules, UNNAMED};

/// The act that a form is for.
const ACT: &str = "exception.request";
/// So many words are offered at once.
const MOST_OFFERED: usize = 8;

/// A new exception as it is filled in.
#[derive(Debug)]
pub struct Form {
    /// Its lines, in the order of a record.
    pub fields: Vec<FormField>,
    /// Which line has the keys; one more than there are is the question whether it is whole.
    pub focus: usize,
    /// What may stand at the end of that line.
    pub offered: Vec<String>,
    /// What the record comes to, and what is wrong with it.
    pub judged: Judged,
    /// What was asked for and cannot be, yet.
    pub told: Option<String>,
    /// Who asks, as GitLab knows them; none while it has not told.
    pub requester: Option<Text>,
    /// The project of the register.
    pub project: Text,
}

/// A line of the form.
#[derive(Debug)]
pub struct FormField {
    /// What it is for.
    pub key: &'static Key,
    /// What is typed.
    pub line: Line,
}

impl Form {
    fn new(project: &str) -> Form {
        let field = |key: &'static Key| FormField { key, line: Line::default() };
        Form {
            fields: KEYS.iter().map(field).collect(),
            focus: 0,
            offered: Vec::new(),
            judged: Judged::default(),
            told: None,
            requester: None,
            project: Text::new(project),
        }
    }

    /// The line that has the keys; none where the question has them.
    pub fn field(&self) -> Option<&FormField> {
        self.fields.get(self.focus)
    }

    /// The line that takes what is typed.
    pub fn line_mut(&mut self) -> Option<&mut Line> {
        self.fields.get_mut(self.focus).map(|field| &mut field.line)
    }

    fn draft(&self) -> Draft {
        let mut draft = Draft::default();
        for FormField { key, line } in &self.fields {
            draft.set(key, &parts(key.form, line.text()));
        }
        draft
    }

    /// What was typed in the line of this name.
    fn text(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|field| field.key.name == name);
        field.map_or("", |field| field.line.text().trim())
    }

    fn go(&mut self, step: isize) {
        self.focus = self.focus.saturating_add_signed(step).min(self.fields.len());
        self.told = None;
    }
}

/// Whether a form can be opened: whether there is a register to ask.
pub(in crate::app) fn can_open(app: &App) -> Result<(), Disabled> {
    if app.facts.exceptions.is_some() {
        return Ok(());
    }
    Disabled::because(
        "`[exceptions]` is not configured: give the `project` that holds the register",
    )
}

/// Opens the form, as it was left.
pub(in crate::app) fn open(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(settings) = app.facts.exceptions.clone() else { return Vec::new() };
    let form = app.ui.form.take().unwrap_or_else(|| Box::new(Form::new(&settings.project)));
    app.ui.modals.push(Modal::Form(form));
    let effects = typed(app, now);
    if app.acts.identities.is_some() {
        return effects;
    }
    vec![Effect::Act(ActRequest::Identify)]
}

/// Something was typed: what it comes to is judged, and what may follow is looked for. Nothing of that is left to the
/// drawing.
pub(in crate::app) fn typed(app: &mut App, now: Timestamp) -> Vec<Effect> {
    // What lies over the form stays where it is.
    if !matches!(app.ui.modals.last(), Some(Modal::Form(_))) {
        return Vec::new();
    }
    let Some(Modal::Form(mut form)) = app.ui.modals.pop() else { return Vec::new() };
    if let Some(settings) = app.facts.exceptions.clone() {
        form.told = None;
        judge(app, &mut form, (&settings, now));
        form.offered = offered(app, &form, &settings);
    }
    app.ui.modals.push(Modal::Form(form));
    Vec::new()
}

fn judge(app: &App, form: &mut Form, (settings, now): (&ExceptionSettings, Timestamp)) {
    form.requester = requester(app);
    let rules = Rules::new(&settings.max_ttl, settings.max_renewals);
    let beside = of_this_id(app, form.text("id"));
    let bench = Bench {
        requester: form.requester.as_ref().map_or(UNNAMED, Text::as_str),
        beside: &beside,
        folder: &settings.path,
        rules: &rules,
        now,
    };
    form.judged = form.draft().judge(&bench);
}

/// Who we are to GitLab, as far as it was told.
fn requester(app: &App) -> Option<Text> {
    let target = Target::Exception(Text::new(UNNAMED));
    app.acts.identity_for(&target).and_then(|one| one.user.clone().ok())
}

/// The records that have an id already, in the register or in a request for it.
fn of_this_id(app: &App, id: &str) -> Vec<Record> {
    let state = app.shown();
    let kept = state.exception_named(&Text::new(id)).map(|row| row.value.record.clone());
    let asked = state.requests().iter().flat_map(|(_, row)| &row.value.files);
    let asked = asked.filter_map(|file| file.record.as_ref()).filter(|record| *record.id == *id);
    kept.into_iter().chain(asked.cloned()).take(2).collect()
}

/// Goes on to the next line; from the question to the dialog that asks whether to send it.
pub(in crate::app) fn accept(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Form(form)) = app.ui.modals.last_mut() else { return Vec::new() };
    if form.focus < form.fields.len() {
        return choose(app, 1, now);
    }
    typed(app, now);
    submit(app, now)
}

/// Up and down through the lines.
pub(in crate::app) fn choose(app: &mut App, step: isize, now: Timestamp) -> Vec<Effect> {
    if let Some(Modal::Form(form)) = app.ui.modals.last_mut() {
        form.go(step);
    }
    typed(app, now)
}

/// Takes the first word that is offered; goes on where none is.
pub(in crate::app) fn complete(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Form(form)) = app.ui.modals.last_mut() else { return Vec::new() };
    let offered = form.offered.first().cloned();
    let Some(field) = form.fields.get_mut(form.focus).zip(offered) else {
        return choose(app, 1, now);
    };
    let (field, word) = field;
    let (before, _) = last_word(field.key, field.line.text());
    let blank = if before.is_empty() { "" } else { " " };
    field.line = Line::new(&format!("{before}{blank}{word}"));
    typed(app, now)
}

/// Leaves the form; what was typed is there again when it is opened next.
pub(in crate::app) fn leave(app: &mut App, form: Box<Form>, now: Timestamp) -> Vec<Effect> {
    if form.fields.iter().any(|field| !field.line.text().is_empty()) {
        let words = "what was typed is kept until this console is left: ask again to go on";
        app.ui.notices.show(Notice::good(words), now);
        app.ui.form = Some(form);
    }
    Vec::new()
}

/// The form is done with: what it asked for was sent.
pub(in crate::app) fn done(app: &mut App) {
    app.ui.modals.retain(|modal| !matches!(modal, Modal::Form(_)));
    app.ui.form = None;
}

fn submit(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let is_armed = app.acts.is_armed();
    let (Some(Modal::Form(form)), Some(settings), Some(act)) =
        (app.ui.modals.last_mut(), app.facts.exceptions.clone(), find_act(ACT))
    else {
        return Vec::new();
    };
    if let Some((of, flaw)) = form.judged.errors().next().cloned() {
        let place = of.and_then(|of| form.fields.iter().position(|field| field.key.name == of));
        form.focus = place.unwrap_or(form.focus);
        form.told = Some(format!("not yet: {}", flaw.what));
        return Vec::new();
    }
    if !is_armed {
        form.told = Some("arm first: leave with esc, which keeps all this, and `:arm`".to_owned());
        return Vec::new();
    }
    let Some(record) = form.judged.record.clone() else { return Vec::new() };
    let path = format!("{}/{}.yaml", settings.path.trim_end_matches('/'), record.id);
    let id = ExceptionId::of(&[&Text::new(&settings.project), &Text::new(&path)]);
    let target = Target::Exception(record.id.clone());
    let title = record.title.clone();
    let proposal = Proposal { record: Some(Box::new(record)), ..Proposal::new(act, target) };
    present(app, act, vec![Choice::of(EntityId::Exception(id), proposal, title)], now)
}

/// What stands before the word that is typed, and that word.
fn last_word<'t>(key: &Key, text: &'t str) -> (&'t str, &'t str) {
    let sign = match key.form {
        Words::Names => ',',
        Words::Sentences | Words::Artefacts => ';',
        Words::Line | Words::Start | Words::End => return ("", text.trim()),
    };
    let at = text.rfind(sign).map_or(0, |at| at + sign.len_utf8());
    text.split_at_checked(at).map_or(("", text), |(before, word)| (before, word.trim()))
}

/// What may stand in the line that has the keys: what begins so first, then what has that in it.
fn offered(app: &App, form: &Form, settings: &ExceptionSettings) -> Vec<String> {
    let Some(field) = form.field() else { return Vec::new() };
    let (before, word) = last_word(field.key, field.line.text());
    let taken = parts(field.key.form, before);
    let word = word.to_lowercase();
    let known = known(app, field.key, (form, settings));
    let fits = |one: &&String| {
        let one = one.to_lowercase();
        one != word && one.contains(&word)
    };
    let is_new = |one: &&String| !taken.contains(*one);
    let mut found: Vec<&String> = known.iter().filter(fits).filter(is_new).collect();
    found.sort_by_key(|one| !one.to_lowercase().starts_with(&word));
    found.into_iter().take(MOST_OFFERED).cloned().collect()
}

/// Every word that is known for a line, in order.
fn known(app: &App, key: &Key, (form, settings): (&Form, &ExceptionSettings)) -> Vec<String> {
    let state = app.shown();
    let records = || state.exceptions().iter().map(|(_, row)| &row.value.record);
    let of_scope = |list: fn(&Record) -> &[Text]| {
        let all: BTreeSet<&Text> = records().flat_map(list).collect();
        all.into_iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    match key.name {
        "kind" => {
            let own = settings.max_ttl.keys().filter(|kind| *kind != "default").cloned();
            let used = records().map(|record| record.kind.name().to_owned());
            let usual = ExceptionKind::KNOWN.iter().map(|kind| kind.name().to_owned());
            let all: BTreeSet<String> = own.chain(used).chain(usual).collect();
            all.into_iter().collect()
        }
        "projects" => {
            let all = state.projects().iter().map(|(_, row)| row.value.path.to_string());
            all.collect::<BTreeSet<_>>().into_iter().collect()
        }
        "tiers" => state.tiers().iter().map(|(_, tier)| tier.name.to_string()).collect(),
        "environments" => of_scope(|record| &record.scope.environments),
        "resources" => of_scope(|record| &record.scope.resources),
        "policies" => of_scope(|record| &record.scope.policies),
        "packages" => of_scope(|record| &record.scope.packages),
        "owner" | "approvers" | "beneficiaries" => people(app, key, form),
        "expires_at" => {
            let rules = Rules::new(&settings.max_ttl, settings.max_renewals);
            let longest = rules.longest(form.text("kind")).as_secs() / 86_400;
            let usual = [7, 14, 30, 90].into_iter().filter(|days| *days <= longest);
            usual.map(|days| format!("{days}d")).collect()
        }
        _ => Vec::new(),
    }
}

/// The usernames that were seen; whoever asks approves nothing of it.
fn people(app: &App, key: &Key, form: &Form) -> Vec<String> {
    let state = app.shown();
    let records = state.exceptions().iter().map(|(_, row)| &row.value.record);
    let of_records = records.flat_map(|record| {
        let all = [&record.requester].into_iter().chain(&record.owner);
        all.chain(&record.approvers).chain(&record.beneficiaries)
    });
    let requests = state.requests().iter().map(|(_, row)| &row.value);
    let of_requests = requests.flat_map(|one| {
        let rules = one.approvals.rules.iter().flat_map(|rule| &rule.eligible);
        [&one.author].into_iter().chain(rules)
    });
    let all: BTreeSet<&Text> = of_records.chain(of_requests).collect();
    let is_own = |who: &&&Text| key.name == "approvers" && form.requester.as_ref() == Some(**who);
    all.iter().filter(|who| !who.is_empty() && !is_own(who)).map(ToString::to_string).collect()
}
