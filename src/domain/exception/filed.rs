//! [`Filed`]: a record of the register, with the file that holds it.

use std::sync::Arc;

use super::Record;
use crate::domain::{ExceptionId, Text};

/// A record, where it lies, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Its address, of the register's project and the file's path.
    pub id: ExceptionId,
    /// The full path of the register's project.
    pub project: Text,
    /// The path of the file within it.
    pub path: Text,
    /// The id of the file's blob: the same blob is the same record, and is not read twice.
    pub blob: Text,
    /// The last commit of the register's branch that was read.
    pub commit: Text,
    /// What the file says.
    pub record: Record,
    /// The codes of what is wrong with it, by itself and among the others, each once.
    pub flaws: Arc<[Text]>,
}
