//! The repositories as they are at the beginning: texts with commits, branches and merge requests in them.
//!
//! A line that begins with `@@` directs: `commit DAY LOGIN MESSAGE`, then `file PATH` with the lines up to the next, or
//! `delete PATH`; `on BRANCH`; `request DAY LOGIN TITLE` of the branch, with a description; `approve DAY LOGIN`;
//! `merge DAY LOGIN`. Days count from the start; `{{day+2}}` is a date, `{{at-3}}` an instant.

use std::sync::Arc;

use super::super::World;
use super::super::review::NewRequest;
use super::{MAIN, Note, Repository, Tree};
use crate::sim::clock::{self, Millis};

const DAY: Millis = 86_400_000;

/// What lies in which project, below the group of all.
const TEXTS: [(&str, &str); 7] = [
    ("acme/platform/exceptions", include_str!("../../repositories/exceptions.txt")),
    ("acme/payments/api", include_str!("../../repositories/payments-api.txt")),
    ("acme/web/checkout", include_str!("../../repositories/web-checkout.txt")),
    ("acme/infra/network", include_str!("../../repositories/infra-network.txt")),
    ("acme/infra/clusters", include_str!("../../repositories/infra-clusters.txt")),
    (
        "acme/platform/secrets-broker",
        include_str!("../../repositories/platform-secrets-broker.txt"),
    ),
    (
        "acme/platform/pipeline-components",
        include_str!("../../repositories/platform-pipeline-components.txt"),
    ),
];

/// Where the text of a repository has got to.
struct Writer {
    project: u64,
    branch: String,
    /// The commit that is being written, with its files.
    draft: Option<(Note, Tree)>,
    /// The merge request that is being written or was last.
    request: Option<u64>,
}

impl World {
    /// Fills the repositories.
    pub(in crate::sim::world) fn populate_repositories(&mut self) {
        self.plain = self.plain_repository();
        for (path, text) in TEXTS {
            let Some(project) = self.project_at(path).map(|project| project.id) else { continue };
            self.repositories.insert(project, Repository::default());
            self.write_repository(project, &self.dated(text));
        }
        self.add_records();
    }

    /// The repository of a project of which nothing is told: a file that says nothing much.
    fn plain_repository(&self) -> Repository {
        let mut plain = Repository::default();
        let blob = plain.keep("# Read me\n\nEverything in here is fictional.\n");
        let tree = Tree::from_iter([(Arc::from("README.md"), blob)]);
        let note = self.note("freya.mockup", "Begin\n", self.start - 300 * DAY);
        plain.commit(MAIN, Vec::new(), tree, note);
        plain
    }

    /// As many records more as the scenario wants, in one commit.
    fn add_records(&mut self) {
        let count = self.scenario.exceptions.records;
        let register = self.project_at("acme/platform/exceptions").map(|project| project.id);
        let Some(project) = register.filter(|_| count > 0) else { return };
        let note = self.note("freya.mockup", "Take in the old register\n", self.start - DAY / 2);
        let text = self.dated(include_str!("../../repositories/record.txt"));
        let Some(repository) = self.repositories.get_mut(&project) else { return };
        let mut tree = Tree::clone(&repository.tip(MAIN));
        for number in 0..count {
            let id = format!("EXC-2025-{number:05}");
            let blob = repository.keep(&text.replace("EXC-ID", &id));
            tree.insert(format!("exceptions/{id}.yaml").into(), blob);
        }
        let parents = repository.branches.get(MAIN).cloned().into_iter().collect();
        repository.commit(MAIN, parents, tree, note);
    }

    /// A text with its dates in place of how far they are from the start.
    fn dated(&self, text: &str) -> String {
        let mut parts = text.split("{{");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (what, rest) = part.split_once("}}").unwrap_or((part, ""));
            let days = |text: &str| text.parse::<i64>().unwrap_or(0) * DAY + self.start;
            match (what.strip_prefix("day"), what.strip_prefix("at")) {
                (Some(text), _) => whole.push_str(&clock::day(days(text))),
                (_, Some(text)) => whole.push_str(&clock::coarse(days(text))),
                _ => {}
            }
            whole.push_str(rest);
        }
        whole
    }

    fn write_repository(&mut self, project: u64, text: &str) {
        let mut writer = Writer { project, branch: MAIN.to_owned(), draft: None, request: None };
        let text = format!("\n{text}");
        for part in text.split("\n@@ ").skip(1) {
            let (head, body) = part.split_once('\n').unwrap_or((part, ""));
            let body = if body.is_empty() { String::new() } else { format!("{body}\n") };
            let (word, rest) = head.split_once(' ').unwrap_or((head, ""));
            self.direct(&mut writer, (word, rest), &body);
        }
        self.finish(&mut writer);
    }

    fn direct(&mut self, writer: &mut Writer, (word, rest): (&str, &str), body: &str) {
        if !matches!(word, "file" | "delete") {
            self.finish(writer);
        }
        let mut words = rest.splitn(3, ' ');
        let mut next = || words.next().unwrap_or_default();
        match word {
            "file" => self.write_file(writer, rest, body),
            "delete" => drop(writer.draft.as_mut().and_then(|(_, tree)| tree.remove(rest))),
            "on" => {
                rest.clone_into(&mut writer.branch);
                if rest != MAIN {
                    self.repository_mut(writer.project).branch_off(rest);
                }
            }
            _ => {
                let at = self.start + next().parse::<i64>().unwrap_or(0) * DAY;
                let (login, said) = (next(), next());
                self.direct_person(writer, (word, login, said), (body, at));
            }
        }
    }

    /// What a person does at an instant.
    fn direct_person(
        &mut self,
        writer: &mut Writer,
        (word, login, said): (&str, &str, &str),
        (body, at): (&str, Millis),
    ) {
        let person = self.place_of(login).unwrap_or_default();
        match (word, writer.request) {
            ("commit", _) => {
                let tree = Tree::clone(&self.repository(writer.project).tip(&writer.branch));
                writer.draft = Some((self.note(login, &format!("{said}\n"), at), tree));
            }
            ("request", _) => {
                let new = NewRequest {
                    title: said.to_owned(),
                    description: body.trim().to_owned(),
                    source: writer.branch.clone(),
                    target: MAIN.to_owned(),
                    author: person,
                    at,
                };
                writer.request = Some(self.open_request(writer.project, new));
            }
            ("approve", Some(iid)) => self.note_approval((writer.project, iid), person, at),
            ("merge", Some(iid)) => self.merge_request((writer.project, iid), person, at),
            _ => {}
        }
    }

    fn write_file(&mut self, writer: &mut Writer, path: &str, body: &str) {
        let blob = self.repository_mut(writer.project).keep(body);
        if let Some((_, tree)) = &mut writer.draft {
            tree.insert(path.into(), blob);
        }
    }

    fn finish(&mut self, writer: &mut Writer) {
        let Some((note, tree)) = writer.draft.take() else { return };
        let repository = self.repository_mut(writer.project);
        let parents = repository.branches.get(&writer.branch).cloned().into_iter().collect();
        repository.commit(&writer.branch, parents, tree, note);
    }
}

impl Repository {
    /// Lets a new branch begin where the main one is.
    fn branch_off(&mut self, name: &str) {
        if let Some(tip) = self.branches.get(MAIN).cloned() {
            self.branches.entry(name.to_owned()).or_insert(tip);
        }
    }
}
