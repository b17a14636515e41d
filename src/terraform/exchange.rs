//! Texts in a state that are replaced: secrets that an older octoferry gave to Terraform get the tokens that stand for them now.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::moves::address_of;
use failure::{Failure, FailureKind};
use secret::Secret;

/// Secrets that attributes of resources may be, each with what is to stand there.
#[derive(Default)]
pub struct Replacements {
    /// By the address of a resource (`type.name`).
    pub by_address: BTreeMap<String, Vec<(Secret, String)>>,
    /// In whichever resource.
    pub anywhere: Vec<(Secret, String)>,
}

impl Replacements {
    /// Whether there is nothing to replace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.anywhere.is_empty()
    }
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
    if replacements.is_empty() || state.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let mut state: Value = serde_json::from_slice(state).map_err(|_| unreadable())?;
    let mut count = 0;
    for resource in state["resources"].as_array_mut().into_iter().flatten() {
        let of_it = address_of(resource).and_then(|address| replacements.by_address.get(&address));
        let secrets: Vec<&(Secret, String)> =
            of_it.into_iter().flatten().chain(&replacements.anywhere).collect();
        for instance in resource["instances"].as_array_mut().into_iter().flatten() {
            count += replace(&mut instance["attributes"], &secrets);
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

fn replace(value: &mut Value, secrets: &[&(Secret, String)]) -> usize {
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
            fields.map(|(_, value)| replace(value, secrets)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_attributes_of_the_resources_that_have_the_secret_are_replaced() {
        let resource = |name: &str, secret: &str| {
            json!({"mode": "managed", "type": "octopusdeploy_token_account", "name": name, "instances": [
                {"attributes": {"id": "s3cret", "name": "x", "token": secret, "nested": [{"token": secret}]}}
            ]})
        };
        let state = json!({"version": 4, "serial": 3, "resources": [resource("a", "s3cret"), resource("b", "s3cret"), resource("c", "other")]});
        let of = |text: &str| vec![(Secret::new(text.to_owned()), "the token".to_owned())];
        let by_address = BTreeMap::from([
            ("octopusdeploy_token_account.a".to_owned(), of("s3cret")),
            ("octopusdeploy_token_account.c".to_owned(), of("s3cret")),
        ]);
        let replacements = Replacements { by_address, anywhere: Vec::new() };
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
        let anywhere = Replacements { anywhere: of("other"), ..Replacements::default() };
        assert_eq!(exchanged(state.to_string().as_bytes(), &anywhere).ok().unwrap().unwrap().1, 2);
        assert!(exchanged(b"\n", &replacements).ok().unwrap().is_none());
        assert!(exchanged(after.to_string().as_bytes(), &replacements).ok().unwrap().is_none());
    }
}
