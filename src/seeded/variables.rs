//! The variables of the seeded library sets and projects: what is written into them, and what of a person's stays.

use serde_json::{Value, json};

use super::runbook::{MadeFor, Trusted};
use super::{package::Package, prompt};
use crate::mark::before::Before;
use crate::mark::digest::Made;
use crate::mark::door;
use crate::mark::name;
use crate::spread::account::restriction;
use crate::spread::noted::Noted;
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use failure::Failure;
use module::seal;
use octopus::role::Role;
use octopus::server::Server;
use octopus::upsert;
use secret;
use secret::Secret;

/// What the library set `Octoferry` says.
pub struct Settings {
    pub source_url: String,
    pub source_space: String,
    pub source_is_copy: bool,
    pub source_key: Secret,
    pub destination_url: String,
    pub destination_space: String,
    pub destination_key: Secret,
    /// Seals module packages.
    pub module_key: Secret,
    pub backend: String,
    /// Which part of the space is serialized, one option a line.
    pub selection: String,
    /// Patterns of the projects that get runbooks, one a line; empty: all.
    pub projects: String,
    /// `KEY=VALUE` each.
    pub backend_config: Vec<String>,
    /// What deployments do with things of the same name, where that was said; otherwise what the set says stays.
    pub existing: Option<String>,
    /// Variable type and account id.
    pub backend_account: Option<(&'static str, String)>,
    /// What is noted of the service accounts whose keys these are; `None`: seed made none.
    pub source_account: Option<String>,
    pub destination_account: Option<String>,
    /// Whether `source_key` may export certificates.
    pub exports: bool,
    /// How documents stood before octoferry changed anything; `None` when that is noted already, or can't be known any more.
    pub before: Option<Before>,
}

impl Settings {
    /// What the steps are made for.
    #[must_use]
    pub fn made_for(&self, package: &Package, allow_foreign_terraform: bool, trusted: Trusted) -> MadeFor {
        let server =
            |role, url, space, key| Made::ForServer { role, url, space, key }.digest(&self.module_key);
        MadeFor {
            source_url: self.source_url.clone(),
            source_space: self.source_space.clone(),
            source_is_copy: self.source_is_copy,
            source_digest: server(Role::Source, &self.source_url, &self.source_space, &self.source_key),
            destination_url: self.destination_url.clone(),
            destination_space: self.destination_space.clone(),
            destination_digest: server(
                Role::Destination,
                &self.destination_url,
                &self.destination_space,
                &self.destination_key,
            ),
            backend: self.backend.clone(),
            backend_config: self.backend_config.join("\n"),
            backend_digest: Made::ForBackend { kind: &self.backend, settings: &self.backend_config }
                .digest(&self.module_key),
            allow_foreign_terraform,
            trusted,
            package_sha256: package.sha256.clone(),
        }
    }
}

/// A key for the modules of a space: 256 bits, in hexadecimal.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_module_key() -> Result<Secret, Failure> {
    Ok(Secret::new(seal::hex(&*secret::random()?)))
}

/// The variables of the set `Octoferry`; what a person set there by hand about deploys stays.
///
/// # Errors
/// When the server refuses.
pub async fn settings_variables(
    server: &Server,
    set: &Document,
    environment: &str,
    settings: &Settings,
) -> Result<(), Failure> {
    let tag = format!("octoferry {} {}", settings.destination_url, settings.destination_space);
    let backend_config = settings.backend_config.join("\n");
    let wanted = [
        (name::SOURCE_URL, settings.source_url.as_str(), false),
        (name::SOURCE_SPACE, &settings.source_space, false),
        (name::SOURCE_API_KEY, settings.source_key.expose(), true),
        (name::DESTINATION_URL, &settings.destination_url, false),
        (name::DESTINATION_SPACE, &settings.destination_space, false),
        (name::DESTINATION_API_KEY, settings.destination_key.expose(), true),
        (name::MODULE_KEY, settings.module_key.expose(), true),
        (name::BACKEND_TYPE, &settings.backend, false),
        (name::BACKEND_CONFIG, &backend_config, false),
        (name::SELECTION, &settings.selection, false),
        (name::SEEDED_PROJECTS, &settings.projects, false),
        (name::EXPORTS, if settings.exports { name::EXPORTED } else { "" }, false),
        (name::CONCURRENCY_TAG, &tag, false),
    ];
    edit_variables(server, set, |variables| {
        for (name, value, sensitive) in wanted {
            put_variable(variables, environment, name, if sensitive { "Sensitive" } else { "String" }, value);
        }
        // Without one the worker's own identity is meant: a former choice goes.
        variables.retain(|variable| variable["Name"] != name::BACKEND_ACCOUNT);
        if let Some((kind, account)) = &settings.backend_account {
            put_variable(variables, environment, name::BACKEND_ACCOUNT, kind, account);
        }
        for (name, note) in [
            (name::SOURCE_ACCOUNT, &settings.source_account),
            (name::DESTINATION_ACCOUNT, &settings.destination_account),
        ] {
            match note {
                Some(note) => put_variable(variables, environment, name, "String", note),
                None => variables.retain(|variable| variable["Name"] != name),
            }
        }
        if let Some(before) = &settings.before {
            put_variable(variables, environment, name::BEFORE, "String", &before.text());
            put_variable(variables, environment, name::SPREAD, "String", &Noted::default().text());
        }
        for asked in &prompt::ALL {
            let there = variables.iter().find(|variable| variable["Name"] == asked.variable);
            let there = there.and_then(|variable| variable["Value"].as_str()).map(str::to_owned);
            let chosen = settings.existing.as_ref().filter(|_| asked.variable == name::DEPLOY_EXISTING);
            let value = chosen.cloned().or(there).unwrap_or_else(|| asked.default.to_owned());
            put_variable(variables, environment, asked.variable, "String", &value);
            let wanted = asked.fields();
            if let Some(there) = variables.iter_mut().find(|variable| variable["Name"] == asked.variable)
                && !upsert::has_all_of(there, &wanted)
            {
                for (field, value) in wanted.as_object().into_iter().flatten() {
                    there[field] = value.clone();
                }
            }
        }
    })
    .await?;
    Ok(())
}

/// The variables of a runbook that runs for tenants in their own environments, where no library set of ours is seen: in its project,
/// scoped to this runbook alone.
///
/// # Errors
/// When the server refuses.
pub async fn tenant_variables(
    server: &Server,
    project: &Document,
    runbook: &Document,
    settings: &Settings,
) -> Result<(), Failure> {
    let tag = format!("octoferry {} {}", settings.destination_url, settings.destination_space);
    let wanted = [
        (name::SOURCE_API_KEY, settings.source_key.expose(), true),
        (name::DESTINATION_API_KEY, settings.destination_key.expose(), true),
        (name::MODULE_KEY, settings.module_key.expose(), true),
        // Servers before some 2025.3 release take no notice of the tag of a runbook: runs for one tenant could then meet.
        (name::CONCURRENCY_TAG, &tag, false),
    ];
    edit_variables(server, project, |variables| {
        let ours = |variable: &Value| {
            let variable = variable["Name"].as_str().unwrap_or_default();
            name::is_ours(variable) || variable == name::CONCURRENCY_TAG
        };
        variables
            .retain(|variable| !(ours(variable) && crate::mark::tenant::belongs_to(variable, runbook.id())));
        for (name, value, secret) in wanted {
            // Only sensitive ones are in the database where the others are in Git.
            let sensitive = secret || git::has_variables_in_git(project);
            variables.push(json!({
                "Name": name,
                "Value": value,
                "Type": if sensitive { "Sensitive" } else { "String" },
                "IsSensitive": sensitive,
                "Scope": {"ProcessOwner": [runbook.id()]},
            }));
        }
    })
    .await?;
    Ok(())
}

/// What a run of one runbook asks a person: a variable of its project, which no other runbook sees.
///
/// # Errors
/// When the server refuses.
pub async fn asked_by_runbook(
    server: &Server,
    project: &Document,
    runbook: &Document,
    environment: &str,
    asked: &prompt::Prompt,
) -> Result<(), Failure> {
    let mut wanted = json!({
        "Name": asked.variable, "Value": asked.default, "Type": "String", "IsSensitive": false,
        "Scope": {"Environment": [environment], "ProcessOwner": [runbook.id()]},
    });
    for (field, value) in asked.fields().as_object().into_iter().flatten() {
        wanted[field] = value.clone();
    }
    edit_variables(server, project, |variables| {
        let is_it = |variable: &Value| variable["Name"] == asked.variable;
        match variables.iter().position(is_it) {
            Some(index) if upsert::has_all_of(&variables[index], &wanted) => {}
            Some(index) => variables[index] = wanted.clone(),
            None => variables.push(wanted.clone()),
        }
    })
    .await?;
    Ok(())
}

/// Changes one of the settings; whether it was another before.
///
/// # Errors
/// When the server refuses.
pub async fn set_setting(
    server: &Server,
    set: &Document,
    environment: &str,
    name: &str,
    value: &str,
) -> Result<bool, Failure> {
    edit_variables(server, set, |variables| put_variable(variables, environment, name, "String", value)).await
}

/// Keeps of spread's note what is left of it. An empty one stays too: with it a journal that somebody writes later proves nothing.
///
/// # Errors
/// When the server refuses.
pub async fn note_spread(server: &Server, set: &Document, rest: &Noted) -> Result<(), Failure> {
    let text = rest.text();
    edit_variables(server, set, |variables| {
        if let Some(there) = variables.iter_mut().find(|variable| variable["Name"] == name::SPREAD) {
            there["Value"] = json!(text);
        }
    })
    .await?;
    Ok(())
}

/// The typed variables by which a step sees the parts of accounts and certificates: for each that allows our
/// environment, but for certificates that are exported. The names of those that don't.
///
/// # Errors
/// When the server refuses.
pub async fn account_variables(
    server: &Server,
    set: &Document,
    environment: &str,
    may_export: bool,
) -> Result<Vec<String>, Failure> {
    let (accounts, certificates) = futures::try_join!(
        upsert::list(server, Collection::Accounts),
        upsert::list(server, Collection::Certificates)
    )?;
    let mut wanted = Vec::new();
    let mut restricted = Vec::new();
    let both = [
        (Collection::Accounts, name::ACCOUNT_PREFIX, accounts),
        (Collection::Certificates, name::CERTIFICATE_PREFIX, certificates),
    ];
    for (collection, prefix, mut documents) in both {
        documents.sort_by_key(|document| (document.name().to_owned(), document.id().to_owned()));
        for document in documents {
            let Some(kind) = door::typed_variable(collection, &document, may_export) else { continue };
            if document.get("Archived").is_some_and(|archived| !archived.is_null()) {
                continue;
            }
            if restriction(&document, environment).is_some() {
                restricted.push(document.name().to_owned());
            } else {
                wanted.push((
                    document.id().to_owned(),
                    kind,
                    format!("{prefix}{}", name::name_part(document.name())),
                ));
            }
        }
    }
    edit_variables(server, set, |variables| {
        let ours = |variable: &Value| {
            let name = variable["Name"].as_str().unwrap_or_default();
            name.starts_with(name::ACCOUNT_PREFIX) || name.starts_with(name::CERTIFICATE_PREFIX)
        };
        // One that is gone, or restricted again, would refuse every run that has it in its scope.
        variables
            .retain(|variable| !ours(variable) || wanted.iter().any(|(id, _, _)| variable["Value"] == *id));
        for (id, kind, label) in &wanted {
            if variables.iter().any(|variable| ours(variable) && variable["Value"] == *id) {
                continue;
            }
            let taken = |name: &str| {
                let same = |other: &str| other.eq_ignore_ascii_case(name);
                variables.iter().any(|variable| variable["Name"].as_str().is_some_and(same))
            };
            let numbered = (2_u32..).map(|number| format!("{label}-{number}"));
            let name = std::iter::once(label.clone())
                .chain(numbered)
                .find(|name| !taken(name))
                .expect("numbers never end");
            put_variable(variables, environment, &name, kind, id);
        }
    })
    .await?;
    Ok(restricted)
}

/// Puts secrets into the variable set of a library set or project, seen in our environment only.
///
/// # Errors
/// When the server refuses.
pub async fn secret_values(
    server: &Server,
    owner: &Document,
    environment: &str,
    values: &[(&str, &Secret)],
) -> Result<bool, Failure> {
    edit_variables(server, owner, |variables| {
        for (name, value) in values {
            put_variable(variables, environment, name, "Sensitive", value.expose());
        }
    })
    .await
}

/// Edits the variables of a library set; whether anything was written.
async fn edit_variables(
    server: &Server,
    set: &Document,
    edit: impl Fn(&mut Vec<Value>),
) -> Result<bool, Failure> {
    let id = set.text("VariableSetId").map_or_else(|| format!("variableset-{}", set.id()), str::to_owned);
    upsert::edit(server, &format!("variables/{id}"), |document| {
        let before = document.list("Variables").to_vec();
        let mut variables = before.clone();
        edit(&mut variables);
        let changed = variables != before;
        document.fields_mut().insert("Variables".to_owned(), Value::Array(variables));
        changed
    })
    .await
}

/// Adds a variable that is seen in our environment only, or brings the one of that name to it.
fn put_variable(variables: &mut Vec<Value>, environment: &str, name: &str, kind: &str, value: &str) {
    let wanted = json!({
        "Name": name,
        "Value": value,
        "Type": kind,
        "IsSensitive": kind == "Sensitive",
        "Scope": {"Environment": [environment]},
    });
    match variables.iter_mut().find(|variable| variable["Name"] == name) {
        Some(there) if upsert::has_all_of(there, &wanted) => {}
        Some(there) => {
            for (field, value) in wanted.as_object().into_iter().flatten() {
                there[field] = value.clone();
            }
        }
        None => variables.push(wanted),
    }
}
