//! `bypass_settings` of GitLab's approval policies: each entry lets somebody past a policy, and none has an end
//! (`.gitlab/security-policies/policy.yml`).

use serde::Deserialize;

use super::file::{File, Found};
use super::yaml::{self, Placed, Words};
use crate::domain::exception::{Standing, Tool};
use crate::domain::{Flaw, Text};

const TOKENS: &str = "a push is let through, yet the merge request may still ask for approval (gitlab-org/gitlab#578147)";

#[derive(Deserialize)]
struct Document {
    #[serde(default, alias = "scan_result_policy")]
    approval_policy: Option<Vec<Policy>>,
}

#[derive(Deserialize)]
struct Policy {
    name: Option<String>,
    enabled: Option<bool>,
    bypass_settings: Option<Bypass>,
}

#[derive(Deserialize)]
struct Bypass {
    branches: Option<Vec<Placed<Branches>>>,
    access_tokens: Option<Vec<Placed<Named>>>,
    service_accounts: Option<Vec<Placed<Named>>>,
    users: Option<Vec<Placed<Named>>>,
    groups: Option<Vec<Placed<Named>>>,
    roles: Option<Placed<Words>>,
    custom_roles: Option<Vec<Placed<Named>>>,
}

#[derive(Deserialize)]
struct Branches {
    source: Option<Branch>,
    target: Option<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    name: Option<String>,
    pattern: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

/// Reads the file: an exception for each entry, each by what it lets past which policy.
pub(super) fn read(file: &File<'_>, text: &str) -> Result<Found, Flaw> {
    let mut found = Found::default();
    let document = yaml::first::<Document>(file, text)?;
    for policy in document.and_then(|document| document.approval_policy).unwrap_or_default() {
        let Some(bypass) = policy.bypass_settings else { continue };
        let name = policy.name.as_deref().unwrap_or("a policy without a name");
        for (line, who, caveat) in entries(bypass) {
            let mut native = file.native(Tool::GitlabBypass, line, &format!("{name}: {who}"));
            native.subjects = vec![Text::new(&who)];
            native.caveats = caveat.map(Text::new).into_iter().collect();
            if policy.enabled == Some(false) {
                native.standing = Standing::Ignored(Text::new("the policy is switched off"));
            }
            found.natives.push(native);
        }
    }
    Ok(found)
}

type Entry = (u32, String, Option<&'static str>);

fn entries(bypass: Bypass) -> Vec<Entry> {
    let branches = bypass.branches.unwrap_or_default().into_iter().map(|branches| {
        let line = yaml::line(&branches);
        let (from, to) =
            (of_branch(branches.value.source.as_ref()), of_branch(branches.value.target.as_ref()));
        (line, format!("branch {from} to {to}"), None)
    });
    let lists = [
        ("access token", bypass.access_tokens, Some(TOKENS)),
        ("service account", bypass.service_accounts, Some(TOKENS)),
        ("user", bypass.users, None),
        ("group", bypass.groups, None),
        ("custom role", bypass.custom_roles, None),
    ];
    let named = lists.into_iter().flat_map(|(what, list, caveat)| {
        list.unwrap_or_default().into_iter().map(move |one| {
            let line = yaml::line(&one);
            let id = one.value.id.unwrap_or_else(|| "without an id".to_owned());
            (line, format!("{what} {id}"), caveat)
        })
    });
    let roles = bypass.roles.into_iter().flat_map(|list| {
        let whole = yaml::line(&list);
        list.value.0.into_iter().map(move |(line, role)| {
            (if line == 0 { whole } else { line }, format!("role {role}"), None)
        })
    });
    let mut all: Vec<Entry> = branches.chain(named).chain(roles).collect();
    all.sort_by_key(|(line, ..)| *line);
    all
}

fn of_branch(branch: Option<&Branch>) -> &str {
    let word = branch.and_then(|branch| branch.name.as_deref().or(branch.pattern.as_deref()));
    word.unwrap_or("*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::Bound;
    use crate::register::formats::tests::{FILE, at};

    const WHOLE: &str = "\
approval_policy:
  - name: Critical findings
    enabled: true
    rules:
      - type: scan_finding
        branches: [main]
    bypass_settings:
      branches:
        - source: {pattern: 'release/*'}
          target: {name: main}
      access_tokens:
        - id: 123
      service_accounts: [{id: 789}]
      users:
        - id: 7
      groups: [{id: 8}]
      roles: [maintainer]
      custom_roles:
        - id: 9
  - name: Licences
    enabled: false
    bypass_settings:
      users: [{id: 7}]
  - name: Nobody
";

    fn read_all(text: &str) -> Vec<crate::domain::Native> {
        read(&FILE, text).unwrap().natives
    }

    #[test]
    fn every_entry_is_an_exception_of_its_own() {
        let told: Vec<(Option<u32>, String)> =
            read_all(WHOLE).into_iter().map(|one| (one.line, one.rule.to_string())).collect();
        let wanted = [
            (9, "Critical findings: branch release/* to main"),
            (12, "Critical findings: access token 123"),
            (13, "Critical findings: service account 789"),
            (15, "Critical findings: user 7"),
            (16, "Critical findings: group 8"),
            (17, "Critical findings: role maintainer"),
            (19, "Critical findings: custom role 9"),
            (23, "Licences: user 7"),
        ];
        let wanted: Vec<_> = wanted.map(|(line, rule)| (Some(line), rule.to_owned())).into();
        assert_eq!(told, wanted);
    }

    #[test]
    fn none_of_them_ever_ends() {
        assert!(read_all(WHOLE).iter().all(|one| one.bound == Bound::Impossible));
    }

    #[test]
    fn a_policy_that_is_switched_off_has_nothing_to_bypass() {
        let all = read_all(WHOLE);
        let now = at("2026-03-01T00:00:00Z");
        let told: Vec<bool> = all.iter().map(|one| one.is_in_force(now)).collect();
        assert_eq!(told, [true, true, true, true, true, true, true, false]);
    }

    #[test]
    fn tokens_and_service_accounts_say_that_merge_requests_may_still_ask() {
        let with: Vec<bool> = read_all(WHOLE).iter().map(|one| !one.caveats.is_empty()).collect();
        assert_eq!(with, [false, true, true, false, false, false, false, false]);
    }

    #[test]
    fn the_former_name_of_the_list_is_read() {
        let text =
            "scan_result_policy:\n  - name: Old\n    bypass_settings:\n      users: [{id: 1}]\n";
        assert_eq!(&*read_all(text)[0].rule, "Old: user 1");
    }

    #[test]
    fn a_file_without_bypasses_holds_nothing() {
        assert_eq!(read_all("approval_policy:\n  - name: a\n"), []);
        assert_eq!(read_all("scan_execution_policy: []\n"), []);
    }
}
