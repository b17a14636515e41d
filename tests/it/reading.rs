//! The same space on servers that answer different lists: the modules are the same, only the requests differ.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::{octoferry, space_file};

/// Shop with so many runbooks that their processes don't fit one address.
fn shop_with_many_runbooks(folder: &Path) -> PathBuf {
    let mut shop: Value =
        serde_json::from_slice(&std::fs::read(space_file("shop")).expect("the file")).expect("JSON");
    let space = &mut shop["Documents"]["Spaces-2"];
    let runbook = space["runbooks"]["Runbooks-1"].clone();
    let process = space["runbookprocesses"]["RunbookProcess-Runbooks-1"].clone();
    for number in 101..201 {
        let id = format!("Runbooks-{number}");
        let (mut runbook, mut process) = (runbook.clone(), process.clone());
        runbook["Id"] = json!(id);
        runbook["Name"] = json!(format!("Copy {number}"));
        runbook["Slug"] = json!(format!("copy-{number}"));
        runbook["RunbookProcessId"] = json!(format!("RunbookProcess-{id}"));
        runbook["PublishedRunbookSnapshotId"] = Value::Null;
        process["Id"] = runbook["RunbookProcessId"].clone();
        process["RunbookId"] = json!(id);
        space["runbookprocesses"][format!("RunbookProcess-{id}")] = process;
        space["runbooks"][id] = runbook;
    }
    let file = folder.join("space.json");
    std::fs::write(&file, shop.to_string()).expect("written");
    file
}

/// Serializes a space from a server that lacks these lists; the files, and the addresses that were asked for.
fn serialized(
    space: &Path,
    switched_off: &[&str],
    toggles: &[(&str, bool)],
) -> (BTreeMap<String, Vec<u8>>, Vec<String>) {
    let server = Sandbox::launch(Options {
        load: vec![space.to_owned()],
        switched_off: switched_off.iter().map(|name| (*name).to_owned()).collect(),
        installation_id: Some("6c1d6c36-5b56-4f0c-8d5e-0d6c3d1c6a01".to_owned()),
        feature_toggles: toggles.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect(),
        ..Options::default()
    })
    .expect("the sandbox starts");
    let out = tempfile::tempdir().expect("a folder");
    octoferry(["serialize", "all"]).option("--out", out.path()).source(&server, "Spaces-2").ends_with(3);
    let path = |request: &Value| {
        format!(
            "{}?{}",
            request["Path"].as_str().unwrap_or_default(),
            request["Query"].as_str().unwrap_or_default()
        )
    };
    let mut files = BTreeMap::new();
    read(out.path(), out.path(), &mut files);
    (files, server.requests().iter().map(path).collect())
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("below it").display().to_string();
            files.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
}

fn count(requests: &[String], part: &str) -> usize {
    requests.iter().filter(|path| path.contains(part)).count()
}

#[test]
fn modules_do_not_depend_on_which_lists_a_server_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let space = shop_with_many_runbooks(folder.path());
    let (expected, all) = serialized(&space, &[], &[]);
    assert!(expected.contains_key("projects/warehouse-sync/runbook_copy_200.tf"));
    assert_eq!(count(&all, "runbookProcesses?ids="), 2);
    assert_eq!(count(&all, "/variables/all?ids="), 1);

    // Where the parameter `ids` means nothing the whole list is read, after one answer that tells it.
    let (files, requests) = serialized(&space, &["ids"], &[]);
    assert!(files == expected, "a server without ids");
    assert_eq!(count(&requests, "runbookProcesses?ids="), 1);
    assert_eq!(count(&requests, "runbookProcesses"), 2, "{requests:#?}");

    // Without lists each process is asked for by itself, once.
    let (files, requests) = serialized(&space, &["space-wide-lists"], &[]);
    assert!(files == expected, "a server without lists");
    assert_eq!(count(&requests, "runbookProcesses?ids="), 1);
    assert_eq!(count(&requests, "runbookProcesses/"), 103);
    let distinct: BTreeSet<&String> = requests.iter().filter(|path| path.contains("rocesses/")).collect();
    assert_eq!(distinct.len(), count(&requests, "rocesses/"), "none twice");
}

#[test]
fn tenants_values_are_read_from_servers_of_any_age() {
    let space = space_file("shop");
    let old = [("CommonVariableScopingFeatureToggle", false)];
    let (by_list, _) = serialized(&space, &[], &old);
    let (one_by_one, requests) = serialized(&space, &["space-wide-lists"], &old);
    assert!(by_list == one_by_one);
    let values = requests.iter().filter(|path| path.contains("/tenants/") && path.contains("/variables?"));
    assert_eq!(values.count(), 6, "one for each tenant");
}
