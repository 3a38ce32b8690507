//! What the rules of a register say of the records that a request would add or change.

use super::lint::{Rules, check};
use super::read::Entry;
use super::{Register, text_of};
use crate::domain::{Proposed, Timestamp};

/// Adds to each file what the rules say of its record, each rule once.
pub fn judge(files: &mut [Proposed], rules: &Rules, now: Timestamp) {
    let entries = files.iter().filter_map(|file| {
        let text = text_of(file.record.as_ref()?);
        Entry::read(&file.path, text.as_bytes()).ok()
    });
    let register = Register::new(entries.collect());
    for flaw in check(&register, &[].into(), rules, now) {
        // What they renew lies in the register, which is not read here.
        let is_about_others = flaw.code == "renews-unknown";
        let file = files.iter_mut().find(|file| file.path == flaw.path);
        if let Some(file) = file.filter(|_| !is_about_others)
            && !file.flaws.iter().any(|known| known.code == flaw.code)
        {
            file.flaws.push(flaw);
        }
    }
}
