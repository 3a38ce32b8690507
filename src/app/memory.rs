//! What survives a restart: sorts, columns, filters, whether the detail is hidden. Kept in the state directory, never in the person's own files.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// What survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The theme chosen in the program; the configuration's where absent.
    pub theme: Option<String>,
    /// Whether the detail beside tables is hidden.
    pub hides_detail: bool,
    /// Tables by the kind of their rows.
    pub tables: BTreeMap<String, TableMemory>,
    /// Filters used lately, the last first, by the kind of rows.
    pub filters: BTreeMap<String, VecDeque<String>>,
}

/// How a table was left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TableMemory {
    /// The column that orders.
    pub sort: String,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// The columns chosen by hand, if any were.
    pub columns: Option<Vec<String>>,
    /// The filter as typed.
    pub filter: String,
    /// The grouping.
    pub grouping: Option<String>,
    /// Whether every column stands there.
    pub wide: bool,
}
