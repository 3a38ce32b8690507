//! Every request that the program can send: reading clients only read, and what changes goes through the gate.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use graphql_parser::query::{Definition, OperationDefinition};
use watchfloor::action::Desk;
use watchfloor::api::Wiring;
use watchfloor::config::{LoadRequest, Overrides, Settings};
use watchfloor::domain::{ACT_STEPS, ACTS, Proposal, TargetKind, Text, Timestamp};

use crate::documents::assert_current;

/// What the endpoints of the GitLab crate ask for, by the name with which the client builds them.
#[rustfmt::skip] // Read as a table.
const ENDPOINTS: &[(&str, &str)] = &[
    ("CurrentUser",             "/user"),
    ("GroupProjects",           "/groups/:id/projects"),
    ("GroupRunners",            "/groups/:id/runners"),
    ("JobEndpoint",             "/projects/:id/jobs/:id"),
    ("JobTrace",                "/projects/:id/jobs/:id/trace"),
    ("Jobs",                    "/projects/:id/jobs"),
    ("PersonalAccessTokenSelf", "/personal_access_tokens/self"),
    ("PipelineBridges",         "/projects/:id/pipelines/:id/bridges"),
    ("PipelineEndpoint",        "/projects/:id/pipelines/:id"),
    ("PipelineJobs",            "/projects/:id/pipelines/:id/jobs"),
    ("ProjectEndpoint",         "/projects/:id"),
    ("ProjectRunners",          "/projects/:id/runners"),
    ("ProtectedBranches",       "/projects/:id/protected_branches"),
    ("RunnerEndpoint",          "/runners/:id"),
];

/// The sources of the GitLab client, without their unit tests.
fn client() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api/gitlab");
    files(&folder, "rs")
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source");
            text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
        })
        .collect()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == ending));
    files.sort();
    files
}

/// What the client asks in words of its own: the literal behind `Read::at(` or `Read { path: `.
fn own_questions() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in client() {
        for mark in ["Read::at(", "= Read {"] {
            for (at, _) in text.match_indices(mark) {
                let literal = text[at..].split('"').nth(1).expect("a literal path");
                found.insert(format!("/{}", with_ids(literal)));
            }
        }
    }
    found
}

/// A path whose places in braces are ids.
fn with_ids(path: &str) -> String {
    let part = |part: &str| if part.contains('{') { ":id".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The names with which the client builds endpoints of the crate.
fn built() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in client() {
        for (at, _) in text.match_indices("::builder()") {
            let name = text[..at].rsplit(|c: char| !c.is_alphanumeric()).next();
            found.insert(name.expect("a name").to_owned());
        }
    }
    found
}

/// The GraphQL documents by name.
fn documents() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api/gitlab/queries");
    let named = |path: &PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("a document"))
    };
    files(&folder, "graphql").iter().map(named).collect()
}

/// A desk on a configuration with every platform that acts know.
fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    let text = "[gitlab]\nurl = \"https://gitlab.example.com\"\ntoken = { env = \"T\" }\ngroups = [\"acme\"]\n\n\
                [[cluster]]\nname = \"ci\"\nin_cluster = true\n\
                eks = { name = \"ci\", region = \"eu-west-1\" }\nnodegroup_bounds = { \"ci-standard\" = { max = 9 } }\n\n\
                [alertmanager]\nurl = \"https://alerts.example.com\"\n\n\
                [exceptions]\nproject = \"PROJECT\"\n";
    fs::write(&path, text).expect("written");
    let overrides = Overrides { config: Some(path), ..Overrides::default() };
    let loaded = Settings::load(&LoadRequest { overrides, ..LoadRequest::default() });
    let settings = loaded.unwrap_or_else(|error| panic!("{error}")).settings;
    let wiring = Wiring::new(|| Timestamp::UNIX_EPOCH, |_| None);
    let os = (Text::new("tester"), Text::new("here"));
    Desk::new(&settings, &folder.path().join("audit.db"), os, wiring)
}

/// A target of a kind, as a person writes it.
fn example(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Job | TargetKind::Pipeline | TargetKind::Deployment => "PROJECT#1",
        TargetKind::Request => "PROJECT!1",
        TargetKind::Runner => "1",
        TargetKind::Pod => "ci/namespace/name",
        TargetKind::Node => "ci/node",
        TargetKind::NodeGroup => "ci/ci-standard",
        TargetKind::Alert => "00f067aa0ba902b7",
        TargetKind::Exception => "EXC-1",
        TargetKind::Member => "group:GROUP@1",
        TargetKind::Token | TargetKind::DeployToken | TargetKind::DeployKey => "project:PROJECT#1",
        TargetKind::AccessEntry => "ci#arn:aws:iam::111122223333:role/name",
        TargetKind::Finding => "queue.late/standard",
        TargetKind::Silence => "b4b7ab1c-9e6a-4a06-a2f5-6d2f43c4a8f0",
    }
}

/// What each act sends, as its own proposal comes to on the wire; each of its requests by itself.
fn acts() -> Vec<(&'static str, Option<(String, String)>)> {
    let desk = desk();
    let one = |act: &'static watchfloor::domain::Act| {
        let target = act.target.read(example(act.target)).expect("a target");
        let settings = [("desired", "3"), ("max", "5")];
        let settings = settings.map(|(name, value)| (Text::new(name), Text::new(value)));
        let settings = if act.settings.contains(&"desired") { settings.into() } else { Vec::new() };
        let wires = desk.wires(&Proposal { settings, ..Proposal::new(act, target) });
        let sent = wires.into_iter().map(|wire| {
            let url = url::Url::parse(&wire.url).expect("an address");
            Some((wire.method.to_string(), url.path().to_owned()))
        });
        let mut sent: Vec<_> = sent.collect();
        if sent.is_empty() {
            sent.push(None);
        }
        sent.into_iter().map(|sent| (act.name, sent)).collect::<Vec<_>>()
    };
    ACTS.iter().chain(ACT_STEPS).flat_map(one).collect()
}

#[tokio::test]
async fn the_page_of_requests_is_current() {
    let mut page = String::from(
        "What Watchfloor can send. The first part goes out at any time; the second only from the one gate, after a record\n\
         of it is on disk, on clients of their own that never send anything twice.\n\n## While it only reads\n\n\
         | to | method | what |\n|---|---|---|\n",
    );
    let mut reads: BTreeSet<String> = own_questions();
    reads.extend(
        ENDPOINTS.iter().filter(|(name, _)| built().contains(*name)).map(|(_, p)| (*p).to_owned()),
    );
    for path in &reads {
        writeln!(page, "| GitLab | GET | `/api/v4{path}` |").expect("written");
    }
    for (name, _) in documents() {
        writeln!(page, "| GitLab | POST | `/api/graphql`: the query `{name}` |").expect("written");
    }
    page.push_str(
        "| Kubernetes | GET | lists, watches, single objects and logs |\n\
         | AWS EKS | GET | clusters, node groups |\n\
         | Prometheus | GET | `/api/v1/query`, `/api/v1/query_range`, `/api/v1/rules` |\n\
         | Prometheus | POST | `/api/v1/query` and `/api/v1/query_range` where the question is long |\n\
         | Alertmanager | GET | `/api/v2/alerts`, `/api/v2/silences` |\n\
         | AWS STS | POST | `GetCallerIdentity`, `AssumeRole`, `AssumeRoleWithWebIdentity` |\n\
         | AWS Auto Scaling | POST | what begins with `Describe` |\n\n\
         The transport of each client refuses everything else before it leaves the machine.\n\n\
         ## From the gate alone\n\n| act | method | path |\n|---|---|---|\n",
    );
    for (act, sent) in acts() {
        let (method, path) = sent.unwrap_or_else(|| ("–".to_owned(), "not built yet".to_owned()));
        writeln!(page, "| `{act}` | {method} | `{path}` |").expect("written");
    }
    page.push_str(
        "\n`exception.approve` is followed by `exception.merge` where GitLab allows it, `exception.refuse` and `exception.withdraw` by\n\
         `exception.close`: each with a record and a permit of its own. Approving and merging name the commit that was reviewed.\n",
    );
    page.push_str(
        "\nOnce armed, clusters are asked who we are and what we may do, which takes a POST: `selfsubjectreviews`,\n\
         `selfsubjectrulesreviews` and `selfsubjectaccessreviews`. They change nothing and have no record.\n",
    );
    assert_current("requests.md", "Requests", &page);
}

#[test]
fn every_endpoint_that_the_client_builds_is_known_here() {
    let known: BTreeSet<String> = ENDPOINTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(built(), known, "say in ENDPOINTS what they ask for");
    assert!(own_questions().contains("/projects/:id/deployments"));
}

#[test]
fn every_graphql_document_holds_queries_alone() {
    let documents = documents();
    assert!(!documents.is_empty());
    for (name, text) in documents {
        let parsed = graphql_parser::parse_query::<&str>(&text).expect("a document");
        let reads = |one: &Definition<'_, &str>| {
            matches!(
                one,
                Definition::Fragment(_)
                    | Definition::Operation(
                        OperationDefinition::Query(_) | OperationDefinition::SelectionSet(_)
                    )
            )
        };
        assert!(parsed.definitions.iter().all(reads), "{name}");
    }
}

#[tokio::test]
async fn every_act_comes_to_changing_requests_of_its_platform() {
    for (act, sent) in acts() {
        let (method, path) = sent.unwrap_or_else(|| panic!("{act} sends nothing"));
        let (methods, start): (&[&str], &str) = match act {
            "pod.delete" => (&["DELETE"], "/api/v1/namespaces/"),
            "node.cordon" | "node.uncordon" => (&["PATCH"], "/api/v1/nodes/"),
            "nodegroup.scale" => (&["POST"], "/clusters/"),
            // Its record is all of it.
            "finding.acknowledge" => (&["none"], "audit"),
            "silence.create" => (&["POST"], "/api/v2/silences"),
            "silence.expire" => (&["DELETE"], "/api/v2/silence/"),
            "accessentry.delete" => (&["DELETE"], "/clusters/"),
            "member.remove" | "token.revoke" | "deploytoken.revoke" | "deploykey.delete" => {
                (&["DELETE"], "/api/v4/")
            }
            _ => (&["POST", "PUT"], "/api/v4/"),
        };
        assert!(methods.contains(&method.as_str()), "{act}: {method}");
        assert!(path.starts_with(start), "{act}: {path}");
    }
}
