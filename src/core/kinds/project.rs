//! Projects: their settings, their versioning strategy, and what makes releases by itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::convert;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{Fields, is_empty, odd, read, read_value, says_nothing};
use crate::convert::id_text::{Piece, split_at_ids};
use crate::convert::model::*;
use crate::dead::is_package_name;
use crate::hcl::{Block, Expr};
use crate::kinds::process::{Actions, CONNECT_HUB, IN_HUB};
use crate::kinds::repository;
use crate::kinds::template_default::default_value;
use documents::collection::Collection;
use documents::document::Document;
use documents::git::{self, Kept};
use documents::inventory::Inventory;

const CYCLE: &str =
    "the runbook needs the project and the project the runbook, which Terraform sees as a cycle";

pub(super) const KIND: Kind = Kind {
    collection: Collection::Projects,
    noun: "project",
    file: "project.tf",
    belongs: |document, project| document.id() == project,
    shapes: &[Shape {
        resource: "octopusdeploy_project",
        fields: &[
            plain("Name"),
            plain("Slug"),
            plain("Description"),
            reference("ProjectGroupId", Collection::ProjectGroups),
            reference("LifecycleId", Collection::Lifecycles),
            plain("IsDisabled").or(Literal::Flag(false)),
            plain("TenantedDeploymentMode")
                .named("tenanted_deployment_participation")
                .accepts(PARTICIPATIONS),
            custom("IncludedLibraryVariableSetIds", included_sets)
                .writes(&["included_library_variable_sets"]),
            // Said also when they are nothing: the provider keeps what is not said.
            plain("DefaultGuidedFailureMode"),
            plain("DefaultToSkipIfAlreadyInstalled").or(Literal::Flag(false)),
            plain("ReleaseNotesTemplate"),
            plain("DeploymentChangesTemplate").keep_empty(),
            tags("ProjectTags").keep_empty_where_said(),
            block("ProjectConnectivityPolicy", CONNECTIVITY).named("connectivity_policy"),
            blocks("Templates", TEMPLATE).named("template"),
            custom("ExtensionSettings", extension_settings)
                .writes(&["jira_service_management_extension_settings", "servicenow_extension_settings"]),
            finish("DiscreteChannelRelease", TWO_ARGUMENTS).unless(Literal::Flag(false)),
            finish("AllowIgnoreChannelRules", NO_ARGUMENT).unless(Literal::Flag(true)),
            finish("CombineHealthAndSyncStatusInDashboardLiveStatus", NO_ARGUMENT)
                .unless(Literal::Flag(false)),
            finish("DefaultPowerShellEdition", NO_ARGUMENT),
            finish("ExecuteDeploymentsOnEventBasedPipeline", NO_ARGUMENT),
            finish("ForcePackageDownload", NO_ARGUMENT).unless(Literal::Flag(false)),
            finish("Icon", NO_ARGUMENT),
            finish("IsBadgesEnabled", NO_ARGUMENT).unless(Literal::Flag(false)),
            finish("ProvisioningRunbookId", CYCLE),
            finish("DeprovisioningRunbookId", CYCLE),
            custom("ProjectTemplateDetails", template),
            by_code("VersioningStrategy"),
            by_code("AutoCreateRelease"),
            by_code("ReleaseCreationStrategy"),
            custom("AutoDeployReleaseOverrides", release_overrides),
            custom("PersistenceSettings", persistence),
            ignored(
                "IsVersionControlled",
                "false; what a project keeps in Git becomes an ordinary project, with a note",
            ),
            custom("ClonedFromProjectId", super::tenant::cloned),
            ignored("DeploymentProcessId", "the server makes the process with the project"),
            ignored("VariableSetId", "the server makes the variable set with the project"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    declare: None,
    expand: Some(expand),
    expands_to: &["octopusdeploy_project_versioning_strategy", "octopusdeploy_built_in_trigger"],
    ..Kind::DEFAULT
};

/// One changes it and the other one keeps what it was, which is the same value: "inconsistent result" (1.17.0, `resource_project_flatten.go`).
const TWO_ARGUMENTS: &str =
    "the provider has two arguments for it, of which each keeps the other from changing it";

/// Always written: the provider reads it only when it is in the module.
pub(super) const CONNECTIVITY: &[Field] = &[
    plain("AllowDeploymentsToNoTargets").or(Literal::Flag(false)),
    plain("ExcludeUnhealthyTargets").or(Literal::Flag(false)),
    plain("SkipMachineBehavior").accepts(&["None", "SkipUnavailableMachines"]),
    plain("TargetRoles").or(Literal::NoItems),
];

/// A template of a project or library set: a value that each tenant gives.
pub(super) const TEMPLATE: &[Field] = &[
    plain("Name"),
    plain("Label"),
    plain("HelpText"),
    custom("DefaultValue", default_value).writes(&["default_value"]),
    // Without it the provider answers an inconsistent result (1.17.0): it reads back an empty map.
    map("DisplaySettings").keep_empty(),
    ID,
];

const SERVICE_DESK: &[Field] = &[
    plain("JsmConnectionId").named("connection_id").keep_empty(),
    custom("JsmChangeControlled", enabled),
    plain("ServiceDeskProjectName").keep_empty(),
];

const SERVICE_NOW: &[Field] = &[
    plain("ServiceNowConnectionId").named("connection_id").keep_empty(),
    custom("ServiceNowChangeControlled", enabled),
    custom("AutomaticStateTransition", |_, _, value, block| {
        block.set("is_state_automatically_transitioned", value == &Value::Bool(true));
    }),
    plain("StandardChangeTemplateName"),
];

fn enabled(_: &mut Context<'_>, _: &At, value: &Value, block: &mut Block) {
    block.set("is_enabled", value == &Value::Bool(true));
}

/// Library sets, then script modules, by name: to the provider they are a set (since 1.10.1), so finish restores the order.
fn included_sets(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let Value::Array(ids) = value else {
        if !value.is_null() {
            odd(context, at, value);
        }
        return;
    };
    let key = |id: &Value| {
        let set = context.inventory.get(Collection::LibraryVariableSets, id.as_str().unwrap_or_default());
        (
            set.and_then(|set| set.text("ContentType")) == Some("ScriptModule"),
            set.map(|set| set.name().to_owned()),
        )
    };
    if ids.len() > 1 {
        context.set(at, value, "the provider keeps no order of the linked library variable sets");
    }
    let mut ids = ids.clone();
    ids.sort_by_key(key);
    if !ids.is_empty() {
        let expressions = context.references(at, Collection::LibraryVariableSets, &ids);
        block.set("included_library_variable_sets", expressions);
    }
}

/// One list of settings for all extensions; the provider has a block for each of two.
fn extension_settings(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let Value::Array(items) = value else {
        if !value.is_null() {
            odd(context, at, value);
        }
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let (name, table, connection) = match item["ExtensionId"].as_str().unwrap_or_default() {
            "jiraservicemanagement-integration" => {
                ("jira_service_management_extension_settings", SERVICE_DESK, "JsmConnectionId")
            }
            "servicenow-integration" => {
                ("servicenow_extension_settings", SERVICE_NOW, "ServiceNowConnectionId")
            }
            _ => {
                super::environment::other_extension(context, at, items, index);
                continue;
            }
        };
        let is_set = |value: &Value| !is_empty(value) && *value != Value::Bool(false);
        super::environment::read_extension(context, at, item, |context, values| {
            if !values.any(is_set) {
                return values.ignore_all(table, "all of it is empty");
            }
            let mut inner = Block::new(name, &[]);
            values.carry(context, table, &mut inner);
            block.blocks.push(inner);
            if !is_empty(values.take(connection)) {
                context.note(
                    &values.at(connection),
                    "connection",
                    "names a connection of the source server, which is not in the space: deployments under change control wait until it is one of the destination",
                    "Make the connection at the destination and choose it in the project's settings, and in the module.");
            }
        });
    }
}

fn release_overrides(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    if !is_empty(value) {
        context.note(
            at,
            "not-carried",
            "overrides name releases, and releases stay at the source",
            "Set them anew when there are releases.",
        );
    }
}

/// The template of the server's Platform Hub that the project is made of: finish tries to say so, the server has it or not.
fn template(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    let Some(slug) = value["Slug"].as_str().filter(|slug| !slug.is_empty()) else {
        if !says_nothing(value) {
            odd(context, at, value);
        }
        return;
    };
    context.set_unknown(at, value);
    let text = format!("the project is made of the template \"{slug}\", {IN_HUB}");
    context.note(at, "project-template", &text, CONNECT_HUB);
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    read(context, &subject.at, subject.document.fields(), |context, fields| {
        project(context, subject, fields)
    });
}

fn project(context: &mut Context<'_>, subject: &Subject<'_>, fields: &mut Fields<'_>) {
    let mut resource = convert::resource_of(context, &KIND, &KIND.shapes[0], subject, fields);
    // Finish sets them, and the provider reads them back: without this each plan would take them away.
    let runbooks = [
        ("ProvisioningRunbookId", "provisioning_runbook_id"),
        ("DeprovisioningRunbookId", "deprovisioning_runbook_id"),
    ];
    let set = |field: &str| subject.document.text(field).is_some_and(|id| !id.is_empty());
    for (_, argument) in runbooks.into_iter().filter(|(field, _)| set(field)) {
        resource.ignore_changes(argument);
    }
    convert::make(context, &KIND, subject, resource);
    let strategy = versioning_strategy(context, subject, fields);
    let chained = strategy.as_ref().map(|block| Expr::reference(&block.address()));
    if let Some(block) = strategy {
        context.add(subject.file, block);
    }
    release_creation(context, subject, fields, chained);
}

fn project_id(context: &mut Context<'_>, subject: &Subject<'_>) -> Expr {
    context.reference(&subject.at, Collection::Projects, subject.document.id())
}

/// Whether the module has the deployment process, which a version or a release may be made after.
fn has_process(context: &Context<'_>, subject: &Subject<'_>) -> bool {
    let mut processes = context.inventory.of(Collection::DeploymentProcesses, subject.document.id());
    processes.all(|process| {
        context.selection.makes_in_project(subject.document.id(), Collection::DeploymentProcesses, process)
    })
}

/// How releases are numbered: by a template, or after a package.
fn versioning_strategy(
    context: &mut Context<'_>,
    subject: &Subject<'_>,
    fields: &mut Fields<'_>,
) -> Option<Block> {
    let whole = fields.take("VersioningStrategy");
    read_value(context, &fields.at("VersioningStrategy"), whole, |context, strategy| {
        let template = strategy.text("Template");
        let template_at = strategy.at("Template");
        strategy.ignore("DonorPackageStepId", "the server finds the step by the package");
        let donor = strategy.inside(context, "DonorPackage", package);
        if donor.is_some() && !has_process(context, subject) {
            return None;
        }
        let mut block = Block::resource("octopusdeploy_project_versioning_strategy", &subject.label)
            .made_of(subject.document.id());
        block.set("project_id", project_id(context, subject));
        match donor {
            Some(donor) if !context.drawers.open::<Actions>().has_name(donor.action) => {
                // Under that name the step is not there yet when Terraform sets the strategy.
                let value = serde_json::json!({
                    "Template": whole.get("Template"),
                    "DonorPackage": whole["DonorPackage"],
                    "DonorPackageStepId": whole.get("DonorPackageStepId"),
                });
                context.set(strategy.place(), &value, "Terraform doesn't know the step by that name");
                return None;
            }
            Some(donor) => block.set("donor_package", donor.expression(context)),
            None if template.is_empty() => return None,
            None => {
                let template = context.free_text(&template_at, template);
                block.set("template", template);
            }
        }
        Some(block)
    })
    .flatten()
}

/// A package that a step uses.
struct Package<'v> {
    action: &'v str,
    reference: &'v str,
}

fn package<'v>(_: &mut Context<'_>, donor: &mut Fields<'v>) -> Package<'v> {
    Package { action: donor.text("DeploymentAction"), reference: donor.text("PackageReference") }
}

impl Package<'_> {
    /// `{ deployment_action, package_reference }`
    fn expression(&self, context: &mut Context<'_>) -> Expr {
        Expr::Object(vec![
            ("deployment_action".to_owned(), context.drawers.open::<Actions>().name(self.action)),
            ("package_reference".to_owned(), self.reference.into()),
        ])
    }
}

/// Releases that the server makes by itself when a package arrives: only with `enable_triggers`.
fn release_creation(
    context: &mut Context<'_>,
    subject: &Subject<'_>,
    fields: &mut Fields<'_>,
    strategy: Option<Expr>,
) {
    let automatic = fields.flag("AutoCreateRelease");
    let at = fields.at("ReleaseCreationStrategy");
    let creation = fields.take("ReleaseCreationStrategy");
    let (channel, package_of) = read_value(context, &at, creation, |context, creation| {
        creation.ignore("ReleaseCreationPackageStepId", "the server finds the step by the package");
        (creation.text("ChannelId"), creation.inside(context, "ReleaseCreationPackage", package))
    })
    .unwrap_or_default();
    if !has_process(context, subject) {
        return;
    }
    let Some(package_of) = package_of else {
        if automatic {
            context.hold(&subject.at.target, "AutoCreateRelease", &Value::Bool(true));
            context.note(
                &fields.at("AutoCreateRelease"),
                "not-carried",
                "releases are made by themselves, but no package is named that would do it",
                "",
            );
        }
        return;
    };
    if !automatic {
        context.note(&at, "not-carried", "names a package, but releases are not made by themselves; the provider can't have one without the other", "");
        return;
    }
    let channel = match channel {
        "" => "".into(),
        id => context.reference(&at.field("ChannelId"), Collection::Channels, id),
    };
    let mut block =
        Block::resource("octopusdeploy_built_in_trigger", &subject.label).made_of(subject.document.id());
    block.set("count", Expr::Code("var.enable_triggers ? 1 : 0".to_owned()));
    block.set("project_id", project_id(context, subject));
    block.set("channel_id", channel);
    block.set("release_creation_package", package_of.expression(context));
    block.depends_on.extend(strategy);
    context.hold(&subject.at.target, "AutoCreateRelease", &Value::Bool(true));
    let held = context.portable(creation);
    context.hold(&subject.at.target, "ReleaseCreationStrategy", &held);
    super::trigger::add(context, block);
}

/// Whether a project keeps its process in Git, in a branch that could not be read. Then its module makes nothing but says so.
pub(crate) fn left_out(context: &mut Context<'_>, project: &Document) -> bool {
    let at = crate::convert::place(context, &KIND, project);
    if let Some(lacking) = ["LifecycleId", "ProjectGroupId"]
        .into_iter()
        .find(|field| project.text(field).is_none_or(str::is_empty))
    {
        let text = format!(
            "the project \"{}\" has no {}, as those made of a template of the server's Platform Hub have none, and the provider makes no project without: the whole project is left out",
            project.name(),
            if lacking == "LifecycleId" { "lifecycle" } else { "group" },
        );
        let todo = "Connect the destination's Platform Hub to the repository of the template, and make the project of it there.";
        context.note(&at, "not-carried", &text, todo);
        return true;
    }
    let Kept::Unread { branch, why } = git::kept(context.inventory, project) else {
        note_cycle(context, project);
        return false;
    };
    let place = repository::place(project.get("PersistenceSettings").unwrap_or(&Value::Null));
    let text = format!(
        "the project \"{}\" is stored in Git, and the source server could not read its branch \"{branch}\" of {place}; the whole project is left out: {}",
        project.name(),
        why.trim_end_matches('.')
    );
    let todo = "Mend the connection with the repository in the project's settings at the source, or name another branch with --branch; then serialize again.";
    context.note(&at, "project-in-git", &text, todo);
    true
}

/// What was in Git becomes an ordinary project, as octoterra makes it: the provider refuses processes in Git, and a repository has one owner.
fn persistence(context: &mut Context<'_>, at: &At, settings: &Value, _: &mut Block) {
    let inventory = context.inventory;
    let Some(project) = inventory.get(KIND.collection, &at.id) else { return };
    if matches!(git::kept(inventory, project), Kept::Database) {
        read_value(context, at, settings, |_, settings| {
            settings.ignore("Type", "a project in the database is what every project is made as");
        });
    }
    let Kept::Branch(branch) = git::kept(inventory, project) else { return };
    let place = repository::place(settings);
    let text = format!(
        "the project \"{}\" is stored in Git at the source: what the branch \"{branch}\" of {place} holds becomes an ordinary project at the destination",
        project.name()
    );
    let credentials = repository::credentials(context, at, project, &place);
    let mut todo = format!(
        "To store it in Git again, when its module is not deployed any more: at the destination, \"{}\", Settings, Version Control, with this address, a branch and a base path that the source's project does not use, and credentials: {credentials}.",
        project.name(),
    );
    if git::has_runbooks_in_git(project)
        && inventory.all(Collection::Runbooks).any(|runbook| runbook.text("ProjectId") == Some(project.id()))
    {
        todo.push_str(" Its runbooks were in Git, where nothing is published: publish those that triggers or people run.");
    }
    context.note(at, "project-in-git", &text, &todo);
}

/// Ids of the projects that the steps of a project name.
fn named_by(inventory: &Inventory, project: &str) -> BTreeSet<String> {
    fn collect(value: &Value, inventory: &Inventory, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                for piece in split_at_ids(text, &|token| inventory.get(Collection::Projects, token).is_some())
                {
                    if let Piece::Id(id) = piece {
                        found.insert(id.to_owned());
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, inventory, found)),
            Value::Object(fields) => {
                let named = fields.iter().filter(|(name, _)| !is_package_name(inventory, fields, name));
                named.for_each(|(_, value)| collect(value, inventory, found));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for collection in [Collection::DeploymentProcesses, Collection::RunbookProcesses] {
        for process in inventory.of(collection, project) {
            process.list("Steps").iter().for_each(|step| collect(step, inventory, &mut found));
        }
    }
    found.remove(project);
    found
}

/// Projects whose steps name each other in a circle can't be made one after the other: says so instead of waiting for ever.
fn note_cycle(context: &mut Context<'_>, project: &Document) {
    let inventory = context.inventory;
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = named_by(inventory, project.id()).into_iter().collect();
    while let Some(id) = open.pop() {
        if reached.insert(id.clone()) {
            open.extend(named_by(inventory, &id));
        }
    }
    if !reached.contains(project.id()) {
        return;
    }
    let back = |id: &&String| named_by(inventory, id).contains(project.id());
    let names: Vec<String> = reached
        .iter()
        .filter(back)
        .filter_map(|id| inventory.get(Collection::Projects, id))
        .map(|other| format!("\"{}\"", other.name()))
        .collect();
    let at = crate::convert::place(context, &KIND, project);
    context.note(
        &at,
        "project-cycle",
        &format!(
            "steps of the project \"{}\" name projects whose steps lead back to it by {}: neither can be made before the other",
            project.name(),
            names.join(", ")
        ),
        "Make one of these projects at the destination first, empty, and deploy with --existing adopt.");
}
