//! How the provider writes a trigger: which resource has arguments for its filter and its action together, and their tables.

use serde_json::{Map, Value};

use crate::convert::context::{At, Context};
use crate::convert::fields::{HISTORY, is_empty, odd, read_value, says_nothing};
use crate::convert::model::*;
use crate::convert::table::says_all;
use crate::convert::time;
use crate::hcl::Block;
use crate::kinds::process::Actions;
use documents::collection::Collection;
use documents::document::Document;

/// Why a second one is for finish.
const ONE: &str = "the provider takes one, not several";

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
pub(super) const PACKAGE: &[Field] = &[
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

/// How the provider writes a trigger.
pub(super) struct Form {
    pub(super) resource: &'static str,
    /// Whether the resource has arguments for space, description and whether it is disabled.
    pub(super) full: bool,
    pub(super) filter: Part,
    pub(super) action: Part,
}

/// Filter or action: the block that it is, if it is not written beside the others, and its table.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) block: Option<&'static str>,
    pub(super) fields: &'static [Field],
}

/// `None`: the provider has no resource for it, or none for its filter and its action together.
pub(super) fn form(trigger: &Document) -> Option<Form> {
    let beside = |fields| Part { block: None, fields };
    let block = |name, fields| Part { block: Some(name), fields };
    let shape = super::trigger::KIND.shape(trigger)?;
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
