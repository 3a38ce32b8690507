//! Whoever and whatever has rights, as rows: people, bots, tokens, keys, principals of IAM and Kubernetes.

use super::words;
use crate::access::Holder;
use crate::domain::access::{Level, Principal, PrincipalKind};
use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Principals as rows.
#[derive(Debug)]
pub struct PrincipalRows;

/// The one value of its kind.
pub static PRINCIPALS: PrincipalRows = PrincipalRows;

static ROWS: LensAbout = LensAbout {
    name: "principals",
    noun: ("principal", "principals"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "worst",
    groupings: &[],
    feeds: &[SourceId::ACCESS],
};

impl Lens for PrincipalRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let all = state.picture().map(|picture| picture.holders()).unwrap_or_default();
        Box::new(all.iter().map(Subject::Principal))
    }

    fn touched(&self, _: &State, _: &Changes) -> Vec<EntityId> {
        Vec::new()
    }

    fn is_outdated(&self, changes: &Changes) -> bool {
        changes.rights
    }

    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        read(cx, subject, |_, one| {
            visit(one.called());
            visit(&one.name);
            visit(one.kind.word());
        });
    }

    fn standing(&self, cx: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        words::standing(cx)
    }
}

fn read<T: Default>(
    cx: &Cx<'_>,
    subject: Subject<'_>,
    of: impl FnOnce(&Holder, &Principal) -> T,
) -> T {
    let principal = |holder| Some((holder, cx.state.picture()?.principal(holder)?));
    let found = subject.principal().and_then(principal);
    found.map(|(holder, principal)| of(holder, principal)).unwrap_or_default()
}

fn codes(cx: &Cx<'_>, holder: &Holder) -> Vec<String> {
    let found = cx.state.picture().map(|picture| picture.findings_of(holder));
    words::codes(found.unwrap_or_default().into_iter())
}

/// A name, and the username beside it where both are known.
pub(super) fn called(one: &Principal) -> Cell {
    match &one.username {
        Some(username) if *username != one.name => {
            Cell::new(username.as_str(), Role::Text).and(format!("  {}", one.name), Role::TextDim)
        }
        _ => Cell::path(one.called().as_str(), Role::Text),
    }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "worst", title: "", width: Width::fixed(1), align: Align::Left,
        doc: "the gravest finding about it that no exception covers", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |holder, _| words::worst(holder.worst)),
        order: |cx, s| read(cx, s, |holder, _| words::worst_order(holder.worst)) },
    Column { name: "name", title: "PRINCIPAL", width: Width::grow(16, 60, 4), align: Align::Left,
        doc: "its username and name, a token's name, a key's title, an ARN", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, one| called(one)),
        order: |cx, s| read(cx, s, |_, one| Order::Text(one.called().clone())) },
    Column { name: "kind", title: "KIND", width: Width::fixed(16), align: Align::Left,
        doc: "person, bot, service account, group, a kind of token, deploy key, IAM principal, Kubernetes subject", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, one| Cell::dim(one.kind.word().replace('_', " "))),
        order: |cx, s| read(cx, s, |_, one| Order::Number(one.kind as i64)) },
    Column { name: "right", title: "HIGHEST", width: Width::fixed(16), align: Align::Left,
        doc: "the highest level that any of its grants gives; Planner and Security Manager are no ranks", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |holder, _| words::level(holder.level)),
        order: |cx, s| read(cx, s, |holder, _| words::level_order(holder.level)) },
    Column { name: "grants", title: "GRANTS", width: Width::fixed(6), align: Align::Right,
        doc: "how many grants it has that hold", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |holder, _| Cell::plain(holder.grants.to_string())),
        order: |cx, s| read(cx, s, |holder, _| Order::Number(-i64::try_from(holder.grants).unwrap_or(i64::MAX))) },
    Column { name: "used", title: "USED", width: Width::fixed(8), align: Align::Right,
        doc: "how long ago it was last used or active, as exact as the platform tells", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |holder, _| words::used(holder.last_used, cx.now)),
        order: |cx, s| read(cx, s, |holder, _| words::used_order(holder.last_used)) },
    Column { name: "ends", title: "ENDS", width: Width::fixed(8), align: Align::Right,
        doc: "the first end of a grant of it, or of the token itself", rank: 5, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |holder, _| words::end(holder.expires_at, cx.now)),
        order: |cx, s| read(cx, s, |holder, _| Order::instant(holder.expires_at)) },
    Column { name: "state", title: "STATE", width: Width::grow(7, 14, 1), align: Align::Left,
        doc: "the state of its account", rank: 6, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |_, one| words::state(one)),
        order: |cx, s| read(cx, s, |_, one| one.state.fact().map_or(Order::Last, |state| Order::Text(Text::new(state.word())))) },
    Column { name: "findings", title: "FINDINGS", width: Width::grow(10, 30, 2), align: Align::Left,
        doc: "codes of the rules that find something about it, covered ones in brackets", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(cx, s, |holder, _| words::codes_cell(&codes(cx, holder))),
        order: |cx, s| read(cx, s, |holder, _| Order::Text(Text::new(&codes(cx, holder).join(" ")))) },
    Column { name: "id", title: "ID", width: Width::grow(8, 30, 1), align: Align::Left,
        doc: "its address, as `get grants` has it", rank: 7, shown: Shown::Wide,
        cell: |cx, s| read(cx, s, |_, one| cells::text(Some(&one.id), Role::TextDim)),
        order: |cx, s| read(cx, s, |_, one| Order::Text(one.id.clone())) },
];

/// The words for kinds of principals.
pub(super) fn kinds(_: &State) -> Vec<Text> {
    use PrincipalKind::{
        Bot, DeployKey, DeployToken, Group, GroupToken, IamPrincipal, KubernetesSubject, Person,
        PersonalToken, ProjectToken, RunnerToken, ServiceAccount, TriggerToken,
    };
    let all = [
        Person,
        Bot,
        ServiceAccount,
        Group,
        PersonalToken,
        ProjectToken,
        GroupToken,
        DeployToken,
        DeployKey,
        TriggerToken,
        RunnerToken,
        IamPrincipal,
        KubernetesSubject,
    ];
    all.iter().map(|kind| Text::new(kind.word())).collect()
}

/// The words for levels.
pub(super) fn levels(_: &State) -> Vec<Text> {
    use Level::{Developer, Guest, Maintainer, Owner, Planner, Reporter};
    [Guest, Planner, Reporter, Developer, Maintainer, Owner].map(|one| Text::new(one.word())).into()
}

/// The words for severities.
pub(super) fn severities(_: &State) -> Vec<Text> {
    ["critical", "high", "medium", "low", "info"].map(Text::new).into()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "name", kind: FieldKind::Text, words: no_words, doc: "its username or name",
        of: |cx, s| read(cx, s, |_, one| Value::List([one.called().clone(), one.name.clone()].into())) },
    Field { name: "kind", kind: FieldKind::Text, words: kinds, doc: "what it is",
        of: |cx, s| read(cx, s, |_, one| Value::Word(one.kind.word())) },
    Field { name: "level", kind: FieldKind::Text, words: levels, doc: "the highest level that any of its grants gives",
        of: |cx, s| read(cx, s, |holder, _| holder.level.map_or(Value::None, |level| Value::Word(level.word()))) },
    Field { name: "severity", kind: FieldKind::Text, words: severities, doc: "the gravest finding about it",
        of: |cx, s| read(cx, s, |holder, _| holder.worst.map_or(Value::None, |one| Value::Word(one.as_str()))) },
    Field { name: "finding", kind: FieldKind::Text, words: no_words, doc: "codes of the rules that find something about it: `finding:A08`",
        of: |cx, s| read(cx, s, |holder, _| words::codes_value(cx.state.picture().map(|one| one.findings_of(holder)).unwrap_or_default().into_iter())) },
    Field { name: "grants", kind: FieldKind::Number, words: no_words, doc: "how many grants it has: `grants>10`",
        of: |cx, s| read(cx, s, |holder, _| Value::Number(cells::number(holder.grants as u64))) },
    Field { name: "used", kind: FieldKind::Span, words: no_words, doc: "how long ago it was last used: `used>90d`, also never",
        of: |cx, s| read(cx, s, |holder, _| words::used_value(holder.last_used, cx.now)) },
    Field { name: "ends", kind: FieldKind::Span, words: no_words, doc: "how long until its first end: `ends<14d`",
        of: |cx, s| read(cx, s, |holder, _| Value::seconds(holder.expires_at.map(|at| exact_seconds_between(cx.now, at)))) },
    Field { name: "state", kind: FieldKind::Text, words: no_words, doc: "the state of its account",
        of: |cx, s| read(cx, s, |_, one| one.state.fact().map_or(Value::None, |state| Value::Text(Text::new(state.word())))) },
    Field { name: "external", kind: FieldKind::Bool, words: no_words, doc: "whether it is from outside, where that is told",
        of: |cx, s| read(cx, s, |_, one| Value::truth(one.external.fact().copied())) },
];
