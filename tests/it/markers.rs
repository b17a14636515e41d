//! The whole road with planted secrets: each arrives byte for byte or is named, and none of them can be found in anything that the road
//! left behind: output, logs, artifacts, packages, modules, plans, temporary folders, requests, arguments and environments of processes, Terraform's
//! state, and what Terraform and its provider log when they log everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Cursor, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use octopus_sandbox::{Options, Sandbox, WorkerKind};
use serde_json::{Value, json};

use crate::support::{
    files_below, http, http_bytes, http_text, octoferry, package, path, path_with, program,
    sandbox_with_empty_space, space_file, terraform_config,
};

const SPACE: &str = "Tallow & Wick";
const PROJECT_SET: &str = "variableset-Projects-5";
/// What every token begins with.
const TOKEN: &str = "octoferrytoken01";

/// Values that something on the way might alter: shells, Octostache, HCL, JSON, Terraform's Unicode.
fn odd_values() -> Vec<(&'static str, String)> {
    let text = |value: &str| value.to_owned();
    vec![
        ("Odd.Quotes", text(r#"mrk-quotes "a" 'b' `c` \"d\" \\ \n"#)),
        ("Odd.Dollars", text("mrk-dollars $x ${y} $${z} $$${w} $$ %{a} %%{b} %%%{c} 50% $")),
        ("Odd.Shell", text("mrk-shell $(id) `id` ; rm -rf * & | > < ! ~ \t tab")),
        ("Odd.Lines", text("mrk-line-one-of-it\nmrk-line-two-of-it\r\nmrk-line-three-of-it")),
        ("Odd.Trailing", text("mrk-trailing-newlines\n\n")),
        ("Odd.Blanks", text("  mrk-blanks-around  ")),
        (
            "Odd.Expression",
            text("mrk-expression #{Octopus.Environment.Name} ##{b} #{if x}y#{/if} #{unclosed"),
        ),
        ("Odd.Composed", text("mrk-composed \u{fc}ber \u{e9}")),
        ("Odd.Decomposed", text("mrk-decomposed u\u{308}ber e\u{301}")),
        ("Odd.Unicode", text("mrk-unicode \u{1f56f}\u{fe0f} \u{5927} \u{2028} \u{feff} \u{85} \u{1b}[0m")),
        ("Odd.Json", text(r#"{"mrk-json": [1, 2.50, null], "<&>": "\u00fc"}"#)),
        ("Odd.Short", text("z9!")),
        ("Odd.Long", format!("mrk-long {}", "0123456789abcdef\n".repeat(6_400))),
        ("Odd.Heredoc", text("mrk-heredoc\nEOT\nEOF\n")),
    ]
}

/// The shop, whose accounts allow all tenants, with odd secrets in one of its projects.
fn planted() -> Value {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("shop")).expect("the space")).expect("JSON");
    for collection in ["accounts", "certificates"] {
        let documents = dump["Documents"]["Spaces-2"][collection].as_object_mut().expect("documents");
        for document in documents.values_mut() {
            document["TenantIds"] = json!([]);
            document["TenantTags"] = json!([]);
            document["TenantedDeploymentParticipation"] = json!("TenantedOrUntenanted");
        }
    }
    for (index, (name, value)) in odd_values().into_iter().enumerate() {
        let id = format!("00000000-0000-4000-8000-{index:012}");
        // Every other one has a scope that makes it be spread.
        let scope = if index % 2 == 0 { json!({}) } else { json!({"Role": ["checkout"]}) };
        let variable = json!({"Id": id, "Name": name, "Value": null, "Description": "", "Scope": scope, "Type": "Sensitive",
                              "IsSensitive": true, "IsEditable": true, "Prompt": null});
        let set = &mut dump["Documents"]["Spaces-2"]["variables"][PROJECT_SET];
        set["Variables"].as_array_mut().expect("variables").push(variable);
        dump["Secrets"][PROJECT_SET][format!("Variables/{id}")] = json!(value);
    }
    dump
}

/// All secrets of a dump: document → values.
fn secrets(dump: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (document, values) in dump["Secrets"].as_object().expect("secrets") {
        for value in values.as_object().expect("values").values() {
            found.push((document.clone(), value.as_str().expect("a text").to_owned()));
        }
    }
    found
}

/// The forms in which a secret may stand somewhere: the whole and each longer line; raw, in JSON, in an address, in base64.
fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    let parts = std::iter::once(secret).chain(secret.lines().map(str::trim)).filter(|part| part.len() >= 8);
    for part in parts.take(4) {
        forms.insert(part.as_bytes().to_vec());
        let quoted = json!(part).to_string();
        forms.insert(quoted.as_bytes()[1..quoted.len() - 1].to_vec());
        let escaped: String = part
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        forms.insert(escaped.into_bytes());
        forms.insert(STANDARD.encode(part).into_bytes());
        // In the middle of something longer.
        let inner = STANDARD_NO_PAD.encode([b"xxx", part.as_bytes()].concat());
        forms.insert(inner.as_bytes()[4..inner.len() - 2].to_vec());
    }
    forms
}

/// Places and what stands there.
#[derive(Default)]
pub(crate) struct Left(pub(crate) Vec<(String, Vec<u8>)>);

impl Left {
    pub(crate) fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    pub(crate) fn folder(&mut self, folder: &Path) {
        for file in files_below(folder) {
            // Programs, as they were before the road began.
            let is_program = file.ends_with("/octoferry") || file.contains("terraform-provider-");
            if !is_program {
                let bytes = std::fs::read(folder.join(&file)).unwrap_or_default();
                self.add(format!("{} {file}", folder.display()), bytes);
            }
        }
    }

    /// Logs, artifacts, packages, requests, processes and folders of a server and its worker.
    pub(crate) fn server(&mut self, name: &str, sandbox: &Sandbox) {
        let list = |path: &str| -> Vec<Value> {
            let (status, answer) = http(sandbox, "GET", path, None);
            assert_eq!(status, 200, "{path}: {answer}");
            answer["Items"].as_array().cloned().unwrap_or_default()
        };
        for task in list("/api/Spaces-2/tasks?take=1000") {
            let id = task["Id"].as_str().expect("an id");
            self.add(
                format!("{name} log {id}"),
                http_text(sandbox, &format!("/api/Spaces-2/tasks/{id}/raw")),
            );
            self.add(format!("{name} task {id}"), task.to_string());
        }
        for artifact in list("/api/Spaces-2/artifacts?take=1000") {
            let path = format!("/api/Spaces-2/artifacts/{}/content", artifact["Id"].as_str().expect("an id"));
            self.add(
                format!("{name} artifact {}", artifact["Filename"]),
                http_bytes(sandbox, "GET", &path, None).1,
            );
        }
        for package in list("/api/Spaces-2/packages?take=1000&latest=false") {
            let id = package["Id"].as_str().expect("an id").to_owned();
            if package["PackageId"] == "octoferry" {
                continue;
            }
            let (status, bytes) =
                http_bytes(sandbox, "GET", &format!("/api/Spaces-2/packages/{id}/raw"), None);
            assert_eq!(status, 200, "{id}");
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
            for index in 0..archive.len() {
                let mut file = archive.by_index(index).expect("an entry");
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).expect("its bytes");
                self.add(format!("{name} package {id} {:?}", file.name()), bytes);
            }
        }
        for (what, values) in [
            ("requests", sandbox.requests()),
            ("process", sandbox.process_samples()),
            ("output variables", sandbox.output_variables()),
        ] {
            for value in values {
                self.add(format!("{name} {what}"), value.to_string());
            }
        }
        for kept in sandbox.kept_work() {
            self.folder(Path::new(kept["Folder"].as_str().expect("a folder")));
        }
        self.folder(&sandbox.worker_home());
    }

    /// Where a secret can be found.
    pub(crate) fn holding(&self, secrets: &BTreeSet<String>) -> Vec<String> {
        let mut by_start: HashMap<[u8; 8], Vec<Vec<u8>>> = HashMap::new();
        for form in secrets.iter().flat_map(|secret| forms(secret)).filter(|form| form.len() >= 8) {
            let start = form[..8].try_into().expect("eight bytes");
            by_start.entry(start).or_default().push(form);
        }
        let mut found = Vec::new();
        for (place, bytes) in &self.0 {
            for (position, start) in bytes.windows(8).enumerate() {
                let forms = by_start.get(start).into_iter().flatten();
                for form in forms.filter(|form| bytes[position..].starts_with(form)) {
                    found.push(format!("{place}: {}", String::from_utf8_lossy(form)));
                }
            }
        }
        found
    }
}

#[test]
fn secrets_arrive_and_nothing_that_the_road_leaves_behind_holds_one() {
    let folder = tempfile::tempdir().unwrap();
    // octoferry lets Terraform log nothing; this one logs all.
    let logs = folder.path().join("trace");
    std::fs::create_dir(&logs).expect("a folder for logs");
    let script =
        format!("PATH={}; TF_LOG=trace TF_LOG_PATH={}/$$.log exec terraform \"$@\"", path(), logs.display());
    let terraform = program("terraform", &script);
    let worker = WorkerKind {
        environment: BTreeMap::from([
            ("TF_CLI_CONFIG_FILE".to_owned(), terraform_config().to_owned()),
            ("PATH".to_owned(), path_with(terraform.path())),
        ]),
        ..WorkerKind::default()
    };
    let source = Sandbox::launch(Options {
        documents: vec![planted()],
        worker,
        sample_processes: true,
        keep_work: true,
        request_log: Some(folder.path().join("source-requests.txt")),
        feature_toggles: BTreeMap::from([
            ("CommonVariableScopingFeatureToggle".to_owned(), true),
            ("BashParametersArrayFeatureToggle".to_owned(), true),
        ]),
        ..Options::default()
    })
    .unwrap();
    let destination = sandbox_with_empty_space("New");
    let mut left = Left::default();
    let mut run = |command: &[&str], code: i32| {
        let mut run = octoferry(command).source(&source, SPACE).in_folder(folder.path());
        if matches!(command[0], "seed" | "migrate" | "verify") {
            run = run.destination(&destination, "New");
        }
        if command[0] == "seed" {
            run = run.option("--package", package());
        }
        let ended = run.ends_with(code);
        left.add(format!("output of {command:?}"), format!("{}\n{}", ended.stdout, ended.stderr));
        ended
    };
    let state = format!("path={}", folder.path().join("state").display());
    run(&["seed", "--yes", "--backend", "local", "--backend-config", &state], 0);
    run(&["spread", "--plan"], 4);
    run(&["spread", "--yes"], 0);
    let ended = run(&["migrate", "--yes"], 3);
    run(&["serialize", "all", "--out", "modules"], 3);
    let verify = run(&["verify", "--notes", "modules"], 0);
    verify.never_says("[a secret that only a run for this tenant can read");
    let todo = std::fs::read_to_string(folder.path().join("todo.md")).unwrap();

    // What can be read arrives byte for byte; the rest are placeholders, or nothing, and named.
    let arrived: BTreeSet<String> =
        secrets(&destination.dump()).into_iter().map(|(_, value)| value).collect();
    let sent = secrets(&planted());
    let unreadable = |document: &str| {
        ["Accounts-1", "Accounts-3"].contains(&document)
            || [
                "Feeds-",
                "GitCredentials-",
                "Proxies-",
                "ActionTemplates-",
                "deploymentprocess-",
                "RunbookProcess-",
            ]
            .iter()
            .any(|prefix| document.starts_with(prefix))
    };
    let lost: BTreeSet<&str> = sent
        .iter()
        .filter(|(document, value)| !arrived.contains(value) && !unreadable(document))
        .map(|(document, _)| document.as_str())
        .collect();
    assert_eq!(lost, BTreeSet::new(), "accounts and certificates allow the tenants' runs");
    ended.never_says("left out, a variable");
    ended.says("68 secrets: 55 arrived or were there, 13 are left to you");
    let listed = todo.lines().filter(|line| line.starts_with("- [ ] **Secret**")).count();
    assert_eq!(listed, 13, "{todo}");

    let planted: BTreeSet<String> = sent.into_iter().map(|(_, value)| value).collect();
    left.server("source", &source);
    left.server("destination", &destination);
    left.folder(folder.path());
    let states = left.0.iter().filter(|(place, bytes)| {
        place.ends_with(".tfstate") && bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes())
    });
    assert_eq!(states.count(), 4, "states of modules with secrets that the provider sets");
    let logs = left.0.iter().filter(|(place, _)| place.contains("trace/"));
    let logged = logs.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect::<String>();
    assert!(logged.contains("[TRACE]"), "everything is logged");
    let holding = left.holding(&planted);
    assert!(left.0.len() > 200, "only {} places were searched", left.0.len());
    assert!(holding.is_empty(), "{} places hold secrets:\n{}", holding.len(), holding.join("\n"));
}
