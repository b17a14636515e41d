//! Runbooks as a client meets them: published, run, followed, cancelled. The scripts really run.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "task/queue.rs"]
mod queue;
mod support;

use std::io::Write as _;

use octopus_sandbox::Options;
use serde_json::{Value, json};
use support::World;

fn world() -> World {
    World::new(Options::default())
}

fn variable(name: &str, value: &str) -> Value {
    json!({"Name": name, "Value": value, "Type": "String", "Scope": {}})
}

fn secret(name: &str, value: &str) -> Value {
    json!({"Name": name, "Value": value, "Type": "Sensitive", "IsSensitive": true, "Scope": {}})
}

fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_script_reads_a_secret_and_the_log_masks_it() {
    let world = world();
    world.set_variables(
        &world.project,
        json!([secret("Db.Password", "hunter22"), variable("Greeting", "hi #{Octopus.Environment.Name}")]),
    );
    let (state, log) = world.run_script(
        "v=$(get_octopusvariable Db.Password); echo \"pw=$v ${#v}\"; get_octopusvariable Greeting; printf %s \"$v\" | base64; echo '#{Greeting}'; echo oops >&2; env",
    );
    assert_eq!(state, "Success", "{log}");
    assert!(log.contains("pw=******** 8") && log.contains("hi Test"), "{log}");
    assert!(!log.contains("hunter22"), "{log}");
    // What a script encodes is not masked.
    assert!(log.contains("aHVudGVyMjI="), "{log}");
    assert!(log.lines().any(|line| line.contains("Error") && line.ends_with("oops")), "{log}");
    assert!(!log.contains("Db.Password"), "variables are no environment: {log}");
}

#[test]
fn scopes_decide_and_library_sets_give_way_to_the_project() {
    let world = world();
    world.set_variables(&world.set, json!([variable("A", "set"), variable("B", "only set")]));
    let scoped =
        |value: &str, scope: Value| json!({"Name": "A", "Value": value, "Type": "String", "Scope": scope});
    world.set_variables(
        &world.project,
        json!([
            variable("A", "project"),
            scoped("here", json!({"Environment": [world.environment]})),
            scoped("there", json!({"Environment": [world.other_environment]})),
            scoped("runbook", json!({"ProcessOwner": [world.runbook]})),
        ]),
    );
    let (state, log) = world.run_script("echo \"$(get_octopusvariable A)/$(get_octopusvariable B)\"");
    assert_eq!(state, "Success", "{log}");
    assert!(log.contains("here/only set"), "{log}");
    let (_, log) = world.run(json!({"EnvironmentId": world.other_environment}));
    assert!(log.contains("there/only set"), "{log}");
}

#[test]
fn a_package_is_extracted_without_its_mode_bits_and_its_version_is_frozen() {
    let world = world();
    world.upload("tool.1.0.0.zip", &zip(&[("run.sh", "#!/bin/bash\necho version one \"$1\"\n")]));
    let action = json!({"Packages": [{"Name": "Tool", "PackageId": "tool", "FeedId": "feeds-builtin", "AcquisitionLocation": "Server",
                                      "Properties": {"Extract": "True", "SelectionMode": "immediate"}}]});
    world.set_script(
        "f=$(get_octopusvariable 'Octopus.Action.Package[Tool].ExtractedPath'); [ \"$f\" = \"$PWD/Tool\" ] || exit 9; ./Tool/run.sh x 2>/dev/null && exit 8; chmod +x Tool/run.sh; ./Tool/run.sh '#{Octopus.Action.Package[Tool].PackageVersion}'",
        action,
    );
    let template =
        world.get(&format!("runbookProcesses/RunbookProcess-{}/runbookSnapshotTemplate", world.runbook));
    assert_eq!(template["Packages"][0]["PackageReferenceName"], "Tool");
    assert_eq!(template["Packages"][0]["IsResolvable"], true);
    let (status, answer) = world.ask(
        "POST",
        "runbookSnapshots",
        &json!({"ProjectId": world.project, "RunbookId": world.runbook, "Name": "x"}),
    );
    assert!(
        status == 400 && answer.to_string().contains("No package version was specified for the step Go"),
        "{answer}"
    );
    let (status, _) = world.ask(
        "POST",
        "runbookSnapshots",
        &json!({"ProjectId": world.project, "RunbookId": world.runbook, "Name": "x", "SelectedPackages": {}}),
    );
    assert_eq!(status, 500);
    let selected = json!([{"ActionName": "Go", "PackageReferenceName": "Tool", "Version": "1.0.0"}]);
    world.publish(selected);
    world.upload("tool.2.0.0.zip", &zip(&[("run.sh", "#!/bin/bash\necho version two\n")]));
    let (state, log) = world.run(Value::Null);
    assert_eq!(state, "Success", "{log}");
    assert!(log.contains("version one 1.0.0"), "{log}");

    let (status, _) = world.ask("DELETE", "packages/packages-tool.1.0.0", &Value::Null);
    assert_eq!(status, 200);
    let (state, log) = world.run(Value::Null);
    assert_eq!(state, "Failed");
    assert!(log.contains("The package tool version 1.0.0 could not be found"), "{log}");
}

#[test]
fn a_snapshot_freezes_variables_until_they_are_taken_anew() {
    let world = world();
    world.set_variables(&world.project, json!([secret("S", "first-secret")]));
    world.set_variables(&world.set, json!([variable("L", "old words")]));
    world.set_script("get_octopusvariable S | wc -c; get_octopusvariable L", Value::Null);
    let snapshot = world.publish(json!([]));
    let flags = |world: &World| {
        let template = world.get(&format!("runbookSnapshots/{snapshot}/runbookRuns/template"));
        ["IsVariableSetModified", "IsLibraryVariableSetModified", "IsRunbookProcessModified"]
            .map(|flag| template[flag] == true)
    };
    assert_eq!(flags(&world), [false, false, false]);
    world.set_variables(&world.set, json!([variable("L", "new words")]));
    assert_eq!(flags(&world), [false, true, false]);
    world.set_variables(&world.project, json!([secret("S", "second-secret-is-longer")]));
    assert_eq!(flags(&world), [true, true, false]);
    let (_, log) = world.run(Value::Null);
    assert!(log.contains("  12\n") && log.contains("old words") && !log.contains("new words"), "{log}");

    world.send("POST", &format!("runbookSnapshots/{snapshot}/snapshot-variables"), json!({}));
    assert_eq!(flags(&world), [false, false, false]);
    let (_, log) = world.run(Value::Null);
    assert!(
        log.contains(
            "  23
"
        ) && log.contains("new words")
            && !log.contains("old words"),
        "{log}"
    );

    world.set_script("echo changed", Value::Null);
    assert_eq!(flags(&world), [false, false, true]);
    let (status, answer) =
        world.ask("POST", &format!("runbookSnapshots/{snapshot}/snapshot-variables"), &json!({}));
    assert_eq!(status, 400, "{answer}");
    let (_, log) = world.run(Value::Null);
    assert!(!log.contains("changed"), "{log}");
    // A draft, published by a PUT of the runbook.
    let draft = world.make(
        "runbookSnapshots",
        json!({"ProjectId": world.project, "RunbookId": world.runbook, "Name": "Draft"}),
    );
    world.change(&format!("runbooks/{}", world.runbook), json!({"PublishedRunbookSnapshotId": draft}));
    let (_, log) = world.run(Value::Null);
    assert!(log.contains("changed"), "{log}");
    let again = world.ask(
        "POST",
        "runbookSnapshots",
        &json!({"ProjectId": world.project, "RunbookId": world.runbook, "Name": "draft"}),
    );
    assert_eq!(again.0, 400, "names are unique");
}

#[test]
fn three_addresses_start_a_run() {
    let world = world();
    world.set_variables(
        &world.project,
        json!([{"Name": "Who", "Value": "", "Type": "String", "Scope": {}, "Prompt": {"Label": "Who is it", "Required": true, "DisplaySettings": {}}},
               {"Name": "Pin", "Value": null, "IsSensitive": true, "Type": "Sensitive", "Scope": {}, "Prompt": {"Label": "Pin", "Required": false}}]),
    );
    world.set_script(
        "echo \"I am $(get_octopusvariable Who) $(get_octopusvariable Pin | wc -c)\"; echo '#{Pin}'",
        Value::Null,
    );
    let snapshot = world.publish(json!([]));
    let preview =
        world.get(&format!("runbookSnapshots/{snapshot}/runbookRuns/preview/{}", world.environment));
    let elements = preview["Form"]["Elements"].as_array().unwrap();
    let id_of = |name: &str| {
        elements.iter().find(|element| element["Control"]["Name"] == name).unwrap()["Name"].as_str().unwrap()
    };
    assert_eq!(preview["StepsToExecute"][0]["ActionName"], "Go");

    let (status, error) = world.try_run(Value::Null).unwrap_err();
    assert!(status == 400 && error.contains("Who is it"), "{error}");
    let (state, log) = world.run(json!({"FormValues": {id_of("Who"): "ann", id_of("Pin"): "98765"}}));
    assert!(state == "Success" && log.contains("I am ann 5") && !log.contains("98765"), "{log}");

    let form = json!({id_of("Who"): "bob"});
    let body = json!({"RunbookId": world.runbook, "SpaceId": "Spaces-1", "UseDefaultSnapshot": true,
                      "EnvironmentIds": [world.environment, world.other_environment], "FormValues": form});
    let runs = world.send("POST", &format!("runbooks/{}/run", world.runbook), body);
    assert_eq!(runs.as_array().unwrap().len(), 2);
    for run in runs.as_array().unwrap() {
        let task = run["TaskId"].as_str().unwrap();
        assert_eq!(world.wait(task)["State"], "Success");
        assert!(world.log(task).contains("I am bob"));
    }

    let body = json!({"spaceId": "Spaces-1", "spaceIdOrName": "Spaces-1", "projectName": "Shop", "runbookName": "Do it",
                      "environmentNames": ["Test"], "variables": {"Who": "cyd"}});
    let answer = world.send("POST", "runbook-runs/create/v1", body);
    let task = answer["RunbookRunServerTasks"][0]["ServerTaskId"].as_str().unwrap();
    assert_eq!(world.wait(task)["State"], "Success");
    assert!(world.log(task).contains("I am cyd"));
}

#[test]
fn details_grow_while_the_task_runs_and_lists_find_it() {
    let world = world();
    let gate = tempfile::tempdir().unwrap();
    let file = gate.path().join("open");
    let script = format!(
        "echo one; while [ ! -e '{}' ]; do sleep 0.02; done; write_warning two; echo three",
        file.display()
    );
    world.set_script(&script, Value::Null);
    world.publish(json!([]));
    let task = world.try_run(Value::Null).unwrap();
    let lines = |tail: &str| {
        let details = world.get(&format!("tasks/{task}/details?verbose=false{tail}"));
        let mut found = Vec::new();
        collect_lines(&details["ActivityLogs"][0], &mut found);
        (found, details)
    };
    world.wait_until(&task, "the first line", |_| lines("").0.iter().any(|(_, text)| text == "one"));
    let (_, details) = lines("");
    assert_eq!(details["ActivityLogs"][0]["Children"][0]["Status"], "Running");
    assert_eq!(details["Task"]["State"], "Executing");
    std::fs::write(&file, "").unwrap();
    let done = world.wait(&task);
    assert_eq!(
        (done["State"].as_str(), done["HasWarningsOrErrors"].as_bool()),
        (Some("Success"), Some(true))
    );
    let (found, details) = lines("");
    let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "numbers rise");
    assert_eq!(details["ActivityLogs"][0]["Children"][0]["Status"], "SuccessWithWarning");
    assert_eq!(lines("&tail=1").0.len(), 1);
    let page = world.get(&format!("tasks?ids={task}"));
    assert_eq!(
        (page["TotalResults"].as_u64(), page["Items"][0]["Id"].as_str()),
        (Some(1), Some(task.as_str()))
    );
    assert_eq!(world.get("tasks?ids=")["TotalResults"], 1, "an empty list means all");
}

fn collect_lines(activity: &Value, found: &mut Vec<(u64, String)>) {
    for line in activity["LogElements"].as_array().unwrap() {
        found.push((line["Number"].as_u64().unwrap(), line["MessageText"].as_str().unwrap().to_owned()));
    }
    for child in activity["Children"].as_array().unwrap() {
        collect_lines(child, found);
    }
}

#[test]
fn output_variables_and_artifacts_and_failures() {
    let world = world();
    let step = |name: &str, condition: &str, script: &str| {
        json!({"Name": name, "Condition": condition, "Actions": [{"Name": name, "ActionType": "Octopus.Script", "Properties": {
            "Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.Script.ScriptSource": "Inline",
            "Octopus.Action.Script.SuppressEnvironmentLogging": "True", "Octopus.Action.Script.ScriptBody": script}}]})
    };
    world.set_steps(
        &world.runbook,
        json!([
            step("One", "Success", "set_octopusvariable Plain 'a b'; set_octopusvariable Token s3cr3t-token -sensitive; echo plan > plan.txt; new_octopusartifact plan.txt 'The plan.txt'"),
            step("Two", "Success", "echo \"got $(get_octopusvariable 'Octopus.Action[One].Output.Plain') $(get_octopusvariable 'Octopus.Action[One].Output.Token')\"; fail_step 'no more'"),
            step("Three", "Success", "echo never"),
            step("Four", "Always", "echo always"),
            step("Five", "Failure", "echo sorry"),
        ]),
    );
    world.publish(json!([]));
    let task = world.try_run(Value::Null).unwrap();
    let done = world.wait(&task);
    let log = world.log(&task);
    assert_eq!(done["State"], "Failed", "{log}");
    assert!(done["ErrorMessage"].as_str().unwrap().contains("one or more steps failed"));
    assert!(
        log.contains("got a b ********")
            && log.contains("no more")
            && log.contains("always")
            && log.contains("sorry"),
        "{log}"
    );
    assert!(!log.contains("never") && !log.contains("s3cr3t-token"), "{log}");
    let artifacts = world.get(&format!("artifacts?regarding={task}"));
    assert_eq!(artifacts["Items"][0]["Filename"], "The plan.txt");
    let content = world.get(&format!("artifacts/{}/content", artifacts["Items"][0]["Id"].as_str().unwrap()));
    assert_eq!(content, "plan\n");
    let outputs = world.sandbox.output_variables();
    assert!(
        outputs
            .iter()
            .any(|output| output["Name"] == "Octopus.Action[One].Output.Token" && output["Value"].is_null())
    );
}

#[test]
fn accounts_and_certificates_show_their_parts_and_may_refuse_a_run() {
    let world = world();
    let account = world.make(
        "accounts",
        json!({"Name": "AWS", "AccountType": "AmazonWebServicesAccount", "AccessKey": "AKIA1", "SecretKey": {"HasValue": true, "NewValue": "aws-secret-key"}}),
    );
    let google = world.make(
        "accounts",
        json!({"Name": "G", "AccountType": "GoogleCloudAccount", "JsonKey": {"HasValue": true, "NewValue": "eyJrIjoxfQ=="}}),
    );
    let typed =
        |name: &str, kind: &str, id: &str| json!({"Name": name, "Type": kind, "Value": id, "Scope": {}});
    let aws = typed("Aws", "AmazonWebServicesAccount", &account);
    world.set_variables(&world.project, json!([aws, typed("G", "GoogleCloudAccount", &google)]));
    let (state, log) = world.run_script(
        "echo \"$(get_octopusvariable Aws) $(get_octopusvariable Aws.AccessKey) $(get_octopusvariable Aws.SecretKey | md5sum)\"; get_octopusvariable G.JsonKey | base64 -d | wc -c",
    );
    assert_eq!(state, "Success", "{log}");
    let md5 = "aws-secret-key";
    let sum = std::process::Command::new("bash")
        .args(["-c", &format!("printf %s {md5} | md5sum")])
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert!(log.contains(&format!("{account} AKIA1 {}", sum.trim())) && log.contains("  7"), "{log}");

    // Restricted to another environment: refused, though another value of the same name wins here.
    world.change(&format!("accounts/{account}"), json!({"EnvironmentIds": [world.other_environment]}));
    let scoped =
        json!({"Name": "Aws", "Type": "String", "Value": "x", "Scope": {"Environment": [world.environment]}});
    world.set_variables(&world.project, json!([aws, scoped]));
    let (state, log) = world.run_script("echo ran");
    assert_eq!(state, "Failed");
    assert!(
        log.contains("The account 'AWS', which the variable 'Aws' refers to, is restricted")
            && !log.contains("ran\n"),
        "{log}"
    );
    // Out of scope here, it refuses nothing.
    let there = json!({"Name": "Aws", "Type": "AmazonWebServicesAccount", "Value": account, "Scope": {"Environment": [world.other_environment]}});
    world.set_variables(&world.project, json!([there]));
    assert_eq!(world.run_script("echo ran").0, "Success");
}

#[test]
fn tenants_have_their_values_and_must_be_linked() {
    let world = world();
    let template = json!([{"Name": "Tenant.Key", "Label": "", "HelpText": "", "DefaultValue": "default", "DisplaySettings": {"Octopus.ControlType": "SingleLineText"}}]);
    world.change(&format!("projects/{}", world.project), json!({"Templates": template}));
    world.change(&format!("runbooks/{}", world.runbook), json!({"MultiTenancyMode": "TenantedOrUntenanted"}));
    let tenant = world.make("tenants", json!({"Name": "Ann's", "ProjectEnvironments": {&world.project: [world.environment]}, "TenantTags": []}));
    let (_, log) = world.run_script(
        "echo \"<$(get_octopusvariable Tenant.Key)|$(get_octopusvariable Octopus.Deployment.Tenant.Name)>\"",
    );
    assert!(log.contains("<|>"), "no tenant, no template: {log}");
    let (_, log) = world.run(json!({"TenantId": tenant}));
    assert!(log.contains("<default|Ann's>"), "{log}");

    let template = world.get(&format!("projects/{}", world.project))["Templates"][0]["Id"].clone();
    let values = json!({"Variables": [{"ProjectId": world.project, "TemplateId": template, "Value": "own", "Scope": {"EnvironmentIds": [world.environment]}}]});
    world.send("PUT", &format!("tenants/{tenant}/projectvariables"), values);
    // Tenant values are not frozen.
    let (_, log) = world.run(json!({"TenantId": tenant}));
    assert!(log.contains("<own|Ann's>"), "{log}");

    let (status, error) =
        world.try_run(json!({"TenantId": tenant, "EnvironmentId": world.other_environment})).unwrap_err();
    assert!(status == 400 && error.contains("not connected"), "{error}");
    world.change(&format!("runbooks/{}", world.runbook), json!({"MultiTenancyMode": "Untenanted"}));
    assert_eq!(world.try_run(json!({"TenantId": tenant})).unwrap_err().0, 400);
}

#[test]
fn processes_are_sampled_and_work_folders_kept() {
    let world = World::new(Options { sample_processes: true, keep_work: true, ..Options::default() });
    world.set_variables(&world.project, json!([secret("Leaky", "planted-marker")]));
    let (state, log) = world.run_script(
        "LEAK=$(get_octopusvariable Leaky) bash -c 'sleep 0.4; true' \"$(get_octopusvariable Leaky)-in-an-argument\"; get_octopusvariable Leaky > \"$TMPDIR/leak.txt\"; echo x > made.txt",
    );
    assert_eq!(state, "Success", "{log}");
    let samples = Value::from(world.sandbox.process_samples()).to_string();
    assert!(
        samples.contains("planted-marker-in-an-argument") && samples.contains("LEAK=planted-marker\""),
        "{samples}"
    );
    let kept = world.sandbox.kept_work();
    let files: Vec<&str> =
        kept[0]["Files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert!(
        files.contains(&"tmp/leak.txt")
            && files.contains(&"work/made.txt")
            && files.contains(&"work/Script.sh"),
        "{files:?}"
    );
    assert!(!files.iter().any(|file| file.contains("Bootstrap") || file.contains("Configure")), "{files:?}");
    let leak = std::path::Path::new(kept[0]["Folder"].as_str().unwrap()).join("tmp/leak.txt");
    assert_eq!(std::fs::read_to_string(leak).unwrap(), "planted-marker");
}

#[test]
fn printing_variables_shows_all_but_masked_values() {
    let world = world();
    world.set_variables(
        &world.project,
        json!([
            secret("S", "one-line-secret"),
            secret("M", "two\nlines"),
            variable("OctopusPrintVariables", "True"),
            variable("P", "plain")
        ]),
    );
    let (_, log) = world.run_script("true");
    assert!(log.contains("[P] = 'plain'") && log.contains("[S] = '********'"), "{log}");
    assert!(log.contains("[M] = 'two"), "a secret of several lines is not found by its mask: {log}");
}

#[test]
fn runbooks_in_git_have_no_snapshots() {
    let world = world();
    let mut dump = world.sandbox.dump();
    let project = &mut dump["Documents"]["Spaces-1"]["projects"][&world.project];
    project["PersistenceSettings"] =
        json!({"Type": "VersionControlled", "ConversionState": {"RunbooksAreInGit": true}});
    let (project, runbook) = (world.project.clone(), world.runbook.clone());
    drop(world);
    let sandbox =
        octopus_sandbox::Sandbox::launch(Options { documents: vec![dump], ..Options::default() }).unwrap();
    let body = json!({"ProjectId": project, "RunbookId": runbook, "Name": "x"}).to_string();
    let (status, answer) = support::request(
        &sandbox,
        "POST",
        "/api/Spaces-1/runbookSnapshots",
        "application/json",
        body.as_bytes(),
    );
    assert!(status == 400 && answer.to_string().contains("include a Git ref in the route"), "{answer}");
}
