//! [`Known`]: a fact that was read, or the reason why it was not.

use serde::{Deserialize, Serialize};

use crate::domain::Text;

/// A fact that was read, or the reason why it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// What was read.
    Is(T),
    /// Why it was not: the plan, the token's scope, a 403.
    Unread(Text),
}

impl<T> Known<T> {
    /// The fact, else why there is none.
    pub fn read(&self) -> Result<&T, &Text> {
        match self {
            Known::Is(fact) => Ok(fact),
            Known::Unread(why) => Err(why),
        }
    }

    /// The fact, where it was read.
    pub fn fact(&self) -> Option<&T> {
        self.read().ok()
    }
}

impl<T> Default for Known<T> {
    /// Nobody asked.
    fn default() -> Known<T> {
        Known::Unread(Text::new("it was not asked for"))
    }
}

impl<T> From<T> for Known<T> {
    fn from(fact: T) -> Known<T> {
        Known::Is(fact)
    }
}
