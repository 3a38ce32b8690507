//! What is read of a place: the whole GitLab, a group, a project; and which places there are below a group.

use url::Url;

use super::people::{self, Home};
use super::shape::{AtShape, GroupShape, ProjectShape};
use super::sheet::Sheet;
use super::{guards, runners, tokens, users};
use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::domain::access::{Group, Known, Part, Population};
use crate::domain::{Text, Tiers};

/// The places below a group, as they were listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// Full paths of its subgroups, at any depth; `None` where they could not be listed.
    pub groups: Option<Vec<Text>>,
    /// Full paths of its projects and those of its subgroups; `None` where they could not be listed.
    pub projects: Option<Vec<Text>>,
    /// The evidence, and the gaps.
    pub population: Population,
}

impl Gitlab {
    /// The same connection with a budget of its own below the common one, keeping no answers: what lists of tokens hold
    /// beside what is taken over is gone at once.
    #[must_use]
    pub fn aside(&self, requests_per_minute: u32) -> Gitlab {
        Gitlab::over(self.http.aside(requests_per_minute))
    }

    /// The places below a group; projects that are archived count as well, rights on them still read.
    ///
    /// # Errors
    /// What may pass; a refusal is a gap.
    pub async fn access_places(&self, group: &str) -> Result<Below, Error> {
        let (mut sheet, home) = (Sheet::new(self, group), Home::group(group));
        let path = home.at("descendant_groups");
        let groups = sheet.list::<AtShape>(Part::Groups, &path, &[]).await?;
        let all = [("include_subgroups", "true"), ("with_shared", "false")];
        let projects = sheet.list::<AtShape>(Part::Projects, &home.at("projects"), &all).await?;
        let paths = |read: Known<Vec<AtShape>>| match read {
            Known::Is(rows) => Some(rows.into_iter().map(|one| one.full_path).collect()),
            Known::Unread(_) => None,
        };
        let (groups, projects) = (paths(groups), paths(projects));
        Ok(Below { groups, projects, population: sheet.done() })
    }

    /// Accounts, personal tokens, and who reads all this.
    ///
    /// # Errors
    /// What may pass; a refusal is a gap.
    pub async fn access_of_instance(&self) -> Result<Population, Error> {
        let mut sheet = Sheet::new(self, "*");
        if users::own(&mut sheet).await? {
            users::all(&mut sheet).await?;
        } else {
            users::hidden(&mut sheet);
        }
        tokens::personal_tokens(&mut sheet).await?;
        Ok(sheet.done())
    }

    /// Rights on a group, by every path, with its tokens and what guards it; with the runners of all that lies below it
    /// where tiers are given.
    ///
    /// # Errors
    /// What may pass; a refusal is a gap.
    pub async fn access_of_group(
        &self,
        group: &str,
        tiers: Option<&Tiers>,
    ) -> Result<Population, Error> {
        let (mut sheet, home) = (Sheet::new(self, group), Home::group(group));
        let path = format!("{}?with_projects=false", home.path);
        let settings = sheet.one::<GroupShape>(Part::Groups, &path).await?;
        let shares = settings.fact().map_or(&[][..], |one| &one.shared_with_groups);
        people::shares(&mut sheet, &home, shares);
        let links = people::links(&mut sheet, &home).await?;
        people::direct(&mut sheet, &home, &links).await?;
        people::by_other_paths(&mut sheet, &home, shares).await?;
        people::scim(&mut sheet, &home).await?;
        people::pending(&mut sheet, &home).await?;
        tokens::of_home(&mut sheet, &home).await?;
        tokens::deploy_tokens(&mut sheet, &home).await?;
        if !group.contains('/') {
            tokens::service_accounts(&mut sheet, &home).await?;
            users::of_group(&mut sheet, &home).await?;
        }
        if let Some(tiers) = tiers {
            runners::read(&mut sheet, &home, tiers).await?;
        }
        let variables = guards::variables(&mut sheet, &home).await?;
        let told = settings.fact();
        let two_factor = match told.and_then(|one| one.require_two_factor_authentication) {
            Some(required) => Known::Is(required),
            None => Known::Unread(Text::new("the group's settings were not told")),
        };
        sheet.of.gitlab_host = host(told.and_then(|one| one.web_url.as_ref()));
        let path = told.map_or_else(|| Text::new(group), |one| one.full_path.clone());
        sheet.of.groups.push(Group { path, two_factor, variables });
        Ok(sheet.done())
    }

    /// Rights on a project, by every path, with its tokens and what guards it; with its runners where tiers are given.
    ///
    /// # Errors
    /// What may pass; a refusal is a gap.
    pub async fn access_of_project(
        &self,
        project: &str,
        tiers: Option<&Tiers>,
    ) -> Result<Population, Error> {
        let (mut sheet, home) = (Sheet::new(self, project), Home::project(project));
        let settings = sheet.one::<ProjectShape>(Part::Projects, &home.path).await?;
        // Where not even the project is shown, nothing of it is.
        let Known::Is(settings) = settings else { return Ok(sheet.done()) };
        people::shares(&mut sheet, &home, &settings.shared_with_groups);
        people::direct(&mut sheet, &home, &[]).await?;
        people::by_other_paths(&mut sheet, &home, &settings.shared_with_groups).await?;
        people::pending(&mut sheet, &home).await?;
        tokens::of_home(&mut sheet, &home).await?;
        tokens::deploy_tokens(&mut sheet, &home).await?;
        tokens::deploy_keys(&mut sheet, &home).await?;
        tokens::triggers(&mut sheet, &home).await?;
        guards::read(&mut sheet, &home, &settings).await?;
        if let Some(tiers) = tiers {
            runners::read(&mut sheet, &home, tiers).await?;
        }
        sheet.of.gitlab_host = host(settings.web_url.as_ref());
        for project in &mut sheet.of.projects {
            project.path = settings.path_with_namespace.clone();
        }
        Ok(sheet.done())
    }
}

/// The host by which GitLab knows itself, which its tokens and so trust policies name.
fn host(url: Option<&Text>) -> Option<Text> {
    let url = Url::parse(url?).ok()?;
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    Some(Text::new(&format!("{}{port}", url.host_str()?)))
}
