//! [`Extra`]: what no feed of the console keeps, and what a look at one job may bring beside: details, log, metrics.

use super::grammar::log::JobLog;
use super::grammar::metrics::Metrics;
use crate::domain::{JobId, Text, Timestamp};

pub use crate::domain::beside::{
    Approval, Assignment, Details, Environment, Holder, ResourceGroup,
};

/// Something that was read for one diagnosis, or why it was not.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading<T> {
    /// It was not read, because of this.
    Unread(Text),
    /// It was read.
    Read {
        /// What was read.
        value: T,
        /// When.
        at: Timestamp,
    },
}

/// What a look at one job brings beside what the console knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Extra {
    /// The job that was looked at: of another one it says nothing.
    pub of: Option<JobId>,
    /// What GitLab says of the job beyond its row.
    pub details: Reading<Details>,
    /// The job's log.
    pub log: Reading<JobLog>,
    /// The metrics of the runner managers.
    pub metrics: Reading<Metrics>,
}

impl Extra {
    /// Nothing was read beside.
    pub fn none() -> Extra {
        let unread = |what: &str| Text::new(&format!("{what} not read for this look"));
        Extra {
            of: None,
            details: Reading::Unread(unread(
                "GitLab's details of the job (needs, resource group, approvals) were",
            )),
            log: Reading::Unread(unread("the job's log was")),
            metrics: Reading::Unread(unread("the runner managers' metrics were")),
        }
    }
}

impl Default for Extra {
    fn default() -> Extra {
        Extra::none()
    }
}
