//! [`Document`]: what is being read, and everything that was found wrong or odd on the way.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use crate::config::diagnostic::Diagnostic;
use crate::config::env::Environment;
use crate::config::settings::SecretSource;

/// How much of a variable's value a fault shows, characters.
const LONGEST_VALUE: usize = 80;

/// What is being read, and what was found wrong with it so far.
pub(in crate::config) struct Document<'d> {
    /// The file's name, for diagnostics.
    pub(in crate::config) file: &'d str,
    /// The file's text with every secret struck out; byte for byte as long as the original.
    pub(in crate::config) shown: &'d str,
    /// What overrides it.
    pub(in crate::config) environment: &'d Environment,
    /// Where relative paths begin.
    pub(in crate::config) base: &'d Path,
    /// Every fault with the byte where it stands.
    pub(in crate::config) faults: RefCell<Vec<(usize, Diagnostic)>>,
    /// What is odd but no fault.
    pub(in crate::config) warnings: RefCell<Vec<Diagnostic>>,
    /// The dotted key of every secret and where it comes from.
    pub(in crate::config) secrets: RefCell<Vec<(String, SecretSource)>>,
}

impl Document<'_> {
    /// Notes a fault at a place in the file.
    pub(in crate::config) fn fault(&self, span: Range<usize>, message: &str, hint: Option<String>) {
        let start = span.start;
        let fault = Diagnostic::about(self.file, message, hint).at(self.shown, span);
        self.faults.borrow_mut().push((start, fault));
    }

    /// Notes something odd at a place in the file.
    pub(in crate::config) fn warning(&self, span: Range<usize>, message: &str, hint: &str) {
        let warning = Diagnostic::about(self.file, message, Some(hint.to_owned()));
        self.warnings.borrow_mut().push(warning.at(self.shown, span));
    }

    /// Notes a fault that has no place in the file, because what is meant is not in it.
    pub(in crate::config) fn absence(&self, message: &str, hint: String) {
        let fault = Diagnostic::about(self.file, message, Some(hint));
        self.faults.borrow_mut().push((usize::MAX, fault));
    }

    /// Notes a fault of a variable, which has a name and no line; `shown` is what may be seen of its value.
    pub(in crate::config) fn variable_fault(
        &self,
        name: &str,
        shown: &str,
        message: &str,
        hint: &str,
    ) {
        let shown: String = shown.chars().take(LONGEST_VALUE).collect();
        let place = format!("environment: {name}={shown}");
        let fault = Diagnostic::about(&place, message, Some(hint.to_owned()));
        self.faults.borrow_mut().push((usize::MAX, fault));
    }
}
