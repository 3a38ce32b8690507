//! Acts of the ledger as entries: the ledger keeps its own past, and is told from there.

use std::sync::Arc;

use crate::domain::{
    Deed, EntityId, Entry, EntryKind, EntryStand, EntrySubject, ProjectId, Text, Timestamp,
};
use crate::state::State;

/// Acts between two instants as entries.
pub fn acts(deeds: &[Arc<Deed>], since: Timestamp, until: Timestamp) -> Vec<Entry> {
    let within = deeds.iter().filter(|deed| deed.at >= since && deed.at <= until);
    within.map(|deed| act(deed, until)).collect()
}

fn act(deed: &Deed, until: Timestamp) -> Entry {
    let ended = deed.outcome.as_ref().filter(|(at, _)| *at <= until);
    let ending = ended.map_or("open", |(_, outcome)| outcome.ending.as_str());
    let settings: Vec<String> =
        deed.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let reason = deed.reason.as_deref().unwrap_or_default();
    let words: Vec<&str> = std::iter::once(ending)
        .chain(settings.iter().map(String::as_str))
        .chain([reason])
        .filter(|word| !word.is_empty())
        .collect();
    Entry {
        at: deed.at,
        subject: EntrySubject {
            kind: EntryKind::Act,
            about: Text::new(&format!("act {}", deed.seq)),
            code: deed.act.clone(),
        },
        name: Text::new(&format!("{} of {} by {}", deed.act, deed.target, deed.actor.os_user)),
        before: None,
        after: EntryStand { words: Text::new(&words.join(" · ")), severity: None },
        unseen_since: None,
    }
}

/// What acts on a thing name as their target; `None` where nothing is done to such things.
pub fn target_of(state: &State, id: &EntityId) -> Option<Text> {
    let numbered = |project: ProjectId, id: String| {
        let path = &state.projects().get(project)?.path;
        Some(format!("{path}#{id}"))
    };
    let words = match id {
        EntityId::Job(id) => numbered(state.jobs().get(*id)?.project, id.to_string()),
        EntityId::Pipeline(id) => numbered(state.pipelines().get(*id)?.project, id.to_string()),
        EntityId::Runner(id) => Some(id.to_string()),
        EntityId::NodeGroup(id) => {
            let group = state.nodegroups().get(*id)?;
            Some(format!("{}/{}", group.cluster, group.name))
        }
        EntityId::Node(id) => {
            let node = state.nodes().get(*id)?;
            Some(format!("{}/{}", node.cluster, node.name))
        }
        EntityId::Pod(id) => {
            let pod = state.pods().get(*id)?;
            Some(format!("{}/{}/{}", pod.cluster, pod.namespace, pod.name))
        }
        _ => None,
    };
    words.as_deref().map(Text::new)
}
