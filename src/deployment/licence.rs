//! Whether the destination's licence has room for what a plan makes.

use serde_json::Value;

use crate::failure::{Failure, FailureKind};
use crate::octopus::server::Server;
use crate::terraform::plan::{Action, Plan};

/// Refuses a plan that makes more than the licence allows. A server that doesn't tell its limits, or not to this key, is no obstacle.
///
/// # Errors
/// When a limit would be exceeded.
pub async fn check(server: &Server, plan: &Plan) -> Result<(), Failure> {
    let made = |wanted: &dyn Fn(&str) -> bool| {
        plan.changes
            .iter()
            .filter(|change| change.action == Action::Create && !change.imported && wanted(&change.kind))
            .count()
    };
    let counts = [
        ("Projects", made(&|kind| kind == "octopusdeploy_project")),
        ("Tenants", made(&|kind| kind == "octopusdeploy_tenant")),
        ("Machines", made(&|kind| kind.ends_with("_deployment_target"))),
    ];
    if counts.iter().all(|(_, count)| *count == 0) {
        return Ok(());
    }
    let Ok(Some(status)) = server.client.find("/api/licenses/licenses-current-status").await else {
        return Ok(());
    };
    let mut exceeded = Vec::new();
    for (name, count) in counts {
        let limits = status["Limits"].as_array().into_iter().flatten();
        let limit = limits.filter(|limit| limit["IsUnlimited"] != true).find(|limit| is_of(limit, name));
        let Some((used, allowed)) = limit
            .and_then(|limit| Some((limit["CurrentUsage"].as_u64()?, limit["EffectiveLimit"].as_u64()?)))
        else {
            continue;
        };
        // The largest number a server can say stands for "no limit".
        if allowed < 2_147_483_647 && used + count as u64 > allowed {
            exceeded.push(format!("  {name}: {used} of {allowed} are used, {count} more would come"));
        }
    }
    if exceeded.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Refused,
        format!("the destination's licence has no room; nothing was written:\n{}", exceeded.join("\n")),
    ))
}

fn is_of(limit: &Value, name: &str) -> bool {
    limit["Name"].as_str().is_some_and(|text| {
        text.eq_ignore_ascii_case(name) || (name == "Machines" && text.eq_ignore_ascii_case("Targets"))
    })
}
