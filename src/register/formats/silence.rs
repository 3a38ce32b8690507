//! Alertmanager's silences: exceptions to being told, each with an end.

use super::day;
use super::file::{bare, said};
use crate::domain::exception::{Home, Standing, Tool};
use crate::domain::slo::Matcher;
use crate::domain::{Native, Silence, SilenceState, Text};

/// A silence as an exception: its path is its id, its rule what must match.
pub fn of_silence(silence: &Silence) -> Native {
    let matchers = Matcher::written(&silence.matchers);
    let mut native = bare(Tool::Silence, Home::Alertmanager, &silence.name, &matchers);
    native.bound = day::until(silence.ends_at);
    native.reason = said(&silence.comment);
    native.owner = said(&silence.created_by);
    if silence.state == SilenceState::Pending {
        native.standing = Standing::Ignored(Text::new(&format!("begins at {}", silence.starts_at)));
    }
    native
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SilenceId;
    use crate::register::formats::tests::{at, until_instant};

    fn silence(state: SilenceState) -> Silence {
        Silence {
            id: SilenceId::of(&["4f1c"]),
            name: Text::new("4f1c"),
            matchers: vec![
                Matcher::exact(&Text::new("tier"), &Text::new("protected")),
                Matcher::exact(&Text::new("alertname"), &Text::new("Burn")),
            ]
            .into(),
            starts_at: at("2026-03-01T08:00:00Z"),
            ends_at: at("2026-03-01T10:00:00Z"),
            created_by: Text::new("asha"),
            comment: Text::new("maintenance"),
            state,
        }
    }

    #[test]
    fn a_silence_is_an_exception_until_its_end() {
        let native = of_silence(&silence(SilenceState::Active));
        assert_eq!(native.bound, until_instant("2026-03-01T10:00:00Z"));
        assert_eq!(&*native.rule, "alertname=\"Burn\",tier=\"protected\"");
        assert_eq!((native.path, native.owner), (Text::new("4f1c"), Some(Text::new("asha"))));
        assert_eq!(native.reason, Some(Text::new("maintenance")));
    }

    #[test]
    fn a_silence_that_begins_later_is_not_in_force() {
        let now = at("2026-03-01T09:00:00Z");
        assert!(of_silence(&silence(SilenceState::Active)).is_in_force(now));
        assert!(!of_silence(&silence(SilenceState::Pending)).is_in_force(now));
        assert!(
            !of_silence(&silence(SilenceState::Expired)).is_in_force(at("2026-03-01T10:00:00Z"))
        );
    }
}
