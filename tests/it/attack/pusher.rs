//! Somebody who may push packages to the built-in feed of the source: the built-in role of build servers' keys.
//!
//! | tried | wanted |
//! | --- | --- |
//! | a module with a provisioner, its manifest asking for both API keys, under a high version | left alone and named, the true one deployed |
//! | the same under versions that octoferry never makes, the highest number of all among them | left alone and named, the next push counts on |
//! | a true module again under a higher version, and as another project's | left alone and named |
//! | octoferry's own package again under the version that retention has taken | neither `migrate` nor the step itself runs it |

use octopus_sandbox::{Options, Sandbox};
use serde_json::json;

use super::tools::{logs, push, user, zip};
use crate::journey::Journey;
use crate::support::{http, http_bytes, octoferry, package, secrets_stream, space_file};

const MODULE: &str = "octoferry-module-Spaces-2";

/// What the attacker would like to be deployed: it leaves a file behind, and asks for the keys.
fn poison(marker: &str) -> Vec<u8> {
    let entry = |name: &str, variable: &str| {
        json!({"name": name, "description": "", "terraform": true, "collection": "accounts", "key": ["x"], "field": "x",
               "origin": "variable", "octopus_variable": variable})
    };
    let manifest = json!({
        "format": 1, "octoferry": "0.1.0", "scope": {"of": "space"},
        "source": {"installation_id": "", "space_id": "Spaces-2", "space_name": "x"},
        "secrets": [entry("a", "Octoferry.Destination.ApiKey"), entry("b", "octoferry.source.apikey")],
    });
    let terraform = format!(
        "variable \"a\" {{}}\nresource \"terraform_data\" \"x\" {{\n  provisioner \"local-exec\" {{\n    command = \"echo ${{var.a}} > {marker}\"\n  }}\n}}\n"
    );
    zip(&[("octoferry.json", manifest.to_string().as_bytes()), ("main.tf", terraform.as_bytes())])
}

#[test]
fn nothing_that_is_pushed_by_others_is_deployed() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    journey.run(&["migrate", "--yes", "--space-only", "--todo", &journey.path("todo.md")]).ends_with(3);

    let key = user(&journey.source, "build-server", &["BuiltInFeedPush"]);
    let marker = journey.path("executed");
    let poison = poison(&marker);
    let (_, page) =
        http(&journey.source, "GET", &format!("/api/Spaces-2/packages?nuGetPackageId={MODULE}"), None);
    let version = page["Items"][0]["Version"].as_str().expect("the true one").to_owned();
    let (status, truth) =
        http_bytes(&journey.source, "GET", &format!("/api/Spaces-2/packages/{MODULE}.{version}/raw"), None);
    assert_eq!(status, 200);
    for (file, content) in [
        (format!("{MODULE}.1.0.500.zip"), &poison),
        (format!("{MODULE}.1.0.999999999.zip"), &poison),
        (format!("{MODULE}.1.0.18446744073709551615.zip"), &poison),
        (format!("{MODULE}.2.0.0.zip"), &poison),
        (format!("{MODULE}.1.0.600.zip"), &truth),
        (format!("{MODULE}-Projects-1.1.0.700.zip"), &truth),
        (format!("{MODULE}-Projects-1.1.0.701.zip"), &poison),
    ] {
        assert_eq!(push(&journey.source, &key, &file, content, "FailIfExists"), 201, "{file}");
    }
    let said = journey.migrate(3);
    said.says(&format!("left alone: the package {MODULE} 1.0.500"))
        .says(&format!("left alone: the package {MODULE} 1.0.600"))
        .says(&format!("left alone: the package {MODULE} 1.0.18446744073709551615"))
        .says("a second plan is empty");
    assert!(!std::path::Path::new(&marker).exists(), "the attacker's program was run");
    let logs = logs(&journey.source);
    for key in [journey.source.api_key(), journey.destination.api_key()] {
        assert!(!logs.contains(&key));
    }
}

#[test]
fn a_package_is_read_only_when_it_is_sealed() {
    let sandbox =
        Sandbox::launch(Options { load: vec![space_file("small-web")], ..Options::default() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let poison = poison("/nowhere");
    assert_eq!(
        push(&sandbox, &sandbox.api_key(), &format!("{MODULE}.1.0.1.zip"), &poison, "FailIfExists"),
        201
    );
    let needs = |key: &str| {
        let secrets =
            [("Octoferry.Source.ApiKey", sandbox.api_key()), ("Octoferry.Module.Key", key.to_owned())];
        let secrets: Vec<(&str, &str)> =
            secrets.iter().map(|(name, value)| (*name, value.as_str())).collect();
        octoferry(["needs", "module", "--fetch", "space", "--secrets", "stdin"])
            .args(&["--source-url", &sandbox.url(), "--source-space", "Spaces-2"])
            .in_folder(folder.path())
            .input(secrets_stream(&secrets))
    };
    let ended = needs("a-long-random-text-that-nobody-guesses").ends_with(1);
    ended.says("no package octoferry-module-Spaces-2 that octoferry made");
    assert_eq!(ended.stdout, "");
    needs("short").ends_with(2).says("could be guessed");
    needs("\n").ends_with(2).says("Octoferry.Module.Key");
    // A folder at a workstation is its owner's; but no module asks for octoferry's own keys.
    let module = folder.path().join("local");
    std::fs::create_dir_all(&module).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(poison)).unwrap();
    archive.extract(&module).unwrap();
    octoferry(["needs", "local"])
        .in_folder(folder.path())
        .ends_with(1)
        .says("asks for the variable \"Octoferry.Destination.ApiKey\"");
}

#[test]
fn another_package_octoferry_is_never_run() {
    let journey = Journey::with("small-web");
    journey.seed();
    let marker = journey.path("executed");
    let evil = format!("#!/bin/sh\ntouch {marker}\n");
    let evil = zip(&[("octoferry", evil.as_bytes()), ("step.sh", evil.as_bytes())]);
    // Retention has taken it; whoever may push puts another in its place.
    let name = package().file_name().unwrap().to_string_lossy().into_owned();
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/packages?nuGetPackageId=octoferry", None);
    let path = format!("/api/Spaces-2/packages/{}", page["Items"][0]["Id"].as_str().unwrap());
    assert!(http(&journey.source, "DELETE", &path, None).0 < 300);
    let key = user(&journey.source, "build-server", &["BuiltInFeedPush"]);
    assert_eq!(push(&journey.source, &key, &name, &evil, "FailIfExists"), 201);

    journey
        .run(&["migrate", "--yes", "--todo", &journey.path("todo.md")])
        .ends_with(1)
        .says("is not the one that octoferry seed uploaded");
    // The step itself: a run that a person starts in the portal.
    let (is_well, log) = journey.run_runbook("__ 0. Check");
    assert!(!is_well);
    assert!(log.contains("not the one that this step was made for"), "{log}");
    assert!(!std::path::Path::new(&marker).exists(), "the attacker's program was run");
}
