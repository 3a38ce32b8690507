//! Reports of feeds as they come and go, and what rests on their being whole.

use crate::domain::{Origin, Report, SourceId, SourceKey, Text, Tiers};
use crate::state::{Changes, State};

impl State {
    /// Takes a feed's report. One that could not be read yet does not undo when it last was; what an earlier run
    /// confirmed stays marked as remembered until this run confirms it.
    pub(super) fn take_report(
        &mut self,
        key: &SourceKey,
        report: Report,
        origin: Origin,
        changes: &mut Changes,
    ) {
        let before = self.reports.get(key);
        let report = match (origin, before) {
            (Origin::Live, before) => heard(report, before),
            (Origin::Cache, None) => Report { origin: Origin::Cache, ..report },
            (Origin::Cache, Some(before)) => reminded(before, &report),
        };
        if before == Some(&report) {
            return;
        }
        changes.reports = true;
        let whole = (before.is_some_and(Report::is_whole), report.is_whole());
        self.reports.insert(key.clone(), report);
        if whole.0 != whole.1 {
            self.judge_whole(key, changes);
        }
    }

    pub(super) fn remove_report(&mut self, key: &SourceKey, changes: &mut Changes) {
        if self.reports.remove(key).is_some() {
            changes.reports = true;
            self.judge_whole(key, changes);
        }
    }

    /// A feed began, or ceased, to be read as far as it goes: what rests on that stands differently now.
    fn judge_whole(&mut self, key: &SourceKey, changes: &mut Changes) {
        let Some(cluster) = key.scope.cluster().map(Text::new) else { return };
        changes.capacity = true;
        if matches!(key.source, SourceId::PODS | SourceId::OCCUPANTS) {
            let before = self.index.capacity.whole.contains(&cluster);
            let is = self.reads_all_pods(&cluster);
            let known = &mut self.index.capacity.whole;
            if is {
                known.insert(cluster.clone());
            } else {
                known.remove(&cluster);
            }
            if before != is {
                let nodes = self.rows.nodes.iter();
                changes.nodes.extend(
                    nodes.filter(|(_, row)| row.value.cluster == cluster).map(|(id, _)| id),
                );
            }
        }
        if key.source == SourceId::POLICIES {
            self.touch_pods_of(&cluster, changes);
        }
    }

    /// Marks every pod of a cluster's tiers that expect their egress to be denied: whether that is broken is judged
    /// anew.
    pub(super) fn touch_pods_of(&self, cluster: &Text, changes: &mut Changes) {
        if !expects_denial(&self.tiers, cluster) {
            return;
        }
        let pods = self.rows.pods.iter().filter(|(_, row)| row.value.cluster == *cluster);
        changes.pods.extend(pods.map(|(id, _)| id));
    }
}

fn expects_denial(tiers: &Tiers, cluster: &Text) -> bool {
    let mut pods = tiers.iter().map(|(_, tier)| &tier.pods);
    pods.any(|pods| pods.egress_policy_required && pods.cluster.as_ref() == Some(cluster))
}

/// What this run says; where it could not confirm yet, with what was confirmed before.
fn heard(report: Report, before: Option<&Report>) -> Report {
    match (report.confirmed_at, before) {
        (None, Some(before)) => {
            Report { confirmed_at: before.confirmed_at, origin: before.origin, ..report }
        }
        _ => Report { origin: Origin::Live, ..report },
    }
}

/// What is known, with the confirmation of an earlier run where this one has none.
fn reminded(before: &Report, remembered: &Report) -> Report {
    let confirmed_in_this_run = before.confirmed_at.is_some() && before.origin == Origin::Live;
    if confirmed_in_this_run || remembered.confirmed_at <= before.confirmed_at {
        return before.clone();
    }
    Report { confirmed_at: remembered.confirmed_at, origin: Origin::Cache, ..before.clone() }
}
