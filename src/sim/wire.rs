//! A request as the answers look at it, and an answer before it is sent.

use std::cell::RefCell;

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use serde_json::Value;

/// A request.
pub(crate) struct Ask {
    pub(crate) method: String,
    /// Path without the query, as it was sent.
    pub(crate) path: String,
    /// Path with the query, as it was sent.
    pub(crate) target: String,
    /// Parts of the path, decoded.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) token: Option<String>,
    pub(crate) agent: String,
    pub(crate) accept: String,
    pub(crate) content_type: String,
    pub(crate) if_none_match: Option<String>,
    /// Name of the GraphQL operation, where there is one.
    pub(crate) operation: Option<String>,
    pub(crate) body: Bytes,
}

impl Ask {
    /// Reads the head of a request.
    pub(crate) fn new(parts: &Parts, body: Bytes) -> Self {
        let path = parts.uri.path().to_owned();
        let segments = path.trim_start_matches('/').split('/').map(decoded).collect();
        let query = Query::new(parts.uri.query().unwrap_or_default());
        let token = token(&parts.headers).or_else(|| query.get("private_token").map(str::to_owned));
        let operation = if path == "/api/graphql" { operation(&body) } else { None };
        Self {
            method: parts.method.to_string(),
            target: parts.uri.path_and_query().map_or_else(|| path.clone(), ToString::to_string),
            path,
            segments,
            query,
            token,
            agent: header(&parts.headers, "user-agent").unwrap_or_default(),
            accept: header(&parts.headers, "accept").unwrap_or_default(),
            content_type: header(&parts.headers, "content-type").unwrap_or_default(),
            if_none_match: header(&parts.headers, "if-none-match"),
            operation,
            body,
        }
    }
}

/// The parameters after the question mark; it knows which ones were looked at.
#[derive(Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    seen: RefCell<Vec<String>>,
}

impl Query {
    /// Reads them.
    pub(crate) fn new(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { pairs, seen: RefCell::default() }
    }

    /// The last value of a parameter that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.seen.borrow_mut().push(name.to_owned());
        let value = self.pairs.iter().rev().find(|(known, _)| known == name);
        value.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of a list, written as `name[]=a&name[]=b`, `name=a` or `name=a,b`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let plural = format!("{name}[]");
        self.seen.borrow_mut().extend([name.to_owned(), plural.clone()]);
        self.pairs
            .iter()
            .filter(|(known, _)| *known == plural || known == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "yes" | "on"))
    }

    /// Marks parameters as known, though they change nothing here.
    pub(crate) fn ignore(&self, names: &[&str]) {
        self.seen.borrow_mut().extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// The parameters that nobody looked at.
    pub(crate) fn left_over(&self) -> Vec<&str> {
        let seen = self.seen.borrow();
        let names = self.pairs.iter().map(|(name, _)| name.as_str());
        names.filter(|name| !seen.iter().any(|known| known == name)).collect()
    }

    /// The same parameters with one replaced, encoded.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        for (known, old) in self.pairs.iter().filter(|(known, _)| known != name) {
            if known != "private_token" {
                text.append_pair(known, old);
            }
        }
        text.append_pair(name, value).finish()
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    /// JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into() }
    }

    /// Plain text.
    pub(crate) fn text(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
        Self { status, headers, body: body.to_owned().into() }
    }

    /// 404 for a thing of the given name, which may be empty.
    pub(crate) fn missing(what: &str) -> Self {
        let space = if what.is_empty() { "" } else { " " };
        Self::json(404, &serde_json::json!({"message": format!("404 {what}{space}Not Found")}))
    }

    /// 400 for a parameter with a value that is none of its own.
    pub(crate) fn invalid(parameter: &str) -> Self {
        let error = format!("{parameter} does not have a valid value");
        Self::json(400, &serde_json::json!({"error": error}))
    }

    /// Sets a header, in place of one of the same name.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = || {
        let value = header(headers, "authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.to_owned())
    };
    header(headers, "private-token").or_else(bearer)
}

/// A part of a path without its percent signs.
fn decoded(part: &str) -> String {
    let plain = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(plain.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

/// The name of the operation in the body of a GraphQL request.
fn operation(body: &Bytes) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    if let Some(name) = body.get("operationName").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let query = body.get("query").and_then(Value::as_str)?;
    let start = query.split("query").nth(1)?.trim_start();
    let name: String = start.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_path_is_one_segment() {
        assert_eq!(decoded("acme%2Fpayments%2Fapi"), "acme/payments/api");
    }

    #[test]
    fn a_plus_in_a_path_is_a_plus() {
        assert_eq!(decoded("a+b"), "a+b");
    }

    #[test]
    fn a_list_is_read_in_either_form() {
        assert_eq!(Query::new("scope[]=a&scope%5B%5D=b").list("scope"), ["a", "b"]);
    }

    #[test]
    fn a_parameter_that_nobody_reads_is_left_over() {
        let query = Query::new("page=1&odd=2");
        assert_eq!(query.get("page"), Some("1"));
        assert_eq!(query.left_over(), ["odd"]);
    }

    #[test]
    fn the_operation_is_read_from_the_query() {
        let body = Bytes::from(r#"{"query":"query Fleet($a: ID!) { x }"}"#);
        assert_eq!(operation(&body).as_deref(), Some("Fleet"));
    }
}
