//! Triggers. None of them is enabled at the destination unless `enable_triggers` says so.

use serde_json::{Map, Value};

use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{Fields, HISTORY, is_empty, odd, read, read_value, says_nothing};
use crate::convert::model::*;
use crate::convert::table::says_all;
use crate::convert::time;
use crate::hcl::{Block, Expr};
use crate::kinds::process::Actions;
use documents::collection::Collection;
use documents::document::Document;
use module::TRIGGERS_HELD;
use module::manifest::FinishStep;

const FILE: &str = "triggers.tf";
const HEADING: &str = "All triggers arrive disabled. After the cutover: -var enable_triggers=true.";
const ONE: &str = "the provider takes one, not several";

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

const ONCE_DAILY: &[Field] = &[plain("DaysOfWeek").or(Literal::NoItems), local_moment("StartTime")];

const CONTINUOUS: &[Field] = &[
    plain("DaysOfWeek").or(Literal::NoItems),
    plain("Interval").keep_empty(),
    plain("HourInterval"),
    plain("MinuteInterval"),
    local_moment("RunAfter"),
    local_moment("RunUntil"),
];

const DAYS_PER_MONTH: &[Field] = &[
    local_moment("StartTime"),
    plain("MonthlyScheduleType").keep_empty(),
    plain("DateOfMonth"),
    plain("DayNumberOfMonth"),
    custom("DayOfWeek", day_of_week).writes(&["day_of_week"]),
];

const CRON: &[Field] = &[plain("CronExpression").keep_empty()];

const MACHINE: &[Field] = &[
    references("EnvironmentIds", Collection::Environments),
    plain("EventGroups"),
    plain("EventCategories"),
    plain("Roles"),
];

const GIT: &[Field] = &[objects("Sources", SOURCE)];

const SOURCE: &[Field] = &[
    custom("DeploymentActionSlug", action_slug).writes(&["deployment_action_slug"]),
    plain("GitDependencyName").keep_empty(),
    plain("IncludeFilePaths").or(Literal::NoItems),
    plain("ExcludeFilePaths").or(Literal::NoItems),
];

/// A package of a feed's trigger; the primary one of a step has no name.
const PACKAGE: &[Field] = &[
    custom("DeploymentActionSlug", action_slug).writes(&["deployment_action_slug"]),
    plain("PackageReference"),
];

const TENANT_TAGS: Field = finish("TenantTags", NO_ARGUMENT);

const DEPLOY_LATEST: &[Field] = &[
    custom("SourceEnvironmentIds", source_environment).writes(&["source_environment_id"]),
    reference("DestinationEnvironmentId", Collection::Environments),
    plain("ShouldRedeployWhenReleaseIsCurrent").named("should_redeploy"),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
];

const DEPLOY_NEW: &[Field] = &[
    reference("EnvironmentId", Collection::Environments).named("destination_environment_id"),
    custom("VersionControlReference", git_reference).writes(&["git_reference"]),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
];

const RUN_RUNBOOK: &[Field] = &[
    finish("ChannelId", NO_ARGUMENT),
    reference("RunbookId", Collection::Runbooks),
    references("EnvironmentIds", Collection::Environments).named("target_environment_ids"),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
    finish("VersionControlReference", NO_ARGUMENT).unless(Literal::Text("")),
];

const AUTO_DEPLOY: &[Field] = &[
    plain("ShouldRedeployWhenMachineHasBeenDeployedTo").named("should_redeploy").unless(Literal::Flag(false)),
    finish("TenantIds", NO_ARGUMENT),
    TENANT_TAGS,
    finish("ChannelId", NO_ARGUMENT),
];

const CREATE_RELEASE: &[Field] =
    &[finish("TenantIds", NO_ARGUMENT), TENANT_TAGS, finish("Variables", NO_ARGUMENT)];

fn action_slug(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value.as_str() {
        Some(slug) => block.set("deployment_action_slug", context.drawers.open::<Actions>().slug(slug)),
        None => odd(context, at, value),
    }
}

/// Without a day, as a trigger by the date of the month may be, the provider writes Sunday, and crashes when it reads none (1.17.0,
/// `schema_project_scheduled_trigger.go`): it is shown a Sunday, too (`relay/readable.rs`).
fn day_of_week(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value {
        Value::String(day) if !day.is_empty() => block.set("day_of_week", day.as_str()),
        Value::Null | Value::String(_) => {
            block.set("day_of_week", "Sunday");
            context.set(at, &Value::Null, "the provider writes a day where there is none");
        }
        other => odd(context, at, other),
    }
}

/// The provider's argument takes one environment; more are for finish.
fn source_environment(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let ids = value.as_array().map_or(&[][..], Vec::as_slice);
    if let Some(first) = ids.first().and_then(Value::as_str) {
        let expression = context.reference(at, Collection::Environments, first);
        block.set("source_environment_id", expression);
    }
    if ids.len() > 1 {
        context.set(at, value, ONE);
    }
}

fn git_reference(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value {
        // The provider writes an empty one, and crashes when it reads none (1.17.0, `schema_project_scheduled_trigger.go`).
        Value::Null => {}
        other => {
            let known = [plain("GitRef").named("git_reference"), finish("GitCommit", NO_ARGUMENT)];
            read_value(context, at, other, |context, fields| fields.carry(context, known, block));
        }
    }
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    read(context, &subject.at, subject.document.fields(), |context, fields| match form(subject.document) {
        Some(form) => resource(context, subject, fields, form),
        None => whole(context, subject, fields),
    });
}

/// How the provider writes a trigger.
struct Form {
    resource: &'static str,
    /// Whether the resource has arguments for space, description and whether it is disabled.
    full: bool,
    filter: Part,
    action: Part,
}

/// Filter or action: the block that it is, if it is not written beside the others, and its table.
#[derive(Clone, Copy)]
struct Part {
    block: Option<&'static str>,
    fields: &'static [Field],
}

/// `None`: the provider has no resource for it, or none for its filter and its action together.
fn form(trigger: &Document) -> Option<Form> {
    let beside = |fields| Part { block: None, fields };
    let block = |name, fields| Part { block: Some(name), fields };
    let shape = KIND.shape(trigger)?;
    let resource = shape.resource;
    let said = trigger.get("Filter").and_then(Value::as_object)?;
    let action = trigger.get("Action").unwrap_or(&Value::Null);
    let action_type = action["ActionType"].as_str().unwrap_or_default();
    if lacks(said, shape.when, action) {
        return None;
    }
    let (full, filter, action) = match (shape.when, action_type) {
        ("MachineFilter", "AutoDeploy") if has_known_events(said) => {
            (false, beside(MACHINE), beside(AUTO_DEPLOY))
        }
        ("FeedFilter", "CreateRelease") => (true, beside(&[]), beside(CREATE_RELEASE)),
        ("GitFilter", "CreateRelease") => (true, beside(GIT), beside(CREATE_RELEASE)),
        ("MachineFilter" | "FeedFilter" | "GitFilter", _) => return None,
        (schedule, _) => {
            let filter = match schedule {
                "OnceDailySchedule" => block("once_daily_schedule", ONCE_DAILY),
                "ContinuousDailySchedule" => block("continuous_daily_schedule", CONTINUOUS),
                "DaysPerMonthSchedule" => block("days_per_month_schedule", DAYS_PER_MONTH),
                _ => block("cron_expression_schedule", CRON),
            };
            let action = match action_type {
                "DeployLatestRelease" if !is_empty(&action["SourceEnvironmentIds"]) => {
                    block("deploy_latest_release_action", DEPLOY_LATEST)
                }
                "DeployNewRelease" => block("deploy_new_release_action", DEPLOY_NEW),
                "RunRunbook" => block("run_runbook_action", RUN_RUNBOOK),
                _ => return None,
            };
            (true, filter, action)
        }
    };
    knows_filter(said, filter.fields).then_some(Form { resource, full, filter, action })
}

/// Whether the provider knows all that a filter says: without one of its limits the trigger would start more than at the source.
fn knows_filter(filter: &Map<String, Value>, table: &[Field]) -> bool {
    const OF_EVERY: [&str; 4] = ["FilterType", "Timezone", "Id", "SpaceId"];
    filter.iter().all(|(name, value)| {
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        match name.as_str() {
            "Sources" => items.iter().all(|item| says_all(SOURCE, item)),
            "Packages" => items.iter().all(|item| says_all(PACKAGE, item)),
            name => {
                says_nothing(value)
                    || OF_EVERY.contains(&name)
                    || HISTORY.contains(&name)
                    || table.iter().any(|field| field.api == name)
            }
        }
    })
}

/// Whether a trigger says nothing, or what the provider refuses, where its resource wants an argument: a runbook that is chosen by tags, say.
fn lacks(filter: &Map<String, Value>, filter_type: &str, action: &Value) -> bool {
    let of_filter: &[&str] = match filter_type {
        "OnceDailySchedule" => &["StartTime"],
        "ContinuousDailySchedule" => &["RunAfter", "RunUntil"],
        "DaysPerMonthSchedule" => &["StartTime"],
        "GitFilter" => &["Sources"],
        _ => &[],
    };
    let of_action: &[&str] = match action["ActionType"].as_str().unwrap_or_default() {
        "DeployLatestRelease" => &["DestinationEnvironmentId"],
        "DeployNewRelease" => &["EnvironmentId"],
        "RunRunbook" => &["RunbookId", "EnvironmentIds"],
        _ => &[],
    };
    let accepted: (&str, &[&str]) = match filter_type {
        "ContinuousDailySchedule" => ("Interval", &["OnceDaily", "OnceHourly", "OnceEveryMinute"]),
        "DaysPerMonthSchedule" => ("MonthlyScheduleType", &["DateOfMonth", "DayOfMonth"]),
        _ => ("", &[]),
    };
    // The provider tells no upper from lower case there.
    let is_accepted = |text: &str| accepted.1.iter().any(|known| known.eq_ignore_ascii_case(text));
    let has_offset = |value: &Value| value.as_str().is_some_and(time::has_offset);
    of_filter.iter().any(|field| filter.get(*field).is_none_or(|value| is_empty(value) || has_offset(value)))
        || of_action.iter().any(|field| is_empty(&action[*field]))
        || (!accepted.0.is_empty()
            && !filter.get(accepted.0).and_then(Value::as_str).is_some_and(is_accepted))
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

/// What the provider accepts as events of targets; any other fails the apply (1.17.0, `resource_project_deployment_target_trigger.go`).
const EVENTS: [(&str, &[&str]); 2] = [
    (
        "EventGroups",
        &[
            "Machine",
            "MachineCritical",
            "MachineAvailableForDeployment",
            "MachineUnavailableForDeployment",
            "MachineHealthChanged",
        ],
    ),
    (
        "EventCategories",
        &[
            "MachineCleanupFailed",
            "MachineAdded",
            "MachineDeploymentRelatedPropertyWasUpdated",
            "MachineDisabled",
            "MachineEnabled",
            "MachineHealthy",
            "MachineUnavailable",
            "MachineUnhealthy",
            "MachineHasWarnings",
        ],
    ),
];

fn has_known_events(filter: &Map<String, Value>) -> bool {
    EVENTS.iter().all(|(field, known)| {
        let events = filter.get(*field).and_then(Value::as_array).into_iter().flatten();
        events.filter_map(Value::as_str).all(|event| known.contains(&event))
    })
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
    context
        .finish(FinishStep::Document { target: subject.at.target.clone(), document: Value::Object(wanted) });
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
