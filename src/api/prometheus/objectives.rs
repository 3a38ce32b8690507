//! Reads every objective with a handful of questions, however many there are.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::SignedDuration;

use super::client::{Prometheus, gap};
use super::past::Pasts;
use super::slo::{Answers, Owners, assemble};
use crate::api::Error;
use crate::domain::{FailureKind, Slo, SloId, SloOrigin, Text, Timestamp};

/// sloth's ratios and constants, with the instants of their samples, which an instant query would not tell.
const SLOTH: &str = r#"{__name__=~"slo:sli_error:ratio_rate.+|slo:objective:ratio|slo:time_period:days|sloth_slo_info",sloth_id!=""}[5m]"#;
/// pyrra's ratios, counts and generic series.
const PYRRA: &str = r#"{__name__=~".+:burnrate.+|.+:increase.+|pyrra_(objective|window|availability)",slo!=""}[5m]"#;
/// The alerts about objectives.
const FIRING: &str =
    r#"ALERTS{alertstate="firing",sloth_id!=""} or ALERTS{alertstate="firing",slo!=""}"#;
/// How often it is asked how much of each period is recorded: the answer is the largest and changes slowest.
const FILLED_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// The same while there is an objective of which it is not known.
const FILLED_RETRY: SignedDuration = SignedDuration::from_mins(1);
/// Into how many parts a period is divided for that.
const PARTS: i32 = 200;
/// At most so many questions for that in one pass.
const MOST_FILLED: usize = 8;

/// What a pass remembers for the next.
#[derive(Debug, Default)]
pub struct Memory {
    filled: HashMap<SloId, f64>,
    pub(super) pasts: Pasts,
    asked_at: Option<Timestamp>,
}

/// What one pass has read.
#[derive(Debug)]
pub struct Objectives {
    /// Every objective.
    pub slos: Vec<Slo>,
    /// What could not be read, or may not be whole.
    pub gap: Option<Error>,
}

impl Prometheus {
    /// Reads every objective that sloth and pyrra have recorded.
    ///
    /// # Errors
    /// Why nothing could be read, with what would cure it.
    pub async fn objectives(&self, memory: &mut Memory) -> Result<Objectives, Error> {
        let (answers, mut gaps) = Box::pin(self.answers()).await?;
        let assembled = assemble(&answers);
        let mut slos = assembled.slos;
        if assembled.untold > 0 {
            let why = format!("{} objectives say nowhere how high they are", assembled.untold);
            let hint = "look whether slo:objective:ratio or pyrra_objective is recorded for them";
            gaps.push(Error::new(FailureKind::Shape, why).hinting(hint));
        }
        gaps.extend(self.fill(memory, &mut slos).await.err());
        gaps.extend(self.recover(&mut memory.pasts, &mut slos).await.err());
        Ok(Objectives { slos, gap: gaps.into_iter().next() })
    }

    async fn answers(&self) -> Result<(Answers, Vec<Error>), Error> {
        let (sloth, pyrra, firing, rules) = tokio::join!(
            self.instant(SLOTH),
            self.instant(PYRRA),
            self.instant(FIRING),
            self.rules()
        );
        let (sloth, pyrra, firing) = (sloth?, pyrra?, firing?);
        let mut warnings: Vec<Text> = Vec::new();
        warnings.extend(sloth.warnings);
        warnings.extend(pyrra.warnings);
        warnings.extend(firing.warnings);
        let (mut groups, mut gaps) = (None, Vec::new());
        match rules {
            Ok(rules) => {
                warnings.extend(rules.warnings);
                groups = Some(rules.data);
            }
            // Numbers are worth something without the health of their rules, though less.
            Err(error) => gaps.push(error),
        }
        gaps.extend(gap(&warnings));
        let answers = Answers {
            sloth: sloth.data,
            pyrra: pyrra.data,
            firing: firing.data,
            groups,
            warning: warnings.into_iter().next(),
        };
        Ok((answers, gaps))
    }

    /// Says of each objective how much of its period is recorded; what is not known of one makes its answer not whole.
    async fn fill(&self, memory: &mut Memory, slos: &mut [Slo]) -> Result<(), Error> {
        let now = self.now();
        let is_known = slos.iter().all(|slo| memory.filled.contains_key(&slo.id));
        let lasts = if is_known { FILLED_LASTS } else { FILLED_RETRY };
        let is_due = memory.asked_at.is_none_or(|at| now.duration_since(at) >= lasts);
        let mut outcome = Ok(());
        if is_due {
            memory.asked_at = Some(now);
            outcome = self.ask_filled(memory, slos, now).await;
        }
        for slo in slos {
            slo.filled = memory.filled.get(&slo.id).copied();
            if slo.filled.is_none() && slo.warning.is_none() {
                slo.warning =
                    Some(Text::new("how much of its period is recorded is not known yet"));
            }
        }
        outcome
    }

    async fn ask_filled(
        &self,
        memory: &mut Memory,
        slos: &[Slo],
        now: Timestamp,
    ) -> Result<(), Error> {
        let ids: HashSet<SloId> = slos.iter().map(|slo| slo.id).collect();
        memory.filled.retain(|id, _| ids.contains(id));
        for (question, members) in questions(slos).into_iter().take(MOST_FILLED) {
            let span = SignedDuration::from_secs(question.period_seconds);
            let start = now.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH);
            let answer = self.over(&question.query, (start, now), span / PARTS).await?;
            if let Some(error) = gap(&answer.warnings) {
                return Err(error);
            }
            memory.filled.extend(members.iter().map(|slo| (slo.id, 0.0)));
            let most = f64::from(PARTS) + 1.0;
            let owners = Owners::of(question.origin, &members);
            for series in &answer.data {
                let Some(id) = owners.owner(series) else { continue };
                let points = u32::try_from(series.points.len()).map_or(most, f64::from);
                memory.filled.insert(id, (points / most).min(1.0));
            }
        }
        Ok(())
    }
}

/// A question that tells how much of the same period is recorded for many objectives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    origin: SloOrigin,
    query: String,
    period_seconds: i64,
}

/// The questions, and whom each is about. The shortest window is asked for: it is recorded from the beginning.
fn questions(slos: &[Slo]) -> BTreeMap<Question, Vec<&Slo>> {
    let mut questions: BTreeMap<Question, Vec<&Slo>> = BTreeMap::new();
    for slo in slos {
        let window = slo.readings.first().map_or("5m", |one| one.name.as_str());
        let query = match slo.origin {
            SloOrigin::Pyrra => format!(r#"{{__name__=~".+:burnrate{window}",slo!=""}}"#),
            _ => format!(r#"slo:sli_error:ratio_rate{window}{{sloth_id!=""}}"#),
        };
        #[expect(clippy::cast_possible_truncation, reason = "a period in seconds")]
        let period_seconds = slo.period.seconds() as i64;
        questions
            .entry(Question { origin: slo.origin, query, period_seconds })
            .or_default()
            .push(slo);
    }
    questions
}
