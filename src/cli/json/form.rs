//! [`Form`]: what a field of an item looks like; the one table behind the printing, the CSV header and the reference.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::Timestamp;

/// What a value looks like.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Form {
    /// A string.
    Word,
    /// An integer.
    Whole,
    /// A number.
    Number,
    /// Yes or no.
    Truth,
    /// An instant, RFC 3339 in UTC.
    Instant,
    /// The same, or null: unknown, or it does not apply.
    Maybe(Box<Form>),
    /// Any number of them.
    List(Box<Form>),
    /// Names of the platform's own to values.
    Map(Box<Form>),
    /// A value with fields of its own.
    Record(&'static [Field]),
}

/// A field of an item.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Field {
    /// Its name as the code writes it; [`Field::name`] has it as it is printed.
    pub(super) raw: &'static str,
    /// What it looks like.
    pub(super) of: fn() -> Form,
    /// What it means, one line.
    pub(super) meaning: &'static str,
}

impl Field {
    /// Its name.
    pub(in crate::cli) fn name(&self) -> &'static str {
        self.raw.trim_start_matches("r#")
    }

    /// What it looks like.
    pub(in crate::cli) fn form(&self) -> Form {
        (self.of)()
    }

    /// What it means.
    pub(in crate::cli) fn meaning(&self) -> &'static str {
        self.meaning.trim()
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Word => f.write_str("s"),
            Form::Whole => f.write_str("i"),
            Form::Number => f.write_str("n"),
            Form::Truth => f.write_str("b"),
            Form::Instant => f.write_str("t"),
            Form::Maybe(form) if matches!(**form, Form::Record(_)) => write!(f, "? {form}"),
            Form::Maybe(form) => write!(f, "{form}?"),
            Form::List(form) => write!(f, "[{form}]"),
            Form::Map(form) => write!(f, "{{*: {form}}}"),
            Form::Record(fields) => {
                let fields: Vec<String> = fields.iter().map(Field::to_string).collect();
                write!(f, "{{{}}}", fields.join(", "))
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = self.form().to_string();
        let gap = if form.starts_with('?') { "" } else { " " };
        write!(f, "{}{gap}{form}", self.name())
    }
}

/// A type that can stand in an item.
pub(in crate::cli) trait Formed {
    /// What it looks like.
    fn form() -> Form;
}

macro_rules! formed {
    ($($kind:ty => $form:ident),* $(,)?) => {
        $(impl Formed for $kind {
            fn form() -> Form {
                Form::$form
            }
        })*
    };
}

formed! { &str => Word, String => Word, u64 => Whole, f64 => Number, bool => Truth, Instant => Instant }

impl<T: Formed> Formed for Option<T> {
    fn form() -> Form {
        Form::Maybe(Box::new(T::form()))
    }
}

impl<T: Formed> Formed for Vec<T> {
    fn form() -> Form {
        Form::List(Box::new(T::form()))
    }
}

impl<K, T: Formed> Formed for BTreeMap<K, T> {
    fn form() -> Form {
        Form::Map(Box::new(T::form()))
    }
}

/// An instant as it is printed: RFC 3339 in UTC, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) struct Instant(pub(in crate::cli) Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Beyond the millisecond there is nothing to know, and some readers stop there.
        let whole = Timestamp::from_millisecond(self.0.as_millisecond()).unwrap_or(self.0);
        serializer.collect_str(&whole)
    }
}

/// An instant, where there is one.
pub(super) fn instant(at: Option<Timestamp>) -> Option<Instant> {
    at.map(Instant)
}

/// Seconds to the millisecond.
pub(super) fn seconds(exact: f64) -> f64 {
    (exact * 1000.0).round() / 1000.0
}

/// Declares a record: a struct, and the table of its fields from the same lines.
macro_rules! record {
    ($(#[doc = $about:literal])+ $name:ident $(<$life:lifetime>)? {
        $(#[doc = $meaning:literal] $field:ident: $kind:ty,)+
    }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub(in crate::cli) struct $name $(<$life>)? {
            $(#[doc = $meaning] pub(in crate::cli) $field: $kind,)+
        }

        impl $(<$life>)? $name $(<$life>)? {
            /// The table of its fields.
            pub(in crate::cli) const FIELDS: &'static [$crate::cli::json::form::Field] = &[
                $($crate::cli::json::form::Field {
                    raw: stringify!($field),
                    of: <$kind as $crate::cli::json::form::Formed>::form,
                    meaning: $meaning,
                },)+
            ];
        }

        impl $(<$life>)? $crate::cli::json::form::Formed for $name $(<$life>)? {
            fn form() -> $crate::cli::json::form::Form {
                $crate::cli::json::form::Form::Record(Self::FIELDS)
            }
        }
    };
}

pub(super) use record;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_printed_in_utc_to_the_millisecond() {
        let at = "2026-01-12T04:05:06.123456789+01:00".parse().unwrap();
        assert_eq!(serde_json::json!(Instant(at)), "2026-01-12T03:05:06.123Z");
    }

    #[test]
    fn seconds_have_no_dust() {
        assert_eq!(serde_json::json!(seconds(0.1 + 0.2)), 0.3);
    }
}
