//! The feed `access`: everything that is read of rights, place by place, with a budget of its own.
//!
//! **Invariant:** what was read of a place is kept until it was read again: a place that fails, or that was not yet come to,
//! takes nothing away. Places are kept one by one between runs, so that a reading goes on where it was broken off.

mod clusters;
mod feed;
mod merge;
mod platform;
mod rights;
mod shelf;
mod site;
#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;

use std::sync::Arc;

use tokio::task::JoinHandle;

use self::feed::AccessFeed;
use self::platform::Platform;
use super::common::Common;
use super::{kubernetes, nodegroups};
use crate::api::aws::Eks;
use crate::api::gitlab::Gitlab;
use crate::api::kubernetes::Cluster;
use crate::api::{Kept, Shelf, Wiring};
use crate::config::Settings;
use crate::domain::access::{Population, Resource};
use crate::domain::time::exact_seconds_between;
use crate::domain::{Change, Origin, Report, Scope, SourceId, SourceKey, Text, Timestamp, Update};

/// The connections that the other feeds use as well.
pub(super) struct Ways<'a> {
    pub(super) gitlab: Option<&'a Arc<Gitlab>>,
    pub(super) eks: &'a [Arc<Eks>],
    pub(super) clusters: &'a [Arc<Cluster>],
}

/// The feed and scope under which its health is kept; none where there is nothing to read.
fn key(settings: &Settings) -> Option<SourceKey> {
    let scope = match &settings.gitlab {
        Some(gitlab) => Scope::gitlab(gitlab.url.host_str().unwrap_or("gitlab")),
        None => Scope::kubernetes(&settings.clusters.first()?.name, None, "access"),
    };
    Some(SourceKey { source: SourceId::ACCESS, scope })
}

/// Sets the feed going.
pub(super) fn start(
    settings: &Settings,
    common: &Common,
    ways: &Ways<'_>,
) -> Option<JoinHandle<()>> {
    let key = key(settings)?;
    let platform = Arc::new(Platform::new(settings, ways));
    let (parts, keys) = (common.clone(), vec![key.clone()]);
    let interval = platform.interval;
    let start = move || AccessFeed::new(key.clone(), Arc::clone(&platform), &parts).run();
    Some(common.spawn(keys, interval, start))
}

/// One look at everything; what is kept and not old is not read again.
pub(super) async fn look(settings: &Settings, common: &Common, ways: &Ways<'_>) {
    let Some(key) = key(settings) else { return };
    let platform = Arc::new(Platform::new(settings, ways));
    AccessFeed::new(key, platform, common).look().await;
}

/// Lets go what is kept of earlier readings that depends on the rights at a place, which were changed: it is read again.
pub fn doubt(shelf: &dyn Shelf, place: &Resource) {
    shelf::forget(shelf, place);
}

/// What is kept of earlier readings; nobody is asked. Nothing where nothing is kept.
pub fn remembered(settings: &Settings, kept: Vec<Kept>, now: Timestamp) -> Vec<Update> {
    let Some(key) = key(settings) else { return Vec::new() };
    let platform = Platform::new(settings, &Ways { gitlab: None, eks: &[], clusters: &[] });
    let progress = merge::Progress { pieces: shelf::pieces(kept), ..merge::Progress::default() };
    let Some(oldest) = progress.pieces.values().map(|piece| piece.taken_at).min() else {
        return Vec::new();
    };
    let sites = platform.sites(&progress.pieces);
    let population = merge::assemble(&platform.statement(), &sites, &progress, now);
    // Rights are read once a day: what was read in full and is younger than that is not read again by the feed either.
    let interval = platform.interval.as_secs_f64();
    let is_whole = sites.iter().all(|site| progress.pieces.contains_key(site));
    let is_young = exact_seconds_between(oldest, now) <= interval;
    let origin = if is_whole && is_young { Origin::Live } else { Origin::Cache };
    let report = Report { confirmed_at: Some(oldest), origin, ..Report::starting(interval) };
    let changes = [Change::Population(Arc::new(population)), Change::Report(report)];
    let update = |change| Update { key: key.clone(), at: oldest, origin, change };
    changes.into_iter().map(update).collect()
}

/// What of rights can be read: of the instance, of the first group and its first project, of every cluster and role. What
/// fails is a gap as well. The common budget alone counts: these are few.
pub async fn sample(settings: &Settings, wiring: &Wiring) -> Population {
    let common = settings.gitlab.as_ref().map_or(60, |one| one.requests_per_minute);
    let eks = nodegroups::clusters(settings, wiring);
    let clusters = kubernetes::clusters(settings, &eks, wiring);
    let gitlab = settings.gitlab.as_ref();
    let gitlab = gitlab.map(|one| Arc::new(Gitlab::new(one, wiring.clone())));
    let ways = Ways { gitlab: gitlab.as_ref(), eks: &eks, clusters: &clusters };
    let platform = Platform::within(settings, &ways, common);
    let mut progress = merge::Progress::default();
    let mut sites = platform.first(&progress.pieces);
    for _ in 0..2 {
        for site in sites.clone() {
            if progress.pieces.contains_key(&site) || progress.failed.contains_key(&site) {
                continue;
            }
            match platform.read(&site).await {
                Ok(piece) => drop(progress.pieces.insert(site, piece)),
                Err(error) => {
                    let why = Text::new(&format!("{error}; {}", error.hint));
                    progress.failed.insert(site, why);
                }
            }
        }
        // The list of places names the first project.
        sites = platform.first(&progress.pieces);
    }
    merge::assemble(&platform.statement(), &sites, &progress, wiring.now())
}
