//! Commits and branches that somebody makes through the API.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::wire::Reply;
use super::{Answer, Desk, repository};
use crate::sim::world::git::{Action, Deed, MAIN};

/// The body of a request, or its parameters.
pub(super) struct Form<'a> {
    body: Value,
    desk: &'a Desk<'a>,
}

impl<'a> Form<'a> {
    /// Reads it.
    pub(super) fn read(desk: &'a Desk<'a>) -> Self {
        Self { body: serde_json::from_slice(&desk.ask.body).unwrap_or_default(), desk }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let asked = self.desk.ask.query.get(name);
        let said = self.body.get(name).and_then(Value::as_str).or(asked);
        said.filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A text that has to be there.
    pub(super) fn need(&self, name: &str) -> Result<String, Reply> {
        self.text(name)
            .ok_or_else(|| Reply::json(400, &json!({"error": format!("{name} is missing")})))
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        let said = self.body.get(name).and_then(Value::as_bool);
        said.unwrap_or_else(|| self.desk.ask.query.is_on(name))
    }
}

/// 400 in the words of GitLab.
pub(super) fn bad(said: &str) -> Reply {
    Reply::json(400, &json!({"message": said}))
}

/// 403 with a reason, where there is one.
pub(super) fn forbidden(reason: &str) -> Reply {
    let why = if reason.is_empty() { String::new() } else { format!(" - {reason}") };
    Reply::json(403, &json!({"message": format!("403 Forbidden{why}")}))
}

/// Makes a commit.
pub(super) fn create(desk: &mut Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let form = Form::read(desk);
    let (branch, message) = (form.need("branch")?, form.need("commit_message")?);
    let start = form.text("start_branch").or_else(|| form.text("start_sha"));
    let listed = form.body.get("actions").and_then(Value::as_array).cloned().unwrap_or_default();
    let actions = listed.iter().map(action).collect::<Result<Vec<_>, _>>()?;
    let person = desk.world.holder.person;
    if !desk.world.can_push(person, &branch) {
        return Err(forbidden("You are not allowed to push into this branch"));
    }
    let login = desk.world.people.get(person).map_or("", |who| who.username);
    let mut note = desk.world.note(login, &message, desk.world.now);
    if let Some(name) = form.text("author_name") {
        note.author.name = name;
    }
    if let Some(email) = form.text("author_email") {
        note.author.email = email;
    }
    let repository = desk.world.repository_mut(project);
    let made = repository.act((&branch, start.as_deref()), &actions, note);
    let made = made.map_err(|wrong| bad(&wrong.to_string()))?;
    let now = desk.world.now;
    desk.world.pushed(project, &branch, now);
    Ok(Reply::json(201, &repository::commit_full(desk, project, &made)))
}

fn action(listed: &Value) -> Result<Action, Reply> {
    let text = |name: &str| listed.get(name).and_then(Value::as_str).map(str::to_owned);
    let deed = match text("action").as_deref() {
        Some("create") => Deed::Create,
        Some("update") => Deed::Update,
        Some("delete") => Deed::Delete,
        Some("move") => Deed::Move,
        _ => return Err(Reply::invalid("actions[action]")),
    };
    let missing = || Reply::json(400, &json!({"error": "actions[file_path] is missing"}));
    let mut content = text("content");
    if text("encoding").as_deref() == Some("base64") {
        let bytes = BASE64_STANDARD.decode(content.unwrap_or_default()).ok();
        let plain = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        content = Some(plain.ok_or_else(|| Reply::invalid("actions[content]"))?);
    }
    Ok(Action {
        deed,
        path: text("file_path").filter(|path| !path.is_empty()).ok_or_else(missing)?,
        text: content,
        from: text("previous_path"),
        last: text("last_commit_id"),
    })
}

/// Makes a branch.
pub(super) fn branch(desk: &mut Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let form = Form::read(desk);
    let (name, start) = (form.need("branch")?, form.need("ref")?);
    if !desk.world.can_push(desk.world.holder.person, &name) {
        return Err(forbidden(""));
    }
    let repository = desk.world.repository_mut(project);
    if repository.branches.contains_key(&name) {
        return Err(bad("Branch already exists"));
    }
    let tip = repository.find(&start).map(|commit| std::sync::Arc::clone(&commit.sha));
    let tip = tip.ok_or_else(|| bad(&format!("Invalid reference name: {start}")))?;
    repository.branches.insert(name.clone(), tip);
    Ok(Reply::json(201, &repository::branch_shape(desk, project, &name)))
}

/// Takes a branch away.
pub(super) fn delete_branch(desk: &mut Desk<'_>, id: &str, name: &str) -> Answer {
    let project = desk.project(id)?.id;
    if !desk.world.can_push(desk.world.holder.person, name) {
        return Err(forbidden(""));
    }
    if name == MAIN {
        return Err(bad("The default branch of a project cannot be deleted."));
    }
    let gone = desk.world.repository_mut(project).branches.remove(name);
    gone.map(|_| Reply::text(204, "")).ok_or_else(|| Reply::missing("Branch"))
}
