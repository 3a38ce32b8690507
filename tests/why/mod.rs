//! Every leaf of the tree why a job waits, by fixtures that a person can read: `tests/why/*.yaml`, one a leaf, named by its
//! code; `tests/why/near/*.yaml` are those that look like a leaf and are none. `platform.yaml` is what they stand on.

mod fixture;

use std::collections::BTreeMap;

use fixture::Fixture;
use watchfloor::domain::SourceId;
use watchfloor::why::{Certainty, Concern, Diagnosis, LEAVES, Leaf, Source, fleet};

/// What stands before the table of leaves.
const PAGE: &str = "\
`X` on a job, a pipeline, a project, a pod, a tier, a node group or a finding, and `watchfloor why TARGET [-o json]` of a job, a pipeline
or a pod, say why it waits. The questions
below are asked in order; the answer is the first leaf that has evidence. Of a pipeline or a project the job that tells most is
explained, of a tier its oldest.

**Evidence** is a field and its value, who said so, and how long ago. **Certain** is an answer only where every branch before it was
decided and the evidence is direct; **likely** is what the evidence points to while something before it could not be decided;
**cannot tell** says because of what. Where a source is missing the walk goes on and names the branches that it left open: taking a
source away never turns an answer into another certain one, which a test proves for every fixture and every set of sources.

What can never fit is asked before what resolves when somebody acts, and that before what resolves by itself. Of the runners that could
take a job, tags, protection and assignment are looked at before pauses and before who is online: a mistyped tag is told as such,
whether or not a runner is paused beside it.

It does not cry wolf: a job that has waited for less than its tier's target is calm whatever the answer is, and so is what is meant so:
a pause, a protected runner, a manual job, a delay, a gate.

What waits on something else is followed to its end: an earlier job, the holder of a resource group, a downstream pipeline, the pods that
hold the slots of a runner. Jobs whose wait ends at the same leaf and the same thing **share** it: `37 jobs share: node group
ci-standard is at its maximum (12 of 12)`, with the act of this console that would help first.

What the console reads all the time is GitLab's queue, projects and runners, and pods, events, nodes, quotas and node groups of the
clusters. For the one job that is asked about, more is read beside, by its status, and again every 15 seconds while the answer is on
screen: what it needs and triggered, its time, the deployment or the protected environment that holds it, who holds its resource group
(GitLab 18.6 and later name the holder), which runners its project may use; the log of a job that a runner has; and, where Prometheus is
configured, what the managers of those runners measure now and measured five minutes ago. What could not be read is named with its branch.
By the fleet none of that is read: a question a job would be thousands.

A fixture for each leaf lies in `tests/why`: to add one, write what differs from `tests/why/platform.yaml`.

## The leaves

";

/// The page of the tree, from the table that decides.
fn page() -> String {
    let mut page = PAGE.to_owned();
    page.push_str(
        "| leaf | what it means | next step | who | act | asks for |\n|---|---|---|---|---|---|\n",
    );
    for about in LEAVES {
        let act = about.act.map_or_else(String::new, |act| format!("`{act}`"));
        let concern = match about.concern {
            Concern::Calm => "nothing",
            Concern::Watch => "a second look",
            Concern::Act => "an act",
        };
        let line = format!(
            "| {} | {} | {} | {} | {act} | {concern} |\n",
            about.code,
            about.name,
            about.next,
            about.who.words()
        );
        page.push_str(&line);
    }
    page
}

#[test]
fn the_page_of_the_tree_is_current() {
    crate::documents::assert_current("why.md", "Why is it waiting?", &page());
}

/// What is wrong with what a fixture ended at; nothing where it is what it expects.
fn wrong(fixture: &Fixture) -> Option<String> {
    let found = fixture.diagnose(&[]);
    let name = &fixture.name;
    let Some(found) = found else { return Some(format!("{name}: nothing is known of the job")) };
    let told = format!(
        "{name}: {} {} {}\n    undecided {:?}\n    cause {:?}",
        found.leaf.code(),
        found.certainty.as_str(),
        found.title,
        found
            .undecided
            .iter()
            .map(|one| format!("{}: {}", one.branch, one.because))
            .collect::<Vec<_>>(),
        found.cause.as_ref().map(|cause| (
            cause.leaf.code(),
            cause.certainty.as_str(),
            cause.title.to_string()
        ))
    );
    let said = format!("{} {}", found.title, found.cause.as_ref().map_or("", |cause| &cause.title));
    let cause = found.cause.as_ref().map(|cause| cause.leaf.code().to_owned());
    let is_right = found.leaf.code() == fixture.leaf
        && found.certainty.as_str() == fixture.certainty
        && fixture.cause.as_ref().is_none_or(|wanted| cause.as_ref() == Some(wanted))
        && fixture.says.iter().all(|words| said.contains(words.as_str()));
    let wanted =
        format!("{} {} {:?} {:?}", fixture.leaf, fixture.certainty, fixture.cause, fixture.says);
    (!is_right).then(|| format!("{told}\n    wanted {wanted}"))
}

fn all_right(fixtures: &[Fixture]) {
    let wrong: Vec<String> = fixtures.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), fixtures.len(), wrong.join("\n"));
}

#[test]
fn every_fixture_ends_at_its_leaf() {
    all_right(&Fixture::all("tests/why"));
}

#[test]
fn what_only_looks_like_a_leaf_ends_elsewhere() {
    all_right(&Fixture::all("tests/why/near"));
}

#[test]
fn every_leaf_of_the_tree_has_a_fixture() {
    let fixtures = Fixture::all("tests/why");
    let misnamed: Vec<&str> = fixtures
        .iter()
        .filter(|one| one.name != one.leaf.replace('?', "unknown"))
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(misnamed, [""; 0], "a fixture is named by its leaf");
    let has = |code: &str| fixtures.iter().any(|one| one.leaf == code);
    let missing: Vec<&str> =
        LEAVES.iter().map(|about| about.code).filter(|code| !has(code)).collect();
    assert_eq!(missing, [""; 0]);
}

/// What is said with certainty: the leaf, and the cause where that is certain too.
fn certain(found: Option<&Diagnosis>) -> (Option<Leaf>, Option<Leaf>) {
    let is = |certainty: &Certainty| *certainty == Certainty::Certain;
    let found = found.filter(|found| is(&found.certainty));
    let cause = found.and_then(|found| found.cause.as_ref());
    (
        found.map(|found| found.leaf),
        cause.filter(|cause| is(&cause.certainty)).map(|cause| cause.leaf),
    )
}

#[test]
fn no_source_that_is_missing_makes_another_answer_certain() {
    let mut fixtures = Fixture::all("tests/why");
    fixtures.extend(Fixture::all("tests/why/near"));
    let mut broken: BTreeMap<String, String> = BTreeMap::new();
    for fixture in &fixtures {
        let scene = fixture.scene();
        let whole = scene.diagnose(&[]).expect("known");
        let (leaf, cause) = (whole.leaf, whole.cause.as_ref().map(|cause| cause.leaf));
        for subset in 1_u32..1 << Source::ALL.len() {
            let hidden: Vec<Source> = Source::ALL
                .into_iter()
                .enumerate()
                .filter(|(place, _)| subset & (1 << place) != 0)
                .map(|(_, source)| source)
                .collect();
            // Without the queue there is no job: that is the same whatever else is missing.
            if hidden.len() > 1 && hidden.contains(&Source::Feed(SourceId::QUEUE)) {
                continue;
            }
            let part = scene.diagnose(&hidden);
            let (said, because) = certain(part.as_ref());
            let is_same = said.is_none_or(|said| said == leaf)
                && because.is_none_or(|because| cause.is_none_or(|cause| cause == because));
            if !is_same {
                let names: Vec<&str> = hidden.iter().map(|source| source.as_str()).collect();
                let words = format!(
                    "{} becomes {:?} {:?} without {names:?}",
                    leaf.code(),
                    said.map(Leaf::code),
                    because.map(Leaf::code)
                );
                broken.entry(fixture.name.clone()).or_insert(words);
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_feed_that_is_forbidden_is_as_one_that_was_left_out() {
    for fixture in Fixture::all("tests/why") {
        let scene = fixture.scene();
        for source in Source::ALL {
            let left_out = scene.diagnose(&[source]).map(|one| (one.leaf, one.certainty.as_str()));
            let forbidden = fixture.without(source).diagnose(&[]);
            let forbidden = forbidden.map(|one| (one.leaf, one.certainty.as_str()));
            // Without the queue's feed there is no job at all.
            let is_same =
                forbidden.is_none() || left_out == forbidden || source.as_str() == "queue";
            assert!(
                is_same,
                "{} without {}: {left_out:?}, {forbidden:?}",
                fixture.name,
                source.as_str()
            );
        }
    }
}

#[test]
fn the_fleet_finds_what_each_job_finds() {
    for fixture in Fixture::all("tests/why") {
        let scene = fixture.scene();
        let facts = scene.facts_of_the_fleet();
        let shares = fleet::fleet(&facts);
        for share in &shares {
            for job in &share.jobs {
                let alone = watchfloor::why::of_job(&facts, *job).expect("known");
                assert_eq!(alone.shared().0, share.leaf, "{}", fixture.name);
            }
        }
    }
}
