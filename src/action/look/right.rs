//! What is said against taking a right away, and whether it was: by what is seen of a membership, a token, a key or an
//! access entry.

use super::{Verdict, fact};
use crate::domain::access::Level;
use crate::domain::{Proposal, RightAt, Seen};

/// What a membership is to become.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::action) struct Wanted {
    /// The level.
    pub(in crate::action) level: Option<Level>,
    /// The end.
    pub(in crate::action) expires_at: End,
}

/// What is to become of the end of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::action) enum End {
    /// It stays.
    #[default]
    Kept,
    /// There is none any more.
    Never,
    /// This day.
    On(jiff::civil::Date),
}

impl End {
    fn of(words: &str) -> Result<End, String> {
        match words.trim() {
            "" => Ok(End::Kept),
            "never" => Ok(End::Never),
            day => day
                .parse()
                .map(End::On)
                .map_err(|_| format!("`{day}` is no day: write 2027-01-31, or never")),
        }
    }
}

impl Wanted {
    /// What a proposal asks for.
    ///
    /// # Errors
    /// What of it cannot be read.
    pub(in crate::action) fn of(proposal: &Proposal) -> Result<Wanted, String> {
        let level = match proposal.setting("level").map(|words| words.trim().to_owned()) {
            None => None,
            Some(words) if words.is_empty() => None,
            Some(words) => match Level::of_word(&words).filter(|level| is_given(*level)) {
                Some(level) => Some(level),
                None => {
                    return Err(format!(
                        "`{words}` is no level: write guest, planner, reporter, developer, maintainer or owner"
                    ));
                }
            },
        };
        let expires_at =
            proposal.setting("expires_at").map_or(Ok(End::Kept), |text| End::of(text))?;
        Ok(Wanted { level, expires_at })
    }
}

/// Whether a level can be given to a member.
fn is_given(level: Level) -> bool {
    !matches!(level, Level::None | Level::Admin | Level::Other(_))
}

/// Why an act on a right makes no sense for what was just seen, if so.
pub(super) fn objection(proposal: &Proposal, seen: &Seen) -> Option<String> {
    if let Some(bar) = seen.bars.first() {
        return Some(bar.to_string());
    }
    if &*seen.state == RightAt::GONE {
        return Some("it is not there: it is gone already, or we may not see it".to_owned());
    }
    if proposal.act.name != "member.change" {
        return (&*seen.state == RightAt::ENDED)
            .then(|| "it was revoked or has expired already".to_owned());
    }
    let wanted = match Wanted::of(proposal) {
        Ok(wanted) => wanted,
        Err(why) => return Some(why),
    };
    if wanted == Wanted::default() {
        return Some("neither a level nor an end was given".to_owned());
    }
    is_so(&wanted, seen).then(|| "it is so already".to_owned())
}

fn is_so(wanted: &Wanted, seen: &Seen) -> bool {
    let level = wanted.level.is_none_or(|level| fact(seen, RightAt::LEVEL) == Some(level.word()));
    let told = fact(seen, RightAt::EXPIRES);
    let end = match wanted.expires_at {
        End::Kept => true,
        End::Never => told == Some(RightAt::NO_END),
        End::On(day) => told == Some(day.to_string().as_str()),
    };
    level && end
}

/// Whether an act of unknown outcome happened, from what is seen after it.
pub(super) fn verdict(proposal: &Proposal, after: &Seen) -> Verdict {
    let is_gone = matches!(&*after.state, RightAt::GONE | RightAt::ENDED);
    let happened = match proposal.act.name {
        "member.change" => match Wanted::of(proposal) {
            Ok(wanted) if !is_gone => is_so(&wanted, after),
            _ => return Verdict::CannotTell,
        },
        _ => is_gone,
    };
    if happened { Verdict::Happened } else { Verdict::DidNot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Text, find_act};

    fn proposal(act: &str, settings: &[(&str, &str)]) -> Proposal {
        let act = find_act(act).unwrap();
        let words = match act.name {
            "member.remove" | "member.change" => "group:acme@42",
            _ => "group:acme#7",
        };
        let target = act.target.read(words).unwrap();
        let settings =
            settings.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect();
        Proposal { settings, ..Proposal::new(act, target) }
    }

    fn seen(state: &str, level: &str, end: &str) -> Seen {
        let facts = [(RightAt::LEVEL, level), (RightAt::EXPIRES, end)];
        let facts = facts.map(|(name, value)| (Text::new(name), Text::new(value))).into();
        Seen { facts, ..Seen::new(Text::new("asha"), Text::new(state)) }
    }

    #[test]
    fn what_is_gone_is_not_taken_away_again() {
        let remove = proposal("member.remove", &[]);
        assert!(objection(&remove, &seen(RightAt::GONE, "", "")).is_some());
        assert_eq!(objection(&remove, &seen(RightAt::IN_FORCE, "Owner", RightAt::NO_END)), None);
        let revoke = proposal("token.revoke", &[]);
        assert!(objection(&revoke, &seen(RightAt::ENDED, "", "")).is_some());
    }

    #[test]
    fn a_level_and_an_end_are_read_and_held_against_what_is_there() {
        let there = seen(RightAt::IN_FORCE, "Maintainer", RightAt::NO_END);
        let change =
            |settings: &[(&str, &str)]| objection(&proposal("member.change", settings), &there);
        assert_eq!(change(&[("level", "developer")]), None);
        assert_eq!(change(&[("expires_at", "2027-01-31")]), None);
        for refused in [
            &[][..],
            &[("level", "maintainer")],
            &[("level", "admin")],
            &[("level", "boss")],
            &[("expires_at", "soon")],
            &[("expires_at", "never")],
        ] {
            assert!(change(refused).is_some(), "{refused:?}");
        }
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_what_is_there_now() {
        let remove = proposal("member.remove", &[]);
        assert_eq!(verdict(&remove, &seen(RightAt::GONE, "", "")), Verdict::Happened);
        assert_eq!(
            verdict(&remove, &seen(RightAt::IN_FORCE, "Guest", RightAt::NO_END)),
            Verdict::DidNot
        );
        let change = proposal("member.change", &[("level", "guest")]);
        assert_eq!(
            verdict(&change, &seen(RightAt::IN_FORCE, "Guest", RightAt::NO_END)),
            Verdict::Happened
        );
        assert_eq!(
            verdict(&change, &seen(RightAt::IN_FORCE, "Owner", RightAt::NO_END)),
            Verdict::DidNot
        );
        assert_eq!(verdict(&change, &seen(RightAt::GONE, "", "")), Verdict::CannotTell);
    }
}
