//! Entries for tests.

use std::collections::BTreeMap;

use super::Entry;
use crate::domain::Text;
use crate::domain::exception::fixture::record;

/// An entry whose file is named after it.
pub(crate) fn entry(id: &str, starts: &str, ends: &str, renews: Option<&str>) -> Entry {
    let mut record = record(id, starts, ends);
    record.renews = renews.map(Text::new);
    let path = Text::new(&format!("exceptions/{id}.yaml"));
    Entry { path, record, notes: Vec::new(), places: BTreeMap::new() }
}

/// A whole record as a file has it.
pub(crate) const WHOLE: &str = "\
id: EXC-2026-014
title: A larger runner for the checkout release
kind: runner
scope:
  projects: [shop/checkout]
  tiers:
    - protected
  accounts: ['4711']
requester: asha
owner: wei
justification: >
  The release build needs 32 GiB,
  which no protected runner has.
risk: A runner of another tier sees the release's variables.
residual_risk: low
controls:
  - its egress is that of the protected tier
approvers: [lena]
beneficiaries: [tomas]
starts_at: 2026-03-01T08:00:00+01:00
expires_at: 2026-03-31
ticket: OPS-812
renews: EXC-2026-003
artefacts:
  - tool: gitlab-runner
    project: platform/runners
    path: runners/large.toml
    rule: tags
evidence: [\"https://gitlab.example/platform/exceptions/-/merge_requests/14\"]
revocation:
  at: 2026-03-20T10:00:00Z
  by: lena
  reason: the build was made smaller
closed: {at: 2026-03-21, by: wei, reason: the runner is gone}
";
