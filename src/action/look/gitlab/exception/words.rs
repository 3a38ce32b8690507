//! What a request asks for and how it stands, in words for whoever decides.

use super::content::Content;
use super::{Reading, duty};
use crate::domain::exception::is_same_person;
use crate::domain::time::instant_utc;
use crate::domain::{Flaw, Petition, Proposed, Record, Stamp, Text};

/// Something that is known, by its name.
pub(super) fn fact(name: &str, told: &str) -> (Text, Text) {
    (Text::new(name), Text::new(told))
}

/// What is told of an open request: what it asks for first, then how it stands, then what GitLab sees to.
pub(super) fn facts(reading: &Reading<'_>, content: &Content) -> Vec<(Text, Text)> {
    let mut facts = Vec::new();
    for file in &content.files {
        facts.extend(of_file(file));
    }
    facts.push(fact("head", &reading.asked().head));
    facts.extend(content.elsewhere.iter().map(|path| fact("also changes", path)));
    facts.extend(standing(reading, content));
    facts.extend(approvals(reading, content));
    let separation = duty::separation(reading.guards, reading.approvals);
    facts.extend(separation.iter().map(|words| fact("separation", words)));
    facts.extend(duty::against(reading.own, content).iter().map(|why| fact("not by you", why)));
    facts
}

/// What is told of one that is not open any more.
pub(super) fn ended(reading: &Reading<'_>, petition: &Petition) -> Vec<(Text, Text)> {
    let mut facts = vec![fact("author", &reading.asked().author)];
    facts.extend(petition.merged.as_ref().map(|merged| fact("merged", merged)));
    facts
}

/// What is asked for and until when, what lint says of it, and the rest of the record: the gravest first, for a screen may be
/// small.
fn of_file(file: &Proposed) -> Vec<(Text, Text)> {
    let record = file.record.as_ref().or(file.before.as_ref());
    let mut facts = match record {
        Some(record) => {
            let what = format!("{}: {} ({})", record.id, record.title, record.kind);
            vec![
                fact(file.errand.word(), &what),
                fact("until", &stamp(record.expires_at)),
                fact("from", &format!("{} (UTC)", instant_utc(record.starts_at.at))),
            ]
        }
        None => vec![fact(file.errand.word(), &format!("{}, which cannot be read", file.path))],
    };
    facts.extend(file.flaws.iter().map(flaw));
    if file.flaws.is_empty() {
        facts.push(fact("lint", "nothing is wrong with it"));
    }
    facts.extend(record.map(of_record).unwrap_or_default());
    let revoked = file.record.as_ref().and_then(|record| record.revocation.as_ref());
    facts.extend(revoked.map(|one| {
        fact("revoked", &format!("at {} by {}: {}", stamp(one.at), one.by, one.reason))
    }));
    facts
}

fn of_record(record: &Record) -> Vec<(Text, Text)> {
    let mut facts = vec![
        fact("for", &scope(record)),
        fact("requester", &record.requester),
        fact("gains by it", &list(&record.beneficiaries, "nobody else, as it says")),
        fact("owner", record.owner.as_deref().unwrap_or("nobody")),
        fact("why", &record.justification),
        fact("risk", &record.risk),
        fact("controls", &list(&record.controls, "none")),
    ];
    let more = [
        ("risk left", &record.residual_risk),
        ("renews", &record.renews),
        ("ticket", &record.ticket),
    ];
    facts.extend(more.into_iter().filter_map(|(name, told)| Some(fact(name, told.as_ref()?))));
    facts
}

/// An instant with its zone, and that a bare date stands for its start.
fn stamp(stamp: Stamp) -> String {
    let at = format!("{} (UTC)", instant_utc(stamp.at));
    if stamp.is_date() {
        format!("{at}: written as a date, which is over at its start")
    } else {
        at
    }
}

fn scope(record: &Record) -> String {
    let lists = record.scope.lists().map(|(name, all)| format!("{name} {}", list(all, "")));
    let lists: Vec<String> = lists.collect();
    if lists.is_empty() { "everything: its scope is empty".to_owned() } else { lists.join("; ") }
}

fn flaw(flaw: &Flaw) -> (Text, Text) {
    let place = if flaw.line == 0 { String::new() } else { format!("line {}: ", flaw.line) };
    fact("lint", &format!("{}: {place}{} [{}]", flaw.severity, flaw.what, flaw.code))
}

/// How it stands with GitLab.
fn standing(reading: &Reading<'_>, content: &Content) -> Vec<(Text, Text)> {
    let asked = reading.asked();
    let author =
        if asked.is_by_bot { format!("{}, a bot", asked.author) } else { asked.author.to_string() };
    let commits: Vec<Text> = content.of_commits.iter().cloned().collect();
    let pipeline = asked.pipeline.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let conflicts = if asked.has_conflicts { "yes: its author has to rebase it" } else { "none" };
    let mut facts = vec![
        fact("author", &author),
        fact("commits by", &list(&commits, "not told")),
        fact("head", &asked.head),
        fact("pipeline", &pipeline),
        fact("conflicts", conflicts),
        fact("merge", &format!("{}: {}", asked.merge.word, asked.merge.meaning)),
    ];
    if reading.stand.is_scheduled {
        facts.push(fact("scheduled", "its merge: GitLab merges it once it can"));
    }
    facts
}

/// Who approved, and who may still.
fn approvals(reading: &Reading<'_>, content: &Content) -> Vec<(Text, Text)> {
    let approvals = reading.approvals;
    let given: Vec<Text> = approvals.given.iter().map(|one| given(&one.by, content)).collect();
    let count = match (approvals.required, approvals.left) {
        (Some(required), Some(left)) => format!("{left} of {required} missing"),
        _ => "GitLab demands none".to_owned(),
    };
    vec![
        fact("approvals", &count),
        fact("approved by", &list(&given, "nobody")),
        fact("may approve", &may_approve(reading, content)),
    ]
}

/// Somebody who approved, and that they may not where that is so: GitLab may count what does not count here.
fn given(login: &Text, content: &Content) -> Text {
    let Ok(barred) = &content.barred else { return login.clone() };
    let may_not = barred.iter().any(|one| is_same_person(&one.who, login));
    if may_not {
        Text::new(&format!("{login} (who had a part in it: it does not count here)"))
    } else {
        login.clone()
    }
}

/// Who may still approve, by GitLab's rules and by ours.
fn may_approve(reading: &Reading<'_>, content: &Content) -> String {
    let approvals = reading.approvals;
    if approvals.rules.is_empty() {
        return "anybody who had no part in it: GitLab names nobody".to_owned();
    }
    let Ok(barred) = &content.barred else { return "cannot be told".to_owned() };
    let is_out = |login: &Text| {
        barred.iter().any(|one| is_same_person(&one.who, login))
            || approvals.given.iter().any(|one| is_same_person(&one.by, login))
    };
    let mut may: Vec<Text> =
        approvals.rules.iter().flat_map(|rule| rule.eligible.iter().cloned()).collect();
    may.retain(|login| !is_out(login));
    may.sort();
    may.dedup();
    list(&may, "nobody whom GitLab's rules name")
}

fn list(all: &[Text], none: &str) -> String {
    let all: Vec<&str> = all.iter().map(Text::as_str).collect();
    if all.is_empty() { none.to_owned() } else { all.join(", ") }
}
