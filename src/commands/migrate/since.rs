//! What has become of the source's secrets since the last migration: which are new, which have no value any more, and which of those that no run
//! reads may be other ones by now.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::plan::Plan;
use crate::delivery::record;
use crate::seeded::part;
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::moment::instant;
use failure::Failure;
use module::identities::Identities;
use module::manifest::{Manifest, Scope, SecretEntry, SecretOrigin};
use octoferry_core::part::Options;
use octopus::client::encode;
use octopus::server::Server;

/// How many of the newest events of the space are looked at.
const EVENTS: usize = 1000;

/// Says it, before anything begins; nothing at the first migration.
///
/// # Errors
/// When the source can't be read.
pub(super) async fn tell(
    source: &Server,
    inventory: &Inventory,
    options: &Options,
    plan: &Plan<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    let wanted: Vec<Option<&str>> = plan
        .space
        .then_some(None)
        .into_iter()
        .chain(plan.projects.iter().map(|project| Some(Document::id(project))))
        .collect();
    // The space's module too: it has the names that things had.
    let before: Vec<Option<&str>> = wanted.iter().copied().filter(Option::is_some).chain([None]).collect();
    let last = record::newest(source, &before).await?;
    if last.is_empty() {
        return Ok(());
    }
    let now = part::modules(inventory, options, &wanted)?;
    let renamed = renamed(last.values(), inventory);
    let (mut new, mut gone, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (of, module) in &now {
        for secret in &module.manifest.secrets {
            let is_persons = matches!(secret.from, SecretOrigin::Person { .. });
            if let Some(place) = module.secret_places.get(&secret.name).filter(|_| is_persons) {
                places
                    .entry(place.document.clone())
                    .or_insert_with(Vec::new)
                    .push(secret.description.clone());
            }
        }
        // A project that is new as a whole is no news.
        let Some((last, _)) = last.get(of) else { continue };
        let (appeared, vanished) = compared(last, &module.manifest, &renamed);
        new.extend(appeared);
        gone.extend(vanished);
    }
    let changed: BTreeSet<String> = changed(source, &places)
        .await?
        .iter()
        .flat_map(|id| places[id].iter())
        .map(|text| format!("  {text}"))
        .collect();
    for (what, list) in [
        ("secrets that the last migration did not know", new),
        (
            "secrets of the last migration that have no value at the source any more, or are gone or renamed; what the destination has stays as long as the thing is there",
            gone,
        ),
        (
            "what holds these was changed at the source since the last migration, and no run reads them: is what was entered at the destination still right?",
            changed.into_iter().collect(),
        ),
    ] {
        if !list.is_empty() {
            ui.warning(&format!("{what}:\n{}", list.join("\n")));
        }
    }
    Ok(())
}

/// By what a secret is known: its names in modules may change with other things.
type Key<'m> = (&'m [String], &'m str, &'m str);

fn known(manifest: &Manifest) -> BTreeMap<Key<'_>, &SecretEntry> {
    let entries = manifest.secrets.iter();
    entries
        .map(|entry| ((entry.key.as_slice(), entry.field.as_str(), entry.description.as_str()), entry))
        .collect()
}

/// Old name → new one, of what has another name by now.
type Renamed = BTreeMap<String, String>;

fn renamed<'m>(modules: impl Iterator<Item = &'m (Manifest, Identities)>, inventory: &Inventory) -> Renamed {
    let mut renamed = Renamed::new();
    let mut add = |old: Option<&String>, document: Option<&Document>| {
        // What belongs to one other thing has its name from that.
        let new = document.and_then(|document| document.text("Name")).filter(|new| !new.is_empty());
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            renamed.insert(old.clone(), new.to_owned());
        }
    };
    for (manifest, identities) in modules {
        if let Scope::Project { id, name, .. } = &manifest.scope {
            add(Some(name), inventory.get(Collection::Projects, id));
        }
        for made in &manifest.makes {
            let id = identities.resources.get(&made.address);
            let document = id.and_then(|id| inventory.get(made.target.collection, id));
            add(made.target.key.last(), document);
        }
    }
    renamed
}

/// What secrets a module has that the last one had not, and the other way round. One that only stands for something renamed, or is described by it, is
/// still the same.
fn compared(last: &Manifest, now: &Manifest, renamed: &Renamed) -> (Vec<String>, Vec<String>) {
    let (mut before, mut after) = (known(last), known(now));
    let common: Vec<Key<'_>> = before.keys().filter(|key| after.contains_key(*key)).copied().collect();
    for key in common {
        before.remove(&key);
        after.remove(&key);
    }
    let mut now: BTreeMap<(Vec<String>, String, String), Key<'_>> =
        after.keys().map(|key| ((key.0.to_vec(), key.1.to_owned(), key.2.to_owned()), *key)).collect();
    before.retain(|(key, field, description), _| {
        let key = key.iter().map(|name| renamed.get(name).unwrap_or(name).clone()).collect();
        match now.remove(&(key, (*field).to_owned(), with_new_names(description, renamed))) {
            Some(same) => after.remove(&same).is_none(),
            None => true,
        }
    });
    (after.values().map(|entry| told(entry)).collect(), before.values().map(|entry| told(entry)).collect())
}

/// A description, in which names stand in quotes, with the names that things have by now.
fn with_new_names(description: &str, renamed: &Renamed) -> String {
    let mut text = String::new();
    let mut rest = description;
    'next: while !rest.is_empty() {
        for (old, new) in renamed {
            if let Some(behind) = rest.strip_prefix(&format!("{old:?}")) {
                text.push_str(&format!("{new:?}"));
                rest = behind;
                continue 'next;
            }
        }
        let letter = rest.chars().next().map_or(0, char::len_utf8);
        text.push_str(&rest[..letter]);
        rest = &rest[letter..];
    }
    text
}

fn told(entry: &SecretEntry) -> String {
    format!("  {}", entry.description)
}

/// Ids of those documents that were changed since the last run that serialized anything, as the server's audit trail has it; nothing where
/// that can't be read.
async fn changed(
    source: &Server,
    places: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeSet<String>, Failure> {
    let Some(since) = record::last_run(source).await? else { return Ok(BTreeSet::new()) };
    let path = format!("events?from={}&eventCategories=Modified&take={EVENTS}", encode(&since));
    let events = source.client.get(&source.path(&path)).await.unwrap_or_default();
    let is_later = |event: &&Value| {
        let occurred = event["Occurred"].as_str().and_then(instant);
        event["Category"] == "Modified" && occurred.is_some_and(|moment| Some(moment) >= instant(&since))
    };
    let events = events["Items"].as_array().into_iter().flatten().filter(is_later);
    let ids =
        events.filter_map(|event| event["RelatedDocumentIds"].as_array()).flatten().filter_map(Value::as_str);
    Ok(ids.filter(|id| places.contains_key(*id)).map(str::to_owned).collect())
}
