//! The verdict as a `JUnit` report, which GitLab shows on a pipeline: a test for the verdict and one for each objective.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::sheet::Sheet;
use crate::gate::{Decision, Judged, Reason};

/// A test of the report.
struct Case<'a> {
    name: &'a str,
    decision: Decision,
    /// The words of each reason, the gravest first.
    words: Vec<String>,
}

/// Prints the report. A denial is a failure, what cannot be told an error; a warning passes and says so.
pub(super) fn print(sheet: &Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    let cases = cases(sheet);
    let count = |wanted| cases.iter().filter(|case| case.decision == wanted).count().to_string();
    let (tests, failures, errors) =
        (cases.len().to_string(), count(Decision::Deny), count(Decision::Unknown));
    let counts =
        [("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", errors.as_str())];
    let at = sheet.verdict.at.to_string();
    let suite = format!("gate {} {}", sheet.request.service, sheet.request.environment);
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites").with_attributes(counts);
    suites.write_inner_content(|writer| {
        let suite = writer
            .create_element("testsuite")
            .with_attribute(("name", suite.as_str()))
            .with_attributes(counts)
            .with_attribute(("timestamp", at.as_str()));
        suite.write_inner_content(|writer| {
            cases.iter().try_for_each(|case| write_case(writer, &suite_class(sheet), case))
        })?;
        Ok(())
    })?;
    writeln!(out)
}

fn suite_class(sheet: &Sheet<'_>) -> String {
    format!("gate.{}.{}", sheet.request.service, sheet.request.environment)
}

fn cases<'a>(sheet: &Sheet<'a>) -> Vec<Case<'a>> {
    let verdict = sheet.verdict;
    let whole = Case {
        name: "verdict",
        decision: verdict.decision,
        words: verdict.reasons.iter().map(words).collect(),
    };
    let of = |one: &Judged<'a>| {
        let own = |reason: &&Reason| reason.objective.as_ref() == Some(&one.slo.key);
        let reasons: Vec<&Reason> = verdict.reasons.iter().filter(own).collect();
        let decision = reasons.first().map_or(Decision::Allow, |reason| decision(sheet, reason));
        let words = reasons.into_iter().map(words).collect();
        Case { name: one.slo.key.as_str(), decision, words }
    };
    std::iter::once(whole).chain(sheet.objectives.iter().map(of)).collect()
}

/// What a reason about one objective comes to: what it says itself, or what the policy makes of not knowing.
fn decision(sheet: &Sheet<'_>, reason: &Reason) -> Decision {
    use crate::gate::ReasonCode as Code;
    match reason.code {
        Code::Instability | Code::BudgetExhausted | Code::BudgetRecovering => Decision::Deny,
        Code::BudgetLow | Code::SlowBurn => Decision::Warn,
        // Whatever the policy makes of it, the objective was not measured; yet it stops no more than the verdict does.
        _ => sheet.verdict.decision.min(Decision::Unknown),
    }
}

fn words(reason: &Reason) -> String {
    format!("{}: {}", reason.code.as_str(), reason.text)
}

fn write_case<W: Write>(writer: &mut Writer<W>, class: &str, case: &Case<'_>) -> io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", class))
        .with_attribute(("name", case.name));
    let text = case.words.join("\n");
    let kind = match case.decision {
        Decision::Deny => "failure",
        Decision::Unknown => "error",
        Decision::Allow | Decision::Warn => "system-out",
    };
    if text.is_empty() {
        return element.write_empty().map(|_| ());
    }
    element.write_inner_content(|writer| {
        let told = writer.create_element(kind);
        let told = match case.decision {
            Decision::Deny | Decision::Unknown => {
                let first = case.words.first().map_or("", String::as_str);
                told.with_attribute(("message", first))
            }
            Decision::Allow | Decision::Warn => told,
        };
        told.write_text_content(BytesText::new(&text)).map(|_| ())
    })?;
    Ok(())
}
