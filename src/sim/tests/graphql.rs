//! GraphQL: checks, costs, pages, releases.

use serde_json::{Value, json};

use super::super::GraphQl;
use super::Bench;

fn message(answer: &Value) -> &str {
    answer["errors"][0]["message"].as_str().unwrap()
}

#[tokio::test]
async fn aliases_and_fragments_are_understood() {
    let bench = Bench::frozen("calm").await;
    let query = "query Q($path: ID!) { a: project(fullPath: $path) { ...P } b: project(fullPath: \"ACME/payments/api\") { ... on Project { fullPath __typename } } } fragment P on Project { path: fullPath }";
    let answer = bench.query(query, json!({"path": "acme/payments/api"})).await;
    let expected = json!({"data": {
        "a": {"path": "acme/payments/api"},
        "b": {"fullPath": "acme/payments/api", "__typename": "Project"},
    }});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn an_unknown_field_is_refused_and_remembered() {
    let bench = Bench::frozen("calm").await;
    let answer = bench.query("{ metadata { colour } }", json!({})).await;
    assert_eq!(message(&answer), "Field 'colour' doesn't exist on type 'Metadata'");
    assert_eq!(bench.sim.unknown(), ["graphql Metadata.colour"]);
}

#[tokio::test]
async fn a_query_that_costs_too_much_is_refused() {
    let bench = Bench::frozen("calm").await;
    // jobs: (nodes and 4 fields, 5, and itself, 1) * 2 = 12; pipelines (1 + 12 + 1) * 2 = 28;
    // projects (1 + 28 + 1) * 2 = 60; five of them within the group: 301.
    let list =
        "projects { nodes { pipelines { nodes { jobs { nodes { id name status tags } } } } } }";
    let lists: String = ["a", "b", "c", "d", "e"].map(|name| format!("{name}: {list} ")).concat();
    let query = format!("{{ group(fullPath: \"acme\") {{ {lists} }} }}");
    let answer = bench.query(&query, json!({})).await;
    let expected = "Query has complexity of 301, which exceeds max complexity of 250";
    assert_eq!(message(&answer), expected);
}

#[tokio::test]
async fn the_score_counts_fields_and_pages() {
    let bench = Bench::frozen("calm").await;
    let query = "{ queryComplexity { score } group(fullPath: \"acme\") { projects(first: 50) { nodes { id } } } }";
    let answer = bench.query(query, json!({})).await;
    // 2 for the score; group 1 + the page (nodes and id, 2, and itself, 1) times 1.5, truncated.
    assert_eq!(answer["data"]["queryComplexity"]["score"], 2 + 1 + 4);
}

#[tokio::test]
async fn a_query_of_more_than_ten_thousand_characters_is_too_large() {
    let bench = Bench::frozen("calm").await;
    let query = format!("{{ metadata {{ version }} }} #{}", "x".repeat(10_000));
    assert_eq!(bench.query_raw(&query, json!({})).await.status(), 422);
}

#[tokio::test]
async fn pages_add_up_to_the_count() {
    let bench = Bench::frozen("calm").await;
    let query = "query Q($after: String) { group(fullPath: \"acme\") { projects(includeSubgroups: true, first: 7, after: $after) { count pageInfo { hasNextPage endCursor } nodes { id } } } }";
    let (mut after, mut seen) = (Value::Null, 0);
    loop {
        let answer = bench.query(query, json!({"after": after})).await;
        let page = &answer["data"]["group"]["projects"];
        seen += page["nodes"].as_array().unwrap().len();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["count"], seen);
            return;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn a_page_holds_a_hundred_at_most() {
    let bench = Bench::frozen("quiet").await;
    let query = "{ group(fullPath: \"acme\") { projects(includeSubgroups: true, first: 500) { nodes { id } } } }";
    let answer = bench.query(query, json!({})).await;
    let rows = answer["data"]["group"]["projects"]["nodes"].as_array().unwrap().len();
    assert_eq!(rows, 100);
}

#[tokio::test]
async fn a_string_is_not_taken_for_an_id() {
    let bench = Bench::frozen("calm").await;
    let query = "query Q($path: String!) { project(fullPath: $path) { id } }";
    let answer = bench.query(query, json!({"path": "acme/payments/api"})).await;
    assert_eq!(
        message(&answer),
        "Type mismatch on variable $path and argument fullPath (String! / ID!)"
    );
}

#[tokio::test]
async fn release_16_3_has_no_source_of_a_pipeline() {
    let bench = Bench::frozen("graphql_16_3").await;
    let query =
        "{ project(fullPath: \"acme/payments/api\") { pipelines(first: 1) { nodes { source } } } }";
    let answer = bench.query(query, json!({})).await;
    assert_eq!(message(&answer), "Field 'source' doesn't exist on type 'Pipeline'");
}

#[tokio::test]
async fn release_16_3_does_not_know_a_newer_state() {
    let bench = Bench::frozen("graphql_16_3").await;
    let query = "query Q($s: [CiJobStatus!]) { project(fullPath: \"acme/payments/api\") { jobs(statuses: $s, first: 1) { nodes { id } } } }";
    let answer = bench.query(query, json!({"s": ["CANCELING"]})).await;
    assert!(message(&answer).contains("Expected \"CANCELING\" to be one of: CANCELED, CREATED"));
}

#[tokio::test]
async fn introspection_tells_what_a_release_knows() {
    let bench = Bench::frozen("calm").await;
    let query = "{ __type(name: \"Pipeline\") { fields { name } } }";
    let has_source = |answer: &Value| {
        let fields = answer["data"]["__type"]["fields"].as_array().unwrap().clone();
        fields.contains(&json!({"name": "source"}))
    };
    assert!(has_source(&bench.query(query, json!({})).await));
    bench.sim.world().graph_ql(GraphQl::V16_3);
    assert!(!has_source(&bench.query(query, json!({})).await));
}

#[tokio::test]
async fn files_are_told_at_a_ref_in_the_order_that_was_asked_and_what_is_not_there_is_left_out() {
    let bench = Bench::frozen("calm").await;
    let query = "query Q($paths: [String!]!) { project(fullPath: \"acme/platform/exceptions\") { repository {
        blobs(ref: \"main\", paths: $paths, first: 2) { pageInfo { hasNextPage } nodes { path oid size rawTextBlob } } } } }";
    let path = |number: &str| format!("exceptions/EXC-2026-{number}.yaml");
    let paths = [path("002"), path("999"), path("001"), path("003")];
    let answer = bench.query(query, json!({"paths": paths})).await;
    let blobs = &answer["data"]["project"]["repository"]["blobs"];
    assert_eq!(blobs["pageInfo"]["hasNextPage"], true);
    let nodes = blobs["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().map(|one| &one["path"]).collect::<Vec<_>>(), [&paths[0], &paths[2]]);
    let rest =
        "/projects/acme%2Fplatform%2Fexceptions/repository/files/exceptions%2FEXC-2026-002.yaml";
    let file = bench.json(&format!("{rest}?ref=main")).await;
    let raw = bench.get(&format!("{rest}/raw?ref=main")).await.text().await.unwrap();
    let expected = json!({"path": paths[0], "oid": file["blob_id"],
        "size": raw.len().to_string(), "rawTextBlob": raw});
    assert_eq!(nodes[0], expected);
}

#[tokio::test]
async fn graphql_that_is_off_is_not_found() {
    let bench = Bench::frozen("graphql_off").await;
    assert_eq!(bench.query_raw("{ metadata { version } }", json!({})).await.status(), 404);
}

#[tokio::test]
async fn mutations_are_refused_aloud() {
    let bench = Bench::frozen("calm").await;
    let answer =
        bench.query("mutation { jobRetry(input: {id: \"x\"}) { errors } }", json!({})).await;
    assert_eq!(message(&answer), "mutations are not supported by the simulator yet");
}

#[tokio::test]
async fn both_ways_tell_the_same_of_a_job() {
    let bench = Bench::frozen("calm").await;
    let job = *bench.sim.world().jobs_in("success").last().unwrap();
    let project = bench.sim.world().job_project(job).unwrap();
    let rest = bench.json(&format!("/projects/{project}/jobs/{job}")).await;
    let query = format!(
        "{{ projects(ids: [\"gid://gitlab/Project/{project}\"], first: 1) {{ nodes {{ job(id: \"gid://gitlab/Ci::Build/{job}\") {{ name status queuedDuration tags refName stage {{ name }} runner {{ id }} }} }} }} }}"
    );
    let answer = bench.query(&query, json!({})).await;
    let graph = &answer["data"]["projects"]["nodes"][0]["job"];
    let expected = json!({
        "name": rest["name"],
        "status": "SUCCESS",
        "queuedDuration": rest["queued_duration"],
        "tags": rest["tag_list"],
        "refName": rest["ref"],
        "stage": {"name": rest["stage"]},
        "runner": {"id": format!("gid://gitlab/Ci::Runner/{}", rest["runner"]["id"])},
    });
    assert_eq!(*graph, expected);
}
