//! Label and field selectors.

use super::kind::Kind;
use super::object::Object;
use super::route::Route;
use crate::sim::wire::Query;

/// Which objects a list or a watch is about: place, labels and fields together.
#[derive(Debug, Default)]
pub(super) struct Selection {
    namespace: Option<String>,
    name: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

/// A condition on one label or field.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl Selection {
    /// The selection of a request; or the words of its refusal.
    pub(super) fn of(route: &Route<'_>, query: &Query) -> Result<Self, String> {
        Ok(Self {
            namespace: route.namespace.map(str::to_owned),
            name: route.name.map(str::to_owned),
            labels: query.get("labelSelector").map_or_else(|| Ok(Vec::new()), labels)?,
            fields: query
                .get("fieldSelector")
                .map_or_else(|| Ok(Vec::new()), |text| fields(route.kind, text))?,
        })
    }

    /// Whether an object is meant.
    pub(super) fn matches(&self, object: &Object) -> bool {
        self.namespace.as_deref().is_none_or(|one| *object.namespace == *one)
            && self.name.as_deref().is_none_or(|one| *object.name == *one)
            && self.labels.iter().all(|one| one.test.holds(object.label(&one.key)))
            && self.fields.iter().all(|one| one.test.holds(Some(object.field(&one.key))))
    }

    /// Whether it asks for labels or fields, so that nobody knows how many objects remain.
    pub(super) fn is_choosy(&self) -> bool {
        !(self.labels.is_empty() && self.fields.is_empty())
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let is_one_of =
            |values: &[String]| value.is_some_and(|value| values.iter().any(|one| one == value));
        match self {
            Self::In(values) => is_one_of(values),
            Self::NotIn(values) => !is_one_of(values),
            Self::Exists => value.is_some(),
            Self::Absent => value.is_none(),
        }
    }
}

fn fields(kind: Kind, text: &str) -> Result<Vec<Requirement>, String> {
    text.split(',').filter(|part| !part.trim().is_empty()).map(|part| field(kind, part)).collect()
}

fn field(kind: Kind, part: &str) -> Result<Requirement, String> {
    let Some((key, test)) = comparison(part) else {
        return Err(format!("invalid selector: '{part}'; can't understand '{part}'"));
    };
    let facts = kind.facts();
    let is_metadata = key == "metadata.name" || key == "metadata.namespace" && facts.namespaced;
    if !is_metadata && !facts.fields.contains(&key.as_str()) {
        let version = kind.api_version();
        let slash = if facts.group.is_empty() { "/" } else { "" };
        return Err(format!(
            "Unable to find \"{slash}{version}, Resource={}\" that match label selector \"\", field selector \"{part}\": field label not supported: {key}",
            facts.plural,
        ));
    }
    Ok(Requirement { key, test })
}

fn comparison(part: &str) -> Option<(String, Test)> {
    let test = |value: &str, is_equal: bool| {
        let values = vec![value.trim().to_owned()];
        if is_equal { Test::In(values) } else { Test::NotIn(values) }
    };
    for (sign, is_equal) in [("!=", false), ("==", true), ("=", true)] {
        if let Some((key, value)) = part.split_once(sign) {
            return Some((key.trim().to_owned(), test(value, is_equal)));
        }
    }
    None
}

fn labels(text: &str) -> Result<Vec<Requirement>, String> {
    parts(text).into_iter().map(|part| label(part.trim())).collect()
}

/// The requirements, which commas part; those between brackets part values.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .filter(|part| !part.trim().is_empty())
    .collect()
}

fn label(part: &str) -> Result<Requirement, String> {
    let refusal = || format!("unable to parse requirement: found '{part}', expected: a key");
    if let Some((key, test)) = comparison(part) {
        return if key.is_empty() { Err(refusal()) } else { Ok(Requirement { key, test }) };
    }
    if let Some(key) = part.strip_prefix('!') {
        return Ok(Requirement { key: key.trim().to_owned(), test: Test::Absent });
    }
    let mut words = part.splitn(2, char::is_whitespace);
    let key = words.next().unwrap_or_default().to_owned();
    let Some(rest) = words.next().map(str::trim) else {
        return Ok(Requirement { key, test: Test::Exists });
    };
    let test = |prefix: &str| -> Option<Vec<String>> {
        let list = rest.strip_prefix(prefix)?.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(list.split(',').map(|value| value.trim().to_owned()).collect())
    };
    match (test("in"), test("notin")) {
        (Some(values), _) => Ok(Requirement { key, test: Test::In(values) }),
        (_, Some(values)) => Ok(Requirement { key, test: Test::NotIn(values) }),
        _ => Err(refusal()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod() -> Object {
        let value = json!({
            "metadata": {"name": "a", "namespace": "n", "labels": {"tier": "std", "x.io/y": "1"}},
            "spec": {"nodeName": "m"},
            "status": {"phase": "Running"},
        });
        Object::new(Kind::Pod, value, 7)
    }

    fn by_labels(text: &str) -> bool {
        Selection { labels: labels(text).unwrap(), ..Selection::default() }.matches(&pod())
    }

    fn by_fields(text: &str) -> bool {
        let fields = fields(Kind::Pod, text).unwrap();
        Selection { fields, ..Selection::default() }.matches(&pod())
    }

    #[test]
    fn a_label_equals_in_either_spelling() {
        assert!(by_labels("tier=std") && by_labels("tier==std") && !by_labels("tier=big"));
    }

    #[test]
    fn a_label_that_is_absent_differs_from_everything() {
        assert!(by_labels("tier!=big") && by_labels("none!=big") && !by_labels("tier!=std"));
    }

    #[test]
    fn a_label_is_one_of_several() {
        assert!(by_labels("tier in (big, std)") && !by_labels("tier in (big)"));
        assert!(by_labels("tier notin (big)") && !by_labels("tier notin (big,std)"));
    }

    #[test]
    fn a_label_exists_or_not() {
        assert!(by_labels("x.io/y") && !by_labels("none"));
        assert!(by_labels("!none") && !by_labels("!tier"));
    }

    #[test]
    fn requirements_hold_together() {
        assert!(by_labels("tier in (big,std),x.io/y=1") && !by_labels("tier,x.io/y=2"));
    }

    #[test]
    fn fields_equal_and_differ() {
        assert!(by_fields("spec.nodeName=m,status.phase!=Failed"));
        assert!(!by_fields("spec.nodeName=m,status.phase!=Running"));
        assert!(by_fields("metadata.namespace=n") && !by_fields("metadata.name!=a"));
    }

    #[test]
    fn an_empty_value_selects_what_has_none() {
        assert!(by_fields("status.podIP=") && !by_fields("spec.nodeName="));
    }

    #[test]
    fn a_field_that_is_not_indexed_is_refused_in_the_words_of_the_server() {
        let words = fields(Kind::Pod, "spec.volumes=x").unwrap_err();
        assert_eq!(
            words,
            "Unable to find \"/v1, Resource=pods\" that match label selector \"\", field selector \"spec.volumes=x\": field label not supported: spec.volumes"
        );
    }

    #[test]
    fn a_selector_that_is_none_is_refused() {
        assert!(labels("a in b").is_err() && fields(Kind::Pod, "a").is_err());
    }
}
