//! Phases of a lifecycle that keep releases for a time of their own. The provider (1.17.0, `resource_lifecycle.go`, `handleUnitCasing`) looks into the
//! policy that each phase of the server has in its state, and crashes where the state has none: a phase that was added at the destination, or
//! one that got its policy there or by finish. It looks only where the server's policy has a unit, so such a policy is shown without.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::address::Address;
use crate::relay::log::Intervention;
use crate::relay::request::Request;
use terraform::state::Policies;

/// The policies of a phase.
const POLICIES: [&str; 2] = ["ReleaseRetentionPolicy", "TentacleRetentionPolicy"];

/// Id of a lifecycle, in lower case → which policies each of its phases has in Terraform's state.
#[derive(Default)]
pub(super) struct Phases(Mutex<HashMap<String, Vec<Policies>>>);

impl Phases {
    pub(super) fn looks_at(address: &Address) -> bool {
        matches!(address.parts().as_slice(), ["lifecycles"] | ["lifecycles", _])
    }

    /// What the state of the module has that comes next.
    pub(super) fn expect(&self, known: impl IntoIterator<Item = (String, Vec<Policies>)>) {
        let known = known.into_iter().map(|(id, phases)| (id.to_lowercase(), phases));
        *self.lock() = known.collect();
    }

    /// Learns what Terraform has written, and shows it the answer so that it can be read; what was changed.
    pub(super) fn show(&self, request: &Request, answer: &mut Value) -> Option<Intervention> {
        if !Self::looks_at(&request.address) {
            return None;
        }
        let id = answer["Id"].as_str()?.to_lowercase();
        let mut known = self.lock();
        if matches!(request.method, Method::PUT | Method::POST) {
            let written = request.document()?;
            known.insert(
                id.clone(),
                phases(&written).map(|phase| POLICIES.map(|of| phase[of].is_object())).collect(),
            );
        }
        let has = known.get(&id)?;
        // Without any phase in the state the provider does not look.
        if has.is_empty() {
            return None;
        }
        let mut any = false;
        for (number, phase) in answer["Phases"].as_array_mut().into_iter().flatten().enumerate() {
            for (policy, of) in POLICIES.iter().enumerate() {
                let is_known = has.get(number).is_some_and(|has| has[policy]);
                if !is_known && phase[*of]["Unit"].as_str().is_some_and(|unit| !unit.is_empty()) {
                    phase[*of]["Unit"] = json!("");
                    any = true;
                }
            }
        }
        let what = "shown with a phase's policy without its unit, with which the provider crashes";
        let place = format!("lifecycles/{}", answer["Name"].as_str().unwrap_or_default());
        any.then_some(Intervention { what, place })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Policies>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn phases(lifecycle: &Value) -> impl Iterator<Item = &Value> {
    lifecycle["Phases"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(unit: &str) -> Value {
        json!({"Strategy": "Count", "QuantityToKeep": 3, "Unit": unit})
    }

    fn lifecycle(policies: &[Value]) -> Value {
        let phases: Vec<Value> =
            policies.iter().map(|policy| json!({"ReleaseRetentionPolicy": policy})).collect();
        json!({"Id": "Lifecycles-9", "Name": "Long", "Phases": phases})
    }

    #[test]
    fn a_policy_that_the_state_has_not_is_shown_without_its_unit() {
        let phases = Phases::default();
        let read = Request::new(Method::GET, "/api/Spaces-1/lifecycles/Lifecycles-9");
        let there = lifecycle(&[policy("Days"), policy("Days"), policy("Items")]);
        let shown = |phases: &Phases| {
            let mut shown = there.clone();
            (phases.show(&read, &mut shown).is_some(), shown)
        };
        // Nothing is known of it: it is taken over, and its state has no phases yet.
        assert_eq!(shown(&phases), (false, there.clone()));
        phases.expect([("Lifecycles-9".to_owned(), vec![[true, false], [false, false]])]);
        assert_eq!(shown(&phases), (true, lifecycle(&[policy("Days"), policy(""), policy("")])));
        let mut write = Request::new(Method::PUT, "/api/Spaces-1/lifecycles/Lifecycles-9");
        write.body = there.to_string().into();
        assert!(phases.show(&write, &mut there.clone()).is_none());
        assert_eq!(shown(&phases), (false, there.clone()));
    }
}
