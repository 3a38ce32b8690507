//! Checkov's skips beside the code: comments in any file, annotations of Kubernetes objects (bridgecrewio/checkov,
//! `common/comment/enum.py`, `kubernetes/kubernetes_utils.py`).

use super::file::{File, Found, number, said};
use crate::domain::Text;
use crate::domain::exception::Tool;

/// How a skip begins in a comment. No mark of a comment is asked for, as checkov asks for none.
const COMMENTS: [&str; 3] = ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="];
/// What the key of an annotation holds.
const ANNOTATIONS: [&str; 2] = ["checkov.io/skip", "bridgecrew.io/skip"];
const OF_LATER: &str = "heeded only by a checkov that takes several checks in one comment";
const IN_A_BLOCK: &str = "heeded only within the block that it is meant for";
const OLDER: &str =
    "older versions of checkov heed only CKV_K8S, CKV2_K8S and BC_K8S in annotations";

/// Reads any file line by line: a template that is no YAML yet is read as well as what it becomes.
pub(super) fn read(file: &File<'_>, text: &str) -> Found {
    let mut found = Found::default();
    for (at, line) in text.lines().enumerate() {
        comments(file, number(at + 1), line, &mut found);
        annotation(file, number(at + 1), line, &mut found);
    }
    found
}

fn comments(file: &File<'_>, at: u32, line: &str, found: &mut Found) {
    let mut rest = line;
    while let Some(behind) = after_first(rest, &COMMENTS) {
        let (ids, after) = ids(behind.trim_start_matches(' '));
        let reason = after.strip_prefix(':');
        rest = if reason.is_some() { "" } else { after };
        if ids.is_empty() {
            let what = "checkov finds no check named behind `skip=`, and skips none";
            let cure = "write it as checkov:skip=CKV_AWS_20:reason";
            found.warnings.push(file.warning(at, "no-check", what, cure));
        }
        for (place, id) in ids.iter().enumerate() {
            let mut native = file.native(Tool::CheckovInline, at, id);
            native.reason = reason.and_then(said);
            if place > 0 {
                native.caveats.push(Text::new(OF_LATER));
            }
            if file.path.rsplit('.').next() == Some("tf") {
                native.caveats.push(Text::new(IN_A_BLOCK));
            }
            found.natives.push(native);
        }
    }
}

/// What stands behind the first of these words.
fn after_first<'l>(line: &'l str, words: &[&str]) -> Option<&'l str> {
    let found = words.iter().filter_map(|word| Some(line.find(word)? + word.len()));
    line.get(found.min()?..)
}

/// The ids at the beginning of a text, and what stands behind them.
fn ids(text: &str) -> (Vec<&str>, &str) {
    let mut ids = Vec::new();
    let mut rest = text;
    loop {
        // A vulnerability may be skipped in a list of packages; its id has dashes, that of a check has none.
        let has_dashes = rest.starts_with("CVE-");
        let is_of_id = |c: char| c.is_ascii_alphanumeric() || c == '_' || (has_dashes && c == '-');
        let end = rest.find(|c| !is_of_id(c)).unwrap_or(rest.len());
        let Some((id, after)) = rest.split_at_checked(end) else { return (ids, rest) };
        if id.is_empty() {
            return (ids, rest);
        }
        ids.push(id);
        match after.strip_prefix(',') {
            Some(next) if next.starts_with(is_of_id) => rest = next,
            _ => return (ids, after),
        }
    }
}

fn annotation(file: &File<'_>, at: u32, line: &str, found: &mut Found) {
    if line.trim_start().starts_with('#') {
        return;
    }
    let Some(behind) = after_first(line, &ANNOTATIONS) else { return };
    let Some((_, value)) = behind.split_once(':') else { return };
    let value = unquoted(value.trim());
    let (id, reason) = value.split_once('=').map_or((value, None), |(id, why)| (id, said(why)));
    if id.is_empty() {
        return;
    }
    let mut native = file.native(Tool::CheckovInline, at, id.trim());
    native.reason = reason;
    if !id.contains("_K8S") {
        native.caveats.push(Text::new(OLDER));
    }
    found.natives.push(native);
}

/// A scalar without its quotes, or without the comment behind it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.split(quote).next().unwrap_or(inner);
        }
    }
    let value = value.split(" #").next().unwrap_or(value);
    value.trim_end_matches([',', '}']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::Bound;
    use crate::register::formats::tests::{FILE, texts};

    type Told = (Option<u32>, String, Option<String>);

    fn told(text: &str) -> Vec<Told> {
        let natives = read(&FILE, text).natives.into_iter();
        let words = |text: Text| text.to_string();
        natives.map(|one| (one.line, words(one.rule), one.reason.map(words))).collect()
    }

    fn skip(line: u32, id: &str, reason: &str) -> Told {
        (Some(line), id.to_owned(), (!reason.is_empty()).then(|| reason.to_owned()))
    }

    #[test]
    fn a_comment_in_terraform_skips_a_check_for_ever() {
        let text =
            "resource \"aws_s3_bucket\" \"a\" {\n  #checkov:skip=CKV_AWS_20:a public site\n}\n";
        assert_eq!(told(text), [skip(2, "CKV_AWS_20", "a public site")]);
        assert_eq!(read(&FILE, text).natives[0].bound, Bound::Impossible);
    }

    #[test]
    fn every_mark_of_a_comment_will_do() {
        for mark in ["#", "# ", "// ", "//", "/* ", "  # "] {
            let text = format!("{mark}checkov:skip=CKV_DOCKER_2: no probe\nFROM scratch\n");
            assert_eq!(told(&text), [skip(1, "CKV_DOCKER_2", "no probe")], "{mark}");
        }
    }

    #[test]
    fn the_former_names_of_the_tool_skip_too() {
        let text = "# bridgecrew:skip=BC_AWS_1:a\n# cortex:skip= CKV_AWS_2\n";
        assert_eq!(told(text), [skip(1, "BC_AWS_1", "a"), skip(2, "CKV_AWS_2", "")]);
    }

    #[test]
    fn a_reason_without_a_colon_is_none_to_checkov() {
        assert_eq!(told("# checkov:skip=CKV_AWS_20 a site\n"), [skip(1, "CKV_AWS_20", "")]);
    }

    #[test]
    fn several_checks_in_a_comment_are_all_told_and_the_later_ones_with_a_caveat() {
        let text = "# checkov:skip=CKV_AWS_1,CKV_AWS_2:a\n";
        assert_eq!(told(text), [skip(1, "CKV_AWS_1", "a"), skip(1, "CKV_AWS_2", "a")]);
        let caveats: Vec<_> =
            read(&FILE, text).natives.into_iter().map(|one| one.caveats).collect();
        assert_eq!(caveats, [vec![], texts(&[OF_LATER])]);
    }

    #[test]
    fn two_skips_may_stand_in_a_line_until_a_reason_takes_the_rest() {
        let text = "# checkov:skip=CKV_1 checkov:skip=CKV_2:why checkov:skip=CKV_3\n";
        assert_eq!(told(text), [skip(1, "CKV_1", ""), skip(1, "CKV_2", "why checkov:skip=CKV_3")]);
    }

    #[test]
    fn what_is_written_otherwise_skips_nothing() {
        for text in
            ["# checkov: skip=CKV_1\n", "# checkov:skip = CKV_1\n", "# Checkov:skip=CKV_1\n"]
        {
            assert_eq!(told(text), [], "{text}");
        }
    }

    #[test]
    fn a_skip_that_names_no_check_is_warned_of() {
        let found = read(&FILE, "a\n# checkov:skip=:why\n");
        assert_eq!(found.natives, []);
        assert_eq!((found.warnings[0].line, found.warnings[0].code), (2, "no-check"));
    }

    #[test]
    fn a_vulnerability_of_a_list_of_packages_keeps_its_dashes() {
        let text = "django==1.2 # checkov:skip=CVE-2019-19844: not reached\n";
        assert_eq!(told(text), [skip(1, "CVE-2019-19844", "not reached")]);
    }

    #[test]
    fn an_annotation_of_kubernetes_skips_a_check_with_its_reason() {
        let text = "\
metadata:
  annotations:
    checkov.io/skip1: CKV_K8S_8=no probe # later
    \"checkov.io/skip2\": \"CKV_K8S_9=no = probe\"
    checkov.io/skip3: CKV_K8S_11
    # checkov.io/skip4: CKV_K8S_12=off
";
        let wanted = [
            skip(3, "CKV_K8S_8", "no probe"),
            skip(4, "CKV_K8S_9", "no = probe"),
            skip(5, "CKV_K8S_11", ""),
        ];
        assert_eq!(told(text), wanted);
    }

    #[test]
    fn an_annotation_in_a_template_that_is_no_yaml_is_read() {
        let text =
            "{{- if .Values.on }}\n  annotations: {checkov.io/skip1: CKV_K8S_8=why}\n{{ end }}\n";
        assert_eq!(told(text), [skip(2, "CKV_K8S_8", "why")]);
    }

    #[test]
    fn an_annotation_with_another_check_says_that_older_versions_pass_over_it() {
        let found = read(&FILE, "checkov.io/skip1: CKV_SECRET_6=why\n");
        assert_eq!(found.natives[0].caveats, texts(&[OLDER]));
    }

    #[test]
    fn a_comment_in_terraform_says_that_it_counts_within_its_block_alone() {
        let file = File { path: "main.tf", ..FILE };
        let found = read(&file, "# checkov:skip=CKV_AWS_20\n");
        assert_eq!(found.natives[0].caveats, texts(&[IN_A_BLOCK]));
    }
}
