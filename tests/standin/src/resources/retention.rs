//! The space's retention defaults: they exist from the start, are changed, never made or deleted.

use anyhow::Result;
use serde_json::{Value as Json, json};

use super::{Call, text};

async fn current(call: &Call<'_>, value: &Json, kind: &str) -> Result<Json> {
    call.api.get(&call.s(value, &format!("retentionpolicies?RetentionType={kind}"))).await
}

fn value(document: &Json, expected: &Json) -> Json {
    // 0 and "" are nothing; anything else of the server's is taken, also with a strategy that does not count.
    let quantity = document["QuantityToKeep"].as_i64().filter(|quantity| *quantity != 0);
    let unit = Some(text(document, "Unit")).filter(|unit| !unit.is_empty());
    json!({
        "id": document["Id"], "space_id": expected["space_id"], "strategy": document["Strategy"],
        "quantity_to_keep": quantity, "unit": unit,
    })
}

/// # Errors
/// What the server says.
pub(super) async fn write(call: &Call<'_>, plan: &Json, kind: &str) -> Result<Json> {
    let found = current(call, plan, kind).await?;
    let id = text(&found, "Id");
    let mut body = json!({
        "Id": id, "SpaceId": plan["space_id"], "Name": "", "RetentionType": kind, "Strategy": plan["strategy"],
        "QuantityToKeep": plan["quantity_to_keep"].as_i64().unwrap_or_default(),
        "Unit": plan["unit"].as_str().unwrap_or("Items"),
    });
    if plan["strategy"] == json!("Forever") {
        body["Unit"] = json!("Items");
    }
    let document = call.api.put(&call.s(plan, &format!("retentionpolicies/{id}")), &body).await?;
    Ok(value(&document, plan))
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>, kind: &str) -> Result<Option<Json>> {
    Ok(Some(value(&current(call, &call.state, kind).await?, &call.state)))
}
