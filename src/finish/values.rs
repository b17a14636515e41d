//! Values of tenants: each tenant's at once, those that several modules have only once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::set::sensitive;
use super::{Finish, SecretOutcome, limited, tenant};
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{FinishStep, FinishValue, Target, TenantValueOwner};
use octopus::client::Client;

/// Tenants' values for library sets that are known to be there: several modules of a deployment have the same. And whether such values have scopes.
#[derive(Debug, Clone, Default)]
pub struct CommonValues(Arc<Mutex<(BTreeSet<String>, Option<bool>)>>);

impl CommonValues {
    fn has(&self, value: &str) -> bool {
        self.lock().0.contains(value)
    }

    fn add(&self, value: String) {
        self.lock().0.insert(value);
    }

    async fn have_scopes(&self, client: &Client) -> Result<bool, Failure> {
        let known = self.lock().1;
        let have = match known {
            Some(known) => known,
            None => tenant::has_scopes(client).await?,
        };
        self.lock().1 = Some(have);
        Ok(have)
    }

    fn lock(&self) -> MutexGuard<'_, (BTreeSet<String>, Option<bool>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Finish<'_> {
    /// All values of each tenant at once.
    pub(super) async fn tenant_values(&mut self, steps: &[FinishStep]) -> Result<(), Failure> {
        let mut tenants: BTreeMap<&str, Vec<&FinishStep>> = BTreeMap::new();
        for step in steps {
            if let FinishStep::TenantValue { tenant, .. } = step {
                tenants.entry(tenant).or_default().push(step);
            }
        }
        if tenants.is_empty() {
            return Ok(());
        }
        let scoped = self.common.have_scopes(&self.directory.server.client).await?;
        for (name, steps) in tenants {
            let what = format!("values of the tenant {name:?}");
            let result = self.values_of(name, &steps, scoped).await;
            self.note_failure(&what, result)?;
        }
        Ok(())
    }

    async fn values_of(&mut self, name: &str, steps: &[&FinishStep], scoped: bool) -> Result<(), Failure> {
        let Some(found) = self.directory.named(Collection::Tenants, name).await? else {
            self.report.failed.push(format!("the tenant {name:?} is not at the destination"));
            return Ok(());
        };
        let id = found["Id"].as_str().unwrap_or_default();
        let mut wanted = Vec::new();
        let mut told = Vec::new();
        for step in steps {
            let FinishStep::TenantValue { value, .. } = step else { continue };
            let Some((text, one)) = self.wanted_value(name, step).await? else { continue };
            let shared = one.shared(id);
            if shared.as_ref().is_some_and(|shared| self.common.has(shared)) {
                self.report.already += 1;
                continue;
            }
            wanted.push(one);
            told.push((text, value, shared));
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let became = tenant::set(&self.directory.server, self.collects, scoped, id, wanted).await?;
        for ((text, value, shared), became) in told.into_iter().zip(became) {
            let is_there = matches!(became, tenant::Became::Set | tenant::Became::AlreadySo);
            if let Some(shared) = shared.filter(|_| is_there) {
                self.common.add(shared);
            }
            self.note_tenant_value(text, value, became);
        }
        Ok(())
    }

    /// A value of a tenant by the ids of the destination, and what it is called; `None`: it has no place there, which is noted.
    async fn wanted_value(
        &mut self,
        tenant: &str,
        step: &FinishStep,
    ) -> Result<Option<(String, tenant::Wanted)>, Failure> {
        let FinishStep::TenantValue { owner, template, environments, value, .. } = step else {
            return Ok(None);
        };
        let (owners, owner_name) = match owner {
            TenantValueOwner::LibraryVariableSet(name) => (Collection::LibraryVariableSets, name),
            TenantValueOwner::Project(name) => (Collection::Projects, name),
        };
        let text = format!("{template} ({owner_name}) of the tenant {tenant:?}");
        let document = self.directory.named(owners, owner_name).await?.unwrap_or(Value::Null);
        let mut templates = document["Templates"].as_array().into_iter().flatten();
        let template = templates.find(|candidate| candidate["Name"] == *template);
        let (Some(owner_id), Some(template_id)) =
            (document["Id"].as_str(), template.and_then(|template| template["Id"].as_str()))
        else {
            self.report.failed.push(format!("{text}: the destination has no such template"));
            return Ok(None);
        };
        let mut ids = Vec::with_capacity(environments.len());
        for environment in environments {
            let target = Target { collection: Collection::Environments, key: vec![environment.clone()] };
            match self.directory.find(&target).await? {
                Some(place) => ids.push(place.id),
                None => self.report.failed.push(format!("{text}: no environment {environment:?}")),
            }
        }
        if ids.len() != environments.len() {
            return Ok(None);
        }
        if let FinishValue::Json(value) = value {
            let missing = limited::missing(&mut self.directory, value).await?;
            if !missing.is_empty() {
                let names = missing.join(", ");
                self.report.open.push(format!(
                    "{text} waits for projects that are not at the destination ({names}). Deploy its module again after them"
                ));
                self.report.waits_for.extend(missing);
                return Ok(None);
            }
        }
        let value = match value {
            FinishValue::Json(value) => Some(tenant::Given::Plain(self.directory.resolved(value).await?)),
            FinishValue::Secret(name) => {
                self.secrets.get(name).map(|secret| tenant::Given::Secret(sensitive(secret)))
            }
        };
        let owner = match owner {
            TenantValueOwner::LibraryVariableSet(_) => tenant::Owner::Library(owner_id.to_owned()),
            TenantValueOwner::Project(_) => tenant::Owner::Project(owner_id.to_owned()),
        };
        let template = template_id.to_owned();
        Ok(Some((text, tenant::Wanted { owner, template, environments: ids, value })))
    }

    fn note_tenant_value(&mut self, text: String, value: &FinishValue, became: tenant::Became) {
        match became {
            tenant::Became::Set => {
                self.note_secret(value, SecretOutcome::Set);
                self.report.done.push(text);
            }
            tenant::Became::AlreadySo => self.report.already += 1,
            tenant::Became::Kept => self.note_secret(value, SecretOutcome::Kept),
            tenant::Became::Absent => {
                self.note_secret(value, SecretOutcome::Missing);
                self.report.leave(format!("{text}: no value"));
            }
            tenant::Became::NoTemplate => self
                .report
                .failed
                .push(format!("{text}: no project that the tenant is linked to has this template")),
            tenant::Became::NotKept => {
                self.note_secret(value, SecretOutcome::Missing);
                self.report.leave(format!("{text}: the destination did not keep the value"));
            }
            tenant::Became::NoEnvironments => self.report.leave(format!(
                "{text}: this server knows no environments for values of library variable sets"
            )),
        }
    }
}
