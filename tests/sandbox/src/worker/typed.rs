//! The parts of accounts and certificates that a script can read by a variable of their type: `Name.SecretKey`,
//! `Name.Pfx` … A variable's own value is the id of the account or certificate.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

/// A part: what follows the variable's name and a dot, its value, whether it is sensitive.
pub type Part = (&'static str, String, bool);

/// The secrets of a document: path in it → value.
pub type Secrets = BTreeMap<String, String>;

fn field(document: &Value, name: &str) -> String {
    document[name].as_str().unwrap_or_default().to_owned()
}

fn secret(secrets: &Secrets, name: &str) -> String {
    secrets.get(name).cloned().unwrap_or_default()
}

/// The parts of an account. Token and SSH key accounts have no variable type, and so no parts.
pub fn account(document: &Value, secrets: &Secrets) -> Vec<Part> {
    let plain = |part: &'static str, name: &str| (part, field(document, name), false);
    let hidden = |part: &'static str, name: &str| (part, secret(secrets, name), true);
    // No identity provider here: a text that nobody takes for a real token.
    let token = || ("OpenIdConnect.Jwt", format!("sandbox-jwt-for-{}", field(document, "Id")), true);
    match document["AccountType"].as_str().unwrap_or_default() {
        "AmazonWebServicesAccount" => vec![plain("AccessKey", "AccessKey"), hidden("SecretKey", "SecretKey")],
        "AmazonWebServicesOidcAccount" => vec![
            token(),
            plain("RoleArn", "RoleArn"),
            ("SessionDuration", document["SessionDuration"].to_string().trim_matches('"').to_owned(), false),
        ],
        "AzureServicePrincipal" => {
            let mut parts = azure(document);
            parts.push(hidden("Password", "Password"));
            parts
        }
        "AzureOidc" => {
            let mut parts = azure(document);
            parts.extend([token(), plain("Audience", "Audience")]);
            parts
        }
        "AzureSubscription" => vec![
            plain("SubscriptionNumber", "SubscriptionNumber"),
            plain("CertificateThumbprint", "CertificateThumbprint"),
            plain("ServiceManagementEndpointBaseUri", "ServiceManagementEndpointBaseUri"),
            plain("ServiceManagementEndpointSuffix", "ServiceManagementEndpointSuffix"),
            plain("AzureEnvironment", "AzureEnvironment"),
        ],
        // Assumption: the server hands on what it was given, which clients send as base64 of the JSON.
        "GoogleCloudAccount" => vec![hidden("JsonKey", "JsonKey")],
        "UsernamePassword" => vec![plain("Username", "Username"), hidden("Password", "Password")],
        "GenericOidcAccount" | "GoogleCloudOidcAccount" => vec![token(), plain("Audience", "Audience")],
        _ => Vec::new(),
    }
}

fn azure(document: &Value) -> Vec<Part> {
    [
        ("SubscriptionNumber", "SubscriptionNumber"),
        ("Client", "ClientId"),
        ("TenantId", "TenantId"),
        ("AzureEnvironment", "AzureEnvironment"),
        ("ResourceManagementEndpointBaseUri", "ResourceManagementEndpointBaseUri"),
        ("ActiveDirectoryEndpointBaseUri", "ActiveDirectoryEndpointBaseUri"),
    ]
    .into_iter()
    .map(|(part, name)| (part, field(document, name), false))
    .collect()
}

/// The parts of a certificate. What can't be made of its data (tests have certificates that are none) is left out.
pub fn certificate(document: &Value, secrets: &Secrets) -> Vec<Part> {
    let original = secret(secrets, "CertificateData");
    let password = secret(secrets, "Password");
    let mut parts = vec![
        ("Type", "Certificate".to_owned(), false),
        ("Name", field(document, "Name"), false),
        ("Thumbprint", field(document, "Thumbprint"), false),
        ("Subject", field(document, "SubjectDistinguishedName"), false),
        ("SubjectCommonName", field(document, "SubjectCommonName"), false),
        ("Issuer", field(document, "IssuerDistinguishedName"), false),
        ("NotBefore", field(document, "NotBefore"), false),
        ("NotAfter", field(document, "NotAfter"), false),
        ("RawOriginal", original.clone(), true),
        ("Password", password.clone(), true),
    ];
    let Ok(bytes) = BASE64.decode(original.trim()) else { return parts };
    let Some(pem) = pem_form(&bytes, &password) else { return parts };
    let blocks = pem_blocks(&pem);
    let pfx = if is_pem(&bytes) {
        // From its standard input openssl wants the key first.
        let mut sorted = blocks.clone();
        sorted.sort_by_key(|block| block.starts_with("-----BEGIN CERTIFICATE-----"));
        let arguments = ["pkcs12", "-export", "-passin", "env:P", "-passout", "env:P"];
        let pfx = openssl(&arguments, format!("{}\n", sorted.join("\n")).as_bytes(), &password);
        pfx.map(|bytes| BASE64.encode(bytes))
    } else {
        Some(original)
    };
    parts.extend(pfx.map(|pfx| ("Pfx", pfx, true)));
    let certificates: Vec<&str> =
        blocks.iter().copied().filter(|block| block.starts_with("-----BEGIN CERTIFICATE-----")).collect();
    if let Some(first) = certificates.first() {
        parts.push(("CertificatePem", (*first).to_owned(), false));
        parts.push(("Certificate", der(first), false));
        parts.push(("ChainPem", certificates[1..].join("\n"), false));
    }
    if let Some(key) =
        blocks.iter().find(|block| block.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")))
    {
        parts.push(("PrivateKeyPem", (*key).to_owned(), true));
        parts.push(("PrivateKey", der(key), true));
    }
    parts
}

pub fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|window| window == b"-----BEGIN ")
}

/// What an upload holds, as PEM: certificates and the unencrypted key. `None` when it can't be read, for one with a
/// wrong password.
pub fn pem_form(bytes: &[u8], password: &str) -> Option<String> {
    if is_pem(bytes) {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    let pem = openssl(&["pkcs12", "-nodes", "-passin", "env:P"], bytes, password)
        // Files of older Windows servers.
        .or_else(|| openssl(&["pkcs12", "-legacy", "-nodes", "-passin", "env:P"], bytes, password))
        .or_else(|| openssl(&["x509", "-inform", "DER"], bytes, ""))?;
    Some(String::from_utf8_lossy(&pem).into_owned())
}

/// The PEM blocks of a text, each from its BEGIN to its END line.
pub fn pem_blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        rest = &rest[start..];
        let Some(end) = rest.find("-----END ") else { break };
        let Some(close) = rest[end + 9..].find("-----") else { break };
        let length = end + 9 + close + 5;
        blocks.push(&rest[..length]);
        rest = &rest[length..];
    }
    blocks
}

/// The base64 inside a PEM block, which is that of its DER form.
pub fn der(block: &str) -> String {
    block.lines().filter(|line| !line.contains("-----") && !line.contains(':')).map(str::trim).collect()
}

/// What `openssl` makes of the input, or nothing when it can't. The password goes in `P`.
fn openssl(arguments: &[&str], input: &[u8], password: &str) -> Option<Vec<u8>> {
    let mut process = Command::new("openssl")
        .args(arguments)
        .env("P", password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // It may end without reading all of it; its code says how it went.
    let _ = process.stdin.take()?.write_all(input);
    let output = process.wait_with_output().ok()?;
    output.status.success().then_some(output.stdout)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(pairs: &[(&str, &str)]) -> Secrets {
        pairs.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn accounts_show_their_secrets_by_type() {
        let document =
            json!({"Id": "Accounts-1", "AccountType": "AmazonWebServicesAccount", "AccessKey": "AKIA"});
        assert_eq!(
            account(&document, &secrets(&[("SecretKey", "s3cr3t")])),
            [("AccessKey", "AKIA".to_owned(), false), ("SecretKey", "s3cr3t".to_owned(), true)]
        );
        assert_eq!(account(&json!({"AccountType": "Token"}), &secrets(&[("Token", "x")])), []);
    }

    #[test]
    fn a_certificate_comes_in_every_form_and_the_pfx_opens_with_its_password() {
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "-", "-subj", "/CN=x", "-days",
                "2",
            ])
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let original = BASE64.encode(&made.stdout);
        let secrets = secrets(&[("CertificateData", &original), ("Password", "open sesame")]);
        let parts: BTreeMap<&str, String> = certificate(&json!({"Name": "c"}), &secrets)
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect();
        assert_eq!(parts["RawOriginal"], original);
        assert!(parts["CertificatePem"].ends_with("-----END CERTIFICATE-----"));
        assert!(parts["PrivateKeyPem"].contains("PRIVATE KEY"));
        let pfx = BASE64.decode(&parts["Pfx"]).unwrap();
        assert!(openssl(&["pkcs12", "-nodes", "-passin", "env:P"], &pfx, "wrong").is_none());
        let opened = openssl(&["pkcs12", "-nodes", "-passin", "env:P"], &pfx, "open sesame").unwrap();
        assert!(String::from_utf8_lossy(&opened).contains(&parts["PrivateKey"][..60]));
    }

    #[test]
    fn data_that_is_no_certificate_still_has_its_original() {
        let original = BASE64.encode("just text");
        let parts = certificate(&json!({}), &secrets(&[("CertificateData", &original)]));
        assert!(parts.contains(&("RawOriginal", original.clone(), true)));
        assert!(!parts.iter().any(|(name, ..)| *name == "CertificatePem"));
    }
}
