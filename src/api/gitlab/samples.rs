//! Every documented sample of the endpoints that we read, decoded. `CONTRACTS` names the folder with the samples;
//! without it there is nothing to compare with, and the check that needs it sets it.

use std::path::PathBuf;

use serde_json::Value;

use super::rest::list;
use super::rest_shape::{
    BranchShape, BridgeShape, JobShape, ManagerShape, PipelineShape, ProjectShape, RunnerShape,
    TokenShape, UserShape, VersionShape,
};
use crate::api::Error;

/// Decodes the answer to a question; `None` for one that we do not ask.
fn decode(path: &str, body: &[u8]) -> Option<Result<usize, Error>> {
    let words: Vec<&str> =
        path.trim_start_matches("/api/v4").trim_matches('/').split('/').collect();
    Some(match words.as_slice() {
        ["version"] => list::<VersionShape<'_>>(body).map(|all| all.len()),
        ["user"] => list::<UserShape<'_>>(body).map(|all| all.len()),
        ["personal_access_tokens", "self"] => list::<TokenShape<'_>>(body).map(|all| all.len()),
        ["groups", _, "projects"] | ["projects", _] => {
            list::<ProjectShape<'_>>(body).map(|all| all.len())
        }
        ["groups" | "projects", _, "runners"] | ["runners", _] => {
            list::<RunnerShape<'_>>(body).map(|all| all.len())
        }
        ["runners", _, "managers"] => list::<ManagerShape<'_>>(body).map(|all| all.len()),
        ["projects", _, "protected_branches"] => list::<BranchShape<'_>>(body).map(|all| all.len()),
        ["projects", _, "pipelines"] | ["projects", _, "pipelines", _] => {
            list::<PipelineShape<'_>>(body).map(|all| all.len())
        }
        ["projects", _, "pipelines", _, "bridges"] => {
            list::<BridgeShape<'_>>(body).map(|all| all.len())
        }
        ["projects", _, "jobs"]
        | ["projects", _, "jobs", _]
        | ["projects", _, "pipelines", _, "jobs"] => {
            list::<JobShape<'_>>(body).map(|all| all.len())
        }
        _ => return None,
    })
}

/// Files that hold one answer each, and the question that it answers.
const WHOLE: [(&str, &str); 8] = [
    ("job.json", "/projects/1/jobs/1"),
    ("pipeline.json", "/projects/1/pipelines/1"),
    ("bridge.json", "/projects/1/pipelines/1/bridges"),
    ("protected-branch.json", "/projects/1/protected_branches"),
    ("all-runners.json", "/groups/1/runners"),
    ("runner-detail.json", "/runners/1"),
    ("personal-access-token.json", "/personal_access_tokens/self"),
    ("metadata.json", "/version"),
];

/// The samples of a file: each question with its answer.
fn samples(file: &Value) -> Vec<(String, Value)> {
    let records = file["records"].as_array().into_iter().flatten();
    records
        .filter_map(|record| {
            let asked = match &record["request"] {
                Value::Array(all) => all.first()?.as_str()?.to_owned(),
                Value::String(one) => one.clone(),
                _ => return None,
            };
            let (method, path) = asked.split_once(' ')?;
            let path = path.split('?').next()?.to_owned();
            let answer = &record["json"];
            // One library's tests answer a project with an empty object, which no GitLab does.
            let fragment = path.ends_with("/projects/1") && answer["id"].is_null();
            (method == "GET" && !answer.is_null() && !fragment).then(|| (path, answer.clone()))
        })
        .collect()
}

#[test]
fn every_documented_sample_of_what_we_read_decodes() {
    let Some(folder) = std::env::var_os("CONTRACTS").filter(|folder| folder != "none") else {
        return;
    };
    let folder = PathBuf::from(folder).join("gitlab");
    let mut files = vec![folder.join("samples-go-gitlab.json")];
    let documented = std::fs::read_dir(folder.join("samples-docs")).unwrap();
    files.extend(documented.map(|entry| entry.unwrap().path()));
    let (mut decoded, mut faults) = (0, Vec::new());
    for path in files {
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (asked, answer) in samples(&file) {
            match decode(&asked, answer.to_string().as_bytes()) {
                Some(Ok(_)) => decoded += 1,
                Some(Err(error)) => faults.push(format!("{asked}: {error}")),
                None => {}
            }
        }
    }
    for (name, asked) in WHOLE {
        let path = folder.join("samples-gitlab4j").join(name);
        match decode(asked, &std::fs::read(&path).unwrap()) {
            Some(Ok(_)) => decoded += 1,
            Some(Err(error)) => faults.push(format!("{name}: {error}")),
            None => faults.push(format!("{name}: nobody asks {asked}")),
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    assert!(decoded >= 38, "only {decoded} samples were found in {}", folder.display());
    println!("{decoded} documented samples decode");
}
