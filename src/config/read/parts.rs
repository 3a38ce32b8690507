//! The parts that several tables share: secrets, greetings, proxies, paths.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::table::{Table, Value};
use super::value::{self, Wrong};
use crate::config::settings::{Auth, Proxy, SecretSource};

/// How to write a secret.
const SECRET_HINT: &str =
    r#"write `{ env = "NAME" }`, `{ file = "PATH" }` or `{ command = ["program", "argument"] }`"#;

/// How to write a greeting.
const AUTH_HINT: &str = r#"write "none", `{ bearer = … }`, `{ basic = { username = …, password = … } }` or `{ sigv4 = { region = … } }`"#;

/// Reads where a secret comes from. A variable stands for itself: its value is not read here.
pub(super) fn secret(value: &Value<'_>) -> Option<SecretSource> {
    let source = source_of(value)?;
    value.note_secret(&source);
    Some(source)
}

fn source_of(value: &Value<'_>) -> Option<SecretSource> {
    if let Some(name) = value.variable() {
        return Some(SecretSource::Env(name.to_owned()));
    }
    if value.as_text().is_some() {
        let message = "is written into the file, where it is no secret";
        value.wrong(Wrong::new(message, format!("revoke it, then {SECRET_HINT}")));
        return None;
    }
    let table = value.table()?;
    let mut sources = Vec::new();
    let (env, file, command) = (table.value("env"), table.value("file"), table.value("command"));
    let given = [&env, &file, &command].into_iter().flatten().count();
    sources.extend(env.and_then(|env| env.read(variable_name)).map(SecretSource::Env));
    sources.extend(file.and_then(|file| path(&file)).map(SecretSource::File));
    sources.extend(command.and_then(|command| argv(&command)).map(SecretSource::Command));
    table.finish();
    if given != 1 {
        value.wrong(Wrong::new("does not say one place where it comes from", SECRET_HINT));
        return None;
    }
    sources.pop()
}

fn variable_name(raw: &str) -> Result<String, Wrong> {
    if raw.contains(['=', '\0']) || raw.contains(char::is_whitespace) {
        let hint = r#"give the variable's name alone, such as "GITLAB_TOKEN""#;
        return Err(Wrong::new("is no name of a variable", hint));
    }
    Ok(raw.to_owned())
}

fn argv(value: &Value<'_>) -> Option<Vec<String>> {
    let list = value.list();
    if list.is_empty() && !value.is_list() {
        return None;
    }
    let words: Vec<String> = list.iter().filter_map(Value::as_text).map(str::to_owned).collect();
    let whole = words.len() == list.len();
    if !whole || words.first().is_none_or(|program| program.trim().is_empty()) {
        let hint = r#"write the program and its arguments as words: ["op", "read", "op://…"]"#;
        value.wrong(Wrong::new("is not a command", hint));
        return None;
    }
    Some(words)
}

/// Reads how a server wants to be greeted; not at all where nothing is said.
pub(super) fn auth(owner: &Table<'_>) -> Option<Auth> {
    let given = owner.value("auth");
    let inner = owner.variables("auth");
    if let Some(bearer) = inner.value("bearer").filter(|bearer| bearer.variable().is_some()) {
        return secret(&bearer).map(Auth::Bearer);
    }
    let Some(value) = given else { return Some(Auth::None) };
    if value.as_text().is_some() {
        return value.choice(&[("none", ())]).map(|()| Auth::None);
    }
    let table = value.table()?;
    let (bearer, basic, sigv4) =
        (table.value("bearer"), table.value("basic"), table.value("sigv4"));
    let given = [&bearer, &basic, &sigv4].into_iter().flatten().count();
    let bearer = bearer.and_then(|bearer| secret(&bearer)).map(Auth::Bearer);
    let basic = basic.and_then(|basic| self::basic(&basic));
    let sigv4 = sigv4.and_then(|sigv4| self::sigv4(&sigv4));
    table.finish();
    if given != 1 {
        value.wrong(Wrong::new("does not name one way", AUTH_HINT));
        return None;
    }
    bearer.or(basic).or(sigv4)
}

fn basic(value: &Value<'_>) -> Option<Auth> {
    let table = value.table()?;
    let username = table.need("username").and_then(|name| name.text().map(str::to_owned));
    let password = table.need("password").and_then(|password| secret(&password));
    table.finish();
    Some(Auth::Basic { username: username?, password: password? })
}

fn sigv4(value: &Value<'_>) -> Option<Auth> {
    let table = value.table()?;
    let region = table.need("region").and_then(|region| region.text().map(str::to_owned));
    table.finish();
    Some(Auth::SigV4 { region: region? })
}

/// Reads how requests leave the network; as the environment says where nothing is said.
pub(super) fn proxy(owner: &Table<'_>) -> Proxy {
    let Some(value) = owner.value("proxy") else { return Proxy::System };
    let parse = |raw: &str| match raw {
        "none" => Ok(Proxy::None),
        raw => value::address(raw)
            .map(Proxy::Url)
            .map_err(|wrong| Wrong::new(wrong.message, r#"write the proxy's address, or "none""#)),
    };
    value.read(parse).unwrap_or(Proxy::System)
}

/// Reads a path; a relative one begins in the folder of the file, `~/` in the user's home.
pub(super) fn path(value: &Value<'_>) -> Option<PathBuf> {
    let raw = value.text()?;
    let document = value.document;
    let home = document.environment.get("HOME").filter(|home| !home.is_empty());
    Some(match (raw.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ if value.variable().is_some() => PathBuf::from(raw),
        _ => document.base.join(raw),
    })
}

/// Reads a string that is not empty.
pub(super) fn text(table: &Table<'_>, key: &'static str) -> Option<String> {
    table.value(key)?.text().map(str::to_owned)
}

/// Reads `true` or `false`.
pub(super) fn flag(table: &Table<'_>, key: &'static str) -> Option<bool> {
    table.value(key)?.flag()
}

/// Reads a span of time.
pub(super) fn duration(table: &Table<'_>, key: &'static str, default: Duration) -> Duration {
    table.value(key).and_then(|value| value.read(value::duration)).unwrap_or(default)
}

/// Reads a list of strings; empty where nothing is said.
pub(super) fn texts(table: &Table<'_>, key: &'static str) -> Vec<String> {
    table.value(key).map(|value| value.texts()).unwrap_or_default()
}

/// Reads a list of globs; empty where nothing is said.
pub(super) fn globs(table: &Table<'_>, key: &'static str) -> Vec<String> {
    let parse = |raw: &str| value::glob(raw).map(|()| raw.to_owned());
    table.value(key).map(|value| value.reads(parse)).unwrap_or_default()
}

/// Notes a variable that moves an address while the secret beside it was meant for another origin.
pub(super) fn bound(url: Option<&Value<'_>>, secret: Option<&Value<'_>>, variable: &str) {
    let moved = url.filter(|url| url.variable().is_some());
    let kept = secret.is_none_or(|secret| secret.variable().is_none());
    if let Some(url) = moved.filter(|_| kept) {
        let message = "moves the address but not its secret, which is bound to one origin";
        url.wrong(Wrong::new(message, format!("set {variable} too, or neither")));
    }
}
