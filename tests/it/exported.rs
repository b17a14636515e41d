//! Certificates that the source exports: no run, and no variable, has to show them. Without the permission they come as they did.

use octopus_sandbox::{Options, Sandbox};
use serde_json::Value;

use crate::journey::NEW;
use crate::support::{octoferry, space_file, terraform_config, user_with};

/// The data of the certificates at a server, by name.
fn data(server: &Sandbox) -> Vec<(String, String)> {
    let dump = server.dump();
    let certificates = dump["Documents"]["Spaces-2"]["certificates"].as_object().expect("certificates");
    let secret = |id: &String| dump["Secrets"][id]["CertificateData"].as_str().unwrap_or_default().to_owned();
    let name = |certificate: &Value| certificate["Name"].as_str().expect("a name").to_owned();
    let mut all: Vec<_> =
        certificates.iter().map(|(id, certificate)| (name(certificate), secret(id))).collect();
    all.sort();
    all
}

#[test]
fn what_the_key_may_export_needs_no_run() {
    let source = Sandbox::launch(Options { load: vec![space_file("infrastructure")], ..Options::default() })
        .expect("the source starts");
    let destination =
        Sandbox::launch(Options { spaces: vec![NEW.to_owned()], ..Options::default() }).expect("it starts");
    let work = tempfile::tempdir().expect("a folder");
    let module = work.path().join("space");
    octoferry(["serialize", "space", "--out"]).arg(&module).source(&source, "Spaces-2").ends_with(3);
    let deploy = |key: &str| {
        octoferry(["deploy", "--placeholders", "--source-url", &source.url(), "--source-space", "Spaces-2"])
            .state_below(&work.path().join("state"))
            .arg(&module)
            .server("SOURCE", &source.url(), "Spaces-2", key)
            .destination(&destination, NEW)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .ends_with(3)
    };
    let planted = data(&source);
    assert!(!planted.is_empty());
    let few = user_with(&source, &["CertificateView"]);
    deploy(&few).says("the source API key may not export them (CertificateExportPrivateKey)");
    assert!(data(&destination).iter().all(|one| !planted.contains(one)), "placeholders");

    let ended = deploy(&source.api_key());
    ended
        .says("certificate \"Client of the cluster\": exported from the source")
        .says("certificate \"www.harbourline.example\": not exported, since its password is not known");
    let arrived = data(&destination);
    for one in &planted {
        assert!(one.0 != "Client of the cluster" || arrived.contains(one), "{} did not arrive", one.0);
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(&one.1), "{} is seen", one.0);
    }
}
