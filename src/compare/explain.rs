//! Notes of the modules' manifests that explain differences.

use std::collections::BTreeSet;

use serde_json::Value;

use super::FieldDifference;
use crate::module::manifest::{Held, Manifest, Note, SecretEntry, SecretOrigin};

/// What the modules say about what they don't carry, and what they hold back until the cutover.
#[derive(Debug, Default)]
pub struct Explanations {
    notes: Vec<Note>,
    held: Vec<Held>,
    /// Natural keys of tenants' secret values, which are at the destination once a run for the tenant has brought them.
    tenants_secrets: Vec<Vec<String>>,
}

impl Explanations {
    /// Takes in what a module says.
    pub fn add(&mut self, manifest: Manifest) {
        let by_tenants_run = |secret: &&SecretEntry| matches!(secret.from, SecretOrigin::Tenant { .. });
        let secrets = manifest.secrets.iter().filter(by_tenants_run);
        self.tenants_secrets.extend(secrets.map(|secret| secret.key.clone()));
        self.notes.extend(manifest.notes);
        self.held.extend(manifest.held);
    }

    /// What the modules say of secrets that only a person can enter, sorted.
    pub(super) fn secrets_for_a_person(&self) -> Vec<String> {
        let notes = self.notes.iter().filter(|note| note.is_about_secret());
        let texts: BTreeSet<String> = notes.map(|note| note.text.clone()).collect();
        texts.into_iter().collect()
    }

    /// Why a document is not at the destination: a note about it as a whole, or about the project it belongs to.
    pub(super) fn of_document(&self, collection: &str, key: &[String]) -> Option<String> {
        if collection == "tenantvariablevalues"
            && self.tenants_secrets.iter().any(|secret| is_key(secret, key))
        {
            return Some(
                "a secret that only a run for this tenant can read: todo.md says why none did".to_owned(),
            );
        }
        let about_it = |note: &&Note| {
            note.field.is_empty()
                && ((note.collection == collection && is_key(&note.key, key))
                    || (note.collection == "projects"
                        && note.key.len() == 1
                        && key.len() > 1
                        && note.key[0] == key[0])
                    || (note.collection == "projects"
                        && collection == "deploymentprocesses"
                        && note.key == key))
        };
        self.notes.iter().find(about_it).map(|note| note.text.clone())
    }

    /// Why a field differs: a note about it, about something it is part of, or about the whole document.
    pub(super) fn of_field(
        &self,
        collection: &str,
        key: &[String],
        difference: &FieldDifference,
    ) -> Option<String> {
        let path = difference.path.as_str();
        let held = self.held.iter().find(|held| {
            held.target.collection == collection
                && is_key(&held.target.key, key)
                && is_part(path, &held.field)
                && is_held(path, held, difference)
        });
        if held.is_some() {
            return Some("held back until the cutover".to_owned());
        }
        let note = self.notes.iter().find(|note| {
            note.collection == collection
                && is_key(&note.key, key)
                && (note.field.is_empty()
                    || is_part(path, &note.field)
                    || is_part_of_variable(collection, path, &note.field))
        });
        note.map(|note| note.text.clone())
    }
}

/// A held field has the noted value at the source; what is below one is not at the destination before the cutover.
fn is_held(path: &str, held: &Held, difference: &FieldDifference) -> bool {
    let nothing = |value: &Option<Value>| value.as_ref().is_none_or(Value::is_null);
    if path == held.field {
        difference.source.as_ref().unwrap_or(&Value::Null) == &held.source
    } else {
        nothing(&difference.destination)
    }
}

/// Notes count the environment of a tenant's value to the field or not at all.
fn is_key(noted: &[String], key: &[String]) -> bool {
    noted == key || (key.len() > 3 && key.starts_with(noted) && noted.len() == 3)
}

/// Whether a path is the noted field or below it.
fn is_part(path: &str, noted: &str) -> bool {
    path == noted || path.strip_prefix(noted).is_some_and(|rest| rest.starts_with('/'))
}

/// Variables stand here by name and scope, `Variables/Name (scope)/Value`; a note may know them by name alone.
fn is_part_of_variable(collection: &str, path: &str, noted: &str) -> bool {
    let (Some(path), "variables") = (path.strip_prefix("Variables/"), collection) else { return false };
    let noted = noted.strip_prefix("Variables/").unwrap_or(noted);
    let rest = path.strip_prefix(noted);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('/') || rest.starts_with(" (") || rest.starts_with('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_explains_its_field_and_what_is_below() {
        assert!(is_part("Steps/A/Properties/x", "Steps/A/Properties"));
        assert!(is_part("Steps/A", "Steps/A"));
        assert!(!is_part("Steps/AB", "Steps/A"));
        assert!(is_part_of_variable("variables", "Variables/Key (Environment: Production)/Value", "Key"));
        assert!(!is_part_of_variable("variables", "Variables/Key2/Value", "Key"));
        assert!(!is_part_of_variable("accounts", "Variables/Key/Value", "Key"));
    }
}
