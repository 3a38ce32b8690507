//! The tables of an export, inert in a spreadsheet.

use super::{File, Unexported};
use crate::access::campaign::{Campaign, Delta, Item, Reviewer};
use crate::domain::access::Grant;
use crate::domain::text::inert_cell;
use crate::domain::{Text, Timestamp};

/// Every table.
pub(super) fn tables(campaign: &Campaign) -> Result<Vec<File>, Unexported> {
    Ok(vec![
        File { name: "items.csv", bytes: items(campaign)? },
        File { name: "decisions.csv", bytes: decisions(campaign)? },
        File { name: "findings.csv", bytes: findings(campaign)? },
        File { name: "readings.csv", bytes: readings(campaign)? },
        File { name: "unreadable.csv", bytes: unreadable(campaign)? },
    ])
}

/// A table that is written row by row; every cell is inert.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn headed(heads: &[&str]) -> Result<Table, Unexported> {
        let mut table = Table(csv::Writer::from_writer(Vec::new()));
        table.row(heads)?;
        Ok(table)
    }

    fn row(&mut self, cells: &[&str]) -> Result<(), Unexported> {
        Ok(self.0.write_record(cells.iter().map(|cell| inert_cell(cell)))?)
    }

    fn end(self) -> Result<Vec<u8>, Unexported> {
        self.0.into_inner().map_err(|_| Unexported::Cut)
    }
}

const ITEMS: &[&str] = &[
    "key",
    "subject_kind",
    "subject",
    "name",
    "state",
    "resource_kind",
    "resource",
    "right",
    "level",
    "path",
    "granted_by",
    "granted_at",
    "expires_at",
    "last_used_at",
    "last_used_precision",
    "findings",
    "since_last",
    "decision_before",
    "decision",
    "modify_to",
    "reason",
    "reviewer",
    "identity",
    "decided_at",
    "claimed",
    "disputed",
    "remedy",
    "remedy_at",
    "ledger_record",
];

fn items(campaign: &Campaign) -> Result<Vec<u8>, Unexported> {
    let mut table = Table::headed(ITEMS)?;
    for item in &campaign.frozen.items {
        let mut cells = granted(campaign, item);
        cells.extend(decided(campaign, item));
        table.row(&cells.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    table.end()
}

/// What is decided about.
fn granted(campaign: &Campaign, item: &Item) -> Vec<String> {
    let frozen = &campaign.frozen;
    let principals = &frozen.population.principals;
    let subject = item
        .subject
        .as_ref()
        .and_then(|id| principals.get(principals.binary_search_by(|one| one.id.cmp(id)).ok()?));
    let grant = frozen.grant(&item.key);
    let told = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let used = grant.and_then(|grant| grant.last_used.fact()?.as_ref());
    vec![
        item.key.to_string(),
        told(subject.map_or(Some("setting"), |one| Some(one.kind.word()))),
        told(subject.map(|one| one.called().as_str()).or(item.subject.as_deref())),
        told(subject.map(|one| one.name.as_str())),
        told(subject.and_then(|one| Some(one.state.fact()?.word()))),
        told(grant.map(|grant| grant.resource.kind.word())),
        told(grant.map(|grant| grant.resource.path.as_str())),
        told(grant.map(|grant| grant.right.name.as_str())),
        grant
            .and_then(|grant| grant.right.level)
            .map_or_else(String::new, |level| u8::from(level).to_string()),
        grant.map_or_else(String::new, Grant::path_words),
        told(grant.and_then(|grant| grant.granted_by.as_deref())),
        instant(grant.and_then(|grant| grant.granted_at)),
        instant(grant.and_then(|grant| grant.expires_at)),
        instant(used.map(|used| used.at)),
        told(used.map(|used| used.precision.word())),
        item.findings.iter().map(Text::as_str).collect::<Vec<_>>().join(" "),
        match &item.delta {
            Delta::Changed(what) => format!("changed: {what}"),
            other => other.word().to_owned(),
        },
        item.before.as_ref().map_or_else(String::new, |before| before.decision.to_string()),
    ]
}

/// What was decided. What nobody decided is open.
fn decided(campaign: &Campaign, item: &Item) -> Vec<String> {
    use crate::access::campaign::Decision;
    let standing = campaign.standing(&item.key);
    let word = standing.and_then(|standing| standing.word);
    let remedy = standing.and_then(|standing| standing.remedy);
    let flag = |is: bool| if is { "yes".to_owned() } else { String::new() };
    let to = word.and_then(|word| match &word.decision {
        Decision::Modify(to) => Some(to.to_string()),
        _ => None,
    });
    vec![
        word.map_or("open", |word| word.decision.word()).to_owned(),
        to.unwrap_or_default(),
        word.and_then(|word| word.reason.as_ref()).map_or_else(String::new, Text::to_string),
        word.map_or_else(String::new, |word| word.by.username.to_string()),
        word.map_or_else(String::new, |word| identity((&word.by, word.is_claimed))),
        instant(word.map(|word| word.at)),
        flag(word.is_some_and(|word| word.is_claimed)),
        flag(standing.is_some_and(|standing| standing.is_disputed)),
        remedy.map_or_else(String::new, |remedy| remedy.state.word().to_owned()),
        instant(remedy.map(|remedy| remedy.at)),
        remedy
            .and_then(|remedy| remedy.record)
            .map_or_else(String::new, |record| record.to_string()),
    ]
}

/// Who says who a reviewer is; of what another's export claims, that export alone.
fn identity((by, is_claimed): (&Reviewer, bool)) -> String {
    let words = by.vouched.words();
    if is_claimed { format!("as another's export says: {words}") } else { words.to_owned() }
}

fn decisions(campaign: &Campaign) -> Result<Vec<u8>, Unexported> {
    let heads = [
        "at",
        "reviewer",
        "identity",
        "items_at_once",
        "item",
        "decision",
        "reason",
        "claimed",
        "counts",
    ];
    let mut table = Table::headed(&heads)?;
    for (ballot, is_claimed) in campaign.ballots() {
        let (at, count) = (ballot.at.to_string(), ballot.items.len().to_string());
        let decision = ballot.decision.to_string();
        for item in &ballot.items {
            let unfit = campaign
                .unfit
                .iter()
                .find(|one| one.item == *item && one.at == ballot.at && one.by == ballot.by);
            let counts =
                unfit.map_or_else(|| "yes".to_owned(), |one| format!("no (A22): {}", one.why));
            table.row(&[
                &at,
                &ballot.by.username,
                &identity((&ballot.by, *is_claimed)),
                &count,
                item,
                &decision,
                ballot.reason.as_deref().unwrap_or_default(),
                if *is_claimed { "yes" } else { "" },
                &counts,
            ])?;
        }
    }
    table.end()
}

fn findings(campaign: &Campaign) -> Result<Vec<u8>, Unexported> {
    let heads = [
        "code",
        "severity",
        "about_kind",
        "about",
        "title",
        "evidence",
        "next_step",
        "grants",
        "since",
        "covered_by",
    ];
    let mut table = Table::headed(&heads)?;
    for found in &campaign.frozen.report.findings {
        let evidence: Vec<String> =
            found.evidence.iter().map(|one| format!("{}: {}", one.field, one.value)).collect();
        table.row(&[
            found.code.word(),
            found.severity.as_str(),
            found.about.kind.word(),
            &found.about.id,
            &found.title,
            &evidence.join("; "),
            &found.next_step,
            &found.grants.len().to_string(),
            &instant(found.since),
            found.covered_by.as_deref().unwrap_or_default(),
        ])?;
    }
    table.end()
}

fn readings(campaign: &Campaign) -> Result<Vec<u8>, Unexported> {
    let heads = [
        "part",
        "at",
        "endpoint",
        "pages",
        "rows",
        "rows_the_server_told",
        "began_at",
        "ended_at",
        "whole",
    ];
    let mut table = Table::headed(&heads)?;
    for one in &campaign.frozen.population.readings {
        table.row(&[
            one.part.word(),
            &one.at,
            &one.endpoint,
            &one.pages.to_string(),
            &one.rows.to_string(),
            &one.total.map_or_else(String::new, |total| total.to_string()),
            &instant(Some(one.began_at)),
            &instant(Some(one.ended_at)),
            if one.is_whole() { "yes" } else { "no" },
        ])?;
    }
    table.end()
}

fn unreadable(campaign: &Campaign) -> Result<Vec<u8>, Unexported> {
    let mut table = Table::headed(&["part", "at", "reason", "because"])?;
    for gap in &campaign.frozen.population.gaps {
        table.row(&[gap.part.word(), &gap.at, gap.lack.word(), &gap.because])?;
    }
    table.end()
}

fn instant(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::exported;
    use super::*;

    fn table(name: &str) -> Vec<Vec<String>> {
        let (_, bytes) = exported().into_iter().find(|(known, _)| known == name).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
        rows.collect()
    }

    #[test]
    fn every_item_has_a_row_and_what_nobody_decided_is_open() {
        let rows = table("items.csv");
        let decisions: Vec<&str> = rows.iter().map(|row| row[18].as_str()).collect();
        assert_eq!(decisions, ["revoke", "keep", "open", "open", "open", "open"]);
        assert!(rows.iter().all(|row| row.len() == ITEMS.len()));
    }

    #[test]
    fn every_decision_and_every_gap_has_a_row() {
        assert_eq!(table("decisions.csv").len(), 2);
        assert_eq!(table("unreadable.csv")[0][..3], ["personal_tokens", "acme", "plan"]);
    }
}
