//! Where exceptions of other tools may lie on GitLab: the files of a whole repository, memberships and tokens with an end.

use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::register::{TreeFile, TreeShape};
use super::rest::{Paging, Read, list};
use super::wire::Words;
use crate::api::Error;
use crate::domain::{FailureKind, Home, Text};

/// The most pages of a tree that are read, a hundred entries each.
const MOST_PAGES: usize = 100;

/// The files of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The files that were told.
    pub files: Vec<TreeFile>,
    /// Whether these are all: a repository may have more than is read.
    pub is_whole: bool,
    /// How many requests it took.
    pub pages: usize,
}

/// What holds members and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A project, by its full path.
    Project(&'a str),
    /// A group, by its full path.
    Group(&'a str),
}

impl<'a> Owner<'a> {
    /// The owner that a home is, where it is one of GitLab.
    pub fn of(home: &'a Home) -> Option<Owner<'a>> {
        match home {
            Home::Project(path) => Some(Owner::Project(path)),
            Home::Group(path) => Some(Owner::Group(path)),
            Home::Cluster(_) | Home::Alertmanager => None,
        }
    }

    fn route(self) -> String {
        match self {
            Owner::Project(path) => format!("projects/{}", path_escaped(path)),
            Owner::Group(path) => format!("groups/{}", path_escaped(path)),
        }
    }

    fn path(self) -> &'a str {
        let (Owner::Project(path) | Owner::Group(path)) = self;
        path
    }
}

/// A membership or an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `username` of a member, `name` of a token.
    pub name: Text,
    /// Its `access_level` in words: `Maintainer`.
    pub role: Text,
    /// `expires_at`, a day.
    pub expires_at: Option<Text>,
    /// Who granted it: `created_by.username`; of a token GitLab does not tell.
    pub granted_by: Option<Text>,
    /// Whether it counts: not blocked, not awaited, not revoked.
    pub is_active: bool,
}

#[derive(Debug, Deserialize)]
struct GrantShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
    name: Option<Words<'a>>,
    access_level: Option<u32>,
    expires_at: Option<Words<'a>>,
    created_by: Option<CreatorShape<'a>>,
    state: Option<Words<'a>>,
    membership_state: Option<Words<'a>>,
    active: Option<bool>,
    revoked: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct CreatorShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
}

impl GrantShape<'_> {
    fn grant(&self) -> Grant {
        let text = |words: &Option<Words<'_>>| words.as_deref().map(Text::new);
        let is_active =
            |words: &Option<Words<'_>>| words.as_deref().is_none_or(|word| word == "active");
        let creator = self.created_by.as_ref();
        Grant {
            name: text(&self.username)
                .or_else(|| text(&self.name))
                .unwrap_or_else(|| Text::new("")),
            role: role(self.access_level),
            expires_at: text(&self.expires_at),
            granted_by: creator.and_then(|one| text(&one.username)),
            is_active: is_active(&self.state)
                && is_active(&self.membership_state)
                && self.active != Some(false)
                && self.revoked != Some(true),
        }
    }
}

/// An access level in words (GitLab documentation, "Members API").
fn role(level: Option<u32>) -> Text {
    Text::new(match level {
        Some(5) => "Minimal access",
        Some(10) => "Guest",
        Some(15) => "Planner",
        Some(20) => "Reporter",
        Some(30) => "Developer",
        Some(40) => "Maintainer",
        Some(50) => "Owner",
        Some(other) => return Text::new(&format!("access level {other}")),
        None => "a role that GitLab does not tell",
    })
}

impl Gitlab {
    /// The files of a project at a branch, at its default branch where none is named.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn tree(&self, project: &str, branch: Option<&str>) -> Result<Tree, Error> {
        let doing = || format!("listing the files of {project}");
        let mut question = Read::at(format!("projects/{}/repository/tree", path_escaped(project)));
        question.parameters = vec![("recursive", "true".into())];
        question.parameters.extend(branch.map(|branch| ("ref", branch.to_owned().into())));
        let read = self.first_pages(&question, Paging::Keyset, MOST_PAGES).await;
        let (pages, is_whole) = read.map_err(|error| error.doing(doing()))?;
        let mut tree = Tree { files: Vec::new(), is_whole, pages: pages.len() };
        for page in pages {
            let shapes: Vec<TreeShape<'_>> =
                list(&page.body).map_err(|error| error.doing(doing()))?;
            tree.files.extend(shapes.iter().filter_map(TreeShape::file));
        }
        Ok(tree)
    }

    /// The commit at which a branch stands.
    ///
    /// # Errors
    /// Why that could not be read, with what would cure it.
    pub async fn head(&self, project: &str, branch: &str) -> Result<Text, Error> {
        #[derive(Deserialize)]
        struct BranchShape<'a> {
            #[serde(borrow)]
            commit: CommitShape<'a>,
        }
        #[derive(Deserialize)]
        struct CommitShape<'a> {
            #[serde(borrow)]
            id: Words<'a>,
        }
        let doing = || format!("reading where {branch} of {project} stands");
        let (project, branch) = (path_escaped(project), path_escaped(branch));
        let question = Read::at(format!("projects/{project}/repository/branches/{branch}"));
        let body = self.one(&question).await.map_err(|error| error.doing(doing()))?;
        let shape: BranchShape<'_> =
            super::rest::read(&body).map_err(|error| error.doing(doing()))?;
        Ok(Text::new(&shape.commit.id))
    }

    /// The direct members of a project or a group.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn members(&self, owner: Owner<'_>) -> Result<Vec<Grant>, Error> {
        let doing = format!("reading the members of {}", owner.path());
        self.grants(format!("{}/members", owner.route())).await.map_err(|error| error.doing(doing))
    }

    /// The access tokens of a project or a group.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn access_tokens(&self, owner: Owner<'_>) -> Result<Vec<Grant>, Error> {
        let doing = format!("reading the access tokens of {}", owner.path());
        let read = self.grants(format!("{}/access_tokens", owner.route())).await;
        read.map_err(|error| may_be_a_role(error).doing(doing))
    }

    async fn grants(&self, path: String) -> Result<Vec<Grant>, Error> {
        let mut grants = Vec::new();
        for page in self.pages(&Read::at(path), Paging::Link).await? {
            let shapes: Vec<GrantShape<'_>> = list(&page.body)?;
            grants.extend(shapes.iter().map(GrantShape::grant));
        }
        Ok(grants)
    }
}

/// Of access tokens GitLab says 401 to whoever may not see them, as if the caller's own token were at fault. Where that is
/// at fault, every other question tells.
fn may_be_a_role(error: Error) -> Error {
    if error.kind != FailureKind::TokenInvalid {
        return error;
    }
    let refused = Error { kind: FailureKind::Forbidden, ..error };
    refused.hinting("it takes the Owner role of the group, or Maintainer of the project")
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};

    #[tokio::test]
    async fn a_tree_is_read_at_the_branch_that_is_named() {
        let fake = Fake::of([Reply::json(json!([
            {"id": "aa", "type": "tree", "path": "app"},
            {"id": "bb", "type": "blob", "path": "app/.trivyignore"},
        ]))])
        .await;
        let tree = Gitlab::over(fake.http()).tree("a/b", Some("main")).await.unwrap();
        let file = TreeFile { path: Text::new("app/.trivyignore"), blob: Text::new("bb") };
        assert_eq!(tree, Tree { files: vec![file], is_whole: true, pages: 1 });
        let path = "/api/v4/projects/a%2Fb/repository/tree?recursive=true&ref=main&per_page=100&pagination=keyset";
        assert_eq!(fake.asked()[0].path, path);
    }

    #[tokio::test]
    async fn a_tree_without_an_end_is_cut_and_says_so() {
        let fake = Fake::by(|asked| {
            let number = asked.path.len();
            let host = asked.headers["host"].to_str().unwrap();
            let more = format!("<http://{host}{}x>; rel=\"next\"", asked.path);
            Reply::json(json!([{"id": "b", "type": "blob", "path": format!("f{number}")}]))
                .with("link", &more)
        })
        .await;
        let tree = Gitlab::over(fake.http()).tree("a/b", None).await.unwrap();
        assert_eq!((tree.is_whole, tree.pages), (false, MOST_PAGES));
    }

    #[tokio::test]
    async fn members_tell_their_role_their_end_and_who_let_them_in() {
        let fake = Fake::of([Reply::json(json!([
            {"username": "asha", "name": "Asha", "access_level": 40, "expires_at": "2026-03-31", "state": "active",
             "membership_state": "active", "created_by": {"username": "lena"}},
            {"username": "tomas", "access_level": 17, "expires_at": null, "state": "blocked", "created_by": null},
        ]))])
        .await;
        let found = Gitlab::over(fake.http()).members(Owner::Group("a/b")).await.unwrap();
        let text = Text::new;
        let asha = Grant {
            name: text("asha"),
            role: text("Maintainer"),
            expires_at: Some(text("2026-03-31")),
            granted_by: Some(text("lena")),
            is_active: true,
        };
        let tomas = Grant {
            name: text("tomas"),
            role: text("access level 17"),
            expires_at: None,
            granted_by: None,
            is_active: false,
        };
        assert_eq!(found, [asha, tomas]);
        assert_eq!(fake.asked()[0].path, "/api/v4/groups/a%2Fb/members?per_page=100");
    }

    #[tokio::test]
    async fn a_token_that_was_revoked_does_not_count() {
        let fake = Fake::of([Reply::json(json!([
            {"name": "importer", "access_level": 40, "expires_at": "2026-03-31", "active": true, "revoked": false},
            {"name": "old", "access_level": 30, "expires_at": "2026-03-31", "active": false, "revoked": true},
        ]))])
        .await;
        let found = Gitlab::over(fake.http()).access_tokens(Owner::Project("a/b")).await.unwrap();
        let told: Vec<(&str, bool)> =
            found.iter().map(|one| (one.name.as_str(), one.is_active)).collect();
        assert_eq!(told, [("importer", true), ("old", false)]);
    }

    #[tokio::test]
    async fn a_401_about_the_tokens_of_others_is_a_refusal_of_these_alone() {
        let refusal = || Reply::json(json!({"message": "401 Unauthorized"})).status(401);
        let fake = Fake::of([refusal(), refusal(), refusal()]).await;
        let error = Gitlab::over(fake.http()).access_tokens(Owner::Group("a")).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Forbidden);
    }

    #[tokio::test]
    async fn what_is_refused_names_what_was_asked() {
        let fake = Fake::of([Reply::json(json!({"message": "403 Forbidden"})).status(403)]).await;
        let error =
            Gitlab::over(fake.http()).access_tokens(Owner::Project("a/b")).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Forbidden);
        assert!(error.to_string().starts_with("reading the access tokens of a/b: "), "{error}");
    }
}
