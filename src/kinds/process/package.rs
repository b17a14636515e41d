//! What an action takes from elsewhere: packages, a container, Git repositories.

use serde_json::{Map, Value};

use super::elsewhere;
use super::plan::Action;
use crate::convert::context::{At, Context};
use crate::convert::fields;
use crate::hcl::{Block, Expr};
use crate::kinds::model::{Field, ID, custom, finish, ignored, map, plain, reference};

const PACKAGE: &[Field] = &[
    ID,
    elsewhere("Name"),
    custom("PackageId", package_id).writes(&["package_id"]),
    custom("FeedId", feed_id).writes(&["feed_id"]),
    plain("AcquisitionLocation"),
    plain("Version"),
    map("Properties"),
    ignored("StepPackageInputsReferenceId", "only of use to the new step framework"),
];

const CONTAINER: &[Field] = &[
    custom("FeedId", feed_id).writes(&["feed_id"]),
    plain("Image"),
    finish("GitUrl", "the provider has no argument for it"),
    finish("Dockerfile", "the provider has no argument for it"),
];

const GIT_DEPENDENCY: &[Field] = &[
    elsewhere("Name"),
    plain("RepositoryUri").keep_empty(),
    plain("DefaultBranch").keep_empty(),
    plain("FilePathFilters"),
    plain("GitCredentialType").keep_empty(),
    reference("GitCredentialId", "git-credentials"),
    custom("GitHubConnectionId", github_connection).writes(&["github_connection_id"]),
    ignored("StepPackageInputsReferenceId", "only of use to the new step framework"),
];

/// A package id, or the id of a project for steps that deploy its releases.
fn package_id(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let expression = context.text_with_ids(value.as_str().unwrap_or_default(), at);
    block.set("package_id", expression);
}

/// The id of a feed, or an expression that gives one.
fn feed_id(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value.as_str() {
        None | Some("") => {}
        Some(expression) if expression.contains("#{") => {
            let text = context.free_text(expression, at);
            block.set("feed_id", text);
        }
        Some(id) => {
            let feed = context.reference("feeds", id, at);
            block.set("feed_id", feed);
        }
    }
}

/// Without a text the provider answers an inconsistent result (1.17.0).
fn github_connection(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    if !fields::is_empty(value) {
        context.note(
            "not-carried",
            at,
            "names a GitHub App connection of the source server, which is not in the space",
            "Make the connection at the destination and choose it in the step.",
        );
    }
    block.set("github_connection_id", "");
}

/// `container = { … }` when the action has one.
pub(super) fn container(context: &mut Context<'_>, action: &Action<'_>, block: &mut Block) {
    let at = action.at.field("Container");
    match action.fields.get("Container") {
        Some(Value::Object(container)) => {
            let mut inner = Block::default();
            fields::carry(context, CONTAINER, container, &at, &mut inner);
            if !inner.attributes.is_empty() {
                block.set("container", fields::object_of(inner));
            }
        }
        None | Some(Value::Null) => {}
        Some(other) => fields::odd(context, &at, other),
    }
}

/// `primary_package` for the one without a name, `packages` for the others.
pub(super) fn packages(context: &mut Context<'_>, action: &Action<'_>, block: &mut Block) {
    let mut others = Vec::new();
    for (name, package, at) in items(context, action, "Packages") {
        let mut inner = Block::default();
        fields::carry(context, PACKAGE, package, &at, &mut inner);
        let object = fields::object_of(inner);
        if name.is_empty() {
            take_away_reserved(context, action);
            block.set("primary_package", object);
        } else {
            others.push((name.to_owned(), object));
        }
    }
    // It writes the primary one first.
    let first = list_of(action, "Packages").first();
    let primary_first = first.is_some_and(|package| package["Name"].as_str().unwrap_or_default().is_empty());
    if others.len() > 1 || !primary_first {
        keep_order(context, action, "Packages");
    }
    set_map(block, "packages", others);
}

/// What an action takes is copied from its template: only what no table knows would get lost.
pub(super) fn note_unknown(context: &mut Context<'_>, action: &Action<'_>) {
    for (list, known) in [("Packages", PACKAGE), ("GitDependencies", GIT_DEPENDENCY)] {
        for (_, item, at) in items(context, action, list) {
            for (name, value) in item {
                if !known.iter().any(|field| field.api == name) {
                    fields::unknown(context, &at.field(name), value);
                }
            }
        }
    }
}

/// The provider makes the reserved properties of every primary package; some steps have none.
fn take_away_reserved(context: &mut Context<'_>, action: &Action<'_>) {
    for name in RESERVED {
        if !action.properties().any(|(other, _)| other == name) {
            reserved(context, action, name, &Value::Null);
        }
    }
}

/// The provider keeps them in a map, and writes them in an order of its own.
fn keep_order(context: &mut Context<'_>, action: &Action<'_>, list: &str) {
    context.keep_names_in_order(&action.at.field(list), list_of(action, list));
}

fn list_of<'a>(action: &'a Action<'_>, list: &str) -> &'a [Value] {
    action.fields.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
}

pub(super) fn git_dependencies(context: &mut Context<'_>, action: &Action<'_>, block: &mut Block) {
    let mut dependencies = Vec::new();
    for (name, dependency, at) in items(context, action, "GitDependencies") {
        let mut inner = Block::default();
        fields::carry(context, GIT_DEPENDENCY, dependency, &at, &mut inner);
        dependencies.push((name.to_owned(), fields::object_of(inner)));
    }
    keep_order(context, action, "GitDependencies");
    set_map(block, "git_dependencies", dependencies);
}

fn items<'a>(
    context: &mut Context<'_>,
    action: &'a Action<'_>,
    list: &str,
) -> Vec<(&'a str, &'a Map<String, Value>, At)> {
    let all = list_of(action, list);
    let mut found = Vec::new();
    for (index, item) in all.iter().enumerate() {
        let at = action.at.field(list).item(all, index);
        match item.as_object() {
            Some(object) => {
                found.push((object.get("Name").and_then(Value::as_str).unwrap_or_default(), object, at))
            }
            None => fields::odd(context, &at, item),
        }
    }
    found
}

fn set_map(block: &mut Block, argument: &str, mut pairs: Vec<(String, Expr)>) {
    if !pairs.is_empty() {
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        block.set(argument, Expr::Map(pairs));
    }
}

/// Properties that the provider makes of the primary package and hides when it reads (1.17.0,
/// `process_step_reserved_execution_properties_validator.go`).
const RESERVED: [&str; 3] = [
    "Octopus.Action.Package.PackageId",
    "Octopus.Action.Package.FeedId",
    "Octopus.Action.Package.DownloadOnTentacle",
];

pub(super) fn is_reserved(property: &str) -> bool {
    RESERVED.contains(&property)
}

/// A reserved property: nothing to do when it is what the provider makes, else for finish.
pub(super) fn reserved(context: &mut Context<'_>, action: &Action<'_>, name: &str, value: &Value) {
    let packages = action.fields.get("Packages").and_then(Value::as_array).into_iter().flatten();
    let primary =
        packages.into_iter().find(|package| package["Name"].as_str().unwrap_or_default().is_empty());
    let made = primary.map(|package| match name {
        "Octopus.Action.Package.PackageId" => package["PackageId"].as_str().unwrap_or_default(),
        "Octopus.Action.Package.FeedId" => package["FeedId"].as_str().unwrap_or_default(),
        _ if package["AcquisitionLocation"] == "ExecutionTarget" => "True",
        _ => "False",
    });
    let made = made.filter(|_| !value.is_null());
    if made.is_none_or(|made| !value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(made))) {
        context.set(
            &action.at.field("Properties").field(name),
            value,
            "the provider keeps this property for itself",
        );
    }
}
