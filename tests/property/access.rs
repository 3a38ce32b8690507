//! Access review: the chain shows every change, exports merge in any order, and no cell is a formula.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use watchfloor::access::Limits;
use watchfloor::access::campaign::{
    Ballot, Bundle, Campaign, Decision, Event, Reviewer, Start, Vouch, chained, digest, freeze,
};
use watchfloor::access::export::{Link, MANIFEST, Manifest, files, verify};
use watchfloor::domain::access::{
    Grant, Hop, Known, Level, Population, Principal, PrincipalKind, Resource, ResourceKind, Right,
    Standing, Via,
};
use watchfloor::domain::text::inert_cell;
use watchfloor::domain::{Text, Timestamp};

use super::cases;

const ITEMS: usize = 5;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_773_576_000 + second).expect("an instant")
}

fn reviewer(name: &str) -> Reviewer {
    Reviewer { username: Text::new(name), vouched: Vouch::Token }
}

/// A campaign about five people, whose names come from strangers.
fn campaign(name: &str) -> Campaign {
    let mut population = Population::empty(at(0));
    for number in 0..ITEMS {
        let id = Text::new(&format!("user:{number}"));
        let mut one = Principal::new(&id, PrincipalKind::Person, name);
        one.username = Some(Text::new(&format!("{name}{number}")));
        population.principals.push(one);
        population.grants.push(Grant {
            id: Text::new(&format!("g:{number}")),
            subject: id,
            resource: Resource { kind: ResourceKind::Project, path: Text::new(name) },
            right: Right::of_level(Level::Developer),
            path: vec![Hop { via: Via::Direct, from: None }],
            standing: Standing::Active,
            granted_by: None,
            granted_at: None,
            expires_at: None,
            last_used: Known::Unread(Text::new(name)),
        });
    }
    let frozen = freeze(population, &Limits::default(), &[], None, at(0));
    let start = Start {
        campaign: Text::new("q1"),
        name: Text::new(name),
        at: at(0),
        due: None,
        by: reviewer("mina"),
        population: digest(&frozen.bytes().expect("bytes")),
        items: ITEMS as u64,
        after: None,
        tool: Text::new("0"),
    };
    Campaign::new(start, Arc::new(frozen))
}

fn ballot() -> impl Strategy<Value = Ballot> {
    let decision = prop_oneof![
        Just(Decision::Keep),
        Just(Decision::Revoke),
        Just(Decision::Escalate),
        Just(Decision::Modify(Text::new("Guest"))),
    ];
    let items = prop::collection::btree_set(0..ITEMS, 1..ITEMS);
    let who = prop_oneof![Just("ria"), Just("sam"), Just("tom")];
    (items, decision, who, 0..20_i64).prop_map(|(items, decision, who, second)| Ballot {
        campaign: Text::new("q1"),
        items: items.into_iter().map(|item| Text::new(&format!("g:{item}"))).collect(),
        decision,
        reason: Some(Text::new("=cmd|' /C calc'!A0")),
        by: reviewer(who),
        at: at(second),
    })
}

fn bundle(of: &Campaign, ballots: &[Ballot]) -> Bundle {
    let (start, signs) = (of.start.clone(), Vec::new());
    Bundle { start, ballots: ballots.to_vec(), signs, manifest: "0".repeat(64) }
}

fn take(of: &mut Campaign, ballots: &[Ballot]) {
    let bundle = bundle(of, ballots);
    let events = of.merge(&bundle, &reviewer("mina"), at(99)).expect("the same campaign");
    for event in &events {
        of.apply(event);
    }
}

/// Where every item stands, and how far all is.
fn stands(of: &Campaign) -> String {
    let items = of.frozen.items.iter().map(|item| format!("{:?}", of.standing(&item.key)));
    format!("{:?} {:?}", of.progress(), items.collect::<Vec<_>>())
}

/// An export of a campaign in which these were decided.
fn exported(name: &str, ballots: &[Ballot]) -> BTreeMap<String, Vec<u8>> {
    let mut of = campaign(name);
    let mut events = vec![Event::Started(of.start.clone())];
    events.extend(ballots.iter().cloned().map(Event::Decided));
    let mut previous = "0".repeat(64);
    let mut links = Vec::new();
    for (seq, event) in (1..).zip(&events) {
        of.apply(event);
        let body = event.line();
        let hash = chained(&previous, &body);
        links.push(Link { seq, previous, hash: hash.clone(), body: Some(body) });
        previous = hash;
    }
    let made = files(&of, &of.frozen.bytes().expect("bytes"), &links).expect("files");
    let manifest = Manifest::of(&of, &made, links.last(), at(100)).bytes().expect("bytes");
    let mut all: BTreeMap<String, Vec<u8>> =
        made.into_iter().map(|file| (file.name.to_owned(), file.bytes)).collect();
    all.insert(MANIFEST.to_owned(), manifest);
    all
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn exports_merge_in_either_order_and_twice_is_once(
        one in prop::collection::vec(ballot(), 0..6),
        other in prop::collection::vec(ballot(), 0..6),
    ) {
        let merged = |order: &[&[Ballot]]| {
            let mut of = campaign("acme");
            for ballots in order {
                take(&mut of, ballots);
            }
            stands(&of)
        };
        let forth = merged(&[&one, &other]);
        prop_assert_eq!(&forth, &merged(&[&other, &one]));
        prop_assert_eq!(&forth, &merged(&[&one, &other, &one, &other]));
    }

    #[test]
    fn an_export_holds_until_a_byte_is_changed(
        ballots in prop::collection::vec(ballot(), 1..4),
        file in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let files = exported("acme", &ballots);
        prop_assert!(verify(&files).holds(), "{:?}", verify(&files));
        let name = files.keys().filter(|name| *name != MANIFEST).nth(file.index(files.len() - 1));
        let name = name.expect("a file").clone();
        let mut changed = files;
        let bytes = changed.get_mut(&name).expect("a file");
        if !bytes.is_empty() {
            let at = place.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(!verify(&changed).holds(), "{name} at {at}");
        }
    }

    #[test]
    fn a_chain_whose_words_were_changed_is_broken(
        ballots in prop::collection::vec(ballot(), 1..4),
        place in any::<prop::sample::Index>(),
    ) {
        let mut files = exported("acme", &ballots);
        let text = String::from_utf8(files["chain.jsonl"].clone()).expect("text");
        let mut links: Vec<Link> =
            text.lines().map(|line| serde_json::from_str(line).expect("a link")).collect();
        let at = place.index(links.len());
        let body = links[at].body.as_mut().expect("a body");
        body.push(' ');
        let lines: String =
            links.iter().map(|link| serde_json::to_string(link).expect("a line") + "\n").collect();
        let mut manifest: Manifest = serde_json::from_slice(&files[MANIFEST]).expect("a manifest");
        for file in manifest.files.iter_mut().filter(|file| file.name == "chain.jsonl") {
            file.sha256 = digest(lines.as_bytes());
        }
        files.insert("chain.jsonl".to_owned(), lines.into_bytes());
        files.insert(MANIFEST.to_owned(), manifest.bytes().expect("bytes"));
        prop_assert!(!verify(&files).holds());
    }

    #[test]
    fn no_cell_of_a_table_begins_a_formula(
        name in "[=+@\\-\t\r a-z]{1,8}",
        ballots in prop::collection::vec(ballot(), 0..3),
    ) {
        for (file, bytes) in exported(&name, &ballots) {
            if Path::new(&file).extension().is_none_or(|ending| ending != "csv") {
                continue;
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
            for row in reader.records() {
                for cell in &row.expect("a row") {
                    let first = cell.trim_start_matches(' ').chars().next();
                    let formula = first.is_some_and(|c| "=+-@\t\r".contains(c));
                    prop_assert!(!formula, "{file}: {cell:?}");
                }
            }
        }
    }

    #[test]
    fn any_words_as_a_cell_are_inert(words in any::<String>()) {
        let cell = inert_cell(&words);
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
        prop_assert!(cell.ends_with(&words));
    }
}
