//! What somebody has deleted at the destination, and Terraform's provider can't read any more: a tenant's values. Where the tenant is gone, their reading fails
//! (1.17.0, `resource_tenant_project_variable.go`, `resource_tenant_common_variable.go`: "Error retrieving tenant"), and so would each later plan. The state
//! forgets them: with the tenant they are gone, and those of the tenant that takes its place are made. A value alone that is gone the provider keeps in the
//! state, and fails when it is to change it ("Variable with ID … not found").

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::ready::{Deployment, Ready};
use failure::Failure;
use terraform::plan::{Action, Plan};
use terraform::state::State;

impl Deployment<'_> {
    /// Takes out of the state what belongs to tenants that are gone; whether there was something. To be called where no plan could be made.
    pub(super) async fn forget_values_of_gone_tenants(&self, ready: &mut Ready<'_>) -> Result<bool, Failure> {
        ready.terraform.stop_if_interrupted()?;
        let known: BTreeSet<&String> = ready.state.of_tenants.values().collect();
        let mut gone = BTreeSet::new();
        for tenant in known {
            let path = self.destination.path(&format!("tenants/{tenant}"));
            if self.destination.client.find(&path).await?.is_none() {
                gone.insert(tenant.clone());
            }
        }
        let addresses = addresses_of(&ready.state, &gone);
        if addresses.is_empty() {
            return Ok(false);
        }
        self.ui.info(&format!(
            "  the state forgets {} values of {}, which are not at the destination any more",
            addresses.len(),
            gone.iter().cloned().collect::<Vec<_>>().join(", ")
        ));
        ready.state = ready.terraform.forget_in_state(&addresses).await?;
        Ok(true)
    }

    /// Takes out of the state the values that the plan would change and that are not there any more; whether there were some. One that is to stay as it is, and
    /// was deleted by hand, stays deleted.
    pub(super) async fn forget_values_that_are_gone(
        &self,
        ready: &mut Ready<'_>,
        plan: &Plan,
    ) -> Result<bool, Failure> {
        let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut gone = BTreeSet::new();
        for change in plan.changes.iter().filter(|change| change.action == Action::Update) {
            // An older server's values have no ids of their own: what is not there is made.
            let Some(tenant) =
                ready.state.of_tenants.get(&change.address).filter(|_| !change.id.contains(':'))
            else {
                continue;
            };
            let route = match change.kind.as_str() {
                "octopusdeploy_tenant_common_variable" => "commonvariables",
                _ => "projectvariables",
            };
            let path = self.destination.path(&format!("tenants/{tenant}/{route}"));
            if !known.contains_key(&path) {
                let list = self.destination.client.find(&path).await?.unwrap_or_default();
                let ids = list["Variables"].as_array().into_iter().flatten();
                let ids = ids.filter_map(|value| value["Id"].as_str().map(str::to_owned)).collect();
                known.insert(path.clone(), ids);
            }
            if !known.get(&path).is_some_and(|ids| ids.contains(&change.id)) {
                gone.insert(change.address.clone());
            }
        }
        if gone.is_empty() {
            return Ok(false);
        }
        self.ui.info(&format!(
            "  the state forgets {} values of tenants, which were deleted at the destination: they are made again",
            gone.len()
        ));
        ready.state = ready.terraform.forget_in_state(&gone).await?;
        Ok(true)
    }
}

fn addresses_of(state: &State, tenants: &BTreeSet<String>) -> BTreeSet<String> {
    let all = state.of_tenants.iter().filter(|(_, tenant)| tenants.contains(*tenant));
    all.map(|(address, _)| address.clone()).collect()
}
