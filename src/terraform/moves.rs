//! Things of a state get other addresses, all in one write: two may change places, which `moved` blocks can't say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use failure::{Failure, FailureKind};
use module::identities::{self, Identities};

/// What the resources of a state are at the source, as the last apply has kept it; nothing in a state of an older octoferry.
pub(crate) fn identities_of(state: &Value) -> Identities {
    let kept = resources(state).find(|resource| address_of(resource).as_deref() == Some(identities::ADDRESS));
    let attributes = kept.map(|resource| &resource["instances"][0]["attributes"]["output"]);
    // A value of any type stands beside its type.
    let text = attributes.and_then(|output| output["value"].as_str().or(output.as_str()));
    text.and_then(|text| Identities::parse(text.as_bytes())).unwrap_or_default()
}

fn resources(state: &Value) -> impl Iterator<Item = &Value> {
    state["resources"].as_array().into_iter().flatten()
}

/// `type.name` of a managed resource of the root module.
pub(crate) fn address_of(resource: &Value) -> Option<String> {
    (resource["mode"] == "managed" && resource.get("module").is_none_or(Value::is_null))
        .then(|| Some(format!("{}.{}", resource["type"].as_str()?, resource["name"].as_str()?)))?
}

/// The state after these moves (there → here, of the same type). Whatever stands at an address that something else gets makes room: no module
/// knows it there any more, so the plan says what becomes of it. What the state keeps of the identities moves along.
///
/// # Errors
/// When it is no state.
pub(crate) fn moved(state: &[u8], moves: &BTreeMap<String, String>) -> Result<Vec<u8>, Failure> {
    let mut state = parsed(state)?;
    let there: BTreeSet<String> = resources(&state).filter_map(address_of).collect();
    let mut moves: BTreeMap<String, String> = moves
        .iter()
        .filter(|(from, _)| there.contains(*from))
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect();
    let in_the_way: Vec<String> =
        moves.values().filter(|to| there.contains(*to) && !moves.contains_key(*to)).cloned().collect();
    for address in in_the_way {
        let mut aside = format!("{address}_gone");
        while there.contains(&aside) || moves.values().any(|to| *to == aside) {
            aside.push('_');
        }
        moves.insert(address, aside);
    }
    let mut kept = identities_of(&state);
    kept.resources = kept
        .resources
        .into_iter()
        .map(|(address, id)| (moves.get(&address).cloned().unwrap_or(address), id))
        .collect();
    let kept = String::from_utf8_lossy(&kept.to_bytes()).into_owned();
    for resource in state["resources"].as_array_mut().into_iter().flatten() {
        let address = address_of(resource);
        if address.as_deref() == Some(identities::ADDRESS) {
            for field in ["input", "output"] {
                let place = &mut resource["instances"][0]["attributes"][field];
                if place["value"].is_string() {
                    place["value"] = kept.clone().into();
                }
            }
        }
        if let Some((_, name)) = address.and_then(|address| moves.get(&address)?.split_once('.')) {
            resource["name"] = name.into();
        }
        for instance in resource["instances"].as_array_mut().into_iter().flatten() {
            for other in instance["dependencies"].as_array_mut().into_iter().flatten() {
                if let Some(to) = other.as_str().and_then(|other| moves.get(other)) {
                    *other = to.clone().into();
                }
            }
        }
    }
    written(state)
}

/// The state without these resources.
///
/// # Errors
/// When it is no state.
pub(crate) fn without(state: &[u8], addresses: &BTreeSet<String>) -> Result<Vec<u8>, Failure> {
    let mut state = parsed(state)?;
    if let Some(all) = state["resources"].as_array_mut() {
        all.retain(|resource| !address_of(resource).is_some_and(|address| addresses.contains(&address)));
        for instance in all.iter_mut().filter_map(|resource| resource["instances"].as_array_mut()).flatten() {
            if let Some(others) = instance["dependencies"].as_array_mut() {
                others.retain(|other| !other.as_str().is_some_and(|other| addresses.contains(other)));
            }
        }
    }
    written(state)
}

fn parsed(state: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(state)
        .map_err(|_| Failure::new(FailureKind::Terraform, "the state is not as Terraform writes it"))
}

/// The state as the one that comes after.
fn written(mut state: Value) -> Result<Vec<u8>, Failure> {
    let serial = state["serial"].as_u64().and_then(|serial| serial.checked_add(1));
    state["serial"] =
        serial.ok_or_else(|| Failure::new(FailureKind::Terraform, "the state has no serial number"))?.into();
    serde_json::to_vec(&state).map_err(|error| Failure::new(FailureKind::Terraform, error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(address: &str, id: &str, needs: &[&str]) -> Value {
        let (kind, name) = address.split_once('.').unwrap();
        json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": {"id": id}, "dependencies": needs}]})
    }

    #[test]
    fn what_is_forgotten_leaves_the_rest() {
        let state = json!({"serial": 7, "resources": [resource("a.one", "1", &[]), resource("a.two", "2", &["a.one"])]});
        let without = without(state.to_string().as_bytes(), &["a.one".to_owned()].into()).ok().unwrap();
        let without: Value = serde_json::from_slice(&without).unwrap();
        assert_eq!(without, json!({"serial": 8, "resources": [resource("a.two", "2", &[])]}));
    }

    #[test]
    fn two_change_places_a_third_makes_room_and_the_memory_goes_along() {
        let identities = Identities {
            resources: [("x.a", "A-1"), ("x.b", "A-2"), ("x.c", "A-3"), ("x.d", "A-4")]
                .map(|(address, id)| (address.to_owned(), id.to_owned()))
                .into(),
            named: Vec::new(),
            ..Identities::default()
        };
        let text = String::from_utf8(identities.to_bytes()).unwrap();
        let kept = json!({"mode": "managed", "type": "terraform_data", "name": "identities", "instances": [
            {"attributes": {"id": "1", "input": {"value": text, "type": "string"}, "output": {"value": text, "type": "string"}}}
        ]});
        let state = json!({"version": 4, "serial": 7, "resources": [
            resource("x.a", "1", &[]), resource("x.b", "2", &["x.a"]), resource("x.c", "3", &["x.d", "y.a"]), resource("x.d", "4", &[]), kept
        ]});
        let moves = [("x.a", "x.b"), ("x.b", "x.a"), ("x.c", "x.d"), ("x.nobody", "x.e")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()));
        let moved = moved(state.to_string().as_bytes(), &moves.into()).ok().unwrap();
        let moved: Value = serde_json::from_slice(&moved).unwrap();
        let found: Vec<(String, Value, Value)> = resources(&moved)
            .map(|resource| {
                let instance = &resource["instances"][0];
                (
                    address_of(resource).unwrap(),
                    instance["attributes"]["id"].clone(),
                    instance["dependencies"].clone(),
                )
            })
            .take(4)
            .collect();
        let expected = [
            ("x.b", "1", json!([])),
            ("x.a", "2", json!(["x.b"])),
            ("x.d", "3", json!(["x.d_gone", "y.a"])),
            ("x.d_gone", "4", json!([])),
        ];
        assert_eq!(found, expected.map(|(address, id, needs)| (address.to_owned(), json!(id), needs)));
        assert_eq!(moved["serial"], 8);
        let ids: Vec<(String, String)> = identities_of(&moved).resources.into_iter().collect();
        let expected = [("x.a", "A-2"), ("x.b", "A-1"), ("x.d", "A-3"), ("x.d_gone", "A-4")];
        assert_eq!(ids, expected.map(|(address, id)| (address.to_owned(), id.to_owned())));
    }
}
