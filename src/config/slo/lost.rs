//! [`Lost`]: what a file should have defined and could not, by the service that it names.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::diagnostic::Diagnostic;
use crate::domain::Text;

/// What begins another document of a file.
const DOCUMENT: &str = "---";

/// Something that a file should have defined for a service, and why it could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The service; empty where the file names none.
    pub service: Text,
    /// What it is called, for its own name is not known: the service, or what else it names, with the place.
    pub key: Text,
    /// Where, and why.
    pub why: Text,
}

/// What a fault takes away, by the services that its document names; by those of the whole file where none of its
/// `documents` was read. Nobody's, where it names nobody: then no objective of any service was in it.
pub(super) fn lost(fault: &Diagnostic, text: &str, documents: usize) -> Vec<Lost> {
    let text = if documents > 0 { document(text, fault.line) } else { text };
    let place = match fault.line {
        0 => fault.file.clone(),
        line => format!("{}:{line}", fault.file),
    };
    let short =
        Path::new(&place).file_name().map_or(place.clone().into(), |one| one.to_string_lossy());
    let why = Text::new(&format!("{place}: {}", fault.message));
    let made = |service: &str, name: &str| Lost {
        service: Text::new(service),
        key: Text::new(&format!("{name}-({short})")),
        why: why.clone(),
    };
    let services = values(text, "service");
    if services.is_empty() {
        return values(text, "name").into_iter().take(1).map(|name| made("", name)).collect();
    }
    services.into_iter().map(|service| made(service, service)).collect()
}

/// The document in which a line stands; everything where the line is not known.
fn document(text: &str, line: usize) -> &str {
    let (mut begin, mut at) = (0, 0);
    for (number, words) in (1..).zip(text.split_inclusive('\n')) {
        if words.starts_with(DOCUMENT) {
            if line != 0 && number > line {
                return text.get(begin..at).unwrap_or(text);
            }
            begin = at;
        }
        at += words.len();
    }
    if line == 0 { text } else { text.get(begin..).unwrap_or(text) }
}

/// Every value that stands behind a key, whatever else is wrong with the text.
fn values<'t>(text: &'t str, key: &str) -> BTreeSet<&'t str> {
    let is_of_word = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.');
    let value = |(at, _): (usize, &str)| {
        let before = text.get(..at)?.chars().next_back();
        let rest = text.get(at + key.len()..)?.trim_start_matches(['"', '\'', ' ']);
        let rest = rest.strip_prefix(':')?.trim_start_matches([' ', '"', '\'']);
        let end = rest.find(|sign: char| {
            sign.is_whitespace() || matches!(sign, ',' | '}' | '"' | '\'' | '#')
        });
        let value = rest.get(..end.unwrap_or(rest.len()))?;
        (!before.is_some_and(is_of_word) && !value.is_empty()).then_some(value)
    };
    text.match_indices(key).filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, line: usize, documents: usize) -> Vec<String> {
        let fault = Diagnostic { line, ..Diagnostic::about("slo/bad.yaml", "is wrong", None) };
        let all = lost(&fault, text, documents);
        all.iter().map(|one| format!("{}|{}|{}", one.service, one.key, one.why)).collect()
    }

    #[test]
    fn a_fault_counts_for_the_service_of_its_document_alone() {
        let text =
            "version: prometheus/v1\nservice: checkout\n---\nspec: {service: 'search', x: 1}\n";
        assert_eq!(told(text, 2, 1), ["checkout|checkout-(bad.yaml:2)|slo/bad.yaml:2: is wrong"]);
        assert_eq!(told(text, 4, 1), ["search|search-(bad.yaml:4)|slo/bad.yaml:4: is wrong"]);
    }

    #[test]
    fn a_file_of_which_nothing_was_read_counts_for_every_service_that_it_names() {
        let text = "\"service\": \"a\"\n---\nservice: b # c\n---\nspec: [\n";
        assert_eq!(told(text, 5, 0).len(), 2);
    }

    #[test]
    fn a_document_without_a_service_goes_by_its_name_and_one_that_names_nothing_is_nobodys() {
        let text = "metadata: {name: catalog-pages}\nquery: up{service=\"x\"}\n";
        assert_eq!(told(text, 1, 1), ["|catalog-pages-(bad.yaml:1)|slo/bad.yaml:1: is wrong"]);
        assert_eq!(told("kind: [", 1, 0), Vec::<String>::new());
        assert_eq!(told("my-service: a\nservices: b\n", 0, 1), Vec::<String>::new());
    }
}
