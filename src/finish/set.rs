//! Fields of documents that are there: each document is read once, changed, and written once.

use std::iter::Peekable;

use serde_json::{Value, json};

use super::limited::{self, Now};
use super::stayed::{Written, is_icon};
use super::{Finish, SecretOutcome, described, document, field};
use documents::collection::Collection;
use documents::renamed;
use failure::Failure;
use module::manifest::{FinishStep, FinishValue, Target};
use octopus::upsert::has_all_of;
use secret::Secret;

impl<'a> Finish<'a> {
    /// Sets a field, and what the next steps set in the same document, with one write. A name is set alone: others go by it.
    pub(super) async fn set_together<'s>(
        &mut self,
        step: &'s FinishStep,
        steps: &mut Peekable<std::slice::Iter<'s, FinishStep>>,
    ) -> Result<(), Failure> {
        let Some((target, path, change)) = change_of(step) else { return Ok(()) };
        let mut fields = vec![(path, change)];
        while let Some((next, path, change)) = steps.peek().and_then(|step| change_of(step))
            && next == target
            && !is_name(path)
            && !is_name(fields[0].0)
        {
            fields.push((path, change));
            steps.next();
        }
        let result = self.set(target, &fields).await;
        self.note_failure(&described(target), result)
    }

    /// The same for fields that octoferry does not know.
    pub(super) async fn attempt_together<'s>(
        &mut self,
        step: &'s FinishStep,
        steps: &mut Peekable<std::slice::Iter<'s, FinishStep>>,
    ) -> Result<(), Failure> {
        let FinishStep::Try { target, path, value } = step else { return Ok(()) };
        let mut fields = vec![(path, FinishValue::Json(value.clone()))];
        while let Some(FinishStep::Try { target: next, path, value }) = steps.peek()
            && next == target
        {
            fields.push((path, FinishValue::Json(value.clone())));
            steps.next();
        }
        self.attempt(target, &fields).await
    }

    /// Sets fields that octoferry does not know. What the destination refuses is left to a person.
    async fn attempt(
        &mut self,
        target: &Target,
        fields: &[(&Vec<Value>, FinishValue)],
    ) -> Result<(), Failure> {
        let failed = self.report.failed.len();
        let changes: Vec<(&[Value], Edit<'_>)> =
            fields.iter().map(|(path, value)| (path.as_slice(), Edit::Value(value))).collect();
        let result = self.set(target, &changes).await;
        self.note_failure(&described(target), result)?;
        let refused = self.report.failed.split_off(failed);
        self.report
            .open
            .extend(refused.into_iter().map(|what| format!("{what} (a field that octoferry does not know)")));
        Ok(())
    }

    /// Sets fields of one document with one write.
    async fn set(&mut self, target: &Target, fields: &[(&[Value], Edit<'_>)]) -> Result<(), Failure> {
        let what = described(target);
        let Some(place) = self.find(target).await? else {
            return self.not_there(target, fields, &what).await;
        };
        self.remember_channel(target, &place);
        let (icons, fields): (Vec<&(&[Value], Edit<'_>)>, Vec<_>) =
            fields.iter().partition(|(path, _)| is_icon(target.collection, path));
        for (_, change) in icons {
            if let Edit::Value(FinishValue::Json(icon)) = change {
                self.icon(target, &place, &what, icon).await?;
            }
        }
        if fields.is_empty() {
            return Ok(());
        }
        let mut document = self.directory.server.client.get(&place.read).await?;
        let mut written = Vec::new();
        let all: Vec<(&[Value], Edit<'_>)> = fields.into_iter().copied().collect();
        for (path, change) in &all {
            self.set_where_it_applies(&mut document, target, (path, change), &all, &mut written).await?;
        }
        if !written.is_empty() {
            self.write(target, &place, &document, written).await?;
        }
        Ok(())
    }

    /// The channel that came with a project is the same one whatever it is called, and whoever has its name later.
    fn remember_channel(&mut self, target: &Target, place: &super::Located) {
        if target.collection == Collection::Channels
            && let Some(source) = self.sources.get(target)
        {
            self.report.made.insert(source.clone(), place.id.clone());
        }
    }

    /// Sets one field, if it belongs to a variable that is limited to projects for those that are there.
    async fn set_where_it_applies(
        &mut self,
        document: &mut Value,
        target: &Target,
        (path, change): (&[Value], &Edit<'_>),
        all: &[(&[Value], Edit<'_>)],
        written: &mut Vec<Written>,
    ) -> Result<(), Failure> {
        let now = match target.collection {
            Collection::Variables => limited::now(&mut self.directory, (path, change), all).await?,
            _ => Now::Whole,
        };
        match now {
            Now::Whole => self.set_field(document, target, (path, change), written).await,
            Now::For(there) => {
                let path: Vec<Value> = path.iter().map(|part| limited::narrowed(part, &there)).collect();
                let item;
                let change = match change {
                    Edit::Item { after, item: whole } => {
                        item = limited::narrowed(whole, &there);
                        Edit::Item { after, item: &item }
                    }
                    other => *other,
                };
                self.set_field(document, target, (&path, &change), written).await
            }
            Now::Waits(projects) => {
                match change {
                    Edit::Item { item, .. } => self.report.open.push(format!(
                        "the variable {} of {} waits for projects that are not at the destination ({}). Deploy its module again after one of them",
                        item["Name"],
                        described(target),
                        projects.join(", ")
                    )),
                    Edit::Value(value) => self.note_secret(value, SecretOutcome::Waiting),
                    Edit::Order(_) => {}
                }
                self.report.waits_for.extend(projects);
                Ok(())
            }
        }
    }

    /// Sets one field in a document that was read, and says in `written` what has to be written.
    async fn set_field(
        &mut self,
        document: &mut Value,
        target: &Target,
        (path, change): (&[Value], &Edit<'_>),
        written: &mut Vec<Written>,
    ) -> Result<(), Failure> {
        let what = described(target);
        let path = self.directory.resolved(&Value::Array(path.to_vec())).await?;
        let path = path.as_array().map_or(&[][..], Vec::as_slice);
        let older = older_name(target.collection, path, document);
        let path = older.as_ref().map_or(path, std::slice::from_ref);
        let text = format!("{} of {what}", field::described(path));
        let value = match change {
            Edit::Value(value) => *value,
            Edit::Order(names) => {
                self.order(document, path, names, text, written);
                return Ok(());
            }
            Edit::Item { after, item } => {
                self.item(document, path, (after, item), &what, written).await?;
                return Ok(());
            }
        };
        if let FinishValue::Json(wanted) = value
            && document::names_secret(wanted)
        {
            return self.set_with_secrets(document, path, wanted, text, written).await;
        }
        let given = self.given(value, target, path).await?;
        let Some(slot) = field::place_of(document, path) else {
            self.report.failed.push(format!("{text}: there is no such place at the destination"));
            return Ok(());
        };
        let given = match given {
            // A secret that the API takes, and shows, as plain text.
            Given::Secret(new) if !slot.is_object() && is_shown(path) => Given::Json(new["NewValue"].clone()),
            given => given,
        };
        match given {
            // A server gives the items of a list ids.
            Given::Json(new) if *slot == new || new.is_array() && has_all_of(slot, &new) => {
                self.report.already += 1;
                // A property that shall not be there: servers have texts in them, never nothing.
                if new.is_null() {
                    remove_last(document, path);
                }
            }
            Given::Json(new) | Given::Secret(new) => {
                *slot = new;
                if slot.is_null() && path.iter().rev().nth(1).is_some_and(|part| part == "Properties") {
                    remove_last(document, path);
                }
                written.push(Written { text, path: path.to_vec() });
                self.note_secret(value, SecretOutcome::Set);
            }
            Given::Nothing => {
                self.nothing_given(document, (target.collection, path), value, text, written);
            }
        }
        Ok(())
    }

    /// A secret that nobody gave: what is there stays, else a placeholder takes its place.
    fn nothing_given(
        &mut self,
        document: &mut Value,
        (collection, path): (Collection, &[Value]),
        value: &FinishValue,
        text: String,
        written: &mut Vec<Written>,
    ) {
        let Some(slot) = field::place_of(document, path) else { return };
        let kept = slot["HasValue"] == true || slot.as_str().is_some_and(|text| !text.is_empty());
        let is_text = collection == Collection::Variables || (is_shown(path) && !slot.is_object());
        if slot.is_null() {
            remove_last(document, path);
        }
        if matches!(value, FinishValue::Secret(name) if self.of_terraform.contains(name)) {
            return;
        }
        if kept {
            self.note_secret(value, SecretOutcome::Kept);
        } else if let Some(placeholder) = self.placeholder(value) {
            if let Some(slot) = field::place_of(document, path) {
                *slot = if is_text {
                    json!(placeholder)
                } else {
                    json!({"HasValue": true, "NewValue": placeholder, "Hint": null})
                };
            }
            self.note_secret(value, SecretOutcome::Placeholder);
            self.report.open.push(format!("{text}: a placeholder stands there"));
            self.report.placed += 1;
            written.push(Written { text: format!("{text} (a placeholder)"), path: path.to_vec() });
        } else {
            self.note_secret(value, SecretOutcome::Missing);
            self.report.leave(format!("{text}: no value"));
        }
    }

    /// A document that isn't there: renamed already, or a failure.
    async fn not_there(
        &mut self,
        target: &Target,
        fields: &[(&[Value], Edit<'_>)],
        what: &str,
    ) -> Result<(), Failure> {
        if let [(path, Edit::Value(FinishValue::Json(Value::String(name))))] = fields
            && is_name(path)
        {
            let mut renamed = target.clone();
            if let Some(last) = renamed.key.last_mut() {
                last.clone_from(name);
            }
            if self.directory.find(&renamed).await?.is_some() {
                self.report.already += 1;
                return Ok(());
            }
        }
        self.report.failed.push(format!("{what} is not at the destination"));
        Ok(())
    }

    pub(super) async fn given(
        &mut self,
        value: &FinishValue,
        target: &Target,
        path: &[Value],
    ) -> Result<Given, Failure> {
        Ok(match value {
            FinishValue::Json(value) => Given::Json(self.directory.resolved(value).await?),
            FinishValue::Secret(name) => match self.secrets.get(name) {
                None => Given::Nothing,
                // A sensitive variable has its value as a text; everything else as an object that says that there is one.
                Some(secret)
                    if target.collection == Collection::Variables
                        && path.last().is_some_and(|last| last == "Value") =>
                {
                    Given::Secret(json!(secret.expose()))
                }
                Some(secret) => Given::Secret(sensitive(secret)),
            },
        })
    }
}

/// What becomes of a place in a document.
#[derive(Clone, Copy)]
pub(super) enum Edit<'m> {
    Value(&'m FinishValue),
    Order(&'m [String]),
    Item { after: &'m [String], item: &'m Value },
}

/// A step that changes one place of a document: which, where and how.
pub(super) fn change_of(step: &FinishStep) -> Option<(&Target, &[Value], Edit<'_>)> {
    match step {
        FinishStep::Set { target, path, value } => Some((target, path, Edit::Value(value))),
        FinishStep::Order { target, path, names } => Some((target, path, Edit::Order(names))),
        FinishStep::Item { target, path, after, item } => Some((target, path, Edit::Item { after, item })),
        _ => None,
    }
}

/// A value to set.
pub(super) enum Given {
    Json(Value),
    Secret(Value),
    /// Nobody could supply it.
    Nothing,
}

/// A secret as the API takes it.
pub(super) fn sensitive(secret: &Secret) -> Value {
    json!({"HasValue": true, "NewValue": secret.expose(), "Hint": null})
}

/// What an older destination calls a field.
pub(super) fn older_name(collection: Collection, path: &[Value], document: &Value) -> Option<Value> {
    let [Value::String(field)] = path else { return None };
    let older = renamed::older(collection, field)?;
    let is_older = document.get(field).is_none() && document.get(older).is_some();
    is_older.then(|| json!(older))
}

pub(super) fn is_name(path: &[Value]) -> bool {
    matches!(path, [Value::String(field)] if field == "Name")
}

/// The only secret of a target that is no sensitive value in the API.
pub(super) fn is_shown(path: &[Value]) -> bool {
    path.last().is_some_and(|field| field == "AadClientCredentialSecret")
}

/// Takes back the field that looking for it has made.
fn remove_last(document: &mut Value, path: &[Value]) {
    if let Some((Value::String(field), way)) = path.split_last()
        && let Some(fields) = field::place_of(document, way).and_then(Value::as_object_mut)
    {
        fields.shift_remove(field);
    }
}
