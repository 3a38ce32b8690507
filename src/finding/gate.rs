//! The rule about the deployment gate: which services it holds back, by the same code as the command.

use std::collections::BTreeSet;

use super::{Rule, Scene};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Joined, Severity, Slo, SloState, Text,
};
use crate::gate::{ChangeClass, Decision, Reason, Request, decide};
use crate::state::gate_facts;

/// The environment for which the gate is asked.
const ENVIRONMENT: &str = "production";

/// The gate holds features of a service back. Only services with an objective that burns or is spent are asked about: no
/// other can be denied for what is measured.
pub(super) fn closed(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let all = scene.state.slos().iter().map(|(_, row)| &*row.value);
    let hurt: Vec<&Slo> = all.filter(|slo| is_hurt(scene, slo)).collect();
    let services: BTreeSet<&Text> = hurt.iter().map(|slo| &slo.service).collect();
    let judge = |service: &Text| {
        let request = Request {
            service: service.clone(),
            environment: Text::new(ENVIRONMENT),
            class: ChangeClass::Feature,
            sha: None,
        };
        let facts = gate_facts(scene.state, service, scene.now);
        let verdict = decide(scene.state.policy(), &request, &facts, scene.now);
        let first = hurt.iter().find(|slo| slo.service == *service)?;
        let told = |reason: &Reason| Evidence {
            field: "gate.reason",
            value: reason.text.clone(),
            source: "slos",
            seen_at: first.sampled_at(),
        };
        (verdict.decision == Decision::Deny).then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Slo(first.id) },
            severity: Severity::Medium,
            title: Text::new(&format!(
                "the gate holds features of {service} back in {ENVIRONMENT}"
            )),
            evidence: verdict.reasons.iter().map(told).collect(),
            next_step: Text::new(
                "let reliability work go first; an emergency needs an exception of the kind release",
            ),
            since: None,
            count: 1,
            joined: Joined::default(),
        })
    };
    services.into_iter().filter_map(judge).collect()
}

fn is_hurt(scene: &Scene<'_>, slo: &Slo) -> bool {
    match scene.state.slo_state(slo, scene.now) {
        SloState::Burning | SloState::Exhausted => true,
        SloState::Young => slo.is_burning(),
        _ => slo.is_called_spent || slo.firing.is_some(),
    }
}
