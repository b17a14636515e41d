//! The route of target tags, which has a shape of its own.

use serde_json::Value;

use crate::client::{Client, encode};
use documents::target_tags::COLLECTION;
use failure::Failure;

/// All target tags of a space: `{"DeploymentTargetTags": [{"Tag": …}], "Count": n}`. `None`: the server is older than the route.
///
/// # Errors
/// When the list can't be read whole.
pub async fn list(client: &Client, route: &str) -> Result<Option<Vec<Value>>, Failure> {
    match client.list_of(route, "DeploymentTargetTags").await {
        Ok(tags) => Ok(Some(tags)),
        Err(failure) if failure.has_no_route() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The path of one below the list's.
#[must_use]
pub fn place(tag: &str) -> String {
    format!("{COLLECTION}/{}", encode(tag))
}
