//! What is left to finish: fields that Terraform can't set, and values in which ids stand by names.

use serde_json::{Value, json};

use crate::convert::context::{At, Context, Subject, is_portable, is_words};
use crate::convert::fields::is_empty;
use crate::convert::model::Hidden;
use crate::convert::whole::HIDDEN;
use crate::dead::is_package_name;
use documents::collection::Collection;
use module::identities::Named;
use module::manifest::{FinishStep, FinishValue, Held, Target};

impl<'i> Context<'i> {
    /// Lets finish set a value that the provider can't carry (the fact); ids in it become references. A place that finish can't
    /// name gets a note instead.
    pub fn set(&mut self, at: &At, value: &Value, because: &str) {
        if at.reachable() {
            let free = at.path.last().and_then(Value::as_str).is_some_and(is_words);
            let value = if free { value.clone() } else { self.portable_with_secrets(at, &HIDDEN, value) };
            let value = match value.get("$secret").and_then(Value::as_str) {
                Some(name) => FinishValue::Secret(name.to_owned()),
                None => {
                    self.finished.entry(at.id.clone()).or_default().push(at.path.clone());
                    FinishValue::Json(value)
                }
            };
            self.finish.push(FinishStep::Set { target: at.target.clone(), path: at.path.clone(), value });
        } else {
            self.note(at, "not-carried", because, "Set it by hand at the destination.");
        }
    }

    /// Lets finish find a document also by the names that it had.
    pub(crate) fn found_by_name(&mut self, subject: &Subject<'_>) {
        self.known_by_id(&subject.at.target, subject.document.id());
    }

    /// The same for a document that only the destination has: `id` is of what it is made for.
    pub(crate) fn known_by_id(&mut self, target: &Target, id: &str) {
        self.known_by_names(target, id, Vec::new());
    }

    /// The same for a document that may have one of these keys, too.
    pub(crate) fn known_by_names(&mut self, target: &Target, id: &str, others: Vec<Vec<String>>) {
        let mut keys = vec![target.key.clone()];
        for key in others {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        self.named.push(Named { collection: target.collection, id: id.to_owned(), keys });
    }

    /// A field that no table knows: finish tries to set it. Not where it may start something, name what can't be named, or hold a secret.
    pub(crate) fn set_unknown(&mut self, at: &At, value: &Value) -> bool {
        let known_by_name = !matches!(
            at.target.collection,
            Collection::ProjectTriggers
                | Collection::Subscriptions
                | Collection::DeploymentFreezes
                | Collection::RetentionPolicies
                | Collection::ScopedUserRoles
                | Collection::UserRoles
                | Collection::OidcIdentities
        );
        let settable =
            known_by_name && at.reachable() && !is_empty(value) && is_portable(&self.portable(value));
        if settable {
            let value = self.portable(value);
            self.finish(FinishStep::Try { target: at.target.clone(), path: at.path.clone(), value });
        }
        settable
    }

    /// An item of a list that the provider can't carry, for finish; false where finish can't find its place.
    pub(crate) fn add_item(&mut self, at: &At, list: &At, after: Vec<String>, item: &Value) -> bool {
        super::whole::add_item(self, at, list, after, item)
    }

    /// A list of named items that the provider keeps as a map: its order is for finish.
    pub(crate) fn keep_names_in_order(&mut self, at: &At, items: &[Value]) {
        let name = |item: &Value| item.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if items.len() > 1 && at.reachable() {
            let names = items.iter().map(name).collect();
            self.finish(FinishStep::Order { target: at.target.clone(), path: at.path.clone(), names });
        }
    }

    /// A list that the provider keeps as a set: its order is for finish.
    pub fn keep_order(&mut self, at: &At, value: &Value) {
        if value.as_array().is_some_and(|items| items.len() > 1) {
            self.set(at, value, "the provider keeps a set, in no order");
        }
    }

    /// Lets finish make a document; it finds it again whatever its name is then, by the id that it has at the source.
    pub(crate) fn finish_document(&mut self, target: Target, id: &str, document: Value) {
        self.known_by_id(&target, id);
        self.finish(FinishStep::Document { target, document });
    }

    /// Adds any other finish step.
    pub fn finish(&mut self, step: FinishStep) {
        self.finish.push(step);
    }

    /// Says that something which starts work by itself is switched off until the cutover.
    pub fn hold(&mut self, target: &Target, field: &str, source: &Value) {
        let source = source.clone();
        self.held.push(Held { target: target.clone(), field: field.to_owned(), source });
    }

    /// A value for finish: each text that is exactly the id of a document becomes a `$ref` to it.
    pub fn portable(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match self.part(text).or_else(|| self.needed_target(text)) {
                Some(target) => json!({ "$ref": { "collection": target.collection, "key": target.key } }),
                None => value.clone(),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.portable(item)).collect()),
            Value::Object(fields) => {
                let portable = |name: &str, value: &Value| {
                    let stays = is_words(name) || is_package_name(self.inventory, fields, name);
                    if stays { value.clone() } else { self.portable(value) }
                };
                let fields = fields.iter().map(|(name, value)| (name.clone(), portable(name, value)));
                Value::Object(fields.collect())
            }
            _ => value.clone(),
        }
    }

    /// The same, where each hidden value becomes an entry of the manifest, with a note where only a person can give it: what goes to the
    /// destination as a whole leaves no secret behind unsaid.
    pub fn portable_with_secrets(&mut self, at: &At, hidden: &Hidden, value: &Value) -> Value {
        super::whole::portable(self, at, &|_| *hidden, value)
    }

    pub(super) fn needed_target(&self, text: &str) -> Option<Target> {
        if self.selection.is_part() {
            self.need_tag(text);
            if let Some(collection) = self.inventory.collection_of(text) {
                self.need(collection, text, "");
            }
        }
        self.target_of(text)
    }
}
