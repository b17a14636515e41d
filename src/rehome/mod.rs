//! Tentacles that learn of the destination: which there are, what runs on them, and what they say of themselves. Pure;
//! `commands::rehome` talks to the servers.
//!
//! A Tentacle is told whom to trust by the thumbprint of the server's certificate (`configure --trust`), and one that polls is told where to
//! (`server-comms`): neither asks a server, so no key is on the machine. `register-with`, `poll-server` and `deregister-from` take a key as an
//! argument and are not used: the documents that they would make or remove are octoferry's own business (OctopusTentacle, `Commands/`).

use base64::Engine as _;
use serde_json::Value;

use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use failure::Failure;
use octopus::machine_task::Syntax;
use octopus::server::Server;

/// The port on which a server is polled.
pub const POLLED_PORT: u16 = 10943;

/// How a Tentacle and a server meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Listening,
    Polling,
}

/// A target or worker with a Tentacle.
#[derive(Debug, Clone)]
pub struct Machine {
    pub collection: Collection,
    pub id: String,
    pub name: String,
    pub style: Style,
    /// Of its certificate, in capitals; empty: the document has none.
    pub thumbprint: String,
    /// In what it runs scripts; nothing: no server has seen it yet.
    pub syntax: Option<Syntax>,
    pub is_disabled: bool,
    /// Ids of a worker's pools.
    pub pools: Vec<String>,
    /// The address by which a polling one is known to the server.
    pub address: String,
    /// Whether the server has reached it when it looked last.
    pub is_reached: bool,
}

impl Machine {
    /// `target "web-1"`.
    #[must_use]
    pub fn described(&self) -> String {
        let noun = if self.collection == Collection::Workers { "worker" } else { "target" };
        format!("{noun} {:?}", self.name)
    }

    /// The document of another server about the same Tentacle: of the same name, else the only one.
    #[must_use]
    pub fn counterpart<'a>(&self, others: &'a [Self]) -> Option<&'a Self> {
        let is_same =
            |other: &&Self| other.collection == self.collection && other.thumbprint == self.thumbprint;
        let same: Vec<&Self> = others.iter().filter(is_same).collect();
        let by_name = same.iter().find(|other| other.name == self.name);
        by_name.or(if same.len() == 1 { same.first() } else { None }).copied()
    }

    /// A document's Tentacle; `None`: it has none, or a Kubernetes agent, which is installed once more for each server.
    #[must_use]
    pub fn of(collection: Collection, document: &Document) -> Option<Self> {
        let endpoint = document.get("Endpoint")?;
        let style = match endpoint["CommunicationStyle"].as_str()? {
            "TentaclePassive" => Style::Listening,
            "TentacleActive" => Style::Polling,
            _ => return None,
        };
        let shell = document.text("ShellName").unwrap_or_default();
        let system = document.text("OperatingSystem").unwrap_or_default();
        let syntax = match () {
            () if shell == "Bash" => Some(Syntax::Bash),
            () if shell == "PowerShell" || system.contains("Windows") => Some(Syntax::PowerShell),
            () => None,
        };
        Some(Self {
            collection,
            id: document.id().to_owned(),
            name: document.name().to_owned(),
            style,
            thumbprint: endpoint["Thumbprint"]
                .as_str()
                .and_then(|text| thumbprint(text).ok())
                .unwrap_or_default(),
            syntax,
            is_disabled: document.get("IsDisabled") == Some(&Value::Bool(true)),
            pools: document.texts("WorkerPoolIds").map(str::to_owned).collect(),
            address: endpoint["Uri"].as_str().unwrap_or_default().to_owned(),
            is_reached: is_reached(document),
        })
    }
}

/// Whether the server has reached a target or worker when it looked last.
#[must_use]
pub fn is_reached(machine: &Document) -> bool {
    matches!(machine.text("HealthStatus"), Some("Healthy" | "HasWarnings"))
}

/// What a script does on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Only says what the Tentacle knows.
    Look,
    Add,
    Remove,
}

/// What Tentacles are told.
#[derive(Debug, Clone)]
pub struct Told {
    /// Thumbprints, in capitals; that of the source is needed to remove it.
    pub destination: String,
    pub source: Option<String>,
    /// Where the destination is polled.
    pub host: String,
    pub port: u16,
}

/// A thumbprint as scripts take it: SHA-1 or SHA-256 in hexadecimal, in capitals, without what people put in between.
///
/// # Errors
/// When it is none.
pub fn thumbprint(text: &str) -> Result<String, Failure> {
    let digits: String = text.chars().filter(|character| !matches!(character, ' ' | ':')).collect();
    let is_one = matches!(digits.len(), 40 | 64) && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    is_one
        .then(|| digits.to_uppercase())
        .ok_or_else(|| Failure::usage("a thumbprint has 40 or 64 hexadecimal digits"))
}

/// `HOST`, `HOST:PORT` or an address with them, as Tentacles are told where to poll.
///
/// # Errors
/// When it is no host, or holds what no host does: it becomes part of a script.
pub fn polled_at(text: &str) -> Result<(String, u16), Failure> {
    let no_host = || Failure::usage(format!("{text:?} is no host to poll")).hint("--polled-at HOST[:PORT]");
    let place = text.trim().split_once("://").map_or(text.trim(), |(_, rest)| rest);
    let place = place.split('/').next().unwrap_or_default();
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().map_err(|_| no_host())?),
        _ => (place, POLLED_PORT),
    };
    let is_host = !host.is_empty()
        && host.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-'));
    if is_host { Ok((host.to_owned(), port)) } else { Err(no_host()) }
}

/// The script for a machine. `restart`: also when nothing is changed.
#[must_use]
pub fn script(machine: &Machine, syntax: Syntax, errand: Errand, told: &Told, restart: bool) -> String {
    let errand = match errand {
        Errand::Look => "look",
        Errand::Add => "add",
        Errand::Remove => "remove",
    };
    let style = match machine.style {
        Style::Listening => "listening",
        Style::Polling => "polling",
    };
    // None of them holds anything but letters, digits, dots and hyphens.
    let settings = [
        ("do", errand.to_owned()),
        ("own", machine.thumbprint.clone()),
        ("new", told.destination.clone()),
        ("old", told.source.clone().unwrap_or_default()),
        ("style", style.to_owned()),
        ("host", told.host.clone()),
        ("port", told.port.to_string()),
        ("restart", if restart { "yes" } else { "no" }.to_owned()),
    ];
    let (sign, text) = match syntax {
        Syntax::Bash => ("", include_str!("tentacle.sh")),
        Syntax::PowerShell => ("$", include_str!("tentacle.ps1")),
    };
    let assigned = |(name, value): &(&str, String)| match syntax {
        Syntax::Bash => format!("octoferry_{name}='{value}'\n"),
        Syntax::PowerShell => format!("{sign}octoferry_{name} = '{value}'\n"),
    };
    let settings: String = settings.iter().map(assigned).collect();
    settings + text
}

/// What a script said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Servers that the Tentacle trusts: thumbprint in capitals, and the address by which it polls, where it does.
    pub trusted: Option<Vec<(String, Option<String>)>>,
    pub refused: Option<String>,
    /// It must be restarted by hand.
    pub by_hand: bool,
    /// It restarts as soon as no script runs on it.
    pub soon: bool,
}

impl Said {
    /// Takes in a line of the task's log.
    pub fn hear(&mut self, line: &str) {
        if let Some(why) = line.strip_prefix("octoferry-refused: ") {
            self.refused = Some(why.to_owned());
        } else if let Some(how) = line.strip_prefix("octoferry-restart: ") {
            self.by_hand = how == "by hand";
            self.soon = how == "soon";
        } else if let Some(configuration) = line.strip_prefix("octoferry-configuration: ") {
            self.trusted = trusted(configuration);
        }
    }

    /// Whether it trusts the server.
    #[must_use]
    pub fn trusts(&self, thumbprint: &str) -> bool {
        self.trusted.iter().flatten().any(|(trusted, _)| trusted == thumbprint)
    }

    /// The address by which a polling Tentacle asks the server for work.
    #[must_use]
    pub fn polls_as(&self, thumbprint: &str) -> Option<&str> {
        let polled = self.trusted.iter().flatten().filter(|(trusted, _)| trusted == thumbprint);
        polled.filter_map(|(_, address)| address.as_deref()).next()
    }
}

/// The servers of `Tentacle show-configuration` in Base64. (`JsonHierarchicalKeyValueStore`: names are split at their dots.)
fn trusted(encoded: &str) -> Option<Vec<(String, Option<String>)>> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // Before it there may be a banner.
    let json: Value = serde_json::from_str(text.get(text.find('{')?..)?.trim()).ok()?;
    let servers = &json["Tentacle"]["Communication"]["TrustedOctopusServers"];
    let servers: Value = match servers {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    let servers = servers.as_array()?.iter().filter_map(|server| {
        let polls = server["CommunicationStyle"] == "TentacleActive" || server["CommunicationStyle"] == 2;
        let address = server["SubscriptionId"].as_str().filter(|_| polls).map(str::to_owned);
        Some((server["Thumbprint"].as_str()?.to_uppercase(), address))
    });
    Some(servers.collect())
}

/// The thumbprint of the certificate by which Tentacles know a server, in capitals; `None` where the key's owner may not see it.
///
/// Assumption: the id is the one in the name of the deprecated route `/api/certificates/certificate-global`.
pub async fn thumbprint_of(server: &Server) -> Option<String> {
    let certificate = server.client.get("/api/configuration/certificates/certificate-global").await.ok()?;
    thumbprint(certificate["Thumbprint"].as_str()?).ok()
}

/// Why the old server must not be removed from a machine; `None`: it may. `own_pools`: those in which octoferry's own runbooks run.
/// `elsewhere`: thumbprints that other spaces of the source have, each with a space's name.
#[must_use]
pub fn must_stay(machine: &Machine, own_pools: &[String], elsewhere: &[(String, String)]) -> Option<String> {
    if machine.pools.iter().any(|pool| own_pools.contains(pool)) {
        return Some(format!(
            "runbooks of the project {} run in its pool; remove the source after octoferry unseed, by hand",
            name::PROJECT
        ));
    }
    let used = elsewhere.iter().find(|(thumbprint, _)| *thumbprint == machine.thumbprint);
    used.map(|(_, space)| format!("the source's space {space:?} works with the same Tentacle"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn machine(endpoint: Value, more: Value) -> Machine {
        let mut document = json!({"Id": "Machines-1", "Name": "web", "Endpoint": endpoint});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Machine::of(Collection::Machines, &Document::new(document).unwrap()).unwrap()
    }

    fn told() -> Told {
        Told {
            destination: "EF".repeat(20),
            source: Some("AB".repeat(20)),
            host: "new.example".into(),
            port: 10943,
        }
    }

    #[test]
    fn no_name_gets_into_a_script_and_no_expression_of_octopus_stands_in_one() {
        let endpoint = json!({"CommunicationStyle": "TentacleActive", "Thumbprint": "cd".repeat(20), "Uri": "poll://x/"});
        let machine = machine(endpoint, json!({"Name": "'; rm -rf / #{x}", "ShellName": "Bash"}));
        assert_eq!((machine.syntax, machine.style), (Some(Syntax::Bash), Style::Polling));
        for syntax in [Syntax::Bash, Syntax::PowerShell] {
            let script = script(&machine, syntax, Errand::Add, &told(), false);
            assert!(!script.contains("rm -rf") && !script.contains("#{"), "{script}");
            assert!(script.contains(&"CD".repeat(20)) && script.contains("'new.example'"), "{script}");
            assert!(!script.to_lowercase().contains("apikey"), "no key is needed");
        }
    }

    #[test]
    fn what_is_no_host_or_thumbprint_gets_into_no_script() {
        assert_eq!(polled_at("https://new.example/octopus").unwrap(), ("new.example".to_owned(), 10943));
        assert_eq!(polled_at("polling.example:443").unwrap(), ("polling.example".to_owned(), 443));
        for wrong in ["", "a b", "x;reboot", "x'y", "$(x)", "host:port"] {
            assert!(polled_at(wrong).is_err(), "{wrong}");
        }
        assert_eq!(thumbprint(&"ab:".repeat(20)).unwrap(), "AB".repeat(20));
        assert!(thumbprint("'; rm").is_err() && thumbprint("").is_err());
    }

    #[test]
    fn the_system_is_known_from_what_a_server_has_seen() {
        let listens = || json!({"CommunicationStyle": "TentaclePassive"});
        let syntax = |more| machine(listens(), more).syntax;
        assert_eq!(
            syntax(json!({"OperatingSystem": "Microsoft Windows Server 2022"})),
            Some(Syntax::PowerShell)
        );
        assert_eq!(syntax(json!({"OperatingSystem": "Unknown", "ShellName": "Unknown"})), None);
    }

    #[test]
    fn a_tentacles_configuration_tells_whom_it_polls_and_how() {
        let configuration = json!({"Tentacle": {"Communication": {"TrustedOctopusServers": [
            {"Thumbprint": "ab", "CommunicationStyle": "TentacleActive", "Address": "https://old:10943/", "SubscriptionId": "poll://one/"},
            {"Thumbprint": "ef", "CommunicationStyle": "TentaclePassive", "Address": null, "SubscriptionId": null},
            {"Thumbprint": "ef", "CommunicationStyle": 2, "Address": "https://new:10943/", "SubscriptionId": "poll://two/"},
        ]}}});
        let text = format!("Octopus Deploy: Tentacle\n{configuration}");
        let mut said = Said::default();
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        said.hear(&format!("octoferry-configuration: {encoded}"));
        said.hear("octoferry-restart: soon");
        assert!(said.soon && said.trusts("AB") && !said.trusts("CD"));
        assert_eq!(said.polls_as("EF"), Some("poll://two/"));
    }

    #[test]
    fn what_others_work_with_stays() {
        let (own, other) = ("AB".repeat(20), "CD".repeat(20));
        let endpoint = json!({"CommunicationStyle": "TentaclePassive", "Thumbprint": own});
        let worker = machine(endpoint, json!({"WorkerPoolIds": ["WorkerPools-1"]}));
        assert!(must_stay(&worker, &["WorkerPools-1".into()], &[]).is_some());
        assert!(must_stay(&worker, &[], &[(own, "Other".into())]).is_some_and(|why| why.contains("Other")));
        assert!(must_stay(&worker, &["WorkerPools-2".into()], &[(other, "Other".into())]).is_none());
    }
}
