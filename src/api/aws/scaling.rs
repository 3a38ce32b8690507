//! What Auto Scaling did lately, in its own words.

use std::sync::Arc;

use serde::Deserialize;

use super::query::{self, Query, Service};
use crate::api::Error;
use crate::domain::{ScalingActivity, Text, Timestamp};

/// The IAM action that reading takes.
pub(super) const ACTION: &str = "autoscaling:DescribeScalingActivities";
/// How many of the last activities are read of a group.
const MOST: &str = "10";

/// The question for the last activities of an Auto Scaling group.
pub(super) fn parameters(group: &str) -> [(&str, &str); 2] {
    [("AutoScalingGroupName", group), ("MaxRecords", MOST)]
}

/// The question itself.
pub(super) fn question<'a>(parameters: &'a [(&'a str, &'a str)]) -> Query<'a> {
    Query { service: Service::Autoscaling, action: "DescribeScalingActivities", parameters }
}

/// Reads an answer; newest first, as it comes.
pub(super) fn read(body: &[u8]) -> Result<Arc<[ScalingActivity]>, Error> {
    let answer: Answer = query::read(body)?;
    Ok(answer.result.activities.member.into_iter().filter_map(Activity::known).collect())
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "DescribeScalingActivitiesResult")]
    result: Found,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Activities", default)]
    activities: Members,
}

#[derive(Deserialize, Default)]
struct Members {
    #[serde(default)]
    member: Vec<Activity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Activity {
    start_time: String,
    #[serde(default)]
    status_code: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    status_message: Option<String>,
}

impl Activity {
    /// The same as the program knows it; none where its time cannot be read.
    fn known(self) -> Option<ScalingActivity> {
        let at: Timestamp = self.start_time.parse().ok()?;
        let said = self.status_message.filter(|words| !words.trim().is_empty());
        Some(ScalingActivity {
            at,
            status: Text::new(&self.status_code),
            description: Text::new(&self.description),
            message: said.map(|words| Text::new(&words)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<DescribeScalingActivitiesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
      <DescribeScalingActivitiesResult>
        <Activities>
          <member>
            <ActivityId>1</ActivityId>
            <AutoScalingGroupName>eks-a</AutoScalingGroupName>
            <StartTime>2026-01-12T00:05:00.123Z</StartTime>
            <StatusCode>Failed</StatusCode>
            <StatusMessage>We currently do not have sufficient m6i.large capacity. Launching EC2 instance failed.</StatusMessage>
            <Description>Launching a new EC2 instance.  Status Reason: none</Description>
            <Progress>100</Progress>
          </member>
          <member>
            <StartTime>2026-01-12T00:01:00Z</StartTime>
            <StatusCode>Successful</StatusCode>
            <Description>Launching a new EC2 instance: i-1</Description>
          </member>
        </Activities>
      </DescribeScalingActivitiesResult>
      <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
    </DescribeScalingActivitiesResponse>"#;

    #[test]
    fn activities_are_read_in_their_own_words() {
        let activities = read(ANSWER.as_bytes()).unwrap();
        let words = |one: &ScalingActivity| (one.status.to_string(), one.message.clone());
        let failed = "We currently do not have sufficient m6i.large capacity. Launching EC2 instance failed.";
        assert_eq!(
            activities.iter().map(words).collect::<Vec<_>>(),
            [("Failed".to_owned(), Some(Text::new(failed))), ("Successful".to_owned(), None)]
        );
        assert_eq!(activities[0].at, "2026-01-12T00:05:00.123Z".parse().unwrap());
    }

    #[test]
    fn a_group_at_rest_has_none() {
        for empty in ["<Activities/>", "<Activities></Activities>", ""] {
            let body = format!(
                "<R><DescribeScalingActivitiesResult>{empty}</DescribeScalingActivitiesResult></R>"
            );
            assert_eq!(read(body.as_bytes()).map(|found| found.len()), Ok(0), "{empty}");
        }
    }

    #[test]
    fn something_else_is_an_error() {
        assert!(read(b"<html></html>").is_err());
        assert!(read(b"{}").is_err());
    }
}
