//! One principal, everything; one resource, everybody; one grant; one finding with what proves it.

use std::collections::BTreeMap;

use super::{findings, principals, words};
use crate::access::{Found, Held, Holder, LastUse, Picture};
use crate::domain::access::{Credential, Grant, Known, Principal, PrincipalKind, Resource};
use crate::domain::time::instant_utc;
use crate::domain::{Text, Timestamp};
use crate::pane::block::{Block, Cell};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::theme::Role;

/// So many resources, or grants of one, are told; how many more there are is said.
const MOST: usize = 200;

/// A fact that was read, or why not.
fn known<T>(fact: &Known<T>, told: impl FnOnce(&T) -> String) -> Cell {
    match fact {
        Known::Is(fact) => Cell::plain(told(fact)),
        Known::Unread(why) => Cell::new(format!("not told: {why}"), Role::SeverityUnknown),
    }
}

fn instant(at: Option<Timestamp>) -> Cell {
    at.map_or_else(Cell::dot, |at| Cell::plain(instant_utc(at)))
}

/// Everything of one principal: account, tokens, rights with all their paths, in GitLab and in the clusters.
pub(super) fn principal(cx: &Cx<'_>, picture: &Picture, holder: &Holder) -> Vec<Block> {
    let Some(one) = picture.principal(holder) else { return Vec::new() };
    let mut blocks = vec![
        Block::Title(principals::called(one)),
        Block::Facts(account(cx, (picture, holder), one)),
    ];
    blocks.extend(found(&picture.findings_of(holder)));
    let tokens: Vec<&Credential> = picture.tokens_of(&one.id).collect();
    if !tokens.is_empty() {
        blocks.push(Block::Title(Cell::dim("tokens that act for it")));
        blocks.push(Block::Lines(tokens.iter().map(|token| token_line(cx, token)).collect()));
    }
    blocks.extend(rights(cx, picture.grants_of(&one.id)));
    for other in elsewhere(picture, one) {
        let title = format!("{}, by its name alone the same", other.id);
        blocks.push(Block::Title(Cell::dim(title)));
        blocks.extend(rights(cx, picture.grants_of(&other.id)));
    }
    blocks
}

fn account(
    cx: &Cx<'_>,
    (picture, holder): (&Picture, &Holder),
    one: &Principal,
) -> Vec<(String, Cell)> {
    let mut facts = vec![
        ("kind".to_owned(), Cell::plain(one.kind.word().replace('_', " "))),
        ("highest".to_owned(), words::level(holder.level)),
        ("used".to_owned(), words::used(holder.last_used, cx.now)),
        ("ends".to_owned(), words::end(holder.expires_at, cx.now)),
    ];
    if matches!(
        one.kind,
        PrincipalKind::Person | PrincipalKind::Bot | PrincipalKind::ServiceAccount
    ) {
        facts.push(("state".to_owned(), known(&one.state, |state| state.word().to_owned())));
        let external = known(&one.external, |is| if *is { "yes" } else { "no" }.to_owned());
        facts.push(("external".to_owned(), external));
        facts.push((
            "admin".to_owned(),
            known(&one.admin, |is| if *is { "yes" } else { "no" }.to_owned()),
        ));
    }
    if one.kind.is_machine() {
        let owner =
            known(&one.owner, |owner| owner.as_ref().map_or("nobody", Text::as_str).to_owned());
        facts.push(("owner".to_owned(), owner));
    }
    facts.push(("created".to_owned(), instant(one.created_at)));
    if let Some(by) = &one.created_by {
        facts.push(("created by".to_owned(), Cell::plain(by.as_str())));
    }
    if let Some(token) = picture.credential_of(&one.id) {
        let scopes: Vec<&str> = token.scopes.iter().map(Text::as_str).collect();
        facts.push(("of".to_owned(), Cell::path(token.place.as_str(), Role::Text)));
        facts.push((
            "works".to_owned(),
            Cell::plain(if token.works(cx.now) { "yes" } else { "no" }),
        ));
        facts.push(("scopes".to_owned(), Cell::plain(scopes.join(" "))));
        facts.push(("made by".to_owned(), known(&token.creator, Text::to_string)));
        if !token.pushes_to.is_empty() {
            let all: Vec<&str> = token.pushes_to.iter().map(Text::as_str).collect();
            facts.push(("pushes to".to_owned(), Cell::plain(all.join(", "))));
        }
    }
    facts.push(("id".to_owned(), Cell::dim(one.id.as_str())));
    facts
}

fn token_line(cx: &Cx<'_>, token: &Credential) -> Cell {
    let scopes: Vec<&str> = token.scopes.iter().map(Text::as_str).collect();
    let works = if token.works(cx.now) { "" } else { "  does not work" };
    let used = words::used(LastUse::of(&token.last_used), cx.now).words();
    let end = match &token.expires_at {
        Known::Is(end) => words::end(*end, cx.now).words(),
        Known::Unread(_) => "end not told".to_owned(),
    };
    Cell::plain(format!("{}  {}", token.name, token.kind.word().replace('_', " ")))
        .and(format!("  {}  used {used}  {end}{works}", scopes.join(" ")), Role::TextDim)
}

/// Rights by resource: what may be done in the end, and every path that leads there.
fn rights<'a>(cx: &Cx<'_>, grants: impl Iterator<Item = &'a Grant>) -> Vec<Block> {
    let mut by: BTreeMap<&Resource, Vec<&Grant>> = BTreeMap::new();
    for grant in grants {
        by.entry(&grant.resource).or_default().push(grant);
    }
    if by.is_empty() {
        return vec![Block::Title(Cell::dim("no grant"))];
    }
    let count = by.len();
    let mut lines = Vec::new();
    for (resource, mut grants) in by.into_iter().take(MOST) {
        let rank = |grant: &Grant| {
            let level = grant.right.level.filter(|level| level.is_rank() && grant.holds(cx.now));
            level.map(u8::from)
        };
        grants.sort_by_key(|grant| std::cmp::Reverse(rank(grant)));
        let highest = grants.first().copied();
        let right = highest.map_or_else(String::new, |grant| words::right(&grant.right));
        lines.push(
            Cell::new(format!("{right:<16} "), Role::TextStrong)
                .and(resource.to_string(), Role::Text),
        );
        lines.extend(grants.iter().map(|grant| path_line(cx, grant)));
    }
    if count > MOST {
        lines
            .push(Cell::dim(format!("and {} more resources: see the rows `grants`", count - MOST)));
    }
    vec![Block::Title(Cell::dim("rights, and every path to them")), Block::Lines(lines)]
}

fn path_line(cx: &Cx<'_>, grant: &Grant) -> Cell {
    let mut cell = Cell::dim(format!("  {} {}", words::right(&grant.right), grant.path_words()));
    if let Some(by) = &grant.granted_by {
        cell = cell.and(format!(", given by {by}"), Role::TextDim);
    }
    cell = cell.and(format!(", {}", words::end(grant.expires_at, cx.now).words()), Role::TextDim);
    match words::standing_word(grant, cx.now) {
        None => cell,
        Some(word) => cell.and(format!("  {word}"), Role::SeverityWarning),
    }
}

/// Principals of AWS and Kubernetes that bear the same name as a person. Nothing proves that they are the same.
fn elsewhere<'a>(picture: &'a Picture, one: &Principal) -> Vec<&'a Principal> {
    let Some(username) = one.username.as_ref().filter(|_| one.kind == PrincipalKind::Person) else {
        return Vec::new();
    };
    let names: Vec<&str> = picture
        .population()
        .clusters
        .iter()
        .filter_map(|cluster| cluster.entries.fact())
        .flatten()
        .filter(|entry| {
            entry.username.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(username))
        })
        .map(|entry| entry.principal_arn.as_str())
        .collect();
    let is_same = |other: &&Principal| {
        let is_other =
            matches!(other.kind, PrincipalKind::IamPrincipal | PrincipalKind::KubernetesSubject);
        let tail = other.name.rsplit(['/', ':']).next().unwrap_or_default();
        is_other && (tail.eq_ignore_ascii_case(username) || names.contains(&other.name.as_str()))
    };
    picture.population().principals.iter().filter(is_same).collect()
}

/// Everybody who has a right on one resource.
pub(super) fn resource(cx: &Cx<'_>, picture: &Picture, held: &Held) -> Vec<Block> {
    let facts = vec![
        ("holders".to_owned(), Cell::plain(held.subjects.to_string())),
        ("owners".to_owned(), Cell::plain(held.owners.to_string())),
        ("no end".to_owned(), Cell::plain((held.grants - held.bounded).to_string())),
    ];
    let title = Cell::new(held.resource.to_string(), Role::TextStrong);
    let mut blocks = vec![Block::Title(title), Block::Facts(facts)];
    blocks.extend(found(&picture.findings_on(held)));
    let mut grants: Vec<&Grant> = picture.grants_on(&held.resource).collect();
    grants.sort_by_key(|grant| std::cmp::Reverse(grant.right.level.map(u8::from)));
    let line = |grant: &&Grant| {
        let named = picture.principal_named(&grant.subject);
        let subject = named.map_or_else(|| grant.subject.clone(), |one| one.called().clone());
        let mut line = Cell::plain(format!("{subject}  "));
        line.0.extend(path_line(cx, grant).0);
        line
    };
    let mut lines: Vec<Cell> = grants.iter().take(MOST).map(line).collect();
    if grants.len() > MOST {
        lines.push(Cell::dim(format!("and {} more: enter shows all", grants.len() - MOST)));
    }
    blocks.push(Block::Title(Cell::dim("who, and by which path")));
    blocks.push(Block::Lines(lines));
    blocks
}

/// One grant, and its principal.
pub(super) fn grant(cx: &Cx<'_>, picture: &Picture, grant: &Grant) -> Vec<Block> {
    let named = picture.principal_named(&grant.subject);
    let subject = named.map_or_else(|| Cell::plain(grant.subject.as_str()), principals::called);
    let title = subject.and(format!("  {}", words::right(&grant.right)), Role::TextStrong);
    let mut facts = vec![
        ("on".to_owned(), Cell::plain(grant.resource.to_string())),
        ("by way of".to_owned(), Cell::plain(grant.path_words())),
        ("ends".to_owned(), words::end(grant.expires_at, cx.now)),
        ("until".to_owned(), instant(grant.expires_at)),
        ("since".to_owned(), instant(grant.granted_at)),
        ("given by".to_owned(), cells::text(grant.granted_by.as_ref(), Role::Text)),
        (
            "used".to_owned(),
            match &grant.last_used {
                Known::Is(_) => words::used(LastUse::of(&grant.last_used), cx.now),
                Known::Unread(why) => Cell::dim(format!("not told: {why}")),
            },
        ),
    ];
    if let Some(role) = &grant.right.role {
        let told = known(&role.abilities, |all| {
            all.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
        });
        facts.push(("custom role".to_owned(), Cell::plain(role.name.as_str())));
        facts.push(("it adds".to_owned(), told));
    }
    facts.push(("id".to_owned(), Cell::dim(grant.id.as_str())));
    let mut blocks = vec![Block::Title(title), Block::Facts(facts)];
    blocks.extend(found(&picture.findings_about(grant).collect::<Vec<_>>()));
    blocks
}

/// One finding, and what proves it.
pub(super) fn finding(cx: &Cx<'_>, picture: &Picture, one: &Found) -> Vec<Block> {
    let mut facts = vec![
        ("severity".to_owned(), words::severity(one.severity)),
        ("about".to_owned(), Cell::plain(findings::about(cx, one))),
        ("next step".to_owned(), Cell::new(one.next_step.as_str(), Role::TextStrong)),
        ("since".to_owned(), instant(one.since)),
        ("read".to_owned(), Cell::plain(instant_utc(picture.population().taken_at))),
    ];
    if let Some(id) = &one.covered_by {
        let row = cx.state.exception_named(id);
        let until =
            row.map(|row| format!(", until {}", instant_utc(row.value.record.expires_at.at)));
        let words = format!("exception {id}{}", until.unwrap_or_default());
        facts.push(("covered by".to_owned(), Cell::plain(words)));
    }
    let title = Cell::new(format!("{}  {}", one.code, one.title), Role::TextStrong);
    let lines = one
        .evidence
        .iter()
        .map(|fact| Cell::dim(format!("{}: ", fact.field)).and(fact.value.as_str(), Role::Text));
    vec![
        Block::Title(title),
        Block::Facts(facts),
        Block::Title(Cell::dim("what proves it")),
        Block::Lines(lines.collect()),
    ]
}

/// What was found, the gravest first.
fn found(all: &[&Found]) -> Vec<Block> {
    if all.is_empty() {
        return Vec::new();
    }
    let line = |one: &&Found| {
        let cell =
            words::severity(one.severity).and(format!("  {}  {}", one.code, one.title), Role::Text);
        match &one.covered_by {
            None => cell,
            Some(id) => cell.and(format!("  covered by {id}"), Role::TextDim),
        }
    };
    vec![
        Block::Title(Cell::dim("what the rules find")),
        Block::Lines(all.iter().take(MOST).map(line).collect()),
    ]
}
