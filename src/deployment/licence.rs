//! Whether the destination's licence has room for what a plan makes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use failure::{Failure, FailureKind};
use octopus::server::Server;
use terraform::plan::{Action, Plan};

/// The largest number a server can say stands for "no limit".
const NO_LIMIT: u64 = 2_147_483_647;

/// One thing that a licence counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// `Projects`, `Tenants`, `Machines`.
    pub name: &'static str,
    pub used: u64,
    /// `None`: as many as one likes.
    pub allowed: Option<u64>,
}

impl Limit {
    /// What is said when so many more have no room.
    #[must_use]
    pub fn exceeded_by(&self, more: u64) -> Option<String> {
        let allowed = self.allowed.filter(|allowed| more > 0 && self.used + more > *allowed)?;
        Some(format!("{}: {} of {allowed} are used, {more} more would come", self.name, self.used))
    }
}

/// What the licence says of projects, tenants and machines; none of them on a server that doesn't tell.
///
/// # Errors
/// When the server refuses: newer ones tell it to administrators only.
pub async fn limits(server: &Server) -> Result<Vec<Limit>, Failure> {
    let status = server.client.find("/api/licenses/licenses-current-status").await?.unwrap_or_default();
    let limits = status["Limits"].as_array().map_or(&[][..], Vec::as_slice);
    let limit = |name: &'static str| {
        let limit = limits.iter().find(|limit| is_of(limit, name))?;
        let allowed = limit["EffectiveLimit"].as_u64().filter(|allowed| *allowed < NO_LIMIT);
        Some(Limit {
            name,
            used: limit["CurrentUsage"].as_u64()?,
            allowed: allowed.filter(|_| limit["IsUnlimited"] != true),
        })
    };
    Ok(["Projects", "Tenants", "Machines"].into_iter().filter_map(limit).collect())
}

/// The licence as a deployment uses it up: asked for once, and again when it seems to be exceeded.
#[derive(Debug, Default)]
pub struct Licence(Mutex<Option<Vec<Limit>>>);

impl Licence {
    /// Refuses a plan that makes more than the licence allows. A server that doesn't tell its limits, or not to this key, is no obstacle.
    ///
    /// # Errors
    /// When a limit would be exceeded.
    pub async fn check(&self, server: &Server, plan: &Plan) -> Result<(), Failure> {
        let counts = made_by(plan);
        if counts.iter().all(|(_, count)| *count == 0) {
            return Ok(());
        }
        let known = self.lock().take();
        let is_known = known.is_some();
        let mut left = match known {
            Some(known) => known,
            None => limits(server).await.unwrap_or_default(),
        };
        if is_known && !exceeded(&left, &counts).is_empty() {
            left = limits(server).await.unwrap_or_default();
        }
        let exceeded = exceeded(&left, &counts);
        if exceeded.is_empty() {
            for limit in &mut left {
                let made = counts.iter().find(|(name, _)| *name == limit.name);
                limit.used += made.map_or(0, |(_, count)| *count);
            }
            *self.lock() = Some(left);
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::Refused,
            format!("the destination's licence has no room; nothing was written:\n{}", exceeded.join("\n")),
        ))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Limit>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of each a plan makes.
fn made_by(plan: &Plan) -> [(&'static str, u64); 3] {
    let made = |wanted: &dyn Fn(&str) -> bool| {
        let created =
            plan.changes.iter().filter(|change| change.action == Action::Create && !change.imported);
        created.filter(|change| wanted(&change.kind)).count() as u64
    };
    [
        ("Projects", made(&|kind| kind == "octopusdeploy_project")),
        ("Tenants", made(&|kind| kind == "octopusdeploy_tenant")),
        ("Machines", made(&|kind| kind.ends_with("_deployment_target"))),
    ]
}

fn exceeded(limits: &[Limit], counts: &[(&str, u64)]) -> Vec<String> {
    let exceeded = counts
        .iter()
        .filter_map(|(name, count)| limits.iter().find(|limit| limit.name == *name)?.exceeded_by(*count));
    exceeded.map(|text| format!("  {text}")).collect()
}

fn is_of(limit: &Value, name: &str) -> bool {
    limit["Name"].as_str().is_some_and(|text| {
        text.eq_ignore_ascii_case(name) || (name == "Machines" && text.eq_ignore_ascii_case("Targets"))
    })
}
