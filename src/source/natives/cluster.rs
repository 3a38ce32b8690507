//! Kyverno's exceptions of one cluster, of both kinds.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::asking::{Ask, Read};
use super::gap_of;
use crate::api::Error;
use crate::api::kubernetes::{Cluster, PolicyExceptionKind};
use crate::domain::{Entity, Flaw, Gap, GapKind, Home, Native, Sighting, Text, Tool};
use crate::register::formats::{read_cel, read_classic};

/// The exceptions of one cluster.
pub(super) struct Exceptions(Arc<Cluster>);

impl Exceptions {
    pub(super) fn new(cluster: Arc<Cluster>) -> Exceptions {
        Exceptions(cluster)
    }
}

/// What was read of both kinds.
#[derive(Default)]
struct Seen {
    natives: Vec<Native>,
    warnings: Vec<Flaw>,
    unreadable: Vec<Flaw>,
    error: Option<Error>,
    absent: usize,
}

impl Seen {
    fn take(&mut self, cluster: &str, kind: PolicyExceptionKind, objects: &[String]) {
        for json in objects {
            let found = match kind {
                PolicyExceptionKind::Classic => read_classic(cluster, json),
                PolicyExceptionKind::Cel => read_cel(cluster, json),
            };
            match found {
                Ok(found) => {
                    self.natives.extend(found.natives);
                    self.warnings.extend(found.warnings);
                }
                Err(flaw) => self.unreadable.push(flaw),
            }
        }
    }

    fn gap(&self) -> Option<Gap> {
        if let Some(error) = &self.error {
            return Some(gap_of(error));
        }
        if let Some(first) = self.unreadable.first() {
            let more = match self.unreadable.len() {
                1 => String::new(),
                n => format!(", and {} more", n - 1),
            };
            let why = format!("{}: {}{more}", first.path, first.what);
            return Some(Gap::new(GapKind::Unreadable, &why));
        }
        (self.absent == PolicyExceptionKind::ALL.len()).then(|| {
            Gap::new(
                GapKind::Unavailable,
                "the cluster has no PolicyExceptions: Kyverno is not installed there",
            )
        })
    }
}

#[async_trait]
impl Ask for Exceptions {
    async fn read(&mut self) -> Result<Read, Error> {
        let (at, cluster) = (self.0.now(), self.0.name());
        let mut seen = Seen::default();
        for kind in PolicyExceptionKind::ALL {
            match self.0.policy_exceptions(kind).await {
                Ok(Some(objects)) => seen.take(cluster, kind, &objects),
                Ok(None) => seen.absent += 1,
                // A right may be missing for one kind; whatever else failed fails for both.
                Err(error) if error.is_about_one_part() => seen.error = Some(error),
                Err(error) => return Err(error),
            }
        }
        let home = Home::Cluster(Text::new(cluster));
        let gap = seen.gap();
        let sighting = Sighting::new(Tool::KyvernoClassic.name(), home, None, at);
        let sighting = Sighting { gap, ..sighting.holding(seen.natives, seen.warnings) };
        Ok(Read { entities: vec![Entity::Sighting(Arc::new(sighting))], gap: seen.error })
    }
}
