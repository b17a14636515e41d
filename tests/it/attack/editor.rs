//! Somebody who may edit variables of one project, or names of things, and start nothing that is not theirs.
//!
//! | tried | wanted |
//! | --- | --- |
//! | a project variable `Octoferry.Destination.Url`, `.Source.Url`, `.Backend.Type`, `.Destination.ApiKey`, `.Module.Key`, scoped to `Octoferry` | the run is refused by name, nothing is asked of the attacker's server; `check` names it |
//! | names that hold a message to Octopus which attaches a file | no such artifact, the name is shown broken |
//! | the journal in a variable forged (a prompt more) or emptied, while the space is spread; one planted where spread did nothing | `collapse` touches none of these, names them and ends with 3; `unseed` never says "as it was" |
//! | the same with the notes in the set `Octoferry` forged to fit | before anything is put back, whoever changed the set is named, by the server's audit trail; `collapse` and `unseed` end with 3 |
//! | a tenant whose name is an expression that gives the destination's key | it is in no argument and no log, the tenant's secrets arrive |

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use octopus_sandbox::Options;
use serde_json::json;

use super::tools::{add_variable, logs, named, user};
use crate::journey::Journey;
use crate::support::{http, http_as, http_bytes, space_file};

/// A server of the attacker's; how many connections it got.
fn listener() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = connection.expect("a connection").read(&mut [0; 1024]);
        }
    });
    (address, count)
}

#[test]
fn a_variable_of_a_project_redirects_nothing() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    let (evil, connections) = listener();
    let project = named(&journey.source, "projects", "Letterbox Web");
    let environment = named(&journey.source, "environments", "Octoferry")["Id"].clone();
    let plant = |planted: &[(&str, &str)]| {
        for (name, value) in planted {
            let variable = json!({"Id": "", "Name": name, "Value": value, "Type": "String", "Scope": {"Environment": [environment]}});
            add_variable(&journey.source, &project, variable);
        }
        let alone = ["migrate", "--yes", "--project", "Letterbox Web", "--todo", &journey.path("todo.md")];
        journey.run(&alone).ends_with(1)
    };
    let settings = [
        ("Octoferry.Destination.Url", evil.as_str()),
        ("octoferry.source.url", &evil),
        ("Octoferry.Backend.Type", "http"),
        ("Octoferry.Step.DestinationUrl", &evil),
        ("Octoferry.Deploy.AllowDestroy", "True"),
    ];
    let ended = plant(&settings);
    for (name, _) in settings {
        ended.says(&format!("project \"Letterbox Web\": {name}"));
    }
    plant(&[
        ("Octoferry.Destination.ApiKey", "API-ATTACKER"),
        ("Octoferry.Module.Key", "a-key-that-the-attacker-knows-well"),
    ])
    .says("is not the one that octoferry seed made this step for");
    assert_eq!(connections.load(Ordering::SeqCst), 0, "the attacker's server was asked");
    journey.run(&["check"]).ends_with(1).says("octoferry seed did not make it: project \"Letterbox Web\"");
}

#[test]
fn names_are_no_messages() {
    // `path`, `name` and `length` in base64: a file of the worker that the attacker wants to see.
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "only the worker may read this").unwrap();
    let encode = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let message = format!(
        "##octopus[createArtifact path='{}' name='{}' length='{}']",
        encode(&secret.to_string_lossy()),
        encode("stolen"),
        encode("29")
    );
    let journey = Journey::with("small-web");
    let project = named(&journey.source, "projects", "Letterbox Web");
    for (name, kind) in
        [(format!("x{message}"), "Sensitive"), (format!("y\n{message}\u{1b}[2J"), "Sensitive")]
    {
        let variable = json!({"Id": "", "Name": name, "Value": "planted-secret-value", "Type": kind, "IsSensitive": true, "Scope": {}});
        add_variable(&journey.source, &project, variable);
    }
    journey.seed();
    journey.run(&["spread", "--yes"]).ends_with(0).never_says("##octopus[").never_says("\u{1b}");
    journey.migrate(3).never_says("##octopus[").never_says("\u{1b}");
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/artifacts?take=1000", None);
    for artifact in page["Items"].as_array().expect("artifacts") {
        assert_ne!(artifact["Filename"], "stolen");
        let path = format!("/api/Spaces-2/artifacts/{}/content", artifact["Id"].as_str().expect("an id"));
        let content = http_bytes(&journey.source, "GET", &path, None).1;
        assert!(!String::from_utf8_lossy(&content).contains("only the worker may read this"));
    }
    let logs = logs(&journey.source);
    assert!(logs.contains("# #octopus[createArtifact"), "the name is shown");
    assert!(!logs.contains("\u{1b}"));
}

#[test]
fn a_tenants_name_brings_no_secret_into_an_argument() {
    let mut dump: serde_json::Value =
        serde_json::from_slice(&std::fs::read(space_file("shop")).unwrap()).unwrap();
    let expression = "#{Octoferry.Destination.ApiKey}";
    let values = dump["Documents"]["Spaces-2"]["tenantvariablevalues"].as_object().unwrap();
    let (_, value) = values
        .iter()
        .find(|(_, value)| value["Value"]["HasValue"] == true && value["ProjectId"].is_string())
        .unwrap();
    let tenant = value["TenantId"].as_str().unwrap().to_owned();
    dump["Documents"]["Spaces-2"]["tenants"][&tenant]["Name"] = json!(expression);
    let journey = Journey::of(
        Options { documents: vec![dump], sample_processes: true, ..Options::default() },
        Options::default(),
    );
    journey.seed();
    journey.spread();
    let ended = journey.migrate(3);
    ended.says(expression);
    let key = journey.destination.api_key();
    for sample in journey.source.process_samples() {
        assert!(!sample.to_string().contains(&key), "{}", sample["Command"]);
    }
    assert!(!logs(&journey.source).contains(&key));
    let row = ended.stdout.lines().filter(|line| line.contains(expression));
    let row: Vec<&str> = row.collect();
    assert!(!row.is_empty() && row.iter().any(|line| line.trim_end().ends_with("yes")), "{row:?}");
}

#[test]
fn a_forged_or_emptied_journal_is_noticed() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    journey.run(&["collapse", "--plan"]).ends_with(4).never_says("not what was there before");
    let project = named(&journey.source, "projects", "Letterbox Web");
    let path = format!("/api/Spaces-2/variables/{}", project["VariableSetId"].as_str().unwrap());
    let journals = |change: &dyn Fn(&str) -> String| {
        let (_, mut set) = http(&journey.source, "GET", &path, None);
        let mut changed = 0;
        for variable in set["Variables"].as_array_mut().unwrap() {
            let description = variable["Description"].as_str().unwrap_or_default().to_owned();
            if description.contains("[octoferry {") {
                variable["Description"] = json!(change(&description));
                changed += 1;
            }
        }
        assert!(changed > 0, "something was spread");
        let (status, answer) = http(&journey.source, "PUT", &path, Some(&set));
        assert_eq!(status, 200, "{answer}");
    };
    // A prompt that the variable never had.
    journals(&|text| {
        text.replace("\"added\":", "\"prompt\":{\"Label\":\"Type it here\",\"Required\":true},\"added\":")
    });
    let set = || http(&journey.source, "GET", &path, None).1["Variables"].clone();
    let forged = set();
    // The rest can be put back; of these the operator's rights move nothing.
    journey
        .run(&["collapse", "--plan"])
        .ends_with(4)
        .says("project \"Letterbox Web\": the journal of ")
        .says("is not one that octoferry spread wrote");
    journey
        .run(&["collapse", "--yes"])
        .ends_with(3)
        .says("these are not as they were before spread")
        .never_says("all that spread changed is as it was");
    assert_eq!(set(), forged);
    journey.run(&["collapse", "--plan"]).ends_with(3);
    journals(&|_| String::new());
    let emptied = set();
    journey.run(&["collapse", "--yes"]).ends_with(3).says("spread changed it, and its journal is gone");
    assert_eq!(set(), emptied);
    journey
        .run(&["unseed", "--yes"])
        .ends_with(3)
        .says("not as they were before seed")
        .says("variables of project \"Letterbox Web\"")
        .never_says("the source space is as it was");
}

/// Both places forged: the note says just what the journal does.
#[test]
fn forged_notes_are_seen_by_who_wrote_them() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    journey.run(&["collapse", "--plan"]).ends_with(4).never_says("was also changed by");
    let mallory = user(
        &journey.source,
        "mallory",
        &["LibraryVariableSetEdit", "LibraryVariableSetView", "VariableEdit", "VariableView"],
    );
    let set = named(&journey.source, "libraryvariablesets", "Octoferry");
    let path = format!("/api/Spaces-2/variables/{}", set["VariableSetId"].as_str().unwrap());
    let (_, mut variables) = http(&journey.source, "GET", &path, None);
    let mut all = variables["Variables"].as_array_mut().unwrap().iter_mut();
    let note = all.find(|variable| variable["Name"] == "Octoferry.Spread").expect("a note");
    note["Value"] = json!("{}");
    let (status, answer) = http_as(&journey.source, &mallory, "PUT", &path, Some(&variables));
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    let named = "the set Octoferry holds the notes of what was there before, and was also changed by:\n  mallory, last on 20";
    journey.run(&["unseed", "--plan"]).ends_with(4).says(named);
    journey.run(&["unseed", "--yes"]).ends_with(3).says(named).says("look at each line above");
}

/// A journal of the attacker's own, in a variable that spread never touched; and the honest way, which says what is proven.
#[test]
fn a_planted_journal_moves_nothing_and_what_is_proven_is_said() {
    let journey = Journey::with("small-web");
    let project = named(&journey.source, "projects", "Letterbox Web");
    journey.seed();
    let planted = "[octoferry {\"scope\":{},\"added\":\"Environments-1\"}]";
    let variable = json!({
        "Id": "", "Name": "Planted", "Value": "planted-secret-value", "Type": "Sensitive", "IsSensitive": true, "Description": planted, "Scope": {},
    });
    add_variable(&journey.source, &project, variable);
    journey
        .run(&["collapse", "--yes"])
        .ends_with(3)
        .says("the journal of Planted is not one that octoferry spread wrote");
    journey.run(&["spread", "--yes"]).ends_with_one_of(&[0, 3]);
    let ended = journey.run(&["collapse", "--yes"]).ends_with(3);
    ended.says("all that spread changed is as it was").says("the journal of Planted");
    let path = format!("/api/Spaces-2/variables/{}", project["VariableSetId"].as_str().unwrap());
    let (_, set) = http(&journey.source, "GET", &path, None);
    let there = set["Variables"].as_array().unwrap().iter().find(|variable| variable["Name"] == "Planted");
    assert_eq!(there.expect("it is there")["Description"], planted);
}
