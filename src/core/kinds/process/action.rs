//! One action as a block: a step with its first action, or a child step.

use serde_json::Value;

use super::package;
use super::plan::{Action, Process, Step};
use super::property::{self, Level};
use super::template::{self, WrittenIn};
use crate::convert::context::Context;
use crate::convert::fields::{self, Fields};
use crate::convert::model::{Field, ID, Literal, flag, ignored, plain, reference, references, tags};
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::property::{TEMPLATE_ID, TEMPLATE_VERSION};

const ONE_NAME: &str = "the provider has one name for a step and its first action";
const NO_CONDITION: &str = "the provider does not send the condition of a step's first action";

/// A step that runs a process template of the server's Platform Hub.
const PROCESS_TEMPLATE: &str = "Octopus.ProcessTemplate";
const TEMPLATE_SLUG: &str = "Octopus.Action.ProcessTemplate.Reference.Slug";

/// Fields of an action that need no thought; in the order in which they are written.
const ACTION: &[Field] = &[
    ID,
    plain("Notes"),
    flag("IsDisabled"),
    flag("IsRequired"),
    references("Environments", Collection::Environments),
    references("ExcludedEnvironments", Collection::Environments),
    references("Channels", Collection::Channels),
    tags("TenantTags"),
    reference("WorkerPoolId", Collection::WorkerPools),
    plain("WorkerPoolVariable"),
    ignored("CanBeUsedForProjectVersioning", "the server sees it from the action's packages"),
    ignored("StepPackageVersion", "only of use to the new step framework"),
    ignored("Inputs", "empty; an action that has some is left out with a note"),
    ignored("Items", "empty; an action that has some is left out with a note"),
];

/// The block of a step with its first action. `process` is the address of the process.
pub(super) fn first(
    context: &mut Context<'_>,
    owner: &Process<'_>,
    step: &Step<'_>,
    of_step: &mut Fields<'_>,
    process: &Expr,
) -> Block {
    let action = step.first();
    let mut block = Block::resource(action.resource, &action.label).made_of(&action.identity);
    block.set("process_id", process.clone().attribute("id"));
    fields::read(context, &action.at, action.fields, |context, of_action| {
        let name = context.text(&of_step.at("Name"), of_step.text("Name"));
        identify(context, action, of_action, name, &mut block);
        of_step.carry(context, CHOICES, &mut block);
        let (own_name, own_at) = (of_action.take("Name"), of_action.at("Name"));
        if action.renamed {
            context.set(&own_at, &Value::String(action.text("Name").to_owned()), ONE_NAME);
        } else {
            // The same name stands at two places, and Terraform composes it at both.
            context.text(&own_at, own_name.as_str().unwrap_or_default());
        }
        let condition = of_action.text("Condition");
        if !matches!(condition, "" | "Success") {
            context.set(&of_action.at("Condition"), &Value::String(condition.to_owned()), NO_CONDITION);
        }
        of_action.carry(context, ACTION, &mut block);
        step_properties(context, of_step, owner, action, &mut block);
        takes(context, owner, action, of_action, &mut block);
    });
    block
}

/// The block of a child step.
pub(super) fn child(
    context: &mut Context<'_>,
    owner: &Process<'_>,
    step: &Step<'_>,
    action: &Action<'_>,
    process: &Expr,
) -> Block {
    let mut block = Block::resource(action.resource, &action.label).made_of(&action.identity);
    block.set("process_id", process.clone().attribute("id"));
    block.set("parent_id", step.first().address().attribute("id"));
    fields::read(context, &action.at, action.fields, |context, of_action| {
        let name = context.text(&of_action.at("Name"), of_action.text("Name"));
        identify(context, action, of_action, name, &mut block);
        let condition = of_action.text("Condition");
        if !matches!(condition, "" | "Success") {
            block.set("condition", condition);
        }
        of_action.carry(context, ACTION, &mut block);
        takes(context, owner, action, of_action, &mut block);
    });
    block
}

/// Name, slug, and the type or the template.
fn identify(
    context: &mut Context<'_>,
    action: &Action<'_>,
    fields: &mut Fields<'_>,
    name: Expr,
    block: &mut Block,
) {
    block.set("name", name);
    let (slug, kind) = (fields.text("Slug"), fields.text("ActionType"));
    if kind == PROCESS_TEMPLATE {
        note_process_template(context, action);
    }
    if !slug.is_empty() {
        block.set("slug", slug);
    }
    match action.template {
        Some(template) => {
            let template = context.step_template(&action.at, template.id());
            block.set("template_id", template.clone().attribute("id"));
            block.set("template_version", template.attribute("version"));
        }
        None => block.set("type", kind),
    }
}

/// When a step runs.
const CHOICES: &[Field] = &[
    plain("StartTrigger")
        .accepts(&["StartAfterPrevious", "StartWithPrevious"])
        .unless(Literal::Text("StartAfterPrevious")),
    plain("Condition")
        .accepts(&["Success", "Failure", "Always", "Variable"])
        .unless(Literal::Text("Success")),
    plain("PackageRequirement")
        .accepts(&["LetOctopusDecide", "AfterPackageAcquisition", "BeforePackageAcquisition"])
        .unless(Literal::Text("LetOctopusDecide")),
];

/// Container, packages, Git dependencies and properties.
fn takes(
    context: &mut Context<'_>,
    owner: &Process<'_>,
    action: &Action<'_>,
    fields: &mut Fields<'_>,
    block: &mut Block,
) {
    package::container(context, fields, block);
    if action.template.is_none() {
        package::packages(context, action, fields, block);
        package::git_dependencies(context, fields, block);
    } else {
        package::of_template(context, fields);
    }
    action_properties(context, owner, action, fields, block);
}

/// Of a template that a space uses and does not hold.
pub(crate) const IN_HUB: &str =
    "which is in the Git repository of the source server's Platform Hub, not in the space";
pub(crate) const CONNECT_HUB: &str = "Connect the destination's Platform Hub to a repository that has this template, publish it and share it with the space.";

/// The step is carried, what it runs is not of the space.
fn note_process_template(context: &mut Context<'_>, action: &Action<'_>) {
    let slug =
        action.properties().find(|(name, _)| *name == TEMPLATE_SLUG).and_then(|(_, slug)| slug.as_str());
    let text = format!(
        "the {} runs the process template \"{}\", {IN_HUB}",
        action.at.owner,
        slug.unwrap_or_default()
    );
    context.note(&action.at, "process-template", &text, CONNECT_HUB);
}

fn step_properties(
    context: &mut Context<'_>,
    step: &mut Fields<'_>,
    owner: &Process<'_>,
    action: &Action<'_>,
    block: &mut Block,
) {
    let at = step.at("Properties");
    let mut pairs = Vec::new();
    for (name, value) in step.entries("Properties") {
        if let Some(expression) =
            property::value(context, &at.field(name), owner, action, Level::Step, name, value)
        {
            pairs.push((name.clone(), expression));
        }
    }
    set_map(block, "properties", pairs);
}

fn action_properties(
    context: &mut Context<'_>,
    owner: &Process<'_>,
    action: &Action<'_>,
    fields: &mut Fields<'_>,
    block: &mut Block,
) {
    let at = fields.at("Properties");
    let mut parameters = Vec::new();
    let mut execution = Vec::new();
    for (name, value) in fields.entries("Properties") {
        let place =
            action.template.map_or(WrittenIn::Execution, |template| template::place(template, name, value));
        if place == WrittenIn::Template {
            continue;
        }
        if action.template.is_none() && package::is_reserved(name) {
            package::reserved(context, action, name, value);
            continue;
        }
        if action.template.is_none() && (name == TEMPLATE_ID || name == TEMPLATE_VERSION) {
            execution
                .extend(template_link(context, action, name).map(|expression| (name.clone(), expression)));
            continue;
        }
        if let Some(expression) =
            property::value(context, &at.field(name), owner, action, Level::Action, name, value)
        {
            let list = if place == WrittenIn::Parameter { &mut parameters } else { &mut execution };
            list.push((name.clone(), expression));
        }
    }
    set_map(block, "parameters", parameters);
    set_map(block, "execution_properties", execution);
}

/// A plain step that follows a template: the template's id and newest version at the destination.
fn template_link(context: &mut Context<'_>, action: &Action<'_>, name: &str) -> Option<Expr> {
    let id = action.fields.get("Properties")?.get(TEMPLATE_ID)?.as_str()?;
    if context.inventory.get(Collection::ActionTemplates, id).is_none() {
        if name == TEMPLATE_ID {
            context.note(
                &action.at.field("Properties").field(name),
                "dangling",
                &format!("the {} follows a step template that the source space does not have; it becomes a step without template", action.at.owner),
                "");
        }
        return None;
    }
    let template = context.step_template(&action.at, id);
    Some(if name == TEMPLATE_ID {
        template.attribute("id")
    } else {
        Expr::Call("tostring".to_owned(), vec![template.attribute("version")])
    })
}

fn set_map(block: &mut Block, argument: &str, mut pairs: Vec<(String, Expr)>) {
    if !pairs.is_empty() {
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        block.set(argument, Expr::Map(pairs));
    }
}
