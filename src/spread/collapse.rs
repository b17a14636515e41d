//! Undoing what spread did, by the journals alone.

use serde_json::{Map, Value, json};

use super::noted::Noted;
use super::replaced::{settled_set, stands_for};
use super::set::{environments, renamed_scope, scope_kinds, text, widened};
use super::{DocumentChange, Line, Plan, account, scope_text, view};
use crate::mark::journal::{self, Description, Journalled};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// What a variable is in the eyes of spread.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Not sensitive, none of ours.
    Ordinary,
    /// Sensitive, untouched.
    Secret,
    /// Stands in the place of a renamed secret.
    Alias,
    /// Has gained the environment.
    Scoped { original: Map<String, Value> },
    /// Has a name of its own; `alias` is the index of the variable in its place.
    Renamed { original: Map<String, Value>, alias: usize },
    /// Has a journal that no longer fits: a person edited it since. `name` is what it was called before spread.
    Edited { name: String, journal: Box<Journalled> },
    /// Has a journal that spread did not write.
    Forged { name: String },
}

impl State {
    /// Why nothing is done with a variable that has a journal; `None`: something is.
    #[must_use]
    pub fn why_left(&self) -> Option<String> {
        match self {
            Self::Edited { name, .. } => Some(by_hand(name)),
            Self::Forged { name } => {
                Some(format!("the journal of {name} is not one that octoferry spread wrote"))
            }
            _ => None,
        }
    }
}

/// Whether the value is hidden by the API.
#[must_use]
pub fn is_sensitive(variable: &Map<String, Value>) -> bool {
    variable.get("IsSensitive") == Some(&json!(true)) || text(variable, "Type") == "Sensitive"
}

/// Reads the state of a variable from its journal, as far as that is one that was noted; `variables` is the set it stands in.
#[must_use]
pub fn state_of(variable: &Map<String, Value>, variables: &[Value], noted: Option<&Noted>) -> State {
    let state = journalled_state(variable, variables);
    match (noted, journal::read(text(variable, "Description"))) {
        (Some(noted), Some(journalled))
            if matches!(state, State::Scoped { .. } | State::Renamed { .. })
                && !noted.proves(text(variable, "Id"), &journalled.entry) =>
        {
            State::Forged { name: text(variable, "Name").to_owned() }
        }
        _ => state,
    }
}

fn journalled_state(variable: &Map<String, Value>, variables: &[Value]) -> State {
    let Some(journalled) = journal::read(text(variable, "Description")) else {
        return if is_sensitive(variable) { State::Secret } else { State::Ordinary };
    };
    if journalled.entry.contains_key("for") {
        return State::Alias;
    }
    if !is_sensitive(variable) {
        return State::Ordinary;
    }
    let entry = &journalled.entry;
    let mut original = variable.clone();
    journalled.description.put(&mut original, "Description");
    let (Some(scope), Some(added)) = (entry.get("scope"), entry.get("added").and_then(Value::as_str)) else {
        return State::Secret;
    };
    original.insert("Scope".to_owned(), scope.clone());
    let scope_now = variable.get("Scope").unwrap_or(&Value::Null);
    let Some(name) = entry.get("name").and_then(Value::as_str) else {
        return if same_scope(scope_now, &widened(scope, added)) {
            State::Scoped { original }
        } else {
            State::Edited { name: text(variable, "Name").to_owned(), journal: Box::new(journalled) }
        };
    };
    original.insert("Name".to_owned(), json!(name));
    if let Some(prompt) = entry.get("prompt") {
        original.insert("Prompt".to_owned(), prompt.clone());
    }
    let alias = variables.iter().position(|other| {
        let Some(other) = other.as_object() else { return false };
        is_alias_of(other, variable, &journalled) && stands_for(other, variable, entry)
    });
    match alias {
        Some(alias) if same_scope(scope_now, &renamed_scope(scope, added)) => {
            State::Renamed { original, alias }
        }
        _ => State::Edited { name: name.to_owned(), journal: Box::new(journalled) },
    }
}

/// Whether a variable stands in the place of a renamed secret with this journal: by its own journal, its name and its scope.
pub(super) fn is_alias_of(
    other: &Map<String, Value>,
    secret: &Map<String, Value>,
    journalled: &Journalled,
) -> bool {
    let before = |field: &str| journalled.entry.get(field).unwrap_or(&Value::Null);
    journal::read(text(other, "Description"))
        .is_some_and(|journal| journal.entry.get("for") == Some(&json!(text(secret, "Id"))))
        && other.get("Name") == Some(before("name"))
        && same_scope(other.get("Scope").unwrap_or(&Value::Null), before("scope"))
}

fn text_of<'v>(variable: &'v Value, field: &str) -> &'v str {
    variable[field].as_str().unwrap_or_default()
}

/// Whether two scopes limit the same, whatever the order.
fn same_scope(a: &Value, b: &Value) -> bool {
    let sorted = |scope: &Value| {
        let mut kinds: Vec<(String, Vec<String>)> = scope_kinds(scope)
            .into_iter()
            .map(|kind| {
                let values = scope[kind].as_array().into_iter().flatten();
                let mut values: Vec<String> = values.filter_map(Value::as_str).map(str::to_owned).collect();
                values.sort();
                values.dedup();
                (kind.to_owned(), values)
            })
            .collect();
        kinds.sort();
        kinds
    };
    sorted(a) == sorted(b)
}

/// A variable set without anything that spread put there, and what was left, with the reason: edited by hand, or with a journal that spread
/// did not write.
///
/// From an edited one only our environment is taken, where others remain, and the journal line: it is exported as it
/// stands.
#[must_use]
pub fn collapsed_set(set: &Document, noted: Option<&Noted>) -> (Document, Vec<String>) {
    let (set, _) = settled_set(set);
    let before = set.list("Variables");
    let states: Vec<State> = before
        .iter()
        .map(|variable| {
            variable.as_object().map_or(State::Ordinary, |fields| state_of(fields, before, noted))
        })
        .collect();
    let undone: Vec<usize> = states
        .iter()
        .filter_map(|state| if let State::Renamed { alias, .. } = state { Some(*alias) } else { None })
        .collect();
    let mut edited = Vec::new();
    let mut after = Vec::with_capacity(before.len());
    for (index, (variable, state)) in before.iter().zip(states).enumerate() {
        match state {
            State::Ordinary | State::Secret => after.push(variable.clone()),
            State::Scoped { original } | State::Renamed { original, .. } => {
                after.push(Value::Object(original))
            }
            State::Alias if undone.contains(&index) => {}
            State::Alias => {
                // The secret that it stands for was deleted by hand, or is named with the other edited ones.
                let secret = journal::read(text_of(variable, "Description"))
                    .map(|journal| journal.entry["for"].clone());
                if !before.iter().any(|other| secret.as_ref() == Some(&other["Id"])) {
                    edited.push(by_hand(text_of(variable, "Name")));
                }
                after.push(variable.clone());
            }
            State::Edited { .. } | State::Forged { .. } => {
                edited.extend(state.why_left());
                after.push(variable.clone());
            }
        }
    }
    let mut document = set.clone().into_owned();
    if document.get("Variables").is_some() {
        document.fields_mut().insert("Variables".to_owned(), Value::Array(after));
    }
    (document, edited)
}

fn by_hand(name: &str) -> String {
    format!("{name} was spread and then edited by hand")
}

/// A set as it is exported: collapsed, and what could not be collapsed without journal and environment of ours.
#[must_use]
pub fn exported_set(set: &Document, environment: Option<&str>, noted: Option<&Noted>) -> Document {
    let (mut document, _) = collapsed_set(set, noted);
    let variables = document.fields_mut().get_mut("Variables").and_then(Value::as_array_mut);
    for variable in variables.into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(journalled) = journal::read(text(variable, "Description")) else { continue };
        journalled.description.put(variable, "Description");
        let Some(scope) = variable.get_mut("Scope") else { continue };
        let Some(environment) = environment else { continue };
        // The only environment stays: without it the value would be seen everywhere.
        if environments(scope).any(|id| id != environment)
            && let Some(ids) = scope.get_mut("Environment").and_then(Value::as_array_mut)
        {
            ids.retain(|id| id != environment);
        }
    }
    document
}

/// What collapse would change in the whole space.
#[must_use]
pub fn collapse(inventory: &Inventory) -> Plan {
    let mut plan = Plan::default();
    let noted = Noted::of(inventory);
    let noted = noted.as_ref();
    for owner in view::owners(inventory) {
        let Some(set) = inventory.get(Collection::Variables, &owner.variable_set) else { continue };
        let (after, left) = collapsed_set(set, noted);
        plan.left.extend(left.into_iter().map(|why| format!("{}: {why}", owner.title)));
        if after == *set {
            continue;
        }
        let (settled, replaced) = settled_set(set);
        let before = settled.list("Variables");
        let mut lines: Vec<Line> = replaced.iter().map(|replaced| replaced.line(inventory, set)).collect();
        let undone = before.iter().filter_map(Value::as_object).filter_map(|variable| {
            let (State::Scoped { original } | State::Renamed { original, .. }) =
                state_of(variable, before, noted)
            else {
                return None;
            };
            let what = if text(variable, "Name") == text(&original, "Name") {
                format!("{} gets its scope back", text(variable, "Name"))
            } else {
                format!("{} is {} again", text(variable, "Name"), text(&original, "Name"))
            };
            Some(Line {
                name: text(variable, "Name").to_owned(),
                what,
                readers_before: scope_text(inventory, variable.get("Scope").unwrap_or(&Value::Null)),
                readers_after: scope_text(inventory, original.get("Scope").unwrap_or(&Value::Null)),
            })
        });
        lines.extend(undone);
        plan.changes.push(DocumentChange {
            collection: Collection::Variables,
            owner: owner.title.clone(),
            owner_id: owner.id.clone(),
            after,
            lines,
        });
    }
    let (changes, left) = account::restore(inventory, noted);
    plan.changes.extend(changes);
    plan.left.extend(left);
    plan.left.extend(noted.into_iter().flat_map(|noted| noted.emptied(inventory)));
    plan
}

/// Puts a description back into a document that is not a variable.
pub(super) fn put_description(document: &mut Document, field: &str, description: &Description) {
    description.put(document.fields_mut(), field);
}
