//! Freezes: they belong to the server, and their list has a shape of its own: `{"DeploymentFreezes": […], "Count": n}`.

use serde_json::Value;

use crate::failure::Failure;
use crate::octopus::client::Client;

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
