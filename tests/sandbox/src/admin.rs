//! The sandbox's own routes, under `/sandbox`: for tests, without a key, not part of the imitated API.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dump;
use crate::faults::FaultRequest;
use crate::permissions::Grant;
use crate::server::Shared;
use crate::store::SERVER;

type Shelf = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/sandbox/dump",
            get(|State(shared): Shelf| async move { Json(dump::write(&shared.lock().store)) }),
        )
        .route(
            "/sandbox/requests",
            get(|State(shared): Shelf| async move { Json(Value::Array(shared.log.entries())) })
                .delete(|State(shared): Shelf| async move { shared.log.clear() }),
        )
        .route(
            "/sandbox/triggers-ever-enabled",
            get(|State(shared): Shelf| async move {
                Json(shared.lock().triggers_ever_enabled.values().cloned().collect::<Value>())
            }),
        )
        .route(
            "/sandbox/process-samples",
            get(|State(shared): Shelf| async move { Json(shared.lock().tasks.samples.clone()) }),
        )
        .route(
            "/sandbox/kept-work",
            get(|State(shared): Shelf| async move { Json(shared.lock().tasks.kept.clone()) }),
        )
        .route(
            "/sandbox/output-variables",
            get(|State(shared): Shelf| async move { Json(shared.lock().tasks.outputs.clone()) }),
        )
        .route("/sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/sandbox/users", post(add_user))
        .route("/sandbox/settings", post(change_settings))
        .route("/sandbox/retention", post(apply_retention))
        .route("/sandbox/approvals", post(approve))
        .route("/sandbox/homes", post(give_home))
}

async fn add_fault(
    State(shared): Shelf,
    Json(fault): Json<FaultRequest>,
) -> Result<(), (StatusCode, String)> {
    let added = shared.faults.lock().unwrap_or_else(PoisonError::into_inner).add(fault);
    added.map_err(|problem| (StatusCode::BAD_REQUEST, problem))
}

async fn clear_faults(State(shared): Shelf) {
    shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// A user with a key and just these permissions: a name, or an object with `Permission` and `RestrictedTo…Ids`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NewUser {
    username: String,
    #[serde(default)]
    api_key: Option<String>,
    #[serde(default)]
    is_service: bool,
    /// Absent: what the user's teams give.
    #[serde(default)]
    permissions: Option<Vec<NewGrant>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NewGrant {
    Name(String),
    Narrowed(Grant),
}

async fn add_user(State(shared): Shelf, Json(user): Json<NewUser>) -> Json<Value> {
    let mut server = shared.lock();
    let id = server.store.next_id("Users");
    let key = user.api_key.unwrap_or_else(crate::auth::new_api_key);
    server.store.put(
        SERVER,
        "users",
        json!({"CanPasswordBeEdited": true, "DisplayName": user.username, "EmailAddress": null, "Id": id, "Identities": [],
               "IsActive": true, "IsRequestor": false, "IsService": user.is_service, "Username": user.username}),
    );
    server.keys.add(key.clone(), &id);
    if let Some(permissions) = user.permissions {
        let grants = permissions
            .into_iter()
            .map(|grant| match grant {
                NewGrant::Name(permission) => Grant { permission, ..Grant::default() },
                NewGrant::Narrowed(grant) => grant,
            })
            .collect();
        server.grants.set(&id, grants);
    }
    Json(json!({"Id": id, "ApiKey": key}))
}

/// What can be changed while the server runs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Settings {
    maintenance: Option<bool>,
    feature_toggles: Option<std::collections::BTreeMap<String, bool>>,
    /// `space-wide-lists`, or names of collections.
    switched_off: Option<Vec<String>>,
    /// New tasks wait for an approval: `POST /sandbox/approvals`.
    need_approval: Option<bool>,
    /// How long an API key may live, in days.
    api_key_days: Option<i64>,
    potential_clone: Option<bool>,
}

async fn change_settings(State(shared): Shelf, Json(settings): Json<Settings>) {
    let mut server = shared.lock();
    if let Some(maintenance) = settings.maintenance {
        server.maintenance = maintenance;
    }
    if let Some(potential_clone) = settings.potential_clone {
        server.potential_clone = potential_clone;
    }
    if settings.api_key_days.is_some() {
        server.api_key_days = settings.api_key_days;
    }
    if let Some(need_approval) = settings.need_approval {
        server.tasks.need_approval = need_approval;
    }
    server.feature_toggles.extend(settings.feature_toggles.unwrap_or_default());
    if let Some(names) = settings.switched_off {
        server.switched_off = names.iter().map(|name| name.to_lowercase()).collect();
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Retention {
    space_id: String,
}

/// Lets the built-in feed's retention run, as if its days were over.
async fn apply_retention(State(shared): Shelf, Json(retention): Json<Retention>) -> Json<Vec<String>> {
    Json(crate::packages::apply_retention(&mut shared.lock(), &retention.space_id))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Approval {
    task_id: String,
}

/// Where a machine's Tentacle lives.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Home {
    space_id: String,
    machine_id: String,
    folder: std::path::PathBuf,
}

async fn give_home(State(shared): Shelf, Json(home): Json<Home>) {
    shared.lock().tasks.homes.insert((home.space_id, home.machine_id), home.folder);
}

/// Approves a waiting task, as a person with the right to do so.
async fn approve(State(shared): Shelf, Json(approval): Json<Approval>) {
    crate::tasks::approve(&mut shared.lock(), &approval.task_id);
    shared.work.notify_waiters();
}
