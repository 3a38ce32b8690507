//! Logs of the pods of jobs: the build container says what GitLab's log of the job says.

use std::sync::{Arc, Weak};

use serde_json::Value;

use super::kubernetes::LogLine;
use super::server::Platform;

/// Time between two lines.
const PACE: i64 = 500;

/// Lets the API server read the logs of jobs.
pub(crate) fn connect(platform: &Arc<Platform>) {
    // The platform owns who writes its logs: a strong reference would keep it for ever.
    let weak = Arc::downgrade(platform);
    platform.cluster().set_logs(Arc::new(move |pod, container, now| {
        read(&weak, pod, container, now)
            .unwrap_or_else(|| super::kubernetes::plain_log(pod, container, now))
    }));
}

fn read(platform: &Weak<Platform>, pod: &Value, container: &str, now: i64) -> Option<Vec<LogLine>> {
    if container != "build" {
        return None;
    }
    let uid = pod.pointer("/metadata/uid")?.as_str()?;
    let platform = platform.upgrade()?;
    let (begun, text) = platform.world().pod_log(uid)?;
    let lines = text.split('\n').zip(0_i64..);
    let mut lines: Vec<LogLine> = lines
        .map(|(line, number)| LogLine {
            at: (begun + number * PACE).min(now),
            text: line.to_owned(),
        })
        .collect();
    lines.pop_if(|last| last.text.is_empty());
    Some(lines)
}
