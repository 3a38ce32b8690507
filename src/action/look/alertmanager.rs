//! Looking at an alert or a silence of Alertmanager, and what a silence means for what is seen.

use super::{Verdict, fact};
use crate::api::Error;
use crate::api::alertmanager::Alertmanager;
use crate::domain::act::{ENDS_AT, REACHES_FAR};
use crate::domain::time::instant_utc;
use crate::domain::{
    Alert, FailureKind, Matcher, Proposal, Seen, Silence, SilenceState, Target, Text, Tiers,
};

/// The setting, and the fact, that has the matchers of a silence.
pub(in crate::action) const MATCHERS: &str = "matchers";
/// The setting that has who makes a silence, as we say it.
pub(in crate::action) const CREATED_BY: &str = "created_by";
/// The state of what is not there.
const GONE: &str = "gone";
/// The label by which an alert belongs to a tier.
const TIER: &str = "tier";

/// The eyes on an Alertmanager: its reading client, and the tiers, which tell what is protected.
pub(in crate::action) struct Sight {
    reader: Alertmanager,
    tiers: Tiers,
}

impl Sight {
    /// Eyes that open nothing until they are first used.
    pub(in crate::action) fn new(reader: Alertmanager, tiers: Tiers) -> Sight {
        Sight { reader, tiers }
    }

    /// Looks at a target.
    pub(in crate::action) async fn look(&self, target: &Target) -> Result<Seen, Error> {
        let silences = self.reader.silences().await?;
        let seen = match target {
            Target::Alert(fingerprint) => {
                let all = self.reader.alerts().await?;
                let found = all.iter().find(|alert| alert.fingerprint == *fingerprint);
                match found {
                    Some(alert) => self.look_at_alert(alert).await?,
                    None => Seen::new(fingerprint.clone(), Text::new(GONE)),
                }
            }
            Target::Alerts(words) => {
                let matchers = Matcher::read_all(words).unwrap_or_default();
                let met = self.reader.alerts_that_meet(&matchers).await.map_err(ill)?;
                let state = if met.is_empty() { "meets no alert now" } else { "meets alerts" };
                let seen = Seen::new(words.clone(), Text::new(state));
                // What no alert meets yet may be met by any later.
                let protected = if met.is_empty() { None } else { self.protect(&met) };
                note_far(note_reach(Seen { protected, ..seen }, words, &met), &matchers, &met)
            }
            Target::Silence(id) => {
                let found = silences.iter().find(|silence| silence.name == *id);
                match found {
                    Some(silence) => self.look_at_silence(silence).await?,
                    None => Seen::new(id.clone(), Text::new(GONE)),
                }
            }
            _ => return Err(Error::new(FailureKind::Other, "this is no target of Alertmanager")),
        };
        Ok(Seen { silences: silences.into(), ..seen })
    }

    async fn look_at_alert(&self, alert: &Alert) -> Result<Seen, Error> {
        let exact = |(name, value): &(Text, Text)| Matcher::exact(name, value);
        let matchers: Vec<Matcher> = alert.labels.iter().map(exact).collect();
        let met = self.reader.alerts_that_meet(&matchers).await?;
        let seen = Seen::new(alert.name.clone(), alert.state.clone());
        let seen = Seen { protected: self.protect(&met), ..seen };
        let seen = note_reach(seen, &Matcher::written(&matchers), &met);
        let mut seen = note_far(seen, &matchers, &met);
        if met.iter().all(|one| one.fingerprint != alert.fingerprint) {
            // Labels are cleaned before anybody sees them: what was taken out cannot be matched.
            let words = "its labels hold signs that are not shown here: silence it in Alertmanager";
            seen.bars.push(Text::new(words));
        }
        Ok(seen)
    }

    async fn look_at_silence(&self, silence: &Silence) -> Result<Seen, Error> {
        let all = self.reader.alerts().await?;
        let met: Vec<Alert> =
            all.into_iter().filter(|alert| alert.silenced_by.contains(&silence.name)).collect();
        let matchers = Matcher::written(&silence.matchers);
        let tier = |one: &&Matcher| &*one.name == TIER && one.is_equal && !one.is_regex;
        let tier = silence.matchers.iter().find(tier).map(|one| &one.value);
        let protected = match tier {
            Some(tier) => self.protects(tier),
            None => self.protect(&met),
        };
        let seen = Seen::new(matchers.clone(), Text::new(silence.state.as_str()));
        let mut seen = note_reach(Seen { protected, ..seen }, &matchers, &met);
        let mut note = |name: &str, told: &str| seen.facts.push((name.into(), told.into()));
        note("until", &instant_utc(silence.ends_at));
        note("by", &silence.created_by);
        note("why", &silence.comment);
        Ok(seen)
    }

    /// Whether any of these alerts is of a protected tier; `None` where that cannot be told.
    fn protect(&self, alerts: &[Alert]) -> Option<bool> {
        // What names no tier is none's: a service has its own promise.
        let tiers = alerts.iter().filter_map(|alert| alert.label(TIER));
        let told: Vec<Option<bool>> = tiers.map(|tier| self.protects(tier)).collect();
        if told.contains(&Some(true)) {
            return Some(true);
        }
        (!told.contains(&None)).then_some(false)
    }

    fn protects(&self, tier: &Text) -> Option<bool> {
        self.tiers.iter().find(|(_, one)| one.name == *tier).map(|(_, one)| one.protected)
    }
}

/// Adds what a silence over these matchers reaches.
fn note_reach(mut seen: Seen, matchers: &Text, met: &[Alert]) -> Seen {
    seen.facts.push((Text::new(MATCHERS), matchers.clone()));
    let quiet = met.iter().filter(|alert| alert.is_suppressed()).count();
    let alerts = if met.len() == 1 { "alert" } else { "alerts" };
    let reach = format!("{} {alerts} now, {quiet} of them quiet", met.len());
    seen.facts.push((Text::new("reaches"), Text::new(&reach)));
    seen
}

/// Adds why a silence over these matchers is no small one, if so: then it is confirmed by words.
fn note_far(mut seen: Seen, matchers: &[Matcher], met: &[Alert]) -> Seen {
    let is_open = |one: &Matcher| one.is_regex || !one.is_equal;
    let is_page = |alert: &Alert| matches!(alert.severity.as_deref(), Some("page" | "critical"));
    let why = if matchers.iter().any(is_open) {
        "a matcher that is a regular expression or a negation meets alerts that nobody has seen yet"
    } else if met.len() > 1 {
        "more than one alert is kept quiet"
    } else if met.iter().any(is_page) {
        "it keeps a page quiet"
    } else {
        return seen;
    };
    seen.facts.push((Text::new(REACHES_FAR), Text::new(why)));
    seen
}

/// What to do about matchers that Alertmanager does not read.
fn ill(error: Error) -> Error {
    if error.status == Some(400) {
        let hint = "correct the matchers: NAME=\"VALUE\", !=, or =~ and !~ with a regular expression of Go (RE2)";
        return error.hinting(hint);
    }
    error
}

/// A proposal with everything settled that was left to the moment of sending: a silence's matchers, end and author; of
/// one that is ended, what it was.
pub(in crate::action) fn settled(
    proposal: &Proposal,
    seen: &Seen,
    (author, end): (&Text, Option<&Text>),
) -> Proposal {
    let mut settings: Vec<(Text, Text)> = proposal.settings.clone();
    settings.retain(|(name, _)| !matches!(&**name, MATCHERS | ENDS_AT | CREATED_BY));
    let mut settle = |name: &str, value: Text| settings.push((Text::new(name), value));
    if let Some(matchers) = fact(seen, MATCHERS) {
        settle(MATCHERS, Text::new(matchers));
    }
    if let Target::Silence(id) = &proposal.target {
        let silence = seen.silences.iter().find(|one| one.name == *id);
        if let Some(silence) = silence {
            settle(ENDS_AT, Text::new(&silence.ends_at.to_string()));
        }
    } else {
        if let Some(end) = end {
            settle(ENDS_AT, end.clone());
        }
        settle(CREATED_BY, author.clone());
    }
    Proposal { settings, ..proposal.clone() }
}

/// Why a silence, or its end, makes no sense for what was just seen.
pub(super) fn objection(proposal: &Proposal, seen: &Seen) -> Option<String> {
    if let Some(bar) = seen.bars.first() {
        return Some(bar.to_string());
    }
    if &*seen.state == GONE {
        return Some("Alertmanager does not have it any more".to_owned());
    }
    if matches!(proposal.target, Target::Silence(_)) {
        let is_over = &*seen.state == SilenceState::Expired.as_str();
        return is_over.then(|| "it has ended already".to_owned());
    }
    let matchers = fact(seen, MATCHERS)?;
    let holds = |one: &&Silence| {
        one.state != SilenceState::Expired && &*Matcher::written(&one.matchers) == matchers
    };
    let same = seen.silences.iter().find(holds)?;
    Some(format!(
        "an equal silence is there already: {} by {} until {}; expire it first to make another",
        same.name,
        same.created_by,
        instant_utc(same.ends_at)
    ))
}

/// Whether an act of unknown outcome happened, from what is seen after it.
pub(super) fn verdict(proposal: &Proposal, after: &Seen) -> Verdict {
    let end = || proposal.setting(ENDS_AT)?.parse().ok();
    if let Target::Silence(id) = &proposal.target {
        let Some(silence) = after.silences.iter().find(|one| one.name == *id) else {
            return Verdict::CannotTell;
        };
        return match silence.state {
            // It reached its own end.
            SilenceState::Expired if end() == Some(silence.ends_at) => Verdict::CannotTell,
            SilenceState::Expired => Verdict::Happened,
            SilenceState::Active | SilenceState::Pending => Verdict::DidNot,
        };
    }
    let (Some(matchers), Some(author), Some(end), Some(comment)) =
        (proposal.setting(MATCHERS), proposal.setting(CREATED_BY), end(), &proposal.reason)
    else {
        return Verdict::CannotTell;
    };
    let is_alike = |one: &&Silence| {
        Matcher::written(&one.matchers) == *matchers
            && one.created_by == *author
            && one.comment == *comment
    };
    let alike: Vec<&Silence> = after.silences.iter().filter(is_alike).collect();
    if alike.iter().any(|one| one.ends_at == end) {
        return Verdict::Happened;
    }
    // Of one that was ended since, the end is another; so is that of an earlier one.
    let is_over = |one: &&Silence| one.state == SilenceState::Expired && one.ends_at < end;
    if alike.iter().any(is_over) { Verdict::CannotTell } else { Verdict::DidNot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{SilenceId, Timestamp, find_act};

    const WORDS: &str = r#"alertname="Burn",tier="standard""#;
    const ID: &str = "b4b7ab1c-9e6a";

    fn silence(state: SilenceState, ends_at: Timestamp) -> Silence {
        Silence {
            id: SilenceId::of(&[ID]),
            name: Text::new(ID),
            // Alertmanager may give them in another order than it was given them.
            matchers: Matcher::read_all(r#"tier="standard",alertname="Burn""#).unwrap().into(),
            starts_at: at(0),
            ends_at,
            created_by: Text::new("a.poe (apoe@desk)"),
            comment: Text::new("a known move"),
            state,
        }
    }

    fn seen(state: &str, silences: Vec<Silence>) -> Seen {
        let facts = vec![(Text::new(MATCHERS), Text::new(WORDS))];
        Seen { facts, silences: silences.into(), ..Seen::new(Text::new("Burn"), Text::new(state)) }
    }

    /// A silence until 3600 s in, with everything settled.
    fn creation() -> Proposal {
        let target = Target::Alert(Text::new("00f067aa0ba902b7"));
        let bare = Proposal {
            settings: vec![(Text::new("duration"), Text::new("1h"))],
            reason: Some(Text::new("a known move")),
            ..Proposal::new(find_act("silence.create").unwrap(), target)
        };
        let (author, end) = (Text::new("a.poe (apoe@desk)"), Text::new(&at(3600).to_string()));
        settled(&bare, &seen("active", Vec::new()), (&author, Some(&end)))
    }

    fn ending() -> Proposal {
        let target = Target::Silence(Text::new(ID));
        let bare = Proposal::new(find_act("silence.expire").unwrap(), target);
        let there = seen("active", vec![silence(SilenceState::Active, at(3600))]);
        settled(&bare, &there, (&Text::new("apoe@desk"), None))
    }

    #[test]
    fn what_a_silence_is_made_of_is_settled_and_so_recorded() {
        let settled: Vec<String> =
            creation().settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let end = format!("ends_at {}", at(3600));
        let matchers = format!("matchers {WORDS}");
        assert_eq!(settled, ["duration 1h", &matchers, &end, "created_by a.poe (apoe@desk)"]);
    }

    #[test]
    fn a_silence_over_an_open_matcher_or_several_alerts_or_a_page_wants_words() {
        let alert = |severity: &str| Alert {
            id: crate::domain::AlertId::of(&["one"]),
            fingerprint: Text::new("one"),
            name: Text::new("Burn"),
            severity: Some(Text::new(severity)),
            labels: Box::default(),
            annotations: Box::default(),
            state: Text::new("active"),
            starts_at: at(0),
            silenced_by: Box::default(),
            inhibited_by: Box::default(),
        };
        let wants = |words: &str, met: &[Alert]| {
            let seen = Seen { protected: Some(false), ..seen("active", Vec::new()) };
            note_far(seen, &Matcher::read_all(words).unwrap(), met).wants_words()
        };
        let (exact, ticket, page) = (r#"alertname="Burn""#, alert("ticket"), alert("page"));
        assert!(!wants(exact, &[]) && !wants(exact, std::slice::from_ref(&ticket)));
        assert!(wants(exact, &[page]));
        assert!(wants(exact, &[ticket.clone(), ticket.clone()]));
        for open in [r#"alertname=~".+""#, r#"alertname!="x""#, r#"alertname!~"x""#] {
            assert!(wants(open, std::slice::from_ref(&ticket)), "{open}");
        }
    }

    #[test]
    fn what_is_gone_or_silenced_equally_is_not_silenced() {
        let says = |seen: &Seen| objection(&creation(), seen).unwrap_or_default();
        assert_eq!(says(&seen("active", Vec::new())), "");
        assert!(says(&seen(GONE, Vec::new())).contains("any more"));
        let equal = |state| seen("suppressed", vec![silence(state, at(60))]);
        assert!(says(&equal(SilenceState::Active)).contains("an equal silence is there"));
        assert!(says(&equal(SilenceState::Pending)).contains("an equal silence is there"));
        assert_eq!(says(&equal(SilenceState::Expired)), "");
        let mut other = silence(SilenceState::Active, at(60));
        other.matchers = Matcher::read_all(r#"alertname="Burn""#).unwrap().into();
        assert_eq!(says(&seen("suppressed", vec![other])), "");
    }

    #[test]
    fn only_what_has_not_ended_is_expired() {
        let says = |state| objection(&ending(), &seen(state, Vec::new())).unwrap_or_default();
        assert_eq!([says("active"), says("pending")], ["", ""]);
        assert!(says("expired").contains("ended already"));
        assert!(says(GONE).contains("any more"));
    }

    #[test]
    fn a_silence_that_is_ours_in_every_word_means_that_it_was_made() {
        let told = |silences| verdict(&creation(), &seen("active", silences));
        assert_eq!(told(vec![silence(SilenceState::Active, at(3600))]), Verdict::Happened);
        assert_eq!(told(Vec::new()), Verdict::DidNot);
        assert_eq!(told(vec![silence(SilenceState::Active, at(3601))]), Verdict::DidNot);
        let by = Text::new("somebody else");
        let theirs = Silence { created_by: by, ..silence(SilenceState::Active, at(3600)) };
        assert_eq!(told(vec![theirs]), Verdict::DidNot);
        assert_eq!(told(vec![silence(SilenceState::Expired, at(60))]), Verdict::CannotTell);
    }

    #[test]
    fn a_silence_that_ended_before_its_time_was_expired() {
        let told = |state, end| verdict(&ending(), &seen("active", vec![silence(state, end)]));
        assert_eq!(told(SilenceState::Expired, at(60)), Verdict::Happened);
        assert_eq!(told(SilenceState::Expired, at(3600)), Verdict::CannotTell);
        assert_eq!(told(SilenceState::Active, at(3600)), Verdict::DidNot);
        assert_eq!(verdict(&ending(), &seen("active", Vec::new())), Verdict::CannotTell);
    }
}
