//! What has become of the source's secrets since the last migration: which are new, which have no value any more, and which of those that no run
//! reads may be other ones by now.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::plan::Plan;
use crate::delivery::record;
use crate::seeded::part;
use crate::ui::Ui;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::moment::instant;
use failure::Failure;
use module::manifest::{Manifest, SecretEntry, SecretOrigin};
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
    let last = record::newest_manifests(source, &wanted).await?;
    if last.is_empty() {
        return Ok(());
    }
    let now = part::modules(inventory, options, &wanted)?;
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
        let Some(last) = last.get(of) else { continue };
        let (before, after) = (known(last), known(&module.manifest));
        new.extend(after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, entry)| told(entry)));
        gone.extend(before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, entry)| told(entry)));
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
