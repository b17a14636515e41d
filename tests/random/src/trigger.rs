//! Triggers: every schedule, and those of targets.

use serde_json::{Value, json};

use crate::making::Making;
use crate::project::part_name;
use crate::text;

pub(crate) fn make(making: &mut Making, project: &str, of: &str, channels: &[String], runbooks: &[String]) {
    for _ in 0..making.chance.below(4) {
        let place = format!("triggers of {project}");
        let name = part_name(making, &place);
        let id = making.id("ProjectTriggers");
        let on_targets = making.chance.percent(25);
        let (filter, action) = if on_targets {
            (
                machines(making),
                json!({"ActionType": "AutoDeploy", "ShouldRedeployWhenMachineHasBeenDeployedTo": making.flag()}),
            )
        } else {
            (schedule(making), action(making, channels, runbooks))
        };
        let (filter, action) = (without_nothing(filter), without_nothing(action));
        let document = json!({
            "Action": action, "Description": making.optional("projecttriggers", &format!("{of}/{name}"), "Description"), "Filter": filter, "Id": id, "IsDisabled": making.chance.percent(40), "Name": name,
            "ProjectId": project,
        });
        making.put("projecttriggers", document);
    }
}

fn machines(making: &mut Making) -> Value {
    json!({"EnvironmentIds": making.some("environments", 2), "EventCategories": making.chance.one(&[json!([]), json!(["MachineHealthy"])]),
        "EventGroups": ["Machine"], "FilterType": "MachineFilter", "Roles": making.chance.some(text::ROLES, 2)})
}

fn schedule(making: &mut Making) -> Value {
    let time = making.chance.one(&[
        "2026-03-01T09:00:00.000Z",
        "2026-03-01T23:59:00.000Z",
        "2026-03-01T00:00:00.000Z",
    ]);
    let days = json!(making.chance.one(&[
        vec!["Monday"],
        vec!["Sunday", "Monday", "Friday"],
        vec!["Saturday", "Sunday"]
    ]));
    let mut filter = match making.chance.below(6) {
        0 => json!({"DaysOfWeek": days, "FilterType": "OnceDailySchedule", "StartTime": time}),
        1 => {
            json!({"DaysOfWeek": days, "FilterType": "ContinuousDailySchedule", "HourInterval": making.chance.between(1, 12), "Interval": "OnceHourly",
            "RunAfter": "2026-03-01T06:00:00.000Z", "RunUntil": "2026-03-01T21:00:00.000Z"})
        }
        2 => {
            json!({"DaysOfWeek": days, "FilterType": "ContinuousDailySchedule", "Interval": "OnceEveryMinute", "MinuteInterval": making.chance.between(1, 59),
            "RunAfter": "2026-03-01T06:00:00.000Z", "RunUntil": "2026-03-01T07:00:00.000Z"})
        }
        3 => {
            json!({"DateOfMonth": making.chance.one(&["1", "15", "L"]), "DayOfWeek": "Sunday", "FilterType": "DaysPerMonthSchedule", "MonthlyScheduleType": "DateOfMonth",
            "StartTime": time})
        }
        4 => {
            json!({"DayNumberOfMonth": making.chance.one(&["1", "4", "L"]), "DayOfWeek": "Thursday", "FilterType": "DaysPerMonthSchedule",
            "MonthlyScheduleType": "DayOfMonth", "StartTime": time})
        }
        _ => {
            json!({"CronExpression": making.chance.one(&["0 15 6 * * Mon-Fri", "0 0 * * * *"]), "FilterType": "CronExpressionSchedule"})
        }
    };
    filter["Timezone"] = json!(making.chance.one(text::ZONES));
    filter
}

fn action(making: &mut Making, channels: &[String], runbooks: &[String]) -> Value {
    let environments = making.ids("environments");
    let channel = if making.flag() { Value::Null } else { json!(making.chance.one(channels)) };
    let environment = making.chance.one(&environments);
    match making.chance.below(3) {
        0 if !runbooks.is_empty() => {
            let mut several = making.some("environments", 2);
            if several.is_empty() {
                several.push(environment);
            }
            json!({"ActionType": "RunRunbook", "EnvironmentIds": several, "RunbookId": making.chance.one(runbooks), "TenantIds": making.some("tenants", 1),
                "TenantTags": making.some_tags("Tenant")})
        }
        1 => {
            json!({"ActionType": "DeployNewRelease", "ChannelId": channel, "EnvironmentId": environment,
            "VersionControlReference": {"GitCommit": "", "GitRef": making.chance.one(&["", "refs/heads/${x}"])}})
        }
        _ => {
            json!({"ActionType": "DeployLatestRelease", "ChannelId": channel, "DestinationEnvironmentId": environment,
            "ShouldRedeployWhenReleaseIsCurrent": making.flag(), "SourceEnvironmentIds": making.some("environments", 2),
            "TenantIds": making.some("tenants", 1), "TenantTags": [], "Variables": ""})
        }
    }
}

/// As clients send it: lists without items and fields without a value are left out, and servers keep a trigger's parts as they come. Those that
/// run a runbook always have both lists.
fn without_nothing(part: Value) -> Value {
    let runs = part["ActionType"] == "RunRunbook";
    let Value::Object(fields) = part else { return part };
    let is_kept = |name: &str, value: &Value| {
        !value.is_null() && (*value != json!([]) || runs && name.starts_with("Tenant"))
    };
    fields.into_iter().filter(|(name, value)| is_kept(name, value)).collect()
}
