//! The one place that decides what a reading client may send: GET, HEAD, and GraphQL queries.

use graphql_parser::query::{Definition, OperationDefinition};
use http::Method;
use serde::Deserialize;
use url::Url;

use crate::api::Error;
use crate::domain::FailureKind;

/// The part of a GraphQL request's body that decides.
#[derive(Deserialize)]
struct Envelope {
    query: String,
}

/// Refuses whatever could change something. `graphql` is the one address to which a POST may go.
pub(super) fn admit(method: &Method, url: &Url, graphql: &Url, body: &[u8]) -> Result<(), Error> {
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    if method != Method::POST || url != graphql {
        return Err(refused(&format!("{method} {} would not only read", url.path())));
    }
    let envelope: Envelope = serde_json::from_slice(body)
        .map_err(|_| refused("a GraphQL request without a document"))?;
    admit_document(&envelope.query)
}

/// Admits a document whose operations are all queries.
fn admit_document(document: &str) -> Result<(), Error> {
    let parsed = graphql_parser::parse_query::<&str>(document)
        .map_err(|_| refused("a GraphQL document that does not parse"))?;
    let mut queries = 0;
    for definition in parsed.definitions {
        match definition {
            Definition::Fragment(_) => {}
            Definition::Operation(
                OperationDefinition::Query(_) | OperationDefinition::SelectionSet(_),
            ) => queries += 1,
            Definition::Operation(OperationDefinition::Mutation(_)) => {
                return Err(refused("a GraphQL mutation would change something"));
            }
            Definition::Operation(OperationDefinition::Subscription(_)) => {
                return Err(refused("a GraphQL subscription is not a query"));
            }
        }
    }
    if queries == 0 { Err(refused("a GraphQL document without a query")) } else { Ok(()) }
}

/// Our own refusal.
fn refused(why: &str) -> Error {
    Error::new(FailureKind::Query, format!("refused before sending: {why}")).hinting(
        "this is a fault of Watchfloor: reading clients send nothing else; please report it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(method: &Method, path: &str, body: &str) -> bool {
        let base = Url::parse("https://gitlab.example.com/").unwrap();
        let graphql = base.join("api/graphql").unwrap();
        admit(method, &base.join(path).unwrap(), &graphql, body.as_bytes()).is_ok()
    }

    fn document(query: &str) -> String {
        serde_json::json!({ "query": query }).to_string()
    }

    #[test]
    fn reading_is_admitted() {
        assert!(admits(&Method::GET, "api/v4/projects", ""));
        assert!(admits(&Method::HEAD, "api/v4/projects", ""));
    }

    #[test]
    fn changing_verbs_are_refused() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!admits(&method, "api/v4/projects/1/jobs/2/retry", ""), "{method}");
        }
    }

    #[test]
    fn a_query_may_be_posted_to_graphql_alone() {
        assert!(admits(&Method::POST, "api/graphql", &document("query Q { currentUser { id } }")));
        assert!(!admits(&Method::POST, "api/v4/graphql", &document("{ currentUser { id } }")));
    }

    #[test]
    fn a_mutation_is_refused_even_beside_a_query() {
        let sly =
            "query Q { currentUser { id } } mutation M { jobRetry(input: {id: 1}) { errors } }";
        assert!(!admits(&Method::POST, "api/graphql", &document(sly)));
        assert!(!admits(&Method::POST, "api/graphql", &document("mutation { a }")));
        assert!(!admits(&Method::POST, "api/graphql", &document("subscription { a }")));
    }

    #[test]
    fn a_mutation_in_a_comment_or_a_string_is_no_mutation() {
        let text = "# mutation\nquery Q { project(fullPath: \"mutation { a }\") { id } }";
        assert!(admits(&Method::POST, "api/graphql", &document(text)));
    }

    #[test]
    fn what_does_not_parse_is_refused() {
        assert!(!admits(&Method::POST, "api/graphql", "not json"));
        assert!(!admits(&Method::POST, "api/graphql", &document("query {")));
        assert!(!admits(&Method::POST, "api/graphql", &document("fragment F on A { b }")));
    }
}
