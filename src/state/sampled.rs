//! The platform's own objectives from what was sampled here, where Prometheus has nothing of them.

use super::State;
use super::queue::{Outcomes, ratio};
use crate::domain::{
    Health, Measured, Pair, Period, Reading, Slo, SloId, SloOrigin, SourceId, Text, Tier,
    TierIndex, Timestamp,
};

/// What is known here: the last hour, seconds.
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// How often it is sampled, seconds.
const EVERY: f64 = 60.0;

impl State {
    /// The platform's own objectives as the last hour has them, but those that Prometheus tells of. Nothing while the
    /// queue is not read whole and live: what was not seen is not made up. `objective` is asked for that of a kind and a
    /// tier.
    pub fn sampled_slos(&self, objective: impl Fn(&str, &str) -> f64, now: Timestamp) -> Vec<Slo> {
        let is_live = self.source_health(SourceId::QUEUE, now) == Some(Health::Live);
        if !is_live || !self.is_collected() {
            return Vec::new();
        }
        let slo = |(kind, tier, words, counts): (&str, &str, String, (u64, u64))| {
            made((kind, tier), objective(kind, tier), (&words, counts), now)
        };
        let told = |one: &Slo| {
            let mut rows = self.rows.slos.iter().map(|(_, row)| &row.value);
            rows.any(|row| row.rule_id == one.rule_id && !row.is_sampled_here())
        };
        self.samples().into_iter().map(slo).filter(|one| !told(one)).collect()
    }

    /// Kind, tier, words, and all events with the bad ones among them.
    fn samples(&self) -> Vec<(&'static str, &str, String, (u64, u64))> {
        let mut samples = Vec::new();
        for (index, tier) in self.tiers.iter() {
            samples.extend(self.of_tier(index, tier));
        }
        let all = self.tiers.iter().map(|(index, _)| Some(index)).chain([None]);
        let words = "jobs of the last hour that did not fail, or failed by their own script";
        samples.extend(self.failures(all).map(|one| ("pipelines", "", words.to_owned(), one)));
        let protected = self.tiers.iter().filter(|(_, tier)| tier.protected);
        let words = "jobs of protected tiers in the last hour that the platform did not fail";
        let failures = self.failures(protected.map(|(index, _)| Some(index)));
        samples.extend(failures.map(|one| ("deployments", "", words.to_owned(), one)));
        samples
    }

    fn of_tier<'t>(
        &self,
        index: TierIndex,
        tier: &'t Tier,
    ) -> impl Iterator<Item = (&'static str, &'t str, String, (u64, u64))> + use<'t> {
        let target = tier.queue_target_seconds;
        let words = format!("jobs of the last hour that a runner took within {target} s");
        let queue = self.queue(Some(index)).map(|one| one.later_than(target));
        let queue = queue.map(|one| ("queue", &*tier.name, words, counts(one)));
        let target = tier.pods.scheduling_target_seconds;
        let words = format!("pods of the last hour that were placed on a node within {target} s");
        let placed = tier.pods.namespace.as_ref().and(self.capacity(Some(index)));
        let placed = placed.map(|one| one.placed_later_than(target));
        let placed = placed.map(|one| ("scheduling", &*tier.name, words, counts(one)));
        queue.into_iter().chain(placed)
    }

    /// Ended jobs and those that the platform failed; nothing while it is not known of one why it failed.
    fn failures(&self, of: impl Iterator<Item = Option<TierIndex>>) -> Option<(u64, u64)> {
        let all: Vec<Outcomes> = of.filter_map(|tier| Some(self.queue(tier)?.outcomes())).collect();
        let is_known = !all.is_empty() && all.iter().all(|one| one.unread == 0);
        let sum = |of: fn(&Outcomes) -> u64| -> u64 { all.iter().map(of).sum() };
        is_known.then(|| (sum(|one| one.success + one.failed), sum(|one| one.platform)))
    }
}

fn counts((all, bad): (usize, usize)) -> (u64, u64) {
    let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
    (count(all), count(bad))
}

/// A row over the last hour of its period, which is young for that.
fn made(
    (kind, tier): (&str, &str),
    objective: f64,
    (words, (all, bad)): (&str, (u64, u64)),
    now: Timestamp,
) -> Slo {
    let name = if tier.is_empty() { kind.to_owned() } else { format!("{kind}-{tier}") };
    let key = Text::new(&format!("platform-{name}"));
    let period = if kind == "deployments" { 28.0 * DAY } else { 30.0 * DAY };
    let since = Timestamp::from_second(now.as_second() - 3600).unwrap_or(now);
    let reading = Reading {
        name: Text::new("1h"),
        window_seconds: HOUR,
        ratio: if all == 0 { Measured::NotANumber } else { Measured::of(ratio(bad, all)) },
        at: Some(now),
    };
    let labels = (!tier.is_empty()).then(|| (Text::new("tier"), Text::new(tier)));
    Slo {
        id: SloId::of(&["sampled", &key]),
        rule_id: key.clone(),
        key,
        service: Text::new("platform"),
        name: Text::new(&name),
        description: Some(Text::new(&format!("{words}; sampled here since {since:.0}"))),
        origin: SloOrigin::Builtin,
        labels: labels.into_iter().collect(),
        objective,
        period: Period::Rolling { seconds: period },
        period_ratio: reading.clone(),
        readings: Box::new([reading]),
        pairs: Pair::workbook(period).into(),
        events: Some(ratio(all, 1)),
        filled: Some(HOUR / period),
        recovery: None,
        is_called_spent: false,
        is_time_weighted: false,
        firing: None,
        rule_error: None,
        warning: None,
        rule_interval_seconds: Some(EVERY),
        queries: Box::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SloState;
    use crate::domain::slo::fixture::at;

    fn state(all: u64, bad: u64) -> SloState {
        made(("queue", "standard"), 0.99, ("words", (all, bad)), at(3600)).state(at(3610))
    }

    #[test]
    fn an_hour_of_a_month_is_young_and_nothing_in_it_no_traffic() {
        assert_eq!(state(100, 0), SloState::Young);
        assert_eq!(state(100, 90), SloState::Young);
        assert_eq!(state(0, 0), SloState::NoTraffic);
    }

    #[test]
    fn a_sampled_row_says_so_and_since_when() {
        let row = made(("queue", "standard"), 0.99, ("words", (100, 1)), at(3600));
        assert!(row.is_sampled_here());
        let said = row.description.as_deref();
        assert_eq!(said, Some("words; sampled here since 2023-11-14T22:13:20Z"));
        assert_eq!(
            (&*row.key, row.burn(HOUR).map(f64::round)),
            ("platform-queue-standard", Some(1.0))
        );
    }
}
