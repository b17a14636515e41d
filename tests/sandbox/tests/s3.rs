//! Terraform's own `s3` backend against the store: state, lock, wrong key, a backend that fails.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output};

use octopus_sandbox::{S3Fault, S3Store};

const KEY: &str = "AKIASANDBOX";

/// Runs Terraform in a folder, with the credentials only in its environment.
fn terraform(folder: &Path, access_key: &str, arguments: &[&str]) -> Output {
    Command::new("terraform")
        .args(arguments)
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .output()
        .expect("terraform is installed")
}

fn says(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn module(store: &S3Store) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let code = format!(
        r#"
        terraform {{
          backend "s3" {{
            bucket                      = "tfstate"
            key                         = "a/terraform.tfstate"
            region                      = "us-east-1"
            endpoints                   = {{ s3 = "{}" }}
            use_path_style              = true
            use_lockfile                = true
            skip_credentials_validation = true
            skip_requesting_account_id  = true
            skip_metadata_api_check     = true
            skip_region_validation      = true
            max_retries                 = 1
          }}
        }}
        resource "terraform_data" "one" {{
          input = "kept in the state"
        }}
        "#,
        store.url()
    );
    std::fs::write(folder.path().join("main.tf"), code).unwrap();
    folder
}

#[test]
fn state_is_kept_and_a_held_lock_stops_others() {
    let store = S3Store::start(KEY, &["tfstate"]).unwrap();
    let folder = module(&store);
    let run = |arguments: &[&str]| terraform(folder.path(), KEY, arguments);

    let output = run(&["init", "-input=false", "-no-color"]);
    assert!(output.status.success(), "{}", says(&output));
    let output = run(&["apply", "-auto-approve", "-input=false", "-no-color"]);
    assert!(output.status.success(), "{}", says(&output));
    let objects = store.objects();
    assert_eq!(objects.keys().collect::<Vec<_>>(), ["tfstate/a/terraform.tfstate"]);
    assert!(String::from_utf8_lossy(&objects["tfstate/a/terraform.tfstate"]).contains("kept in the state"));
    assert!(store.requests().iter().any(|(method, path, _)| method == "PUT" && path.ends_with(".tflock")));

    // Somebody else holds the lock.
    let lock = br#"{"ID":"11111111-2222-3333-4444-555555555555","Operation":"OperationTypeApply","Info":"","Who":"ann@laptop","Version":"1.11.4","Created":"2026-01-01T00:00:00Z","Path":"tfstate/a/terraform.tfstate"}"#;
    store.put("tfstate", "a/terraform.tfstate.tflock", lock);
    let output = run(&["plan", "-input=false", "-no-color"]);
    assert!(!output.status.success());
    assert!(
        says(&output).contains("Error acquiring the state lock") && says(&output).contains("ann@laptop"),
        "{}",
        says(&output)
    );
}

#[test]
fn a_wrong_access_key_is_refused() {
    let store = S3Store::start(KEY, &["tfstate"]).unwrap();
    let folder = module(&store);
    let output = terraform(folder.path(), "AKIAOTHER", &["init", "-input=false", "-no-color"]);
    assert!(!output.status.success());
    assert!(says(&output).contains("InvalidAccessKeyId"), "{}", says(&output));
}

#[test]
fn a_backend_that_is_gone_when_the_state_is_saved() {
    let store = S3Store::start(KEY, &["tfstate"]).unwrap();
    let folder = module(&store);
    assert!(terraform(folder.path(), KEY, &["init", "-input=false"]).status.success());
    store.fail(S3Fault { method: "PUT".into(), key: ".tfstate".into(), status: 403, times: None });
    let output = terraform(
        folder.path(),
        KEY,
        &["apply", "-auto-approve", "-input=false", "-lock=false", "-no-color"],
    );
    assert!(!output.status.success());
    assert!(
        says(&output).contains("Failed to save state") || says(&output).contains("Error saving state"),
        "{}",
        says(&output)
    );
    assert!(folder.path().join("errored.tfstate").is_file());
    store.mend();
    let output = terraform(folder.path(), KEY, &["state", "push", "errored.tfstate"]);
    assert!(output.status.success(), "{}", says(&output));
}
