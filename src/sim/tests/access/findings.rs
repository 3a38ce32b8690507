//! Each finding is there once, and its near miss is none: told by plain rules of a reader's own, from the servers' answers.

use serde_json::{Value, json};

use super::super::super::{EXPECTED_ACCESS, STATIC_KEY_VALUE};
use super::{Bench, field, id, organised};
use crate::sim::clock;

const DAY: i64 = 86_400_000;

/// Everything about one scenario that the rules here look at.
struct Reader {
    bench: Bench,
    now: i64,
    users: Vec<Value>,
    projects: Vec<Value>,
    groups: Vec<Value>,
}

impl Reader {
    async fn new() -> Self {
        let bench = organised().await;
        let users = bench.rows("/users", 100).await;
        let projects = bench.rows("/groups/acme/projects?include_subgroups=true", 100).await;
        let mut groups = vec![bench.json("/groups/acme").await];
        groups.extend(bench.rows("/groups/acme/descendant_groups", 100).await);
        Self { bench, now: clock::now(), users, projects, groups }
    }

    fn user(&self, login: &str) -> &Value {
        self.users.iter().find(|user| user["username"] == login).unwrap()
    }

    /// Age in days of an instant or day.
    fn age(&self, at: &Value) -> Option<i64> {
        let text = at.as_str()?;
        let at = clock::parse(text).or_else(|| clock::parse(&format!("{text}T00:00:00Z")));
        Some((self.now - at.unwrap()).div_euclid(DAY))
    }

    /// What a list of every project has, with the project's path.
    async fn of_projects(&self, rest: &str) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        for project in &self.projects {
            let path = project["path_with_namespace"].as_str().unwrap();
            let rows = self.bench.json(&format!("/projects/{}/{rest}", id(path))).await;
            let rows = if let Value::Array(rows) = rows { rows } else { vec![rows] };
            all.extend(rows.into_iter().map(|row| (path.to_owned(), row)));
        }
        all
    }

    /// What a list of every group has, with the group's path.
    async fn of_groups(&self, rest: &str) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        for group in &self.groups {
            let path = group["full_path"].as_str().unwrap();
            let rows = self.bench.json(&format!("/groups/{}/{rest}", id(path))).await;
            all.extend(rows.as_array().unwrap().iter().map(|row| (path.to_owned(), row.clone())));
        }
        all
    }
}

/// What the table says of a rule: subjects and places.
fn expected(code: &str) -> Vec<(&'static str, &'static str)> {
    let rows = EXPECTED_ACCESS.iter().filter(|(known, ..)| *known == code);
    rows.map(|(_, subject, place)| (*subject, *place)).collect()
}

/// What was found, as the table has it.
fn found<'a>(rows: &'a [(String, Value)], name: &str) -> Vec<(&'a str, &'a str)> {
    rows.iter().map(|(path, row)| (row[name].as_str().unwrap(), path.as_str())).collect()
}

#[tokio::test]
async fn people_are_as_the_table_says() {
    let reader = Reader::new().await;
    let top = reader.bench.rows("/groups/acme/members", 100).await;
    let members = field(&top, "username");
    let is_person = |user: &&Value| {
        user["bot"] == false && members.contains(&user["username"].as_str().unwrap())
    };
    let people: Vec<&Value> = reader.users.iter().filter(is_person).collect();
    let logins = |holds: &dyn Fn(&Value) -> bool| -> Vec<(String, &str)> {
        let all = people.iter().filter(|user| holds(user));
        all.map(|user| (user["username"].as_str().unwrap().to_owned(), "")).collect()
    };
    let table = |code: &str| -> Vec<(String, &str)> {
        expected(code).into_iter().map(|(who, place)| (who.to_owned(), place)).collect()
    };
    let dormant = logins(&|user| {
        let idle = reader.age(&user["last_activity_on"]);
        let new = reader.age(&user["created_at"]).unwrap() <= 90;
        user["state"] == "active" && idle.map_or(!new, |days| days > 90)
    });
    assert_eq!(dormant, table("A01"));
    assert_eq!(logins(&|user| user["state"] != "active"), table("A06"));
    assert_eq!(logins(&|user| user["is_admin"] == true), table("A24"));
    assert_eq!(reader.user("quinn.observer")["is_auditor"], true);
    let owners = top.iter().filter(|row| row["access_level"] == 50 && row["username"] != "x");
    assert_eq!(owners.count(), 1, "A04");
    let roles: Vec<&Value> = top.iter().filter(|row| !row["member_role"].is_null()).collect();
    let mighty: Vec<&str> = roles
        .iter()
        .filter(|row| row["member_role"]["admin_group_member"] == true)
        .map(|row| row["username"].as_str().unwrap())
        .collect();
    assert_eq!((roles.len(), mighty), (2, vec![expected("A21")[0].0]));
}

#[tokio::test]
async fn grants_by_hand_are_as_the_table_says() {
    let reader = Reader::new().await;
    let top = reader.bench.rows("/groups/acme/members", 100).await;
    let level = |id: &Value| {
        top.iter()
            .find(|row| row["id"] == *id)
            .map_or(0, |row| row["access_level"].as_i64().unwrap())
    };
    let mut by_hand = reader.of_projects("members").await;
    by_hand
        .extend(reader.of_groups("members").await.into_iter().filter(|(path, _)| path != "acme"));
    by_hand.retain(|(_, row)| reader.user(row["username"].as_str().unwrap())["bot"] == false);
    by_hand.retain(|(_, row)| {
        let own = row["access_level"].as_i64().unwrap();
        own >= 30 && own > level(&row["id"])
    });
    let mut named = found(&by_hand, "username");
    named.sort_unstable();
    let covered = ("bruno.example", "acme/payments/ledger");
    assert_eq!(named, [covered, expected("A02")[0]]);
    let endless: Vec<(&str, &str)> = reader
        .groups
        .iter()
        .chain(&reader.projects)
        .flat_map(|place| {
            let path =
                place["full_path"].as_str().or_else(|| place["path_with_namespace"].as_str());
            let shares = place["shared_with_groups"].as_array().into_iter().flatten();
            shares
                .filter(|share| share["expires_at"].is_null())
                .map(move |share| (share["group_full_path"].as_str().unwrap(), path.unwrap()))
        })
        .collect();
    assert_eq!(endless, expected("A03"));
    let external: Vec<&str> = reader
        .users
        .iter()
        .filter(|user| user["external"] == true)
        .map(|user| user["username"].as_str().unwrap())
        .collect();
    let support = reader.bench.rows("/groups/acme%2Fsupport/members/all", 100).await;
    let outsiders: Vec<(&str, &str)> = support
        .iter()
        .filter(|row| row["access_level"].as_i64().unwrap() >= 30)
        .map(|row| (row["username"].as_str().unwrap(), "acme/support"))
        .filter(|(login, _)| external.contains(login))
        .collect();
    assert_eq!(outsiders, expected("A05"));
}

#[tokio::test]
async fn tokens_and_keys_are_as_the_table_says() {
    let reader = Reader::new().await;
    let mut tokens = reader.of_projects("access_tokens?state=active").await;
    tokens.extend(reader.of_groups("access_tokens?state=active").await);
    let only = |holds: &dyn Fn(&Value) -> bool| -> Vec<(String, Value)> {
        tokens.iter().filter(|(_, token)| holds(token)).cloned().collect()
    };
    let mighty = only(&|token| token["access_level"] == 50);
    assert_eq!(found(&mighty, "name"), expected("A07"));
    let unused = only(&|token| {
        let made = reader.age(&token["created_at"]).unwrap();
        reader.age(&token["last_used_at"]).map_or(made > 30, |days| days > 90)
    });
    assert_eq!(found(&unused, "name"), expected("A08"));
    let long = only(&|token| {
        let (made, left) =
            (reader.age(&token["created_at"]).unwrap(), reader.age(&token["expires_at"]));
        left.is_none_or(|left| made - left > 91 || -left <= 14)
    });
    assert_eq!(found(&long, "name"), expected("A09"));
    let gone = only(&|token| {
        let bot = reader.users.iter().find(|user| user["id"] == token["user_id"]).unwrap();
        bot["created_by"]["state"] != "active"
    });
    assert_eq!(found(&gone, "name"), expected("A10"));
    let keys = reader.of_projects("deploy_keys").await;
    let pushing: Vec<_> = keys.into_iter().filter(|(_, key)| key["can_push"] == true).collect();
    assert_eq!(found(&pushing, "title"), expected("A12"));
}

#[tokio::test]
async fn guards_are_as_the_table_says() {
    let reader = Reader::new().await;
    let open: Vec<_> = reader.of_projects("job_token_scope").await;
    let open: Vec<&str> = open
        .iter()
        .filter(|(_, one)| one["inbound_enabled"] == false)
        .map(|(path, _)| &**path)
        .collect();
    assert_eq!(open, [expected("A13")[0].1]);
    let branches = reader.of_projects("protected_branches").await;
    let pushed: Vec<_> = branches
        .into_iter()
        .filter(|(_, one)| {
            one["name"] == "main" && one["push_access_levels"][0]["access_level"] == 30
        })
        .collect();
    assert_eq!(found(&pushed, "name"), expected("A14"));
    let protected = reader.of_projects("protected_environments").await;
    let bare: Vec<_> = reader
        .of_projects("environments")
        .await
        .into_iter()
        .filter(|(path, one)| {
            let is_same =
                |(place, row): &(String, Value)| place == path && row["name"] == one["name"];
            one["tier"] == "production" && !protected.iter().any(is_same)
        })
        .collect();
    assert_eq!(found(&bare, "name"), expected("A15"));
    let approvals = reader.of_projects("approvals").await;
    let own: Vec<&str> = approvals
        .iter()
        .filter(|(_, one)| one["merge_requests_author_approval"] == true)
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(own, [expected("A17")[0].1]);
    let one_factor: Vec<&str> = reader
        .groups
        .iter()
        .filter(|group| group["require_two_factor_authentication"] == false)
        .map(|group| group["full_path"].as_str().unwrap())
        .collect();
    assert_eq!(one_factor, [expected("A23")[0].0]);
}

#[tokio::test]
async fn one_variable_is_a_static_key() {
    let reader = Reader::new().await;
    let mut variables = reader.of_projects("variables").await;
    variables.extend(reader.of_groups("variables").await);
    assert_eq!(variables.len(), 3);
    variables.retain(|(_, one)| one["key"].as_str().unwrap().contains("SECRET"));
    assert_eq!(found(&variables, "key"), expected("A25"));
    assert_eq!(variables[0].1["value"], json!(STATIC_KEY_VALUE));
}
