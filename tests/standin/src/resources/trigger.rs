//! Triggers: created at the collection of all, changed and deleted below their project.

use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::{items, text};
use crate::mapping::How::{Leave, Name};
use crate::mapping::Rules;

const SCHEDULED: Rules = &[
    ("channel_id", Leave),
    ("tenant_ids", Leave),
    ("timezone", Leave),
    ("continuous_daily_schedule", Leave),
    ("cron_expression_schedule", Leave),
    ("days_per_month_schedule", Leave),
    ("once_daily_schedule", Leave),
    ("deploy_latest_release_action", Leave),
    ("deploy_new_release_action", Leave),
    ("run_runbook_action", Leave),
];

/// The table of a type of trigger.
pub(super) fn document(name: &str) -> Option<Document> {
    let slash = name == "project_scheduled_trigger";
    let trigger = |rules, before, after| {
        let mut document =
            Document::new("projecttriggers", r#"{"IsDisabled":false}"#, rules).before(before).after(after);
        // One type writes a slash at the end of the address.
        document.create_route = Some("projecttriggers/").filter(|_| slash);
        document.parent_route = Some(("projects", "project_id", "triggers"));
        document
    };
    Some(match name {
        "project_scheduled_trigger" => trigger(SCHEDULED, scheduled, read_scheduled),
        "project_deployment_target_trigger" => trigger(
            &[
                ("environment_ids", Name("Filter.EnvironmentIds")),
                ("event_categories", Name("Filter.EventCategories")),
                ("event_groups", Name("Filter.EventGroups")),
                ("roles", Name("Filter.Roles")),
                ("should_redeploy", Name("Action.ShouldRedeployWhenMachineHasBeenDeployedTo")),
            ],
            |body, _, _| {
                crate::mapping::put(body, "Filter.FilterType", json!("MachineFilter"));
                crate::mapping::put(body, "Action.ActionType", json!("AutoDeploy"));
                // There is no argument for it: always enabled, at creation and at each update.
                body.insert("IsDisabled".to_owned(), json!(false));
            },
            |_, _, _| {},
        ),
        "external_feed_create_release_trigger" => trigger(
            &[("channel_id", Name("Action.ChannelId")), ("package", Leave), ("primary_package", Leave)],
            |body, plan, _| {
                let named = items(plan, "package").iter().map(|package| {
                    json!({"DeploymentActionSlug": package["deployment_action_slug"], "PackageReference": package["package_reference"]})
                });
                let primary = items(plan, "primary_package")
                    .iter()
                    .map(|package| json!({"DeploymentActionSlug": package["deployment_action_slug"], "PackageReference": ""}));
                let packages: Vec<Json> = primary.chain(named).collect();
                body.insert("Filter".to_owned(), json!({"FilterType": "FeedFilter", "Packages": packages}));
                crate::mapping::put(body, "Action.ActionType", json!("CreateRelease"));
            },
            |value, document, _| {
                let (primary, named): (Vec<Json>, Vec<Json>) = items(&document["Filter"], "Packages")
                    .iter()
                    .cloned()
                    .partition(|package| text(package, "PackageReference").is_empty());
                let slug = |package: &Json| package["DeploymentActionSlug"].clone();
                value["primary_package"] =
                    primary.iter().map(|package| json!({"deployment_action_slug": slug(package)})).collect();
                value["package"] = named
                    .iter()
                    .map(|package| json!({"deployment_action_slug": slug(package), "package_reference": package["PackageReference"]}))
                    .collect();
            },
        ),
        "git_trigger" => trigger(
            &[("channel_id", Name("Action.ChannelId")), ("sources", Name("Filter.Sources"))],
            |body, _, _| {
                crate::mapping::put(body, "Filter.FilterType", json!("GitFilter"));
                crate::mapping::put(body, "Action.ActionType", json!("CreateRelease"));
            },
            |_, _, _| {},
        ),
        _ => return None,
    })
}

/// Times have no zone in Terraform; the client sends them as UTC.
fn sent_time(block: &Json, name: &str) -> Json {
    json!(format!("{}Z", text(block, name)))
}

/// The server answers with milliseconds, the client cuts what is zero.
fn read_time(filter: &Json, name: &str) -> Json {
    let time = text(filter, name).trim_end_matches('Z');
    let time = time.split_once('.').map_or(time.to_owned(), |(whole, fraction)| {
        match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }
    });
    json!(time)
}

fn scheduled(body: &mut Map<String, Json>, plan: &Json, _: &Json) {
    let first = |block: &str| items(plan, block).first().cloned();
    let mut filter = if let Some(block) = first("once_daily_schedule") {
        json!({"FilterType": "OnceDailySchedule", "StartTime": sent_time(&block, "start_time"), "DaysOfWeek": block["days_of_week"]})
    } else if let Some(block) = first("continuous_daily_schedule") {
        let mut filter = json!({
            "FilterType": "ContinuousDailySchedule", "Interval": block["interval"], "DaysOfWeek": block["days_of_week"],
            "RunAfter": sent_time(&block, "run_after"), "RunUntil": sent_time(&block, "run_until"),
        });
        if block["interval"] == json!("OnceHourly") {
            filter["HourInterval"] = block["hour_interval"].clone();
        } else {
            filter["MinuteInterval"] = block["minute_interval"].clone();
        }
        filter
    } else if let Some(block) = first("days_per_month_schedule") {
        let mut filter = json!({
            "FilterType": "DaysPerMonthSchedule", "StartTime": sent_time(&block, "start_time"),
            "MonthlyScheduleType": block["monthly_schedule_type"], "DayOfWeek": block["day_of_week"],
        });
        for (member, argument) in
            [("DateOfMonth", "date_of_month"), ("DayNumberOfMonth", "day_number_of_month")]
        {
            if !text(&block, argument).is_empty() {
                filter[member] = block[argument].clone();
            }
        }
        filter
    } else {
        let block = first("cron_expression_schedule").unwrap_or_default();
        json!({"FilterType": "CronExpressionSchedule", "CronExpression": block["cron_expression"]})
    };
    filter["Timezone"] = plan["timezone"].clone();

    let mut action = if let Some(block) = first("deploy_latest_release_action") {
        json!({
            "ActionType": "DeployLatestRelease", "SourceEnvironmentIds": [block["source_environment_id"]],
            "DestinationEnvironmentId": block["destination_environment_id"], "Variables": "",
            "ShouldRedeployWhenReleaseIsCurrent": block["should_redeploy"] == json!(true),
        })
    } else if let Some(block) = first("deploy_new_release_action") {
        json!({
            "ActionType": "DeployNewRelease", "EnvironmentId": block["destination_environment_id"],
            "VersionControlReference": {"GitRef": text(&block, "git_reference"), "GitCommit": ""},
        })
    } else {
        let block = first("run_runbook_action").unwrap_or_default();
        json!({
            "ActionType": "RunRunbook", "RunbookId": block["runbook_id"], "EnvironmentIds": block["target_environment_ids"],
            "TenantIds": [], "TenantTags": [],
        })
    };
    if !items(plan, "tenant_ids").is_empty() {
        action["TenantIds"] = plan["tenant_ids"].clone();
    }
    if action["ActionType"] != json!("RunRunbook") && !text(plan, "channel_id").is_empty() {
        action["ChannelId"] = plan["channel_id"].clone();
    }
    body.insert("Filter".to_owned(), filter);
    body.insert("Action".to_owned(), action);
}

fn read_scheduled(value: &mut Json, document: &Json, expected: &Json) {
    // Not read back by the official one either: description (a change at the server is not seen).
    value["description"] = expected["description"].clone();
    let (filter, action) = (&document["Filter"], &document["Action"]);
    value["timezone"] = filter["Timezone"].clone();
    value["tenant_ids"] = action["TenantIds"].clone();
    for (name, how) in SCHEDULED {
        if matches!(how, Leave) && (name.ends_with("_schedule") || name.ends_with("_action")) {
            value[*name] = json!([]);
        }
    }
    match text(filter, "FilterType") {
        "OnceDailySchedule" => {
            value["once_daily_schedule"] =
                json!([{"start_time": read_time(filter, "StartTime"), "days_of_week": filter["DaysOfWeek"]}]);
        }
        "ContinuousDailySchedule" => {
            value["continuous_daily_schedule"] = json!([{
                "interval": filter["Interval"], "days_of_week": filter["DaysOfWeek"],
                "run_after": read_time(filter, "RunAfter"), "run_until": read_time(filter, "RunUntil"),
                "hour_interval": filter["HourInterval"].as_i64().unwrap_or_default(),
                "minute_interval": filter["MinuteInterval"].as_i64().unwrap_or_default(),
            }]);
        }
        "DaysPerMonthSchedule" => {
            let before = &expected["days_per_month_schedule"][0];
            let part = |member: &str, argument: &str| match text(filter, member) {
                "" => before[argument].clone(),
                value => json!(value),
            };
            value["days_per_month_schedule"] = json!([{
                "start_time": read_time(filter, "StartTime"), "monthly_schedule_type": filter["MonthlyScheduleType"],
                "date_of_month": part("DateOfMonth", "date_of_month"),
                "day_number_of_month": part("DayNumberOfMonth", "day_number_of_month"),
                "day_of_week": part("DayOfWeek", "day_of_week"),
            }]);
        }
        _ => value["cron_expression_schedule"] = json!([{"cron_expression": filter["CronExpression"]}]),
    }
    match text(action, "ActionType") {
        "DeployLatestRelease" => {
            value["deploy_latest_release_action"] = json!([{
                "source_environment_id": action["SourceEnvironmentIds"][0],
                "destination_environment_id": action["DestinationEnvironmentId"],
                "should_redeploy": action["ShouldRedeployWhenReleaseIsCurrent"] == json!(true),
            }]);
        }
        "DeployNewRelease" => {
            value["deploy_new_release_action"] = json!([{
                "destination_environment_id": action["EnvironmentId"],
                "git_reference": text(&action["VersionControlReference"], "GitRef"),
            }]);
        }
        _ => {
            value["run_runbook_action"] = json!([{"runbook_id": action["RunbookId"], "target_environment_ids": action["EnvironmentIds"]}]);
        }
    }
}
