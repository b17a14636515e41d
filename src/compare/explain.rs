//! Notes of the modules' manifests that explain differences.

use std::collections::HashSet;

use serde_json::Value;

use super::FieldDifference;
use documents::collection::Collection;
use module::manifest::{Held, LeftOut, Manifest, Note, Scope, SecretEntry, SecretOrigin};

/// What the modules say about what they don't carry, and what they hold back until the cutover.
#[derive(Debug, Default)]
pub struct Explanations {
    notes: Vec<Note>,
    held: Vec<Held>,
    /// Natural keys of tenants' secret values, which are at the destination once a run for the tenant has brought them.
    tenants_secrets: Vec<Vec<String>>,
    /// What the options of `serialize` left out.
    left_out: Vec<LeftOut>,
    /// The same documents as they are named in fields of others: `⟨projects Shop⟩`.
    left_out_names: HashSet<String>,
    /// Whether a module says what projects share: what neither it nor the source knows is the destination's own.
    of_space: bool,
    /// Whether the destination's version is older than the source's: what it has in no document it does not know.
    pub destination_is_older: bool,
}

/// What the provider says is never shown; servers of the vendor's reference show whether there is one.
const HEADER: &str = "EventNotificationSubscription/WebhookHeaderValue";

/// What a server fills in by itself where nothing is said.
const FILLED: [(Collection, &str, &str); 3] = [
    (Collection::Machines, "MachinePolicyId", "a target without a policy has the default one"),
    (Collection::Workers, "MachinePolicyId", "a worker without a policy has the default one"),
    (
        Collection::ProjectTriggers,
        "Action/ChannelId",
        "a trigger without a channel makes releases in the default one",
    ),
];

/// Nothing is shown; a value that says that there is no secret is another thing.
fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

impl Explanations {
    /// Takes in what a module says.
    pub fn add(&mut self, manifest: Manifest) {
        self.of_space |= manifest.scope == Scope::Space;
        let by_tenants_run = |secret: &&SecretEntry| matches!(secret.from, SecretOrigin::Tenant { .. });
        let secrets = manifest.secrets.iter().filter(by_tenants_run);
        self.tenants_secrets.extend(secrets.map(|secret| secret.key.clone()));
        // What was not selected is in the manifest more exactly than in its notes.
        self.notes.extend(manifest.notes.into_iter().filter(|note| note.code != "not-selected"));
        self.held.extend(manifest.held);
        let whole = manifest.part.left_out.iter().filter(|left_out| left_out.fields.is_empty());
        let names = whole.flat_map(|left_out| {
            left_out.keys.iter().map(|key| format!("⟨{} {}⟩", left_out.collection, key.join("/")))
        });
        self.left_out_names.extend(names);
        self.left_out.extend(manifest.part.left_out);
    }

    /// Why a document is not at the destination: a note about it as a whole, or about the project it belongs to.
    pub(super) fn of_document(&self, collection: Collection, key: &[String]) -> Option<String> {
        if collection == Collection::TenantVariableValues
            && self.tenants_secrets.iter().any(|secret| is_key(secret, key))
        {
            return Some(
                "a secret that only a run for this tenant can read: todo.md says why none did".to_owned(),
            );
        }
        let about_it = |note: &&Note| {
            note.field().is_empty()
                && ((note.collection() == collection && is_key(note.key(), key))
                    || (note.collection() == Collection::Projects
                        && note.key().len() == 1
                        && key.len() > 1
                        && note.key()[0] == key[0])
                    || (note.collection() == Collection::Projects
                        && matches!(
                            collection,
                            Collection::DeploymentProcesses
                                | Collection::DeploymentSettings
                                | Collection::Variables
                        )
                        && note.key() == key))
        };
        self.notes
            .iter()
            .find(about_it)
            .map(|note| note.text.clone())
            .or_else(|| self.left_out(collection, key).map(|left_out| left_out.because.clone()))
    }

    /// Why only the destination has a document, or what it belongs to. Inside of what octoferry moves something more is a difference.
    pub(super) fn of_extra(
        &self,
        collection: Collection,
        key: &[String],
        is_at_source: impl Fn(Collection, &str) -> bool,
    ) -> Option<String> {
        let owners = match collection {
            _ if collection.row().begins_with_project() => Collection::Projects,
            Collection::TenantVariableValues => Collection::Tenants,
            Collection::ScopedUserRoles => Collection::Teams,
            Collection::OidcIdentities => Collection::Users,
            _ => Collection::NONE,
        };
        let own = key.len() < 2 || key.first().is_none_or(|owner| !is_at_source(owners, owner));
        (self.of_space && own).then(|| "the destination's own: no module makes it".to_owned())
    }

    /// What says that a document, or what it belongs to, was left out.
    fn left_out(&self, collection: Collection, key: &[String]) -> Option<&LeftOut> {
        self.left_out.iter().find(|left_out| {
            left_out.fields.is_empty()
                && left_out.keys.iter().any(|out| goes_with(collection, key, left_out.collection, out))
        })
    }

    /// What says so of a field, or of what the field names.
    fn left_out_field(
        &self,
        collection: Collection,
        key: &[String],
        difference: &FieldDifference,
    ) -> Option<String> {
        let path = difference.path.as_str();
        let is_it = |left_out: &&LeftOut| {
            left_out.collection == collection
                && left_out.keys.iter().any(|out| plain_key(collection, out) == key)
                && left_out
                    .fields
                    .iter()
                    .any(|field| is_part(path, field) || is_part_of_variable(collection, path, field))
        };
        if let Some(left_out) = self.left_out(collection, key).or_else(|| self.left_out.iter().find(is_it)) {
            return Some(left_out.because.clone());
        }
        let in_path = path.split('⟩').any(|part| {
            part.rfind('⟨').is_some_and(|at| self.left_out_names.contains(&format!("{}⟩", &part[at..])))
        });
        // Its items are objects without names, so that they are compared by their places.
        let of_freeze = collection == Collection::DeploymentFreezes
            && is_part(path, "TenantProjectEnvironmentScope")
            && !self.left_out_names.is_empty();
        (in_path || of_freeze || self.only_names_less(difference))
            .then(|| "names what was left out".to_owned())
    }

    /// Whether a list at the destination lacks what was left out, and nothing else.
    fn only_names_less(&self, difference: &FieldDifference) -> bool {
        let items = |value: &Option<Value>| match value {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(items)) => Some(items.clone()),
            Some(_) => None,
        };
        let (Some(source), Some(destination)) = (items(&difference.source), items(&difference.destination))
        else {
            return false;
        };
        let is_out = |item: &Value| item.as_str().is_some_and(|name| self.left_out_names.contains(name));
        let kept: Vec<&Value> = source.iter().filter(|item| !is_out(item)).collect();
        kept.len() < source.len() && kept == destination.iter().collect::<Vec<_>>()
    }

    /// Why a field differs: a note about it, about something it is part of, or about the whole document.
    pub(super) fn of_field(
        &self,
        collection: Collection,
        key: &[String],
        difference: &FieldDifference,
    ) -> Option<String> {
        let path = difference.path.as_str();
        let shows = |value: &Option<Value>| value.as_ref().is_some_and(|value| !is_blank(value));
        if collection == Collection::Subscriptions
            && path == HEADER
            && shows(&difference.source)
            && !shows(&difference.destination)
        {
            return Some("the destination never shows the header of a webhook".to_owned());
        }
        if !shows(&difference.source)
            && let Some((_, _, because)) =
                FILLED.iter().find(|(of, field, _)| *of == collection && *field == path)
        {
            return Some((*because).to_owned());
        }
        if let Some(note) = self.notes.iter().find(|note| names_unarchived(note, difference)) {
            return Some(note.text.clone());
        }
        if is_polled(collection, difference) {
            return Some("each server knows a Tentacle that polls it by another address".to_owned());
        }
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
            note.collection() == collection
                && is_key(note.key(), key)
                && (note.field().is_empty()
                    || is_part(path, note.field())
                    || goes_with_dead_reference(collection, path, note)
                    || is_read_from(collection, path, note)
                    || is_part_of_variable(collection, path, note.field()))
        });
        note.map(|note| note.text.clone()).or_else(|| self.left_out_field(collection, key, difference))
    }
}

/// Whether a field names a certificate that was archived at the source and isn't at the destination, by this note.
fn names_unarchived(note: &Note, difference: &FieldDifference) -> bool {
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let [name] = note.key() else { return false };
    note.collection() == Collection::Certificates
        && note.field() == "Archived"
        && text(&difference.destination) == Some(format!("⟨certificates {name}⟩"))
        && text(&difference.source)
            .is_some_and(|source| source.starts_with(&format!("⟨certificates {name}/archived/")))
}

/// Whether both are addresses by which a server knows a Tentacle that polls it: the Tentacle makes up one for each server.
fn is_polled(collection: Collection, difference: &FieldDifference) -> bool {
    let polls = |value: &Option<Value>| {
        value.as_ref().and_then(Value::as_str).is_some_and(|address| address.starts_with("poll://"))
    };
    matches!(collection, Collection::Machines | Collection::Workers)
        && (difference.path == "Uri" || difference.path.ends_with("/Uri"))
        && polls(&difference.source)
        && polls(&difference.destination)
}

/// Whether a document is the one that was left out, or a part of it.
fn goes_with(collection: Collection, key: &[String], out_of: Collection, out: &[String]) -> bool {
    let begins = |at: usize| key.get(at).is_some_and(|name| Some(name) == out.first());
    if collection == out_of {
        return key.starts_with(plain_key(collection, out));
    }
    match (out_of, collection) {
        (Collection::Projects, Collection::DeploymentFreezes) => begins(0) && key.len() > 1,
        (Collection::Projects, Collection::TenantVariableValues)
        | (Collection::LibraryVariableSets, Collection::TenantVariableValues) => begins(1),
        (Collection::Projects, _) => collection.row().begins_with_project() && begins(0),
        (Collection::Runbooks, Collection::RunbookProcesses | Collection::RunbookSnapshots) => {
            key.starts_with(out)
        }
        (Collection::LibraryVariableSets, Collection::Variables)
        | (Collection::Tenants, Collection::TenantVariableValues)
        | (Collection::Teams, Collection::ScopedUserRoles) => begins(0),
        _ => false,
    }
}

/// Variable sets are compared by the names of their owners alone.
fn plain_key(collection: Collection, key: &[String]) -> &[String] {
    match key {
        [_, owner @ ..] if collection == Collection::Variables && !owner.is_empty() => owner,
        _ => key,
    }
}

/// A held field has the noted value at the source; what is below one is not at the destination before the cutover.
fn is_held(path: &str, held: &Held, difference: &FieldDifference) -> bool {
    let nothing = |value: &Option<Value>| value.as_ref().is_none_or(Value::is_null);
    if path == held.field {
        // A flag that is not there is off.
        let absent = if held.source.is_boolean() { &Value::Bool(false) } else { &Value::Null };
        difference.source.as_ref().unwrap_or(absent) == &held.source
    } else {
        nothing(&difference.destination)
    }
}

/// Where a placeholder stands for a certificate's data, all that the server reads from the data is the placeholder's.
fn is_read_from(collection: Collection, path: &str, note: &Note) -> bool {
    let own =
        ["Name", "Notes", "EnvironmentIds", "TenantIds", "TenantTags", "TenantedDeploymentParticipation"];
    collection == Collection::Certificates
        && note.is_about_secret()
        && note.field() == "CertificateData"
        && !own.contains(&path)
}

/// What follows from a reference that led nowhere: a step that is disabled with its last environment, a variable with another scope.
fn goes_with_dead_reference(collection: Collection, path: &str, note: &Note) -> bool {
    if note.code != "dead-reference" {
        return false;
    }
    let named = |path: &str| path.replace(['⟨', '⟩'], "");
    match note.field().split_once("/Scope/") {
        Some((variable, _)) if collection == Collection::Variables => {
            is_part_of_variable(collection, path, variable)
        }
        _ if matches!(collection, Collection::Tenants | Collection::DeploymentFreezes) => {
            let of_project = note.field().split_once('/').filter(|(field, _)| !field.is_empty());
            of_project.is_some_and(|(field, project)| named(path) == format!("{field}/projects {project}"))
        }
        _ => {
            let holder = |path: &str| path.rsplit_once('/').map(|(holder, _)| holder.to_owned());
            path.ends_with("IsDisabled") && holder(path) == holder(note.field())
        }
    }
}

/// Notes count the environment of a tenant's value to the field or not at all, and know no number of several of one name.
fn is_key(noted: &[String], key: &[String]) -> bool {
    let key = match key {
        [names @ .., number] if number.starts_with('#') && names == noted => names,
        _ => key,
    };
    // A variable set is noted as `[projects, name]`, and known here by the name alone.
    let owner = matches!(noted.first().map(String::as_str), Some("projects" | "libraryvariablesets"));
    noted == key
        || (owner && noted.len() == 2 && noted[1..] == *key)
        || (key.len() > 3 && key.starts_with(noted) && noted.len() == 3)
}

/// Whether a path is the noted field or below it. What has an empty name, as the first package of a step, stands here by its place.
fn is_part(path: &str, noted: &str) -> bool {
    let mut parts = path.split('/');
    let is_place = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    noted
        .split('/')
        .all(|own| parts.next().is_some_and(|part| part == own || (own.is_empty() && is_place(part))))
}

/// Variables stand here by name and scope, `Variables/Name (scope)/Value`; a note may know them by name alone.
fn is_part_of_variable(collection: Collection, path: &str, noted: &str) -> bool {
    let (Some(path), Collection::Variables) = (path.strip_prefix("Variables/"), collection) else {
        return false;
    };
    let noted = noted.strip_prefix("Variables/").unwrap_or(noted);
    let is_scoped = |rest: &str| rest.starts_with(" (") || rest.starts_with('#');
    let rest = path.strip_prefix(noted);
    // `Name/Value` is a part of `Name (scope)/Value`.
    let of_scoped = noted.rsplit_once('/').is_some_and(|(variable, field)| {
        let rest = path.strip_prefix(variable).filter(|rest| is_scoped(rest));
        rest.and_then(|rest| rest.rsplit_once('/')).is_some_and(|(_, last)| last == field)
    });
    of_scoped || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || is_scoped(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_with_something_that_was_left_out_is_explained() {
        let key = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        let goes =
            |collection, names: &[&str], of, out: &[&str]| goes_with(collection, &key(names), of, &key(out));
        assert!(goes(Collection::Channels, &["Shop", "Default"], Collection::Projects, &["Shop"]));
        assert!(goes(
            Collection::RunbookProcesses,
            &["Shop", "Backup"],
            Collection::Runbooks,
            &["Shop", "Backup"]
        ));
        assert!(goes(
            Collection::TenantVariableValues,
            &["Acme", "Shop", "Key"],
            Collection::Tenants,
            &["Acme"]
        ));
        assert!(goes(
            Collection::TenantVariableValues,
            &["Acme", "Shop", "Key"],
            Collection::Projects,
            &["Shop"]
        ));
        assert!(goes(Collection::Variables, &["Shop"], Collection::Variables, &["projects", "Shop"]));
        assert!(!goes(Collection::Tenants, &["Shop"], Collection::Projects, &["Shop"]));
        assert!(!goes(Collection::Channels, &["Shop", "Default"], Collection::Channels, &["Shop", "Hotfix"]));
    }

    #[test]
    fn a_list_that_lacks_what_was_left_out_is_explained() {
        let mut explanations = Explanations::default();
        explanations.left_out_names.insert("⟨projects Shop⟩".to_owned());
        let difference = |path: &str, source: Value, destination: Value| FieldDifference {
            path: path.to_owned(),
            source: Some(source),
            destination: Some(destination),
            because: None,
        };
        let explained = |difference: &FieldDifference| {
            explanations.of_field(Collection::Subscriptions, &["Bell".to_owned()], difference).is_some()
        };
        let both = serde_json::json!(["⟨projects Shop⟩", "⟨projects Web⟩"]);
        assert!(explained(&difference("Projects", both.clone(), serde_json::json!(["⟨projects Web⟩"]))));
        assert!(!explained(&difference("Projects", both, serde_json::json!([]))));
        assert!(explained(&difference("ProjectEnvironments/⟨projects Shop⟩", Value::Null, Value::Null)));
        assert!(!explained(&difference("ProjectEnvironments/⟨projects Web⟩", Value::Null, Value::Null)));
    }

    #[test]
    fn a_note_explains_its_field_and_what_is_below() {
        let key = |parts: &[&str]| parts.iter().map(|&part| part.to_owned()).collect::<Vec<_>>();
        assert!(is_key(&key(&["projects", "Shop"]), &key(&["Shop"])));
        assert!(!is_key(&key(&["projects", "Shop"]), &key(&["Other"])));
        assert!(is_part("Steps/A/Properties/x", "Steps/A/Properties"));
        assert!(is_part("Steps/A", "Steps/A"));
        assert!(!is_part("Steps/AB", "Steps/A"));
        assert!(is_part("Packages/0/FeedId", "Packages//FeedId"));
        assert!(!is_part("Packages/sql/FeedId", "Packages//FeedId"));
        assert!(is_part_of_variable(
            Collection::Variables,
            "Variables/Key (Environment: Production)/Value",
            "Key"
        ));
        assert!(!is_part_of_variable(Collection::Variables, "Variables/Key2/Value", "Key"));
        assert!(!is_part_of_variable(Collection::Accounts, "Variables/Key/Value", "Key"));
    }
}
