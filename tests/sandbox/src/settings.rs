//! What a server has once: mail, address, features, the audit stream, the settings of extensions (API reference of 2026-08).

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, text};

const SETTINGS: &str = "settings";

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let id = match route.as_slice() {
        ["configuration", "certificates", id] if method == Method::Get => {
            let thumbprint = crate::tasks::machine::thumbprint(server);
            return Some(Ok(Answer::ok(json!({"Id": id, "Name": "Octopus", "Thumbprint": thumbprint}))));
        }
        ["smtpconfiguration", "isconfigured"] if method == Method::Get => {
            let is_configured = !text(&stored(server, "smtpconfiguration"), "SmtpHost").is_empty();
            return Some(Ok(Answer::ok(json!({"IsConfigured": is_configured}))));
        }
        [id @ ("smtpconfiguration" | "serverconfiguration" | "featuresconfiguration" | "audit-stream")] => {
            (*id).to_owned()
        }
        [
            "configuration",
            extension @ ("jira-integration" | "jiraservicemanagement-integration" | "servicenow-integration"),
            "values",
        ] => (*extension).to_owned(),
        _ => return None,
    };
    Some(match method {
        Method::Get => Ok(Answer::ok(stored(server, &id))),
        Method::Put => request.object().map(|fields| {
            let mut document = stored(server, &id);
            let all = document.as_object_mut().expect("settings are objects");
            all.extend(fields);
            all.insert("Id".into(), id.into());
            server.store.put(SERVER, SETTINGS, document.clone());
            Answer::ok(document)
        }),
        _ => return None,
    })
}

/// As it was put, or as a fresh server has it.
fn stored(server: &Server, id: &str) -> Value {
    if let Some(document) = server.store.get(SERVER, SETTINGS, id) {
        return document.clone();
    }
    let mut fields: Map<String, Value> = match id {
        "featuresconfiguration" => json!({
            "DefaultPowerShellEdition": "Desktop", "IsAutomaticStepUpdatesEnabled": true, "IsBuiltInWorkerEnabled": true,
            "IsCommunityActionTemplatesEnabled": true, "IsCompositeDockerHubRegistryFeedEnabled": false,
        }),
        "smtpconfiguration" => json!({"SmtpHost": "", "SmtpPort": 25, "EnableSsl": false, "SendEmailFrom": ""}),
        "serverconfiguration" => json!({"ServerUri": ""}),
        "audit-stream" => json!({"Active": false, "StreamConfigurationResource": null}),
        "jira-integration" => json!({"IsEnabled": false}),
        _ => json!({"Connections": [], "WorkNotesIsEnabled": false}),
    }
    .as_object()
    .cloned()
    .unwrap_or_default();
    fields.insert("Id".into(), id.into());
    Value::Object(fields)
}
