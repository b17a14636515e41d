//! What belongs to the server and names things of the space: teams, roles, freezes; and subscriptions.

use serde_json::{Value, json};

use crate::making::{Making, SPACE};

pub(crate) fn make(making: &mut Making) {
    let roles: Vec<String> = (0..making.chance.below(2)).map(|_| role(making)).collect();
    let teams: Vec<String> = (0..making.chance.below(3)).map(|_| team(making, &roles)).collect();
    for _ in 0..making.chance.below(2) {
        freeze(making);
    }
    if making.chance.percent(50) {
        subscription(making, &teams);
    }
}

fn role(making: &mut Making) -> String {
    let id = making.id("UserRoles");
    let name = making.name("userroles");
    let permissions =
        making.chance.some(&["EnvironmentView", "DeploymentCreate", "ProjectView", "TenantView"], 3);
    let document = json!({
        "CanBeDeleted": true, "Description": making.optional("userroles", &name, "Description"), "GrantedSpacePermissions": permissions,
        "GrantedSystemPermissions": [], "Id": id, "Name": name, "SpacePermissionDescriptions": [], "SupportedRestrictions": [],
        "SystemPermissionDescriptions": [],
    });
    making.put_in_server("userroles", document)
}

fn team(making: &mut Making, roles: &[String]) -> String {
    let id = making.id("Teams");
    let name = making.name("teams");
    let slug = making.slug("teams", &name);
    let groups = if making.flag() {
        json!([{"DisplayIdAndName": true, "DisplayName": "HARBOUR\\${pilots}", "Id": "S-1-5-21"}])
    } else {
        json!([])
    };
    let document = json!({
        "CanBeDeleted": true, "CanBeRenamed": true, "CanChangeMembers": true, "CanChangeRoles": true,
        "Description": making.optional("teams", &name, "Description"), "ExternalSecurityGroups": groups, "Id": id, "MemberUserIds": [],
        "Name": name, "Slug": slug, "SpaceId": SPACE,
    });
    making.put_in_server("teams", document);
    if let Some(role) = roles.first() {
        let scope = json!({
            "EnvironmentIds": making.some("environments", 1), "Id": making.id("ScopedUserRoles"), "ProjectGroupIds": making.some("projectgroups", 1),
            "ProjectIds": making.some("projects", 1), "SpaceId": SPACE, "TeamId": id, "TenantIds": making.some("tenants", 1), "UserRoleId": role,
        });
        making.put_in_server("scopeduserroles", scope);
    }
    id
}

fn freeze(making: &mut Making) {
    let Some(project) = making.any("projects") else { return };
    let id = making.id("DeploymentFreezes");
    let name = making.name("deploymentfreezes");
    let environments = making.ids("environments");
    let environment = making.chance.one(&environments);
    let schedule = if making.flag() {
        json!({"EndOnDate": "2032-01-01T00:00:00Z", "EndType": "OnDate", "Type": "Daily", "Unit": 1, "UserUtcOffsetInMinutes": 120})
    } else {
        Value::Null
    };
    let document = json!({
        "End": "2031-06-03T20:30:00Z", "Id": id, "Name": name, "OwnerId": null, "ProjectEnvironmentScope": {project: [environment]},
        "RecurringSchedule": schedule, "Start": "2031-06-01T08:00:00Z", "TenantProjectEnvironmentScope": [],
    });
    making.put_in_server("deploymentfreezes", document);
}

fn subscription(making: &mut Making, teams: &[String]) {
    let id = making.id("Subscriptions");
    let name = making.name("subscriptions");
    let Some(team) = teams.first() else { return };
    let filter = json!({
        "DocumentTypes": ["Deployments"], "Environments": making.some("environments", 2), "EventAgents": [], "EventCategories": ["Modified"],
        "EventGroups": [], "ProjectGroups": making.some("projectgroups", 1), "Projects": [], "Tags": [], "Tenants": making.some("tenants", 1),
        "Users": [],
    });
    let event = json!({
        "EmailFrequencyPeriod": making.chance.one(&["01:00:00", "00:30:00"]), "EmailPriority": making.chance.one(&["Normal", "High"]),
        "EmailShowDatesInTimeZoneId": "UTC", "EmailTeams": [team], "Filter": filter, "WebhookHeaderKey": "", "WebhookHeaderValue": "",
        "WebhookTeams": null, "WebhookTimeout": "00:00:10", "WebhookURI": "",
    });
    making.allow(
        "subscriptions",
        "IsDisabled",
        "deliberate: subscriptions arrive disabled, the cutover enables them",
        &name,
    );
    let document = json!({"EventNotificationSubscription": event, "Id": id, "IsDisabled": making.flag(), "Name": name, "Type": "Event"});
    making.put("subscriptions", document);
}
