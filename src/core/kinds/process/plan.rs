//! Which action of a project is written as what, under which address.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::framework;
use super::template;
use crate::convert::context::{At, Context};
use crate::convert::names::label;
use crate::hcl::Expr;
use documents::collection::Collection;
use documents::document::Document;
use documents::ids::id_order;
use documents::property::TEMPLATE_ID;
use module::manifest::{Scope, Target};

/// A process that the module writes.
#[derive(Debug)]
pub(crate) struct Process<'i> {
    pub(crate) document: &'i Document,
    /// Label of its resources; the first words of those of its steps, unless it is the deployment process.
    pub(crate) label: String,
    pub(crate) file: String,
    /// Folder of its scripts below `scripts` and `files`; empty for the deployment process.
    pub(crate) folder: String,
    pub(crate) project: Expr,
    pub(crate) runbook: Option<Expr>,
    pub(crate) steps: Vec<Step<'i>>,
    pub(crate) at: At,
}

/// A step with at least one action.
#[derive(Debug)]
pub(crate) struct Step<'i> {
    pub(crate) fields: &'i Map<String, Value>,
    /// The first is the step's own; the others are its child steps.
    pub(crate) actions: Vec<Action<'i>>,
    pub(crate) at: At,
}

impl Step<'_> {
    pub(crate) fn first(&self) -> &Action<'_> {
        self.actions.first().expect("a step is planned with an action")
    }
}

/// An action, or a child step.
#[derive(Debug)]
pub(crate) struct Action<'i> {
    pub(crate) fields: &'i Map<String, Value>,
    pub(crate) resource: &'static str,
    pub(crate) label: String,
    /// What it is at the source: a cloned process has the action ids of the original.
    pub(crate) identity: String,
    /// The template when it is written as a templated step.
    pub(crate) template: Option<&'i Document>,
    /// Whether it is named otherwise than its step, though it is the step's own: the provider has one name for both.
    pub(crate) renamed: bool,
    pub(crate) at: At,
}

impl Action<'_> {
    pub(crate) fn address(&self) -> Expr {
        Expr::reference(self.resource).attribute(&self.label)
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.fields.get("Properties").and_then(Value::as_object).into_iter().flatten()
    }
}

/// How others name the actions of the project's deployment process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actions {
    by_name: BTreeMap<String, Expr>,
    by_slug: BTreeMap<String, Expr>,
    /// What steps name, and so the channels that limit one among it. A rule of such a channel can't refer to a step: Terraform would see a cycle.
    limiting_channels: BTreeSet<String>,
    /// Those that finish makes: id → name.
    by_finish: BTreeMap<String, String>,
}

impl Actions {
    /// The name of an action, where it can be a reference; it also gives the order of creation.
    #[must_use]
    pub(crate) fn name(&self, name: &str) -> Expr {
        self.by_name.get(name).cloned().unwrap_or_else(|| name.into())
    }

    /// The same for its slug.
    #[must_use]
    pub(crate) fn slug(&self, slug: &str) -> Expr {
        self.by_slug.get(slug).cloned().unwrap_or_else(|| slug.into())
    }

    /// Says that finish makes an action.
    pub(super) fn made_by_finish(&mut self, action: &Value) {
        let text = |field: &str| action[field].as_str().unwrap_or_default().to_owned();
        self.by_finish.insert(text("Id"), text("Name"));
    }

    /// The name of an action that finish makes.
    #[must_use]
    pub(crate) fn of_finish(&self, id: &str) -> Option<&str> {
        self.by_finish.get(id).map(String::as_str)
    }

    /// Whether a step is limited to the channel with that id, or names it otherwise.
    #[must_use]
    pub(crate) fn limits_a_step(&self, channel: &str) -> bool {
        self.limiting_channels.contains(channel)
    }

    /// Whether a name or slug can be a reference.
    #[must_use]
    pub(crate) fn refers_to(&self, step: &str) -> bool {
        self.by_name.contains_key(step) || self.by_slug.contains_key(step)
    }

    /// Whether an action of that name is in the deployment process under a name that Terraform knows.
    #[must_use]
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}

/// Plans all processes of a project: the deployment process, then those of the runbooks that were declared. Declares the ids of all actions.
pub(super) fn plan<'i>(context: &mut Context<'i>, project: &Document) -> Vec<Process<'i>> {
    let inventory = context.inventory;
    let runbook_labels = runbook_labels(context, project);
    let scoped = actions_in_scopes(context, project);
    let mut planned = Vec::new();
    let deployment = format!("deploymentprocess-{}", project.id());
    keep_labels(context, project);
    let of_project = matches!(context.scope, Scope::Project { .. });
    let is_made = |process: &&Document| {
        of_project
            && context.selection.makes_in_project(project.id(), Collection::DeploymentProcesses, process)
    };
    if let Some(document) = inventory.get(Collection::DeploymentProcesses, &deployment).filter(is_made) {
        let target = context.target(Collection::DeploymentProcesses, document);
        let place = InProcess {
            target,
            words: "step".to_owned(),
            owner: format!("of the project \"{}\"", project.name()),
        };
        planned.push(process(context, project, document, None, place, &scoped));
    }
    let mut runbooks: Vec<_> = runbook_labels.iter().collect();
    runbooks.sort_by_key(|(id, _)| id_order(id));
    for (id, label) in runbooks {
        // Frozen copies of snapshots have ids of their own.
        let found = inventory.get(Collection::RunbookProcesses, &format!("RunbookProcess-{id}"));
        let found = found.filter(|process| process.text("RunbookId") == Some(id));
        if let (Some(document), Some(runbook)) = (found, inventory.get(Collection::Runbooks, id)) {
            let target = context.target(Collection::RunbookProcesses, document);
            let owner =
                format!("of the runbook \"{}\" of the project \"{}\"", runbook.name(), project.name());
            let place = InProcess { target, words: format!("step_{label}"), owner };
            planned.push(process(context, project, document, Some((runbook, label)), place, &scoped));
        }
    }
    planned
}

/// Labels of the project's runbooks, as they were declared.
fn runbook_labels(context: &Context<'_>, project: &Document) -> BTreeMap<String, String> {
    let runbooks = context.inventory.of(Collection::Runbooks, project.id());
    runbooks.filter_map(|runbook| Some((runbook.id().to_owned(), context.label_of(runbook.id())?))).collect()
}

/// What the places in a process have in common.
struct InProcess {
    target: Target,
    words: String,
    owner: String,
}

/// Where the labels of processes must differ.
const PROCESSES: &str = "octopusdeploy_process";
/// The same of steps and child steps, of whichever type: one that becomes a templated step keeps its label.
const STEPS: &str = "steps";

/// All processes of the project, before the first step claims a label.
fn keep_labels(context: &mut Context<'_>, project: &Document) {
    let inventory = context.inventory;
    for collection in [Collection::DeploymentProcesses, Collection::RunbookProcesses] {
        for process in inventory.of(collection, project.id()) {
            context.names.keep(PROCESSES, [process.id()]);
            let actions =
                process.list("Steps").iter().filter_map(|step| step["Actions"].as_array()).flatten();
            let ids: Vec<String> =
                actions.map(|action| identity(process.id(), action["Id"].as_str())).collect();
            context.names.keep(STEPS, ids.iter().map(String::as_str));
        }
    }
}

fn identity(process: &str, action: Option<&str>) -> String {
    format!("{process}/{}", action.unwrap_or_default())
}

fn process<'i>(
    context: &mut Context<'i>,
    project: &Document,
    document: &'i Document,
    runbook: Option<(&Document, &String)>,
    place: InProcess,
    scoped: &BTreeSet<String>,
) -> Process<'i> {
    let wanted = runbook.map_or("deployment", |(_, label)| label);
    let label = context.names.claim_for(document.id(), PROCESSES, wanted, document.id());
    let at = At {
        target: place.target.clone(),
        id: document.id().to_owned(),
        path: Vec::new(),
        prefix: place.words.clone(),
        owner: format!("process {}", place.owner),
    };
    let mut steps = Vec::new();
    let items = document.list("Steps");
    for (index, item) in items.iter().enumerate() {
        let list = at.field("Steps");
        let at = list.item(items, index);
        if let Some(fields) = item.as_object() {
            if framework::is_step(fields) {
                framework::step(context, items, index, &list, &place.owner);
                continue;
            }
            steps.extend(step(
                context,
                at,
                fields,
                &place,
                runbook.map(|(_, label)| label.as_str()),
                scoped,
                document.id(),
            ));
        } else {
            crate::convert::fields::odd(context, &at, item);
        }
    }
    let id_of = |context: &mut Context<'i>, collection: Collection, document: &Document| {
        context.reference(&at, collection, document.id())
    };
    Process {
        document,
        file: runbook
            .map_or_else(|| "deployment_process.tf".to_owned(), |(_, label)| format!("runbook_{label}.tf")),
        folder: runbook.map_or_else(String::new, |(runbook, _)| {
            runbook.text("Slug").filter(|slug| !slug.is_empty()).unwrap_or(runbook.name()).to_owned()
        }),
        project: id_of(context, Collection::Projects, project),
        runbook: runbook.map(|(runbook, _)| id_of(context, Collection::Runbooks, runbook)),
        label,
        steps,
        at,
    }
}

fn step<'i>(
    context: &mut Context<'i>,
    at: At,
    fields: &'i Map<String, Value>,
    place: &InProcess,
    runbook: Option<&str>,
    scoped: &BTreeSet<String>,
    process: &str,
) -> Option<Step<'i>> {
    let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default();
    let items = fields.get("Actions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut actions = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(action) = item.as_object() else {
            crate::convert::fields::odd(context, &at.field("Actions").item(items, index), item);
            continue;
        };
        let action_name = action.get("Name").and_then(Value::as_str).unwrap_or_default();
        let mut action_at = at.field("Actions").item(items, index);
        let first = actions.is_empty();
        let renamed = first && action_name != name;
        if renamed {
            // Until finish has given it its name, only the slug tells it from its neighbours.
            let slug = action.get("Slug").and_then(Value::as_str).filter(|slug| !slug.is_empty());
            action_at.path.pop();
            action_at.path.push(slug.map_or_else(|| json!(index), |slug| json!({ "Slug": slug })));
        }
        action_at.owner = format!("step \"{action_name}\" {}", place.owner);
        if !first && framework::has_inputs(action) {
            framework::action(context, items, index, &at.field("Actions"), &action_at.owner);
            continue;
        }
        let label_name = if first { name } else { action_name };
        let wanted = match runbook {
            Some(runbook) => format!("{runbook}_{}", label(label_name)),
            None => label(label_name),
        };
        let id = action.get("Id").and_then(Value::as_str).unwrap_or_default();
        let identity = identity(process, Some(id));
        let template = if was_plain(context, &identity) {
            None
        } else {
            template_of(context, &action_at, action, first && scoped.contains(id))
        };
        let resource = match (first, template.is_some()) {
            (true, false) => "octopusdeploy_process_step",
            (true, true) => "octopusdeploy_process_templated_step",
            (false, false) => "octopusdeploy_process_child_step",
            (false, true) => "octopusdeploy_process_templated_child_step",
        };
        let label = context.names.claim_for(&identity, STEPS, &wanted, id);
        action_at.prefix = format!("step_{label}");
        let planned = Action { fields: action, resource, label, identity, template, renamed, at: action_at };
        match resource {
            "octopusdeploy_process_step" => context.declare(id, planned.address().attribute("action_id")),
            "octopusdeploy_process_templated_step" => {}
            _ => context.declare(id, planned.address().attribute("id")),
        }
        let key = place.target.key.iter().cloned().chain([action_name.to_owned()]).collect();
        context.declare_part(id, Target { collection: Collection::Actions, key });
        if runbook.is_none() {
            remember(context.drawers.open(), &planned);
        }
        actions.push(planned);
    }
    if actions.is_empty() {
        context.note(&at, "not-carried", "the step has no action; it is left out", "");
        return None;
    }
    Some(Step { fields, actions, at })
}

fn remember(actions: &mut Actions, action: &Action<'_>) {
    if !action.renamed {
        actions.by_name.insert(action.text("Name").to_owned(), action.address().attribute("name"));
    }
    if !action.text("Slug").is_empty() {
        actions.by_slug.insert(action.text("Slug").to_owned(), action.address().attribute("slug"));
    }
    // Also by a parameter whose value is a channel.
    action.fields.values().for_each(|value| channels_in(value, &mut actions.limiting_channels));
}

/// Whatever looks like the id of a channel in a value, also in lists with commas.
fn channels_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let prefix = Collection::Channels.row().prefix.unwrap_or_default();
            let parts = text.split(',').map(str::trim).filter(|part| part.starts_with(prefix));
            found.extend(parts.map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| channels_in(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| channels_in(value, found)),
        _ => {}
    }
}

/// Whether the last module has a plain step for it. It stays one, which can say all the same: to the provider (1.17.0) the templated one is another
/// resource, and only a step that names its template at the destination already could be taken over as such.
fn was_plain(context: &Context<'_>, identity: &str) -> bool {
    let mut earlier = context.selection.earlier.resources.iter();
    earlier.any(|(address, id)| {
        id == identity
            && (address.starts_with("octopusdeploy_process_step.")
                || address.starts_with("octopusdeploy_process_child_step."))
    })
}

/// The step template that an action is written with, if the provider's templated step can carry it.
fn template_of<'i>(
    context: &mut Context<'i>,
    at: &At,
    action: &Map<String, Value>,
    scoped: bool,
) -> Option<&'i Document> {
    let id = action.get("Properties")?.get(TEMPLATE_ID)?.as_str()?;
    let template = context.inventory.get(Collection::ActionTemplates, id)?;
    // A variable's scope needs the id of the action, which the provider's templated step does not give (1.17.0).
    if scoped {
        return None;
    }
    match template::carries(template, action) {
        Ok(()) => Some(template),
        Err(because) => {
            context.note(
                at,
                "template-differs",
                &format!(
                    "the {} is not exactly what its step template \"{}\" gives ({because}); it is written as a plain step that names the \
                     template's newest version at the destination",
                    at.owner,
                    template.name()
                ),
                "");
            None
        }
    }
}

/// Ids of the actions that a variable of the project is limited to.
fn actions_in_scopes(context: &Context<'_>, project: &Document) -> BTreeSet<String> {
    let set = context.inventory.get(Collection::Variables, &format!("variableset-{}", project.id()));
    let variables = set.map_or(&[][..], |set| set.list("Variables"));
    let actions = variables.iter().filter_map(|variable| variable.get("Scope")?.get("Action")?.as_array());
    actions.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
