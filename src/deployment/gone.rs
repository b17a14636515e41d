//! What somebody has deleted at the destination, and Terraform's provider can't read any more: a tenant's values. Where the tenant is gone, their reading fails
//! (1.17.0, `resource_tenant_project_variable.go`, `resource_tenant_common_variable.go`: "Error retrieving tenant"), and so would each later plan. The state
//! forgets them: with the tenant they are gone, and those of the tenant that takes its place are made.

use std::collections::BTreeSet;

use crate::deployment::ready::{Deployment, Ready};
use failure::Failure;
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
}

fn addresses_of(state: &State, tenants: &BTreeSet<String>) -> BTreeSet<String> {
    let all = state.of_tenants.iter().filter(|(_, tenant)| tenants.contains(*tenant));
    all.map(|(address, _)| address.clone()).collect()
}
