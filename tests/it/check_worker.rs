//! `check --worker`: a machine that has everything, and machines that each lack something. One run tells all that is not well.

use octopus_sandbox::{S3Fault, S3Store, Sandbox};
use serde_json::Value;

use crate::support::{
    Run, fault, files_below, octoferry, path_with, program, sandbox_with, sandbox_with_empty_space,
    secrets_stream, terraform_config,
};

fn check(source: &Sandbox, destination: &Sandbox) -> Run {
    octoferry(["check", "--worker"])
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        .source(source, "Letterbox")
        .destination(destination, "Other")
}

fn servers() -> (Sandbox, Sandbox) {
    (sandbox_with("small-web"), sandbox_with_empty_space("Other"))
}

fn weights(findings: &Value) -> Vec<(&str, &str)> {
    let findings = findings["Findings"].as_array().expect("a list of findings");
    findings
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().expect("a text");
            (text("Check"), text("Weight"))
        })
        .collect()
}

#[test]
fn a_worker_with_everything_is_fine_and_nothing_is_left() {
    let (source, destination) = servers();
    let folder = tempfile::tempdir().unwrap();
    let ended = check(&source, &destination)
        .state_below(&folder.path().join("state"))
        .arg("--json")
        .env("TMPDIR", folder.path().to_str().unwrap())
        .ends_with(0);
    assert_eq!(
        weights(&ended.json()),
        [
            ("worker-architecture", "Fine"),
            ("worker-bash", "Fine"),
            ("worker-openssl", "Fine"),
            ("source-reachable", "Fine"),
            ("destination-reachable", "Fine"),
            // An administrator's key.
            ("source-key-rights", "Known"),
            ("destination-key-rights", "Known"),
            ("worker-terraform", "Fine"),
            ("worker-disk", "Fine"),
            ("worker-provider", "Fine"),
            ("backend", "Fine"),
        ]
    );
    assert!(files_below(folder.path()).is_empty());
    for sandbox in [&source, &destination] {
        assert!(sandbox.requests().iter().all(|request| request["Method"] == "GET"), "only reads");
    }
}

#[test]
fn in_a_step_the_keys_and_the_backends_credentials_come_with_the_secrets() {
    let (source, destination) = servers();
    let store = S3Store::start("AKIAPLANTED", &["states"]).unwrap();
    let stream = secrets_stream(&[
        ("Octoferry.Source.ApiKey", &source.api_key()),
        ("Octoferry.Destination.ApiKey", &destination.api_key()),
        ("Octoferry.Backend.Account.AccessKey", "AKIAPLANTED"),
        ("Octoferry.Backend.Account.SecretKey", "planted-secret-of-the-store"),
        ("Octoferry.Backend.Account.Password", "\n"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let run = octoferry(["--step", "check", "--worker", "--secrets", "stdin"])
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        .in_folder(folder.path())
        .option("--source-url", source.url())
        .option("--source-space", "Letterbox")
        .option("--destination-url", destination.url())
        .option("--destination-space", "Other")
        .input(stream);
    let ended = run.state_in(&store).ends_with(0);
    assert!(ended.stdout.contains("the backend s3 answers and takes a lock"), "{}", ended.stdout);
    ended.never_says("planted-secret-of-the-store").never_says(&source.api_key());
    let written: Vec<_> =
        store.requests().into_iter().filter(|(method, ..)| method == "PUT").map(|(_, key, _)| key).collect();
    assert!(!written.is_empty() && written.iter().all(|key| key.ends_with(".tflock")), "{written:?}");
    assert!(files_below(folder.path()).is_empty());
}

#[test]
fn all_that_is_missing_is_reported_at_once() {
    let (source, destination) = servers();
    let tools = program("uname", "echo Linux aarch64");
    let ended = check(&source, &destination).env("PATH", tools.path().to_str().unwrap()).ends_with(1);
    ended
        .says("this worker is Linux aarch64; octoferry needs Linux on x86-64")
        .says("bash is not on the PATH")
        .says("openssl is not on the PATH")
        .says("there is neither terraform nor tofu on the PATH")
        .says("ok  the source server");
}

#[test]
fn an_openssl_without_the_cipher_is_found() {
    let (source, destination) = servers();
    let tools = program("openssl", "echo 'unknown option or cipher: aes-256-cbc' >&2; exit 1");
    check(&source, &destination)
        .env("PATH", &path_with(tools.path()))
        .ends_with(1)
        .says("unknown option or cipher: aes-256-cbc")
        .says("Octopus's own Bash steps read variables with openssl");
}

#[test]
fn a_terraform_that_is_too_old_or_none_is_found() {
    let (source, destination) = servers();
    let old = program("terraform", "echo 'Terraform v0.11.15'");
    check(&source, &destination)
        .env("PATH", &path_with(old.path()))
        .ends_with(1)
        .says("Terraform 0.11.15")
        .says("is too old: modules need 1.7 or later")
        .says("Octopus comes with Terraform 0.11.15");
    let other = program("terraform", "echo 'Terra Incognita 3'");
    check(&source, &destination)
        .option("--terraform", other.path().join("terraform"))
        .ends_with(1)
        .says("is no Terraform: its `version` says \"Terra Incognita 3\"");
}

#[test]
fn a_provider_that_can_not_be_had_is_found() {
    let (source, destination) = servers();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("terraform.tfrc");
    std::fs::create_dir(folder.path().join("mirror")).unwrap();
    std::fs::write(
        &config,
        format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}/mirror\"\n  }}\n}}\n",
            folder.path().display()
        ),
    )
    .unwrap();
    check(&source, &destination)
        .env("TF_CLI_CONFIG_FILE", config.to_str().unwrap())
        .ends_with(1)
        .says("init failed")
        .says("octopusdeploy/octopusdeploy")
        .says("must reach registry.terraform.io");
}

#[test]
fn a_provider_that_does_not_start_is_found() {
    let (source, destination) = servers();
    let broken = program("terraform-provider-octopusdeploy", "echo 'this is no provider'; exit 1");
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("registry.terraform.io/octopusdeploy/octopusdeploy/1.17.0/linux_amd64");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::copy(
        broken.path().join("terraform-provider-octopusdeploy"),
        place.join("terraform-provider-octopusdeploy_v1.17.0"),
    )
    .unwrap();
    let config = folder.path().join("terraform.tfrc");
    std::fs::write(
        &config,
        format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            folder.path().display()
        ),
    )
    .unwrap();
    check(&source, &destination)
        .env("TF_CLI_CONFIG_FILE", config.to_str().unwrap())
        .ends_with(1)
        .says("validate failed")
        .says("noexec");
}

#[test]
fn servers_are_both_looked_at() {
    let (source, destination) = servers();
    octoferry(["check", "--worker"])
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        .server("SOURCE", "http://127.0.0.1:1", "Letterbox", "API-X")
        .server("DESTINATION", &destination.url(), "Other", "API-WRONGWRONGWRONG")
        .ends_with(1)
        .says("the source server http://127.0.0.1:1 can't be reached")
        .says("does not accept the API key (401)")
        .says("OCTOFERRY_DESTINATION_API_KEY")
        .never_says("API-WRONGWRONGWRONG");
    check(&source, &source)
        .destination(&source, "Spaces-2")
        .ends_with(1)
        .says("source and destination are the same space");
    check(&source, &destination).destination(&destination, "Elsewhere").ends_with(1).says("\"Other\"");
}

#[test]
fn a_backend_that_is_not_there_or_takes_no_lock_is_found() {
    let (source, destination) = servers();
    let credentials = |store: &S3Store| {
        check(&source, &destination)
            .state_in(store)
            .env("AWS_ACCESS_KEY_ID", "AKIAPLANTED")
            .env("AWS_SECRET_ACCESS_KEY", "word")
    };
    let store = S3Store::start("AKIAPLANTED", &["others"]).unwrap();
    credentials(&store)
        .ends_with(1)
        .says("the backend s3 can't be used")
        .says("octoferry seed --backend-config");
    let store = S3Store::start("AKIAPLANTED", &["states"]).unwrap();
    store.fail(S3Fault { method: "PUT".into(), key: ".tflock".into(), status: 403, times: None });
    credentials(&store).ends_with(1).says("the backend s3 answers, but takes no lock");
    let store = S3Store::start("AKIAPLANTED", &["states"]).unwrap();
    credentials(&store)
        .option("--backend-config", "key=team")
        .ends_with(0)
        .says("the backend s3 answers and takes a lock");
    credentials(&store).option("--backend-config", "bucket=two").ends_with(1).says("given twice");
}

#[test]
fn a_backend_that_is_left_out_or_works_without_lock_is_for_a_person() {
    let (source, destination) = servers();
    check(&source, &destination).ends_with(3).says("nothing is said about where Terraform keeps its state");
    let store = S3Store::start("AKIAPLANTED", &["states"]).unwrap();
    let endpoint = format!("endpoints={{s3=\"{}\"}}", store.url());
    ["bucket=states", "region=eu-central-1", "use_path_style=true", "skip_credentials_validation=true"]
        .into_iter()
        .chain(["skip_requesting_account_id=true", "skip_metadata_api_check=true", &endpoint])
        .fold(check(&source, &destination).option("--backend", "s3"), |run, setting| {
            run.option("--backend-config", setting)
        })
        .env("AWS_ACCESS_KEY_ID", "AKIAPLANTED")
        .env("AWS_SECRET_ACCESS_KEY", "word")
        .ends_with(3)
        .says("without a lock")
        .says("use_lockfile=true");
}

#[test]
fn printed_variables_and_a_cut_stream_are_refused() {
    let (source, destination) = servers();
    let keys = [
        ("Octoferry.Source.ApiKey", source.api_key()),
        ("Octoferry.Destination.ApiKey", destination.api_key()),
        ("OctopusPrintVariables", "True".to_owned()),
    ];
    let stream =
        secrets_stream(&keys.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    let run = |input: Vec<u8>| check(&source, &destination).option("--secrets", "stdin").input(input);
    run(stream.clone())
        .ends_with(1)
        .says("the variable OctopusPrintVariables is True")
        .says("ok  the destination server");
    run(stream[..40].to_vec()).ends_with(1).says("not complete");
}

#[test]
fn a_slow_server_has_its_time() {
    let (source, destination) = servers();
    fault(&destination, serde_json::json!({"path": "/api/spaces", "kind": "slow", "milliseconds": 20_000}));
    check(&source, &destination)
        .option("--timeout", "1")
        .ends_with(1)
        .says("the destination server")
        .says("gave no answer within 1 s");
}
