//! Teams, roles, subscriptions: what belongs to the server, and who is told of events.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::{Call, items, text};
use crate::mapping::How::{Leave, Name, Send};

/// The table of a type about people.
pub(super) fn document(name: &str) -> Option<Document> {
    Some(match name {
        "team" => Document::new(
            "/api/teams",
            r#"{"ExternalSecurityGroups":[],"MemberUserIds":[]}"#,
            &[
                ("external_security_group", Name("ExternalSecurityGroups")),
                ("users", Name("MemberUserIds")),
                ("user_role", Leave),
                ("can_be_deleted", Leave),
                ("can_be_renamed", Leave),
                ("can_change_members", Leave),
                ("can_change_roles", Leave),
            ],
        )
        .before(|body, _, _| {
            // The client's type has these flags without "leave out".
            for flag in ["CanBeDeleted", "CanBeRenamed", "CanChangeMembers", "CanChangeRoles"] {
                body.insert(flag.to_owned(), json!(false));
            }
        })
        .after(|value, document, _| {
            if items(document, "MemberUserIds").is_empty() {
                value["users"] = Json::Null;
            }
        }),
        "user_role" => Document::new(
            "/api/userroles",
            r#"{"GrantedSpacePermissions":[],"GrantedSystemPermissions":[]}"#,
            &[],
        ),
        "scoped_user_role" => Document::new("/api/scopeduserroles", "{}", &[]),
        "subscription" => Document::new(
            "subscriptions",
            r#"{"Type":"Event"}"#,
            &[
                ("event_notification_subscription.webhook_header_value", Send("WebhookHeaderValue")),
                ("event_notification_subscription.webhook_uri", Name("WebhookURI")),
                (
                    "event_notification_subscription.email_show_dates_in_timezone_id",
                    Name("EmailShowDatesInTimeZoneId"),
                ),
            ],
        )
        .before(subscription)
        .after(read_subscription)
        .locked(),
        _ => return None,
    })
}

/// What the provider does with a team that is changed (`resource_team.go`): the roles that it has read and the team itself does not name are deleted.
/// Those of a team that names some are not modelled.
pub(super) async fn delete_roles(call: &Call<'_>) -> Result<()> {
    let team = text(&call.state, "id");
    for role in call.api.list(&format!("/api/teams/{team}/scopeduserroles?take=1000")).await? {
        call.api.delete(&format!("/api/scopeduserroles/{}", text(&role, "Id"))).await?;
    }
    Ok(())
}

/// Members that the client sends as null or "" when nothing is configured.
fn subscription(body: &mut Map<String, Json>, _: &Json, _: &Json) {
    if let Some(Json::Object(notification)) = body.get_mut("EventNotificationSubscription") {
        for name in ["EmailTeams", "Filter", "WebhookTeams"] {
            notification.entry(name).or_insert(Json::Null);
        }
        for name in ["WebhookHeaderKey", "WebhookHeaderValue", "WebhookURI"] {
            notification.entry(name).or_insert(json!(""));
        }
        if let Some(Json::Object(filter)) = notification.get_mut("Filter") {
            for name in FILTER {
                filter.entry(name).or_insert(Json::Null);
            }
        }
    }
}

const FILTER: [&str; 10] = [
    "DocumentTypes",
    "Environments",
    "EventAgents",
    "EventCategories",
    "EventGroups",
    "ProjectGroups",
    "Projects",
    "Tags",
    "Tenants",
    "Users",
];

fn read_subscription(value: &mut Json, document: &Json, expected: &Json) {
    let notification = &document["EventNotificationSubscription"];
    for (attribute, member) in [("webhook_uri", "WebhookURI"), ("webhook_header_key", "WebhookHeaderKey")] {
        if text(notification, member).is_empty() {
            value["event_notification_subscription"][attribute] = Json::Null;
        }
    }
    // A filter that names nothing and that nobody configured is none.
    let filter = &notification["Filter"];
    if FILTER.iter().all(|name| items(filter, name).is_empty())
        && expected["event_notification_subscription"]["filter"].is_null()
    {
        value["event_notification_subscription"]["filter"] = Json::Null;
    }
}
