//! The versioned store of objects: what the world writes, and what lists and watches read.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::kind::Kind;
use super::object::Object;
use crate::sim::clock;

/// Every cluster has a past; nobody can ask for it.
const FIRST: u64 = 1000;
/// Changes that are remembered of each kind: a watch that was away for a minute or two resumes.
const WINDOW: usize = 8192;
/// Real servers send a bookmark about once a minute; nobody watches a simulation that long to see that they work.
const BOOKMARK: Duration = Duration::from_secs(5);

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Added,
    Modified,
    Deleted,
}

/// A change of an object, for watches.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The version that it made.
    pub(crate) version: u64,
    pub(crate) act: Act,
    /// The object after it; its last state, with the new version, when it was deleted.
    pub(crate) object: Arc<Object>,
    /// The object before it.
    pub(crate) before: Option<Arc<Object>>,
}

/// The version that was asked for is remembered no more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expired {
    /// The oldest version that can still be asked for.
    pub(crate) oldest: u64,
}

/// Objects of every kind, with one counter of versions over all.
pub(crate) struct Store {
    kept: BTreeMap<Kind, Rack>,
    version: watch::Sender<u64>,
    window: usize,
    /// Whether Karpenter's resources exist.
    pub(crate) karpenter: bool,
    /// Whether Kyverno's resources exist.
    pub(crate) kyverno: bool,
    /// How often a watch gets a bookmark.
    pub(crate) bookmark: Duration,
}

/// The objects of one kind, by namespace and name, and their recent changes.
#[derive(Default)]
struct Rack {
    objects: BTreeMap<Box<str>, BTreeMap<Box<str>, Arc<Object>>>,
    log: VecDeque<Change>,
    /// Version of the newest change that is forgotten.
    forgotten: u64,
}

impl Default for Store {
    fn default() -> Self {
        let rack = || Rack { forgotten: FIRST, ..Rack::default() };
        Self {
            kept: Kind::ALL.into_iter().map(|kind| (kind, rack())).collect(),
            version: watch::Sender::new(FIRST),
            window: WINDOW,
            karpenter: false,
            kyverno: false,
            bookmark: BOOKMARK,
        }
    }
}

impl Store {
    /// Whether a resource exists.
    pub(crate) fn serves(&self, kind: Kind) -> bool {
        (self.karpenter || !kind.is_karpenter()) && (self.kyverno || !kind.is_kyverno())
    }

    /// Creates or replaces an object by `metadata.namespace` and `metadata.name`; its version.
    ///
    /// Identifier and creation are made when they are absent and kept afterwards. An equal object changes nothing.
    pub(crate) fn put(&mut self, kind: Kind, mut object: Value) -> u64 {
        let name = metadata(&object, "name");
        let namespace =
            if kind.facts().namespaced { metadata(&object, "namespace") } else { String::new() };
        let before = self.object(kind, &namespace, &name);
        let version = self.version() + 1;
        let (uid, created) = match &before {
            Some(before) => (before.uid.to_string(), before.created.to_string()),
            None => {
                (Object::new_uid(kind, &namespace, &name, version), clock::coarse(clock::now()))
            }
        };
        set_absent(&mut object, "uid", uid);
        set_absent(&mut object, "creationTimestamp", created);
        let object = Arc::new(Object::new(kind, object, version));
        if let Some(before) = before.as_ref().filter(|before| before.equals(&object)) {
            return before.version;
        }
        let act = if before.is_some() { Act::Modified } else { Act::Added };
        let rack = self.kept.entry(kind).or_default();
        let names = rack.objects.entry(namespace.into()).or_default();
        names.insert(name.into(), Arc::clone(&object));
        self.record(Change { version, act, object, before });
        version
    }

    /// Removes an object; `None` when there is none.
    pub(crate) fn delete(
        &mut self,
        kind: Kind,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<u64> {
        let rack = self.kept.get_mut(&kind)?;
        let names = rack.objects.get_mut(namespace.unwrap_or_default())?;
        let before = names.remove(name)?;
        if names.is_empty() {
            rack.objects.remove(namespace.unwrap_or_default());
        }
        let version = self.version() + 1;
        let object = Arc::new(before.at(version));
        self.record(Change { version, act: Act::Deleted, object, before: Some(before) });
        Some(version)
    }

    /// An object, without `kind` and `apiVersion`.
    pub(crate) fn get(&self, kind: Kind, namespace: Option<&str>, name: &str) -> Option<Value> {
        self.object(kind, namespace.unwrap_or_default(), name).map(|object| object.value())
    }

    /// An object as it is kept; an empty namespace is for what belongs to none.
    pub(crate) fn object(&self, kind: Kind, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.kept.get(&kind)?.objects.get(namespace)?.get(name).cloned()
    }

    /// The objects of a kind, of one namespace or of all, by namespace and name.
    pub(crate) fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<Arc<Object>> {
        let Some(rack) = self.kept.get(&kind) else { return Vec::new() };
        match namespace {
            Some(one) => {
                rack.objects.get(one).into_iter().flat_map(BTreeMap::values).cloned().collect()
            }
            None => rack.objects.values().flat_map(BTreeMap::values).cloned().collect(),
        }
    }

    /// The objects of a kind as they were at a version.
    pub(crate) fn list_at(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        version: u64,
    ) -> Result<Vec<Arc<Object>>, Expired> {
        let mut then: HashMap<(&str, &str), Option<&Arc<Object>>> = HashMap::new();
        let changes: Vec<&Change> = self.after(kind, version)?.collect();
        for change in &changes {
            let object = &change.object;
            then.entry((&object.namespace, &object.name)).or_insert(change.before.as_ref());
        }
        if then.is_empty() {
            return Ok(self.list(kind, namespace));
        }
        let is_here = |object: &Arc<Object>| namespace.is_none_or(|one| *object.namespace == *one);
        let mut objects: Vec<Arc<Object>> = self
            .list(kind, namespace)
            .into_iter()
            .filter(|object| !then.contains_key(&(&*object.namespace, &*object.name)))
            .chain(then.values().copied().flatten().filter(|object| is_here(object)).cloned())
            .collect();
        objects.sort_by(|one, other| {
            (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name))
        });
        Ok(objects)
    }

    /// The changes of a kind after a version, oldest first.
    pub(crate) fn changes(&self, kind: Kind, version: u64) -> Result<Vec<Change>, Expired> {
        self.after(kind, version).map(|changes| changes.cloned().collect())
    }

    /// The newest version.
    pub(crate) fn version(&self) -> u64 {
        *self.version.borrow()
    }

    /// Wakes whoever waits for the next version.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Remembers at most so many changes of each kind from here on.
    pub(crate) fn set_window(&mut self, window: usize) {
        self.window = window;
        for rack in self.kept.values_mut() {
            rack.shrink(window);
        }
    }

    fn after(&self, kind: Kind, version: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        let rack = self.kept.get(&kind);
        let oldest = rack.map_or(FIRST, |rack| rack.forgotten);
        if version < oldest {
            return Err(Expired { oldest });
        }
        let log = rack.into_iter().flat_map(move |rack| {
            let first = rack.log.partition_point(|change| change.version <= version);
            rack.log.iter().skip(first)
        });
        Ok(log)
    }

    fn record(&mut self, change: Change) {
        let version = change.version;
        let rack = self.kept.entry(change.object.kind).or_default();
        rack.log.push_back(change);
        rack.shrink(self.window);
        self.version.send_replace(version);
    }
}

impl Rack {
    fn shrink(&mut self, window: usize) {
        while self.log.len() > window {
            if let Some(change) = self.log.pop_front() {
                self.forgotten = change.version;
            }
        }
    }
}

fn metadata(object: &Value, key: &str) -> String {
    let text = object.get("metadata").and_then(|metadata| metadata.get(key));
    text.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn set_absent(object: &mut Value, key: &str, value: String) {
    let Some(members) = object.as_object_mut() else { return };
    let metadata =
        members.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.entry(key).or_insert(Value::String(value));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(namespace: &str, name: &str, phase: &str) -> Value {
        json!({
            "metadata": {"namespace": namespace, "name": name},
            "status": {"phase": phase},
        })
    }

    fn names(objects: &[Arc<Object>]) -> Vec<String> {
        objects.iter().map(|one| format!("{}={}", one.name, one.field("status.phase"))).collect()
    }

    /// Two pods: `a` is changed, `b` stays.
    fn filled() -> (Store, u64) {
        let mut store = Store::default();
        store.put(Kind::Pod, pod("n", "a", "Pending"));
        let version = store.put(Kind::Pod, pod("n", "b", "Pending"));
        store.put(Kind::Pod, pod("n", "a", "Running"));
        (store, version)
    }

    #[test]
    fn versions_rise_over_all_kinds() {
        let mut store = Store::default();
        let first = store.put(Kind::Pod, pod("n", "a", "Pending"));
        assert_eq!(store.put(Kind::Node, json!({"metadata": {"name": "m"}})), first + 1);
    }

    #[test]
    fn an_equal_object_changes_nothing() {
        let (mut store, _) = filled();
        let version = store.version();
        store.put(Kind::Pod, pod("n", "a", "Running"));
        assert_eq!(store.version(), version);
    }

    #[test]
    fn an_object_that_was_read_and_written_back_changes_nothing() {
        let (mut store, _) = filled();
        let version = store.version();
        let read = store.get(Kind::Pod, Some("n"), "a").unwrap();
        store.put(Kind::Pod, read);
        assert_eq!(store.version(), version);
    }

    #[test]
    fn an_update_keeps_the_identifier() {
        let (mut store, _) = filled();
        let uid = store.get(Kind::Pod, Some("n"), "a").unwrap()["metadata"]["uid"].clone();
        store.put(Kind::Pod, pod("n", "a", "Failed"));
        assert_eq!(store.get(Kind::Pod, Some("n"), "a").unwrap()["metadata"]["uid"], uid);
    }

    #[test]
    fn an_object_that_comes_again_is_another_one() {
        let (mut store, _) = filled();
        let uid = store.get(Kind::Pod, Some("n"), "a").unwrap()["metadata"]["uid"].clone();
        store.delete(Kind::Pod, Some("n"), "a");
        store.put(Kind::Pod, pod("n", "a", "Running"));
        assert_ne!(store.get(Kind::Pod, Some("n"), "a").unwrap()["metadata"]["uid"], uid);
    }

    #[test]
    fn a_deletion_tells_the_last_state_with_a_new_version() {
        let (mut store, _) = filled();
        let version = store.version();
        store.delete(Kind::Pod, Some("n"), "a");
        let change = store.changes(Kind::Pod, version).unwrap().remove(0);
        assert_eq!((change.act, change.object.version), (Act::Deleted, version + 1));
        assert_eq!(change.object.field("status.phase"), "Running");
        assert_eq!(
            change.object.value()["metadata"]["resourceVersion"],
            change.version.to_string()
        );
    }

    #[test]
    fn nothing_is_deleted_twice() {
        let (mut store, _) = filled();
        assert!(store.delete(Kind::Pod, Some("n"), "a").is_some());
        assert_eq!(store.delete(Kind::Pod, Some("n"), "a"), None);
    }

    #[test]
    fn a_list_holds_one_namespace_or_all() {
        let (mut store, _) = filled();
        store.put(Kind::Pod, pod("o", "c", "Pending"));
        assert_eq!(names(&store.list(Kind::Pod, Some("o"))), ["c=Pending"]);
        assert_eq!(names(&store.list(Kind::Pod, None)), ["a=Running", "b=Pending", "c=Pending"]);
    }

    #[test]
    fn a_list_at_a_version_shows_what_was_then() {
        let (mut store, version) = filled();
        store.delete(Kind::Pod, Some("n"), "b");
        store.put(Kind::Pod, pod("n", "c", "Pending"));
        let then = store.list_at(Kind::Pod, None, version).unwrap();
        assert_eq!(names(&then), ["a=Pending", "b=Pending"]);
    }

    #[test]
    fn the_changes_after_a_version_are_told_in_order() {
        let (store, _) = filled();
        let acts: Vec<Act> =
            store.changes(Kind::Pod, FIRST).unwrap().iter().map(|change| change.act).collect();
        assert_eq!(acts, [Act::Added, Act::Added, Act::Modified]);
    }

    #[test]
    fn a_version_behind_the_window_is_expired() {
        let (mut store, version) = filled();
        store.set_window(1);
        assert_eq!(store.changes(Kind::Pod, version - 1).unwrap_err(), Expired { oldest: version });
        assert_eq!(store.changes(Kind::Pod, version).unwrap().len(), 1);
    }

    #[test]
    fn whoever_waits_is_told_of_a_new_version() {
        let (mut store, _) = filled();
        let mut receiver = store.subscribe();
        receiver.mark_unchanged();
        store.put(Kind::Pod, pod("n", "z", "Pending"));
        assert!(receiver.has_changed().unwrap());
    }
}
