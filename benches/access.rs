//! `cargo bench --bench access`: a review of 20,000 items: judged, started, opened, filtered, decided.

use std::path::Path;

use anyhow::{Result, ensure};
use watchfloor::access::campaign::{Ask, Decision, Item, Reviewer, Vouch};
use watchfloor::access::{Ground, Index, Limits, judge};
use watchfloor::domain::access::{
    AccountState, Activity, Grant, Hop, Known, Level, Population, Precision, Principal,
    PrincipalKind, Resource, ResourceKind, Right, Standing, Via,
};
use watchfloor::domain::{Text, Timestamp};
use watchfloor::runtime::Clock;
use watchfloor::runtime::review::{Plan, Reviews};

mod stage;

use stage::console::folder;
use stage::figures::{Table, Times};

/// How many grants there are.
const GRANTS: usize = 20_000;
/// How many people have them.
const PEOPLE: usize = 1_000;
/// How many projects they are on.
const PROJECTS: usize = 500;
/// How often each thing is done.
const PASSES: usize = 20;
/// How many decisions are taken one after the other.
const DECISIONS: usize = 200;

fn main() -> Result<()> {
    let home = folder()?;
    let path = home.path().join("review.db");
    let now = Clock::wall().now();
    let (population, limits) = (population(now)?, Limits::default());
    let table = Table::titled(&format!("Access review: {GRANTS} grants of {PEOPLE} people"))?;
    let (mut indexed, mut judged) = (Times::default(), Times::default());
    for _ in 0..PASSES {
        let index = indexed.of(|| Index::of(&population.grants));
        ensure!(index.of_subject("user:1").len() == GRANTS / PEOPLE);
        let report = judged.of(|| judge(&Ground::new(&population, &limits, &[], now)));
        ensure!(!report.findings.is_empty());
    }
    table.times("the index, built", &indexed, "≤ 100 ms")?;
    table.times("every rule, over all", &judged, "")?;
    let mut started = Times::default();
    let plan =
        Plan { campaign: Text::new("q1"), name: Text::new("q1"), due: None, by: mina(), at: now };
    let mut reviews = Reviews::open_at(&path)?;
    started.of(|| reviews.start(plan, population, &limits, &[]))?;
    table.times("a campaign, started and on disk", &started, "")?;
    campaign(&table, &path, now)
}

/// What a person does with a campaign.
fn campaign(table: &Table, path: &Path, now: Timestamp) -> Result<()> {
    let (mut opened, mut filtered, mut decided) =
        (Times::default(), Times::default(), Times::default());
    for _ in 0..PASSES {
        let reviews = Reviews::read_at(path)?;
        opened.of(|| reviews.open(None))?;
    }
    let mut reviews = Reviews::open_at(path)?;
    let mut open = reviews.open(None)?;
    for _ in 0..PASSES {
        let is_meant = |item: &&Item| item.findings.iter().any(|id| id.starts_with("A02/"));
        let found = filtered.of(|| open.campaign.open().filter(is_meant).count());
        ensure!(found > 0);
    }
    for number in 0..DECISIONS {
        let items = vec![Text::new(&format!("g:{number:05}"))];
        let reason = Some(Text::new("on call"));
        let ask = Ask { items, decision: Decision::Keep, reason, by: mina(), at: now };
        decided.of(|| reviews.decide(&mut open, &ask))?;
    }
    let opening = "off the interface's task";
    table.times("it, read and opened", &opened, opening)?;
    table.times("its open items, filtered by a rule", &filtered, "≤ 16 ms")?;
    table.times("one decision, on disk", &decided, "≤ 16 ms")?;
    let mut bulk = Times::default();
    let is_meant = |item: &&Item| item.findings.iter().any(|id| id.starts_with("A02/"));
    let items: Vec<Text> =
        open.campaign.open().filter(is_meant).map(|item| item.key.clone()).collect();
    let count = items.len();
    let reason = Some(Text::new("moved to groups"));
    let ask = Ask { items, decision: Decision::Revoke, reason, by: mina(), at: now };
    bulk.of(|| reviews.decide(&mut open, &ask))?;
    table.times(&format!("{count} items of one rule at once, on disk"), &bulk, "")?;
    Ok(())
}

fn mina() -> Reviewer {
    Reviewer { username: Text::new("mina"), vouched: Vouch::Stated }
}

fn population(now: Timestamp) -> Result<Population> {
    let mut population = Population::empty(now);
    let activity = Activity { at: now, precision: Precision::Day };
    for number in 0..PEOPLE {
        population.principals.push(Principal {
            username: Some(Text::new(&format!("person{number}"))),
            state: Known::Is(AccountState::Active),
            external: Known::Is(false),
            admin: Known::Is(false),
            activity: Known::Is(Some(activity)),
            ..Principal::new(&format!("user:{number}"), PrincipalKind::Person, "A Person")
        });
    }
    let levels = [Level::Guest, Level::Reporter, Level::Developer, Level::Maintainer];
    for (number, level) in (0..GRANTS).zip(levels.into_iter().cycle()) {
        let path = Text::new(&format!("acme/team{}/project{}", number % 20, number % PROJECTS));
        population.grants.push(Grant {
            id: Text::new(&format!("g:{number:05}")),
            subject: Text::new(&format!("user:{}", number % PEOPLE)),
            resource: Resource { kind: ResourceKind::Project, path },
            right: Right::of_level(level),
            path: vec![Hop { via: Via::Direct, from: None }],
            standing: Standing::Active,
            granted_by: Some(Text::new("root")),
            granted_at: Some("2025-01-01T00:00:00Z".parse()?),
            expires_at: None,
            last_used: Known::Unread(Text::new("GitLab does not tell of memberships")),
        });
    }
    Ok(population)
}
