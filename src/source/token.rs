//! The feed `token`: whether the token that we use is valid, may read what we read, and when it ends.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::poll::{Beat, Wake};
use super::report::Reporter;
use crate::api::Error;
use crate::api::gitlab::{Gitlab, TokenFacts};
use crate::domain::{Failure, FailureKind, Timestamp};

/// How many days before its end a token is called out.
const WARN_DAYS: i64 = 7;

/// The token feed.
pub(super) struct TokenFeed {
    gitlab: Arc<Gitlab>,
    reporters: Vec<Reporter>,
}

impl TokenFeed {
    /// A feed with its reporters, usually one.
    pub(super) fn new(gitlab: Arc<Gitlab>, reporters: Vec<Reporter>) -> TokenFeed {
        TokenFeed { gitlab, reporters }
    }

    /// Looks at the token again and again.
    pub(super) async fn run(mut self, mut beat: Beat) {
        loop {
            beat.begin();
            self.look(&mut beat).await;
            loop {
                match beat.wait().await {
                    Wake::Due => break,
                    Wake::Cancelled => return,
                    Wake::Rescheduled => {
                        let interval = beat.interval();
                        self.reporters.iter_mut().for_each(|one| one.reschedule(interval));
                    }
                }
            }
        }
    }

    /// One look.
    pub(super) async fn look(&mut self, beat: &mut Beat) {
        let now = self.gitlab.now();
        let outcome = match self.gitlab.token_facts().await {
            Ok(facts) => judge(&facts, now),
            // Tokens of old GitLabs and of jobs cannot ask about themselves; that they answer elsewhere is enough.
            Err(error) if error.kind == FailureKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(gap) => {
                beat.succeeded();
                for reporter in &mut self.reporters {
                    reporter.confirm(now, gap.clone(), beat.interval());
                }
            }
            Err(error) => {
                let next = beat.failed(&error, self.gitlab.now());
                for reporter in &mut self.reporters {
                    reporter.fail(&error, Some(next), beat.interval());
                }
            }
        }
    }
}

/// What the token's facts mean: a failure, a warning, or nothing.
fn judge(facts: &TokenFacts, now: Timestamp) -> Result<Option<Failure>, Error> {
    if facts.revoked || !facts.active {
        return Err(Error::new(
            FailureKind::TokenInvalid,
            "the token was revoked or is not active",
        ));
    }
    if !facts.can_read() {
        return Err(facts.lacks_scope());
    }
    let Some(day) = facts.expires_at else { return Ok(None) };
    let today = now.to_zoned(TimeZone::UTC).date();
    let left = today.until(day).map_or(i64::MAX, |span| i64::from(span.get_days()));
    if left > WARN_DAYS {
        return Ok(None);
    }
    let error = Error::new(FailureKind::TokenExpired, format!("the token ends on {day}"));
    Ok(Some(error.failure(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;

    fn facts(scopes: &[&str], expires_at: Option<&str>) -> TokenFacts {
        TokenFacts {
            name: None,
            scopes: scopes.iter().map(|scope| Text::new(scope)).collect(),
            expires_at: expires_at.map(|day| day.parse().unwrap()),
            active: true,
            revoked: false,
            username: None,
        }
    }

    fn verdict(facts: &TokenFacts) -> Option<FailureKind> {
        match judge(facts, "2026-01-12T10:00:00Z".parse().unwrap()) {
            Ok(gap) => gap.map(|gap| gap.kind),
            Err(error) => Some(error.kind),
        }
    }

    #[test]
    fn a_token_that_reads_and_lasts_is_fine() {
        assert_eq!(verdict(&facts(&["read_api"], Some("2026-06-01"))), None);
        assert_eq!(verdict(&facts(&["api"], None)), None);
    }

    #[test]
    fn a_token_without_the_scope_is_told_apart() {
        assert_eq!(verdict(&facts(&["read_user"], None)), Some(FailureKind::ScopeMissing));
    }

    #[test]
    fn a_token_that_ends_soon_is_called_out() {
        assert_eq!(verdict(&facts(&["api"], Some("2026-01-19"))), Some(FailureKind::TokenExpired));
        assert_eq!(verdict(&facts(&["api"], Some("2026-01-20"))), None);
    }

    #[test]
    fn a_revoked_token_is_invalid() {
        let facts = TokenFacts { revoked: true, ..facts(&["api"], None) };
        assert_eq!(verdict(&facts), Some(FailureKind::TokenInvalid));
    }
}
