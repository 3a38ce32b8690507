//! Rows of objectives, of alerts, and of the silences over them.

use rusqlite::types::{ToSqlOutput, Type, Value};

use super::{Cell, Columns, Row, Words, maybe, real, text, time, truth};
use crate::cache::intern::{Interner, joined};
use crate::domain::{
    Alert, AlertId, Matcher, Measured, Pair, PairSeverity, Period, Query, Reading, Silence,
    SilenceId, SilenceState, Slo, SloId, SloOrigin, Text, Timestamp,
};

/// Words of a list, as one cell.
fn list(words: &[Text]) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Text(joined(words)))
}

impl Row for Slo {
    const TABLE: &'static str = "slos";
    const COLUMNS: &'static [&'static str] = &[
        "key",
        "rule_id",
        "service",
        "name",
        "description",
        "origin",
        "labels",
        "objective",
        "period",
        "readings",
        "pairs",
        "events",
        "filled",
        "time_weighted",
        "firing",
        "rule_error",
        "warning",
        "rule_interval_seconds",
        "queries",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let readings = [&self.period_ratio].into_iter().chain(&self.readings);
        let queries = self.queries.iter().flat_map(|one| [one.name.clone(), one.text.clone()]);
        vec![
            text(&self.key),
            text(&self.rule_id),
            text(&self.service),
            text(&self.name),
            maybe(self.description.as_deref(), text),
            text(self.origin.as_str()),
            list(&pairs_out(&self.labels)),
            real(self.objective),
            list(&period_out(self.period)),
            list(&readings.flat_map(reading_out).collect::<Vec<Text>>()),
            list(&self.pairs.iter().flat_map(pair_out).collect::<Vec<Text>>()),
            maybe(self.events, real),
            maybe(self.filled, real),
            truth(self.is_time_weighted),
            maybe(self.firing, |severity| text(severity.as_str())),
            maybe(self.rule_error.as_deref(), text),
            maybe(self.warning.as_deref(), text),
            maybe(self.rule_interval_seconds, real),
            list(&queries.collect::<Vec<Text>>()),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        let key = columns.text(words)?;
        let rule_id = columns.text(words)?;
        let service = columns.text(words)?;
        let name = columns.text(words)?;
        let description = columns.maybe_text(words)?;
        let origin = origin(columns.str()?);
        let labels = pairs_in(columns.str()?);
        let objective = columns.take()?;
        let period = read_as("a period", period_in(columns.str()?))?;
        let (period_ratio, readings) = read_as("readings", readings_in(columns.str()?))?;
        Ok(Slo {
            id: SloId(id),
            key,
            rule_id,
            service,
            name,
            description,
            origin,
            labels,
            objective,
            period,
            period_ratio,
            readings,
            pairs: read_as("thresholds", thresholds_in(columns.str()?))?,
            events: columns.take()?,
            filled: columns.take()?,
            // Read anew: what a gate once froze is judged by the past itself, not by what was remembered of it.
            recovery: None,
            is_called_spent: false,
            is_time_weighted: columns.take()?,
            firing: columns.maybe_str()?.and_then(severity),
            rule_error: columns.maybe_text(words)?,
            warning: columns.maybe_text(words)?,
            rule_interval_seconds: columns.take()?,
            queries: pairs_in(columns.str()?)
                .into_iter()
                .map(|(name, text)| Query { name, text })
                .collect(),
        })
    }
}

impl Row for Alert {
    const TABLE: &'static str = "alerts";
    const COLUMNS: &'static [&'static str] = &[
        "fingerprint",
        "name",
        "labels",
        "annotations",
        "state",
        "severity",
        "starts_at",
        "silenced_by",
        "inhibited_by",
    ];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.fingerprint),
            text(&self.name),
            list(&pairs_out(&self.labels)),
            list(&pairs_out(&self.annotations)),
            text(&self.state),
            maybe(self.severity.as_deref(), text),
            time(self.starts_at),
            list(&self.silenced_by),
            list(&self.inhibited_by),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Alert {
            id: AlertId(id),
            fingerprint: columns.text(words)?,
            name: columns.text(words)?,
            labels: pairs_in(columns.str()?),
            annotations: pairs_in(columns.str()?),
            state: columns.text(words)?,
            severity: columns.maybe_text(words)?,
            starts_at: columns.time()?,
            silenced_by: columns.list(words)?.iter().cloned().collect(),
            inhibited_by: columns.list(words)?.iter().cloned().collect(),
        })
    }
}

impl Row for Silence {
    const TABLE: &'static str = "silences";
    const COLUMNS: &'static [&'static str] =
        &["name", "matchers", "starts_at", "ends_at", "created_by", "comment", "state"];

    fn id(&self) -> u64 {
        self.id.0
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            text(&self.name),
            list(&self.matchers.iter().flat_map(matcher_out).collect::<Vec<Text>>()),
            time(self.starts_at),
            time(self.ends_at),
            text(&self.created_by),
            text(&self.comment),
            text(self.state.as_str()),
        ]
    }

    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self> {
        Ok(Silence {
            id: SilenceId(id),
            name: columns.text(words)?,
            matchers: matchers_in(columns.str()?),
            starts_at: columns.time()?,
            ends_at: columns.time()?,
            created_by: columns.text(words)?,
            comment: columns.text(words)?,
            state: read_as("a silence's state", SilenceState::find(columns.str()?))?,
        })
    }
}

/// What was read, or that it was not what this build writes.
fn read_as<T>(what: &str, value: Option<T>) -> rusqlite::Result<T> {
    let fault = || format!("{what} in words of another build");
    value.ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault().into()))
}

fn word(word: &str) -> Text {
    Text::new(word)
}

/// A number with all its digits.
fn digits(number: f64) -> Text {
    Text::new(&number.to_string())
}

fn pairs_out(pairs: &[(Text, Text)]) -> Vec<Text> {
    pairs.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect()
}

fn pairs_in(stored: &str) -> Box<[(Text, Text)]> {
    let mut words = Words::of(stored);
    let mut pairs = Vec::new();
    while let Some(name) = words.next() {
        pairs.push((Text::new(name), Text::new(words.word())));
    }
    pairs.into()
}

fn origin(stored: &str) -> SloOrigin {
    let all = [SloOrigin::Sloth, SloOrigin::Pyrra, SloOrigin::OpenSlo, SloOrigin::Builtin];
    all.into_iter().find(|one| one.as_str() == stored).unwrap_or(SloOrigin::Builtin)
}

fn severity(stored: &str) -> Option<PairSeverity> {
    [PairSeverity::Ticket, PairSeverity::Page].into_iter().find(|one| one.as_str() == stored)
}

/// A rolling period is its seconds; one of the calendar its two ends.
fn period_out(period: Period) -> Vec<Text> {
    match period {
        Period::Rolling { seconds } => vec![digits(seconds)],
        Period::Calendar { start, end } => [start, end].map(|at| word(&at.to_string())).to_vec(),
    }
}

fn period_in(stored: &str) -> Option<Period> {
    let mut words = Words::of(stored);
    let first = words.next()?;
    let Some(end) = words.next() else {
        return Some(Period::Rolling { seconds: first.parse().ok()? });
    };
    Some(Period::Calendar { start: first.parse().ok()?, end: end.parse().ok()? })
}

fn reading_out(reading: &Reading) -> [Text; 4] {
    let ratio = match reading.ratio {
        Measured::Absent => word("absent"),
        Measured::NotANumber => word("NaN"),
        Measured::Infinite => word("inf"),
        Measured::Number(number) => digits(number),
    };
    let at = reading.at.map_or_else(String::new, |at| at.to_string());
    [reading.name.clone(), digits(reading.window_seconds), ratio, word(&at)]
}

/// The period's reading, which stands first, and the others.
fn readings_in(stored: &str) -> Option<(Reading, Box<[Reading]>)> {
    let mut words = Words::of(stored);
    let mut readings = Vec::new();
    while let Some(name) = words.next() {
        let name = Text::new(name);
        let window_seconds = words.word().parse().ok()?;
        let ratio = match words.word() {
            "absent" => Measured::Absent,
            number => Measured::of(number.parse().ok()?),
        };
        let at = Some(words.word()).filter(|at| !at.is_empty());
        let at: Option<Timestamp> = at.map(str::parse).transpose().ok()?;
        readings.push(Reading { name, window_seconds, ratio, at });
    }
    let mut readings = readings.into_iter();
    Some((readings.next()?, readings.collect()))
}

fn pair_out(pair: &Pair) -> [Text; 4] {
    let severity = word(pair.severity.as_str());
    [severity, digits(pair.short_seconds), digits(pair.long_seconds), digits(pair.factor)]
}

fn thresholds_in(stored: &str) -> Option<Box<[Pair]>> {
    let mut words = Words::of(stored);
    let mut pairs = Vec::new();
    while let Some(loud) = words.next() {
        pairs.push(Pair {
            severity: severity(loud)?,
            short_seconds: words.word().parse().ok()?,
            long_seconds: words.word().parse().ok()?,
            factor: words.word().parse().ok()?,
        });
    }
    Some(pairs.into())
}

fn matcher_out(matcher: &Matcher) -> [Text; 4] {
    let yes = |is: bool| word(if is { "yes" } else { "" });
    [matcher.name.clone(), matcher.value.clone(), yes(matcher.is_regex), yes(matcher.is_equal)]
}

fn matchers_in(stored: &str) -> Box<[Matcher]> {
    let mut words = Words::of(stored);
    let mut matchers = Vec::new();
    while let Some(name) = words.next() {
        matchers.push(Matcher {
            name: Text::new(name),
            value: Text::new(words.word()),
            is_regex: !words.word().is_empty(),
            is_equal: !words.word().is_empty(),
        });
    }
    matchers.into()
}
