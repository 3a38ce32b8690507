//! The documented fields as CSV, inert in a spreadsheet.

use std::io::{self, Write};

use serde_json::Value;

use crate::cli::json::{self, Field, Form, Items};
use crate::cli::kind::Kind;
use crate::domain::text::inert_cell;

/// Prints a header and one line an item.
pub(super) fn print(kind: Kind, items: &Items<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fields = json::fields(kind);
    let mut writer = csv::Writer::from_writer(out);
    let mut header = Vec::new();
    headings(fields, "", &mut header);
    writer.write_record(&header).map_err(of_csv)?;
    let Value::Array(items) = serde_json::to_value(items)? else { return writer.flush() };
    for item in &items {
        let mut cells = Vec::with_capacity(header.len());
        cells_of(Some(item), fields, &mut cells);
        writer.write_record(&cells).map_err(of_csv)?;
    }
    writer.flush()
}

/// The system's own error, so that a closed pipe is still known as one.
fn of_csv(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The names of the columns: a record has one for each of its fields.
fn headings(fields: &[Field], above: &str, out: &mut Vec<String>) {
    for field in fields {
        let name = format!("{above}{}", field.name());
        match record(&field.form()) {
            Some(inner) => headings(inner, &format!("{name}."), out),
            None => out.push(name),
        }
    }
}

/// The fields of a record, be it there or not.
fn record(form: &Form) -> Option<&'static [Field]> {
    match form {
        Form::Record(fields) => Some(fields),
        Form::Maybe(form) => record(form),
        _ => None,
    }
}

/// One cell a column. Where a record is absent its cells are empty.
fn cells_of(item: Option<&Value>, fields: &[Field], out: &mut Vec<String>) {
    for field in fields {
        let value = item.and_then(|item| item.get(field.name()));
        match record(&field.form()) {
            Some(inner) => cells_of(value, inner, out),
            None => out.push(cell(value)),
        }
    }
}

/// A value as one cell: nothing for null, words with blanks between for a list of strings, else its JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(words)) => inert_cell(words),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            inert_cell(&words.join(" "))
        }
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_a_number_even_below_zero() {
        assert_eq!(cell(Some(&json!(-5))), "-5");
    }

    #[test]
    fn values_become_cells() {
        assert_eq!(cell(Some(&json!(null))), "");
        assert_eq!(cell(Some(&json!(["-a", "b"]))), "'-a b");
        assert_eq!(cell(Some(&json!({"failed": 1}))), r#"{"failed":1}"#);
        assert_eq!(cell(Some(&json!([]))), "");
    }

    #[test]
    fn a_closed_pipe_is_known_as_one() {
        let closed = csv::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(of_csv(closed).kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn every_column_stands_in_the_header_whether_it_is_known_or_not() {
        let mut header = Vec::new();
        headings(json::fields(Kind::Jobs), "", &mut header);
        let mut cells = Vec::new();
        cells_of(None, json::fields(Kind::Jobs), &mut cells);
        assert_eq!(header.len(), cells.len());
        assert!(header.contains(&"runner.id".to_owned()) && !header.contains(&"runner".to_owned()));
    }
}
