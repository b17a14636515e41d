//! Whole documents that the provider has no resource for, and lists that several modules fill.

use serde_json::{Map, Value, json};

use super::directory::Located;
use super::set::sensitive;
use super::stayed::Written;
use super::{Finish, SecretOutcome, described, field, limited};
use documents::collection::Collection;
use documents::passing::passing_name;
use failure::Failure;
use module::manifest::{FinishStep, Manifest, Target};
use octopus::upsert::has_all_of;

impl Finish<'_> {
    /// Makes a document, or brings the one of that key to what is wanted.
    pub(super) async fn document(&mut self, target: &Target, wanted: &Value) -> Result<(), Failure> {
        let what = described(target);
        if !self.directory.has_route(target.collection).await? {
            return Ok(());
        }
        let mut secrets = Vec::new();
        let account = wanted.get("ServiceAccountId").unwrap_or(&Value::Null);
        if self.there(account, &what).await?.is_none() {
            return Ok(());
        }
        let wanted = match target.collection {
            // A project comes after the templates that name it.
            Collection::ActionTemplates => self.without_later(target, wanted).await?,
            _ => wanted.clone(),
        };
        let wanted = self.directory.resolved(&wanted).await?;
        let place = self.find(target).await?;
        let before = match &place {
            Some(place) => self.directory.server.client.get(&place.read).await?,
            None => Value::Null,
        };
        let wanted = self.filled(&wanted, "", Some(&before), &mut secrets);
        let Some(place) = place else {
            if target.collection == Collection::RetentionPolicies {
                // Servers make these, nobody else can: `verify` says that this one has none.
                return Ok(());
            }
            return self.new_document(target, &what, &wanted, &secrets).await;
        };
        let mut after = before.clone();
        // What a person switches: written when a document is made, never again.
        let switch = target.collection.row().switch;
        let fields = wanted.as_object().into_iter().flatten();
        let fields = fields.filter(|(name, _)| Some(name.as_str()) != switch);
        for (name, value) in fields {
            let value = &with_polled_address(value, &before[name]);
            if !has_all_of(&before[name], &without_secrets(value)) || has_secret(value) {
                after[name] = kept(&before[name], value);
            }
        }
        if after == before {
            self.report.already += 1;
        } else {
            if let Some(name) = after["Name"].as_str().filter(|name| before["Name"] != **name) {
                self.make_room(target, &place, name).await?;
            }
            let answer = self.update(target, &place, &after).await?;
            self.directory.wrote(target.collection);
            self.report.done.push(what.clone());
            // What the server says of itself, such as a time, is no loss.
            let changed = after.as_object().into_iter().flatten();
            let changed = changed.filter(|(name, value)| before[name.as_str()] != **value);
            let changed = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
            self.name_lost(&what, &place, &Value::Object(changed), answer).await?;
        }
        self.tell_secrets(&what, &secrets, &before);
        Ok(())
    }

    /// The document without what refers to projects that are not there yet; it waits for them.
    async fn without_later(&mut self, target: &Target, wanted: &Value) -> Result<Value, Failure> {
        let missing = limited::missing(&mut self.directory, wanted).await?;
        if missing.is_empty() {
            return Ok(wanted.clone());
        }
        self.report.open.push(format!(
            "{} waits for projects that are not at the destination ({}). Deploy the space again after them",
            described(target),
            missing.join(", ")
        ));
        let document = without_projects(wanted, &missing);
        self.report.waits_for.extend(missing);
        Ok(document)
    }

    /// Makes a document that the destination lacks.
    async fn new_document(
        &mut self,
        target: &Target,
        what: &str,
        wanted: &Value,
        secrets: &[(String, String, bool)],
    ) -> Result<(), Failure> {
        let route = self.directory.new_documents(target).await?;
        let mut new = without_nothing(wanted);
        for list in target.collection.row().made_with.iter().filter(|list| wanted.get(**list).is_none()) {
            new[*list] = json!([]);
        }
        let made = self.make(target, &route, &new).await?;
        self.directory.wrote(target.collection);
        if let (Some(source), Some(id)) = (self.sources.get(target), made["Id"].as_str()) {
            self.report.made.insert(source.clone(), id.to_owned());
        }
        self.report.done.push(format!("made {what}"));
        self.tell_secrets(what, secrets, &Value::Null);
        // Some fields, such as slugs, are only taken by an update; and some answers are less than the document.
        if !has_all_of(&made, &without_secrets(wanted))
            && let Some(place) = self.directory.find(target).await?
        {
            let there = self.directory.server.client.get(&place.read).await?;
            if !has_all_of(&there, &without_secrets(wanted)) {
                let after = kept(&there, &secrets_as_they_are(wanted));
                let answer = self.update(target, &place, &after).await?;
                self.directory.wrote(target.collection);
                self.name_lost(what, &place, &secrets_as_they_are(wanted), answer).await?;
            }
        }
        Ok(())
    }

    /// Calls another one otherwise that bears the name which this document gets: its own step gives it its own.
    async fn make_room(&mut self, target: &Target, place: &Located, name: &str) -> Result<(), Failure> {
        let Some(bearer) = self.directory.bearer(target, place, name).await? else { return Ok(()) };
        let mut other = self.directory.server.client.get(&bearer.read).await?;
        other["Name"] = json!(passing_name(name));
        self.update(target, &bearer, &other).await?;
        self.directory.wrote(target.collection);
        Ok(())
    }

    /// Makes a document, by the route for its type where there is one.
    async fn make(&self, target: &Target, route: &str, new: &Value) -> Result<Value, Failure> {
        let client = &self.directory.server.client;
        if has_typed_route(target, new) {
            match client.post(&format!("{route}/v2"), new).await {
                Err(failure) if failure.has_no_route_for_write() => {}
                other => return other,
            }
        }
        client.post(route, new).await
    }

    /// Writes a document that is there, in the same way.
    async fn update(&self, target: &Target, place: &Located, document: &Value) -> Result<Value, Failure> {
        let client = &self.directory.server.client;
        if has_typed_route(target, document) {
            match client.put(&format!("{}/v2", place.write), document).await {
                Err(failure) if failure.has_no_route_for_write() => {}
                other => return other,
            }
        }
        client.put(&place.write, document).await
    }

    /// Makes what Terraform's part of the module looks up, before the plan. What such a document refers to and is not there yet is left
    /// out of its lists: `run` completes it after the apply. What the destination refuses is reported and stops nothing here: a plan that needs it
    /// says so, and `run` lists it.
    ///
    /// # Errors
    /// When the destination can't be reached, or the key may not do that.
    pub async fn before(mut self, manifest: &Manifest) -> Result<Vec<String>, Failure> {
        for step in &manifest.finish {
            let FinishStep::DocumentBefore { target, document } = step else { continue };
            if self.directory.find(target).await?.is_some() {
                continue;
            }
            let document = self.without_missing(document).await?;
            match self.document(target, &document).await {
                // It refers to something that Terraform makes; the plan will say what it misses.
                Err(failure) if failure.is_missing() => {}
                other => self.note_refusal(target, other)?,
            }
        }
        Ok(self.report.failed)
    }

    /// The document without the items of lists that refer to what is not there, and without tags: Terraform makes them, and a server refuses
    /// those that it does not have.
    async fn without_missing(&mut self, value: &Value) -> Result<Value, Failure> {
        Ok(match value {
            Value::Object(fields) if !fields.contains_key("$ref") => {
                let mut there = Map::new();
                for (name, value) in fields.iter().filter(|(name, _)| !name.ends_with("Tags")) {
                    there.insert(name.clone(), Box::pin(self.without_missing(value)).await?);
                }
                Value::Object(there)
            }
            Value::Array(items) => {
                let mut there = Vec::new();
                for item in items {
                    let target =
                        item.get("$ref").cloned().and_then(|target| serde_json::from_value(target).ok());
                    if let Some(target) = target
                        && self.directory.find(&target).await?.is_none()
                    {
                        continue;
                    }
                    there.push(Box::pin(self.without_missing(item)).await?);
                }
                Value::Array(there)
            }
            other => other.clone(),
        })
    }

    /// Sets a value that holds secrets. Those that nobody could supply stay as they are there, or get a placeholder.
    pub(super) async fn set_with_secrets(
        &mut self,
        document: &mut Value,
        path: &[Value],
        wanted: &Value,
        text: String,
        written: &mut Vec<Written>,
    ) -> Result<(), Failure> {
        let wanted = self.directory.resolved(wanted).await?;
        let Some(slot) = field::place_of(document, path) else {
            self.report.failed.push(format!("{text}: there is no such place at the destination"));
            return Ok(());
        };
        let before = slot.clone();
        let mut secrets = Vec::new();
        let wanted = self.filled(&wanted, "", Some(&before), &mut secrets);
        if !before.is_null() && has_all_of(&before, &without_secrets(&wanted)) && !has_secret(&wanted) {
            self.report.already += 1;
        } else {
            *slot = if before.is_null() { without_nothing(&wanted) } else { kept(&before, &wanted) };
            written.push(Written { text: text.clone(), path: path.to_vec() });
        }
        self.tell_secrets(&text, &secrets, &before);
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
                let written = Written { text, path: path.to_vec() };
                self.write(target, &place, &document, vec![written]).await?;
            }
            _ => self.report.failed.push(format!("{text} is no list at the destination")),
        }
        Ok(())
    }

    /// The value with its references replaced. `None`: it names a user whom the destination does not have, which is for a person.
    async fn there(&mut self, value: &Value, what: &str) -> Result<Option<Value>, Failure> {
        let target =
            value.get("$ref").and_then(|target| serde_json::from_value::<Target>(target.clone()).ok());
        if let Some(target) = target.filter(|target| target.collection == Collection::Users)
            && self.directory.find(&target).await?.is_none()
        {
            self.report.leave(format!("{what}: the destination has no user {:?}", target.key.join("/")));
            return Ok(None);
        }
        self.directory.resolved(value).await.map(Some)
    }

    /// The document with its secrets; those that nobody could supply are kept or left empty.
    pub(super) fn filled(
        &self,
        value: &Value,
        path: &str,
        before: Option<&Value>,
        secrets: &mut Vec<(String, String, bool)>,
    ) -> Value {
        match value {
            Value::Object(fields) => {
                if let Some(name) = fields.get("$secret").and_then(Value::as_str) {
                    let secret = self.secrets.get(name);
                    secrets.push((name.to_owned(), path.to_owned(), secret.is_some()));
                    if let Some(secret) = secret {
                        return sensitive(secret);
                    }
                    // "Keep" where there is a value, or may be one; else a placeholder.
                    let nothing_there = before.is_some_and(|before| !has_value(before, path));
                    let placeholder = self.placeholders.get(name).filter(|_| nothing_there);
                    return json!({"HasValue": true, "NewValue": placeholder});
                }
                let filled = |(name, value): (&String, &Value)| {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                    (name.clone(), self.filled(value, &below, before, secrets))
                };
                Value::Object(fields.iter().map(filled).collect::<Map<_, _>>())
            }
            // Which item of the list at the destination is meant can't be told; where there is none, each is new.
            Value::Array(items) => {
                let before = before.filter(|before| is_empty_list(before, path));
                Value::Array(items.iter().map(|item| self.filled(item, path, before, secrets)).collect())
            }
            other => other.clone(),
        }
    }

    pub(super) fn tell_secrets(&mut self, what: &str, secrets: &[(String, String, bool)], before: &Value) {
        for (name, path, found) in secrets {
            let was_there = has_value(before, path);
            let (became, open) = match (found, was_there, self.placeholders.contains_key(name)) {
                (true, ..) => (SecretOutcome::Set, None),
                (false, true, _) => (SecretOutcome::Kept, None),
                (false, false, true) => (SecretOutcome::Placeholder, Some("a placeholder stands there")),
                (false, false, false) => (SecretOutcome::Missing, Some("no value")),
            };
            self.report.secrets.insert(name.clone(), became);
            match open {
                Some(open) if became == SecretOutcome::Missing => {
                    self.report.leave(format!("{path} of {what}: {open}"));
                }
                Some(open) => {
                    self.report.open.push(format!("{path} of {what}: {open}"));
                    self.report.placed += 1;
                }
                None => {}
            }
        }
    }
}

/// The fields of a document but those that refer to these projects.
fn without_projects(value: &Value, missing: &[String]) -> Value {
    let stays = |value: &Value| {
        value.get("$ref").is_none() || !limited::named_in(value).iter().any(|name| missing.contains(name))
    };
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(_, value)| stays(value))
                .map(|(name, value)| (name.clone(), without_projects(value, missing)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(
            items.iter().filter(|value| stays(value)).map(|value| without_projects(value, missing)).collect(),
        ),
        other => other.clone(),
    }
}

/// An endpoint with the address by which the destination's machine is polled: a Tentacle makes up another one for each server.
fn with_polled_address(wanted: &Value, there: &Value) -> Value {
    let mut wanted = wanted.clone();
    let address = &there["Uri"];
    let polls = |endpoint: &Value| endpoint["CommunicationStyle"] == "TentacleActive";
    if polls(&wanted) && polls(there) && address.as_str().is_some_and(|address| !address.is_empty()) {
        wanted["Uri"] = address.clone();
    }
    wanted
}

/// Whether there is a route for documents of this type beside that of the collection: Git credentials of every type but user name and
/// password (`git-credentials/v2`, `git-credentials/{id}/v2`, 2026.2 and later; the older routes know no type).
fn has_typed_route(target: &Target, document: &Value) -> bool {
    let kind = document["Details"]["Type"].as_str();
    target.collection == Collection::GitCredentials && kind.is_some_and(|kind| kind != "UsernamePassword")
}

/// Whether a value of the manifest holds a secret by its name.
pub(super) fn names_secret(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("$secret") || fields.values().any(names_secret),
        Value::Array(items) => items.iter().any(names_secret),
        _ => false,
    }
}

/// Whether a document has no list there, or one without items.
fn is_empty_list(document: &Value, path: &str) -> bool {
    let list = if path.is_empty() { Some(document) } else { document.pointer(&format!("/{path}")) };
    list.and_then(Value::as_array).is_none_or(Vec::is_empty)
}

/// Whether a document has a secret there.
fn has_value(document: &Value, path: &str) -> bool {
    document.pointer(&format!("/{path}/HasValue")) == Some(&json!(true))
}

/// A wanted value in the place of the old one: objects keep what nobody wants.
pub(super) fn kept(old: &Value, wanted: &Value) -> Value {
    match (old, wanted) {
        // There is none at the source: one that somebody has entered here stays.
        (Value::Object(old), Value::Object(fields))
            if fields.get("HasValue") == Some(&json!(false)) && old.get("HasValue") == Some(&json!(true)) =>
        {
            Value::Object(old.clone())
        }
        // Nobody could supply it: there is nothing to keep.
        (old, Value::Object(fields)) if is_kept(fields) && old.get("HasValue") != Some(&json!(true)) => {
            old.clone()
        }
        (Value::Object(_), Value::Object(fields)) if fields.contains_key("HasValue") => wanted.clone(),
        (Value::Object(old), Value::Object(wanted)) => {
            let mut merged = old.clone();
            for (name, value) in wanted {
                let before = old.get(name).unwrap_or(&Value::Null);
                merged.insert(name.clone(), kept(before, value));
            }
            Value::Object(merged)
        }
        // The same items: what the server added to them, their ids above all, stays.
        (Value::Array(old), Value::Array(wanted)) if same_names(old, wanted) => {
            old.iter().zip(wanted).map(|(old, wanted)| kept(old, wanted)).collect()
        }
        _ => wanted.clone(),
    }
}

/// Whether two lists hold objects of the same names in the same order.
fn same_names(old: &[Value], wanted: &[Value]) -> bool {
    let name = |item: &Value| item.get("Name").and_then(Value::as_str).map(str::to_owned);
    old.len() == wanted.len()
        && old.iter().zip(wanted).all(|(old, wanted)| name(old).is_some() && name(old) == name(wanted))
}

/// The document with "keep" for every secret that was written just now.
fn secrets_as_they_are(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("NewValue") => {
            json!({"HasValue": fields["HasValue"], "NewValue": null})
        }
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), secrets_as_they_are(value))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(secrets_as_they_are).collect()),
        other => other.clone(),
    }
}

/// Whether a secret's value is given.
pub(super) fn has_secret(value: &Value) -> bool {
    match value {
        Value::Object(fields) if fields.get("NewValue").is_some_and(Value::is_string) => true,
        Value::Object(fields) => fields.values().any(has_secret),
        Value::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// Whether a secret is only to be kept.
fn is_kept(fields: &Map<String, Value>) -> bool {
    fields.get("HasValue") == Some(&json!(true)) && fields.get("NewValue") == Some(&Value::Null)
}

/// What can be compared: a secret is there or not.
pub(super) fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("NewValue") => json!({"HasValue": fields["HasValue"]}),
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !value.as_object().is_some_and(is_kept));
            Value::Object(there.map(|(name, value)| (name.clone(), without_secrets(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_secrets).collect()),
        other => other.clone(),
    }
}

/// A new document has no secret to keep.
pub(super) fn without_nothing(value: &Value) -> Value {
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

    use std::collections::BTreeMap;
    use std::path::Path;

    use crate::testing;

    fn key() -> (Target, Value) {
        let target = Target { collection: Collection::GitCredentials, key: vec!["Deploy key".into()] };
        (target, json!({"Name": "Deploy key", "Details": {"Type": "SshKey", "Username": "git"}}))
    }

    #[tokio::test]
    async fn a_secret_in_an_item_of_a_new_list_gets_its_placeholder() {
        let (server, _) = testing::server(|_, _| json!({})).await;
        let secrets = BTreeMap::new();
        let mut finish = Finish::new(server, &secrets, Path::new("."));
        finish.placeholders.insert("url".to_owned(), "placeholder".to_owned());
        let wanted = json!([{"Name": "Ops", "Url": {"$secret": "url"}}]);
        let filled =
            |before: &Value| finish.filled(&wanted, "", Some(before), &mut Vec::new())[0]["Url"].clone();
        assert_eq!(filled(&json!([])), json!({"HasValue": true, "NewValue": "placeholder"}));
        assert_eq!(filled(&Value::Null), json!({"HasValue": true, "NewValue": "placeholder"}));
        let there = json!([{"Name": "Ops", "Url": {"HasValue": true, "NewValue": null}}]);
        assert_eq!(filled(&there), json!({"HasValue": true, "NewValue": null}));
    }

    #[tokio::test]
    async fn git_credentials_of_other_types_have_a_route_of_their_own() {
        for (there, method) in [
            (json!([]), "POST git-credentials/v2"),
            (json!([{"Id": "G-1", "Name": "Deploy key"}]), "PUT git-credentials/G-1/v2"),
        ] {
            let (server, requests) = testing::server(move |asked, _| match asked {
                "GET git-credentials/G-1" => json!({"Id": "G-1", "Name": "Deploy key", "Details": {"Type": "SshKey", "Username": "old"}}),
                asked if asked.starts_with("GET") => json!({"TotalResults": there.as_array().map_or(0, Vec::len), "Items": there}),
                _ => json!({"Id": "G-1"}),
            })
            .await;
            let secrets = BTreeMap::new();
            let mut finish = Finish::new(server, &secrets, Path::new("."));
            let (target, wanted) = key();
            finish.document(&target, &wanted).await.ok().unwrap();
            let asked: Vec<String> =
                testing::written(&requests).into_iter().map(|(asked, _)| asked).collect();
            assert_eq!(asked, [method]);
        }
    }

    #[tokio::test]
    async fn what_is_refused_before_the_plan_stops_nothing() {
        let (server, _) = testing::server(|asked, _| match asked {
            "POST git-credentials/v2" => {
                testing::refusal(400, "The key is of a kind that this server does not take.")
            }
            _ => json!({"TotalResults": 0, "Items": []}),
        })
        .await;
        let secrets = BTreeMap::new();
        let (target, document) = key();
        let manifest = json!({"format": 1, "octoferry": "", "scope": {"of": "space"},
            "source": {"installation_id": "", "space_id": "Spaces-1", "space_name": "S"},
            "finish": [{"do": "document_before", "target": target, "document": document}]});
        let manifest: Manifest = serde_json::from_value(manifest).unwrap();
        let refused = Finish::new(server, &secrets, Path::new(".")).before(&manifest).await.ok().unwrap();
        assert!(refused.len() == 1 && refused[0].contains("does not take"), "{refused:?}");
    }
}
