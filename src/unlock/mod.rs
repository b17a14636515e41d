//! The database door of a self-hosted server: secrets that no step can read lie encrypted in its database. A person with access to it
//! hands over the rows; the server's master key makes them readable here, in memory.

pub mod cipher;
pub mod rows;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use cipher::{Encrypted, MasterKey};
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;
use module::manifest::{Scope, SecretOrigin};
use module::{Module, SecretPlace};
use rows::Row;
use secret::{Secret, exact};

/// A value for the variable by which a module's secret is looked for.
pub struct Found {
    /// Id of the project whose module it is; `None`: the space's.
    pub project: Option<String>,
    /// `Octoferry.Secret.…`
    pub variable: String,
    /// What it is, for a person.
    pub description: String,
    /// As the variable is to hold it: see [`exact`].
    pub value: Secret,
}

/// What the rows have for the modules.
#[derive(Default)]
pub struct Unlocked {
    pub found: Vec<Found>,
    /// Secrets that no step can read and that no row holds, for a person.
    pub missing: Vec<String>,
    /// Encrypted values in places that no secret of a module has, and rows that are not of the space as it is now.
    pub unknown: Vec<String>,
}

/// Looks for each secret that no step can read in the rows, and decrypts it. `inventory` is the space without seeded things.
///
/// # Errors
/// The key is another server's; a value is damaged; the rows are another server's. The row is named.
pub fn unlock(
    modules: &[Module],
    inventory: &Inventory,
    rows: &BTreeMap<String, Row>,
    key: &MasterKey,
) -> Result<Unlocked, Failure> {
    let mut unlocked = Unlocked::default();
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    let mut broken: Vec<String> = Vec::new();
    for module in modules {
        let project = match &module.manifest.scope {
            Scope::Project { id, .. } => Some(id.clone()),
            Scope::Space | Scope::Runbook { .. } => None,
        };
        for secret in &module.manifest.secrets {
            let place = module.secret_places.get(&secret.name);
            let row = place.and_then(|place| row_of(place, inventory, rows));
            let value = place.zip(row).and_then(|(place, row)| Some((row, at(&row.document, &place.path)?)));
            if let Some((row, (_, path))) = &value {
                known.insert((row.id.clone(), path.clone()));
            }
            let SecretOrigin::Person { octopus_variable, .. } = &secret.from else { continue };
            let found = |value: &Secret| Found {
                project: project.clone(),
                variable: octopus_variable.clone(),
                description: secret.description.clone(),
                value: exact::written(value),
            };
            if let Some(value) = place.and_then(|place| plain(inventory, place)) {
                unlocked.found.push(found(&value));
                continue;
            }
            let Some((row, (encrypted, path))) = value else {
                unlocked.missing.push(secret.description.clone());
                continue;
            };
            let Some(encrypted) = Encrypted::parse(encrypted) else {
                broken.push(format!(
                    "  {}, {path}: it has not the form of an encrypted value",
                    row.described()
                ));
                continue;
            };
            match decrypted(key, &encrypted, &secret.field) {
                Some(value) => unlocked.found.push(found(&value)),
                None => broken.push(format!("  {}, {path}", row.described())),
            }
        }
    }
    let read = unlocked.found.len();
    if !broken.is_empty() {
        return Err(damaged(&broken.join("\n"), read));
    }
    unlocked.unknown = unknown(inventory, rows, &known);
    if read == 0 && !rows.is_empty() && rows.values().all(|row| inventory.collection_of(&row.id).is_none()) {
        let first = rows.values().next().map(Row::described).unwrap_or_default();
        return Err(Failure::failed(format!(
            "the source space has none of the rows' documents, such as {first}"
        ))
        .hint("They are of another server, or of another time."));
    }
    other_names(inventory, rows)?;
    Ok(unlocked)
}

/// Values that can't be decrypted (their list), while `read` others could.
fn damaged(list: &str, read: usize) -> Failure {
    if read == 0 {
        return Failure::failed(format!("the master key opens none of these; nothing was written:\n{list}"))
            .hint("Is it the key of the server that the rows are of? A node shows it: Octopus.Server.exe show-master-key");
    }
    Failure::failed(format!("these values are damaged, the others can be read; nothing was written:\n{list}"))
        .hint("Query the rows again.")
}

/// A secret that the API takes, and shows, as plain text: so it lies in the database, too.
fn plain(inventory: &Inventory, place: &SecretPlace) -> Option<Secret> {
    let document = inventory.get(inventory.collection_of(&place.document)?, &place.document)?;
    let (text, _) =
        at(&document.clone().into_value(), &place.path).map(|(text, path)| (text.to_owned(), path))?;
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The row of a place: that of its document; a tenant's value is found by what it is of, since views of it have ids of their own.
fn row_of<'r>(
    place: &SecretPlace,
    inventory: &Inventory,
    rows: &'r BTreeMap<String, Row>,
) -> Option<&'r Row> {
    if let Some(row) = rows.get(&place.document) {
        return Some(row);
    }
    let value = inventory.get(Collection::TenantVariableValues, &place.document)?;
    let owner = value.text("ProjectId").or(value.text("LibraryVariableSetId"))?;
    let environments: BTreeSet<&str> = value.texts("EnvironmentIds").collect();
    rows.values().find(|row| {
        let column = |name: &str| row.columns[name].as_str().or(row.document[name].as_str());
        // Assumption: of common values with environments the documents have a list in their own JSON.
        let own: BTreeSet<&str> = row.document["Scope"]["EnvironmentIds"]
            .as_array()
            .or(row.document["EnvironmentIds"].as_array())
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .chain(column("EnvironmentId").filter(|id| !id.is_empty()))
            .collect();
        row.table == "TenantVariable"
            && column("TenantId") == value.text("TenantId")
            && column("OwnerId") == Some(owner)
            && column("VariableTemplateId") == value.text("TemplateId")
            && own == environments
    })
}

/// The text at a place of a document, and the place as a text. Values that may be secret or not lie in an object: `SensitiveValue`.
fn at<'d>(document: &'d Value, path: &[Value]) -> Option<(&'d str, String)> {
    let mut here = document;
    let mut shown = String::new();
    for part in path {
        match part {
            Value::String(field) => {
                here = here.get(field)?;
                shown = format!("{shown}/{field}");
            }
            Value::Object(wanted) => {
                let fits = |item: &&Value| wanted.iter().all(|(field, value)| item.get(field) == Some(value));
                let items = here.as_array()?;
                let index = items.iter().position(|item| fits(&item))?;
                here = &items[index];
                shown = format!("{shown}/{index}");
            }
            Value::Number(index) => {
                here = here.as_array()?.get(usize::try_from(index.as_u64()?).ok()?)?;
                shown = format!("{shown}/{index}");
            }
            _ => return None,
        }
    }
    if let Some(value) = here.get("SensitiveValue") {
        here = value;
        shown.push_str("/SensitiveValue");
    }
    Some((here.as_str()?, shown))
}

/// The value as the API takes it: files are base64 there, whatever they are in the database.
fn decrypted(key: &MasterKey, value: &Encrypted, field: &str) -> Option<Secret> {
    const FILES: [&str; 4] = ["CertificateData", "CertificateBytes", "PrivateKeyFile", "JsonKey"];
    let bytes = key.decrypt(value)?;
    let is_file = FILES.contains(&field.rsplit('/').next().unwrap_or_default());
    if is_file && STANDARD.decode(bytes.as_slice()).is_err() {
        return Some(Secret::new(STANDARD.encode(bytes.as_slice())));
    }
    match String::from_utf8(bytes.to_vec()) {
        Ok(text) if !text.contains('\0') => Some(Secret::new(text)),
        Ok(mut text) => {
            text.zeroize();
            None
        }
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            None
        }
    }
}

/// Encrypted values that no secret of a module has, and rows that the space has no document for.
fn unknown(
    inventory: &Inventory,
    rows: &BTreeMap<String, Row>,
    known: &BTreeSet<(String, String)>,
) -> Vec<String> {
    let mut unknown = Vec::new();
    for row in rows.values() {
        // Seeded things, copies, and what was deleted since are of no interest.
        let document =
            inventory.collection_of(&row.id).and_then(|collection| inventory.get(collection, &row.id));
        let is_archived =
            document.is_some_and(|it| it.get("Archived").is_some_and(|archived| !archived.is_null()));
        if (document.is_none() && row.table != "TenantVariable") || is_archived {
            continue;
        }
        let ours = |path: &str| {
            let index = path
                .strip_prefix("/Variables/")
                .and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
            index.is_some_and(|index| {
                let variable = &row.document["Variables"][index];
                variable["Name"].as_str().is_some_and(crate::mark::name::is_ours)
                    || crate::mark::journal::read(variable["Description"].as_str().unwrap_or_default())
                        .is_some()
            })
        };
        for path in row.encrypted() {
            if !known.contains(&(row.id.clone(), path.clone())) && !ours(&path) {
                unknown.push(format!("{}, {path}", row.described()));
            }
        }
    }
    unknown
}

/// A document that has another name in the database is another server's.
fn other_names(inventory: &Inventory, rows: &BTreeMap<String, Row>) -> Result<(), Failure> {
    let differs = rows.values().find_map(|row| {
        let document = inventory.get(inventory.collection_of(&row.id)?, &row.id)?;
        let name = row.columns["Name"]
            .as_str()
            .filter(|name| *name != document.name() && !document.name().is_empty())?;
        Some((row, name, document.name()))
    });
    let Some((row, there, here)) = differs else { return Ok(()) };
    Err(Failure::failed(format!(
        "row {} {:?} is called {there:?}, but {here:?} at the source",
        row.table, row.id
    ))
    .hint("The rows are of another server, or it was renamed since: query them again."))
}
