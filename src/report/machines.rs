//! Tentacles and workers: what makes each of them know the new server, as commands to type on the machine.

use super::{Item, Section};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// The destination, as a Tentacle is told of it.
#[derive(Debug, Clone, Default)]
pub struct Address {
    pub url: String,
    pub space: String,
    /// Thumbprint of the server's certificate, where its key's owner may see it.
    pub thumbprint: Option<String>,
}

/// An item for each Tentacle of a target or worker. Commands are those of `Tentacle.exe`; a key is never filled in.
#[must_use]
pub fn tentacles(inventory: &Inventory, destination: &Address) -> Vec<Item> {
    let mut items = Vec::new();
    for (collection, noun) in [(Collection::Machines, "target"), (Collection::Workers, "worker")] {
        for machine in inventory.all(collection) {
            items.extend(tentacle(inventory, machine, collection, noun, destination));
        }
    }
    if !items.is_empty() {
        let text = format!(
            "each polling Tentacle needs a way to {} and to its port 10943, the new server one to port 10933 of each listening Tentacle",
            destination.url
        );
        items.push(Item::new(Section::Machines, "firewalls", text));
    }
    items.sort();
    items
}

fn tentacle(
    inventory: &Inventory,
    machine: &Document,
    collection: Collection,
    noun: &str,
    destination: &Address,
) -> Option<Item> {
    let endpoint = machine.get("Endpoint")?;
    let thumbprint = endpoint["Thumbprint"].as_str().unwrap_or("unknown");
    let trusted = destination.thumbprint.as_deref().unwrap_or("THUMBPRINT-OF-THE-NEW-SERVER");
    let name = quoted(machine.name());
    let (text, commands) = match endpoint["CommunicationStyle"].as_str()? {
        "TentaclePassive" => (
            format!("listens, thumbprint {thumbprint}: it must trust the new server as well"),
            vec![format!("Tentacle configure --trust {trusted}"), "Tentacle service --restart".to_owned()],
        ),
        "TentacleActive" => {
            let mut command = format!(
                "Tentacle poll-server --server {} --apiKey YOUR-KEY --server-comms-port 10943",
                quoted(&destination.url)
            );
            if collection == Collection::Workers {
                command = format!(
                    "Tentacle register-worker --server {} --apiKey YOUR-KEY --space {} --name {name} --comms-style TentacleActive{} --force",
                    quoted(&destination.url),
                    quoted(&destination.space),
                    pools(inventory, machine)
                );
            }
            (
                format!("polls, thumbprint {thumbprint}: it must poll the new server as well"),
                vec![command, "Tentacle service --restart".to_owned()],
            )
        }
        "KubernetesTentacle" => (
            "is a Kubernetes agent: install it once more for the new server, with the command that the destination's portal shows".to_owned(),
            Vec::new(),
        ),
        _ => return None,
    };
    Some(Item {
        section: Section::Machines,
        project: String::new(),
        subject: format!("{noun} {:?}", machine.name()),
        text,
        commands,
    })
}

fn pools(inventory: &Inventory, machine: &Document) -> String {
    machine
        .texts("WorkerPoolIds")
        .filter_map(|id| inventory.get(Collection::WorkerPools, id))
        .map(|pool| format!(" --workerpool {}", quoted(pool.name())))
        .collect()
}

/// As both `cmd` and a shell take it. What would end the quotes is left out: no name may become a command.
fn quoted(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|character| !"\"`$\\%!".contains(*character) && !character.is_control())
        .collect();
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_tentacle_has_its_commands_and_no_name_becomes_one() {
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
            (Collection::WorkerPools, json!({"Id": "WorkerPools-1", "Name": "Linux"})),
            (
                Collection::Workers,
                json!({"Id": "Workers-1", "Name": "w\" & calc $(x)", "WorkerPoolIds": ["WorkerPools-1"], "Endpoint": {"CommunicationStyle": "TentacleActive", "Thumbprint": "CD"}}),
            ),
        ] {
            inventory.insert(collection, Document::new(document).unwrap());
        }
        let address = Address {
            url: "https://new.example".into(),
            space: "Shop".into(),
            thumbprint: Some("EF".into()),
        };
        let items = tentacles(&inventory, &address);
        let commands: Vec<&str> = items.iter().flat_map(|item| &item.commands).map(String::as_str).collect();
        assert_eq!(
            commands,
            [
                "Tentacle configure --trust EF",
                "Tentacle service --restart",
                r#"Tentacle register-worker --server "https://new.example" --apiKey YOUR-KEY --space "Shop" --name "w & calc (x)" --comms-style TentacleActive --workerpool "Linux" --force"#,
                "Tentacle service --restart",
            ]
        );
    }
}
