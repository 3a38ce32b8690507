//! Rules about what guards the way to production: job tokens, branches, environments, runners, approvals, policies.

use crate::access::Ground;
use crate::access::verdict::{About, AboutKind, Outcome, Proof};
use crate::domain::access::{Allowed, Branch, Bypass, Environment, Known, Level, Project, Runner};
use crate::domain::{Severity, Text};

/// A13: job tokens of any project, or of a whole top group, may come in.
pub(super) fn job_tokens(_: &Ground<'_>, project: &Project) -> Option<Outcome> {
    let scope = match project.job_tokens.read() {
        Ok(scope) => scope,
        Err(why) => {
            return Some(Outcome::unknown(format_args!(
                "the scope of job tokens is not known: {why}"
            )));
        }
    };
    let told = |title: String, field: &str, value: &str| {
        let next = "limit access to the projects that need it";
        Some(Proof::new(Severity::High, title, next).with(field, value).at(&project.path).into())
    };
    if !scope.inbound_limited {
        let title = format!("{} lets in the job tokens of any project", project.path);
        return told(title, "inbound_enabled", "false");
    }
    match scope.groups.iter().find(|group| !group.contains('/')) {
        Some(group) => {
            let title = format!("{} lets in the job tokens of all of {group}", project.path);
            told(title, "groups_allowlist", group)
        }
        None => Some(Outcome::Clear),
    }
}

/// A14: a default branch that is open.
pub(super) fn default_branch(_: &Ground<'_>, project: &Project) -> Option<Outcome> {
    let doubt =
        |what: &str, why: &Text| Some(Outcome::unknown(format_args!("{what} not known: {why}")));
    let name = match project.default_branch.read() {
        Ok(None) => return None,
        Ok(Some(name)) => name,
        Err(why) => return doubt("the default branch is", why),
    };
    let rules: Vec<&Branch> = match project.branches.read() {
        Ok(rules) => rules.iter().filter(|rule| rule.covers(name)).collect(),
        Err(why) => return doubt("protected branches are", why),
    };
    let flaws = branch_flaws(&rules);
    if flaws.is_empty() {
        let unread = rules.iter().find_map(|rule| {
            rule.force_push.read().err().or_else(|| rule.code_owners.read().err())
        });
        return match unread {
            Some(why) => doubt("a setting of the protected branch is", why),
            None => Some(Outcome::Clear),
        };
    }
    let words: Vec<&str> = flaws.iter().map(|(words, ..)| *words).collect();
    let title = format!("{name} of {} {}", project.path, words.join(", "));
    let next = "let maintainers merge alone, without pushes by force, and with code owners";
    let mut proof = Proof::new(Severity::High, title, next).at(&project.path);
    for (_, field, value) in flaws {
        proof = proof.with(field, value);
    }
    Some(proof.into())
}

/// What is wrong with the rules of one branch: words, field, value. Where several rules hold, the most open one counts.
fn branch_flaws(rules: &[&Branch]) -> Vec<(&'static str, &'static str, String)> {
    if rules.is_empty() {
        return vec![("is not protected", "protected_branches", "none".to_owned())];
    }
    let mut flaws = Vec::new();
    let is_low = |allowed: &&Allowed| allowed.is_below(Level::Maintainer);
    let low = rules.iter().flat_map(|rule| &rule.push).find(is_low).and_then(|one| one.level);
    if let Some(level) = low {
        flaws.push(("may be pushed to by developers", "push_access_levels", level.to_string()));
    }
    if rules.iter().any(|rule| rule.force_push == Known::Is(true)) {
        flaws.push(("may be pushed to by force", "allow_force_push", "true".to_owned()));
    }
    if rules.iter().all(|rule| rule.code_owners == Known::Is(false)) {
        let value = "false".to_owned();
        flaws.push(("needs no code owner", "code_owner_approval_required", value));
    }
    flaws
}

/// A15: a production environment that is open.
pub(super) fn environment(project: &Project, one: &Environment) -> (About, Option<Outcome>) {
    let id = format!("{}@{}", project.path, one.name);
    (About::new(AboutKind::Environment, &id), production(project, one))
}

fn production(project: &Project, one: &Environment) -> Option<Outcome> {
    if !one.is_production() {
        return None;
    }
    let protection = match one.protection.read() {
        Ok(protection) => protection,
        Err(why) => {
            return Some(Outcome::unknown(format_args!("its protection is not known: {why}")));
        }
    };
    let told = |words: &str, field: &str, value: &str| {
        let title = format!("{} of {} {words}", one.name, project.path);
        let next = "protect it, with approval by somebody who did not trigger the deployment";
        let mut proof =
            Proof::new(Severity::High, title, next).with(field, value).at(&project.path);
        proof.environment = Some(one.name.clone());
        Some(proof.into())
    };
    let Some(protection) = protection else {
        return told("is not protected", "protected_environments", "none");
    };
    if protection.approvals == 0 && protection.rules.iter().all(|(_, needed)| *needed == 0) {
        return told("needs no approval", "approval_rules", "none");
    }
    match protection.self_approval.read() {
        Ok(true) => told("lets deployers approve their own", "self_approval", "true"),
        Ok(false) => Some(Outcome::Clear),
        Err(why) => Some(Outcome::unknown(format_args!(
            "whether deployers may approve their own is not known: {why}"
        ))),
    }
}

/// A16: a runner of a protected tier that serves anybody.
pub(super) fn runner(_: &Ground<'_>, one: &Runner) -> Option<Outcome> {
    if !one.serves_protected {
        return None;
    }
    // Only a runner of projects can be lent to others by whoever maintains one of them.
    let locked = if &*one.kind == "project_type" { one.locked.clone() } else { Known::Is(true) };
    let facts = [
        ("serves unprotected refs", "access_level", &one.ref_protected, true),
        ("takes untagged jobs", "run_untagged", &one.run_untagged, false),
        ("may be given to other projects", "locked", &locked, true),
    ];
    let wrong: Vec<_> =
        facts.iter().filter(|(.., fact, right)| fact.fact() == Some(&!right)).collect();
    if wrong.is_empty() {
        let unread = facts.iter().find_map(|(_, field, fact, _)| Some((field, fact.read().err()?)));
        return Some(unread.map_or(Outcome::Clear, |(field, why)| {
            Outcome::unknown(format_args!("{field} is not known: {why}"))
        }));
    }
    let words: Vec<&str> = wrong.iter().map(|(words, ..)| *words).collect();
    let title = format!("runner {} ({}) {}", one.id, one.description, words.join(", "));
    let next = "protect and lock the runner, and let it take tagged jobs alone";
    let mut proof = Proof::new(Severity::High, title, next);
    for (_, field, fact, _) in wrong {
        proof = proof.with(field, fact.fact().is_some_and(|fact| *fact));
    }
    Some(proof.into())
}

/// A17: approvals that prove little.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every rule has one form: nothing where it does not apply"
)]
pub(super) fn approvals(_: &Ground<'_>, project: &Project) -> Option<Outcome> {
    let settings = match project.approvals.read() {
        Ok(settings) => settings,
        Err(why) => {
            return Some(Outcome::unknown(format_args!(
                "settings of approvals are not known: {why}"
            )));
        }
    };
    let facts = [
        ("authors may approve", "merge_requests_author_approval", settings.author),
        (
            "committers may approve",
            "merge_requests_disable_committers_approval",
            settings.committers,
        ),
        ("approvals outlive a push", "reset_approvals_on_push", settings.kept_on_push),
        (
            "rules may be overridden",
            "disable_overriding_approvers_per_merge_request",
            settings.overrides,
        ),
    ];
    let wrong: Vec<_> = facts.into_iter().filter(|(.., is_wrong)| *is_wrong).collect();
    if wrong.is_empty() {
        return Some(Outcome::Clear);
    }
    let words: Vec<&str> = wrong.iter().map(|(words, ..)| *words).collect();
    let title = format!("{}: {}", project.path, words.join(", "));
    let next = "change the project's settings of merge request approvals";
    let mut proof = Proof::new(Severity::High, title, next).at(&project.path);
    for (_, field, _) in wrong {
        // The first field allows, the others forbid: that is GitLab's own spelling.
        proof = proof.with(field, field == "merge_requests_author_approval");
    }
    Some(proof.into())
}

/// A18: an entry that goes past a security policy.
pub(super) fn bypass(project: &Project, one: &Bypass) -> (About, Option<Outcome>) {
    let id = format!("{}#{}#{}", project.path, one.policy, one.who);
    let title = format!("{} goes past the policy {} in {}", one.who, one.policy, project.path);
    let next = "remove the entry, or write an exception that names the policy and has an end";
    let proof = Proof::new(Severity::High, title, next)
        .with("bypass_settings", &one.who)
        .at(&project.path)
        .named(&one.policy)
        .named(&one.who);
    (About::new(AboutKind::Bypass, &id), Some(proof.into()))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::{Code, Limits, judge};
    use crate::domain::access::{ApprovalSettings, JobTokenScope, Population, Protection};
    use crate::domain::exception::{ExceptionScope, fixture};
    use crate::domain::{ExceptionKind, Record};

    fn project(change: impl FnOnce(&mut Project)) -> Population {
        let mut of = population(NOW);
        let mut project = Project::new("acme/shop");
        change(&mut project);
        of.projects.push(project);
        of
    }

    fn hidden<T>() -> Known<T> {
        Known::Unread(Text::new("403"))
    }

    /// A scope that lets in these groups; without a list it lets in everybody.
    fn scope(groups: Option<&[&str]>) -> Population {
        let inbound_limited = groups.is_some();
        let groups = groups.unwrap_or_default();
        let groups = groups.iter().map(|group| Text::new(group)).collect();
        let scope = JobTokenScope { inbound_limited, projects: Vec::new(), groups };
        project(|project| project.job_tokens = Known::Is(scope))
    }

    #[test]
    fn open_job_tokens_and_a_whole_top_group_are_told_and_a_subgroup_is_not() {
        assert_eq!(told(&scope(None), Code::A13).found, ["acme/shop"]);
        assert_eq!(told(&scope(Some(&["acme"])), Code::A13).found, ["acme/shop"]);
        assert_eq!(told(&scope(Some(&["acme/shop"])), Code::A13).clear, 1);
        let of = project(|project| project.job_tokens = hidden());
        assert_eq!(told(&of, Code::A13).doubts, ["the scope of job tokens is not known: 403"]);
    }

    fn rule(name: &str, level: Level) -> Branch {
        Branch {
            name: Text::new(name),
            push: vec![Allowed::of_level(level)],
            merge: vec![Allowed::of_level(Level::Maintainer)],
            force_push: Known::Is(false),
            code_owners: Known::Is(true),
        }
    }

    fn branches(rules: Vec<Branch>) -> Population {
        project(|project| {
            project.default_branch = Known::Is(Some(Text::new("main")));
            project.branches = Known::Is(rules);
        })
    }

    #[test]
    fn a_default_branch_that_maintainers_alone_push_to_is_right() {
        assert_eq!(told(&branches(vec![rule("main", Level::Maintainer)]), Code::A14).clear, 1);
        assert_eq!(told(&branches(vec![rule("main", Level::None)]), Code::A14).clear, 1);
    }

    #[test]
    fn a_default_branch_is_told_for_each_way_in_which_it_is_open() {
        let main = || rule("main", Level::Maintainer);
        let force = Branch { force_push: Known::Is(true), ..main() };
        let ownerless = Branch { code_owners: Known::Is(false), ..main() };
        for rules in [
            vec![],
            vec![rule("release", Level::Maintainer)],
            vec![rule("main", Level::Developer)],
            vec![main(), rule("ma*", Level::Developer)],
            vec![force],
            vec![ownerless],
        ] {
            assert_eq!(told(&branches(rules.clone()), Code::A14).found.len(), 1, "{rules:?}");
        }
    }

    #[test]
    fn an_empty_repository_has_no_branch_and_one_not_read_is_a_doubt() {
        let of = project(|project| project.default_branch = Known::Is(None));
        assert_eq!(told(&of, Code::A14), Told::default());
        let of = project(|project| {
            project.default_branch = Known::Is(Some(Text::new("main")));
            project.branches = hidden();
        });
        assert_eq!(told(&of, Code::A14).doubts, ["protected branches are not known: 403"]);
        let of =
            branches(vec![Branch { code_owners: hidden(), ..rule("main", Level::Maintainer) }]);
        let because = "a setting of the protected branch is not known: 403";
        assert_eq!(told(&of, Code::A14).doubts, [because]);
    }

    fn environments(tier: &str, protection: Known<Option<Protection>>) -> Population {
        let one = Environment { name: Text::new("eu"), tier: Some(Text::new(tier)), protection };
        project(|project| project.environments = Known::Is(vec![one]))
    }

    fn protection(approvals: u32, self_approval: Known<bool>) -> Known<Option<Protection>> {
        Known::Is(Some(Protection { approvals, self_approval, ..Protection::default() }))
    }

    #[test]
    fn production_must_be_protected_and_approved_by_others() {
        let of = |protection| told(&environments("production", protection), Code::A15);
        assert_eq!(of(Known::Is(None)).found, ["acme/shop@eu"]);
        assert_eq!(of(protection(0, Known::Is(false))).found, ["acme/shop@eu"]);
        assert_eq!(of(protection(1, Known::Is(true))).found, ["acme/shop@eu"]);
        assert_eq!(of(protection(1, Known::Is(false))).clear, 1);
        let because = "whether deployers may approve their own is not known: 403";
        assert_eq!(of(protection(1, hidden())).doubts, [because]);
        assert_eq!(of(hidden()).doubts, ["its protection is not known: 403"]);
    }

    #[test]
    fn an_environment_that_is_no_production_may_be_open() {
        assert_eq!(told(&environments("staging", Known::Is(None)), Code::A15), Told::default());
    }

    fn runners(change: impl FnOnce(&mut Runner)) -> Population {
        let mut of = population(NOW);
        let mut one = Runner {
            id: 7,
            description: Text::new("protected-1"),
            kind: Text::new("project_type"),
            serves_protected: true,
            ref_protected: Known::Is(true),
            run_untagged: Known::Is(false),
            locked: Known::Is(true),
            token_expires_at: Known::default(),
        };
        change(&mut one);
        of.runners.push(one);
        of
    }

    #[test]
    fn a_runner_of_a_protected_tier_is_protected_tagged_and_locked() {
        let of = |change: fn(&mut Runner)| told(&runners(change), Code::A16);
        assert_eq!(of(|_| {}).clear, 1);
        assert_eq!(of(|one| one.ref_protected = Known::Is(false)).found, ["7"]);
        assert_eq!(of(|one| one.run_untagged = Known::Is(true)).found, ["7"]);
        assert_eq!(of(|one| one.locked = Known::Is(false)).found, ["7"]);
        assert_eq!(of(|one| one.locked = hidden()).doubts, ["locked is not known: 403"]);
    }

    #[test]
    fn a_runner_of_a_group_need_not_be_locked_and_of_another_tier_nothing() {
        let of = runners(|one| {
            one.kind = Text::new("group_type");
            one.locked = Known::Is(false);
        });
        assert_eq!(told(&of, Code::A16).clear, 1);
        let of = runners(|one| {
            one.serves_protected = false;
            one.run_untagged = Known::Is(true);
        });
        assert_eq!(told(&of, Code::A16), Told::default());
    }

    #[test]
    fn each_setting_that_weakens_approvals_is_told() {
        let right = ApprovalSettings {
            author: false,
            committers: false,
            kept_on_push: false,
            overrides: false,
        };
        let of = |settings| told(&project(|project| project.approvals = settings), Code::A17);
        assert_eq!(of(Known::Is(right)).clear, 1);
        for wrong in [
            ApprovalSettings { author: true, ..right },
            ApprovalSettings { committers: true, ..right },
            ApprovalSettings { kept_on_push: true, ..right },
            ApprovalSettings { overrides: true, ..right },
        ] {
            assert_eq!(of(Known::Is(wrong)).found, ["acme/shop"], "{wrong:?}");
        }
        assert_eq!(of(hidden()).doubts, ["settings of approvals are not known: 403"]);
    }

    fn bypassed() -> Population {
        let one = Bypass { policy: Text::new("scan"), who: Text::new("user asha") };
        project(|project| project.bypasses = Known::Is(vec![one]))
    }

    #[test]
    fn going_past_a_policy_is_told_and_an_empty_list_is_not() {
        assert_eq!(told(&bypassed(), Code::A18).found, ["acme/shop#scan#user asha"]);
        let of = project(|project| project.bypasses = Known::Is(Vec::new()));
        assert_eq!(told(&of, Code::A18), Told::default());
        assert_eq!(told(&project(|_| {}), Code::A18).doubts, ["it was not asked for"]);
    }

    #[test]
    fn an_active_exception_that_names_the_policy_covers_it_and_an_expired_one_does_not() {
        let scope = ExceptionScope {
            policies: vec![Text::new("scan")],
            projects: vec![Text::new("acme/shop")],
            ..ExceptionScope::default()
        };
        let record = |end: &str| Record {
            kind: ExceptionKind::Policy,
            scope: scope.clone(),
            ..fixture::record("EXC-1", "2026-03-01", end)
        };
        let covered = |end: &str| {
            let (of, limits, records) = (bypassed(), Limits::default(), [record(end)]);
            let ground = Ground::new(&of, &limits, &records, NOW.parse().unwrap());
            judge(&ground).findings[0].covered_by.clone()
        };
        assert_eq!(covered("2026-04-01"), Some(Text::new("EXC-1")));
        assert_eq!(covered("2026-03-15"), None);
    }
}
