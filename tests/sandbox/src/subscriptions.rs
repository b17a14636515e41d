//! The header that the webhook of a subscription sends. By the vendor's reference it is an object, shown where it is no secret; servers from
//! before that have a text that they never show.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::server::Server;
use crate::version::Feature;

const HEADER: &str = "EventNotificationSubscription/WebhookHeaderValue";

pub(crate) fn complete(
    server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    _old: Option<&Value>,
) -> Result<(), Answer> {
    let notification = fields.get_mut("EventNotificationSubscription").and_then(Value::as_object_mut);
    let Some(header) = notification.and_then(|notification| notification.get_mut("WebhookHeaderValue"))
    else {
        return Ok(());
    };
    match header {
        Value::String(text) if server.has(Feature::Reference) && !text.is_empty() => {
            *header = json!({"IsSensitive": false, "SensitiveValue": null, "Value": text});
        }
        Value::Object(_) if !server.has(Feature::Reference) => {
            return Err(Answer::bad_request(
                "Error converting value to type 'System.String'. Path 'WebhookHeaderValue'.",
            ));
        }
        _ => {}
    }
    Ok(())
}

/// A loaded header may be one of a server that never showed it.
pub(crate) fn complete_loaded(server: &mut Server) {
    if !server.has(Feature::Reference) {
        return;
    }
    let spaces: Vec<String> = server.store.places().map(|(place, _)| place.clone()).collect();
    for space in spaces {
        let all: Vec<(String, Value)> = server
            .store
            .all(&space, "subscriptions")
            .map(|(id, subscription)| (id.clone(), subscription.clone()))
            .collect();
        for (id, mut subscription) in all {
            let is_secret = server.store.secrets.get(&id, HEADER).is_some();
            let header = &mut subscription["EventNotificationSubscription"]["WebhookHeaderValue"];
            if is_secret {
                *header = json!({"HasValue": true, "NewValue": null, "Hint": null});
            } else if let Some(text) = header.as_str().filter(|text| !text.is_empty()) {
                *header = json!({"IsSensitive": false, "SensitiveValue": null, "Value": text});
            }
            server.store.put(&space, "subscriptions", subscription);
        }
    }
}
