//! Projects, and which of their refs are protected.

use std::sync::Arc;

use super::{ProjectId, Text, Timestamp};

/// A GitLab project that we watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its full path, `group/subgroup/name`.
    pub path: Text,
    /// The default branch, where GitLab told.
    pub default_branch: Option<Text>,
    /// Its page.
    pub web_url: Text,
    /// When GitLab last saw activity (pushes and the like; not every pipeline counts).
    pub last_activity_at: Option<Timestamp>,
    /// Its protected branches, names or wildcards; `None` until they were read.
    pub protected_refs: Option<Arc<[RefPattern]>>,
}

impl Project {
    /// Whether `reference` is protected; `None` while that is unknown.
    pub fn protects(&self, reference: &str) -> Option<bool> {
        self.protected_refs
            .as_ref()
            .map(|patterns| patterns.iter().any(|pattern| pattern.matches(reference)))
    }
}

/// The name of a protected branch, in which `*` stands for any run of characters.
///
/// Source: GitLab documentation, "Protected branches", wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefPattern(pub Text);

impl RefPattern {
    /// Whether the pattern covers `reference`.
    pub fn matches(&self, reference: &str) -> bool {
        glob(&self.0, reference)
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for any run of characters and nothing else is special.
pub fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| name.strip_prefix(head)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(tail) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_gitlab_does() {
        let cases = [
            ("main", "main", true),
            ("main", "main2", false),
            ("*", "any/thing", true),
            ("release/*", "release/1.2", true),
            ("release/*", "releases/1", false),
            ("*-stable", "1-2-stable", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
            ("a*a", "a", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }
}
