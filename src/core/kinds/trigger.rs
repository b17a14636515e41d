//! Triggers. None of them is enabled at the destination unless `enable_triggers` says so.

use serde_json::{Map, Value};

use super::trigger_form::{Form, PACKAGE, form};
use crate::convert::context::{Context, Subject};
use crate::convert::fields::{Fields, is_empty, read, read_value};
use crate::convert::model::*;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use module::TRIGGERS_HELD;

const FILE: &str = "triggers.tf";
const HEADING: &str = "All triggers arrive disabled. After the cutover: -var enable_triggers=true.";

pub(super) const KIND: Kind = Kind {
    collection: Collection::ProjectTriggers,
    noun: "trigger",
    file: FILE,
    discriminator: Some("Filter/FilterType"),
    shapes: &[
        scheduled("OnceDailySchedule"),
        scheduled("ContinuousDailySchedule"),
        scheduled("DaysPerMonthSchedule"),
        scheduled("CronExpressionSchedule"),
        Shape {
            when: "MachineFilter",
            resource: "octopusdeploy_project_deployment_target_trigger",
            fields: TRIGGER,
        },
        Shape {
            when: "FeedFilter",
            resource: "octopusdeploy_external_feed_create_release_trigger",
            fields: TRIGGER,
        },
        Shape { when: "GitFilter", resource: "octopusdeploy_git_trigger", fields: TRIGGER },
    ],
    // Those that the provider has no resource for are made by finish.
    no_shape: None,
    expand: Some(expand),
    ..Kind::DEFAULT
};

const fn scheduled(when: &'static str) -> Shape {
    Shape { when, resource: "octopusdeploy_project_scheduled_trigger", fields: TRIGGER }
}

/// What callers of a webhook (2026.3 and later) prove themselves with. Assumption: it is the one hidden value of a trigger.
const SHARED_SECRET: Hidden = Hidden {
    what: "Shared secret",
    revealed: None,
    because: "no step can read the shared secret of a webhook",
};

/// The fields of every trigger; those of filter and action follow below.
const TRIGGER: &[Field] = &[
    by_code("ProjectId"),
    by_code("Name"),
    by_code("Description"),
    by_code("IsDisabled"),
    by_code("Filter"),
    by_code("Action"),
    ID,
    SPACE_ID,
];

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    read(context, &subject.at, subject.document.fields(), |context, fields| match form(subject.document) {
        Some(form) => resource(context, subject, fields, form),
        None => whole(context, subject, fields),
    });
}

fn resource(context: &mut Context<'_>, subject: &Subject<'_>, fields: &mut Fields<'_>, form: Form) {
    let mut block = Block::resource(form.resource, &subject.label).made_of(subject.document.id());
    common(context, subject, fields, &mut block, form.full);
    let (filter, filter_at) = (fields.take("Filter"), fields.at("Filter"));
    let (action, action_at) = (fields.take("Action"), fields.at("Action"));
    let is_scheduled = form.filter.block.is_some();
    if is_scheduled {
        block.set("timezone", filter["Timezone"].as_str().unwrap_or("UTC"));
    }
    let (mut of_filter, mut of_action) = (Block::default(), Block::default());
    // The channel stands before the filter, the rest of the action behind it.
    read_value(context, &action_at, action, |context, action| {
        action.ignore("ActionType", "tells the resource or the block");
        action.carry(context, [ID], &mut of_action);
        match form.resource {
            "octopusdeploy_project_scheduled_trigger" => {
                channel_and_tenants(
                    context,
                    action,
                    &mut block,
                    form.action.block != Some("run_runbook_action"),
                );
            }
            "octopusdeploy_project_deployment_target_trigger" => {}
            _ => required_channel(context, subject, action, &mut block),
        }
        read_value(context, &filter_at, filter, |context, filter| {
            filter.ignore("FilterType", "tells the resource or the block");
            filter.carry(context, [ID], &mut of_filter);
            if is_scheduled {
                filter.ignore("Timezone", "it is the trigger's");
            }
            filter.carry(context, form.filter.fields, &mut of_filter);
            if form.resource == "octopusdeploy_external_feed_create_release_trigger" {
                packages(context, filter, &mut of_filter);
            }
        });
        action.carry(context, form.action.fields, &mut of_action);
    });
    for (part, inner) in [(form.filter, of_filter), (form.action, of_action)] {
        match part.block {
            Some(name) => block.blocks.push(Block { kind: name.to_owned(), ..inner }),
            None => {
                block.attributes.extend(inner.attributes);
                block.blocks.extend(inner.blocks);
            }
        }
    }
    fields.carry(context, TRIGGER, &mut Block::default());
    let index = if form.full { "" } else { "[0]" };
    context.made(&subject.at.target, &format!("{}{index}", block.address()), false);
    add(context, block);
}

/// Adds a block to the file of triggers.
pub(super) fn add(context: &mut Context<'_>, block: Block) {
    if !context.has(FILE) {
        context.add_comment(FILE, HEADING);
    }
    context.add(FILE, block);
}

/// What the provider has no resource or argument for is made as a whole by finish, disabled.
fn whole(context: &mut Context<'_>, subject: &Subject<'_>, fields: &mut Fields<'_>) {
    let mut wanted = Map::new();
    for name in fields.names() {
        match name {
            "Id" | "SpaceId" => fields.ignore(name, "the server gives ids itself"),
            "IsDisabled" => fields.ignore(name, "it arrives disabled"),
            "Filter" | "Action" => {
                let mut part = fields.take(name).clone();
                if let Some(part) = part.as_object_mut() {
                    for own in ["Id", "Links", "SpaceId", "LastModifiedOn", "LastModifiedBy"] {
                        part.shift_remove(own);
                    }
                }
                let part = context.portable_with_secrets(&fields.at(name), &SHARED_SECRET, &part);
                wanted.insert(name.to_owned(), part);
            }
            "ProjectId" => {
                wanted.insert(name.to_owned(), context.portable(fields.take(name)));
            }
            "Name" | "Description" => {
                wanted.insert(name.to_owned(), fields.take(name).clone());
            }
            _ => {}
        }
    }
    if subject.document.get("Filter").is_some_and(|filter| filter["FilterType"] == "WebhookFilter") {
        context.note(
            &subject.at.field("Filter"),
            "new-address",
            "the destination gives the webhook an address of its own, which those who call it don't know",
            "Copy the address from the trigger's page at the destination, and give it to its callers.",
        );
    }
    wanted.insert("IsDisabled".to_owned(), Value::Bool(true));
    if !subject.document.flag("IsDisabled") {
        context.hold(&subject.at.target, "IsDisabled", &Value::Bool(false));
    }
    context.finish_document(subject.at.target.clone(), subject.document.id(), Value::Object(wanted));
}

/// Project, name, description and whether it is disabled. `full`: the resource has arguments for all of these.
fn common(
    context: &mut Context<'_>,
    subject: &Subject<'_>,
    fields: &mut Fields<'_>,
    block: &mut Block,
    full: bool,
) {
    let project = context.reference(&fields.at("ProjectId"), Collection::Projects, fields.text("ProjectId"));
    if full {
        block.set("space_id", Expr::reference("var.octopus_space_id"));
    }
    block.set("project_id", project);
    let name = context.text(&fields.at("Name"), fields.text("Name"));
    block.set("name", name);
    let description = fields.text("Description");
    if !description.is_empty() {
        let at = fields.at("Description");
        if full && block.labels[0] != "octopusdeploy_external_feed_create_release_trigger" {
            let text = context.free_text(&at, description);
            block.set("description", text);
        } else {
            context.set(&at, &Value::String(description.to_owned()), NO_ARGUMENT);
        }
    }
    let disabled = fields.flag("IsDisabled");
    if !disabled {
        context.hold(&subject.at.target, "IsDisabled", &Value::Bool(false));
    }
    match (full, disabled) {
        (true, true) => {
            block.set("is_disabled", true);
            block.comment = Some("Disabled at the source as well.".to_owned());
        }
        (true, false) => {
            block.set("is_disabled", Expr::Not(Box::new(Expr::reference("var.enable_triggers"))))
        }
        // What can't be made disabled is made only where something in between sees to it, or where it may start work.
        (false, true) => {
            context.set(&fields.at("IsDisabled"), &Value::Bool(true), NO_ARGUMENT);
            block.set("count", Expr::Code(format!("var.{TRIGGERS_HELD} ? 1 : 0")));
        }
        (false, false) => {
            block.set("count", Expr::Code(format!("var.enable_triggers || var.{TRIGGERS_HELD} ? 1 : 0")));
            context.note(
                &fields.at("IsDisabled"),
                "held",
                "the provider can't make this trigger disabled: octoferry deploy sees to it; a plain terraform apply makes the trigger only with enable_triggers, enabled",
                "");
        }
    }
}

fn channel_and_tenants(context: &mut Context<'_>, action: &mut Fields<'_>, block: &mut Block, channel: bool) {
    if channel {
        let (id, at) = (action.text("ChannelId"), action.at("ChannelId"));
        if !id.is_empty() {
            let expression = context.reference(&at, Collection::Channels, id);
            block.set("channel_id", expression);
        }
    }
    let (tenants, at) = (action.list("TenantIds"), action.at("TenantIds"));
    if !tenants.is_empty() {
        let expressions: Vec<Expr> = tenants
            .iter()
            .filter_map(Value::as_str)
            .map(|id| super::tenant_link::tenant(context, &at, id))
            .collect();
        block.set("tenant_ids", expressions);
    }
}

/// Triggers that make releases must name a channel; without one the server takes the default one.
fn required_channel(
    context: &mut Context<'_>,
    subject: &Subject<'_>,
    action: &mut Fields<'_>,
    block: &mut Block,
) {
    let at = action.at("ChannelId");
    let named = Some(action.text("ChannelId")).filter(|id| !id.is_empty()).map(str::to_owned);
    let default = || {
        let project = subject.document.text("ProjectId").unwrap_or_default();
        let mut channels = context.inventory.of(Collection::Channels, project);
        channels.find(|channel| channel.flag("IsDefault")).map(|channel| channel.id().to_owned())
    };
    if let Some(id) = named.or_else(default) {
        let expression = context.reference(&at, Collection::Channels, &id);
        block.set("channel_id", expression);
    }
}

/// A block for each package.
fn packages(context: &mut Context<'_>, filter: &mut Fields<'_>, block: &mut Block) {
    let (items, list_at) = (filter.list("Packages"), filter.at("Packages"));
    for (index, item) in items.iter().enumerate() {
        let primary = is_empty(&item["PackageReference"]);
        let mut inner = Block::new(if primary { "primary_package" } else { "package" }, &[]);
        let read = read_value(context, &list_at.item(items, index), item, |context, fields| {
            fields.carry(context, PACKAGE, &mut inner);
        });
        if read.is_some() {
            block.blocks.push(inner);
        }
    }
}
