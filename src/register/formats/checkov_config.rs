//! `.checkov.yaml`: whole checks that are left out, for ever (bridgecrewio/checkov, the option `--skip-check`).

use serde::Deserialize;

use super::file::{File, Found};
use super::yaml::{self, Placed, Words};
use crate::domain::exception::Tool;
use crate::domain::{Flaw, Text};

const SEVERITIES: [&str; 6] = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL", "NONE"];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    skip_check: Option<Placed<Words>>,
}

/// Reads the file.
pub(super) fn read(file: &File<'_>, text: &str) -> Result<Found, Flaw> {
    let mut found = Found::default();
    let document = yaml::first::<Document>(file, text)?;
    let Some(list) = document.and_then(|document| document.skip_check) else { return Ok(found) };
    let whole = yaml::line(&list);
    for (line, words) in &list.value.0 {
        let line = if *line == 0 { whole } else { *line };
        for id in words.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let mut native = file.native(Tool::CheckovConfig, line, id);
            if SEVERITIES.contains(&id) {
                let caveat = format!("leaves out every check of severity {id} and below");
                native.caveats.push(Text::new(&caveat));
            } else if id.contains('*') {
                native.caveats.push(Text::new("leaves out every check that it fits"));
            }
            found.natives.push(native);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::Bound;
    use crate::register::formats::tests::{FILE, texts};

    fn told(text: &str) -> Vec<(Option<u32>, String)> {
        let found = read(&FILE, text).unwrap();
        found.natives.into_iter().map(|one| (one.line, one.rule.to_string())).collect()
    }

    #[test]
    fn each_check_of_the_list_is_an_exception_at_its_line() {
        let all = told("framework: terraform\nskip-check:\n  - CKV_AWS_20\n  - CKV_AWS_21\n");
        assert_eq!(all, [(Some(3), "CKV_AWS_20".into()), (Some(4), "CKV_AWS_21".into())]);
    }

    #[test]
    fn checks_in_one_word_are_told_apart_by_commas() {
        let wanted = vec![(Some(1), "CKV_AWS_20".to_owned()), (Some(1), "CKV_AWS_21".to_owned())];
        assert_eq!(told("skip-check: CKV_AWS_20, CKV_AWS_21\n"), wanted);
        assert_eq!(told("skip-check: ['CKV_AWS_20,CKV_AWS_21']\n"), wanted);
    }

    #[test]
    fn it_never_ends() {
        let found = read(&FILE, "skip-check: [CKV_AWS_20]\n").unwrap();
        assert_eq!(found.natives[0].bound, Bound::Impossible);
    }

    #[test]
    fn a_severity_or_a_star_leaves_out_more_than_one_and_says_so() {
        let found = read(&FILE, "skip-check: [LOW, CKV_AWS_*]\n").unwrap();
        let caveats: Vec<_> = found.natives.into_iter().map(|one| one.caveats).collect();
        let low = texts(&["leaves out every check of severity LOW and below"]);
        assert_eq!(caveats, [low, texts(&["leaves out every check that it fits"])]);
    }

    #[test]
    fn a_file_that_leaves_out_nothing_holds_nothing() {
        for text in ["", "skip-check:\n", "skip-check: []\n", "check: CKV_AWS_20\n"] {
            assert_eq!(told(text), [], "{text}");
        }
    }
}
