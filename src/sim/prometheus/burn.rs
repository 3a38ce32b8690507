//! When an objective burns too fast: pairs of windows, and since when both are over their threshold.

use super::sample::{STEP, on_grid};
use crate::sim::clock::{Millis, exact};
use crate::sim::world::slo::{DAY, HOUR, MINUTE, Maker, Promise, SloState, Slos};

/// How far back the beginning of a burn is looked for.
const LONGEST: Millis = 5 * DAY;

/// Two windows that must both be over the same threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) short: Millis,
    pub(crate) long: Millis,
    pub(crate) factor: f64,
}

/// A rule that raises an alert when one of its pairs is over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alarm {
    pub(crate) severity: &'static str,
    pub(crate) pairs: Vec<Pair>,
    /// How long it must be so.
    pub(crate) hold: Millis,
}

/// An alert that is up: since when, whether it fires yet, and what its expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Up {
    pub(crate) since: Millis,
    pub(crate) fires: bool,
    pub(crate) value: f64,
}

/// The rules that raise alerts about an objective.
pub(crate) fn alarms(promise: &Promise) -> Vec<Alarm> {
    match promise.maker {
        Maker::Sloth => sloth(promise.period()),
        Maker::Pyrra => pyrra(promise.period()),
    }
}

fn sloth(period: Millis) -> Vec<Alarm> {
    let pair =
        |short, long, share: f64| Pair { short, long, factor: share * exact(period) / exact(long) };
    let alarm = |severity, pairs| Alarm { severity, pairs, hold: 0 };
    vec![
        alarm("page", vec![pair(5 * MINUTE, HOUR, 0.02), pair(30 * MINUTE, 6 * HOUR, 0.05)]),
        alarm("ticket", vec![pair(2 * HOUR, DAY, 0.1), pair(6 * HOUR, 3 * DAY, 0.1)]),
    ]
}

/// The ladder of 28 days, stretched to the period and rounded to the minute.
fn pyrra(period: Millis) -> Vec<Alarm> {
    let scaled = |span: Millis| {
        let exact = span * (period / DAY) / 28;
        (exact + MINUTE / 2) / MINUTE * MINUTE
    };
    let ladder = [
        ("critical", 14.0, 2 * MINUTE, HOUR, 5 * MINUTE),
        ("critical", 7.0, 15 * MINUTE, 6 * HOUR, 30 * MINUTE),
        ("warning", 2.0, HOUR, DAY, 2 * HOUR),
        ("warning", 1.0, 3 * HOUR, 4 * DAY, 6 * HOUR),
    ];
    ladder
        .into_iter()
        .map(|(severity, factor, hold, long, short)| Alarm {
            severity,
            pairs: vec![Pair { short: scaled(short), long: scaled(long), factor }],
            hold: scaled(hold),
        })
        .collect()
}

/// Whether an alert is up now, as the rule found at its last look.
pub(crate) fn up(slos: &Slos, promise: &Promise, alarm: &Alarm, now: Millis) -> Option<Up> {
    if matches!(promise.state, Some(SloState::Absent | SloState::Vanished)) {
        return None;
    }
    let last = on_grid(now);
    let value = over(slos, promise, alarm, last)?;
    let mut since = last;
    while since - STEP > (last - LONGEST).max(promise.begin)
        && over(slos, promise, alarm, since - STEP).is_some()
    {
        since -= STEP;
    }
    Some(Up { since, fires: last - since >= alarm.hold, value })
}

/// The ratio of the short window of the first pair that is over.
fn over(slos: &Slos, promise: &Promise, alarm: &Alarm, at: Millis) -> Option<f64> {
    alarm.pairs.iter().find_map(|pair| {
        let most = pair.factor * promise.budget();
        let short = slos.ratio(promise, at, pair.short);
        (short > most && slos.ratio(promise, at, pair.long) > most).then_some(short)
    })
}

/// A span as Prometheus prints it: `5m`, `1h4m`, `4w`, `30d`.
pub(crate) fn span(span: Millis) -> String {
    if span > 0 && span % (7 * DAY) == 0 {
        return format!("{}w", span / (7 * DAY));
    }
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (1000, "s")];
    let bigger = [Millis::MAX, DAY, HOUR, MINUTE];
    let parts = units.iter().zip(bigger).map(|((unit, word), above)| (span % above / unit, word));
    let parts = parts.filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, word)| format!("{number}{word}")).collect();
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Prometheus;

    const NOW: Millis = 1_800_000_000_000;

    fn firing(id: &str, change: impl FnOnce(&mut Slos)) -> Vec<&'static str> {
        let mut slos = Slos::new(&Prometheus::default(), NOW);
        change(&mut slos);
        let promise = slos.promises.iter().find(|promise| promise.id() == id).unwrap();
        let alarms = alarms(promise);
        let fires = |alarm: &&Alarm| up(&slos, promise, alarm, NOW).is_some_and(|up| up.fires);
        alarms.iter().filter(fires).map(|alarm| alarm.severity).collect()
    }

    #[test]
    fn a_steady_half_burn_is_quiet() {
        assert!(firing("checkout-availability", |_| ()).is_empty());
    }

    #[test]
    fn a_slow_burn_of_two_days_is_a_ticket() {
        assert_eq!(firing("billing-availability", |_| ()), ["ticket"]);
    }

    #[test]
    fn a_fast_burn_of_an_hour_pages() {
        let fail = |slos: &mut Slos| {
            slos.fail("checkout-availability", 0.1, NOW - HOUR);
        };
        assert_eq!(firing("checkout-availability", fail), ["page", "ticket"]);
    }

    #[test]
    fn no_traffic_is_quiet() {
        assert!(firing("search-latency", |_| ()).is_empty());
    }

    #[test]
    fn a_burn_is_up_since_its_windows_filled() {
        let slos = Slos::new(&Prometheus::default(), NOW);
        let billing = slos.promises.iter().find(|one| one.id() == "billing-availability").unwrap();
        let ticket = &alarms(billing)[1];
        let since = up(&slos, billing, ticket, NOW).unwrap().since;
        // Three times the budget in a day is reached after 18 of its 24 hours; the three days are over it as late.
        assert!((NOW - 2 * DAY..NOW - DAY).contains(&since), "{}", (NOW - since) / HOUR);
    }

    #[test]
    fn the_ladder_of_thirty_days_is_stretched() {
        let windows: Vec<[String; 3]> = pyrra(30 * DAY)
            .iter()
            .map(|one| [span(one.hold), span(one.pairs[0].long), span(one.pairs[0].short)])
            .collect();
        let expected = [
            ["2m", "1h4m", "5m"],
            ["16m", "6h26m", "32m"],
            ["1h4m", "1d1h43m", "2h9m"],
            ["3h13m", "4d6h51m", "6h26m"],
        ];
        assert_eq!(windows, expected);
    }

    #[test]
    fn the_factors_of_thirty_days_are_those_of_the_book() {
        let factors: Vec<f64> =
            sloth(30 * DAY).iter().flat_map(|one| &one.pairs).map(|pair| pair.factor).collect();
        for (factor, known) in factors.iter().zip([14.4, 6.0, 3.0, 1.0]) {
            assert!((factor - known).abs() < 1e-9);
        }
    }

    #[test]
    fn weeks_are_printed_as_weeks() {
        assert_eq!([span(28 * DAY), span(30 * DAY), span(90_000)], ["4w", "30d", "1m30s"]);
    }
}
