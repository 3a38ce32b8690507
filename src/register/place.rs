//! [`is_record`]: which files of the register's folder are records. Every reader asks here, so that none sees another register.

/// Whether a path, below the register's folder, is that of a record: it ends in `.yaml` or `.yml`, and nothing of it is hidden.
///
/// A hidden file is no record for anybody: one that lint passes over grants nothing in the console either.
pub fn is_record(below: &str) -> bool {
    let is_hidden = below.split('/').any(|part| part.starts_with('.'));
    !is_hidden && matches!(below.rsplit_once('.'), Some((_, "yaml" | "yml")))
}

/// The same of a path in its project; `folder` is the register's.
pub fn is_record_of(folder: &str, path: &str) -> bool {
    let below = path.strip_prefix(folder.trim_end_matches('/'));
    below.and_then(|rest| rest.strip_prefix('/')).is_some_and(is_record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_yaml_file_of_the_folder_that_nobody_hid() {
        for path in ["exceptions/E-1.yaml", "exceptions/2026/E-1.yml"] {
            assert!(is_record_of("exceptions/", path), "{path}");
        }
        for path in [
            "exceptions/.E-1.yaml",
            "exceptions/.hidden/E-1.yaml",
            "exceptions/E-1.YAML",
            "exceptions/E-1.json",
            "exceptions-old/E-1.yaml",
            "E-1.yaml",
        ] {
            assert!(!is_record_of("exceptions", path), "{path}");
        }
    }
}
