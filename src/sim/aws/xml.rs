//! Answers of the query protocol: XML by hand, as little of it as there is.

use std::fmt::Write as _;

use crate::sim::wire::Reply;

/// An element with text.
pub(super) fn leaf(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// An element with elements.
pub(super) fn node(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// A list: each entry is a `member`.
pub(super) fn list(name: &str, entries: impl Iterator<Item = String>) -> String {
    let entries: String = entries.map(|entry| node("member", &entry)).collect();
    node(name, &entries)
}

/// The answer of an operation.
pub(super) fn answer(operation: &str, namespace: &str, result: &str) -> Reply {
    reply(
        200,
        &format!(
            "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>{REQUEST}</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

/// An error.
pub(super) fn error(status: u16, namespace: &str, code: &str, message: &str) -> Reply {
    let inner = format!("<Type>Sender</Type>{}{}", leaf("Code", code), leaf("Message", message));
    reply(
        status,
        &format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error>{inner}</Error><RequestId>{REQUEST}</RequestId></ErrorResponse>"
        ),
    )
}

const REQUEST: &str = "0d2a3f6c-5b1e-4f7a-9c8d-000000000000";

fn reply(status: u16, text: &str) -> Reply {
    let mut reply = Reply::text(status, text);
    reply.set("content-type", "text/xml");
    reply
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() => {
                // Writing to a string cannot fail.
                write!(safe, "&#{};", u32::from(letter)).ok();
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_an_element() {
        assert_eq!(leaf("Name", "<a> & b"), "<Name>&lt;a&gt; &amp; b</Name>");
    }

    #[test]
    fn entries_of_a_list_are_members() {
        let entries = ["a", "b"].into_iter().map(str::to_owned);
        assert_eq!(list("Zones", entries), "<Zones><member>a</member><member>b</member></Zones>");
    }
}
