//! What of the documents at the destination is a module's: what it has made there, and what that names.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use hmac::Mac as _;
use serde_json::{Value, json};

use crate::deployment::order::Folder;
use compare::{HEALTH, OF_THE_MACHINE};
use documents::collection::{Collection, Scope};
use documents::document::Document;
use documents::inventory::Inventory;
use module::manifest::{self, FinishStep};
use module::seal;
use octopus::read::made::Wanted;
use secret::Secret;

/// Who is asking: the space's module, or that of a project or of one of its runbooks.
enum Of<'i> {
    Space,
    Project(&'i Document),
}

/// What has to be read to know what all these modules have made.
pub(super) fn wanted<'m>(modules: impl Iterator<Item = &'m Folder>) -> Wanted {
    let mut wanted = Wanted::default();
    for module in modules {
        wanted.collections.extend(collections(module));
        wanted.projects.extend(project_of(module).map(str::to_owned));
        wanted.common_values |= is_of_space(module);
        let made = module.manifest.makes.iter().map(|made| &made.target);
        let retention = made.filter(|target| target.collection == Collection::RetentionPolicies);
        wanted.retention.extend(retention.filter_map(|target| target.key.first().cloned()));
        wanted.logos |= module.manifest.finish.iter().any(|step| matches!(step, FinishStep::Logo { .. }));
    }
    wanted
}

fn project_of(module: &Folder) -> Option<&str> {
    match &module.manifest.scope {
        manifest::Scope::Space => None,
        manifest::Scope::Project { name, .. } | manifest::Scope::Runbook { project: name, .. } => Some(name),
    }
}

/// Whether it is the space's module.
pub(super) fn is_of_space(module: &Folder) -> bool {
    project_of(module).is_none()
}

/// The collections that a manifest names: what the module makes, sets or refers to.
fn collections(module: &Folder) -> BTreeSet<Collection> {
    fn look(value: &Value, found: &mut BTreeSet<Collection>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| look(item, found)),
            Value::Object(fields) => {
                found.extend(fields.get("collection").and_then(Value::as_str).map(Collection::named));
                fields.values().for_each(|value| look(value, found));
            }
            _ => {}
        }
    }
    let manifest = &module.manifest;
    let mut found = BTreeSet::new();
    look(
        &json!([manifest.makes, manifest.parts, manifest.finish, manifest.held, manifest.secrets]),
        &mut found,
    );
    found
}

/// A keyed digest of the values that tenants have for library sets.
pub(super) fn common_values(inventory: &Inventory, key: &Secret) -> String {
    let values = inventory.all(Collection::TenantVariableValues).filter(|value| is_common(value));
    let texts: BTreeSet<String> =
        values.map(|value| content(Collection::TenantVariableValues, value).to_string()).collect();
    let texts: Vec<&str> = [PURPOSE, "common"].into_iter().chain(texts.iter().map(String::as_str)).collect();
    seal::hex(&seal::keyed(key, &texts).finalize().into_bytes())
}

fn is_common(value: &Document) -> bool {
    value.text("LibraryVariableSetId").is_some()
}

/// A keyed digest of all else that is the module's at the destination; `None` when its project is not there.
pub(super) fn digest(inventory: &Inventory, module: &Folder, key: &Secret) -> Option<String> {
    let of = of(inventory, module)?;
    let mut texts: BTreeSet<String> = BTreeSet::new();
    let mut named = BTreeSet::new();
    for collection in Collection::ALL.iter().copied() {
        for document in inventory.all(collection) {
            let Some(share) = share(&of, collection, document) else { continue };
            ids(&share, &mut named);
            texts.insert(format!("{collection} {share}"));
            texts.extend(inventory.logos.get(document.id()).map(|logo| {
                let digest = seal::keyed(key, &["octoferry logo 1"]).chain_update(logo).finalize();
                format!("logo {} {}", document.id(), seal::hex(&digest.into_bytes()))
            }));
        }
    }
    if matches!(of, Of::Space) {
        // What the space's steps after the apply look for, which a name may find elsewhere by now.
        let projects = inventory.all(Collection::Projects).filter(|project| named.contains(project.id()));
        texts.extend(projects.map(|project| name_of(Collection::Projects, project).to_string()));
    } else {
        // What a lookup by name would find now, of what the project names and of what its steps after the apply look for.
        let mut by_finish = collections(module);
        by_finish.retain(|collection| {
            !collection.row().is_inside_projects() && *collection != Collection::TenantVariableValues
        });
        for collection in Collection::ALL.iter().copied() {
            for document in inventory.all(collection) {
                if by_finish.contains(&collection) || named.contains(document.id()) {
                    texts.insert(format!("{collection} {}", name_of(collection, document)));
                }
            }
        }
    }
    let texts: Vec<&str> = [PURPOSE].into_iter().chain(texts.iter().map(String::as_str)).collect();
    Some(seal::hex(&seal::keyed(key, &texts).finalize().into_bytes()))
}

/// What this digest is of, and how: a change of it makes those of before count no more.
const PURPOSE: &str = "octoferry destination 1";

fn of<'i>(inventory: &'i Inventory, module: &Folder) -> Option<Of<'i>> {
    let Some(name) = project_of(module) else { return Some(Of::Space) };
    inventory.all(Collection::Projects).find(|project| project.name() == name).map(Of::Project)
}

/// What of a document is the module's; `None`: nothing.
fn share(of: &Of<'_>, collection: Collection, document: &Document) -> Option<Value> {
    let owner = ["ProjectId", "OwnerId"].into_iter().find_map(|field| document.text(field));
    let owner = owner.filter(|owner| owner.starts_with("Projects-"));
    match of {
        Of::Space => {
            if owner.is_some() || collection == Collection::Projects {
                return None;
            }
            match collection {
                Collection::TenantVariableValues if is_common(document) => None,
                // Who is there decides what is carried of teams and identities.
                Collection::Users => Some(json!([document.id(), document.get("Username")])),
                Collection::Tenants => {
                    let mut tenant = document.clone();
                    // The projects' modules link them.
                    tenant.fields_mut().shift_remove("ProjectEnvironments");
                    Some(tenant.into_value())
                }
                _ => Some(content(collection, document)),
            }
        }
        Of::Project(project) => match collection {
            Collection::Projects => (document.id() == project.id()).then(|| content(collection, document)),
            Collection::Tenants => {
                let link = document.get("ProjectEnvironments")?.get(project.id())?;
                Some(json!([document.id(), link]))
            }
            _ if collection.row().scope == Scope::Server && owner.is_none() => None,
            _ => (owner == Some(project.id())).then(|| content(collection, document)),
        },
    }
}

/// A document without what a server learns by itself.
fn content(collection: Collection, document: &Document) -> Value {
    let mut document = document.clone();
    document.fields_mut().shift_remove("ScopeValues");
    if matches!(collection, Collection::Machines | Collection::Workers) {
        let fields = document.fields_mut();
        for field in HEALTH {
            fields.shift_remove(*field);
        }
        if let Some(endpoint) = fields.get_mut("Endpoint").and_then(Value::as_object_mut) {
            for field in OF_THE_MACHINE {
                endpoint.shift_remove(*field);
            }
        }
    }
    document.into_value()
}

/// By what a lookup finds a document. A step that is made of a template has its version.
fn name_of(collection: Collection, document: &Document) -> Value {
    let version = document.get("Version").filter(|_| collection == Collection::ActionTemplates);
    let name = ["Name", "Username", "Tag"].into_iter().find_map(|field| document.text(field));
    json!([document.id(), name, document.get("Slug"), version])
}

/// All texts that may be ids.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
        Value::Object(fields) => {
            found.extend(fields.keys().cloned());
            fields.values().for_each(|value| ids(value, found));
        }
        _ => {}
    }
}

/// The documents that a plan has looked at, as digests of their fields: id → field → digest.
pub(super) type Seen = BTreeMap<String, BTreeMap<String, u64>>;

/// Notes what a plan has looked at.
pub(super) fn seen(documents: Vec<Document>) -> Seen {
    documents.into_iter().map(|document| (document.id().to_owned(), fields(document.into_value()))).collect()
}

fn fields(share: Value) -> BTreeMap<String, u64> {
    let digest = |value: &Value| {
        let mut hasher = DefaultHasher::new();
        value.to_string().hash(&mut hasher);
        hasher.finish()
    };
    match share {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), digest(value))).collect(),
        _ => BTreeMap::new(),
    }
}

/// What modules of projects add to documents of the space, and the space's own last steps when the projects are there: that is no change by others.
fn filled_later(collection: Collection) -> &'static [&'static str] {
    match collection {
        Collection::DeploymentFreezes => &["ProjectEnvironmentScope", "TenantProjectEnvironmentScope"],
        Collection::InsightsReports => &["ProjectIds", "ChannelIds"],
        Collection::Subscriptions => &["EventNotificationSubscription"],
        _ => &[],
    }
}

/// The first document that is not as the plan has seen it: somebody has changed it since. Only what both show is compared: a list may show less.
pub(super) fn changed_since(inventory: &Inventory, module: &Folder, seen: &Seen) -> Option<String> {
    let of = of(inventory, module)?;
    for (id, before) in seen {
        let Some(collection) = inventory.collection_of(id) else { continue };
        let Some(document) = inventory.get(collection, id) else { continue };
        let Some(share) = share(&of, collection, document) else { continue };
        let now = fields(share);
        let differs = |(name, digest): (&String, &u64)| before.get(name).is_some_and(|seen| seen != digest);
        let is_learnt = |name: &str| name == "Endpoint" || HEALTH.contains(&name);
        let is_filled_later = |name: &str| filled_later(collection).contains(&name);
        if now.iter().filter(|(name, _)| !is_learnt(name) && !is_filled_later(name)).any(differs) {
            return Some(id.clone());
        }
    }
    None
}
