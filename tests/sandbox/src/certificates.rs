//! Certificates: what the server reads from an upload; archiving.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Digest;
use serde_json::{Value, json};
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use crate::answer::Answer;
use crate::collections::Fields;
use crate::documents::{fill, refuse_if_mentioned};
use crate::dump::change_loaded;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::text;
use crate::worker::typed;
use crate::{answer::Outcome, documents};

pub(crate) fn defaults() -> Value {
    json!({"Archived": null, "CertificateChain": [], "EnvironmentIds": [], "IsExpired": false, "Notes": null,
           "Password": {"HasValue": false}, "ReplacedBy": null, "SubjectAlternativeNames": [], "TenantIds": [],
           "TenantTags": [], "TenantedDeploymentParticipation": "Untenanted"})
}

/// Fields that the server reads from the data.
const COMPUTED: [&str; 16] = [
    "CertificateChain",
    "SubjectAlternativeNames",
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
    server: &mut Server,
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
    // A password that the client leaves as it is opens the new data too.
    let id = fields.get("Id").and_then(Value::as_str).unwrap_or_default();
    let password = match fields.get("Password") {
        Some(password) if password["NewValue"].is_string() => text(password, "NewValue"),
        Some(password) if password["HasValue"] == true => {
            server.store.secrets.get(id, "Password").unwrap_or_default()
        }
        _ => "",
    }
    .to_owned();
    let facts = match facts(&bytes, &password) {
        Some(facts) => facts,
        // Binary data that can't be opened: the password is wrong, or it is broken.
        None if bytes.first() == Some(&0x30) => {
            return Err(Answer::bad_request(
                "The certificate file could not be read. Is it a PFX, PEM or DER file, and the password right?",
            ));
        }
        None => made_up(&bytes, fields.get("Name").and_then(Value::as_str).unwrap_or_default()),
    };
    for (field, value) in facts.as_object().into_iter().flatten() {
        fields.insert(field.clone(), value.clone());
    }
    Ok(())
}

/// Reads the facts of loaded certificates anew, where the data is a certificate: files of tests may have made-up ones.
pub(crate) fn complete_loaded(server: &mut Server) {
    change_loaded(server, "certificates", |server, fields| {
        let id = fields.get("Id").and_then(Value::as_str).unwrap_or_default();
        let secret = |path: &str| server.store.secrets.get(id, path).unwrap_or_default();
        let Ok(bytes) = STANDARD.decode(secret("CertificateData").trim()) else { return false };
        let Some(Value::Object(facts)) = facts(&bytes, secret("Password")) else { return false };
        fields.extend(facts);
        true
    });
}

/// What the server tells of an upload's first certificate. `None` when there is none in it that can be read.
fn facts(bytes: &[u8], password: &str) -> Option<Value> {
    let pem = typed::pem_form(bytes, password)?;
    let blocks = typed::pem_blocks(&pem);
    let certificates: Vec<Vec<u8>> = blocks
        .iter()
        .filter(|block| block.starts_with("-----BEGIN CERTIFICATE-----"))
        .filter_map(|block| STANDARD.decode(typed::der(block)).ok())
        .collect();
    let has_key =
        blocks.iter().any(|block| block.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")));
    let mut facts = facts_of(certificates.first()?)?;
    let chain: Vec<Value> = certificates[1..].iter().filter_map(|bytes| facts_of(bytes)).collect();
    let format = if typed::is_pem(bytes) {
        "Pem"
    } else if has_key || !chain.is_empty() {
        "Pkcs12"
    } else {
        "Der"
    };
    facts["CertificateChain"] = Value::Array(chain);
    facts["CertificateDataFormat"] = json!(format);
    facts["HasPrivateKey"] = json!(has_key);
    Some(facts)
}

fn facts_of(der: &[u8]) -> Option<Value> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let common_name = |name: &X509Name| {
        name.iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned()
    };
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let time = |time: &ASN1Time| {
        chrono::DateTime::from_timestamp(time.timestamp(), 0)
            .map(|time| time.format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string())
    };
    let validity = certificate.validity();
    let names: Vec<String> = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|extension| extension.value.general_names.iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    Some(json!({
        "Thumbprint": hex(&sha1::Sha1::digest(der)), "SubjectDistinguishedName": subject.to_string(),
        "SubjectCommonName": common_name(subject), "IssuerDistinguishedName": issuer.to_string(),
        "IssuerCommonName": common_name(issuer), "SelfSigned": subject.as_raw() == issuer.as_raw(),
        "NotBefore": time(&validity.not_before), "NotAfter": time(&validity.not_after),
        "IsExpired": validity.not_after.timestamp() < chrono::Utc::now().timestamp(),
        "SerialNumber": hex(certificate.raw_serial()), "Version": certificate.version().0 + 1,
        "SignatureAlgorithmName": algorithm(&certificate.signature_algorithm.algorithm.to_id_string()),
        "SubjectAlternativeNames": names,
    }))
}

/// As .NET names it.
fn algorithm(oid: &str) -> &str {
    match oid {
        "1.2.840.113549.1.1.5" => "sha1RSA",
        "1.2.840.113549.1.1.11" => "sha256RSA",
        "1.2.840.113549.1.1.12" => "sha384RSA",
        "1.2.840.113549.1.1.13" => "sha512RSA",
        "1.2.840.10045.4.3.2" => "sha256ECDSA",
        "1.2.840.10045.4.3.3" => "sha384ECDSA",
        other => other,
    }
}

/// Facts for data that is no certificate, which a real server would refuse: tests use texts for certificates.
fn made_up(bytes: &[u8], name: &str) -> Value {
    let pem = typed::is_pem(bytes);
    let has_key = bytes.windows(11).any(|window| window == b"PRIVATE KEY") || !pem;
    let subject = format!("CN={name}");
    json!({
        "CertificateDataFormat": if pem { "Pem" } else { "Pkcs12" }, "HasPrivateKey": has_key,
        "IssuerCommonName": name, "IssuerDistinguishedName": subject, "NotAfter": "2120-01-01T00:00:00.000+00:00",
        "NotBefore": "2020-01-01T00:00:00.000+00:00", "SelfSigned": true,
        "SerialNumber": hex(&md5::Md5::digest(bytes)), "SignatureAlgorithmName": "sha256RSA",
        "SubjectCommonName": name, "SubjectDistinguishedName": subject,
        "Thumbprint": hex(&sha1::Sha1::digest(bytes)), "Version": 3, "IsExpired": false,
    })
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
                    && search
                        .as_ref()
                        .is_none_or(|part| text(certificate, "Name").to_lowercase().contains(part))
            }))
        }
        (Method::Get, ["certificates", _, "export"]) => export(server, request),
        (Method::Post, ["certificates", _, "replace"]) => replace(server, request, certificates),
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

/// The file as it was uploaded. Other formats are not made here.
fn export(server: &Server, request: &Request) -> Outcome {
    let id = request.at(1);
    documents::find(server, &request.space, "certificates", id)?;
    if request.query("format").is_some() {
        return Err(Answer::bad_request("This server of tests exports files as they were uploaded."));
    }
    let data = server.store.secrets.get(id, "CertificateData").unwrap_or_default();
    if request.query_flag("includePrivateKey") != Some(true) && data_has_key(data) {
        return Err(Answer::bad_request(
            "This server of tests exports a file with a private key as a whole.",
        ));
    }
    let bytes =
        STANDARD.decode(data.trim()).map_err(|_| Answer::bad_request("The certificate has no data."))?;
    Ok(Answer::bytes("application/octet-stream", bytes))
}

fn data_has_key(data: &str) -> bool {
    STANDARD
        .decode(data.trim())
        .is_ok_and(|bytes| typed::is_pem(&bytes) && bytes.windows(11).any(|window| window == b"PRIVATE KEY"))
}

/// `…/replace`: new data under the same id. Assumption: what was there is kept as an archived certificate of the same name.
fn replace(server: &mut Server, request: &Request, certificates: &crate::collections::Collection) -> Outcome {
    let body = request.object()?;
    let old = documents::find(server, &request.space, "certificates", request.at(1))?.clone();
    let Value::Object(mut fields) = old.clone() else { return Err(Answer::no_document(request.at(1))) };
    let data = body.get("CertificateData").and_then(Value::as_str).unwrap_or_default();
    fields.insert("CertificateData".into(), json!({"HasValue": true, "NewValue": data}));
    let password = body.get("Password").and_then(Value::as_str);
    fields.insert("Password".into(), json!({"HasValue": password.is_some(), "NewValue": password}));
    documents::replace(server, &request.space, certificates, fields, &old)?;
    let mut archived = old.clone();
    archived["Id"] = json!(server.store.next_id("Certificates"));
    archived["Archived"] = json!(crate::store::now());
    archived["ReplacedBy"] = old["Id"].clone();
    server.store.put(&request.space, "certificates", archived);
    documents::read(server, request, certificates, request.at(1))
}
