//! Reviews as kubectl posts them: protocol buffers in the envelope of the API, read as the JSON that they stand for.

use serde_json::{Map, Value, json};

/// Stands before every message of the API in protocol buffers.
const MAGIC: &[u8] = b"k8s\0";
/// Members of `spec.resourceAttributes`, by number.
const RESOURCE: [(u64, &str); 7] = [
    (1, "namespace"),
    (2, "verb"),
    (3, "group"),
    (4, "version"),
    (5, "resource"),
    (6, "subresource"),
    (7, "name"),
];
/// Members of `spec.nonResourceAttributes`.
const NON_RESOURCE: [(u64, &str); 2] = [(1, "path"), (2, "verb")];

/// The body of a `SelfSubjectAccessReview`, posted in either form.
pub(super) fn access_review(body: &[u8]) -> Option<Value> {
    let Some(raw) = enveloped(body) else { return serde_json::from_slice(body).ok() };
    let spec = member(raw, 2).unwrap_or_default();
    let mut read = Map::new();
    if let Some(inner) = member(spec, 1) {
        read.insert("resourceAttributes".to_owned(), texts(inner, &RESOURCE));
    }
    if let Some(inner) = member(spec, 2) {
        read.insert("nonResourceAttributes".to_owned(), texts(inner, &NON_RESOURCE));
    }
    Some(json!({"metadata": {}, "spec": read}))
}

/// The body of a `SelfSubjectRulesReview`, posted in either form.
pub(super) fn rules_review(body: &[u8]) -> Option<Value> {
    let Some(raw) = enveloped(body) else { return serde_json::from_slice(body).ok() };
    Some(
        json!({"metadata": {}, "spec": texts(member(raw, 2).unwrap_or_default(), &[(1, "namespace")])}),
    )
}

/// Whether a body is in protocol buffers.
pub(super) fn is_enveloped(body: &[u8]) -> bool {
    body.starts_with(MAGIC)
}

/// The message within the envelope; `None` when there is no envelope.
fn enveloped(body: &[u8]) -> Option<&[u8]> {
    member(body.strip_prefix(MAGIC)?, 2)
}

fn texts(message: &[u8], names: &[(u64, &str)]) -> Value {
    let texts = names.iter().filter_map(|(number, name)| {
        let text = String::from_utf8_lossy(member(message, *number)?).into_owned();
        (!text.is_empty()).then(|| ((*name).to_owned(), text.into()))
    });
    Value::Object(texts.collect())
}

/// The first member of a number that has a length.
fn member(mut message: &[u8], number: u64) -> Option<&[u8]> {
    while !message.is_empty() {
        let (tag, rest) = varint(message)?;
        let (value, rest) = match tag & 7 {
            0 => (None, varint(rest)?.1),
            2 => {
                let (length, rest) = varint(rest)?;
                let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(value), rest)
            }
            _ => return None,
        };
        if tag >> 3 == number && value.is_some() {
            return value;
        }
        message = rest;
    }
    None
}

/// A number of seven bits a byte, the lowest first.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(number: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        [&[number << 3 | 2, length], value].concat()
    }

    fn posted(spec: &[u8]) -> Vec<u8> {
        let review = [put(1, b""), put(2, spec)].concat();
        [MAGIC, &put(1, b"type"), &put(2, &review)].concat()
    }

    #[test]
    fn an_access_review_is_read_from_its_envelope() {
        let wanted = [put(1, b"n"), put(2, b"list"), put(5, b"pods")].concat();
        assert_eq!(
            access_review(&posted(&put(1, &wanted))).unwrap()["spec"],
            json!({"resourceAttributes": {"namespace": "n", "verb": "list", "resource": "pods"}})
        );
    }

    #[test]
    fn a_review_in_json_is_taken_as_it_is() {
        assert_eq!(access_review(b"{\"spec\":{}}"), Some(json!({"spec": {}})));
    }

    #[test]
    fn a_rules_review_is_read_from_its_envelope() {
        assert_eq!(
            rules_review(&posted(&put(1, b"n"))).unwrap()["spec"],
            json!({"namespace": "n"})
        );
    }

    #[test]
    fn bytes_that_are_neither_are_no_review() {
        assert_eq!(access_review(b"\xff\xff"), None);
    }

    #[test]
    fn a_message_that_is_cut_short_has_no_members() {
        assert_eq!(member(&[0x12, 5, 1], 2), None);
    }
}
