//! Certificates: facts are read from the upload, and a run sees all forms of it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[allow(dead_code, reason = "what other tests share")]
mod support;

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::support::World;

/// What a Bash script prints in a folder.
fn bash(folder: &Path, script: &str) -> Vec<u8> {
    let output = Command::new("bash").args(["-ec", script]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text_of(folder: &Path, script: &str) -> String {
    String::from_utf8(bash(folder, script)).unwrap().trim().to_owned()
}

/// A certificate signed by another one, as PEM, PFX (password `open`) and DER.
fn make(folder: &Path) {
    let script = r#"
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj '/O=Sandbox/CN=Some CA' -days 30
        openssl req -newkey rsa:2048 -nodes -keyout one.key -out one.csr -subj '/O=Sandbox/CN=shop.example'
        printf 'subjectAltName=DNS:shop.example,DNS:www.shop.example' >names
        openssl x509 -req -in one.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile names -out one.crt
        cat one.crt ca.crt one.key >one.pem
        openssl pkcs12 -export -in one.crt -inkey one.key -certfile ca.crt -passout pass:open -out one.pfx
        openssl x509 -in one.crt -outform DER -out one.der
    "#;
    bash(folder, script);
}

fn upload(folder: &Path, name: &str, file: &str, password: Option<&str>) -> Value {
    let data = BASE64.encode(std::fs::read(folder.join(file)).unwrap());
    json!({"Name": name, "CertificateData": {"HasValue": true, "NewValue": data},
           "Password": {"HasValue": password.is_some(), "NewValue": password}})
}

#[test]
fn facts_are_read_from_the_upload() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let world = World::new(Options::default());
    let thumbprint =
        text_of(folder.path(), "openssl x509 -in one.crt -noout -fingerprint -sha1 | cut -d= -f2 | tr -d :");
    let end = text_of(
        folder.path(),
        "date -u -d \"$(openssl x509 -in one.crt -noout -enddate | cut -d= -f2)\" +%Y-%m-%dT%H:%M:%S.000+00:00",
    );
    let serial = text_of(folder.path(), "openssl x509 -in one.crt -noout -serial | cut -d= -f2");
    for (file, password, format, has_key, chain) in [
        ("one.pem", None, "Pem", true, 1),
        ("one.pfx", Some("open"), "Pkcs12", true, 1),
        ("one.der", None, "Der", false, 0),
    ] {
        let made = world.send("POST", "certificates", upload(folder.path(), file, file, password));
        assert_eq!(made["Thumbprint"], thumbprint.as_str(), "{file}: {made}");
        assert_eq!(made["NotAfter"], end.as_str(), "{file}");
        assert_eq!(made["SerialNumber"], serial.as_str(), "{file}");
        assert_eq!(made["SubjectDistinguishedName"], "O=Sandbox, CN=shop.example", "{file}");
        assert_eq!(
            (&made["SubjectCommonName"], &made["IssuerCommonName"]),
            (&json!("shop.example"), &json!("Some CA"))
        );
        assert_eq!(
            (&made["CertificateDataFormat"], &made["HasPrivateKey"]),
            (&json!(format), &json!(has_key))
        );
        assert_eq!(
            (&made["SelfSigned"], &made["IsExpired"], &made["Version"]),
            (&json!(false), &json!(false), &json!(3))
        );
        assert_eq!(made["SubjectAlternativeNames"].as_array().unwrap().len(), 2, "{file}: {made}");
        assert_eq!(made["CertificateChain"].as_array().unwrap().len(), chain, "{file}: {made}");
        assert_eq!(made["CertificateData"], json!({"HasValue": true, "NewValue": null, "Hint": null}));
    }
    let wrong = upload(folder.path(), "wrong", "one.pfx", Some("shut"));
    let (status, answer) = world.ask("POST", "certificates", &wrong);
    assert!(status == 400 && answer.to_string().contains("could not be read"), "{answer}");

    // An update without data keeps the facts; one with data reads it with the password that is there.
    let list = world.get("certificates?partialName=one.pfx");
    let mut document = list["Items"][0].clone();
    document["Notes"] = json!("changed");
    let path = format!("certificates/{}", document["Id"].as_str().unwrap());
    assert_eq!(world.send("PUT", &path, document.clone())["Thumbprint"], thumbprint.as_str());
    document["CertificateData"] = upload(folder.path(), "", "one.pfx", None)["CertificateData"].clone();
    assert_eq!(world.send("PUT", &path, document)["Thumbprint"], thumbprint.as_str());
}

#[test]
fn a_run_sees_a_certificate_in_all_its_forms() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let world = World::new(Options::default());
    for (name, file, password) in [("Pem", "one.pem", None), ("Pfx", "one.pfx", Some("open"))] {
        let id = world.make("certificates", upload(folder.path(), name, file, password));
        world.set_variables(
            &world.project,
            json!([{"Name": "Cert", "Type": "Certificate", "Value": id, "Scope": {}}]),
        );
        let script = r#"set -e
            for part in Name Subject SubjectCommonName Issuer Thumbprint NotAfter; do echo "$part=$(get_octopusvariable Cert.$part)"; done
            sum() { md5sum | cut -c1-32; }
            echo "RawOriginal=$(get_octopusvariable Cert.RawOriginal | base64 -d | sum)"
            echo "Certificate=$(get_octopusvariable Cert.Certificate | base64 -d | sum)"
            echo "CertificatePem=$(get_octopusvariable Cert.CertificatePem | openssl x509 -outform DER | sum)"
            echo "ChainPem=$(get_octopusvariable Cert.ChainPem | openssl x509 -outform DER | sum)"
            echo "PrivateKeyPem=$(get_octopusvariable Cert.PrivateKeyPem | openssl rsa -outform DER 2>/dev/null | sum)"
            echo "PrivateKey=$(get_octopusvariable Cert.PrivateKey | base64 -d | openssl rsa -inform DER -outform DER 2>/dev/null | sum)"
            get_octopusvariable Cert.Pfx | base64 -d >it.pfx
            P=$(get_octopusvariable Cert.Password); export P
            echo "Pfx=$(openssl pkcs12 -in it.pfx -nodes -nocerts -passin env:P | openssl rsa -outform DER 2>/dev/null | sum)"
        "#;
        let (state, log) = world.run_script(script);
        assert_eq!(state, "Success", "{log}");
        let sum =
            |command: &str| text_of(folder.path(), &format!("{command} 2>/dev/null | md5sum | cut -c1-32"));
        let key = sum("openssl rsa -in one.key -outform DER");
        let certificate = sum("cat one.der");
        for (part, expected) in [
            ("Subject", "O=Sandbox, CN=shop.example".to_owned()),
            ("SubjectCommonName", "shop.example".to_owned()),
            ("Issuer", "O=Sandbox, CN=Some CA".to_owned()),
            ("RawOriginal", sum(&format!("cat {file}"))),
            ("Certificate", certificate.clone()),
            ("CertificatePem", certificate.clone()),
            ("ChainPem", sum("openssl x509 -in ca.crt -outform DER")),
            ("PrivateKeyPem", key.clone()),
            ("PrivateKey", key.clone()),
            ("Pfx", key.clone()),
        ] {
            assert!(log.contains(&format!("{part}={expected}")), "{name}: {part} is not {expected}: {log}");
        }
        // Restricted to another environment it refuses the run.
        world.change(&format!("certificates/{id}"), json!({"EnvironmentIds": [world.other_environment]}));
        let (state, log) = world.run(Value::Null);
        assert!(state == "Failed" && log.contains("The certificate"), "{log}");
    }
}
