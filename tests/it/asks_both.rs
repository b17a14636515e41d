//! What the relay answers from memory is what the server would answer: both are asked the same.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use octoferry::relay::Relay;
use octopus::client::{Client, Proxies, Transport, Trust};
use octopus::role::Role;
use octopus_sandbox::Sandbox;
use secret::Secret;
use serde_json::{Value, json};

use crate::support::{http, sandbox_with};

const SPACE: &str = "/api/Spaces-2";

/// The lists that data sources of the provider (1.17.0) ask for, with the filters that they send beside `ids`, `partialName`, `skip` and `take`.
/// A filter has no value in the memory's reach, but for those of [`WORDS`].
const SOURCES: [(&str, &[&str]); 18] = [
    ("accounts", &["accountType=UsernamePassword", "accountType=AmazonWebServicesAccount"]),
    ("actiontemplates", &[]),
    (
        "certificates",
        &["archived=true", "tenant=Tenants-1", "search=a", "orderBy=Name", "firstResult=Certificates-1"],
    ),
    ("channels", &[]),
    ("environments", &["name=Production", "name=Test"]),
    ("feeds", &["feedType=BuiltIn", "feedType=Docker", "name=Docker%20Hub"]),
    ("git-credentials", &["name=Reader"]),
    ("libraryvariablesets", &["contentType=Variables", "contentType=ScriptModule"]),
    ("lifecycles", &[]),
    ("machinepolicies", &[]),
    (
        "machines",
        &[
            "name=web",
            "isDisabled=true",
            "roles=web",
            "environmentIds=Environments-1",
            "commStyles=None",
            "healthStatuses=Healthy",
            "tenantIds=Tenants-1",
            "tenantTags=Ring/Early",
            "shellNames=Bash",
            "thumbprint=AB",
        ],
    ),
    ("projectgroups", &[]),
    ("projects", &["name=Storefront", "clone=true", "clonedFromProjectId=Projects-1"]),
    ("proxies", &[]),
    ("tagsets", &["scopes=Tenant"]),
    (
        "tenants",
        &[
            "name=Harbour",
            "projectId=Projects-1",
            "tags=Ring/Early",
            "isDisabled=true",
            "clone=true",
            "clonedFromTenantId=Tenants-1",
        ],
    ),
    ("workerpools", &[]),
    (
        "workers",
        &["name=a", "isDisabled=true", "healthStatuses=Healthy", "commStyles=None", "shellNames=Bash"],
    ),
];

/// What else the provider reads of lists, as documents.
const DOCUMENTS: [&str; 4] = ["projecttriggers", "runbooks", "deploymentprocesses", "runbookprocesses"];

/// Filters by words of the server, which the memory knows.
const WORDS: [&str; 3] = ["accountType", "feedType", "contentType"];

const SPACES: [&str; 6] = ["bookshop", "infrastructure", "odd-text", "operations", "shop", "small-web"];

/// A server, and a relay to it.
struct Both {
    server: Sandbox,
    direct: Client,
    /// octoferry's own, of which the relay hears.
    own: Client,
    relayed: Client,
    relay: Relay,
    transport: Transport,
    has_unknown_types: bool,
    asked: usize,
}

impl Both {
    async fn of(server: Sandbox, has_unknown_types: bool) -> Self {
        let transport = Transport::new(Duration::from_secs(30), Trust::default(), Proxies::default());
        let transport = transport.expect("a transport");
        let client = |address: &str, key: &str| {
            Client::new(Role::Destination, address, Secret::new(key.to_owned()), &transport)
                .expect("a client")
        };
        let (url, key) = (server.url(), server.api_key());
        let own = client(&url, &key);
        let relay = Relay::start(own.clone(), true).await.expect("a relay");
        let relayed = client(relay.url(), relay.key().expose());
        Self {
            direct: client(&url, &key),
            own,
            server,
            relayed,
            relay,
            asked: 0,
            has_unknown_types,
            transport: transport.clone(),
        }
    }

    /// Has octoferry read all lists.
    async fn read_lists(&self) -> Vec<(String, Vec<Value>)> {
        let mut lists = Vec::new();
        for list in SOURCES.iter().map(|(list, _)| *list).chain(DOCUMENTS) {
            let items = self.own.list(&format!("{SPACE}/{list}")).await.expect("a list");
            lists.push((list.to_owned(), items));
        }
        lists
    }

    /// Asks both; whether the relay knew the answer.
    async fn ask(&mut self, path: &str) -> bool {
        let _open = self.relay.open();
        let before = self.relay.log().from_memory();
        let relayed = answer(&self.relayed, path).await;
        let direct = if self.is_changed_on_the_way(path) {
            let fresh = Relay::start(self.direct.clone(), true).await.expect("a relay");
            let _open = fresh.open();
            let key = Secret::new(fresh.key().expose().to_owned());
            let fresh = Client::new(Role::Destination, fresh.url(), key, &self.transport).expect("a client");
            answer(&fresh, path).await
        } else {
            answer(&self.direct, path).await
        };
        let place = direct.1["Items"]
            .as_array()
            .into_iter()
            .flatten()
            .zip(relayed.1["Items"].as_array().into_iter().flatten());
        for (direct, relayed) in place {
            assert_eq!(relayed, direct, "{path}");
        }
        assert!(relayed == direct, "{path}: {} {}", outline(&relayed.1), outline(&direct.1));
        self.asked += 1;
        self.relay.log().from_memory() > before
    }

    /// Whether the relay shows it otherwise than the server, from memory or not: processes without what Terraform can't carry, types and times that the provider
    /// does not know as others.
    fn is_changed_on_the_way(&self, path: &str) -> bool {
        let shows = |list: &str| path.starts_with(&format!("{SPACE}/{list}"));
        ["processes/", "processes?", "projecttriggers/"].into_iter().any(|part| path.contains(part))
            || (self.has_unknown_types
                && (["accounts", "feeds", "git-credentials", "machines"].into_iter().any(shows)))
    }

    async fn write(&self, method: Method, path: &str, body: &Value) -> Value {
        let _open = self.relay.open();
        let body = Bytes::from(body.to_string());
        let json = axum::http::HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(axum::http::header::CONTENT_TYPE, json)]);
        let answer = self.relayed.forward(method, path, &headers, body).await.expect("an answer");
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }
}

/// The status and the body. How the links of a page write a filter is the server's.
async fn answer(client: &Client, path: &str) -> (u16, Value) {
    let answer = client.forward(Method::GET, path, &HeaderMap::new(), Bytes::new()).await.expect("an answer");
    let mut body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    if body["Items"].is_array() {
        for link in body["Links"].as_object_mut().expect("links").values_mut() {
            *link = link.as_str().expect("a link").to_lowercase().replace("%2c", ",").into();
        }
    }
    (answer.status.as_u16(), body)
}

/// A page without its items.
fn outline(page: &Value) -> Value {
    let mut page = page.clone();
    if page["Items"].is_array() {
        page["Items"] = page["Items"].as_array().expect("a list").len().into();
    }
    page
}

/// Each test has a server that lives beside the runtime.
fn with(space: &str, test: impl AsyncFnOnce(Both)) {
    let server = sandbox_with(space);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { test(Both::of(server, space == "infrastructure").await).await });
}

fn text<'v>(document: &'v Value, field: &str) -> &'v str {
    document[field].as_str().unwrap_or_default()
}

/// Queries for which the memory has an answer.
fn known_queries(list: &str, words: &[&str], items: &[Value]) -> Vec<String> {
    let mut queries = vec![
        "take=10000".to_owned(),
        "skip=0&take=1000".to_owned(),
        "take=2".to_owned(),
        "skip=1&take=1".to_owned(),
    ];
    let words = words.iter().filter(|word| WORDS.iter().any(|known| word.starts_with(known)));
    queries.extend(words.flat_map(|word| [format!("{word}&take=1"), format!("skip=1&take=7&{word}")]));
    if !["accounts", "certificates", "git-credentials"].contains(&list) {
        let ids: Vec<&str> = items.iter().rev().step_by(2).map(|item| text(item, "Id")).collect();
        if !ids.is_empty() {
            queries.push(format!("take=50&ids={}", ids.join(",")));
            queries.push(format!("take=50&ids={}", ids.join("%2C")));
            queries.push("take=50&ids=Nothing-1".to_owned());
        }
    }
    let names: Vec<&str> = items.iter().map(|item| text(item, "Name")).collect();
    if list != "git-credentials" && names.iter().all(|name| name.is_ascii()) {
        let plain = |name: &&&str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == ' ');
        for name in names.iter().filter(plain).take(3) {
            let name = name.replace(' ', "%20");
            let fragment: String = name.chars().take(2).filter(char::is_ascii_alphanumeric).collect();
            queries.extend([
                format!("partialName={name}&take=30"),
                format!("take=3&partialName={}", fragment.to_uppercase()),
            ]);
        }
        queries.push("partialName=no%20such%20name&take=30".to_owned());
    }
    queries
}

/// Queries that are for the server.
fn other_queries(words: &[&str], items: &[Value]) -> Vec<String> {
    let mut queries = vec![
        String::new(),
        "skip=1".to_owned(),
        "take=9&partialName=_".to_owned(),
        "take=9&partialName=%C3%A9".to_owned(),
    ];
    let words = words.iter().filter(|word| !WORDS.iter().any(|known| word.starts_with(known)));
    queries.extend(words.map(|word| format!("take=9&{word}")));
    queries.extend(items.first().map(|item| format!("take=9&ids={}", text(item, "Id").to_lowercase())));
    queries
}

#[test]
fn data_sources_are_answered_as_the_server_would_and_documents_too() {
    for space in SPACES {
        with(space, async |mut both| {
            let lists = both.read_lists().await;
            for (list, items) in &lists {
                let words = SOURCES.iter().find(|(source, _)| source == list).map(|(_, words)| *words);
                let Some(words) = words else { continue };
                for query in known_queries(list, words, items) {
                    let path = format!("{SPACE}/{list}?{query}");
                    assert!(both.ask(&path).await, "{space}: {path} is known");
                }
                for query in other_queries(words, items) {
                    let path = format!("{SPACE}/{list}?{query}");
                    assert!(!both.ask(&path).await, "{space}: {path} is for the server");
                }
            }
            for (list, items) in &lists {
                for item in items {
                    let path = format!("{SPACE}/{list}/{}", text(item, "Id"));
                    assert!(both.ask(&path).await, "{space}: {path} is known");
                }
            }
            assert!(both.asked > 150, "{}", both.asked);
        });
    }
}

/// As the provider follows pages.
#[test]
fn the_pages_of_a_list_lead_to_each_other() {
    with("infrastructure", async |both| {
        both.read_lists().await;
        let _open = both.relay.open();
        let mut path = format!("{SPACE}/feeds?take=4&partialName=e");
        let mut found = Vec::new();
        loop {
            let (_, page) = answer(&both.relayed, &path).await;
            found.extend(page["Items"].as_array().expect("items").iter().map(|item| item["Id"].clone()));
            let Some(next) = page["Links"]["Page.Next"].as_str() else { break };
            next.clone_into(&mut path);
        }
        let (_, all) = answer(&both.direct, &format!("{SPACE}/feeds?take=1000&partialName=e")).await;
        let all: Vec<Value> =
            all["Items"].as_array().expect("items").iter().map(|item| item["Id"].clone()).collect();
        assert!(all.len() > 8 && found == all, "{found:?} {all:?}");
        assert!(both.relay.log().from_memory() > 2);
    });
}

#[test]
fn each_write_keeps_true_what_is_known() {
    with("shop", async |mut both| {
        let lists = both.read_lists().await;
        let all = |list: &str| format!("{SPACE}/{list}?take=10000");
        let items = |list: &str| {
            lists.iter().find(|(name, _)| name == list).map(|(_, items)| items.clone()).expect("it")
        };
        // A change through the relay, a new one, and one that goes.
        let (_, mut environment) =
            answer(&both.direct, &format!("{SPACE}/environments/{}", text(&items("environments")[0], "Id")))
                .await;
        environment["Name"] = json!("Renamed");
        let one = format!("{SPACE}/environments/{}", text(&environment, "Id"));
        both.write(Method::PUT, &one, &environment).await;
        both.ask(&one).await;
        both.ask(&all("environments")).await;
        let made = both.write(Method::POST, &format!("{SPACE}/environments"), &json!({"Name": "Made"})).await;
        let made = format!("{SPACE}/environments/{}", text(&made, "Id"));
        assert!(both.ask(&one).await, "a new one changes no other");
        both.ask(&made).await;
        both.ask(&all("environments")).await;
        assert!(both.ask(&all("tenants")).await);
        both.write(Method::DELETE, &made, &Value::Null).await;
        both.ask(&made).await;
        for (list, _) in &lists {
            both.ask(&all(list)).await;
        }
        // octoferry's own.
        both.read_lists().await;
        both.own.post(&format!("{SPACE}/environments"), &json!({"Name": "Own"})).await.expect("made");
        assert!(!both.ask(&all("environments")).await);
    });
}

#[test]
fn what_a_person_edits_is_known_when_octoferry_has_read_it_again() {
    with("shop", async |mut both| {
        let lists = both.read_lists().await;
        let (_, items) = lists.iter().find(|(list, _)| list == "lifecycles").expect("lifecycles");
        let path = format!("{SPACE}/lifecycles/{}", text(&items[0], "Id"));
        let edit = |text: &str| {
            let (_, mut lifecycle) = http(&both.server, "GET", &path, None);
            lifecycle["Description"] = json!(text);
            assert_eq!(http(&both.server, "PUT", &path, Some(&lifecycle)).0, 200);
        };
        edit("by hand");
        both.own.list(&format!("{SPACE}/lifecycles")).await.expect("a list");
        assert!(both.ask(&path).await && both.ask(&format!("{SPACE}/lifecycles?take=10000")).await);
        // One that is read alone, and is not as in its list, makes the list old.
        let edit = |text: &str| {
            let (_, mut lifecycle) = http(&both.server, "GET", &path, None);
            lifecycle["Description"] = json!(text);
            assert_eq!(http(&both.server, "PUT", &path, Some(&lifecycle)).0, 200);
        };
        edit("by hand again");
        both.own.get(&path).await.expect("the lifecycle");
        assert!(both.ask(&path).await);
        assert!(!both.ask(&format!("{SPACE}/lifecycles?take=9999")).await);
    });
}
