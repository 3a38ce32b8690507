//! Lists with their pages, and single objects.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::form::{Form, Head};
use super::object::Object;
use super::route::Route;
use super::selector::Selection;
use super::status;
use super::store::Store;
use crate::sim::clock::Millis;
use crate::sim::fault::ClusterFault;
use crate::sim::wire::{Ask, Query, Reply};

/// Objects of a page where the next page is to be met; a limit is only the most that may come.
const SMALL_PAGE: usize = 3;

/// A request with everything that was read from it.
pub(super) struct Wish<'a> {
    pub(super) ask: &'a Ask,
    pub(super) route: Route<'a>,
    pub(super) form: Form,
    pub(super) fault: Option<ClusterFault>,
    pub(super) now: Millis,
}

/// Answers with one object.
pub(super) fn one(store: &Store, wish: &Wish<'_>) -> Reply {
    let Wish { route, form, .. } = wish;
    let namespace = route.namespace.unwrap_or_default();
    match store.object(route.kind, namespace, route.name.unwrap_or_default()) {
        Some(object) => written(form.one(&object, wish.now)),
        None => status::missing(route),
    }
}

/// Answers with a list, or one page of it.
pub(super) fn list(store: &Store, wish: &Wish<'_>) -> Reply {
    let pick = || -> Result<Reply, Reply> {
        let query = &wish.ask.query;
        let selection = Selection::of(&wish.route, query).map_err(|why| status::bad(&why))?;
        let limit = number(query, "limit")?.unwrap_or(0);
        let mut limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if limit > 0 && wish.fault == Some(ClusterFault::ExpiredContinue) {
            limit = limit.min(SMALL_PAGE);
        }
        let shot = Snapshot::of(store, wish)?;
        let wanted = |object: &&Arc<Object>| selection.matches(object) && shot.is_ahead(object);
        let mut found: Vec<Arc<Object>> =
            shot.objects.iter().filter(wanted).map(Arc::clone).collect();
        let total = found.len();
        if limit > 0 {
            found.truncate(limit);
        }
        let left = total - found.len();
        let last = found.last().filter(|_| left > 0);
        let head = Head {
            version: shot.version,
            onward: last.map(|object| Page::after(object, &wish.route, shot.version).token()),
            remaining: (left > 0 && !selection.is_choosy()).then_some(left),
        };
        Ok(written(wish.form.list(wish.route.kind, &head, &found, wish.now)))
    };
    pick().unwrap_or_else(|refusal| refusal)
}

/// A parameter that is a whole number.
pub(super) fn number(query: &Query, name: &str) -> Result<Option<u64>, Reply> {
    let Some(text) = query.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        let parsed = format!("strconv.ParseUint: parsing \"{text}\": invalid syntax");
        status::bad(&format!("{name}: Invalid value: \"{text}\": {parsed}"))
    })
}

/// The version that a request asks for; a version of the future is refused.
pub(super) fn asked_version(store: &Store, wish: &Wish<'_>) -> Result<Option<u64>, Reply> {
    let asked = number(&wish.ask.query, "resourceVersion")?.filter(|version| *version > 0);
    let current = store.version();
    if wish.fault == Some(ClusterFault::TooLargeRv) {
        return Err(status::too_large(asked.unwrap_or(current + 1), current));
    }
    Ok(asked)
}

/// The objects of a kind at a version, and where the page begins.
struct Snapshot {
    version: u64,
    objects: Vec<Arc<Object>>,
    /// Namespace and name of the last object of the page before.
    after: Option<(String, String)>,
}

impl Snapshot {
    fn of(store: &Store, wish: &Wish<'_>) -> Result<Self, Reply> {
        let query = &wish.ask.query;
        let (kind, namespace) = (wish.route.kind, wish.route.namespace);
        let asked = asked_version(store, wish)?;
        if let Some(token) = query.get("continue") {
            return Self::onward(store, wish, token, asked);
        }
        let current = store.version();
        if let Some(version) = asked.filter(|version| *version > current) {
            return Err(status::too_large(version, current));
        }
        let is_exact = match query.get("resourceVersionMatch") {
            None => number(query, "limit")?.is_some_and(|limit| limit > 0),
            Some("Exact") => true,
            Some("NotOlderThan") => false,
            Some(other) => {
                return Err(status::invalid_options(&format!(
                    "resourceVersionMatch: Unsupported value: \"{other}\": supported values: \"Exact\", \"NotOlderThan\", \"\""
                )));
            }
        };
        match asked.filter(|_| is_exact) {
            Some(version) => store
                .list_at(kind, namespace, version)
                .map(|objects| Self { version, objects, after: None })
                .map_err(|_| status::expired()),
            None => {
                Ok(Self { version: current, objects: store.list(kind, namespace), after: None })
            }
        }
    }

    fn onward(
        store: &Store,
        wish: &Wish<'_>,
        token: &str,
        asked: Option<u64>,
    ) -> Result<Self, Reply> {
        if asked.is_some() {
            let message = "specifying resource version is not allowed when using continue";
            return Err(status::bad(message));
        }
        let page = Page::read(token)
            .map_err(|why| status::bad(&format!("invalid continue token: {why}")))?;
        let (kind, namespace) = (wish.route.kind, wish.route.namespace);
        let after = Some(page.place(namespace));
        let Some(version) = page.version else {
            let objects = store.list(kind, namespace);
            return Ok(Self { version: store.version(), objects, after });
        };
        let refusal =
            || status::expired_continue(&Page { version: None, start: page.start.clone() }.token());
        if wish.fault == Some(ClusterFault::ExpiredContinue) {
            return Err(refusal());
        }
        let objects = store.list_at(kind, namespace, version).map_err(|_| refusal())?;
        Ok(Self { version, objects, after })
    }

    fn is_ahead(&self, object: &Object) -> bool {
        self.after.as_ref().is_none_or(|(namespace, name)| {
            (&*object.namespace, &*object.name) > (namespace.as_str(), name.as_str())
        })
    }
}

/// What a `continue` says.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// None goes on with whatever is there now.
    version: Option<u64>,
    /// Key of the last object, with a zero behind it.
    start: String,
}

impl Page {
    fn after(object: &Object, route: &Route<'_>, version: u64) -> Self {
        let namespace = if route.namespace.is_some() { "" } else { &*object.namespace };
        let slash = if route.kind.facts().namespaced { "/" } else { "" };
        Self { version: Some(version), start: format!("{namespace}{slash}{}\0", object.name) }
    }

    fn token(&self) -> String {
        let version = self.version.map_or_else(|| json!(-1), |version| json!(version));
        let text = json!({"v": "meta.k8s.io/v1", "rv": version, "start": self.start}).to_string();
        URL_SAFE_NO_PAD.encode(text)
    }

    fn read(token: &str) -> Result<Self, String> {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).map_err(|_| {
            "continue key is not valid: illegal base64 data at input byte 0".to_owned()
        })?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|_| format!("continue key is not valid: {}", complaint(&bytes)))?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("v") != "meta.k8s.io/v1" {
            return Err(format!(
                "continue key is not valid: server does not recognize this encoded version \"{}\"",
                text("v"),
            ));
        }
        Ok(Self {
            version: value.get("rv").and_then(Value::as_u64),
            start: text("start").to_owned(),
        })
    }

    /// Namespace and name of the last object.
    fn place(&self, namespace: Option<&str>) -> (String, String) {
        let key = self.start.trim_end_matches('\0');
        let (before, name) = key.rsplit_once('/').unwrap_or(("", key));
        (namespace.unwrap_or(before).to_owned(), name.to_owned())
    }
}

/// What the server's JSON reader says to bytes that are none.
fn complaint(bytes: &[u8]) -> String {
    match bytes.first() {
        None => "unexpected end of JSON input".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => {
            format!("invalid character '{}' looking for beginning of value", char::from(*byte))
        }
        Some(byte) => {
            format!("invalid character '\\x{byte:02x}' looking for beginning of value")
        }
    }
}

/// JSON that is already text.
fn written(text: String) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Reply { status: 200, headers, body: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_survives_the_way_through_its_token() {
        let page = Page { version: Some(1758), start: "n/a\0".to_owned() };
        assert_eq!(Page::read(&page.token()), Ok(page));
    }

    #[test]
    fn a_page_without_a_version_goes_on_with_what_is_there() {
        let page = Page { version: None, start: "n/a\0".to_owned() };
        assert_eq!(Page::read(&page.token()), Ok(page));
    }

    #[test]
    fn a_page_of_one_namespace_names_the_object_alone() {
        let page = Page { version: Some(1), start: "/a\0".to_owned() };
        assert_eq!(page.place(Some("n")), ("n".to_owned(), "a".to_owned()));
    }

    #[test]
    fn a_page_of_all_namespaces_names_both() {
        let page = Page { version: Some(1), start: "n/a\0".to_owned() };
        assert_eq!(page.place(None), ("n".to_owned(), "a".to_owned()));
    }

    #[test]
    fn a_token_that_is_none_is_refused_in_the_words_of_the_server() {
        assert_eq!(
            Page::read("xxxx").unwrap_err(),
            "continue key is not valid: invalid character '\\xc7' looking for beginning of value"
        );
    }
}
