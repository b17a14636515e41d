//! Subscriptions: who is told of events, by mail or by a call. They arrive disabled, as triggers do.

use serde_json::Value;

use crate::convert;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{is_empty, odd, read};
use crate::convert::model::*;
use crate::convert::table::{carry, object_of};
use crate::hcl::{Attribute, Block, Expr};
use documents::collection::Collection;
use documents::document::Document;

const HISTORY: &str = "how far the server has got";

pub(super) const KIND: Kind = Kind {
    collection: Collection::Subscriptions,
    noun: "subscription",
    file: "subscriptions.tf",
    heading: Some("All subscriptions arrive disabled. After the cutover: -var enable_triggers=true."),
    shapes: &[Shape {
        resource: "octopusdeploy_subscription",
        fields: &[
            plain("Name"),
            custom("IsDisabled", disabled).writes(&["is_disabled"]),
            custom("EventNotificationSubscription", notification)
                .writes(&["event_notification_subscription"]),
            custom("Type", |context, at, value, _| {
                if !matches!(value.as_str(), None | Some("Event")) {
                    context.set(at, value, "the provider makes subscriptions to events alone");
                }
            }),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    expand: Some(expand),
    ..Kind::DEFAULT
};

const NOTIFICATION: &[Field] = &[
    custom("Filter", filter).writes(&["filter"]),
    references("EmailTeams", Collection::Teams),
    plain("EmailFrequencyPeriod"),
    plain("EmailPriority").accepts(&["Normal", "High", "Low"]),
    plain("EmailShowDatesInTimeZoneId").named("email_show_dates_in_timezone_id"),
    plain("WebhookURI"),
    references("WebhookTeams", Collection::Teams),
    plain("WebhookTimeout"),
    plain("WebhookHeaderKey"),
    by_code("WebhookHeaderValue"),
    custom("SlackChannelIds", channels),
    finish("SlackChannelNames", NO_ARGUMENT),
    finish("SlackFrequencyPeriod", NO_ARGUMENT),
    custom("TeamsChannels", channels),
    finish("TeamsFrequencyPeriod", NO_ARGUMENT),
    computed("EmailDigestLastProcessed", HISTORY),
    computed("EmailDigestLastProcessedEventAutoId", HISTORY),
    computed("SlackDigestLastProcessed", HISTORY),
    computed("SlackDigestLastProcessedEventAutoId", HISTORY),
    computed("TeamsDigestLastProcessed", HISTORY),
    computed("TeamsDigestLastProcessedEventAutoId", HISTORY),
    computed("WebhookLastProcessed", HISTORY),
    computed("WebhookLastProcessedEventAutoId", HISTORY),
];

/// A list that is left out keeps the value that the server has: so others can add to it.
const FILTER: &[Field] = &[
    references("Environments", Collection::Environments),
    references("ProjectGroups", Collection::ProjectGroups),
    references("Tenants", Collection::Tenants),
    tags("Tags"),
    plain("EventGroups"),
    plain("EventCategories"),
    plain("EventAgents"),
    plain("DocumentTypes"),
    ignored("Projects", "each project's own module adds itself"),
    custom("Users", super::team::include_users),
];

fn disabled(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    if value == &Value::Bool(true) {
        block.attributes.push(Attribute {
            name: "is_disabled".to_owned(),
            value: true.into(),
            comment: Some("Disabled at the source as well.".to_owned()),
        });
    } else {
        context.hold(&at.target, "IsDisabled", &Value::Bool(false));
        block.set("is_disabled", Expr::Not(Box::new(Expr::reference("var.enable_triggers"))));
    }
}

fn notification(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let Value::Object(fields) = value else {
        return odd(context, at, value);
    };
    let mut inner = Block::default();
    read(context, at, fields, |context, fields| {
        // Empty sets of teams are left out: the provider sends nothing for them and may read nothing back, which it calls inconsistent (1.17.0).
        fields.carry(context, NOTIFICATION, &mut inner);
        let (value, place) = (fields.take("WebhookHeaderValue"), fields.at("WebhookHeaderValue"));
        if let Some(text) = readable(value) {
            let text = context.free_text(&place, text);
            inner.set("webhook_header_value", text);
        } else if is_hidden(value, fields.peek("WebhookHeaderKey")) {
            let hidden = Hidden {
                what: "Header of the call",
                revealed: None,
                because: "no step can read the header of a subscription",
            };
            let secret = context.secret(&place, &hidden, "webhook_header");
            inner.set("webhook_header_value", secret);
        }
    });
    block.set("event_notification_subscription", object_of(inner));
}

/// The text of a header's value that is no secret: as it is, or as the API's reference has it (`{IsSensitive, SensitiveValue, Value}`).
fn readable(value: &Value) -> Option<&str> {
    let plain = value.get("IsSensitive").filter(|flag| **flag == Value::Bool(false));
    let text = if plain.is_some() { value.get("Value") } else { Some(value) };
    text.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Whether there is a value that is not shown. Older servers show nothing at all: that there is one follows from the key.
fn is_hidden(value: &Value, key: Option<&Value>) -> bool {
    match value {
        Value::Object(_) => value["HasValue"] == true || value["SensitiveValue"]["HasValue"] == true,
        value => !is_empty(value) || !key.is_none_or(is_empty),
    }
}

/// Channels of Slack or Microsoft Teams, which a server reaches by a connection of its own.
fn channels(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    if is_empty(value) {
        return;
    }
    context.set(at, value, NO_ARGUMENT);
    context.note(
        at,
        "connection",
        "names channels that are reached by the source server's own connection to Slack or Teams, which is not in the space",
        "Connect the destination with the same workspace.");
}

/// Lists that are there and empty: left out, they would be null at the destination.
fn empty_lists(fields: &serde_json::Map<String, Value>, block: &mut Block) {
    for (name, value) in fields {
        if value.as_array().is_some_and(Vec::is_empty) {
            block.set(&snake_case(name), Vec::new());
        }
    }
}

fn filter(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            let mut inner = Block::default();
            carry(context, at, FILTER, fields, &mut inner);
            empty_lists(fields, &mut inner);
            if !inner.attributes.is_empty() {
                block.set("filter", object_of(inner));
            }
        }
        other => odd(context, at, other),
    }
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let block = convert::resource(context, &KIND, &KIND.shapes[0], subject);
    convert::make(context, &KIND, subject, block);
}

/// The filters that name a project get it from the project's module: the space's is deployed before there are any projects.
pub(super) fn include_project(context: &mut Context<'_>, project: &str) {
    let inventory = context.inventory;
    let names = |subscription: &&Document| {
        let filter = subscription.get("EventNotificationSubscription").and_then(|part| part.get("Filter"));
        let projects = filter.and_then(|filter| filter.get("Projects")?.as_array());
        projects.is_some_and(|projects| projects.iter().any(|id| id == project))
    };
    let selection = context.selection;
    let is_made = |subscription: &&Document| selection.makes_in_space(KIND.collection, subscription);
    for subscription in inventory.all(KIND.collection).filter(names).filter(is_made) {
        let target = context.target(KIND.collection, subscription);
        let path = ["EventNotificationSubscription", "Filter", "Projects"].map(Value::from).to_vec();
        let item = context.portable(&Value::from(project));
        context.finish(module::manifest::FinishStep::Include { target, path, item });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn subscriptions() {
        let documents = json!({"subscriptions": [
            {"Id": "Subscriptions-1", "Name": "Bell", "IsDisabled": true, "EventNotificationSubscription": {}},
            {"Id": "Subscriptions-2", "SpaceId": "Spaces-2", "Name": "Storm", "IsDisabled": false, "Type": "Event", "EventNotificationSubscription": {
                "EmailTeams": ["teams-everyone"], "EmailFrequencyPeriod": "04:00:00", "EmailPriority": "High", "EmailShowDatesInTimeZoneId": "UTC",
                "WebhookURI": "https://bell.example", "WebhookTeams": ["Teams-9"], "WebhookTimeout": "00:00:10", "WebhookHeaderKey": "X-Bell", "WebhookHeaderValue": "",
                "EmailDigestLastProcessed": "2026-01-01", "UnheardOf": 1,
                "SlackChannelIds": ["C01"], "SlackChannelNames": ["ops"], "SlackFrequencyPeriod": "01:00:00", "SlackDigestLastProcessed": "2026-01-01",
                "TeamsFrequencyPeriod": "02:00:00", "TeamsChannels": [{"Id": "t-1", "Type": "Webhook", "Name": "Bridge", "WebhookUrl": {"HasValue": true, "NewValue": null}}],
                "Filter": {"Environments": ["Environments-1"], "Projects": ["Projects-1"], "ProjectGroups": [], "Tenants": ["Tenants-1"], "Tags": ["Region/EU"],
                    "EventGroups": ["Deployment"], "EventCategories": [], "EventAgents": [], "DocumentTypes": ["Deployments"], "Users": ["Users-7"]}}},
            {"Id": "Subscriptions-3", "Name": "Tide", "IsDisabled": true, "EventNotificationSubscription": {"WebhookURI": "https://bell.example", "WebhookHeaderKey": "X-Bell",
                "WebhookHeaderValue": {"IsSensitive": false, "SensitiveValue": null, "Value": "ding"}}},
            {"Id": "Subscriptions-4", "Name": "Wind", "IsDisabled": true, "EventNotificationSubscription": {"WebhookURI": "https://bell.example", "WebhookHeaderKey": "X-Bell",
                "WebhookHeaderValue": {"IsSensitive": true, "SensitiveValue": {"HasValue": true, "NewValue": null}, "Value": null}}}
        ], "teams": [{"Id": "Teams-9", "SpaceId": "Spaces-2", "Name": "Bridge"}], "users": [{"Id": "Users-7", "Username": "mate"}]});
        expect![[r##"
            # All subscriptions arrive disabled. After the cutover: -var enable_triggers=true.

            resource "octopusdeploy_subscription" "bell" {
              name                            = "Bell"
              is_disabled                     = true # Disabled at the source as well.
              event_notification_subscription = {}
            }

            resource "octopusdeploy_subscription" "storm" {
              name        = "Storm"
              is_disabled = !var.enable_triggers

              event_notification_subscription = {
                email_teams                     = ["teams-everyone"]
                email_frequency_period          = "04:00:00"
                email_priority                  = "High"
                email_show_dates_in_timezone_id = "UTC"
                webhook_uri                     = "https://bell.example"
                webhook_teams                   = [octopusdeploy_team.bridge.id]
                webhook_timeout                 = "00:00:10"
                webhook_header_key              = "X-Bell"
                webhook_header_value            = var.subscription_storm_webhook_header

                filter = {
                  environments     = [octopusdeploy_environment.production.id]
                  tenants          = [octopusdeploy_tenant.prairie_glow.id]
                  tags             = ["${octopusdeploy_tag_set.region.name}/${octopusdeploy_tag.region_eu.name}"]
                  event_groups     = ["Deployment"]
                  document_types   = ["Deployments"]
                  project_groups   = []
                  event_categories = []
                  event_agents     = []
                }
              }
            }

            resource "octopusdeploy_subscription" "tide" {
              name        = "Tide"
              is_disabled = true # Disabled at the source as well.

              event_notification_subscription = {
                webhook_uri          = "https://bell.example"
                webhook_header_key   = "X-Bell"
                webhook_header_value = "ding"
              }
            }

            resource "octopusdeploy_subscription" "wind" {
              name        = "Wind"
              is_disabled = true # Disabled at the source as well.

              event_notification_subscription = {
                webhook_uri          = "https://bell.example"
                webhook_header_key   = "X-Bell"
                webhook_header_value = var.subscription_wind_webhook_header
              }
            }
            --- finish {"do":"include","target":{"collection":"subscriptions","key":["Storm"]},"path":["EventNotificationSubscription","Filter","Users"],"item":{"$ref":{"collection":"users","key":["mate"]}}}
            --- finish {"do":"set","target":{"collection":"subscriptions","key":["Storm"]},"path":["EventNotificationSubscription","SlackChannelIds"],"value":{"json":["C01"]}}
            --- finish {"do":"set","target":{"collection":"subscriptions","key":["Storm"]},"path":["EventNotificationSubscription","SlackChannelNames"],"value":{"json":["ops"]}}
            --- finish {"do":"set","target":{"collection":"subscriptions","key":["Storm"]},"path":["EventNotificationSubscription","SlackFrequencyPeriod"],"value":{"json":"01:00:00"}}
            --- finish {"do":"set","target":{"collection":"subscriptions","key":["Storm"]},"path":["EventNotificationSubscription","TeamsChannels"],"value":{"json":[{"Id":"t-1","Type":"Webhook","Name":"Bridge","WebhookUrl":{"$secret":"subscription_storm_webhook_url"}}]}}
            --- finish {"do":"set","target":{"collection":"subscriptions","key":["Storm"]},"path":["EventNotificationSubscription","TeamsFrequencyPeriod"],"value":{"json":"02:00:00"}}
            --- note connection ["Storm"] EventNotificationSubscription/SlackChannelIds: names channels that are reached by the source server's own connection to Slack or Teams, which is not in the space
            --- note connection ["Storm"] EventNotificationSubscription/TeamsChannels: names channels that are reached by the source server's own connection to Slack or Teams, which is not in the space
            --- note unknown-field ["Storm"] EventNotificationSubscription/UnheardOf: holds a number, and octoferry does not know this field: it is not carried
            --- note users ["Storm"] EventNotificationSubscription/Filter/Users: users are not carried: those who are at the destination under the name that users.json gives them are added
        "##]].assert_eq(&convert("subscriptions.tf", &documents));
    }
}
