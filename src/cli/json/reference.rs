//! [`reference()`]: the fields of every kind as Markdown, from the table that prints them.

use std::fmt::Write;

use super::act::{ActItem, KnownAct};
use super::envelope;
use super::flaw::FlawItem;
use super::form::{Field, Form};
use super::gate::GateVerdict;
use super::timeline::TimelineItem;
use super::why::WhyItem;
use crate::cli::kind::Kind;

/// What stands before the tables.
const OPENING: &str = "\
```json
{\"schema\": \"watchfloor/v1\", \"kind\": \"jobs\", \"at\": \"2026-01-12T03:12:07Z\", \"complete\": true, \"sources\": […], \"items\": […]}
```

`at` is the moment of the look. `complete` is false when a source behind the kind is not live, when a page was cut, and
always with `--offline`, where every item is stale. `sources` are those behind the kind, with the fields of the kind `sources`. Within
`watchfloor/v1` fields are only added.

`get` is one look: it reads the cache with `--offline` and never writes it. Exit code 0 means that something was read,
3 that nothing was: then `complete` is false and `items` is empty, because unknown is not the same as none. The same holds
with `--offline` where the cache knows nothing of the kind yet. Tiers are always there: for them it is 3 as well where GitLab, a
cluster or EKS never answered, with the items that the others tell of. Exit code 2 prints no document.

Types: `s` string, `i` integer, `n` number, `b` boolean, `t` instant (RFC 3339, UTC), `[…]` list, `{…}` record, `{*: …}`
a record whose names are GitLab's own. `?` may be null: unknown, or it does not apply. Durations are seconds. Every item has
`seen_at`, when the platform last confirmed it, and `stale`, whether that is older than three intervals of its source.

`-o csv` has the same fields in the same order: a record becomes a column for each of its fields (`runner.id`), a list of
strings one column with blanks between, any other list or map its JSON. A text that a spreadsheet would take for a formula
begins with an apostrophe.
";

/// What stands behind the tables.
const CHECKS: &str = "
# What `check -o json` answers

```json
{\"schema\": \"watchfloor/v1\", \"kind\": \"checks\", \"at\": \"2026-01-12T03:12:07Z\", \"ok\": true, \"items\": […]}
```

The document comes whatever was found. `ok` is false when an item failed. Exit code 0: nothing failed; 1: a check failed;
2: the configuration cannot be used (none there, faulty, without GitLab, or its token cannot be read).

| field | type | meaning |
|---|---|---|
| `level` | `s` | `ok`, `warn`, `fail`, or `skip`: an earlier failure left nothing to find out |
| `about` | `s` | what was tested: `config`, `theme`, `gitlab.token`, `projects of gitlab:acme`, … |
| `message` | `s` | what was found |
| `hint` | `s?` | what to do next |
";

/// What stands before the table of the acts that there are.
const ACTS: &str = "
# What `act -o json` answers

Without a name the acts that there are, under the kind `acts`: `{\"schema\": \"watchfloor/v1\", \"kind\": \"acts\", \"at\": …,
\"items\": […]}`.

";

/// What stands before the table of what came of acts.
const CAME: &str = "
With a name what came of it, one item a target, under the kind `act`. Without `--arm`, or where anything else is missing,
nothing is sent: `outcome.state` is then `not_sent` and `missing` says what is lacking. Exit codes: 0 all done; 1 refused,
failed or of unknown outcome; 2 usage, the gate or the configuration; 3 out of reach, nothing was sent; 130 interrupted.

";

/// What stands before the table of a verdict.
const GATE: &str = "
# What `gate -o json` answers

One document of the schema `watchfloor/gate/v1`, whatever the verdict; `docs/gate.md` says what it means. A number that is
none (`NaN`, endless, absent) is null, and `state` says why. Exit codes: 0 allow; 10 warn; 20 deny; 30 unknown; 1 and 2 print
no document.

";

/// What stands before the table of a diagnosis.
const WHY: &str = "
# What `why -o json` answers

One document; `docs/why.md` has the tree. Exit codes: 0 explained, however sure that is; 2 usage, or there is no such thing; 3
nothing could be read. 2 and 3 print no document.

";

/// What stands before the table of flaws.
const FLAWS: &str = "
# What `exceptions lint -o json` answers

One document whatever was found: `{\"schema\": \"watchfloor/v1\", \"kind\": \"exception_flaws\", \"at\": …, \"items\": […]}`,
the items in the order of files and places. `docs/exceptions.md` says what each rule means. Exit codes: 0 nothing worse than
information; 1 errors or warnings; 2 prints no document. `-o code-quality` prints GitLab's own format instead.

";

/// What stands before the table of the timeline.
const TIMELINE: &str = "
# What `timeline -o json` answers

`{\"schema\": \"watchfloor/v1\", \"kind\": \"timeline\", \"at\": …, \"since\": …, \"items\": […]}`, the newest first. Exit code 0 also
where nothing became different, 3 where no console ever watched; 2 prints no document. `handover -o json` has a schema of its own, `watchfloor/handover/v1`:
`docs/timeline.md` says what is in it.

";

/// What stands behind the tables of acts.
const LEDGER: &str = "
# What `audit` answers

`audit show -o json` answers as `get audit -o json` does, see [audit](#audit). `complete` is false where more was done than is
read: the newest 10,000 acts.

`audit verify -o json` prints one document. Exit codes: 0 it holds; 1 it is broken, or does not hold the checkpoint; 2 the
ledger or the checkpoint cannot be read.

```json
{\"schema\": \"watchfloor/v1\", \"kind\": \"audit_verify\", \"at\": \"2026-01-12T03:12:07Z\", \"ok\": true, \"records\": 42,
 \"broken\": null, \"anchor\": {\"state\": \"anchored\", \"seq\": 40, \"after\": 2}}
```

| field | type | meaning |
|---|---|---|
| `ok` | `b` | whether nothing is wrong |
| `records` | `i` | how many records there are; an act has one for its beginning and one for each word on its end |
| `broken` | `{…}?` | the first record that does not hold |
| `broken.seq` | `i` | its place |
| `broken.why` | `s` | why |
| `anchor` | `{…}` | whether its end is known from elsewhere |
| `anchor.state` | `s` | `unanchored` (no checkpoint was given), `anchored`, `mismatch` |
| `anchor.seq` | `i?` | the checkpoint's place |
| `anchor.after` | `i?` | how many records came after the checkpoint |

`audit export` writes one record a line: `{\"seq\": 1, \"previous\": …, \"hash\": …, \"body\": …}`. `hash` is the SHA-256, hexadecimal,
over `previous`, a line end and `body`, exactly as they stand there; `previous` is the `hash` of the record before, for the
first one sixty-four zeros. `body` is a JSON text: an act's beginning (`\"kind\": \"open\"`) or its end (`\"kind\": \"close\"`, `of`
names the record of its beginning). A checkpoint is `{\"schema\": \"watchfloor/checkpoint/v1\", \"seq\": …, \"hash\": …}`.
";

/// The fields of every kind: name, type and meaning, as Markdown below a title.
pub fn reference() -> String {
    let mut out = OPENING.to_owned();
    for kind in Kind::ALL {
        // Writing to a string cannot fail.
        _ = write!(out, "\n## {}\n\n| field | type | meaning |\n|---|---|---|\n", kind.as_str());
        rows(&mut out, "", envelope::fields(kind));
    }
    out.push_str(CHECKS);
    let tables = [
        (ACTS, KnownAct::FIELDS),
        (CAME, ActItem::FIELDS),
        (GATE, GateVerdict::FIELDS),
        (WHY, WhyItem::FIELDS),
        (FLAWS, FlawItem::FIELDS),
        (TIMELINE, TimelineItem::FIELDS),
    ];
    for (words, fields) in tables {
        out.push_str(words);
        out.push_str("| field | type | meaning |\n|---|---|---|\n");
        rows(&mut out, "", fields);
    }
    out.push_str(LEDGER);
    out
}

/// One row a field; the fields of a record follow it under its name.
fn rows(out: &mut String, above: &str, fields: &[Field]) {
    for field in fields {
        let name = format!("{above}{}", field.name());
        let (inner, short) = inner(&field.form());
        _ = writeln!(out, "| `{name}` | `{short}` | {} |", field.meaning());
        rows(out, &format!("{name}."), inner);
    }
}

/// The fields within a form, and the form without them.
fn inner(form: &Form) -> (&'static [Field], String) {
    match form {
        Form::Record(fields) => (fields, "{…}".to_owned()),
        Form::Maybe(form) => {
            let (fields, short) = inner(form);
            (fields, format!("{short}?"))
        }
        Form::List(form) => {
            let (fields, short) = inner(form);
            (fields, format!("[{short}]"))
        }
        other => (&[], other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_kind_has_a_line_and_a_meaning() {
        let text = reference();
        for kind in Kind::ALL {
            assert!(text.contains(&format!("\n## {}\n", kind.as_str())));
            for field in envelope::fields(kind) {
                assert!(!field.meaning().is_empty(), "{}", field.name());
                assert!(text.contains(&format!("\n| `{}` | `", field.name())), "{}", field.name());
            }
        }
    }

    #[test]
    fn fields_of_a_record_stand_below_it() {
        assert!(reference().contains(
            "| `runner` | `{…}?` | the runner that took it |\n| `runner.id` | `i` | GitLab's id |\n"
        ));
    }
}
