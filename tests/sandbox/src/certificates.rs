//! Certificates: what clients need of one, made up of its name and the digest of its data. No certificate is really read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Digest;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::documents::{fill, refuse_if_mentioned};
use crate::request::{Method, Request};
use crate::server::Server;
use crate::{answer::Outcome, documents};

pub(crate) fn defaults() -> Value {
    json!({"Archived": null, "CertificateChain": [], "EnvironmentIds": [], "IsExpired": false, "Notes": null,
           "Password": {"HasValue": false}, "ReplacedBy": null, "SubjectAlternativeNames": [], "TenantIds": [],
           "TenantTags": [], "TenantedDeploymentParticipation": "Untenanted"})
}

/// Fields that the server reads from the data.
const COMPUTED: [&str; 14] = [
    "CertificateDataFormat",
    "HasPrivateKey",
    "IssuerCommonName",
    "IssuerDistinguishedName",
    "NotAfter",
    "NotBefore",
    "SelfSigned",
    "SerialNumber",
    "SignatureAlgorithmName",
    "SubjectCommonName",
    "SubjectDistinguishedName",
    "Thumbprint",
    "Version",
    "IsExpired",
];

pub(crate) fn complete(
    _server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    let data = fields
        .get("CertificateData")
        .and_then(|data| data["NewValue"].as_str())
        .unwrap_or_default()
        .to_owned();
    if data.is_empty() {
        let Some(old) = old else {
            return Err(Answer::bad_request("Please provide the certificate's data."));
        };
        fill(fields, &json!({"CertificateData": {"HasValue": true, "NewValue": null}}));
        for field in COMPUTED {
            fields.insert(field.into(), old[field].clone());
        }
        return Ok(());
    }
    let bytes = STANDARD.decode(data.trim()).map_err(|_| {
        Answer::bad_request("The certificate's data must be base64 of a PFX, PEM or DER file.")
    })?;
    let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let pem = bytes.windows(10).any(|window| window == b"-----BEGIN");
    let has_key = bytes.windows(11).any(|window| window == b"PRIVATE KEY") || !pem;
    let subject = format!("CN={name}");
    let facts = json!({
        "CertificateDataFormat": if pem { "Pem" } else { "Pkcs12" }, "HasPrivateKey": has_key,
        "IssuerCommonName": name, "IssuerDistinguishedName": subject, "NotAfter": "2120-01-01T00:00:00.000+00:00",
        "NotBefore": "2020-01-01T00:00:00.000+00:00", "SelfSigned": true,
        "SerialNumber": hex(&md5::Md5::digest(&bytes)), "SignatureAlgorithmName": "sha256RSA",
        "SubjectCommonName": name, "SubjectDistinguishedName": subject,
        "Thumbprint": hex(&sha1::Sha1::digest(&bytes)), "Version": 3, "IsExpired": false,
    });
    for (field, value) in facts.as_object().into_iter().flatten() {
        fields.insert(field.clone(), value.clone());
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["machines", "variables", "tenantvariablevalues"])
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let certificates = crate::collections::find("certificates").expect("certificates are in the table");
    Some(match (method, route.as_slice()) {
        // Archived ones show only when they are asked for.
        (Method::Get, ["certificates"]) => {
            let archived = request.query_flag("archived").unwrap_or(false);
            let search = request.query("search").map(str::to_lowercase);
            Ok(documents::list(server, request, certificates, |certificate| {
                certificate["Archived"].is_null() != archived
                    && search.as_ref().is_none_or(|part| {
                        crate::store::text(certificate, "Name").to_lowercase().contains(part)
                    })
            }))
        }
        (Method::Post, ["certificates", _, change @ ("archive" | "unarchive")]) => {
            let archived = if *change == "archive" { json!(crate::store::now()) } else { Value::Null };
            let id = request.at(1).to_owned();
            match server.store.get_mut(&request.space, "certificates", &id) {
                Some(certificate) => {
                    certificate["Archived"] = archived;
                    Ok(Answer::ok(json!({})))
                }
                None => Err(Answer::no_document(&id)),
            }
        }
        _ => return None,
    })
}
