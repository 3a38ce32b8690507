//! The summary of a campaign as Markdown: what was checked, what was not, and what was decided. Never that all is well.

use std::fmt::Write as _;

use crate::access::campaign::{Campaign, pace};
use crate::access::rules::Rule;
use crate::domain::Text;
use crate::domain::access::Statement;

/// The page. Writing to a string cannot fail, so what that gives is let go.
pub(super) fn summary(campaign: &Campaign) -> String {
    let mut page = String::new();
    let start = &campaign.start;
    _ = writeln!(page, "# Access review {}: {}\n", inert(&start.campaign), inert(&start.name));
    _ = writeln!(
        page,
        "Started {} by {} ({}).",
        start.at,
        inert(&start.by.username),
        start.by.vouched.words()
    );
    if let Some(due) = start.due {
        _ = writeln!(page, "Due {due}.");
    }
    _ = writeln!(page, "Frozen population: SHA-256 `{}`.\n", start.population);
    completeness(&mut page, campaign);
    progress(&mut page, campaign);
    rules(&mut page, campaign);
    reviewers(&mut page, campaign);
    signs(&mut page, campaign);
    page
}

/// Page one: how whole the population is.
fn completeness(page: &mut String, campaign: &Campaign) {
    let of = &campaign.frozen.population;
    let rows: u64 = of.readings.iter().map(|one| one.rows).sum();
    let cut = of.readings.iter().filter(|one| !one.is_whole()).count();
    _ = writeln!(page, "## What was read, and what was not\n");
    scope(page, &of.scope);
    let (readings, principals, grants) = (of.readings.len(), of.principals.len(), of.grants.len());
    _ = writeln!(
        page,
        "- Read until {} by {}.",
        of.taken_at,
        of.read_by.as_ref().map_or_else(|| "a token that is not named".to_owned(), inert)
    );
    _ = writeln!(
        page,
        "- {readings} readings brought {rows} rows: {principals} principals, {grants} grants, {} tokens and keys.",
        of.credentials.len()
    );
    if cut > 0 {
        _ = writeln!(
            page,
            "- **{cut} readings brought another number of rows than the server told**; see readings.csv."
        );
    }
    if of.gaps.is_empty() {
        _ = writeln!(page, "- Nothing is known to be unreadable.\n");
        return;
    }
    _ = writeln!(
        page,
        "- **{} parts could not be read**: nothing is said about them.\n",
        of.gaps.len()
    );
    _ = writeln!(page, "| part | where | reason | because |\n|---|---|---|---|");
    for gap in &of.gaps {
        _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            gap.part.word(),
            inert(&gap.at),
            gap.lack.word(),
            inert(&gap.because)
        );
    }
    page.push('\n');
}

fn scope(page: &mut String, scope: &Statement) {
    let named = [
        ("Groups", &scope.groups),
        ("Projects", &scope.projects),
        ("Clusters", &scope.clusters),
        ("Roles", &scope.roles),
        ("Left out", &scope.out),
    ];
    for (what, list) in named.into_iter().filter(|(_, list)| !list.is_empty()) {
        let list: Vec<String> = list.iter().map(inert).collect();
        _ = writeln!(page, "- {what}: {}.", list.join(", "));
    }
}

fn progress(page: &mut String, campaign: &Campaign) {
    let of = campaign.progress();
    _ = writeln!(page, "## What was decided\n");
    _ = writeln!(
        page,
        "{} of {} items are decided. **{} are open: that is not kept.**\n",
        of.decided(),
        of.items,
        of.open
    );
    _ = writeln!(page, "| keep | modify | revoke | escalate | open |\n|--:|--:|--:|--:|--:|");
    _ = writeln!(
        page,
        "| {} | {} | {} | {} | {} |\n",
        of.keep, of.modify, of.revoke, of.escalate, of.open
    );
    _ = writeln!(
        page,
        "- {} decided items rest on another reviewer's export, as its claim.",
        of.claimed
    );
    _ = writeln!(page, "- On {} reviewers differ: the stricter word counts.", of.disputed);
    _ = writeln!(
        page,
        "- {} decisions do not count, because they were about the reviewer's own access or grants (A22).",
        campaign.unfit.len()
    );
    let due = of.modify + of.revoke;
    _ = writeln!(page, "- {} of {due} changes are verified by a later reading.", of.verified);
    let unseen = campaign.frozen.unseen.len();
    if unseen > 0 {
        _ = writeln!(
            page,
            "- {unseen} items of the last campaign are not seen, and whether they are gone cannot be told: what would tell it \
             could not be read."
        );
    }
    _ = writeln!(page, "- {} items of the last campaign are gone.\n", campaign.frozen.gone.len());
}

fn rules(page: &mut String, campaign: &Campaign) {
    _ = writeln!(page, "## What was checked\n");
    _ = writeln!(
        page,
        "| rule | what it looks for | found | covered | nothing found | cannot tell |\n|---|---|--:|--:|--:|--:|"
    );
    let report = &campaign.frozen.report;
    for tally in &report.tallies {
        let what = Rule::of(tally.code).map_or("", |rule| rule.what);
        let covered = report
            .findings
            .iter()
            .filter(|one| one.code == tally.code && one.covered_by.is_some())
            .count();
        _ = writeln!(
            page,
            "| {} | {what} | {} | {covered} | {} | {} |",
            tally.code,
            tally.found,
            tally.clear,
            tally.unknown()
        );
    }
    _ = writeln!(page, "\nWhy rules cannot tell:\n");
    let mut is_none = true;
    for tally in &report.tallies {
        for doubt in &tally.doubts {
            is_none = false;
            _ = writeln!(page, "- {} of {}: {}", tally.code, doubt.count, inert(&doubt.because));
        }
    }
    if is_none {
        _ = writeln!(page, "- every rule could tell");
    }
    page.push('\n');
}

fn reviewers(page: &mut String, campaign: &Campaign) {
    _ = writeln!(page, "## How reviewers decided\n");
    _ = writeln!(
        page,
        "| reviewer | times | items | keep | median seconds an item | n | remarks |\n|---|--:|--:|--:|--:|--:|---|"
    );
    for one in pace(campaign) {
        let median = one.median_seconds.map_or("n/a".to_owned(), |median| format!("{median:.1}"));
        let hasty = one.is_hasty.then_some("hardly looked: less than 3 s an item");
        let all = one.is_all_keep.then_some("kept everything");
        let remarks: Vec<&str> = hasty.into_iter().chain(all).collect();
        _ = writeln!(
            page,
            "| {} | {} | {} | {} | {median} | {} | {} |",
            inert(&one.reviewer),
            one.acts,
            one.items,
            one.keep,
            one.timed,
            remarks.join(", ")
        );
    }
    page.push('\n');
}

fn signs(page: &mut String, campaign: &Campaign) {
    _ = writeln!(page, "## Sign-off\n");
    if campaign.signs.is_empty() {
        _ = writeln!(page, "Nobody has signed off.");
        return;
    }
    _ = writeln!(page, "A sign-off is a statement by name. It is no cryptographic signature.\n");
    for (sign, is_claimed) in &campaign.signs {
        let claimed = if *is_claimed { ", as another's export claims" } else { "" };
        let (who, role, text) = (inert(&sign.by.username), inert(&sign.role), inert(&sign.text));
        _ = writeln!(
            page,
            "- {who}, {role}, {} ({}{claimed}): {text} ({} items left open)",
            sign.at,
            sign.by.vouched.words(),
            sign.left_open
        );
    }
}

/// Words that Markdown takes for nothing but words.
fn inert(words: &Text) -> String {
    let mut out = String::with_capacity(words.len());
    for character in words.chars() {
        if matches!(
            character,
            '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '#' | '!' | '~' | '&'
        ) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::campaign::fixture::campaign;
    use super::*;

    #[test]
    fn it_says_what_is_open_and_unread_and_never_that_all_is_well() {
        let page = summary(&campaign());
        assert!(page.contains("**6 are open: that is not kept.**"), "{page}");
        assert!(page.contains("**1 parts could not be read**"), "{page}");
        assert!(page.contains("| personal_tokens | acme | plan |"), "{page}");
        assert!(!page.to_lowercase().contains("compliant"), "{page}");
    }

    #[test]
    fn names_from_outside_are_words_and_no_markup() {
        assert_eq!(inert(&Text::new("a|b [x](y) <i>")), "a\\|b \\[x\\](y) \\<i\\>");
    }
}
