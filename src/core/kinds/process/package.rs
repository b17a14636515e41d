//! What an action takes from elsewhere: packages, a container, Git repositories.

use serde_json::Value;

use super::plan::Action;
use crate::convert::context::{At, Context};
use crate::convert::fields::{self, Fields};
use crate::convert::model::{
    Field, ID, NO_ARGUMENT, by_code, custom, finish, ignored, map, plain, reference,
};
use crate::convert::table;
use crate::dead::is_project_feed;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;

const PACKAGE: &[Field] = &[
    ID,
    by_code("PackageId"),
    custom("FeedId", feed_id).writes(&["feed_id"]),
    plain("AcquisitionLocation"),
    plain("Version"),
    map("Properties"),
    ignored("StepPackageInputsReferenceId", "only of use to the new step framework"),
];

const CONTAINER: &[Field] = &[
    custom("FeedId", feed_id).writes(&["feed_id"]),
    plain("Image"),
    finish("GitUrl", NO_ARGUMENT),
    finish("Dockerfile", NO_ARGUMENT),
];

const GIT_DEPENDENCY: &[Field] = &[
    plain("RepositoryUri").keep_empty(),
    plain("DefaultBranch").keep_empty(),
    plain("FilePathFilters"),
    plain("GitCredentialType").keep_empty(),
    reference("GitCredentialId", Collection::GitCredentials),
    custom("GitHubConnectionId", github_connection).writes(&["github_connection_id"]),
    ignored("StepPackageInputsReferenceId", "only of use to the new step framework"),
];

/// The feed of the server's own releases has the ids of projects for packages; elsewhere a package may be called like one.
fn package_id(context: &mut Context<'_>, package: &mut Fields<'_>, feed: &Value, block: &mut Block) {
    let (id, at) = (package.text("PackageId"), package.at("PackageId"));
    let is_project = is_project_feed(context.inventory, feed);
    let id = if is_project { context.text_with_ids(&at, id) } else { context.text(&at, id) };
    block.set("package_id", id);
}

/// The id of a feed, or an expression that gives one. Without the argument the provider takes the built-in feed for a package.
fn feed_id(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value.as_str() {
        None | Some("") => block.set("feed_id", ""),
        Some(expression) if expression.contains("#{") => {
            let text = context.free_text(at, expression);
            block.set("feed_id", text);
        }
        Some(id) => {
            let feed = context.reference(at, Collection::Feeds, id);
            block.set("feed_id", feed);
        }
    }
}

/// Without a text the provider answers an inconsistent result (1.17.0).
fn github_connection(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    if !fields::is_empty(value) {
        context.note(
            at,
            "not-carried",
            "names a GitHub App connection of the source server, which is not in the space",
            "Make the connection at the destination and choose it in the step.",
        );
    }
    block.set("github_connection_id", "");
}

/// `container = { … }` when the action has one.
pub(super) fn container(context: &mut Context<'_>, action: &mut Fields<'_>, block: &mut Block) {
    let mut inner = Block::default();
    // The provider reads an empty text where there is none, and calls null in the module inconsistent (1.17.0,
    // `resource_process_step.go`): so it is both or neither.
    let given = |value: &Value| {
        ["FeedId", "Image"].iter().any(|name| value[*name].as_str().is_some_and(|text| !text.is_empty()))
    };
    let is_given = action.peek("Container").is_some_and(given);
    action.inside(context, "Container", |context, container| container.carry(context, CONTAINER, &mut inner));
    if is_given {
        if !inner.attributes.iter().any(|attribute| attribute.name == "image") {
            inner.set("image", "");
        }
        block.set("container", table::object_of(inner));
    }
}

/// `primary_package` for the one without a name, `packages` for the others.
pub(super) fn packages(
    context: &mut Context<'_>,
    action: &Action<'_>,
    fields: &mut Fields<'_>,
    block: &mut Block,
) {
    let mut others = Vec::new();
    let (list, at) = (fields.list("Packages"), fields.at("Packages"));
    for (name, object) in named_objects(context, &at, PACKAGE, list) {
        if name.is_empty() {
            take_away_reserved(context, action);
            block.set("primary_package", object);
        } else {
            others.push((name, object));
        }
    }
    // It writes the primary one first.
    let primary_first =
        list.first().is_some_and(|package| package["Name"].as_str().unwrap_or_default().is_empty());
    // The provider keeps them in a map, and writes them in an order of its own.
    if others.len() > 1 || !primary_first {
        context.keep_names_in_order(&at, list);
    }
    set_map(block, "packages", others);
}

pub(super) fn git_dependencies(context: &mut Context<'_>, fields: &mut Fields<'_>, block: &mut Block) {
    let (list, at) = (fields.list("GitDependencies"), fields.at("GitDependencies"));
    let dependencies = named_objects(context, &at, GIT_DEPENDENCY, list);
    context.keep_names_in_order(&at, list);
    set_map(block, "git_dependencies", dependencies);
}

/// What an action takes is copied from its template: only what no table knows would get lost.
pub(super) fn of_template(context: &mut Context<'_>, action: &mut Fields<'_>) {
    for (name, table) in [("Packages", PACKAGE), ("GitDependencies", GIT_DEPENDENCY)] {
        let (list, at) = (action.list(name), action.at(name));
        for (index, item) in list.iter().enumerate() {
            fields::read_value(context, &at.item(list, index), item, |_, fields| {
                fields.ignore("Name", "the template has it");
                fields.ignore_all(table, "the template has it");
            });
        }
    }
}

/// The items of a list, each with its name and as an object.
fn named_objects(context: &mut Context<'_>, at: &At, table: &[Field], list: &[Value]) -> Vec<(String, Expr)> {
    let mut found = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let object = fields::read_value(context, &at.item(list, index), item, |context, fields| {
            let mut inner = Block::default();
            let name = fields.text("Name").to_owned();
            if table.iter().any(|field| field.api == "PackageId") {
                package_id(context, fields, &item["FeedId"], &mut inner);
            }
            fields.carry(context, table, &mut inner);
            (name, table::object_of(inner))
        });
        found.extend(object);
    }
    found
}

/// The provider makes the reserved properties of every primary package; some steps have none.
fn take_away_reserved(context: &mut Context<'_>, action: &Action<'_>) {
    for name in RESERVED {
        if !action.properties().any(|(other, _)| other == name) {
            reserved(context, action, name, &Value::Null);
        }
    }
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
