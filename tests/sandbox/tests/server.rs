//! The server part over HTTP: keys, pages, secrets, versions, tenants' values, packages, faults, the rate limit, loading.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

struct Reply {
    status: u16,
    head: String,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// One request with the given header lines; `None` when the connection breaks before a whole answer.
fn exchange(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Reply> {
    let url = sandbox.url();
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer);
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..split]).to_lowercase();
    let text = String::from_utf8_lossy(&answer[split + 4..]).into_owned();
    if head.contains("content-length: 1000000") {
        return None;
    }
    Some(Reply { status: head.split(' ').nth(1)?.parse().ok()?, head, text })
}

fn ask_as(sandbox: &Sandbox, key: &str, method: &str, path: &str, body: &Value) -> Reply {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/Spaces-1/{path}") };
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let headers = format!(
        "X-Octopus-ApiKey: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    exchange(sandbox, method, &path, &headers, &body).unwrap()
}

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> (u16, Value) {
    let reply = ask_as(sandbox, &sandbox.api_key(), method, path, &body);
    (reply.status, reply.json())
}

fn get(sandbox: &Sandbox, path: &str) -> Value {
    let (status, answer) = ask(sandbox, "GET", path, Value::Null);
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

fn make(sandbox: &Sandbox, collection: &str, body: Value) -> Value {
    let (status, answer) = ask(sandbox, "POST", collection, body);
    assert_eq!(status, 201, "{collection}: {answer}");
    answer
}

fn put(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let (status, answer) = ask(sandbox, "PUT", path, body);
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

fn new() -> Sandbox {
    Sandbox::launch(Options::default()).unwrap()
}

fn make_project(sandbox: &Sandbox, name: &str, more: Value) -> Value {
    let mut body = json!({"Name": name, "LifecycleId": get(sandbox, "lifecycles/all")[0]["Id"],
                          "ProjectGroupId": get(sandbox, "projectgroups/all")[0]["Id"]});
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    make(sandbox, "projects", body)
}

#[test]
fn a_key_is_needed_and_three_spellings_lead_to_a_space() {
    let sandbox = new();
    assert_eq!(ask_as(&sandbox, "API-WRONG", "GET", "environments", &Value::Null).status, 401);
    assert_eq!(exchange(&sandbox, "GET", "/api/", "", b"").unwrap().status, 200);
    let bearer = format!("Authorization: Bearer {}\r\n", sandbox.api_key());
    assert_eq!(exchange(&sandbox, "GET", "/api/users/me", &bearer, b"").unwrap().status, 200);
    make(&sandbox, "environments/", json!({"Name": "Test", "SortOrder": 0}));
    for path in ["/api/environments", "/api/SPACES-1/Environments", "/api/spaces/default/environments"] {
        assert_eq!(get(&sandbox, path)["Items"][0]["SortOrder"], 0, "{path}");
    }
}

#[test]
fn a_chunked_body_is_read() {
    let sandbox = new();
    let headers = format!("X-Octopus-ApiKey: {}\r\nTransfer-Encoding: chunked\r\n", sandbox.api_key());
    let body = b"8\r\n{\"Name\":\r\n4\r\n\"A\"}\r\n0\r\n\r\n";
    let reply = exchange(&sandbox, "POST", "/api/Spaces-1/environments", &headers, body).unwrap();
    assert_eq!((reply.status, reply.json()["Slug"].as_str()), (201, Some("a")));
}

#[test]
fn a_missing_permission_is_named() {
    let sandbox = new();
    let user = json!({"Username": "reader", "Permissions": ["EnvironmentView"]});
    let key = ask(&sandbox, "POST", "/sandbox/users", user).1["ApiKey"].as_str().unwrap().to_owned();
    assert_eq!(ask_as(&sandbox, &key, "GET", "environments", &Value::Null).status, 200);
    let refused = ask_as(&sandbox, &key, "POST", "environments", &json!({"Name": "A"}));
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("Missing permission: EnvironmentCreate"), "{}", refused.text);
}

#[test]
fn snapshots_have_a_permission_of_their_own_from_2026_3_on() {
    for (version, missing) in [("2026.2.7000", "RunbookEdit"), ("2026.3.100", "RunbookSnapshotCreate")] {
        let sandbox =
            Sandbox::launch(Options { server_version: version.to_owned(), ..Options::default() }).unwrap();
        let user = json!({"Username": "runner", "Permissions": ["RunbookView"]});
        let key = ask(&sandbox, "POST", "/sandbox/users", user).1["ApiKey"].as_str().unwrap().to_owned();
        let refused = ask_as(&sandbox, &key, "POST", "runbookSnapshots", &json!({}));
        assert!(refused.text.contains(&format!("Missing permission: {missing}")), "{}", refused.text);
    }
}

#[test]
fn pages_link_to_the_next_and_names_are_unique() {
    let sandbox = new();
    for number in 0..35 {
        make(&sandbox, "environments", json!({"Name": format!("E {number:02}")}));
    }
    let page = get(&sandbox, "environments?take=0");
    assert_eq!((page["Items"].as_array().unwrap().len(), &page["TotalResults"]), (30, &json!(35)));
    let next = get(&sandbox, page["Links"]["Page.Next"].as_str().unwrap());
    assert_eq!(next["Items"].as_array().unwrap().len(), 5);
    assert!(next["Links"].get("Page.Next").is_none());
    assert_eq!(get(&sandbox, "environments?partialName=e%200")["TotalResults"], 10);
    assert_eq!(ask(&sandbox, "POST", "environments", json!({"Name": "e 01"})).0, 400);
    let missing = ask(&sandbox, "GET", "environments/Environments-999", Value::Null);
    assert_eq!((missing.0, missing.1.get("Errors")), (404, None));
}

#[test]
fn secrets_are_kept_replaced_and_dropped_but_never_answered() {
    let sandbox = new();
    let sent = json!({"Name": "T", "AccountType": "Token", "Token": {"HasValue": true, "NewValue": "first"}});
    let mut account = make(&sandbox, "accounts", sent);
    assert_eq!(account["Token"], json!({"HasValue": true, "NewValue": null, "Hint": null}));
    let id = account["Id"].as_str().unwrap().to_owned();
    let path = format!("accounts/{id}");
    account["Description"] = json!("changed");
    put(&sandbox, &path, account.clone());
    assert_eq!(sandbox.dump()["Secrets"][&id]["Token"], "first");
    account["Token"] = json!({"HasValue": true, "NewValue": "second"});
    put(&sandbox, &path, account.clone());
    assert_eq!(sandbox.dump()["Secrets"][&id]["Token"], "second");
    account["Token"] = json!({"HasValue": false, "NewValue": null});
    put(&sandbox, &path, account);
    assert!(sandbox.dump()["Secrets"].get(&id).is_none());
}

#[test]
fn variables_have_a_version_and_keep_their_secrets() {
    let sandbox = new();
    let set = make(&sandbox, "libraryvariablesets", json!({"Name": "L"}))["VariableSetId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("variables/{set}");
    let mut document = get(&sandbox, &path);
    document["Variables"] = json!([{"Name": "S", "Type": "Sensitive", "IsSensitive": true, "Value": "one"}]);
    put(&sandbox, &path, document.clone());
    let (status, stale) = ask(&sandbox, "PUT", &path, document);
    assert_eq!(status, 409);
    assert!(stale["Errors"][0].as_str().unwrap().contains("another user has made changes"));
    let mut read = get(&sandbox, &path);
    assert_eq!((&read["Version"], &read["Variables"][0]["Value"]), (&json!(1), &Value::Null));
    let secret = format!("Variables/{}", read["Variables"][0]["Id"].as_str().unwrap());
    for kept in [Value::Null, json!("")] {
        read["Variables"][0]["Value"] = kept;
        put(&sandbox, &path, read.clone());
        assert_eq!(sandbox.dump()["Secrets"][&set][&secret], "one");
        read = get(&sandbox, &path);
    }
}

#[test]
fn a_process_gets_ids_and_slugs_and_refuses_stale_writes() {
    let sandbox = new();
    let project = make_project(&sandbox, "P", json!({}));
    let path = format!("deploymentprocesses/{}", project["DeploymentProcessId"].as_str().unwrap());
    let mut process = get(&sandbox, &path);
    let action = json!({"Name": "Say it", "ActionType": "Octopus.Script", "Properties": {
        "Key": {"HasValue": true, "NewValue": "hidden"}, "Nothing": null}});
    process["Steps"] = json!([{"Name": "Say it", "StartTrigger": "StartWithPrevious", "Actions": [action]}]);
    let written = put(&sandbox, &path, process.clone());
    let step = &written["Steps"][0];
    assert_eq!((&step["Slug"], &step["StartTrigger"]), (&json!("say-it"), &json!("StartAfterPrevious")));
    assert_eq!(
        step["Actions"][0]["Properties"],
        json!({"Key": {"HasValue": true, "NewValue": null, "Hint": null}})
    );
    assert_eq!(ask(&sandbox, "PUT", &path, process).0, 409);
    // The action keeps its secret in another step.
    let mut moved = written.clone();
    let actions = moved["Steps"][0]["Actions"].take();
    moved["Steps"] = json!([{"Name": "Other", "Actions": actions}]);
    put(&sandbox, &path, moved);
    let secrets = sandbox.dump()["Secrets"][written["Id"].as_str().unwrap()].clone();
    assert_eq!(secrets.as_object().unwrap().values().collect::<Vec<_>>(), [&json!("hidden")]);
}

#[test]
fn tenants_values_have_two_views() {
    let sandbox = new();
    let template = json!({"Name": "T.Key", "DisplaySettings": {"Octopus.ControlType": "Sensitive"}});
    let project = make_project(&sandbox, "P", json!({"Templates": [template]}));
    let (id, template) = (&project["Id"], &project["Templates"][0]["Id"]);
    let environments: Vec<Value> =
        ["A", "B"].map(|name| make(&sandbox, "environments", json!({"Name": name}))["Id"].clone()).to_vec();
    let links = json!({id.as_str().unwrap(): environments});
    let tenant = make(&sandbox, "tenants", json!({"Name": "T", "ProjectEnvironments": links}));
    let tenant = tenant["Id"].as_str().unwrap();
    let view = format!("tenants/{tenant}/projectvariables?IncludeMissingVariables=true");
    assert_eq!(get(&sandbox, &view)["MissingVariables"][0]["Scope"]["EnvironmentIds"], json!(environments));
    let value = json!({"ProjectId": id, "TemplateId": template, "Value": {"HasValue": true, "NewValue": "both"},
                       "Scope": {"EnvironmentIds": environments}});
    put(&sandbox, &view, json!({"Variables": [value]}));
    // The first view shows the value twice; a new one in B leaves the old one in A.
    let first = format!("tenants/{tenant}/variables");
    let mut document = get(&sandbox, &first);
    let (a, b) = (environments[0].as_str().unwrap(), environments[1].as_str().unwrap());
    let values = &mut document["ProjectVariables"][id.as_str().unwrap()]["Variables"];
    assert_eq!(values[a], values[b]);
    values[b][template.as_str().unwrap()] = json!({"HasValue": true, "NewValue": "mine"});
    assert_eq!(ask(&sandbox, "POST", &first, document).0, 200);
    let dump = sandbox.dump();
    let found: Vec<(Value, Value)> = dump["Documents"]["Spaces-1"]["tenantvariablevalues"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, value)| (value["EnvironmentIds"].clone(), dump["Secrets"][id]["Value"].clone()))
        .collect();
    assert_eq!(found, [(json!([a]), json!("both")), (json!([b]), json!("mine"))]);
    // Without the feature the second view is not there.
    ask(
        &sandbox,
        "POST",
        "/sandbox/settings",
        json!({"FeatureToggles": {"CommonVariableScopingFeatureToggle": false}}),
    );
    assert_eq!(ask(&sandbox, "GET", &view, Value::Null).0, 404);
}

fn upload(sandbox: &Sandbox, path: &str, filename: &str, bytes: &str) -> u16 {
    let body = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"any\"; filename=\"{filename}\"\r\n\r\n{bytes}\r\n--xyz--\r\n"
    );
    let headers = format!(
        "X-Octopus-ApiKey: {}\r\nContent-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n",
        sandbox.api_key(),
        body.len()
    );
    exchange(sandbox, "POST", path, &headers, body.as_bytes()).unwrap().status
}

#[test]
fn packages_are_pushed_found_downloaded_and_deleted() {
    let sandbox = new();
    let raw = "/api/Spaces-1/packages/raw";
    for (name, status) in
        [("tool.1.0.9.zip", 201), ("tool.1.0.10.zip", 201), ("tool.1.0.9.zip", 409), ("tool.zip", 400)]
    {
        assert_eq!(upload(&sandbox, raw, name, "PK"), status, "{name}");
    }
    let other = "/api/Spaces-1/packages/raw?overwriteMode=IgnoreIfExists";
    assert_eq!(upload(&sandbox, other, "tool.1.0.9.zip", "other"), 200);
    let versions = get(&sandbox, "feeds/feeds-builtin/packages/versions?packageId=TOOL&take=1");
    assert_eq!((&versions["Items"][0]["Version"], &versions["TotalResults"]), (&json!("1.0.10"), &json!(2)));
    let key = sandbox.api_key();
    assert_eq!(ask_as(&sandbox, &key, "GET", "packages/tool.1.0.9/raw", &Value::Null).text, "PK");
    assert_eq!(ask(&sandbox, "DELETE", "packages/packages-tool.1.0.9", Value::Null).0, 200);
    let feed = get(&sandbox, "feeds?feedType=BuiltIn")["Items"][0].clone();
    let path = format!("feeds/{}", feed["Id"].as_str().unwrap());
    let retention = || ask(&sandbox, "POST", "/sandbox/retention", json!({"SpaceId": "Spaces-1"})).1;
    let mut keeps = feed.clone();
    keeps["DeleteUnreleasedPackagesAfterDays"] = Value::Null;
    put(&sandbox, &path, keeps);
    assert_eq!(retention(), json!([]));
    put(&sandbox, &path, feed);
    let gone = retention();
    assert_eq!(gone, json!(["packages-tool.1.0.10"]));
}

#[test]
fn faults_strike_as_often_as_asked() {
    let sandbox = new();
    let fault = |body: Value| assert_eq!(ask(&sandbox, "POST", "/sandbox/faults", body).0, 200);
    fault(
        json!({"path": "/lifecycles", "kind": "status", "status": 503, "times": 1, "headers": {"Retry-After": "2"}}),
    );
    let reply = ask_as(&sandbox, &sandbox.api_key(), "GET", "lifecycles", &Value::Null);
    assert!(reply.status == 503 && reply.head.contains("retry-after: 2"), "{}", reply.head);
    assert_eq!(get(&sandbox, "lifecycles")["TotalResults"], 1);
    fault(json!({"path": "/feeds", "kind": "short-page", "times": 1}));
    let short = get(&sandbox, "feeds");
    assert_eq!((short["Items"].as_array().unwrap().len(), &short["TotalResults"]), (1, &json!(2)));
    fault(json!({"path": "/feeds", "kind": "html", "times": 1}));
    assert!(ask_as(&sandbox, &sandbox.api_key(), "GET", "feeds", &Value::Null).head.contains("text/html"));
    // The connection breaks, but the environment was made.
    fault(json!({"method": "POST", "path": "/environments", "kind": "drop-after", "times": 1}));
    let body = br#"{"Name":"E"}"#;
    let headers = format!("X-Octopus-ApiKey: {}\r\nContent-Length: {}\r\n", sandbox.api_key(), body.len());
    assert!(exchange(&sandbox, "POST", "/api/Spaces-1/environments", &headers, body).is_none());
    assert_eq!(get(&sandbox, "environments")["TotalResults"], 1);
}

#[test]
fn the_rate_limit_says_when_to_come_again() {
    let options = Options { requests_per_minute: Some(60), rate_burst: Some(2), ..Options::default() };
    let sandbox = Sandbox::launch(options).unwrap();
    let replies = [(); 3].map(|()| ask_as(&sandbox, &sandbox.api_key(), "GET", "feeds", &Value::Null));
    assert_eq!([&replies[0], &replies[1], &replies[2]].map(|reply| reply.status), [200, 200, 429]);
    assert!(replies[0].head.contains("octopus-ratelimit-policy: l=2;rpm=60"), "{}", replies[0].head);
    assert!(replies[2].head.contains("retry-after: 1"), "{}", replies[2].head);
}

#[test]
fn an_enabled_trigger_is_remembered_and_bodies_are_not_logged() {
    let sandbox = new();
    let project = make_project(&sandbox, "P", json!({}));
    let trigger = |name: &str, is_disabled: bool| {
        json!({"Name": name, "ProjectId": project["Id"], "IsDisabled": is_disabled,
               "Filter": {"FilterType": "OnceDailySchedule", "StartTime": "2026-01-05T08:00:00Z"}, "Action": {"ActionType": "AutoDeploy"}})
    };
    let made = make(&sandbox, "projecttriggers/", trigger("off", true));
    assert_eq!(made["Filter"]["StartTime"], "2026-01-05T08:00:00.000Z");
    assert_eq!(get(&sandbox, "/sandbox/triggers-ever-enabled"), json!([]));
    make(&sandbox, "projecttriggers", trigger("on", false));
    assert_eq!(get(&sandbox, "/sandbox/triggers-ever-enabled")[0]["Name"], "on");
    let secret =
        json!({"Name": "T", "AccountType": "Token", "Token": {"HasValue": true, "NewValue": "marker-4711"}});
    make(&sandbox, "accounts", secret);
    assert!(!Value::Array(sandbox.requests()).to_string().contains("marker-4711"));
}

#[test]
fn space_wide_lists_can_be_switched_off() {
    let sandbox = new();
    make_project(&sandbox, "P", json!({}));
    let lists = [
        "channels",
        "deploymentprocesses",
        "runbookProcesses",
        "projecttriggers",
        "runbooks",
        "variables",
        "tenantvariables/all",
    ];
    for list in lists {
        assert!(get(&sandbox, list)["TotalResults"].is_number() || list.ends_with("all"), "{list}");
    }
    // Each on its own.
    for off in lists {
        let name = off.split('/').next();
        ask(&sandbox, "POST", "/sandbox/settings", json!({"SwitchedOff": [name]}));
        for list in lists {
            let expected = if list == off { 404 } else { 200 };
            assert_eq!(ask(&sandbox, "GET", list, Value::Null).0, expected, "{list} without {off}");
        }
    }
    ask(&sandbox, "POST", "/sandbox/settings", json!({"SwitchedOff": ["space-wide-lists"]}));
    for list in lists {
        assert_eq!(ask(&sandbox, "GET", list, Value::Null).0, 404, "{list}");
    }
}

#[test]
fn newer_servers_keep_target_tags_in_a_set_of_their_own() {
    let server_version = "2026.3.1234".to_owned();
    let sandbox = Sandbox::launch(Options { server_version, ..Options::default() }).unwrap();
    let set = || {
        let (_, sets) = ask(&sandbox, "GET", "/api/Spaces-1/tagsets/all", Value::Null);
        let set = sets.as_array().unwrap().iter().find(|set| set["IsSystem"] == true).unwrap().clone();
        let tags = set["Tags"].as_array().unwrap().iter();
        (set["Id"].as_str().unwrap().to_owned(), tags.map(|tag| tag["Name"].clone()).collect::<Vec<_>>())
    };
    let tag = "/api/Spaces-1/deploymenttargettags";
    assert_eq!(set().1, Vec::<Value>::new());
    assert_eq!(ask(&sandbox, "POST", tag, json!({"SpaceId": "Spaces-1", "Tag": "unused"})).0, 201);
    assert_eq!(ask(&sandbox, "GET", &format!("{tag}/unused"), Value::Null).0, 200);
    let (id, _) = set();
    let path = format!("/api/Spaces-1/tagsets/{id}");
    assert_eq!(ask(&sandbox, "DELETE", &path, Value::Null).0, 400);
    let custom = json!({"Name": "Kinds", "Scopes": ["Target"], "Tags": [{"Name": "web"}]});
    assert_eq!(ask(&sandbox, "POST", "/api/Spaces-1/tagsets", custom).0, 201);
    let (_, environment) = ask(&sandbox, "POST", "/api/Spaces-1/environments", json!({"Name": "Live"}));
    let target = json!({"Name": "one", "EnvironmentIds": [environment["Id"]], "Roles": ["web", "db"],
                        "Endpoint": {"CommunicationStyle": "None"}});
    assert_eq!(ask(&sandbox, "POST", "/api/Spaces-1/machines", target).0, 201);
    assert_eq!(set().1, vec![json!("db"), json!("unused")]);
    // An older server knows nothing of it.
    let older =
        Sandbox::launch(Options { server_version: "2025.4".to_owned(), ..Options::default() }).unwrap();
    assert_eq!(ask(&older, "GET", tag, Value::Null).0, 404);
    assert_eq!(ask(&older, "GET", "/api/Spaces-1/tagsets/all", Value::Null).1, json!([]));
}

#[test]
fn a_loaded_space_is_dumped_as_it_was() {
    for case in ["small-web", "shop", "odd-text"] {
        let path = format!("{}/../spaces/{case}/space.json", env!("CARGO_MANIFEST_DIR"));
        let mut input: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let sandbox = Sandbox::launch(Options {
            documents: vec![input.clone()],
            server_version: "2025.4".to_owned(),
            ..Options::default()
        })
        .unwrap();
        // What the server adds: the parts of both strategies of a project that the file leaves out.
        for collection in ["projects", "deploymentsettings"] {
            for document in input["Documents"]["Spaces-2"][collection].as_object_mut().unwrap().values_mut() {
                for (strategy, fields) in [
                    ("VersioningStrategy", vec!["DonorPackage", "DonorPackageStepId"]),
                    (
                        "ReleaseCreationStrategy",
                        vec!["ChannelId", "ReleaseCreationPackage", "ReleaseCreationPackageStepId"],
                    ),
                ] {
                    let Some(strategy) = document.get_mut(strategy).and_then(Value::as_object_mut) else {
                        continue;
                    };
                    for field in fields {
                        let value = strategy.entry(field).or_insert(Value::Null);
                        if value == "" {
                            *value = Value::Null;
                        }
                    }
                }
            }
        }
        let dump = sandbox.dump();
        // The facts of certificates are read from their data.
        if let Some(certificates) =
            input["Documents"]["Spaces-2"].get_mut("certificates").and_then(Value::as_object_mut)
        {
            for (id, certificate) in certificates {
                let read = &dump["Documents"]["Spaces-2"]["certificates"][id];
                assert_eq!(read["SubjectDistinguishedName"], certificate["SubjectDistinguishedName"]);
                for field in ["NotAfter", "NotBefore", "SerialNumber", "Thumbprint"] {
                    certificate[field] = read[field].clone();
                }
            }
        }
        assert!(dump["Documents"]["Spaces-2"] == input["Documents"]["Spaces-2"], "{case}: documents differ");
        assert!(
            dump["Documents"]["Server"] == input["Documents"]["Server"],
            "{case}: the server's documents differ"
        );
        assert!(dump["Secrets"] == input["Secrets"], "{case}: secrets differ");
    }
}
