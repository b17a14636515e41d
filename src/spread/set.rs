//! Spreading one variable set.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::collapse::{State, state_of};
use super::noted::Noted;
use super::view::{self, Owner, View};
use super::{DocumentChange, Line, scope_text};
use crate::mark::journal::{self, Description};
use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// The changed set, if anything changes, and what is left alone because a person edited it.
///
/// `replaced` is what was resolved in `set` already ([`super::replaced`]), as lines.
pub(super) fn spread(
    inventory: &Inventory,
    owner: &Owner,
    (set, replaced): (&Document, Vec<Line>),
    view: &View,
    (environment, noted): (&str, Option<&Noted>),
    taken: &mut BTreeSet<String>,
) -> (Option<DocumentChange>, Vec<String>) {
    let before = set.list("Variables");
    let mut variables = Vec::with_capacity(before.len());
    let mut lines = replaced;
    let mut left = Vec::new();
    for variable in before {
        let Some(fields) = variable.as_object().filter(|fields| !name::is_ours(text(fields, "Name"))) else {
            variables.push(variable.clone());
            continue;
        };
        let state = state_of(fields, before, noted);
        let original = match state {
            State::Ordinary | State::Alias | State::Renamed { .. } => {
                variables.push(variable.clone());
                continue;
            }
            State::Edited { .. } | State::Forged { .. } => {
                left.extend(state.why_left().map(|why| format!("{}: {why}", owner.title)));
                variables.push(variable.clone());
                continue;
            }
            State::Secret => fields.clone(),
            State::Scoped { original, .. } => original,
        };
        let name = text(&original, "Name").to_owned();
        let scope = original.get("Scope").cloned().unwrap_or(Value::Null);
        match way(&name, &scope, view, environment) {
            Way::AsItIs => variables.push(variable.clone()),
            Way::Scope => {
                let after = scoped(&original, environment);
                if after != *fields {
                    lines.push(line(inventory, &name, &scope, &after, None));
                }
                variables.push(Value::Object(after));
            }
            Way::Name => {
                let new_name = unique_name(inventory, owner, &name, &scope, taken);
                let (alias, renamed) = renamed(&original, &new_name, environment, owner.in_git);
                lines.push(line(inventory, &name, &scope, &renamed, Some(&new_name)));
                // At the place of the original: among equals, Octopus takes the first.
                variables.push(Value::Object(alias));
                variables.push(Value::Object(renamed));
            }
        }
    }
    if lines.is_empty() {
        return (None, left);
    }
    let mut after = set.clone();
    after.fields_mut().insert("Variables".to_owned(), Value::Array(variables));
    let change = DocumentChange {
        collection: Collection::Variables,
        owner: owner.title.clone(),
        owner_id: owner.id.clone(),
        after,
        lines,
    };
    (Some(change), left)
}

/// How a run gets to read a secret.
enum Way {
    /// It does already.
    AsItIs,
    /// octoferry's environment is added to its scope.
    Scope,
    /// It gets a name of its own, and an alias takes its place.
    Name,
}

fn way(name: &str, scope: &Value, view: &View, environment: &str) -> Way {
    let kinds = scope_kinds(scope);
    let is_own_name = view.is_unique(name) && !view::is_set_by_runs(name);
    if !is_own_name || kinds.iter().any(|kind| *kind != "Environment") {
        return Way::Name;
    }
    // Somebody may have listed the environment by hand: then it is readable already, and nothing is journalled.
    let is_readable = kinds.is_empty() || environments(scope).any(|id| id == environment);
    if is_readable { Way::AsItIs } else { Way::Scope }
}

/// Says so when another tool has spread secrets of the set: the Octoterra Wizard renames each to `Name_Scope` without any scope and puts an
/// ordinary variable `#{Name_Scope}` in its place. Such a secret is readable as it is, and is used so.
pub(super) fn spread_by_others(owner: &Owner, set: &Document) -> Option<String> {
    let variables = set.list("Variables");
    let stands_for = |name: &str, variable: &Value| {
        !variable["IsSensitive"].as_bool().unwrap_or_default()
            && variable["Value"].as_str().and_then(|value| value.strip_prefix("#{")?.strip_suffix('}'))
                == Some(name)
            && variable["Name"]
                .as_str()
                .is_some_and(|old| name.strip_prefix(old).is_some_and(|rest| rest.starts_with('_')))
    };
    let by_others = |variable: &&Value| {
        let Some(fields) = variable.as_object() else { return false };
        state_of(fields, variables, None) == State::Secret
            && scope_kinds(&variable["Scope"]).is_empty()
            && variables.iter().any(|other| stands_for(text(fields, "Name"), other))
    };
    let count = variables.iter().filter(by_others).count();
    (count > 0).then(|| {
        format!(
            "{}: {count} secrets were given names of their own by another tool before; they are used as they are, and octoferry collapse leaves them alone",
            owner.title
        )
    })
}

fn line(
    inventory: &Inventory,
    variable: &str,
    scope: &Value,
    after: &Map<String, Value>,
    new_name: Option<&str>,
) -> Line {
    Line {
        name: variable.to_owned(),
        what: match new_name {
            Some(new_name) => {
                format!("{variable} is renamed to {new_name}; {variable} becomes #{{{new_name}}}")
            }
            None => format!("{variable} is also scoped to the environment {}", name::ENVIRONMENT),
        },
        readers_before: scope_text(inventory, scope),
        readers_after: scope_text(inventory, after.get("Scope").unwrap_or(&Value::Null)),
    }
}

/// The original with the environment added, journalled.
fn scoped(original: &Map<String, Value>, environment: &str) -> Map<String, Value> {
    let mut after = original.clone();
    let scope = original.get("Scope").cloned().unwrap_or(Value::Null);
    after.insert("Scope".to_owned(), widened(&scope, environment));
    let entry = Map::from_iter([("scope".to_owned(), scope), ("added".to_owned(), json!(environment))]);
    let description = Description::of(original, "Description");
    after.insert("Description".to_owned(), json!(journal::write(&description, entry)));
    after
}

/// The ordinary variable that takes the original's place, and the original under its new name, journalled.
///
/// With `in_git` it is sensitive as well: of a project whose variables are stored in Git only these are in the database, and an ordinary
/// one would be a commit on every branch. (Assumption: the server evaluates `#{…}` in a sensitive value like in any other.)
fn renamed(
    original: &Map<String, Value>,
    new_name: &str,
    environment: &str,
    in_git: bool,
) -> (Map<String, Value>, Map<String, Value>) {
    let description = Description::of(original, "Description");
    let prompted = original.get("Prompt").is_some_and(|prompt| !prompt.is_null());

    let mut alias = original.clone();
    alias.shift_remove("Id");
    alias.insert("Value".to_owned(), json!(format!("#{{{new_name}}}")));
    // What a person types at a prompt must stay sensitive.
    let hidden = prompted || in_git;
    alias.insert("Type".to_owned(), json!(if hidden { "Sensitive" } else { "String" }));
    alias.insert("IsSensitive".to_owned(), json!(hidden));
    let id = original.get("Id").cloned().unwrap_or(Value::Null);
    let mut entry = Map::from_iter([("for".to_owned(), id)]);
    if hidden {
        entry.insert("hidden".to_owned(), json!(true));
    }
    alias.insert("Description".to_owned(), json!(journal::write(&description, entry)));

    let mut secret = original.clone();
    let scope = original.get("Scope").cloned().unwrap_or(Value::Null);
    let mut entry = Map::from_iter([
        ("name".to_owned(), original.get("Name").cloned().unwrap_or(Value::Null)),
        ("scope".to_owned(), scope.clone()),
        ("added".to_owned(), json!(environment)),
    ]);
    if prompted {
        entry.insert("prompt".to_owned(), original.get("Prompt").cloned().unwrap_or(Value::Null));
        secret.insert("Prompt".to_owned(), Value::Null);
    }
    secret.insert("Name".to_owned(), json!(new_name));
    secret.insert("Scope".to_owned(), renamed_scope(&scope, environment));
    secret.insert("Description".to_owned(), json!(journal::write(&description, entry)));
    (alias, secret)
}

/// The scope of a renamed secret: its environments and ours; one without environments stays without any scope.
pub(super) fn renamed_scope(scope: &Value, environment: &str) -> Value {
    let mut ids: Vec<&str> = environments(scope).collect();
    if ids.is_empty() {
        return json!({});
    }
    if !ids.contains(&environment) {
        ids.push(environment);
    }
    json!({"Environment": ids})
}

/// A scope of environments with ours added.
pub(super) fn widened(scope: &Value, environment: &str) -> Value {
    let mut after = scope.clone();
    if let Some(ids) = after.get_mut("Environment").and_then(Value::as_array_mut)
        && !ids.iter().any(|id| id == environment)
    {
        ids.push(json!(environment));
    }
    after
}

/// The kinds that a scope really limits.
pub(super) fn scope_kinds(scope: &Value) -> Vec<&str> {
    let limits = |values: &Value| values.as_array().is_some_and(|values| !values.is_empty());
    scope
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, values)| limits(values))
        .map(|(kind, _)| kind.as_str())
        .collect()
}

pub(super) fn environments(scope: &Value) -> impl Iterator<Item = &str> {
    scope.get("Environment").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

pub(super) fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> &'a str {
    fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A name that nothing in the space has: owner, name, scope, in words; a number where that is not enough.
fn unique_name(
    inventory: &Inventory,
    owner: &Owner,
    variable: &str,
    scope: &Value,
    taken: &mut BTreeSet<String>,
) -> String {
    let mut parts = vec![name::name_part(&owner.name), name::name_part(variable)];
    let scope_names: Vec<String> = scope
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(kind, values)| values.as_array().into_iter().flatten().map(move |value| (kind, value)))
        .filter_map(|(kind, value)| Some((kind, value.as_str()?)))
        .map(|(kind, value)| {
            name::name_part(super::scope_value_name(inventory, kind, value).unwrap_or(value))
        })
        .collect();
    let scope = if scope_names.is_empty() { "Unscoped".to_owned() } else { scope_names.join("_") };
    parts.push(name::name_part(&scope));
    let mut base = parts.join(".");
    if view::is_set_by_runs(&base) || name::is_like_ours(&base) {
        base.insert_str(0, "Of-");
    }
    let candidates = std::iter::once(base.clone()).chain((2_u32..).map(|number| format!("{base}-{number}")));
    for candidate in candidates {
        if taken.insert(candidate.to_lowercase()) {
            return candidate;
        }
    }
    unreachable!("the candidates never end")
}
