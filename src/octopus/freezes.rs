//! Freezes: they belong to the server, and their list has a shape of its own: `{"DeploymentFreezes": […], "Count": n}`.

use std::time::SystemTime;

use serde_json::Value;

use crate::client::Client;
use documents::moment::instant;
use failure::Failure;

const TAKE: usize = 1000;

/// All of the server's freezes.
///
/// # Errors
/// When the list can't be read whole.
pub async fn list(client: &Client) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    loop {
        let path = format!("/api/deploymentfreezes?skip={}&take={TAKE}", found.len());
        let mut answer = client.get(&path).await?;
        let count = answer.get("Count").or_else(|| answer.get("TotalResults")).and_then(Value::as_u64);
        let list =
            ["DeploymentFreezes", "Items"].into_iter().find_map(|name| answer.get_mut(name).map(Value::take));
        let Some(Value::Array(items)) = list else {
            return Err(Failure::failed(
                "/api/deploymentfreezes answered something else than a list of freezes",
            ));
        };
        let page = items.len();
        found.extend(items);
        let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(found.len());
        if found.len() >= count {
            return Ok(found);
        }
        if page == 0 {
            let message =
                format!("/api/deploymentfreezes says it has {count} freezes and gives {}", found.len());
            return Err(Failure::failed(message));
        }
    }
}

/// Whether a freeze holds up runs of a project for a tenant in an environment (their ids) at that time.
///
/// Assumption: recurring freezes say by `Start` and `End` only when they began; the server refuses the run of those.
#[must_use]
pub fn is_in_force(
    freeze: &Value,
    (project, tenant, environment): (&str, &str, &str),
    now: SystemTime,
) -> bool {
    let moment = |field: &str| freeze[field].as_str().and_then(instant);
    let (Some(start), Some(end)) = (moment("Start"), moment("End")) else { return false };
    if now < start || now > end {
        return false;
    }
    let environments = freeze["ProjectEnvironmentScope"][project].as_array();
    environments.is_some_and(|ids| ids.is_empty() || ids.iter().any(|id| id == environment))
        || freeze["TenantProjectEnvironmentScope"].as_array().into_iter().flatten().any(|scope| {
            scope["TenantId"] == tenant
                && scope["ProjectId"] == project
                && scope["EnvironmentId"] == environment
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_freeze_holds_within_its_time_and_scope() {
        let mut freeze = json!({"Start": "2026-11-24T00:00:00Z", "End": "2026-11-25T00:00:00Z", "ProjectEnvironmentScope": {"P": ["E"]},
            "TenantProjectEnvironmentScope": [{"TenantId": "T", "ProjectId": "Q", "EnvironmentId": "E"}]});
        let now = instant("2026-11-24T12:00:00Z").unwrap();
        assert!(is_in_force(&freeze, ("P", "T", "E"), now) && is_in_force(&freeze, ("Q", "T", "E"), now));
        assert!(!is_in_force(&freeze, ("P", "T", "F"), now) && !is_in_force(&freeze, ("Q", "U", "E"), now));
        freeze["End"] = json!("2026-11-24T01:00:00Z");
        assert!(!is_in_force(&freeze, ("P", "T", "E"), now));
    }
}
