//! Single values on their way into a column and out of one.

use std::sync::Arc;

use rusqlite::types::{FromSql, ToSqlOutput, Type, Value, ValueRef};

use crate::cache::intern::Interner;
use crate::domain::{Moment, Text, Timestamp};

/// A value for a column.
pub(in crate::cache) type Cell<'a> = ToSqlOutput<'a>;

/// A word, borrowed.
pub(in crate::cache) fn text(word: &str) -> Cell<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(word.as_bytes()))
}

/// A count or id. Integers are signed there; the bits come back as they were.
pub(in crate::cache) fn number(number: u64) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Integer(number.cast_signed()))
}

/// A measured number.
pub(in crate::cache) fn real(number: f64) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Real(number))
}

/// Yes or no.
pub(in crate::cache) fn truth(yes: impl Into<i64>) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Integer(yes.into()))
}

/// An instant.
pub(in crate::cache) fn time(at: Timestamp) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Integer(micros(at)))
}

/// An instant that is kept small.
pub(in crate::cache) fn moment(at: Moment) -> Cell<'static> {
    time(at.into())
}

/// A value that may be missing.
pub(in crate::cache) fn maybe<'a, T>(
    value: Option<T>,
    cell: impl FnOnce(T) -> Cell<'a>,
) -> Cell<'a> {
    value.map_or(ToSqlOutput::Owned(Value::Null), cell)
}

/// An instant as the files hold it: microseconds since 1970.
pub(in crate::cache) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The columns of a row that was read, taken from left to right.
pub(in crate::cache) struct Columns<'r> {
    row: &'r rusqlite::Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Starts at the first column.
    pub(in crate::cache) fn new(row: &'r rusqlite::Row<'r>) -> Columns<'r> {
        Columns { row, next: 0 }
    }

    /// The next column as any plain type.
    pub(in crate::cache) fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    /// The next column as a count or id.
    pub(in crate::cache) fn number(&mut self) -> rusqlite::Result<u64> {
        self.take::<i64>().map(i64::cast_unsigned)
    }

    /// The next column as a count or id that may be missing.
    pub(in crate::cache) fn maybe_number(&mut self) -> rusqlite::Result<Option<u64>> {
        Ok(self.take::<Option<i64>>()?.map(i64::cast_unsigned))
    }

    /// The next column as an instant.
    pub(in crate::cache) fn time(&mut self) -> rusqlite::Result<Timestamp> {
        let at = self.take()?;
        self.timestamp(at)
    }

    /// The next column as an instant that may be missing.
    pub(in crate::cache) fn maybe_time(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        self.take::<Option<i64>>()?.map(|at| self.timestamp(at)).transpose()
    }

    /// The next column as a word.
    pub(in crate::cache) fn text(&mut self, words: &mut Interner) -> rusqlite::Result<Text> {
        self.str().map(|word| words.text(word))
    }

    /// The next column as a word that may be missing.
    pub(in crate::cache) fn maybe_text(
        &mut self,
        words: &mut Interner,
    ) -> rusqlite::Result<Option<Text>> {
        Ok(self.maybe_str()?.map(|word| words.text(word)))
    }

    /// The next column as a list of words.
    pub(in crate::cache) fn list(&mut self, words: &mut Interner) -> rusqlite::Result<Arc<[Text]>> {
        self.str().map(|joined| words.list(joined))
    }

    /// The next column as text, not copied.
    pub(in crate::cache) fn str(&mut self) -> rusqlite::Result<&'r str> {
        self.next += 1;
        Ok(self.row.get_ref(self.next - 1)?.as_str()?)
    }

    /// The next column as text that may be missing, not copied.
    pub(in crate::cache) fn maybe_str(&mut self) -> rusqlite::Result<Option<&'r str>> {
        self.next += 1;
        Ok(self.row.get_ref(self.next - 1)?.as_str_or_null()?)
    }

    /// An instant out of the column just taken.
    fn timestamp(&self, at: i64) -> rusqlite::Result<Timestamp> {
        Timestamp::from_microsecond(at).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(self.next - 1, Type::Integer, error.into())
        })
    }
}
