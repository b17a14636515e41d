//! Deployment freezes that refuse a run.
//!
//! Assumption: a freeze covers runbooks exactly as far as its scope names the project (and tenant) and the environment,
//! and of a recurring one only the first occurrence counts here.

use serde_json::Value;

use crate::server::Server;
use crate::store::{SERVER, text, texts};

/// What a run is about, and which freezes its user has set aside by name.
pub(super) struct Subject<'a> {
    pub(super) project: &'a str,
    pub(super) environment: &'a str,
    pub(super) tenant: &'a str,
    pub(super) overridden: Vec<String>,
}

/// The name of a freeze that is on now and covers the run.
pub(super) fn in_force(server: &Server, subject: &Subject) -> Option<String> {
    server
        .store
        .all(SERVER, "deploymentfreezes")
        .map(|(_, freeze)| freeze)
        .filter(|freeze| is_on(freeze) && covers(freeze, subject))
        .map(|freeze| text(freeze, "Name").to_owned())
        .find(|name| !subject.overridden.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

fn is_on(freeze: &Value) -> bool {
    let time = |field: &str| chrono::DateTime::parse_from_rfc3339(text(freeze, field)).ok();
    let now = chrono::Utc::now();
    matches!((time("Start"), time("End")), (Some(start), Some(end)) if start <= now && now < end)
}

fn covers(freeze: &Value, subject: &Subject) -> bool {
    let by_project =
        texts(&freeze["ProjectEnvironmentScope"], subject.project).any(|id| id == subject.environment);
    let mut tenants = freeze["TenantProjectEnvironmentScope"].as_array().into_iter().flatten();
    by_project
        || tenants.any(|scope| {
            scope["TenantId"] == subject.tenant
                && scope["ProjectId"] == subject.project
                && scope["EnvironmentId"] == subject.environment
        })
}
