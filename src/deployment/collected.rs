//! What a deployment of several modules writes to tenants: it is collected in the relay, and sent when all modules have ended. Then what the server has called
//! it goes into the states of those modules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::deployment::by_relay::Kept;
use crate::deployment::order::Folder;
use crate::deployment::ready::{Deployment, Ready};
use crate::relay::Refused;
use failure::Failure;

/// What was sent at the end of a deployment.
#[derive(Default)]
pub struct Collected {
    /// By module: why it has failed after all.
    pub failed: BTreeMap<String, Failure>,
    /// The values that tenants have for library sets, as the server has answered: by tenant.
    pub common: BTreeMap<String, Value>,
}

impl Deployment<'_> {
    /// Notes that the state of a module names what is not sent yet.
    pub(super) fn keep(&self, module: &Folder, ready: &Ready<'_>) {
        let kept = Kept {
            module: module.name().into_owned(),
            directory: ready.terraform.directory.clone(),
            environment: ready.terraform.environment.clone(),
        };
        self.known.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(kept);
    }

    /// Sends what was collected, and puts its ids into the states.
    pub async fn send_collected(&self) -> Collected {
        let sent = self.relay.deployment_ends().await;
        let mut texts: BTreeMap<String, Vec<Refused>> = BTreeMap::new();
        for refused in sent.refused {
            texts.entry(refused.module.clone()).or_default().push(refused);
        }
        let mut failed = BTreeMap::new();
        let kept =
            std::mem::take(&mut *self.known.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for module in kept {
            let mut terraform = self.terraform_in(module.directory);
            terraform.environment = module.environment;
            terraform.report = Box::new(|text| self.ui.info(text));
            terraform.ended =
                Box::new(|command, started| self.known.times.add(&module.module, command, started, None));
            if let Err(failure) = terraform.real_ids_in_state(&sent.ids).await {
                failed.insert(module.module.clone(), failure);
            }
        }
        let modules: BTreeSet<String> = texts.keys().cloned().collect();
        for module in modules {
            if let Some(text) = self.refused(&texts[&module]) {
                let failure = Failure::failed(text)
                    .hint("Mend what it says, then deploy again: everything else is done.");
                failed.insert(module, failure);
            }
        }
        Collected { failed, common: sent.common }
    }
}
