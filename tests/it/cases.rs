//! The spaces of `tests/cases` on the whole road: seed, spread, the source's own runbooks, verify, and back. The oddity stops nothing, all that
//! lives arrives, nothing differs that no note explains, a second migration changes nothing, and the source is as it was.

use std::path::Path;

use octopus_sandbox::Options;
use serde_json::Value;

use crate::journey::Journey;
use crate::support::http;

/// A case after its journey; the destination is as the source.
fn moved(case: &str) -> Journey {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(format!("{case}.json"));
    let journey = Journey::of(Options { load: vec![file], ..Options::default() }, Options::default());
    journey.seed();
    // A server may refuse a set that names something deleted; that is told, and stops nothing.
    journey.run(&["spread", "--yes"]).ends_with_one_of(&[0, 3]);
    journey.migrate(3);
    journey.run(&["verify"]).ends_with(0);
    journey.migrate(3).is_settled();
    journey.run(&["verify"]).ends_with(0);
    journey
}

macro_rules! cases {
    ($($test:ident $case:literal)*) => {$(
        #[test]
        fn $test() {
            moved($case).unseed();
        }
    )*};
}

cases! {
    container_no_image "container-no-image"
    dangling "dangling"
    dangling_scope "dangling-scope"
    deploy_release_gone "deploy-release-gone"
    included_sets_empty "included-sets-empty"
    prompt_no_options "prompt-no-options"
    prompt_required_library "prompt-required-library"
    worker_pool_variable_gone "worker-pool-variable-gone"
    bound_default "bound-default"
    failstderr_project "failstderr-project"
    renamed_defaults "renamed-defaults"
    scope_project "scope-project"
    tenant_gone_environment "tenant-gone-environment"
    other_nothing "other-nothing"
}

/// What this one holds is not what a server writes, so going back is not compared.
#[test]
fn odd_values() {
    moved("odd-values").run(&["unseed", "--yes"]).ends_with(0);
}

/// A person's variables with names of Octopus's own and of octoferry's: neither takes a run's for its own, and each arrives with its value.
#[test]
fn system_names() {
    let journey = moved("system-names");
    journey.arrived();
    let secrets = journey.destination.dump()["Secrets"].to_string();
    for planted in ["sys-env-name-aaaa", "sys-base-url-bbbb", "sys-syntax-cccc", "sys-mine-dddd"] {
        assert!(secrets.contains(planted), "{planted} has not arrived");
    }
    journey.unseed();
}

/// A step that follows an older version of its template, and whose secret parameter has a default there: what a person enters for it stays.
#[test]
fn template_lags_secret() {
    let journey = moved("template-lags-secret");
    let text = |document: &Value, field: &str| document[field].as_str().expect("a text").to_owned();
    let process = |journey: &Journey| {
        let (_, page) =
            http(&journey.destination, "GET", "/api/Spaces-2/deploymentprocesses?take=1000", None);
        let mut found = page["Items"].as_array().expect("processes").iter().filter_map(|process| {
            let steps = process["Steps"].as_array().expect("steps");
            let at = steps.iter().position(|step| {
                step["Actions"][3]["Name"] == "Tell operations"
                    && step["Actions"][3]["Properties"]["Tell.Key"].is_object()
            })?;
            Some((process.clone(), at))
        });
        found.next().expect("the step")
    };
    let (mut whole, at) = process(&journey);
    whole["Steps"][at]["Actions"][3]["Properties"]["Tell.Key"] =
        serde_json::json!({"HasValue": true, "NewValue": "entered by hand", "Hint": null});
    let id = text(&whole, "Id");
    let path = format!("/api/Spaces-2/deploymentprocesses/{id}");
    let (status, said) = http(&journey.destination, "PUT", &path, Some(&whole));
    assert_eq!(status, 200, "{said}");
    for _ in 0..2 {
        journey.migrate(3).is_settled();
        let (whole, at) = process(&journey);
        let step = &whole["Steps"][at];
        let secret = format!(
            "Steps/{}/Actions/{}/Properties/Tell.Key",
            text(step, "Id"),
            text(&step["Actions"][3], "Id")
        );
        assert_eq!(journey.destination.dump()["Secrets"][&id][&secret], "entered by hand");
        assert!(step["Actions"][3]["Properties"]["Octopus.Action.Template.Id"].is_string(), "{step}");
    }
    journey.unseed();
}
