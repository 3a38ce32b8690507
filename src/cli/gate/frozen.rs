//! Whether a budget was spent and has not come back since: what keeps the gate from flapping.

/// How many points of its past a budget is judged by.
pub(super) const POINTS: u32 = 500;

/// Whether a budget is frozen at the end of its past: it was spent, and never since was more than `above` left. Points
/// that are no numbers say nothing; where none is a number, nothing is known.
pub(super) fn was_frozen(past: impl IntoIterator<Item = f64>, above: f64) -> Option<bool> {
    past.into_iter().filter(|left| left.is_finite()).fold(None, |frozen, left| {
        let is_spent = left <= 0.0;
        let is_back = left > above;
        Some(is_spent || (!is_back && frozen.unwrap_or(false)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen(past: &[f64]) -> Option<bool> {
        was_frozen(past.iter().copied(), 0.05)
    }

    #[test]
    fn a_spent_budget_stays_frozen_until_enough_is_back() {
        assert_eq!(frozen(&[0.5, -0.1, 0.01, 0.05]), Some(true));
        assert_eq!(frozen(&[0.5, 0.0, 0.04]), Some(true));
        assert_eq!(frozen(&[0.5, -0.1, 0.06, 0.03]), Some(false));
    }

    #[test]
    fn a_budget_that_was_never_spent_is_not_frozen() {
        assert_eq!(frozen(&[0.5, 0.04, 0.01]), Some(false));
    }

    #[test]
    fn what_is_no_number_says_nothing() {
        assert_eq!(frozen(&[]), None);
        assert_eq!(frozen(&[f64::NAN, f64::INFINITY]), None);
        assert_eq!(frozen(&[-0.1, f64::NAN, 0.01]), Some(true));
    }
}
