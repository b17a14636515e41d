//! The value of the header that the webhook of a subscription sends. The provider's client (2.111.0) has a text; servers of the vendor's
//! reference have a value that is a text where everybody may read it, and hidden otherwise, as a template's default (`{HasValue, NewValue}`).
//!
//! The provider can't read the hidden form, and would write a secret as a text that everybody may read. So it sees an empty text, which it
//! reads back from no server anyway, and a secret is sent in the hidden form first.
//!
//! Assumption: servers from before that form refuse it with 400. Then the text is sent, which those never show again.

use axum::body::Bytes;
use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::address::Address;
use crate::relay::log::Intervention;
use crate::relay::request::Request;
use secret::placeholder::is_placeholder;

fn header(subscription: &mut Value) -> Option<&mut Value> {
    subscription.get_mut("EventNotificationSubscription")?.get_mut("WebhookHeaderValue")
}

pub(super) fn looks_at(address: &Address) -> bool {
    address.kind() == "subscriptions"
}

/// Shows the header of a subscription as the provider can read it, where it can't read it as it is.
pub(super) fn show(subscription: &mut Value) -> Option<Intervention> {
    let place = format!("subscriptions/{}", subscription["Name"].as_str().unwrap_or_default());
    let header = header(subscription).filter(|header| header.is_object())?;
    *header = match &header["Value"] {
        Value::String(text) if header["IsSensitive"] == false => json!(text),
        _ => json!(""),
    };
    Some(Intervention { what: "shown without the header, which the provider reads only as a text", place })
}

/// The body of a request with the header in the hidden form, where a secret has taken the place of a token, or a placeholder stands for one;
/// `None`: there is none. `with_token`: the body as Terraform has sent it.
pub(super) fn hidden(request: &Request, with_token: &Bytes) -> Option<Bytes> {
    if !looks_at(&request.address) || !matches!(request.method, Method::PUT | Method::POST) {
        return None;
    }
    let mut before: Value = serde_json::from_slice(with_token).ok()?;
    let mut after = request.document()?;
    let (before, header) = (header(&mut before)?, header(&mut after)?);
    if !header.is_string() || (before == header && !header.as_str().is_some_and(is_placeholder)) {
        return None;
    }
    *header = json!({"HasValue": true, "NewValue": header.take()});
    Some(after.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(header: &Value) -> Value {
        json!({"Name": "Bell", "EventNotificationSubscription": {"WebhookHeaderValue": header}})
    }

    #[test]
    fn the_provider_reads_a_text() {
        for (header, expected) in [
            (json!({"HasValue": true, "NewValue": null}), json!("")),
            (json!({"IsSensitive": true, "SensitiveValue": {"HasValue": true}, "Value": null}), json!("")),
            (json!({"IsSensitive": false, "SensitiveValue": null, "Value": "ding"}), json!("ding")),
        ] {
            let mut document = subscription(&header);
            assert_eq!(show(&mut document).map(|shown| shown.place).as_deref(), Some("subscriptions/Bell"));
            assert_eq!(document, subscription(&expected));
        }
        assert!(show(&mut subscription(&json!("ding"))).is_none() && show(&mut json!({})).is_none());
    }

    #[test]
    fn only_a_secret_is_sent_hidden() {
        let bytes = |header: &str| Bytes::from(subscription(&json!(header)).to_string());
        let hidden = |route: &str, with_token: &str, filled: &str| {
            let request = Request::new(Method::POST, &format!("/api/Spaces-1/{route}"));
            hidden(&request.with_body(bytes(filled)), &bytes(with_token))
        };
        let sent = hidden("subscriptions", "token", "the s3cret").unwrap();
        let sent: Value = serde_json::from_slice(&sent).unwrap();
        assert_eq!(sent, subscription(&json!({"HasValue": true, "NewValue": "the s3cret"})));
        assert!(hidden("subscriptions", "ding", "ding").is_none());
        let placeholder = "octoferry-placeholder subscription_bell_webhook_header";
        assert!(hidden("subscriptions", placeholder, placeholder).is_some());
        assert!(hidden("feeds", "token", "the s3cret").is_none());
    }
}
