//! `cargo bench --bench register`: what it costs to lint a folder of records, by their number.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use watchfloor::cli::{Exit, Surroundings};

mod stage;

use stage::figures::{Table, Times};

/// How often each folder is linted.
const PASSES: usize = 10;
/// How many records the bar is about.
const RECORDS: usize = 5_000;

fn main() -> Result<()> {
    let table = Table::titled("The register: a folder of records, read and linted")?;
    for records in [RECORDS / 4, RECORDS / 2, RECORDS, RECORDS * 2] {
        let folder = tempfile::tempdir()?;
        fill(folder.path(), records)?;
        let mut times = Times::default();
        for _ in 0..PASSES {
            let printed = times.of(|| lint(folder.path()))?;
            let expected = format!("{records} files: 0 errors, 0 warnings, {records} to know\n");
            ensure!(printed.ends_with(&expected), "{printed}");
        }
        let bar = if records == RECORDS { "≤ 1 s" } else { "linear" };
        table.times(&format!("{records} records"), &times, bar)?;
    }
    Ok(())
}

/// The command as it is typed; what it printed.
fn lint(folder: &Path) -> Result<String> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let home = folder.join("nobody").display().to_string();
    let environment = [("HOME".to_owned(), home)].into();
    let around = Surroundings { out: &mut out, err: &mut err, environment };
    let words = ["watchfloor", "exceptions", "lint", "--now", "2026-03-02T00:00:00Z"];
    let line = words.iter().map(OsString::from).chain([folder.as_os_str().to_owned()]);
    let exit = watchfloor::cli::run(line, around);
    ensure!(exit == Exit::Done, "{exit:?}: {}", String::from_utf8_lossy(&err));
    Ok(String::from_utf8(out)?)
}

/// Writes records in chains of three: a grant and its two renewals.
fn fill(folder: &Path, records: usize) -> Result<()> {
    for index in 0..records {
        let id = format!("EXC-{index:06}");
        let mut text = format!(
            "id: {id}\ntitle: A larger runner for release {index}\nkind: runner\nscope:\n  projects:\n    \
             - shop/checkout-{index}\n  tiers: [protected]\nrequester: asha\nowner: wei\n\
             justification: >\n  The build needs 32 GiB,\n  which no protected runner has.\n\
             risk: the variables of the release\nresidual_risk: low\ncontrols:\n  - egress as in the tier\n  \
             - looked at the day after\napprovers: [lena]\nbeneficiaries: [tomas]\n\
             starts_at: 2026-03-10\nexpires_at: 2026-03-31\nticket: OPS-{index}\nartefacts:\n  \
             - tool: gitlab-runner\n    project: platform/runners\n    path: runners/large.toml\n"
        );
        if !index.is_multiple_of(3) {
            writeln!(text, "renews: EXC-{:06}", index - 1)?;
        }
        fs::write(folder.join(format!("{id}.yaml")), text)?;
    }
    Ok(())
}
