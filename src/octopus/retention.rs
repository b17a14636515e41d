//! A space's retention defaults: no list, one document for each type.

use serde_json::Value;

use crate::client::Client;
use failure::Failure;

/// The default of a type (`GET …/retentionpolicies?RetentionType=`). `None`: servers before 2025.3 have none, later ones not this type
/// (400 or 404).
///
/// # Errors
/// When the server refuses, or can't be reached.
pub async fn default_of(client: &Client, path: &str, kind: &str) -> Result<Option<Value>, Failure> {
    let answer = match client.get(&format!("{path}?RetentionType={kind}")).await {
        Ok(answer) => answer,
        Err(failure) if failure.has_no_route() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    // A server that ignores the filter answers a list.
    let mut candidates = match answer.get("Items") {
        Some(Value::Array(items)) => items.clone(),
        _ => vec![answer],
    }
    .into_iter();
    Ok(candidates.find(|policy| policy["RetentionType"] == kind))
}
