//! The feeds `exceptions` and `requests`: the records of the register, and the merge requests that would change it.

mod guard;
pub(super) mod history;
mod records;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use self::records::Records;
use self::requests::Requests;
use super::asking::{Ask, Feed};
use super::common::Common;
use super::report::Meter;
use crate::api::gitlab::Gitlab;
use crate::config::{ExceptionSettings, Settings};
use crate::domain::{Scope, SourceId, SourceKey};
use crate::register::Rules;

/// How often the register and the requests are looked at.
const INTERVAL: Duration = Duration::from_mins(1);

/// The feeds of this module.
const SOURCES: [SourceId; 2] = [SourceId::EXCEPTIONS, SourceId::REQUESTS];

/// The register of a GitLab. Cheap to clone.
#[derive(Clone)]
struct Parts {
    gitlab: Arc<Gitlab>,
    settings: Arc<ExceptionSettings>,
}

impl Parts {
    fn feed(&self, source: SourceId, common: &Common) -> Feed {
        let gitlab = Arc::clone(&self.gitlab);
        let meter = Arc::clone(&gitlab) as Arc<dyn Meter>;
        let settings = Arc::clone(&self.settings);
        let key = SourceKey { source, scope: Scope::gitlab(&settings.project) };
        let ask: Box<dyn Ask> = if source == SourceId::REQUESTS {
            Box::new(Requests::new(gitlab, settings))
        } else {
            Box::new(Records::new(gitlab, settings))
        };
        Feed::new(key, ask, meter, INTERVAL, common)
    }
}

/// The rules of the register, as they are configured.
fn rules(settings: &ExceptionSettings) -> Rules {
    let mut rules = Rules { max_renewals: settings.max_renewals, ..Rules::default() };
    rules.max_ttl.extend(settings.max_ttl.clone());
    rules
}

/// Sets both feeds going, where a register is configured.
pub(super) fn start(
    settings: &Settings,
    common: &Common,
    gitlab: Option<&Arc<Gitlab>>,
) -> Vec<JoinHandle<()>> {
    let (Some(exceptions), Some(gitlab)) = (&settings.exceptions, gitlab) else {
        return Vec::new();
    };
    let parts = Parts { gitlab: Arc::clone(gitlab), settings: Arc::new(exceptions.clone()) };
    let spawn = |source| {
        let (parts, feeds) = (parts.clone(), common.clone());
        let key = parts.feed(source, common).key;
        common.spawn(vec![key], INTERVAL, move || parts.feed(source, &feeds).run())
    };
    SOURCES.into_iter().map(spawn).collect()
}

/// One look at each of those that are wanted.
pub(super) async fn look(settings: &Settings, sources: &[SourceId], common: &Common) {
    let (Some(exceptions), Some(gitlab)) = (&settings.exceptions, &settings.gitlab) else {
        return;
    };
    let gitlab = Arc::new(Gitlab::new(gitlab, common.wiring.clone()));
    let parts = Parts { gitlab, settings: Arc::new(exceptions.clone()) };
    let wanted = SOURCES.into_iter().filter(|source| sources.contains(source));
    let looks = wanted.map(|source| {
        let mut feed = parts.feed(source, common);
        async move { feed.look().await }
    });
    futures_util::future::join_all(looks).await;
}
