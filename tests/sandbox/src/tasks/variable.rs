//! The variables of a run: from frozen sets, tenants and templates, with prompts answered, typed ones spread into
//! their parts, and what the server and the action add.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::server::Server;
use crate::store::{Store, text, texts};
use crate::worker::bootstrap::TOGGLES;
use crate::worker::octostache::Dictionary;
use crate::worker::scope::{Candidate, Origin, Place, tags_fit, winners};
use crate::worker::typed;

/// What a run's variables come from.
pub(crate) struct Source {
    /// Ids of the variable sets: the project's first, then library sets in the project's order. In collection
    /// `variablesnapshots`, or `variables` for a draft.
    pub(crate) collection: &'static str,
    pub(crate) project_set: String,
    pub(crate) library_sets: Vec<String>,
    pub(crate) project: String,
}

/// All values that any variable of the run could have. `answers`: variable id → what was entered at the prompt.
pub(crate) fn candidates(
    store: &Store,
    space: &str,
    source: &Source,
    tenant: Option<&str>,
    answers: &BTreeMap<String, String>,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut owners = vec![("projects", source.project.clone(), Origin::Project)];
    let sets = [(&source.project_set, Origin::Project)].into_iter().chain(
        source.library_sets.iter().enumerate().map(|(index, id)| (id, Origin::LibrarySet(Reverse(index)))),
    );
    for (id, origin) in sets {
        let Some(set) = store.get(space, source.collection, id) else { continue };
        if origin != Origin::Project {
            owners.push(("libraryvariablesets", text(set, "OwnerId").to_owned(), origin));
        }
        for variable in set["Variables"].as_array().into_iter().flatten() {
            found.push(of_set(store, id, variable, origin, answers));
        }
    }
    if let Some(tenant) = tenant {
        for (collection, owner, origin) in &owners {
            found.extend(of_templates(store, space, collection, owner, *origin, tenant));
        }
    }
    found
}

fn of_set(
    store: &Store,
    set: &str,
    variable: &Value,
    origin: Origin,
    answers: &BTreeMap<String, String>,
) -> Candidate {
    let id = text(variable, "Id").to_owned();
    let sensitive = variable["IsSensitive"] == true || variable["Type"] == "Sensitive";
    let stored = if sensitive {
        store.secrets.get(set, &format!("Variables/{id}")).unwrap_or_default().to_owned()
    } else {
        text(variable, "Value").to_owned()
    };
    let scope = variable["Scope"].as_object().into_iter().flatten();
    Candidate {
        name: text(variable, "Name").to_owned(),
        value: answers.get(&id).cloned().unwrap_or(stored),
        sensitive,
        kind: text(variable, "Type").to_owned(),
        scope: scope
            .map(|(kind, _)| (kind.clone(), texts(&variable["Scope"], kind).map(ToOwned::to_owned).collect()))
            .collect(),
        origin,
        prompt: variable["Prompt"].clone(),
        id,
    }
}

/// The tenant's values and the defaults of the templates of a project or library set. They are not frozen.
fn of_templates(
    store: &Store,
    space: &str,
    collection: &str,
    owner: &str,
    origin: Origin,
    tenant: &str,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    let Some(document) = store.get(space, collection, owner) else { return found };
    let owner_field = if origin == Origin::Project { "ProjectId" } else { "LibraryVariableSetId" };
    for template in document["Templates"].as_array().into_iter().flatten() {
        let id = text(template, "Id");
        let control = text(&template["DisplaySettings"], "Octopus.ControlType");
        let candidate = |value: String,
                         sensitive: bool,
                         scope: BTreeMap<String, Vec<String>>,
                         origin: Origin| Candidate {
            id: id.to_owned(),
            name: text(template, "Name").to_owned(),
            value,
            sensitive,
            kind: control.to_owned(),
            scope,
            origin,
            prompt: Value::Null,
        };
        let (default, sensitive) =
            value_of(store, owner, &format!("Templates/{id}/DefaultValue"), &template["DefaultValue"]);
        if let Some(default) = default {
            found.push(candidate(
                default,
                sensitive || control == "Sensitive",
                BTreeMap::new(),
                Origin::TemplateDefault,
            ));
        }
        let values = store.all(space, "tenantvariablevalues").map(|(_, value)| value).filter(|value| {
            value["TenantId"] == tenant && value["TemplateId"] == id && value[owner_field] == owner
        });
        for value in values {
            let (stored, sensitive) = value_of(store, text(value, "Id"), "Value", &value["Value"]);
            let scope = BTreeMap::from([
                ("Tenant".to_owned(), vec![tenant.to_owned()]),
                ("Environment".to_owned(), texts(value, "EnvironmentIds").map(ToOwned::to_owned).collect()),
            ]);
            found.push(candidate(
                stored.unwrap_or_default(),
                sensitive || control == "Sensitive",
                scope,
                Origin::Tenant,
            ));
        }
    }
    found
}

/// A value that is text, or an object that says that there is a secret. Also whether it is a secret.
fn value_of(store: &Store, owner: &str, path: &str, value: &Value) -> (Option<String>, bool) {
    match value {
        Value::Object(_) => (store.secrets.get(owner, path).map(ToOwned::to_owned), true),
        Value::String(value) => (Some(value.clone()), false),
        _ => (None, false),
    }
}

/// The document behind a typed value, with the collection it stands in.
fn typed_document<'a>(
    store: &'a Store,
    space: &str,
    kind: &str,
    id: &str,
) -> Option<(&'static str, &'a Value)> {
    let collection = match kind {
        "Certificate" => "certificates",
        kind if kind.ends_with("Account") => "accounts",
        _ => return None,
    };
    store.get(space, collection, id).map(|document| (collection, document))
}

/// Why the run is refused: the accounts and certificates that any variable in scope refers to, also where another
/// value wins, must allow the run's environment and tenant. A scope of targets, steps or processes keeps no variable out
/// of this (Issues 6666, 8258, 9457, 9495).
pub(crate) fn refusals(store: &Store, space: &str, candidates: &[Candidate], place: &Place) -> Vec<String> {
    const NOT_LOOKED_AT: [&str; 4] = ["Machine", "Role", "Action", "ProcessOwner"];
    let fits = |candidate: &Candidate| {
        let mut candidate = candidate.clone();
        candidate.scope.retain(|kind, _| !NOT_LOOKED_AT.contains(&kind.as_str()));
        candidate.fits(place)
    };
    let mut refusals = Vec::new();
    for candidate in candidates.iter().filter(|candidate| fits(candidate)) {
        let Some((collection, document)) = typed_document(store, space, &candidate.kind, &candidate.value)
        else {
            continue;
        };
        if allows(document, place) {
            continue;
        }
        let noun = if collection == "accounts" { "account" } else { "certificate" };
        let refusal = format!(
            "The {noun} '{}', which the variable '{}' refers to, is restricted and can't be used in this environment or for this tenant.",
            text(document, "Name"),
            candidate.name
        );
        if !refusals.contains(&refusal) {
            refusals.push(refusal);
        }
    }
    refusals
}

fn allows(document: &Value, place: &Place) -> bool {
    let environments: Vec<&str> = texts(document, "EnvironmentIds").collect();
    if !environments.is_empty() && !environments.contains(&place.environment.as_str()) {
        return false;
    }
    let mut tenants = texts(document, "TenantIds");
    let tags: Vec<String> = texts(document, "TenantTags").map(ToOwned::to_owned).collect();
    match (&place.tenant, text(document, "TenantedDeploymentParticipation")) {
        (None, participation) => participation != "Tenanted",
        // Neither tenants nor tags: it serves none (Issues 3716, 6491, 6529).
        (Some(tenant), "Tenanted" | "TenantedOrUntenanted") => {
            tenants.any(|id| id == tenant) || (!tags.is_empty() && tags_fit(&tags, &place.tenant_tags))
        }
        (Some(_), _) => false,
    }
}

/// The dictionary of a place in a run: the winning values and their parts.
pub(crate) fn dictionary(store: &Store, space: &str, candidates: &[Candidate], place: &Place) -> Dictionary {
    let mut dictionary = Dictionary::default();
    let winners = winners(candidates, place);
    for winner in &winners {
        if winner.sensitive {
            dictionary.set_sensitive(&winner.name, &winner.value);
        } else {
            dictionary.set(&winner.name, &winner.value);
        }
    }
    for winner in &winners {
        let value = dictionary.evaluate(&winner.value).unwrap_or_default();
        spread(&mut dictionary, store, space, &winner.name, &winner.kind, &value);
    }
    dictionary
}

/// Sets the parts of a typed value. Returns whether it has any.
fn spread(dictionary: &mut Dictionary, store: &Store, space: &str, name: &str, kind: &str, id: &str) -> bool {
    let Some((collection, document)) = typed_document(store, space, kind, id) else { return false };
    let secrets = store.secrets.of(text(document, "Id")).cloned().unwrap_or_default();
    let parts = match collection {
        "certificates" => typed::certificate(document, &secrets),
        _ => typed::account(document, &secrets),
    };
    for (part, value, sensitive) in parts {
        let name = format!("{name}.{part}");
        // Parts are data: an expression in a secret of an account is still evaluated when it is read.
        if sensitive { dictionary.set_sensitive(name, value) } else { dictionary.set(name, value) }
    }
    true
}

/// Adds an action's properties, which are variables while it runs. `process` is the id of the frozen process.
pub(crate) fn add_action(
    dictionary: &mut Dictionary,
    store: &Store,
    space: &str,
    process: &str,
    step: &Value,
    action: &Value,
) {
    let path = format!("Steps/{}/Actions/{}/Properties", text(step, "Id"), text(action, "Id"));
    for (name, value) in action["Properties"].as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => dictionary.set_sensitive(
                name,
                store.secrets.get(process, &format!("{path}/{name}")).unwrap_or_default(),
            ),
            Value::String(value) => dictionary.set(name, value),
            other => dictionary.set(name, other.to_string()),
        }
    }
    for (name, value) in step["Properties"].as_object().into_iter().flatten() {
        if let Value::String(value) = value {
            dictionary.set(name, value);
        }
    }
    dictionary.set("Octopus.Action.Id", text(action, "Id"));
    dictionary.set("Octopus.Action.Name", text(action, "Name"));
    dictionary.set("Octopus.Action.Slug", text(action, "Slug"));
    dictionary.set("Octopus.Step.Id", text(step, "Id"));
    dictionary.set("Octopus.Step.Name", text(step, "Name"));
    if let Some(image) = action["Container"]["Image"].as_str().filter(|image| !image.is_empty()) {
        dictionary.set("Octopus.Action.Container.Image", image);
    }
    // Parameters of a step template may be accounts: an id, or the name of a variable that is one.
    let template = text(&action["Properties"], "Octopus.Action.Template.Id");
    let Some(template) = store.get(space, "actiontemplates", template) else { return };
    for parameter in template["Parameters"].as_array().into_iter().flatten() {
        let name = text(parameter, "Name");
        let kind = text(&parameter["DisplaySettings"], "Octopus.ControlType");
        let Ok(Some(value)) = dictionary.get(name) else { continue };
        let found = spread(dictionary, store, space, name, kind, &value);
        if !found && let Ok(Some(id)) = dictionary.get(&value) {
            spread(dictionary, store, space, name, kind, &id);
        }
    }
}

/// Adds what the server says about the run itself.
pub(crate) fn add_system(dictionary: &mut Dictionary, server: &Server, space: &str, run: &Value) {
    let store = &server.store;
    let mut set = |name: &str, value: &str| dictionary.set(name, value);
    set("Octopus.Web.ServerUri", &server.url);
    set("Octopus.Web.BaseUrl", &server.url);
    set("Octopus.Space.Id", space);
    set("Octopus.RunbookRun.Id", text(run, "Id"));
    set("Octopus.RunbookRun.Name", text(run, "Name"));
    set("Octopus.RunbookRun.Comments", text(run, "Comments"));
    set("Octopus.Task.Id", text(run, "TaskId"));
    set("Octopus.Task.Name", "RunbookRun");
    let named = [
        ("Octopus.Space", crate::store::SERVER, "spaces", space),
        ("Octopus.Project", space, "projects", text(run, "ProjectId")),
        ("Octopus.Environment", space, "environments", text(run, "EnvironmentId")),
        ("Octopus.Runbook", space, "runbooks", text(run, "RunbookId")),
        ("Octopus.RunbookSnapshot", space, "runbooksnapshots", text(run, "RunbookSnapshotId")),
        ("Octopus.Deployment.Tenant", space, "tenants", text(run, "TenantId")),
    ];
    for (name, place, collection, id) in named {
        let Some(document) = store.get(place, collection, id) else { continue };
        set(&format!("{name}.Id"), id);
        set(&format!("{name}.Name"), text(document, "Name"));
        if let Some(slug) = document["Slug"].as_str() {
            set(&format!("{name}.Slug"), slug);
        }
        if collection == "tenants" {
            set(&format!("{name}.Tags"), &texts(document, "TenantTags").collect::<Vec<_>>().join(","));
        }
    }
    let toggles: Vec<&str> = server
        .feature_toggles
        .iter()
        .filter(|(_, enabled)| **enabled)
        .map(|(name, _)| name.as_str())
        .collect();
    set(TOGGLES, &toggles.join(","));
}
