//! An object as the store keeps it: the bytes of its JSON and what selectors ask of it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value};

use super::kind::Kind;

/// One state of one object; it never changes, an update makes another.
///
/// The body is kept as text: a tenth of the memory of the parsed tree, and a list is its bytes one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// Empty for what belongs to no namespace.
    pub(crate) namespace: Box<str>,
    pub(crate) name: Box<str>,
    /// `metadata.resourceVersion`.
    pub(crate) version: u64,
    /// `metadata.creationTimestamp`.
    pub(crate) created: Box<str>,
    /// `metadata.uid`.
    pub(crate) uid: Box<str>,
    pub(crate) labels: Box<[(Box<str>, Box<str>)]>,
    /// Selectable fields that are not empty.
    fields: Box<[(&'static str, Box<str>)]>,
    /// Members of `metadata` but its version, without braces.
    metadata: Box<str>,
    /// Members beside `metadata`, without braces.
    rest: Box<str>,
}

impl Object {
    /// An object from its JSON; `version` becomes its `metadata.resourceVersion`.
    ///
    /// `kind`, `apiVersion` and `managedFields` are left out: the wire adds them.
    pub(crate) fn new(kind: Kind, mut value: Value, version: u64) -> Self {
        let mut metadata = match value.get_mut("metadata").map(Value::take) {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
        let fields = fields(kind, &value);
        if let Value::Object(members) = &mut value {
            members.remove("metadata");
            members.remove("kind");
            members.remove("apiVersion");
        }
        Self {
            kind,
            namespace: text(&metadata, "namespace"),
            name: text(&metadata, "name"),
            version,
            created: text(&metadata, "creationTimestamp"),
            uid: text(&metadata, "uid"),
            labels: labels(&metadata),
            fields,
            metadata: bare(&Value::Object(metadata)),
            rest: bare(&value),
        }
    }

    /// The value of a label.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| &**name == key).map(|(_, value)| &**value)
    }

    /// The value of a selectable field; empty when the object has none.
    pub(crate) fn field(&self, path: &str) -> &str {
        match path {
            "metadata.name" => &self.name,
            "metadata.namespace" => &self.namespace,
            _ => self.fields.iter().find(|(name, _)| *name == path).map_or("", |(_, text)| text),
        }
    }

    /// Whether both say the same, whatever their versions.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.rest == other.rest && self.metadata == other.metadata
    }

    /// The same with another version.
    pub(crate) fn at(&self, version: u64) -> Self {
        Self { version, ..self.clone() }
    }

    /// The parsed object, without `kind` and `apiVersion`.
    pub(crate) fn value(&self) -> Value {
        let text = format!("{{{}}}", self.members(""));
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The members of the object on the wire, without braces; `extra` members come first in `metadata`.
    pub(crate) fn members(&self, extra: &str) -> String {
        let comma = if self.rest.is_empty() { "" } else { "," };
        format!("{}{comma}{}", self.metadata(extra), self.rest)
    }

    /// The `metadata` member alone; `extra` members come first in it.
    pub(crate) fn metadata(&self, extra: &str) -> String {
        let comma = if self.metadata.is_empty() { "" } else { "," };
        let (version, members) = (self.version, &self.metadata);
        format!("\"metadata\":{{{extra}\"resourceVersion\":\"{version}\"{comma}{members}}}")
    }

    /// An identifier in the shape of a random one, the same for the same object and version.
    pub(crate) fn new_uid(kind: Kind, namespace: &str, name: &str, version: u64) -> String {
        let word = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, kind.facts().plural, namespace, name, version).hash(&mut hasher);
            hasher.finish()
        };
        let (high, low) = (word(1), word(2));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }
}

/// The text of an object without its braces.
fn bare(value: &Value) -> Box<str> {
    let text = value.to_string();
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().into()
}

fn text(members: &Map<String, Value>, key: &str) -> Box<str> {
    members.get(key).and_then(Value::as_str).unwrap_or_default().into()
}

fn labels(metadata: &Map<String, Value>) -> Box<[(Box<str>, Box<str>)]> {
    let Some(labels) = metadata.get("labels").and_then(Value::as_object) else {
        return Box::default();
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().into();
    labels.iter().map(|(name, value)| (name.as_str().into(), text(value))).collect()
}

/// The selectable fields that are not empty; switches count as `false` when they are absent.
fn fields(kind: Kind, value: &Value) -> Box<[(&'static str, Box<str>)]> {
    let mut found = Vec::new();
    for path in kind.facts().fields {
        let place = match *path {
            "source" => "source.component",
            path => path,
        };
        let value = place.split('.').try_fold(value, |value, key| value.get(key));
        let text: Box<str> = match (value, *path) {
            (Some(Value::String(text)), _) => text.as_str().into(),
            (Some(Value::Bool(switch)), _) => switch.to_string().into(),
            (_, "spec.unschedulable" | "spec.hostNetwork") => "false".into(),
            _ => continue,
        };
        if !text.is_empty() {
            found.push((*path, text));
        }
    }
    found.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod() -> Object {
        let value = json!({
            "kind": "Pod",
            "metadata": {"name": "a", "namespace": "n", "labels": {"x": "1"}, "managedFields": []},
            "spec": {"nodeName": "m"},
        });
        Object::new(Kind::Pod, value, 7)
    }

    #[test]
    fn the_version_becomes_part_of_the_object() {
        assert_eq!(pod().value()["metadata"]["resourceVersion"], "7");
    }

    #[test]
    fn versions_do_not_make_a_difference() {
        assert!(pod().equals(&pod().at(8)));
        assert_eq!(pod().at(8).value()["metadata"]["resourceVersion"], "8");
    }

    #[test]
    fn kind_and_managed_fields_are_left_to_the_wire() {
        let value = pod().value();
        assert_eq!((value.get("kind"), value["metadata"].get("managedFields")), (None, None));
    }

    #[test]
    fn labels_and_fields_are_known_without_the_text() {
        let pod = pod();
        assert_eq!((pod.label("x"), pod.label("y")), (Some("1"), None));
        assert_eq!((pod.field("spec.nodeName"), pod.field("status.phase")), ("m", ""));
        assert_eq!((pod.field("metadata.name"), pod.field("spec.hostNetwork")), ("a", "false"));
    }

    #[test]
    fn extra_metadata_comes_first() {
        assert!(pod().members("\"y\":1,").starts_with("\"metadata\":{\"y\":1,"));
    }

    #[test]
    fn an_identifier_looks_like_a_random_one() {
        let uid = Object::new_uid(Kind::Pod, "n", "a", 7);
        let parts: Vec<usize> = uid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(uid.chars().nth(14), Some('4'));
        assert!("89ab".contains(uid.chars().nth(19).unwrap()));
    }

    #[test]
    fn another_version_gives_another_identifier() {
        assert_ne!(
            Object::new_uid(Kind::Pod, "n", "a", 7),
            Object::new_uid(Kind::Pod, "n", "a", 8)
        );
    }
}
