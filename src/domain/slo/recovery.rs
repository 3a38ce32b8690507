//! [`Recovery`]: whether a budget has come back since it was last spent. It keeps a gate from flapping.

/// How a budget stands to the last time that it was spent, as far back as its past was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Recovery {
    /// It was never spent.
    NeverSpent,
    /// It was; the largest share that was left since.
    SinceSpent {
        /// That share: 0 where nothing came back, 1 for the whole budget.
        most: f64,
    },
}

impl Recovery {
    /// The past is read of budgets that have no more than this share left: of the others nobody asks.
    pub const READ_BELOW: f64 = 0.5;

    /// What a past comes to, oldest first. Points that are no numbers say nothing; where none is a number, nothing is known.
    pub fn of(past: impl IntoIterator<Item = f64>) -> Option<Recovery> {
        // More than the whole is left of no budget: such a point was made by a query that was wrong then.
        let is_number = |left: &f64| left.is_finite() && *left <= 1.0 + 1e-6;
        let numbers = past.into_iter().filter(is_number);
        numbers.fold(None, |known: Option<Recovery>, left| {
            Some(known.unwrap_or(Recovery::NeverSpent).then(left))
        })
    }

    /// The same with one more point.
    #[must_use]
    pub fn then(self, left: f64) -> Recovery {
        match self {
            _ if left <= 0.0 => Recovery::SinceSpent { most: 0.0 },
            Recovery::SinceSpent { most } => Recovery::SinceSpent { most: most.max(left) },
            Recovery::NeverSpent => Recovery::NeverSpent,
        }
    }

    /// Whether it is frozen still: it was spent, and never since was more than `above` left.
    pub fn is_frozen(self, above: f64) -> bool {
        matches!(self, Recovery::SinceSpent { most } if most <= above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_frozen(past: &[f64]) -> Option<bool> {
        Recovery::of(past.iter().copied()).map(|recovery| recovery.is_frozen(0.05))
    }

    #[test]
    fn a_spent_budget_stays_frozen_until_enough_is_back() {
        assert_eq!(is_frozen(&[0.5, -0.1, 0.01, 0.05]), Some(true));
        assert_eq!(is_frozen(&[0.5, 0.0, 0.04]), Some(true));
        assert_eq!(is_frozen(&[0.5, -0.1, 0.06, 0.03]), Some(false));
        assert_eq!(is_frozen(&[-0.1, 0.06, -0.1, 0.03]), Some(true));
    }

    #[test]
    fn a_budget_that_was_never_spent_is_not_frozen() {
        assert_eq!(is_frozen(&[0.5, 0.04, 0.01]), Some(false));
    }

    #[test]
    fn what_is_no_number_says_nothing() {
        assert_eq!(is_frozen(&[]), None);
        assert_eq!(is_frozen(&[f64::NAN, f64::INFINITY]), None);
        assert_eq!(is_frozen(&[-0.1, f64::NAN, 0.01]), Some(true));
        assert_eq!(is_frozen(&[-0.1, 1251.0, 0.01]), Some(true));
    }
}
