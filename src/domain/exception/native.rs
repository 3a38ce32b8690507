//! [`Native`]: an exception as it stands in a tool of its own, whether the register knows it or not.

use std::fmt;

use super::Stamp;
use crate::domain::{Text, Timestamp};

/// A tool and the form in which it keeps exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `.trivyignore`, a line each.
    TrivyIgnore,
    /// `.trivyignore.yaml`.
    TrivyIgnoreYaml,
    /// `osv-scanner.toml`.
    OsvScanner,
    /// `.grype.yaml`, which knows no end.
    Grype,
    /// `.checkov.yaml`, whole checks left out.
    CheckovConfig,
    /// A comment or an annotation in a file that Checkov reads.
    CheckovInline,
    /// `kyverno.io/v2` `PolicyException`, which knows no end but that of the object.
    KyvernoClassic,
    /// `policies.kyverno.io` `PolicyException`.
    KyvernoCel,
    /// A silence of Alertmanager.
    Silence,
    /// A membership of a GitLab project or group.
    GitlabMember,
    /// A GitLab token.
    GitlabToken,
    /// An entry of `bypass_settings` in a GitLab approval policy, which knows no end.
    GitlabBypass,
    /// A vulnerability dismissed on GitLab as an acceptable risk, which knows no end.
    GitlabDismissal,
}

impl Tool {
    /// Every form.
    pub const ALL: [Tool; 13] = [
        Tool::TrivyIgnore,
        Tool::TrivyIgnoreYaml,
        Tool::OsvScanner,
        Tool::Grype,
        Tool::CheckovConfig,
        Tool::CheckovInline,
        Tool::KyvernoClassic,
        Tool::KyvernoCel,
        Tool::Silence,
        Tool::GitlabMember,
        Tool::GitlabToken,
        Tool::GitlabBypass,
        Tool::GitlabDismissal,
    ];

    /// The name of the tool, as an artefact of a record has it: `trivy`, `osv-scanner`, …
    pub fn name(self) -> &'static str {
        match self {
            Tool::TrivyIgnore | Tool::TrivyIgnoreYaml => "trivy",
            Tool::OsvScanner => "osv-scanner",
            Tool::Grype => "grype",
            Tool::CheckovConfig | Tool::CheckovInline => "checkov",
            Tool::KyvernoClassic | Tool::KyvernoCel => "kyverno",
            Tool::Silence => "alertmanager",
            Tool::GitlabMember => "gitlab-member",
            Tool::GitlabToken => "gitlab-token",
            Tool::GitlabBypass => "gitlab-policy",
            Tool::GitlabDismissal => "gitlab-dismissal",
        }
    }

    /// The form, for people: `.trivyignore`, `Kyverno PolicyException (CEL)`, …
    pub fn form(self) -> &'static str {
        match self {
            Tool::TrivyIgnore => ".trivyignore",
            Tool::TrivyIgnoreYaml => ".trivyignore.yaml",
            Tool::OsvScanner => "osv-scanner.toml",
            Tool::Grype => ".grype.yaml",
            Tool::CheckovConfig => ".checkov.yaml",
            Tool::CheckovInline => "Checkov skip",
            Tool::KyvernoClassic => "Kyverno PolicyException",
            Tool::KyvernoCel => "Kyverno PolicyException (CEL)",
            Tool::Silence => "silence",
            Tool::GitlabMember => "GitLab membership",
            Tool::GitlabToken => "GitLab token",
            Tool::GitlabBypass => "GitLab policy bypass",
            Tool::GitlabDismissal => "dismissed vulnerability",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.form())
    }
}

/// Where an artefact lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// A GitLab project, by its full path.
    Project(Text),
    /// A GitLab group, by its full path.
    Group(Text),
    /// A cluster, by its configured name.
    Cluster(Text),
    /// The configured Alertmanager.
    Alertmanager,
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Home::Project(name) | Home::Group(name) | Home::Cluster(name) => f.pad(name),
            Home::Alertmanager => f.pad("alertmanager"),
        }
    }
}

/// Until when an artefact holds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Until this instant, or the start of this day in UTC.
    Until(Stamp),
    /// The form has a place for an end, and none was set.
    Unset,
    /// The form knows no end at all.
    Impossible,
}

impl Bound {
    /// The end, where there is one.
    pub fn end(self) -> Option<Timestamp> {
        match self {
            Bound::Until(stamp) => Some(stamp.at),
            Bound::Unset | Bound::Impossible => None,
        }
    }
}

/// Whether a tool heeds an artefact at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does, until its end.
    Heeded,
    /// It does not, and why: a date that it cannot read, an object that is switched off.
    Ignored(Text),
}

/// An exception as it stands in a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Native {
    /// The tool and its form.
    pub tool: Tool,
    /// Where it lies.
    pub home: Home,
    /// The file within a project, `namespace/name` within a cluster, the id of a silence, a username.
    pub path: Text,
    /// The line in the file, from 1; none where there is no file.
    pub line: Option<u32>,
    /// What is let pass: a vulnerability, a check, a policy's rule, a role, a matcher.
    pub rule: Text,
    /// What alone it is let pass for: packages, paths, resources, people. Empty where it holds for all.
    pub subjects: Vec<Text>,
    /// Until when.
    pub bound: Bound,
    /// Whether the tool heeds it.
    pub standing: Standing,
    /// Why, in its author's words.
    pub reason: Option<Text>,
    /// Who answers for it, where the form says so.
    pub owner: Option<Text>,
    /// What was read: the branch or commit of a project, the resource version of an object.
    pub revision: Option<Text>,
    /// The id of the file's blob, by which it is not read twice.
    pub blob: Option<Text>,
    /// What is to be known of this form: that an end is not kept everywhere, say.
    pub caveats: Vec<Text>,
}

impl Native {
    /// Whether the tool lets something pass by it at `now`. An end is the first instant that it does not.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.standing == Standing::Heeded && self.bound.end().is_none_or(|end| now < end)
    }
}
