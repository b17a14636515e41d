//! Certificates that the source exports: no run, and no variable, has to show them. Without the permission they come as they did.

use octoferry::rights::needed;
use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::journey::{Journey, NEW};
use crate::rows::private;
use crate::support::{http, octoferry, space_file, terraform_config, user_with};

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

/// A space with a restricted certificate that has no password, and one that has.
fn restricted() -> Options {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("infrastructure")).expect("the space"))
            .expect("JSON");
    dump["Documents"]["Spaces-2"]["certificates"]["Certificates-1"]["EnvironmentIds"] =
        json!(["Environments-1"]);
    Options { documents: vec![dump], ..Options::default() }
}

/// The certificates that have a typed variable, by id.
fn typed(journey: &Journey) -> Vec<String> {
    let sets = http(&journey.source, "GET", "/api/Spaces-2/libraryvariablesets?take=1000", None).1;
    let mut sets = sets["Items"].as_array().expect("a page").iter();
    let set = sets.find(|set| set["Name"] == "Octoferry Accounts").expect("the set");
    let path = format!("/api/Spaces-2/variables/{}", set["VariableSetId"].as_str().expect("an id"));
    let variables = http(&journey.source, "GET", &path, None).1;
    let variables = variables["Variables"].as_array().expect("variables").iter();
    let of_certificates = variables.filter(|variable| variable["Type"] == "Certificate");
    of_certificates.map(|variable| variable["Value"].as_str().expect("an id").to_owned()).collect()
}

/// Whether the certificate without a password arrived.
fn arrived(journey: &Journey) -> bool {
    let planted = data(&journey.source);
    let client = planted.iter().find(|(name, _)| name == "Client of the cluster").expect("it");
    data(&journey.destination).contains(client)
}

#[test]
fn an_exported_certificate_is_neither_widened_nor_shown_to_a_run() {
    let journey = Journey::of(restricted(), Options::default());
    let check = journey.run(&["check"]).ends_with_one_of(&[0, 3]).1;
    check
        .says("exported by the source's API, which needs no variable: \"Client of the cluster\"")
        .says("since they have a password, which only a step reads: \"www.harbourline.example\"");
    journey.seed();
    let plan = journey.run(&["spread", "--plan"]).ends_with(4).stdout;
    assert!(
        !plan.contains("Client of the cluster") && plan.contains("certificate \"www.harbourline.example\"")
    );
    journey.spread();
    assert_eq!(typed(&journey), ["Certificates-3"]);
    journey.migrate(3).says("certificate \"Client of the cluster\": exported from the source");
    assert!(arrived(&journey));
    journey.unseed();
}

#[test]
fn a_key_that_may_not_export_gets_typed_variables() {
    let journey = Journey::of(restricted(), Options::default());
    let may = needed::of_runbooks_at_source();
    let may: Vec<&str> =
        may.iter().map(String::as_str).filter(|name| *name != "CertificateExportPrivateKey").collect();
    let file = journey.path("key");
    private(&file, &user_with(&journey.source, &may));
    journey.seed_with(&["--runbook-source-key-file", &file]);
    journey.run(&["check"]).ends_with_one_of(&[0, 3]).1.says("since the key may not export them");
    let plan = journey.run(&["spread", "--plan"]).ends_with(4).stdout;
    assert!(plan.contains("certificate \"Client of the cluster\""), "{plan}");
    journey.spread();
    assert_eq!(typed(&journey), ["Certificates-1", "Certificates-3"]);
    journey.migrate(3).says("the source API key may not export them");
    assert!(arrived(&journey), "a step has read it");
    journey.unseed();
}
