//! Faults, as a client meets them.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::{Fault, TokenFault};
use super::Bench;

async fn faulty(fault: Fault) -> Bench {
    let bench = Bench::frozen("calm").await;
    bench.sim.world().fault(fault);
    bench
}

fn token(fault: TokenFault) -> Fault {
    Fault { token: Some(fault), ..Fault::default() }
}

#[tokio::test]
async fn an_expired_token_is_told_apart() {
    let bench = faulty(token(TokenFault::Expired)).await;
    let response = bench.get("/version").await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_token");
}

#[tokio::test]
async fn an_unknown_token_is_plainly_unauthorised() {
    let bench = faulty(token(TokenFault::Invalid)).await;
    let response = bench.get("/version").await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"message": "401 Unauthorized"}));
}

#[tokio::test]
async fn a_token_without_its_scope_is_forbidden() {
    let bench = faulty(token(TokenFault::Scope)).await;
    let response = bench.get("/version").await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "insufficient_scope");
}

#[tokio::test]
async fn a_token_without_its_scope_still_tells_its_scopes() {
    let bench = faulty(token(TokenFault::Scope)).await;
    let own = bench.json("/personal_access_tokens/self").await;
    assert_eq!(own["scopes"], json!(["read_user"]));
}

#[tokio::test]
async fn a_cut_body_is_shorter_than_announced() {
    let bench = faulty(Fault { cut_after_bytes: Some(10), ..Fault::default() }).await;
    let response = bench.get("/groups/acme").await;
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 10);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_closed_connection_gives_no_answer() {
    let bench = faulty(Fault { close: true, ..Fault::default() }).await;
    assert!(bench.ask(Method::GET, "/version").send().await.is_err());
}

#[tokio::test]
async fn a_fault_that_was_met_once_is_over() {
    let fault = Fault { status: Some(500), count: Some(1), ..Fault::default() };
    let bench = faulty(fault).await;
    assert_eq!(bench.get("/version").await.status(), 500);
    assert_eq!(bench.get("/version").await.status(), 200);
}

#[tokio::test]
async fn cleared_faults_are_over() {
    let bench = faulty(Fault { status: Some(500), ..Fault::default() }).await;
    bench.sim.world().clear_faults();
    assert_eq!(bench.get("/version").await.status(), 200);
}

#[tokio::test]
async fn a_fault_of_one_operation_leaves_the_others_alone() {
    let fault =
        Fault { operation: Some("Fleet".to_owned()), status: Some(502), ..Fault::default() };
    let bench = faulty(fault).await;
    assert_eq!(
        bench.query_raw("query Fleet { metadata { version } }", json!({})).await.status(),
        502
    );
    assert_eq!(
        bench.query_raw("query Other { metadata { version } }", json!({})).await.status(),
        200
    );
}

#[tokio::test]
async fn a_page_instead_of_json_is_declared_as_one() {
    let fault = Fault {
        body: Some("<html></html>".to_owned()),
        content_type: Some("text/html".to_owned()),
        ..Fault::default()
    };
    let bench = faulty(fault).await;
    let response = bench.get("/version").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/html".parse().unwrap())
    );
}

#[tokio::test]
async fn a_redirect_leads_to_the_other_origin() {
    let bench = faulty(Fault { redirect_to_foreign: true, ..Fault::default() }).await;
    let response = bench.get("/version").await;
    assert_eq!(response.status(), 302);
    let place = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(place, format!("{}/api/v4/version", bench.sim.other_origin_url()));
}

#[tokio::test]
async fn the_other_origin_remembers_the_headers_of_its_visitors() {
    let bench = faulty(Fault::default()).await;
    let url = format!("{}/x?y=1", bench.sim.other_origin_url());
    bench.client.get(url).header("PRIVATE-TOKEN", "leaked").send().await.unwrap();
    let visit = bench.sim.foreign_requests().remove(0);
    assert_eq!((visit.method.as_str(), visit.path.as_str()), ("GET", "/x?y=1"));
    assert_eq!(visit.headers["private-token"], "leaked");
}

#[tokio::test]
async fn the_next_page_may_lie_on_the_other_origin() {
    let bench = faulty(Fault { foreign_link: true, ..Fault::default() }).await;
    let response = bench.get("/projects").await;
    let link = response.headers()["link"].to_str().unwrap();
    assert!(link.starts_with(&format!("<{}/", bench.sim.other_origin_url())));
}

#[tokio::test]
async fn a_header_can_be_added() {
    let headers = [("x-oops".to_owned(), "1".to_owned())].into();
    let bench = faulty(Fault { headers, ..Fault::default() }).await;
    assert_eq!(bench.get("/version").await.headers()["x-oops"], "1");
}
