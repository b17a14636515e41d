//! The header that the webhook of a subscription sends. By the vendor's reference it is an object, shown where it is no secret; servers from
//! before that have a text that they never show.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::dump::change_loaded;
use crate::server::Server;
use crate::version::Feature;

const HEADER: &str = "EventNotificationSubscription/WebhookHeaderValue";

pub(crate) fn complete(
    server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    _old: Option<&Value>,
) -> Result<(), Answer> {
    let header = notification(fields).and_then(|notification| notification.get_mut("WebhookHeaderValue"));
    let Some(header) = header else { return Ok(()) };
    match header {
        header if server.has(Feature::Reference) => reveal(header),
        Value::Object(_) => {
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
    change_loaded(server, "subscriptions", |server, fields| {
        let id = fields.get("Id").and_then(Value::as_str).unwrap_or_default();
        let is_secret = server.store.secrets.get(id, HEADER).is_some();
        let Some(notification) = notification(fields) else { return false };
        let header = notification.entry("WebhookHeaderValue").or_insert(Value::Null);
        if is_secret {
            *header = json!({"HasValue": true, "NewValue": null, "Hint": null});
        } else {
            reveal(header);
        }
        true
    });
}

fn notification(subscription: &mut Fields) -> Option<&mut Fields> {
    subscription.get_mut("EventNotificationSubscription")?.as_object_mut()
}

/// A text that is no secret, as these servers show it.
fn reveal(header: &mut Value) {
    if let Some(text) = header.as_str().filter(|text| !text.is_empty()) {
        *header = json!({"IsSensitive": false, "SensitiveValue": null, "Value": text});
    }
}
