//! Whole documents that the provider has no resource for, and lists that several modules fill.

use serde_json::{Map, Value, json};

use super::{Finish, described, field, sensitive};
use crate::failure::Failure;
use crate::module::manifest::Target;
use crate::octopus::upsert::holds;

/// What a person switches: written when a document is made, never again.
const SWITCH: &str = "IsDisabled";

impl Finish<'_> {
    /// Makes a document, or brings the one of that key to what is wanted.
    pub(super) async fn document(&mut self, target: &Target, wanted: &Value) -> Result<(), Failure> {
        let what = described(target);
        let mut secrets = Vec::new();
        let account = wanted.get("ServiceAccountId").unwrap_or(&Value::Null);
        if self.there(account, &what).await?.is_none() {
            return Ok(());
        }
        let wanted = self.resolved(wanted).await?;
        let wanted = self.filled(&wanted, "", &mut secrets);
        let Some(place) = self.directory.find(target).await? else {
            let route = self.directory.new_documents(target).await?;
            self.directory.server.client.post(&route, &without_nothing(&wanted)).await?;
            self.directory.forget();
            self.report.done.push(format!("made {what}"));
            self.tell_secrets(&what, &secrets, false);
            return Ok(());
        };
        let before = self.directory.server.client.get(&place.read).await?;
        let mut after = before.clone();
        let fields = wanted.as_object().into_iter().flatten().filter(|(name, _)| *name != SWITCH);
        for (name, value) in fields {
            if !holds(&before[name], &without_secrets(value)) || has_secret(value) {
                after[name] = kept(&before[name], value);
            }
        }
        if after == before {
            self.report.already += 1;
        } else {
            self.directory.server.client.put(&place.write, &after).await?;
            self.directory.forget();
            self.report.done.push(what.clone());
        }
        self.tell_secrets(&what, &secrets, true);
        Ok(())
    }

    /// Adds an item to a list.
    pub(super) async fn include(
        &mut self,
        target: &Target,
        path: &[Value],
        item: &Value,
    ) -> Result<(), Failure> {
        let what = described(target);
        let Some(place) = self.directory.find(target).await? else {
            self.report.failed.push(format!("{what} is not at the destination"));
            return Ok(());
        };
        let Some(item) = self.there(item, &what).await? else { return Ok(()) };
        let mut document = self.directory.server.client.get(&place.read).await?;
        let text = format!("{} of {what}", field::described(path));
        let Some(slot) = field::place_of(&mut document, path) else {
            self.report.failed.push(format!("{text}: there is no such place at the destination"));
            return Ok(());
        };
        if slot.is_null() {
            *slot = json!([]);
        }
        match slot {
            Value::Array(items) if items.contains(&item) => self.report.already += 1,
            Value::Array(items) => {
                items.push(item);
                self.directory.server.client.put(&place.write, &document).await?;
                self.directory.forget();
                self.report.done.push(text);
            }
            _ => self.report.failed.push(format!("{text} is no list at the destination")),
        }
        Ok(())
    }

    /// The value with its references replaced. `None`: it names a user whom the destination does not have, which is for a person.
    async fn there(&mut self, value: &Value, what: &str) -> Result<Option<Value>, Failure> {
        let target =
            value.get("$ref").and_then(|target| serde_json::from_value::<Target>(target.clone()).ok());
        if let Some(target) = target.filter(|target| target.collection == "users")
            && self.directory.find(&target).await?.is_none()
        {
            self.report.open.push(format!("{what}: the destination has no user {:?}", target.key.join("/")));
            return Ok(None);
        }
        self.resolved(value).await.map(Some)
    }

    /// The document with its secrets; those that nobody could supply are kept or left empty.
    fn filled(&self, value: &Value, path: &str, secrets: &mut Vec<(String, String, bool)>) -> Value {
        match value {
            Value::Object(fields) => {
                if let Some(name) = fields.get("$secret").and_then(Value::as_str) {
                    let secret = self.secrets.get(name);
                    secrets.push((name.to_owned(), path.to_owned(), secret.is_some()));
                    return secret.map_or_else(|| json!({"HasValue": true, "NewValue": null}), sensitive);
                }
                let filled = |(name, value): (&String, &Value)| {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                    (name.clone(), self.filled(value, &below, secrets))
                };
                Value::Object(fields.iter().map(filled).collect::<Map<_, _>>())
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.filled(item, path, secrets)).collect())
            }
            other => other.clone(),
        }
    }

    fn tell_secrets(&mut self, what: &str, secrets: &[(String, String, bool)], was_there: bool) {
        for (name, path, found) in secrets {
            let became = match (found, was_there) {
                (true, _) => "set by finish",
                (false, true) => "kept as it is at the destination",
                (false, false) => "missing",
            };
            self.report.secrets.insert(name.clone(), became);
            if !found && !was_there {
                self.report.open.push(format!("{path} of {what}: no value"));
            }
        }
    }
}

/// A wanted value in the place of the old one: objects keep what nobody wants.
fn kept(old: &Value, wanted: &Value) -> Value {
    match (old, wanted) {
        (Value::Object(_), Value::Object(fields)) if fields.contains_key("HasValue") => wanted.clone(),
        (Value::Object(old), Value::Object(wanted)) => {
            let mut merged = old.clone();
            for (name, value) in wanted {
                let before = old.get(name).unwrap_or(&Value::Null);
                merged.insert(name.clone(), kept(before, value));
            }
            Value::Object(merged)
        }
        _ => wanted.clone(),
    }
}

/// Whether a secret's value is given.
fn has_secret(value: &Value) -> bool {
    match value {
        Value::Object(fields) if fields.get("NewValue").is_some_and(Value::is_string) => true,
        Value::Object(fields) => fields.values().any(has_secret),
        Value::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// What can be compared: a secret is there or not.
fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("NewValue") => json!({"HasValue": fields["HasValue"]}),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), without_secrets(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_secrets).collect()),
        other => other.clone(),
    }
}

/// A new document has no secret to keep.
fn without_nothing(value: &Value) -> Value {
    match value {
        Value::Object(fields)
            if fields.get("HasValue") == Some(&Value::Bool(true))
                && fields.get("NewValue") == Some(&Value::Null) =>
        {
            json!({"HasValue": false, "NewValue": null})
        }
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), without_nothing(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nothing).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wants_is_kept() {
        let old = json!({"a": 1, "in": {"Id": "9", "b": 2}});
        assert_eq!(kept(&old, &json!({"in": {"b": 3}})), json!({"a": 1, "in": {"Id": "9", "b": 3}}));
        assert!(has_secret(&json!({"in": [{"HasValue": true, "NewValue": "x"}]})));
        assert!(!has_secret(&json!({"in": {"HasValue": true, "NewValue": null}})));
        assert_eq!(
            without_nothing(&json!({"p": {"HasValue": true, "NewValue": null}}))["p"]["HasValue"],
            json!(false)
        );
    }
}
