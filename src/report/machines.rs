//! Tentacles and workers: what makes each of them know the new server, as commands to type on the machine.

use std::collections::BTreeSet;

use super::{Item, Section};
use crate::rehome;
use crate::ui::shell_quoted;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use octopus::server::Server;

/// The destination, as a Tentacle is told of it.
#[derive(Debug, Clone, Default)]
pub struct Address {
    pub url: String,
    pub space: String,
    /// Thumbprint of the server's certificate, where its key's owner may see it.
    pub thumbprint: Option<String>,
}

impl Address {
    /// As the server says.
    pub async fn of(server: &Server) -> Self {
        Self {
            url: server.client.address().to_owned(),
            space: server.space.name().to_owned(),
            thumbprint: rehome::thumbprint_of(server).await,
        }
    }
}

/// Thumbprints of the Tentacles that the destination has documents of, and of those that it reaches.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub there: BTreeSet<String>,
    pub reached: BTreeSet<String>,
}

impl Known {
    #[must_use]
    pub fn of<'a>(machines: impl Iterator<Item = &'a Document>) -> Self {
        let mut known = Self::default();
        for machine in machines {
            let Some(thumbprint) = thumbprint(machine) else { continue };
            if rehome::is_reached(machine) {
                known.reached.insert(thumbprint.clone());
            }
            known.there.insert(thumbprint);
        }
        known
    }
}

/// Of a machine's Tentacle, in capitals.
fn thumbprint(machine: &Document) -> Option<String> {
    machine.get("Endpoint")?["Thumbprint"].as_str().map(str::to_uppercase)
}

/// An item for each Tentacle of a target or worker that `is_left` names by its thumbprint. Commands are those of `Tentacle.exe` that need no key.
#[must_use]
pub fn tentacles(inventory: &Inventory, destination: &Address, is_left: impl Fn(&str) -> bool) -> Vec<Item> {
    let mut items = Vec::new();
    for (collection, noun) in [(Collection::Machines, "target"), (Collection::Workers, "worker")] {
        for machine in inventory.all(collection) {
            if is_left(&thumbprint(machine).unwrap_or_default()) {
                items.extend(tentacle(machine, noun, destination));
            }
        }
    }
    if !items.is_empty() {
        let text = format!(
            "each polling Tentacle needs a way to {} and to its port 10943, the new server one to port 10933 of each listening Tentacle",
            destination.url
        );
        items.push(Item::new(Section::Machines, "firewalls", text));
        let text = "scripts of the servers do it on the machines, keys stay away from them: let all know the new server, look, and when the old one is no longer needed let them forget it. \
                    The runbook of octoferry seed --with rehome-tentacles does the same";
        let commands = ["add", "check", "remove"].map(|what| format!("octoferry rehome {what}")).to_vec();
        items.push(Item { commands, ..Item::new(Section::Machines, "all Tentacles", text.to_owned()) });
    }
    items.sort();
    items
}

fn tentacle(machine: &Document, noun: &str, destination: &Address) -> Option<Item> {
    let endpoint = machine.get("Endpoint")?;
    let thumbprint = endpoint["Thumbprint"].as_str().unwrap_or("unknown");
    let trusted = destination.thumbprint.as_deref().unwrap_or("THUMBPRINT-OF-THE-NEW-SERVER");
    let mut commands = vec![format!("Tentacle configure --trust {trusted}")];
    let text = match endpoint["CommunicationStyle"].as_str()? {
        "TentaclePassive" => {
            commands.push("Tentacle service --restart".to_owned());
            format!("listens, thumbprint {thumbprint}: it must trust the new server as well")
        }
        "TentacleActive" => {
            let place = rehome::polled_at(&destination.url);
            let host = place.map_or_else(|_| "THE-NEW-SERVER".to_owned(), |(host, _)| host);
            commands.push(format!(
                "Tentacle server-comms --thumbprint {trusted} --style TentacleActive --host {host} --port {}",
                rehome::POLLED_PORT
            ));
            commands.push("Tentacle service --restart".to_owned());
            commands.push(format!("octoferry rehome check --only {}", shell_quoted(machine.name())));
            format!(
                "polls, thumbprint {thumbprint}: it must poll the new server as well, under an address that the last command tells that server"
            )
        }
        "KubernetesTentacle" => {
            commands.clear();
            "is a Kubernetes agent: install it once more for the new server, with the command that the destination's portal shows".to_owned()
        }
        _ => return None,
    };
    Some(Item {
        commands,
        ..Item::new(Section::Machines, &format!("{noun} {:?}", machine.name()), text.to_string())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_tentacle_has_its_commands_without_a_key_and_no_name_becomes_one() {
        let mut inventory = Inventory::default();
        for (collection, document) in [
            (
                Collection::Machines,
                json!({"Id": "Machines-1", "Name": "web-1", "Endpoint": {"CommunicationStyle": "TentaclePassive", "Thumbprint": "AB"}}),
            ),
            (
                Collection::Machines,
                json!({"Id": "Machines-2", "Name": "cloud", "Endpoint": {"CommunicationStyle": "None"}}),
            ),
            (
                Collection::Workers,
                json!({"Id": "Workers-1", "Name": "w\" & calc $(x)", "Endpoint": {"CommunicationStyle": "TentacleActive", "Thumbprint": "CD"}}),
            ),
        ] {
            inventory.insert(collection, Document::new(document).unwrap());
        }
        let address = Address {
            url: "https://new.example".into(),
            space: "Shop".into(),
            thumbprint: Some("EF".into()),
        };
        assert!(tentacles(&inventory, &address, |_| false).is_empty(), "all are reached");
        let items = tentacles(&inventory, &address, |_| true);
        let commands: Vec<&str> = items.iter().flat_map(|item| &item.commands).map(String::as_str).collect();
        assert_eq!(
            commands,
            [
                "octoferry rehome add",
                "octoferry rehome check",
                "octoferry rehome remove",
                "Tentacle configure --trust EF",
                "Tentacle service --restart",
                "Tentacle configure --trust EF",
                "Tentacle server-comms --thumbprint EF --style TentacleActive --host new.example --port 10943",
                "Tentacle service --restart",
                r#"octoferry rehome check --only 'w" & calc $(x)'"#,
            ]
        );
    }
}
