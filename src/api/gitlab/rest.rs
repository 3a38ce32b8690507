//! Asking REST: single answers and lists of pages, and the lists of projects.

use std::borrow::Cow;
use std::sync::Arc;

use gitlab::api::endpoint_prelude::Method;
use gitlab::api::groups::projects::{GroupProjects, GroupProjectsOrderBy};
use gitlab::api::projects::Project as ProjectEndpoint;
use gitlab::api::{ApiError, AsyncQuery, Endpoint, QueryParams, RestClient, raw};
use serde::Deserialize;

use super::connection::Gitlab;
use super::graphql::{misread, shape};
use super::kind::FleetProject;
use super::rest_shape::ProjectShape;
use crate::api::Error;
use crate::api::http::{Answer, Body};
use crate::domain::FailureKind;

/// The most pages that are read of one list.
const MAX_PAGES: usize = 1000;

/// A page of a list, as it came.
pub(super) type Pages = Vec<Answer>;

/// A question that the library has no words for.
#[derive(Debug)]
pub(super) struct Read {
    /// The path below `api/v4/`.
    pub(super) path: String,
    /// The query's parameters.
    pub(super) parameters: Vec<(&'static str, Cow<'static, str>)>,
}

impl Read {
    /// A question without parameters.
    pub(super) fn at(path: String) -> Read {
        Read { path, parameters: Vec::new() }
    }
}

impl Endpoint for Read {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        self.path.clone().into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        for (name, value) in &self.parameters {
            parameters.push(*name, value.as_ref());
        }
        parameters
    }
}

/// How a list is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    /// By page number, following `Link`.
    Link,
    /// By keyset where the server has it, following `Link`.
    Keyset,
}

impl Gitlab {
    /// One answer, as bytes.
    pub(super) async fn one(&self, endpoint: &(impl Endpoint + Sync)) -> Result<Vec<u8>, Error> {
        raw(endpoint).query_async(self).await.map_err(ours)
    }

    /// Every page of a list. A short page does not end it; the absence of a next page does.
    pub(super) async fn pages(
        &self,
        endpoint: &(impl Endpoint + Sync),
        paging: Paging,
    ) -> Result<Pages, Error> {
        match self.first_pages(endpoint, paging, MAX_PAGES).await? {
            (pages, true) => Ok(pages),
            (_, false) => Err(shape("the list has no end")),
        }
    }

    /// So many pages of a list at the most, and whether these are all.
    pub(super) async fn first_pages(
        &self,
        endpoint: &(impl Endpoint + Sync),
        paging: Paging,
        most: usize,
    ) -> Result<(Pages, bool), Error> {
        let mut url = self.rest_endpoint(&endpoint.endpoint()).map_err(ours)?;
        endpoint.parameters().add_to_url(&mut url);
        url.query_pairs_mut().append_pair("per_page", "100");
        if paging == Paging::Keyset {
            url.query_pairs_mut().append_pair("pagination", "keyset");
        }
        let mut pages = Vec::new();
        let mut next = Some(url);
        while let Some(url) = next {
            if pages.len() >= most {
                return Ok((pages, false));
            }
            let page = self.http.get(url.clone(), Body::Json).await?;
            next = page.next_page()?.filter(|next| *next != url);
            pages.push(page);
        }
        Ok((pages, true))
    }

    /// The projects of a group and its subgroups, archived ones left out: what they are called and nothing of their work.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn projects_of_group(&self, group: &str) -> Result<Vec<FleetProject>, Error> {
        let doing = || format!("reading the projects of group {group}");
        self.rest_projects_of_group(group).await.map_err(|error| error.doing(doing()))
    }

    /// The projects of a group and its subgroups.
    pub(super) async fn rest_projects_of_group(
        &self,
        group: &str,
    ) -> Result<Vec<FleetProject>, Error> {
        let endpoint = GroupProjects::builder()
            .group(group)
            .include_subgroups(true)
            .with_shared(false)
            .archived(false)
            .order_by(GroupProjectsOrderBy::Id)
            .build()
            .map_err(|error| unbuilt(&error))?;
        let mut fleet = Vec::new();
        for page in self.pages(&endpoint, Paging::Keyset).await? {
            let shapes: Vec<ProjectShape<'_>> = list(&page.body)?;
            fleet.extend(
                shapes.iter().filter(|one| one.archived != Some(true)).map(|one| self.plain(one)),
            );
        }
        Ok(fleet)
    }

    /// One project by its path.
    pub(super) async fn rest_project(&self, path: &str) -> Result<FleetProject, Error> {
        let endpoint =
            ProjectEndpoint::builder().project(path).build().map_err(|error| unbuilt(&error))?;
        let body = self.one(&endpoint).await?;
        Ok(self.plain(&read::<ProjectShape<'_>>(&body)?))
    }

    fn plain(&self, shape: &ProjectShape<'_>) -> FleetProject {
        let project = Arc::new(shape.project(&mut self.interner()));
        FleetProject { project, marks: None }
    }
}

/// Reads a list. Where one object is documented in place of a list, it is a list of one.
pub(super) fn list<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<Vec<T>, Error> {
    if body.trim_ascii_start().first() == Some(&b'{') {
        return Ok(vec![read(body)?]);
    }
    serde_json::from_slice(body).map_err(|error| misread(&error))
}

/// Reads one object.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| misread(&error))
}

/// The library's error, which holds ours wherever something was asked.
pub(super) fn ours(error: ApiError<Error>) -> Error {
    match error {
        ApiError::Client { source } => source,
        other => Error::new(FailureKind::Other, super::super::http::short(&other.to_string())),
    }
}

/// A question that could not be built, which is our fault.
pub(super) fn unbuilt(error: &impl std::fmt::Display) -> Error {
    Error::new(FailureKind::Other, super::super::http::short(&error.to_string()))
}
