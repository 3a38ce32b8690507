//! Objects of Kubernetes into the values of the domain: one place for each kind.

mod event;
mod karpenter;
mod node;
mod pod;
mod pod_shape;
mod request;
mod shape;
mod verdict;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::DeserializeOwned;

use super::intern::Interner;
use super::resource::Resource;
use crate::domain::{Entity, EntityId, PodEvent};

use event::EventShape;
use karpenter::{ClaimShape, PoolShape};
use node::{NodeShape, PolicyShape, QuotaShape};
use pod_shape::PodShape;
use shape::{Meta, Unused};

/// What reading an object needs besides the object.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The cluster's name in the configuration.
    pub(super) cluster: &'a str,
    /// What is shared.
    pub(super) interner: &'a mut Interner,
}

/// An object that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its address here, whether or not it is of interest.
    pub id: EntityId,
    /// What it is here; nothing where it is of no interest.
    pub entity: Option<Entity>,
    /// A digest of its own identity: several objects may stand for one entity, one after the other.
    pub origin: u64,
}

/// A kind of object.
trait Shape: DeserializeOwned {
    fn uid(&self) -> &str;
    fn id(&self, cluster: &str) -> EntityId;
    fn entity(&self, cx: &mut Context<'_>) -> Option<Entity>;
}

macro_rules! shape {
    ($shape:ty, $id:path, $entity:expr) => {
        impl Shape for $shape {
            fn uid(&self) -> &str {
                &self.metadata.uid
            }

            fn id(&self, cluster: &str) -> EntityId {
                $id(self, cluster)
            }

            fn entity(&self, cx: &mut Context<'_>) -> Option<Entity> {
                let read: fn(&$shape, &mut Context<'_>) -> Option<Entity> = $entity;
                read(self, cx)
            }
        }
    };
}

shape!(PodShape, pod::id_in_tier, pod::of_tier);
shape!(EventShape, event::id, event::of_note);
shape!(NodeShape, node::node_id, node::node);
shape!(QuotaShape, node::quota_id, |shape, cx| Some(node::quota(shape, cx)));
shape!(PolicyShape, node::policy_id, |shape, cx| Some(node::policy(shape, cx)));
shape!(PoolShape, karpenter::pool_id, |shape, cx| Some(karpenter::pool(shape, cx)));
shape!(ClaimShape, karpenter::claim_id, karpenter::claim);

/// A pod that only takes room.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct OccupantShape(PodShape);

impl Shape for OccupantShape {
    fn uid(&self) -> &str {
        &self.0.metadata.uid
    }

    fn id(&self, cluster: &str) -> EntityId {
        pod::occupant_id(&self.0, cluster)
    }

    fn entity(&self, cx: &mut Context<'_>) -> Option<Entity> {
        pod::occupant(&self.0, cx)
    }
}

/// Reads an object of a resource.
pub(super) fn object(
    resource: &Resource,
    json: &str,
    cx: &mut Context<'_>,
) -> Result<Object, serde_json::Error> {
    match resource {
        Resource::Pods(_) => read::<PodShape>(json, cx),
        Resource::Events(_) => read::<EventShape>(json, cx),
        Resource::Nodes => read::<NodeShape>(json, cx),
        Resource::Occupants(_) => read::<OccupantShape>(json, cx),
        Resource::Quotas(_) => read::<QuotaShape>(json, cx),
        Resource::Policies(_) => read::<PolicyShape>(json, cx),
        Resource::NodePools => read::<PoolShape>(json, cx),
        Resource::NodeClaims => read::<ClaimShape>(json, cx),
    }
}

fn read<S: Shape>(json: &str, cx: &mut Context<'_>) -> Result<Object, serde_json::Error> {
    let shape: S = serde_json::from_str(json)?;
    let mut hasher = DefaultHasher::new();
    shape.uid().hash(&mut hasher);
    let id = shape.id(cx.cluster);
    Ok(Object { id, entity: shape.entity(cx), origin: hasher.finish() })
}

/// Reads one object of a resource as a server of that cluster writes it, by itself: nothing where it is of no interest.
///
/// # Errors
/// Why it is no such object.
pub fn entity(
    resource: &Resource,
    json: &str,
    cluster: &str,
) -> Result<Option<Entity>, serde_json::Error> {
    let mut interner = Interner::default();
    let mut cx = Context { cluster, interner: &mut interner };
    object(resource, json, &mut cx).map(|object| object.entity)
}

/// Reads any event of a pod, whether or not it is kept otherwise.
pub(super) fn any_event(
    json: &str,
    cx: &mut Context<'_>,
) -> Result<Option<PodEvent>, serde_json::Error> {
    let shape: EventShape = serde_json::from_str(json)?;
    Ok(event::event(&shape, cx))
}

/// The resource version of any object, also of one that a bookmark leaves empty.
pub(super) fn resource_version(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Versioned {
        #[serde(default)]
        resource_version: String,
    }
    #[derive(serde::Deserialize)]
    struct Any {
        metadata: Versioned,
    }
    let any: Any = serde_json::from_str(json).ok()?;
    Some(any.metadata.resource_version).filter(|version| !version.is_empty())
}

/// The name of any object, for saying which one could not be read.
pub(super) fn name(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Any {
        metadata: Meta<Unused, Unused>,
    }
    serde_json::from_str::<Any>(json).ok().map(|any| any.metadata.name)
}
