//! [`Prometheus`]: the connection to one Prometheus, and the questions that may be put to it.

use jiff::SignedDuration;

use super::envelope::{self, Found, Opened, Series};
use super::rules::{Group, Listed};
use crate::api::aws::Bounds;
use crate::api::http::{Door, Place, Reach};
use crate::api::{Error, Wiring};
use crate::config::PrometheusSettings;
use crate::domain::{FailureKind, Text, Timestamp};

/// Answers with more points a series than these are refused by Prometheus.
const MOST_POINTS: i64 = 11_000;

/// What it is called, and where a long question may be posted.
const PLACE: Place = Place {
    name: "Prometheus",
    table: "prometheus",
    posted: &["api/v1/query", "api/v1/query_range"],
};

/// The connection to one Prometheus. Opens nothing until it is first used.
#[derive(Debug)]
pub struct Prometheus {
    door: Door,
}

/// An answer, and what it warned of: with a warning it may not be whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<T> {
    /// What was answered.
    pub value: T,
    /// The warnings, in Prometheus' words.
    pub warnings: Vec<Text>,
}

/// A series over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its labels in order of name; `__name__` among them where it has one.
    pub labels: Box<[(Text, Text)]>,
    /// Its samples, oldest first. `NaN` and infinities are among them.
    pub points: Vec<(Timestamp, f64)>,
}

impl Prometheus {
    /// A connection as the settings say.
    pub fn new(settings: &PrometheusSettings, bounds: Bounds, wiring: Wiring) -> Prometheus {
        let reach = Reach {
            ca_file: settings.ca_file.clone(),
            proxy: settings.proxy.clone(),
            ..Reach::to(settings.url.clone())
        };
        Prometheus { door: Door::new(PLACE, reach, &settings.auth, bounds, wiring) }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.door.wiring().now()
    }

    /// Its host, with its port where that is not the usual one.
    pub fn authority(&self) -> String {
        self.door.authority()
    }

    /// Requests of the last minute.
    pub fn requests_per_minute(&self) -> f64 {
        self.door.pace().requests_per_minute()
    }

    /// What an expression is worth now, one line of one point a series.
    ///
    /// # Errors
    /// Why it was not answered, with what would cure it.
    pub async fn query(&self, query: &str) -> Result<Answered<Vec<Line>>, Error> {
        Ok(lines(self.instant(query).await?))
    }

    /// What an expression was worth from `start` to `end`, both included, every `step`. A step that would make more
    /// points than Prometheus allows is stretched to the next that does not.
    ///
    /// # Errors
    /// Why it was not answered, with what would cure it.
    pub async fn range(
        &self,
        query: &str,
        start: Timestamp,
        end: Timestamp,
        step: SignedDuration,
    ) -> Result<Answered<Vec<Line>>, Error> {
        Ok(lines(self.over(query, (start, end), step).await?))
    }

    /// The series of an instant query.
    pub(super) async fn instant(&self, query: &str) -> Result<Opened<Vec<Series>>, Error> {
        // At the server's own present: its clock may differ from ours.
        self.ask("api/v1/query", &[("query", query)]).await
    }

    /// The series of a range query.
    pub(super) async fn over(
        &self,
        query: &str,
        (start, end): (Timestamp, Timestamp),
        step: SignedDuration,
    ) -> Result<Opened<Vec<Series>>, Error> {
        let step = allowed(end.duration_since(start), step).as_millis();
        let step = format!("{}.{:03}", step / 1000, step % 1000);
        let (start, end) = (seconds(start), seconds(end));
        let parameters = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
        self.ask("api/v1/query_range", &parameters).await
    }

    async fn ask(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Opened<Vec<Series>>, Error> {
        let said = self.door.ask(path, parameters).await.map_err(doing)?;
        let opened = envelope::open::<Found<'_>>(&self.door, &said);
        let opened = opened.map_err(|error| doing(self.door.hinted(error)))?;
        Ok(Opened { data: opened.data.series(), warnings: opened.warnings })
    }

    /// Every group of rules, without the alerts that are up.
    pub(super) async fn rules(&self) -> Result<Opened<Vec<Group>>, Error> {
        let listing = |error: Error| error.doing("listing the rules of Prometheus");
        let said = self.door.ask("api/v1/rules", &[("exclude_alerts", "true")]).await;
        let said = said.map_err(listing)?;
        let opened = envelope::open::<Listed>(&self.door, &said);
        let opened = opened.map_err(|error| listing(self.door.hinted(error)))?;
        Ok(Opened { data: opened.data.groups, warnings: opened.warnings })
    }
}

fn doing(error: Error) -> Error {
    error.doing("querying Prometheus")
}

/// The least step of at least `step` with which a range has no more points than are allowed.
fn allowed(range: SignedDuration, step: SignedDuration) -> SignedDuration {
    let least = range.as_millis().max(0) / i128::from(MOST_POINTS) + 1;
    let least = i64::try_from(least).unwrap_or(i64::MAX);
    step.max(SignedDuration::from_millis(least))
}

/// An instant as a parameter: seconds with their thousandths.
fn seconds(at: Timestamp) -> String {
    let millis = at.as_millisecond();
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

fn lines(opened: Opened<Vec<Series>>) -> Answered<Vec<Line>> {
    let line = |one: Series| Line {
        labels: one
            .labels
            .iter()
            .map(|(name, value)| (Text::new(name), Text::new(value)))
            .collect(),
        points: one.points,
    };
    Answered { value: opened.data.into_iter().map(line).collect(), warnings: opened.warnings }
}

/// What the warnings of an answer come to, for a report.
pub(super) fn gap(warnings: &[Text]) -> Option<Error> {
    let first = warnings.first()?;
    let message = format!("Prometheus warns that its answer may not be whole: {first}");
    let error = Error::new(FailureKind::Other, message).doing("reading objectives");
    Some(error.hinting("look at the stores behind it: what was read is shown as partial"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_stretched_until_the_points_are_allowed() {
        let (day, minute) = (SignedDuration::from_hours(24), SignedDuration::from_mins(1));
        assert_eq!(allowed(day, minute), minute);
        let stretched = allowed(day * 30, minute);
        assert!((day * 30).as_millis() / stretched.as_millis() <= 11_000);
        assert!(stretched < minute * 4);
    }

    #[test]
    fn an_instant_is_written_in_seconds() {
        assert_eq!(
            seconds(Timestamp::from_millisecond(1_700_000_000_007).unwrap()),
            "1700000000.007"
        );
    }
}
