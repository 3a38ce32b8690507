//! [`Sheet`]: what is read of one place, part by part, with the evidence that it is whole and the gaps where it is not.

use gitlab::api::RestClient;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::refused;
use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::api::gitlab::fleet::not_there;
use crate::api::gitlab::graphql::{data, shape};
use crate::api::gitlab::rest::{list, ours};
use crate::api::http::{Answer, Body};
use crate::domain::access::{Gap, Known, Lack, Part, Population, Reading};
use crate::domain::{FailureKind, Text, Timestamp};

/// The most pages that are read of one list.
const MAX_PAGES: u64 = 1000;

/// What is read of one place.
pub(super) struct Sheet<'g> {
    pub(super) gitlab: &'g Gitlab,
    /// The path of the place; `*` for the whole GitLab.
    pub(super) at: Text,
    pub(super) of: Population,
}

/// A list of GraphQL within a group or a project.
pub(super) struct Connection<'a> {
    /// The document; its variables are `path` and `after`, and those below.
    pub(super) document: &'a str,
    /// `group` or `project`.
    pub(super) holder: &'a str,
    /// The field that holds the list.
    pub(super) field: &'a str,
    /// Further variables.
    pub(super) variables: Value,
    /// What the evidence calls it.
    pub(super) called: String,
}

/// A list as it comes in.
struct Coming<T> {
    rows: Vec<T>,
    pages: u64,
    total: Option<u64>,
    began_at: Timestamp,
}

impl<'g> Sheet<'g> {
    pub(super) fn new(gitlab: &'g Gitlab, at: &str) -> Sheet<'g> {
        Sheet { gitlab, at: Text::new(at), of: Population::empty(gitlab.now()) }
    }

    /// What was read; its instant is that of the last answer.
    pub(super) fn done(mut self) -> Population {
        self.of.taken_at = self.gitlab.now();
        self.of
    }

    /// Every page of a list of REST. A refusal is a gap; an error is what may pass.
    pub(super) async fn list<T: DeserializeOwned>(
        &mut self,
        part: Part,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Known<Vec<T>>, Error> {
        let read = self.rest(path, parameters).await;
        self.settle(part, &format!("GET {path}"), read)
    }

    /// One object of REST.
    pub(super) async fn one<T: DeserializeOwned>(
        &mut self,
        part: Part,
        path: &str,
    ) -> Result<Known<T>, Error> {
        Ok(match self.list::<T>(part, path, &[]).await? {
            Known::Unread(why) => Known::Unread(why),
            Known::Is(rows) => match rows.into_iter().next() {
                Some(row) => Known::Is(row),
                None => Known::Unread(self.lacks(part, Lack::Failed, "the answer was empty")),
            },
        })
    }

    /// Every page of a list of GraphQL.
    pub(super) async fn connection<T: DeserializeOwned>(
        &mut self,
        part: Part,
        asked: &Connection<'_>,
    ) -> Result<Known<Vec<T>>, Error> {
        let read = self.graphql(asked).await;
        self.settle(part, &format!("GraphQL {}", asked.called), read)
    }

    /// Notes that a part is not read here, and why.
    pub(super) fn lacks(&mut self, part: Part, lack: Lack, because: &str) -> Text {
        let because = Text::new(because);
        let at = self.at.clone();
        if !self.of.gaps.iter().any(|gap| gap.part == part && gap.because == because) {
            self.of.gaps.push(Gap { part, at, lack, because: because.clone() });
        }
        because
    }

    fn settle<T>(
        &mut self,
        part: Part,
        endpoint: &str,
        read: Result<Coming<T>, Error>,
    ) -> Result<Known<Vec<T>>, Error> {
        let coming = match read {
            Ok(coming) => coming,
            Err(error) => {
                // Before anything was read with it, a token that is refused may be no good at all.
                let is_doubtful =
                    error.kind == FailureKind::TokenInvalid && self.of.readings.is_empty();
                let refusal = refused::of_part(part, &error).filter(|_| !is_doubtful);
                let Some((lack, because)) = refusal else {
                    let doing = format!("reading the {} of {}", part.word(), self.at);
                    return Err(error.doing(doing));
                };
                return Ok(Known::Unread(self.lacks(part, lack, &because)));
            }
        };
        let rows = u64::try_from(coming.rows.len()).unwrap_or(u64::MAX);
        self.of.readings.push(Reading {
            part,
            at: self.at.clone(),
            endpoint: Text::new(endpoint),
            pages: coming.pages,
            rows,
            total: coming.total,
            began_at: coming.began_at,
            ended_at: self.gitlab.now(),
        });
        if let Some(total) = coming.total.filter(|total| *total != rows) {
            let why = format!("{rows} rows came of {total} that GitLab counted");
            self.lacks(part, Lack::Failed, &why);
        }
        Ok(Known::Is(coming.rows))
    }

    async fn rest<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Coming<T>, Error> {
        let mut url = self.gitlab.rest_endpoint(path).map_err(ours)?;
        url.query_pairs_mut().extend_pairs(parameters).append_pair("per_page", "100");
        let mut coming = self.coming();
        let mut next = Some(url);
        while let Some(url) = next {
            let page = self.gitlab.http.get(url.clone(), Body::Json).await?;
            coming.pages += 1;
            coming.total = total(&page).or(coming.total);
            next = page.next_page()?.filter(|next| *next != url);
            coming.rows.extend(
                list::<Value>(&page.body)?
                    .into_iter()
                    .map(row)
                    .collect::<Result<Vec<T>, Error>>()?,
            );
            if coming.pages >= MAX_PAGES && next.is_some() {
                return Err(shape("the list has no end"));
            }
        }
        Ok(coming)
    }

    async fn graphql<T: DeserializeOwned>(
        &self,
        asked: &Connection<'_>,
    ) -> Result<Coming<T>, Error> {
        let mut coming = self.coming();
        let mut after = Value::Null;
        loop {
            let mut variables = asked.variables.clone();
            if let Some(variables) = variables.as_object_mut() {
                variables.insert("path".to_owned(), self.at.as_str().into());
                variables.insert("after".to_owned(), after.clone());
            }
            let answer = self.gitlab.ask_plain(asked.document, variables).await?;
            let mut read: Value = data(&answer.body)?;
            let list = read.pointer_mut(&format!("/{}/{}", asked.holder, asked.field));
            let Some(list) = list.filter(|list| !list.is_null()) else {
                return Err(not_there(asked.field));
            };
            coming.pages += 1;
            let nodes = list.get_mut("nodes").map(Value::take);
            let nodes = if let Some(Value::Array(nodes)) = nodes { nodes } else { Vec::new() };
            let seen = nodes.into_iter().filter(|node| !node.is_null()).map(row);
            coming.rows.extend(seen.collect::<Result<Vec<T>, Error>>()?);
            let info = list.get("pageInfo");
            let more = info.and_then(|info| info.get("hasNextPage")?.as_bool()).unwrap_or_default();
            let cursor = info.and_then(|info| info.get("endCursor")).filter(|_| more);
            match cursor {
                Some(cursor) if *cursor != after && coming.pages < MAX_PAGES => {
                    after = json!(cursor);
                }
                Some(_) => return Err(shape("the list has no end")),
                None => return Ok(coming),
            }
        }
    }

    fn coming<T>(&self) -> Coming<T> {
        Coming { rows: Vec::new(), pages: 0, total: None, began_at: self.gitlab.now() }
    }
}

/// How many rows GitLab says that there are, where it counts them.
fn total(page: &Answer) -> Option<u64> {
    page.headers.get("x-total")?.to_str().ok()?.parse().ok()
}

/// One row. What of it is not asked for is let go here.
fn row<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    // The library quotes what it could not read, which may be a secret: only the place is told.
    serde_json::from_value(value).map_err(|_| shape("a row is not what GitLab documents"))
}
