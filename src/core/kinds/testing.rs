//! What a kind makes of documents: a file of the module, then what finish sets, then the notes.

use serde_json::{Value, json};

use crate::convert::SecretSources;
use crate::modules;
use crate::selection::Selection;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// Converts a space that holds these documents (collection → list) and a few that they can refer to.
pub(crate) fn convert(file: &str, documents: &Value) -> String {
    let inventory = inventory(documents);
    let module =
        modules::space(&inventory, &Selection::default(), &SecretSources::default()).expect("a module");
    told(&module, file)
}

/// The same for the project `Projects-1` of that space, called "Tickets" unless the documents say otherwise.
pub(crate) fn convert_project(file: &str, documents: &Value) -> String {
    let mut inventory = inventory(documents);
    if inventory.get(Collection::Projects, "Projects-1").is_none() {
        let project = json!({"Id": "Projects-1", "Name": "Tickets", "Slug": "tickets", "LifecycleId": "Lifecycles-1", "ProjectGroupId": "ProjectGroups-1"});
        inventory.insert(Collection::Projects, Document::new(project).expect("an object"));
    }
    let selection = Selection::default();
    let module = modules::project(&inventory, "Projects-1", &selection, &SecretSources::default());
    told(&module.expect("a module"), file)
}

pub(crate) fn inventory(documents: &Value) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.space = Document::new(json!({"Id": "Spaces-2", "Name": "Source"}));
    let others = json!({
        "environments": [{"Id": "Environments-1", "Name": "Production", "SortOrder": 1}],
        "tagsets": [{"Id": "TagSets-1", "Name": "Region", "Tags": [{"Name": "EU", "Color": "#1F5FA8", "SortOrder": 1}]}],
        "tenants": [{"Id": "Tenants-1", "Name": "Prairie Glow"}],
        "lifecycles": [{"Id": "Lifecycles-1", "Name": "Usual"}],
        "projectgroups": [{"Id": "ProjectGroups-1", "Name": "Shop"}],
        "workerpools": [{"Id": "WorkerPools-1", "Name": "Linux", "WorkerPoolType": "StaticWorkerPool", "SortOrder": 1}],
        "machinepolicies": [{"Id": "MachinePolicies-1", "Name": "Patient"}],
        "accounts": [{"Id": "Accounts-1", "Name": "Login", "AccountType": "UsernamePassword", "Username": "ops"}],
        "proxies": [{"Id": "Proxies-1", "Name": "Barn", "Host": "proxy.example", "Port": 80}],
        "certificates": [{"Id": "Certificates-1", "Name": "shop.example"}],
        "git-credentials": [{"Id": "GitCredentials-1", "Name": "Reader", "Details": {"Type": "UsernamePassword", "Username": "reader", "Password": {"HasValue": true}}}],
        "feeds": [
            {"Id": "Feeds-1", "Name": "Octopus Server (built-in)", "FeedType": "BuiltIn"},
            {"Id": "Feeds-2", "Name": "Images", "FeedType": "Docker", "FeedUri": "https://images.example"}
        ]
    });
    let fill = |source: &Value, only_new: bool, inventory: &mut Inventory| {
        for (name, list) in source.as_object().expect("collections") {
            let collection = Collection::named(name);
            // Documents of the collection under test stand alone, so that the file holds nothing else.
            if only_new && documents.get(name).is_some() && collection != Collection::Environments {
                continue;
            }
            for document in list.as_array().expect("documents") {
                inventory.insert(collection, Document::new(document.clone()).expect("an object"));
            }
        }
    };
    fill(&others, true, &mut inventory);
    fill(documents, false, &mut inventory);
    inventory
}

/// A file of the module, then what finish sets, then the notes.
fn told(module: &module::Module, file: &str) -> String {
    let mut out = String::from_utf8(module.files.get(file).cloned().unwrap_or_default()).expect("text");
    for (path, content) in &module.files {
        if path.starts_with("scripts/") && !path.ends_with(".gitattributes") {
            out.push_str(&format!("--- {path}: {:?}\n", String::from_utf8_lossy(content)));
        }
    }
    for step in &module.manifest.finish {
        out.push_str(&format!("--- finish {}\n", serde_json::to_string(step).expect("JSON")));
    }
    for note in module.manifest.notes.iter().filter(|note| note.code != "person-secret") {
        out.push_str(&format!("--- note {} {:?} {}: {}\n", note.code, note.key(), note.field(), note.text));
    }
    out
}
