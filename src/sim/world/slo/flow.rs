//! Events that flow at rates which change at set instants, so that counts are exact integrals.

use crate::sim::clock::{self, Millis};

/// How many events there were, and how many of them were bad.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) total: f64,
    pub(crate) bad: f64,
}

impl Counts {
    /// The share that was bad: NaN without events, endless for bad ones out of none.
    pub(crate) fn ratio(self) -> f64 {
        self.bad / self.total
    }

    /// What came between an earlier count and this one.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { total: self.total - earlier.total, bad: self.bad - earlier.bad }
    }
}

/// Rates that hold from an instant on, in events a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) from: Millis,
    pub(crate) total: f64,
    pub(crate) bad: f64,
}

/// The flow: nothing before the first piece, and each piece until the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Flow(Vec<Piece>);

impl Flow {
    /// A flow of these pieces, in any order.
    pub(crate) fn new(mut pieces: Vec<Piece>) -> Self {
        pieces.sort_by_key(|piece| piece.from);
        Self(pieces)
    }

    /// The instant of its first piece.
    pub(crate) fn begin(&self) -> Millis {
        self.0.first().map_or(Millis::MAX, |piece| piece.from)
    }

    /// Forgets what flowed before an instant.
    pub(crate) fn begin_at(&mut self, at: Millis) {
        let holding = self.0.iter().rfind(|piece| piece.from <= at).copied();
        self.0.retain(|piece| piece.from > at);
        self.0.extend(holding.map(|piece| Piece { from: at, ..piece }));
        self.0.sort_by_key(|piece| piece.from);
    }

    /// Every event so far.
    pub(crate) fn counts(&self, at: Millis) -> Counts {
        let mut sum = Counts::default();
        for (piece, end) in self.spans(at) {
            let seconds = clock::exact(end - piece.from);
            sum.total += piece.total * seconds;
            sum.bad += piece.bad * seconds;
        }
        sum
    }

    /// The mean over time of the share that was bad, within `window` before `at`: quiet hours weigh as much as busy ones.
    pub(crate) fn mean(&self, at: Millis, window: Millis) -> f64 {
        let (mut weighed, mut length) = (0.0, 0.0);
        for (piece, end) in self.spans(at) {
            let seconds = clock::exact((end - piece.from.max(at - window)).max(0));
            if seconds > 0.0 {
                weighed += piece.bad / piece.total * seconds;
                length += seconds;
            }
        }
        weighed / length
    }

    /// From `since` on, this share of what flows is bad; what was planned for later is forgotten.
    pub(crate) fn fail(&mut self, ratio: f64, since: Millis) {
        let total = self.rate(since);
        self.set(Piece { from: since, total, bad: total * ratio });
    }

    /// Replaces everything from the piece's start on.
    pub(crate) fn set(&mut self, piece: Piece) {
        self.0.retain(|known| known.from < piece.from);
        self.0.push(piece);
    }

    /// Puts a piece between two instants; afterwards it goes on as before.
    pub(crate) fn interrupt(&mut self, piece: Piece, until: Millis) {
        let back = self.0.iter().rfind(|known| known.from <= until).copied();
        self.0.retain(|known| known.from < piece.from || known.from > until);
        self.0.push(piece);
        self.0.extend(back.map(|known| Piece { from: until, ..known }));
        self.0.sort_by_key(|known| known.from);
    }

    /// Events a second at an instant.
    fn rate(&self, at: Millis) -> f64 {
        self.0.iter().rfind(|piece| piece.from <= at).map_or(0.0, |piece| piece.total)
    }

    /// The pieces that began before `at`, and where each ends by then.
    fn spans(&self, at: Millis) -> impl Iterator<Item = (Piece, Millis)> {
        let ends = self.0.iter().skip(1).map(|piece| piece.from).chain([Millis::MAX]);
        let begun = self.0.iter().zip(ends).take_while(move |(piece, _)| piece.from < at);
        begun.map(move |(piece, end)| (*piece, end.min(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Millis = 60_000;

    fn piece(minute: Millis, total: f64, bad: f64) -> Piece {
        Piece { from: minute * MINUTE, total, bad }
    }

    fn close(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-9, "{one} is not {other}");
    }

    #[test]
    fn a_count_is_the_integral_of_the_rates() {
        let flow = Flow::new(vec![piece(0, 10.0, 0.0), piece(1, 20.0, 5.0)]);
        assert_eq!(flow.counts(2 * MINUTE), Counts { total: 1800.0, bad: 300.0 });
    }

    #[test]
    fn nothing_flows_before_the_beginning() {
        let flow = Flow::new(vec![piece(5, 10.0, 0.0)]);
        assert_eq!(flow.counts(5 * MINUTE), Counts::default());
    }

    #[test]
    fn without_traffic_the_ratio_is_not_a_number() {
        assert!(Counts::default().ratio().is_nan());
    }

    #[test]
    fn bad_events_out_of_none_are_endless() {
        assert!(Counts { total: 0.0, bad: 1.0 }.ratio().is_infinite());
    }

    #[test]
    fn the_mean_weighs_time_not_events() {
        let flow = Flow::new(vec![piece(0, 1.0, 0.5), piece(1, 1000.0, 0.0)]);
        close(flow.mean(2 * MINUTE, 2 * MINUTE), 0.25);
    }

    #[test]
    fn a_failure_replaces_what_comes_after() {
        let mut flow = Flow::new(vec![piece(0, 10.0, 0.0), piece(3, 40.0, 0.0)]);
        flow.fail(0.5, 2 * MINUTE);
        close(flow.counts(4 * MINUTE).since(flow.counts(2 * MINUTE)).ratio(), 0.5);
    }

    #[test]
    fn after_an_interruption_it_goes_on_as_before() {
        let mut flow = Flow::new(vec![piece(0, 10.0, 1.0)]);
        flow.interrupt(piece(1, 0.0, 0.0), 2 * MINUTE);
        assert_eq!(flow.counts(3 * MINUTE), Counts { total: 1200.0, bad: 120.0 });
        assert!(flow.mean(3 * MINUTE, 3 * MINUTE).is_nan());
    }
}
