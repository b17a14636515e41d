//! Texts in a state that are replaced: secrets that an older octoferry gave to Terraform get the tokens that stand for them now.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::moves::address_of;
use crate::state::is_blank;
use documents::provisional::{self, Ids};
use failure::{Failure, FailureKind};
use secret::Secret;

/// Address of a resource (`type.name`) → secrets that its attributes may be, each with what is to stand there.
pub type Replacements = BTreeMap<String, Vec<(Secret, String)>>;

/// The attribute of a secret that servers show in clear text, as the provider (1.17.0) reads it; the relay shows it no more.
const SHOWN: &str = "aad_client_credential_secret";

/// How many texts of a state would be replaced.
///
/// # Errors
/// When it is no state.
pub fn count(state: &[u8], replacements: &Replacements) -> Result<usize, Failure> {
    Ok(exchanged(state, replacements)?.map_or(0, |(_, count)| count))
}

/// The state with the replacements, and how many there were; `None`: there was nothing to replace.
///
/// # Errors
/// When it is no state.
pub(crate) fn exchanged(
    state: &[u8],
    replacements: &Replacements,
) -> Result<Option<(Vec<u8>, usize)>, Failure> {
    let unreadable = || Failure::new(FailureKind::Terraform, "the state is not as Terraform writes it");
    if is_blank(state) {
        return Ok(None);
    }
    let mut state: Value = serde_json::from_slice(state).map_err(|_| unreadable())?;
    let mut count = 0;
    for resource in state["resources"].as_array_mut().into_iter().flatten() {
        let secrets = address_of(resource).and_then(|address| replacements.get(&address));
        let secrets = secrets.map_or(&[][..], Vec::as_slice);
        for instance in resource["instances"].as_array_mut().into_iter().flatten() {
            count += replace(&mut instance["attributes"], secrets);
        }
    }
    if count == 0 {
        return Ok(None);
    }
    let serial = state["serial"].as_u64().and_then(|serial| serial.checked_add(1));
    state["serial"] = serial.ok_or_else(unreadable)?.into();
    let after = serde_json::to_vec(&state)
        .map_err(|error| Failure::new(FailureKind::Terraform, error.to_string()))?;
    Ok(Some((after, count)))
}

fn replace(value: &mut Value, secrets: &[(Secret, String)]) -> usize {
    match value {
        Value::String(text) => match secrets.iter().find(|(secret, _)| secret.expose() == text) {
            Some((_, token)) => {
                token.clone_into(text);
                1
            }
            None => 0,
        },
        Value::Array(items) => items.iter_mut().map(|item| replace(item, secrets)).sum(),
        // An id is no secret, even if it has the text of one; other fields that have it by chance are read anew by the plan.
        Value::Object(fields) => {
            let fields = fields.iter_mut().filter(|(name, _)| *name != "id" && !name.ends_with("_id"));
            let replaced = fields.map(|(name, value)| match value {
                Value::String(text) if name == SHOWN && !text.is_empty() => {
                    text.clear();
                    1
                }
                other => replace(other, secrets),
            });
            replaced.sum()
        }
        _ => 0,
    }
}

/// Whether a state names parts of documents by provisional ids.
#[must_use]
pub fn has_provisional(state: &[u8]) -> bool {
    provisional::is_in(state)
}

/// The state with the ids that the server has given in the place of provisional ones; resources that get none are not in it any more. `None`: there
/// was nothing to exchange.
pub(crate) fn with_real_ids(state: &[u8], ids: &Ids) -> Result<Option<Vec<u8>>, Failure> {
    let unreadable = || Failure::new(FailureKind::Terraform, "the state is not as Terraform writes it");
    let text = std::str::from_utf8(state).map_err(|_| unreadable())?;
    if provisional::all(text).all(|id| ids.awaited.contains(id)) {
        return Ok(None);
    }
    let text = provisional::replaced(text, |id| ids.real.get(id).map(String::as_str)).unwrap_or_default();
    let mut state: Value = serde_json::from_str(&text).map_err(|_| unreadable())?;
    let resources = state["resources"].as_array_mut().ok_or_else(unreadable)?;
    for resource in resources.iter_mut() {
        if let Some(instances) = resource["instances"].as_array_mut() {
            instances.retain(|instance| !is_unknown(&instance["attributes"]["id"], ids));
            instances.iter_mut().for_each(|instance| without_unknown(instance, ids));
        }
    }
    resources.retain(|resource| resource["instances"].as_array().is_none_or(|all| !all.is_empty()));
    let serial = state["serial"].as_u64().and_then(|serial| serial.checked_add(1));
    state["serial"] = serial.ok_or_else(unreadable)?.into();
    let after = serde_json::to_vec(&state);
    after.map(Some).map_err(|error| Failure::new(FailureKind::Terraform, error.to_string()))
}

fn is_unknown(value: &Value, ids: &Ids) -> bool {
    value.as_str().is_some_and(|text| provisional::all(text).any(|id| !ids.awaited.contains(id)))
}

/// Takes provisional ids away that nothing has got: the next plan finds what is missing.
fn without_unknown(value: &mut Value, ids: &Ids) {
    if is_unknown(value, ids) {
        *value = Value::String(String::new());
    }
    match value {
        Value::Array(items) => {
            items.retain(|item| !is_unknown(item, ids));
            items.iter_mut().for_each(|item| without_unknown(item, ids));
        }
        Value::Object(fields) => fields.values_mut().for_each(|value| without_unknown(value, ids)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn provisional_ids_become_real_and_what_was_refused_is_not_there() {
        let id = |number| provisional::id("ab", number);
        let resource = |name: &str, attributes: Value| json!({"mode": "managed", "type": "x", "name": name, "instances": [{"attributes": attributes}]});
        let state = json!({"version": 4, "serial": 3, "resources": [
            resource("step", json!({"id": id(1), "process_id": "p"})),
            resource("refused", json!({"id": id(2)})),
            resource("order", json!({"id": "p", "steps": [id(1), id(2)], "import": format!("p:{}", id(1))})),
        ]});
        let real = BTreeMap::from([(id(1), "real".to_owned())]);
        let ids = Ids { real, ..Ids::default() };
        let text = state.to_string();
        assert!(has_provisional(text.as_bytes()));
        let after = with_real_ids(text.as_bytes(), &ids).ok().unwrap().unwrap();
        let after: Value = serde_json::from_slice(&after).unwrap();
        assert_eq!(after["serial"], 4);
        assert_eq!(
            after["resources"],
            json!([
                resource("step", json!({"id": "real", "process_id": "p"})),
                resource("order", json!({"id": "p", "steps": ["real"], "import": "p:real"})),
            ])
        );
        assert!(with_real_ids(after.to_string().as_bytes(), &ids).ok().unwrap().is_none());
    }

    #[test]
    fn only_the_attributes_of_the_resources_that_have_the_secret_are_replaced() {
        let resource = |name: &str, secret: &str| {
            json!({"mode": "managed", "type": "octopusdeploy_token_account", "name": name, "instances": [
                {"attributes": {"id": "s3cret", "name": "x", "token": secret, "nested": [{"token": secret}]}}
            ]})
        };
        let state = json!({"version": 4, "serial": 3, "resources": [resource("a", "s3cret"), resource("b", "s3cret"), resource("c", "other")]});
        let of = |text: &str| vec![(Secret::new(text.to_owned()), "the token".to_owned())];
        let replacements = Replacements::from([
            ("octopusdeploy_token_account.a".to_owned(), of("s3cret")),
            ("octopusdeploy_token_account.c".to_owned(), of("s3cret")),
        ]);
        let (after, count) = exchanged(state.to_string().as_bytes(), &replacements).ok().unwrap().unwrap();
        let after: Value = serde_json::from_slice(&after).unwrap();
        assert_eq!(count, 2);
        let attributes = |index: usize| after["resources"][index]["instances"][0]["attributes"].clone();
        assert_eq!(
            attributes(0),
            json!({"id": "s3cret", "name": "x", "token": "the token", "nested": [{"token": "the token"}]})
        );
        assert_eq!(attributes(1)["token"], "s3cret");
        assert_eq!(attributes(2)["token"], "other");
        assert_eq!(after["serial"], 4);
        assert!(exchanged(after.to_string().as_bytes(), &replacements).ok().unwrap().is_none());
        let targets = json!([{"endpoint": [{SHOWN: "s3cret"}]}, {"endpoint": [{SHOWN: ""}]}]);
        let data = json!({"serial": 1, "resources": [{"mode": "data", "type": "x", "name": "all", "instances": [{"attributes": {"deployment_targets": targets}}]}]});
        let (after, count) =
            exchanged(data.to_string().as_bytes(), &Replacements::new()).ok().unwrap().unwrap();
        assert!(count == 1 && !String::from_utf8(after).unwrap().contains("s3cret"));
        assert!(exchanged(b"\n", &replacements).ok().unwrap().is_none());
    }
}
