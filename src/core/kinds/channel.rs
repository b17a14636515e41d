//! Channels. The first one of a project comes with it: the provider can't take it over in the same apply, so what differs is for finish.

use serde_json::Value;

use crate::convert;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{is_empty, odd, read};
use crate::convert::model::*;
use crate::hcl::{Block, Expr};
use crate::kinds::process::Actions;
use documents::collection::Collection;
use documents::document::Document;
use documents::ids::id_order;
use module::identities::Named;

const COMES_WITH_PROJECT: &str =
    "the channel comes with the project, and the provider can't take it over in the apply that makes it";
const LIMIT: &str = "the provider does not know it: the rules of a channel that has one are all finish's";
/// What a server calls the channel that it makes with a project.
const MADE_AS: &str = "Default";

pub(super) const KIND: Kind = Kind {
    collection: Collection::Channels,
    noun: "channel",
    file: "channels.tf",
    shapes: &[Shape { resource: "octopusdeploy_channel", fields: FIELDS, ..Shape::DEFAULT }],
    declare: Some(declare),
    expand: Some(expand),
    ..Kind::DEFAULT
};

const FIELDS: &[Field] = &[
    reference("ProjectId", Collection::Projects),
    plain("Name"),
    plain("Description"),
    flag("IsDefault"),
    reference("LifecycleId", Collection::Lifecycles),
    plain("Type").unless(Literal::Text("Lifecycle")),
    reference("ParentEnvironmentId", Collection::ParentEnvironments),
    plain("EphemeralEnvironmentNameTemplate"),
    tags("TenantTags"),
    plain("GitReferenceRules"),
    objects("CustomFieldDefinitions", &[plain("FieldName").keep_empty(), plain("Description").keep_empty()]),
    objects(
        "GitResourceRules",
        &[
            plain("Rules"),
            objects(
                "GitDependencyActions",
                &[
                    custom("DeploymentActionSlug", action_slug).writes(&["deployment_action_slug"]),
                    plain("GitDependencyName").keep_empty(),
                ],
            ),
            ID,
        ],
    ),
    blocks(
        "Rules",
        &[
            plain("VersionRange"),
            plain("Tag"),
            blocks(
                "ActionPackages",
                &[
                    custom("DeploymentAction", action_name).writes(&["deployment_action"]),
                    // An empty text gives an inconsistent result (1.17.0).
                    plain("PackageReference"),
                ],
            )
            .named("action_package"),
            finish("VersionTagRegex", LIMIT),
            finish("VersioningStrategy", LIMIT),
            ID,
        ],
    )
    .named("rule"),
    finish("AutomaticEphemeralEnvironmentDeployments", NO_ARGUMENT).unless(Literal::Flag(false)),
    slug(),
    ID,
    SPACE_ID,
];

fn action_name(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value.as_str() {
        Some(name) => block.set("deployment_action", context.drawers.open::<Actions>().name(name)),
        None => odd(context, at, value),
    }
}

fn action_slug(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value.as_str() {
        Some(slug) => block.set("deployment_action_slug", context.drawers.open::<Actions>().slug(slug)),
        None => odd(context, at, value),
    }
}

/// Whether this is the channel that came with the project: the one that was it when the project was moved first, whatever it is called now; else the one
/// called `Default`, else the oldest. Servers do not tell upper from lower case there: one called `default` could not be made beside it.
fn comes_with_project(context: &Context<'_>, channel: &Document) -> bool {
    let project = channel.text("ProjectId").unwrap_or_default();
    let siblings = || context.inventory.of(Collection::Channels, project);
    let called = |name: &str| siblings().find(|other| other.name().eq_ignore_ascii_case(name));
    let made = match came_with_project(context) {
        Some(known) => siblings().find(|other| other.id() == known.id).or_else(|| {
            // It is gone. One that has its name now takes its place, as nothing else can have that name at the destination.
            let names = known.keys.iter().filter_map(|key| key.last());
            names.map(String::as_str).chain([MADE_AS]).find_map(called)
        }),
        None => called(MADE_AS).or_else(|| siblings().min_by_key(|other| id_order(other.id()))),
    };
    made.is_some_and(|made| made.id() == channel.id())
}

/// What an earlier module of the project knows of the channel that came with it.
fn came_with_project<'i>(context: &Context<'i>) -> Option<&'i Named> {
    let earlier = &context.selection.earlier;
    let mut channels = earlier.named.iter().chain(&earlier.left);
    channels.find(|named| named.collection == Collection::Channels)
}

/// The names under which the destination may have it, but for the one that it gets.
fn former_names(context: &Context<'_>) -> Vec<String> {
    let known = came_with_project(context);
    let keys = known.into_iter().flat_map(|known| &known.keys).filter_map(|key| key.last().cloned());
    keys.chain([MADE_AS.to_owned()]).collect()
}

fn declare(context: &mut Context<'_>, subject: &Subject<'_>) {
    if comes_with_project(context, subject.document) {
        context.declare(subject.document.id(), Expr::reference("local.default_channel"));
    }
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    if !context.has(subject.file) {
        let heading = heading(context, subject.document);
        context.add_comment(subject.file, &heading);
    }
    if comes_with_project(context, subject.document) {
        change_default(context, subject);
    } else {
        let mut block = convert::resource(context, &KIND, &KIND.shapes[0], subject);
        leave_rules_to_finish(context, subject, &mut block);
        convert::make(context, &KIND, subject, block);
    }
}

/// A server refuses rules for steps that it does not have yet (see `dead/steps.rs`). Terraform makes the steps first where a rule refers to them,
/// which it can't where the channel limits a step, or where Terraform does not know the step by the name that the rule has.
fn leave_rules_to_finish(context: &mut Context<'_>, subject: &Subject<'_>, block: &mut Block) {
    for (field, argument) in [("Rules", "rule"), ("GitResourceRules", "git_resource_rules")] {
        let rules = subject.document.get(field).unwrap_or(&Value::Null);
        let mut steps = Vec::new();
        steps_in(rules, &mut steps);
        let actions = context.drawers.open::<Actions>();
        let is_late = |step: &&str| actions.limits_a_step(subject.document.id()) || !actions.refers_to(step);
        if !steps.iter().any(is_late) || block.ignores(argument) {
            continue;
        }
        block.blocks.retain(|inner| inner.kind != argument);
        block.attributes.retain(|attribute| attribute.name != argument);
        block.ignore_changes(argument);
        let why = "a server takes rules for steps that it has, and Terraform can't make these steps first";
        context.set(&subject.at.field(field), &without_ids(rules), why);
    }
}

/// The names and slugs of steps in rules.
fn steps_in<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| steps_in(item, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value
                    .as_str()
                    .filter(|_| ["DeploymentAction", "DeploymentActionSlug"].contains(&name.as_str()))
                {
                    Some(step) if !step.is_empty() => found.push(step),
                    _ => steps_in(value, found),
                }
            }
        }
        _ => {}
    }
}

fn heading(context: &Context<'_>, channel: &Document) -> String {
    let project = channel.text("ProjectId").unwrap_or_default();
    let mut siblings = context.inventory.of(Collection::Channels, project);
    let other = siblings.find(|other| {
        other.flag("IsDefault")
            && !comes_with_project(context, other)
            && context.selection.makes_in_project(project, KIND.collection, other)
    });
    match other {
        Some(other) => {
            let name = other.name();
            format!(
                "The channel \"{MADE_AS}\" comes with the project; it is no longer the default one when \"{name}\" is."
            )
        }
        None => format!("The channel \"{MADE_AS}\" comes with the project."),
    }
}

/// Finish steps that make the project's own channel what it is at the source. Its new name comes first: the others use it.
fn change_default(context: &mut Context<'_>, subject: &Subject<'_>) {
    let document = subject.document;
    let formerly = former_names(context);
    let key = |name: &String| {
        let mut key = subject.at.target.key.clone();
        key.pop();
        key.push(name.clone());
        key
    };
    context.known_by_names(&subject.at.target, document.id(), formerly.iter().map(key).collect());
    if formerly.iter().any(|name| name != document.name()) {
        context.set(
            &subject.at.field("Name"),
            &Value::String(document.name().to_owned()),
            COMES_WITH_PROJECT,
        );
    }
    read(context, &subject.at, document.fields(), |context, fields| {
        for name in fields.names().filter(|name| FIELDS.iter().any(|field| field.api == *name)) {
            let value = fields.take(name);
            let as_made = match name {
                "Id" | "SpaceId" | "ProjectId" | "Name" | "IsDefault" => true,
                "Type" => value == "Lifecycle",
                "Slug" => value == "default",
                "AutomaticEphemeralEnvironmentDeployments" => *value == Value::Bool(false),
                _ => is_empty(value),
            };
            if !as_made {
                context.set(&fields.at(name), &without_ids(value), COMES_WITH_PROJECT);
            }
        }
    });
}

/// Rules without their ids, which the server gives.
fn without_ids(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "Id")
            .map(|(name, value)| (name.clone(), without_ids(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_ids).collect(),
        other => other.clone(),
    }
}

/// `local.default_channel`, where something in the module asks for it.
pub(super) fn add_lookup(context: &mut Context<'_>, project: &str) {
    if !context.uses("local.default_channel") {
        return;
    }
    let renamed = context
        .inventory
        .of(Collection::Channels, project)
        .find(|channel| comes_with_project(context, channel))
        .map(|channel| channel.name().to_owned());
    // Before finish it has a name that it had, then its new one.
    let mut names = former_names(context);
    names.extend(renamed);
    names.sort();
    names.dedup();
    let quoted: Vec<String> = names.iter().map(|name| crate::hcl::quoted(name)).collect();
    let condition = match quoted.as_slice() {
        [name] => format!("x.name == {name}"),
        _ => format!("contains([{}], x.name)", quoted.join(", ")),
    };
    let at = At {
        target: module::manifest::Target { collection: Collection::Projects, key: Vec::new() },
        id: project.to_owned(),
        path: Vec::new(),
        prefix: String::new(),
        owner: String::new(),
    };
    let project = context.reference(&at, Collection::Projects, project);
    let data = Block::new("data", &["octopusdeploy_channels", "project"])
        .with("project_id", project)
        .with("take", Expr::number(10000));
    let locals = Block::new("locals", &[]).with(
        "default_channel",
        Expr::Code(format!(
            "one([for x in data.octopusdeploy_channels.project.channels : x.id if {condition}])"
        )),
    );
    context.add(KIND.file, data);
    context.add(KIND.file, locals);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;
    use crate::kinds::testing::convert_project;

    #[test]
    fn rules_lose_their_ids() {
        assert_eq!(without_ids(&json!([{"Id": "1", "Tag": "a"}])), json!([{"Tag": "a"}]));
    }

    #[test]
    fn a_rule_whose_limit_the_provider_does_not_know_is_finishs() {
        let documents = json!({"channels": [
            {"Id": "Channels-1", "Name": "Default", "ProjectId": "Projects-1", "IsDefault": true},
            {"Id": "Channels-2", "Name": "Hotfix", "ProjectId": "Projects-1", "Rules": [
                {"Id": "r1", "VersionRange": "[1.0,)", "Tag": "", "ActionPackages": [], "VersionTagRegex": "^hotfix", "VersioningStrategy": "SemVer"}]},
            {"Id": "Channels-3", "Name": "Plain", "ProjectId": "Projects-1", "Rules": [
                {"Id": "r2", "VersionRange": "[2.0,)", "Tag": "", "ActionPackages": [], "VersionTagRegex": null, "VersioningStrategy": ""}]},
            {"Id": "Channels-4", "Name": "Tomorrow", "ProjectId": "Projects-1", "GitResourceRules": [
                {"Id": "g1", "Rules": ["refs/heads/main"], "GitDependencyActions": [{"DeploymentActionSlug": "deploy", "GitDependencyName": "", "OnlyTags": ["v*"]}]}]}
        ]});
        expect![[r##"
            # The channel "Default" comes with the project.

            resource "octopusdeploy_channel" "hotfix" {
              project_id = octopusdeploy_project.tickets.id
              name       = "Hotfix"

              lifecycle {
                ignore_changes = [rule]
              }
            }

            resource "octopusdeploy_channel" "plain" {
              project_id = octopusdeploy_project.tickets.id
              name       = "Plain"

              rule {
                version_range = "[2.0,)"
              }
            }

            resource "octopusdeploy_channel" "tomorrow" {
              project_id = octopusdeploy_project.tickets.id
              name       = "Tomorrow"

              lifecycle {
                ignore_changes = [git_resource_rules]
              }
            }
            --- finish {"do":"set","target":{"collection":"channels","key":["Tickets","Hotfix"]},"path":["Rules"],"value":{"json":[{"VersionRange":"[1.0,)","Tag":"","ActionPackages":[],"VersionTagRegex":"^hotfix","VersioningStrategy":"SemVer"}]}}
            --- finish {"do":"set","target":{"collection":"channels","key":["Tickets","Tomorrow"]},"path":["GitResourceRules"],"value":{"json":[{"Rules":["refs/heads/main"],"GitDependencyActions":[{"DeploymentActionSlug":"deploy","GitDependencyName":"","OnlyTags":["v*"]}]}]}}
        "##]].assert_eq(&convert_project("channels.tf", &documents));
    }
}
