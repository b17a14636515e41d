//! Triggers. None of them is enabled at the destination unless `enable_triggers` says so.

use serde_json::{Map, Value};

use super::process::elsewhere;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{carry, is_empty, odd, unknown};
use crate::hcl::{Block, Expr};
use crate::kinds::model::*;
use crate::module::manifest::FinishStep;

const FILE: &str = "triggers.tf";
const HEADING: &str = "All triggers arrive disabled. After the cutover: -var enable_triggers=true.";
const NO_ARGUMENT: &str = "the provider has no argument for it";
const ONE: &str = "the provider takes one, not several";

pub(super) const KIND: Kind = Kind {
    collection: "projecttriggers",
    noun: "trigger",
    file: FILE,
    discriminator: "Filter/FilterType",
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
    no_shape: "",
    expand: Some(expand),
    ..Kind::DEFAULT
};

const fn scheduled(when: &'static str) -> Shape {
    Shape { when, resource: "octopusdeploy_project_scheduled_trigger", fields: TRIGGER }
}

/// The fields of every trigger; those of filter and action follow below.
const TRIGGER: &[Field] = &[
    elsewhere("ProjectId"),
    elsewhere("Name"),
    elsewhere("Description"),
    elsewhere("IsDisabled"),
    elsewhere("Filter"),
    elsewhere("Action"),
    ID,
    SPACE_ID,
];

const ONCE_DAILY: &[Field] = &[
    elsewhere("FilterType"),
    elsewhere("Timezone"),
    plain("DaysOfWeek").or(Literal::NoItems),
    custom("StartTime", time).writes(&["start_time"]),
];

const CONTINUOUS: &[Field] = &[
    elsewhere("FilterType"),
    elsewhere("Timezone"),
    plain("DaysOfWeek").or(Literal::NoItems),
    plain("Interval").keep_empty(),
    plain("HourInterval"),
    plain("MinuteInterval"),
    custom("RunAfter", time).writes(&["run_after"]),
    custom("RunUntil", time).writes(&["run_until"]),
];

const DAYS_PER_MONTH: &[Field] = &[
    elsewhere("FilterType"),
    elsewhere("Timezone"),
    custom("StartTime", time).writes(&["start_time"]),
    plain("MonthlyScheduleType").keep_empty(),
    plain("DateOfMonth"),
    plain("DayNumberOfMonth"),
    custom("DayOfWeek", day_of_week).writes(&["day_of_week"]),
];

const CRON: &[Field] =
    &[elsewhere("FilterType"), elsewhere("Timezone"), plain("CronExpression").keep_empty()];

const MACHINE: &[Field] = &[
    elsewhere("FilterType"),
    references("EnvironmentIds", "environments"),
    plain("EventGroups"),
    plain("EventCategories"),
    plain("Roles"),
];

const FEED: &[Field] = &[elsewhere("FilterType"), elsewhere("Packages")];

const GIT: &[Field] = &[
    elsewhere("FilterType"),
    objects(
        "Sources",
        &[
            custom("DeploymentActionSlug", action_slug).writes(&["deployment_action_slug"]),
            plain("GitDependencyName").keep_empty(),
            plain("IncludeFilePaths").or(Literal::NoItems),
            plain("ExcludeFilePaths").or(Literal::NoItems),
        ],
    ),
];

const TENANT_TAGS: Field = finish("TenantTags", NO_ARGUMENT);

const DEPLOY_LATEST: &[Field] = &[
    elsewhere("ActionType"),
    elsewhere("ChannelId"),
    elsewhere("TenantIds"),
    custom("SourceEnvironmentIds", source_environment).writes(&["source_environment_id"]),
    reference("DestinationEnvironmentId", "environments"),
    plain("ShouldRedeployWhenReleaseIsCurrent").named("should_redeploy"),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
];

const DEPLOY_NEW: &[Field] = &[
    elsewhere("ActionType"),
    elsewhere("ChannelId"),
    elsewhere("TenantIds"),
    reference("EnvironmentId", "environments").named("destination_environment_id"),
    custom("VersionControlReference", git_reference).writes(&["git_reference"]),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
];

const RUN_RUNBOOK: &[Field] = &[
    elsewhere("ActionType"),
    elsewhere("TenantIds"),
    finish("ChannelId", NO_ARGUMENT),
    reference("RunbookId", "runbooks"),
    references("EnvironmentIds", "environments").named("target_environment_ids"),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
    finish("VersionControlReference", NO_ARGUMENT).unless(Literal::Text("")),
];

const AUTO_DEPLOY: &[Field] = &[
    elsewhere("ActionType"),
    plain("ShouldRedeployWhenMachineHasBeenDeployedTo").named("should_redeploy").unless(Literal::Flag(false)),
    finish("TenantIds", NO_ARGUMENT),
    TENANT_TAGS,
    finish("ChannelId", NO_ARGUMENT),
];

const CREATE_RELEASE: &[Field] = &[
    elsewhere("ActionType"),
    elsewhere("ChannelId"),
    finish("TenantIds", NO_ARGUMENT),
    TENANT_TAGS,
    finish("Variables", NO_ARGUMENT),
];

/// `2026-01-10T23:00:00.000Z` → `2026-01-10T23:00:00`, as the provider reads it back.
fn time(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let Some(text) = value.as_str() else {
        return odd(context, at, value);
    };
    let name = snake_case(at.path.last().and_then(Value::as_str).unwrap_or_default());
    block.set(&name, without_zone(text));
}

fn without_zone(text: &str) -> String {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let text = text.strip_suffix("+00:00").unwrap_or(text);
    match text.split_once('.') {
        Some((seconds, fraction)) if fraction.bytes().all(|digit| digit == b'0') => seconds.to_owned(),
        Some((seconds, fraction)) => format!("{seconds}.{}", fraction.trim_end_matches('0')),
        None => text.to_owned(),
    }
}

fn action_slug(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value.as_str() {
        Some(slug) => block.set("deployment_action_slug", context.actions.slug(slug)),
        None => odd(context, at, value),
    }
}

/// Without a day the provider writes Sunday.
fn day_of_week(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value {
        Value::String(day) if !day.is_empty() => block.set("day_of_week", day.as_str()),
        Value::Null | Value::String(_) => {
            context.set(at, &Value::Null, "the provider writes a day where there is none")
        }
        other => odd(context, at, other),
    }
}

/// The provider's argument takes one environment; more are for finish.
fn source_environment(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let ids = value.as_array().map_or(&[][..], Vec::as_slice);
    if let Some(first) = ids.first().and_then(Value::as_str) {
        let expression = context.reference("environments", first, at);
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
        Value::Object(fields) => {
            let known = [plain("GitRef").named("git_reference"), finish("GitCommit", NO_ARGUMENT)];
            carry(context, &known, fields, at, block);
        }
        other => odd(context, at, other),
    }
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Some(shape) = KIND.shape(subject.document) else {
        return whole(context, subject);
    };
    let empty = Map::new();
    let object = |name: &str| subject.document.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let (filter, action) = (object("Filter"), object("Action"));
    let action_type = action.get("ActionType").and_then(Value::as_str).unwrap_or_default();
    let mut block = Block::resource(shape.resource, &subject.label);
    let (filter_at, action_at) = (subject.at.field("Filter"), subject.at.field("Action"));
    match shape.when {
        "MachineFilter" if action_type == "AutoDeploy" && has_known_events(filter) => {
            common(context, subject, &mut block, false);
            carry(context, MACHINE, filter, &filter_at, &mut block);
            carry(context, AUTO_DEPLOY, action, &action_at, &mut block);
        }
        "FeedFilter" if action_type == "CreateRelease" => {
            common(context, subject, &mut block, true);
            required_channel(context, subject, action, &mut block);
            carry(context, FEED, filter, &filter_at, &mut block);
            packages(context, filter, &filter_at, &mut block);
            carry(context, CREATE_RELEASE, action, &action_at, &mut block);
        }
        "GitFilter" if action_type == "CreateRelease" => {
            common(context, subject, &mut block, true);
            required_channel(context, subject, action, &mut block);
            carry(context, GIT, filter, &filter_at, &mut block);
            carry(context, CREATE_RELEASE, action, &action_at, &mut block);
        }
        "MachineFilter" | "FeedFilter" | "GitFilter" => {
            return whole(context, subject);
        }
        when => {
            let (name, fields) = match action_type {
                "DeployLatestRelease"
                    if !is_empty(action.get("SourceEnvironmentIds").unwrap_or(&Value::Null)) =>
                {
                    ("deploy_latest_release_action", DEPLOY_LATEST)
                }
                "DeployNewRelease" => ("deploy_new_release_action", DEPLOY_NEW),
                "RunRunbook" => ("run_runbook_action", RUN_RUNBOOK),
                _ => return whole(context, subject),
            };
            common(context, subject, &mut block, true);
            let zone = filter.get("Timezone").and_then(Value::as_str).unwrap_or("UTC");
            block.set("timezone", zone);
            channel_and_tenants(context, action, &action_at, &mut block, action_type != "RunRunbook");
            let (schedule, schedule_fields) = match when {
                "OnceDailySchedule" => ("once_daily_schedule", ONCE_DAILY),
                "ContinuousDailySchedule" => ("continuous_daily_schedule", CONTINUOUS),
                "DaysPerMonthSchedule" => ("days_per_month_schedule", DAYS_PER_MONTH),
                _ => ("cron_expression_schedule", CRON),
            };
            let mut inner = Block::new(schedule, &[]);
            carry(context, schedule_fields, filter, &filter_at, &mut inner);
            block.blocks.push(inner);
            let mut inner = Block::new(name, &[]);
            carry(context, fields, action, &action_at, &mut inner);
            block.blocks.push(inner);
        }
    }
    carry(context, TRIGGER, subject.document.fields(), &subject.at, &mut Block::default());
    context.made(&subject.at.target, &block.address(), false);
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
fn whole(context: &mut Context<'_>, subject: &Subject<'_>) {
    let document = subject.document;
    let mut wanted = Map::new();
    for (name, value) in document.fields() {
        match name.as_str() {
            "Id" | "SpaceId" | "IsDisabled" => {}
            "Filter" | "Action" => {
                let mut part = value.clone();
                if let Some(fields) = part.as_object_mut() {
                    for own in ["Id", "Links", "SpaceId", "LastModifiedOn", "LastModifiedBy"] {
                        fields.shift_remove(own);
                    }
                }
                wanted.insert(name.clone(), context.portable(&part));
            }
            "ProjectId" | "Name" | "Description" => {
                wanted.insert(name.clone(), context.portable(value));
            }
            _ => unknown(context, &subject.at.field(name), value),
        }
    }
    wanted.insert("IsDisabled".to_owned(), Value::Bool(true));
    if !document.flag("IsDisabled") {
        context.hold(&subject.at.target, "IsDisabled", &Value::Bool(false));
    }
    context
        .finish(FinishStep::Document { target: subject.at.target.clone(), document: Value::Object(wanted) });
}

/// Project, name, description and whether it is disabled. `full`: the resource has arguments for all of these.
fn common(context: &mut Context<'_>, subject: &Subject<'_>, block: &mut Block, full: bool) {
    let document = subject.document;
    let project = context.reference(
        "projects",
        document.text("ProjectId").unwrap_or_default(),
        &subject.at.field("ProjectId"),
    );
    if full {
        block.set("space_id", Expr::reference("var.octopus_space_id"));
    }
    block.set("project_id", project);
    let name = context.text(document.name(), &subject.at.field("Name"));
    block.set("name", name);
    if let Some(description) = document.text("Description").filter(|text| !text.is_empty()) {
        let at = subject.at.field("Description");
        if full && block.labels[0] != "octopusdeploy_external_feed_create_release_trigger" {
            let text = context.free_text(description, &at);
            block.set("description", text);
        } else {
            context.set(&at, &Value::String(description.to_owned()), NO_ARGUMENT);
        }
    }
    let disabled = document.flag("IsDisabled");
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
        (false, true) => context.set(&subject.at.field("IsDisabled"), &Value::Bool(true), NO_ARGUMENT),
        (false, false) => {
            context.note(
                "held",
                &subject.at.field("IsDisabled"),
                "the provider can't create this trigger disabled: octoferry deploy sees to it; a plain terraform apply would enable it at once",
                "",
            );
        }
    }
}

fn channel_and_tenants(
    context: &mut Context<'_>,
    action: &Map<String, Value>,
    at: &At,
    block: &mut Block,
    channel: bool,
) {
    if channel && let Some(id) = action.get("ChannelId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        let expression = context.reference("channels", id, &at.field("ChannelId"));
        block.set("channel_id", expression);
    }
    let tenants = action.get("TenantIds").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !tenants.is_empty() {
        let at = at.field("TenantIds");
        let expressions: Vec<Expr> = tenants
            .iter()
            .filter_map(Value::as_str)
            .map(|id| super::tenant_link::tenant(context, id, &at))
            .collect();
        block.set("tenant_ids", expressions);
    }
}

/// Triggers that make releases must name a channel; without one the server takes the default one.
fn required_channel(
    context: &mut Context<'_>,
    subject: &Subject<'_>,
    action: &Map<String, Value>,
    block: &mut Block,
) {
    let at = subject.at.field("Action").field("ChannelId");
    let named =
        action.get("ChannelId").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    let default = || {
        let project = subject.document.text("ProjectId").unwrap_or_default();
        let mut channels = context.inventory.of("channels", project);
        channels.find(|channel| channel.flag("IsDefault")).map(|channel| channel.id().to_owned())
    };
    if let Some(id) = named.or_else(default) {
        let expression = context.reference("channels", &id, &at);
        block.set("channel_id", expression);
    }
}

/// A block for each package; the primary one of a step has no name.
fn packages(context: &mut Context<'_>, filter: &Map<String, Value>, at: &At, block: &mut Block) {
    let items = filter.get("Packages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (index, item) in items.iter().enumerate() {
        let at = at.field("Packages").item(items, index);
        let Some(fields) = item.as_object() else {
            odd(context, &at, item);
            continue;
        };
        let primary = is_empty(fields.get("PackageReference").unwrap_or(&Value::Null));
        let mut inner = Block::new(if primary { "primary_package" } else { "package" }, &[]);
        let known = [custom("DeploymentActionSlug", action_slug), plain("PackageReference")];
        carry(context, &known, fields, &at, &mut inner);
        block.blocks.push(inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_provider_reads_them() {
        assert_eq!(without_zone("2026-01-10T23:00:00.000Z"), "2026-01-10T23:00:00");
        assert_eq!(without_zone("2026-01-10T23:00:00.250+00:00"), "2026-01-10T23:00:00.25");
        assert_eq!(without_zone("2026-01-10T23:00:00Z"), "2026-01-10T23:00:00");
    }
}
