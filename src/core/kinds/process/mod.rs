//! Deployment and runbook processes: steps, their actions, and the order of both.
//!
//! Work goes in two rounds. `declare` gives every action of a project its address, so that channels, variables, triggers and the versioning
//! strategy can refer to it; [`write`] writes the resources. An action is written as a plain step or, when the provider would make exactly it
//! from its step template, as a templated one (`template.rs`).

mod action;
mod framework;
mod json;
mod package;
mod plan;
mod property;
mod template;
mod text_file;

pub(crate) use action::{CONNECT_HUB, IN_HUB};
pub(super) use plan::Actions;
use plan::Process;

use std::collections::BTreeSet;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::convert::context::Context;
use crate::convert::fields;
use crate::convert::model::*;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::slug::slug_of;

const CHAIN: &str =
    "Each step waits for the one before it: they are added to one document, one after the other.";

/// The deployment process; those of runbooks are written with their runbook.
pub(super) const KIND: Kind = Kind {
    collection: Collection::DeploymentProcesses,
    noun: "deployment process",
    file: "deployment_process.tf",
    belongs: |document, project| document.id() == format!("deploymentprocess-{project}"),
    expand: Some(|context, subject| write_of(context, subject.document.id())),
    expands_to: &[
        "octopusdeploy_process",
        "octopusdeploy_process_steps_order",
        "octopusdeploy_process_child_steps_order",
        "octopusdeploy_process_step",
        "octopusdeploy_process_templated_step",
        "octopusdeploy_process_child_step",
        "octopusdeploy_process_templated_child_step",
    ],
    ..Kind::DEFAULT
};

/// Fields of a process document.
const PROCESS: &[Field] = &[
    ID,
    SPACE_ID,
    ignored("ProjectId", "the process is found by its project"),
    ignored("RunbookId", "the process is found by its runbook"),
    ignored("Version", "counts changes; the server keeps it"),
    ignored("LastSnapshotId", "the server keeps it"),
];

/// Fields of a step.
const STEP: &[Field] = &[
    ID,
    slug(),
    // What a server's own steps are; the other is a process template, and its action says so too.
    finish("Type", NO_ARGUMENT).unless(Literal::Text("Step")),
];

/// The processes that have several steps.
#[derive(Debug, Default)]
struct Chains(BTreeSet<String>);

/// Plans all processes of the module's project and declares the ids of their actions.
pub(crate) fn declare(context: &mut Context<'_>, project: &str) {
    if let Some(project) = context.inventory.get(Collection::Projects, project) {
        for process in plan::plan(context, project) {
            let id = process.document.id().to_owned();
            if process.steps.len() > 1 {
                context.drawers.open::<Chains>().0.insert(id.clone());
            }
            context.plan(&id, move |context| write(context, &process));
        }
    }
}

/// Begins the file of a process with a word on its steps, if there are several.
pub(crate) fn introduce(context: &mut Context<'_>, id: &str, file: &str) {
    if context.drawers.open::<Chains>().0.contains(id) && !context.has(file) {
        context.add_comment(file, CHAIN);
    }
}

/// Writes the process with that id, if it was planned.
pub(crate) fn write_of(context: &mut Context<'_>, id: &str) {
    context.carry_out(id);
}

/// Writes a process into its file: steps, child steps and their order.
fn write(context: &mut Context<'_>, process: &Process<'_>) {
    introduce(context, process.document.id(), &process.file);
    fields::read(context, &process.at, process.document.fields(), |context, fields| {
        fields.carry(context, PROCESS, &mut Block::default());
        fields.ignore("Steps", "each is read below, or was when the process was planned");
    });
    if process.steps.is_empty() {
        return;
    }
    let address = Expr::reference("octopusdeploy_process").attribute(&process.label);
    let mut block = Block::resource("octopusdeploy_process", &process.label).made_of(process.document.id());
    block.set("project_id", process.project.clone());
    if let Some(runbook) = &process.runbook {
        block.set("runbook_id", runbook.clone());
    }
    context.made(&process.at.target, &block.address(), true);
    context.add(&process.file, block);

    let mut order =
        Block::resource("octopusdeploy_process_steps_order", &process.label).made_of(process.document.id());
    order.set("process_id", address.clone().attribute("id"));
    order.set(
        "steps",
        process.steps.iter().map(|step| step.first().address().attribute("id")).collect::<Vec<_>>(),
    );
    context.add(&process.file, order);

    let mut before = None;
    for step in &process.steps {
        let mut block = fields::read(context, &step.at, step.fields, |context, fields| {
            fields.carry(context, STEP, &mut Block::default());
            keep_slug(context, process, step);
            fields.ignore("Actions", "each is read below, or was when the process was planned");
            action::first(context, process, step, fields, &address)
        });
        block.depends_on.extend(before.replace(step.first().address()));
        context.made_part(&step.at.target, &step.at.path, &block.address());
        context.add(&process.file, block);
        let children = &step.actions[1..];
        if children.is_empty() {
            continue;
        }
        let first = step.first();
        let mut order =
            Block::resource("octopusdeploy_process_child_steps_order", &first.label).made_of(&first.identity);
        order.set("process_id", address.clone().attribute("id"));
        order.set("parent_id", step.first().address().attribute("id"));
        order.set(
            "children",
            children.iter().map(|child| child.address().attribute("id")).collect::<Vec<_>>(),
        );
        context.add(&process.file, order);
        let mut before = None;
        for child in children {
            let mut block = action::child(context, process, step, child, &address);
            block.depends_on.extend(before.replace(child.address()));
            context.made_part(&child.at.target, &child.at.path, &block.address());
            context.add(&process.file, block);
        }
    }
}

/// Steps whose names give the same slug: which of them gets it at the destination depends on which slugs those before it have until finish
/// gives them theirs.
fn keep_slug(context: &mut Context<'_>, process: &Process<'_>, step: &plan::Step<'_>) {
    let usual = |step: &plan::Step<'_>| {
        let name = step.fields.get("Name").and_then(Value::as_str).unwrap_or_default();
        slug_of(&name.nfc().collect::<String>())
    };
    let slug = step.fields.get("Slug").unwrap_or(&Value::Null);
    let own = usual(step);
    if slug.as_str() == Some(&own)
        && process.steps.iter().filter(|other| usual(other) == own).nth(1).is_some()
    {
        context.set(
            &step.at.field("Slug"),
            slug,
            "which of several steps gets the slug depends on their order",
        );
    }
}
