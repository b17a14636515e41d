//! Tenants' values for projects, which are resources of their own.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Collision;
use crate::finish::directory::Directory;
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{MadePart, Manifest, Target};
use terraform::state::State;

pub(super) const COLLECTION: Collection = Collection::TenantVariableValues;

/// Looks for all of them. Only tenants that are there and linked to the project are read, each once.
///
/// # Errors
/// When the destination refuses.
pub(super) async fn look(
    manifest: &Manifest,
    state: &State,
    directory: &mut Directory,
) -> Result<Vec<Collision>, Failure> {
    let mut of_tenants: BTreeMap<&str, Vec<&MadePart>> = BTreeMap::new();
    for part in &manifest.parts {
        if let (COLLECTION, [tenant, _, _]) = (part.target.collection, part.target.key.as_slice())
            && !state.has(&part.address)
        {
            of_tenants.entry(tenant).or_default().push(part);
        }
    }
    let mut collisions = Vec::new();
    for (name, parts) in of_tenants {
        let Some(tenant) = directory.named(Collection::Tenants, name).await? else { continue };
        let tenant_id = tenant["Id"].as_str().unwrap_or_default();
        let mut values = None;
        for part in parts {
            let [_, project, template] = part.target.key.as_slice() else { continue };
            let Some(project) = directory.named(Collection::Projects, project).await? else { continue };
            let project_id = project["Id"].as_str().unwrap_or_default();
            let templates = project["Templates"].as_array().map_or(&[][..], Vec::as_slice);
            let template = templates.iter().find(|known| known["Name"] == template.as_str());
            let template_id = template.and_then(|template| template["Id"].as_str());
            let environment = part.path.first().and_then(|path| path.get("Environment")).cloned();
            let environment: Option<Target> = environment.and_then(|key| serde_json::from_value(key).ok());
            let Some(environment) = environment else { continue };
            let environment = directory.find(&environment).await?;
            let (Some(template_id), Some(environment)) = (template_id, environment) else { continue };
            if tenant["ProjectEnvironments"].get(project_id).is_none() {
                continue;
            }
            if values.is_none() {
                values = Some(Values::read(directory, tenant_id).await?);
            }
            let found =
                values.as_ref().and_then(|values| values.find(project_id, &environment.id, template_id));
            if let Some(own) = found {
                collisions.push(Collision {
                    target: part.target.clone(),
                    part: None,
                    address: part.address.clone(),
                    id: None,
                    import: Ok(format!("{tenant_id}:{own}")),
                    relay: None,
                    in_use: None,
                });
            }
        }
    }
    Ok(collisions)
}

/// A tenant's values, as servers of either age show them.
enum Values {
    /// `{"Variables": [{Id, ProjectId, TemplateId, Scope}]}`.
    New(Value),
    /// `{"ProjectVariables": {project: {"Variables": {environment: {template: value}}}}}`.
    Old(Value),
}

impl Values {
    async fn read(directory: &Directory, tenant: &str) -> Result<Self, Failure> {
        let (server, client) = (&directory.server, &directory.server.client);
        match client.find(&server.path(&format!("tenants/{tenant}/projectvariables"))).await? {
            Some(document) => Ok(Self::New(document)),
            None => Ok(Self::Old(client.get(&server.path(&format!("tenants/{tenant}/variables"))).await?)),
        }
    }

    /// What stands behind the tenant's id in an import (provider 1.17.0 has one form for each age).
    fn find(&self, project: &str, environment: &str, template: &str) -> Option<String> {
        match self {
            Self::New(document) => {
                let mut values = document["Variables"].as_array().into_iter().flatten();
                let value = values.find(|value| {
                    let scope = value["Scope"]["EnvironmentIds"].as_array().map_or(&[][..], Vec::as_slice);
                    value["ProjectId"] == project
                        && value["TemplateId"] == template
                        && scope.iter().any(|id| id == environment)
                })?;
                Some(value["Id"].as_str()?.to_owned())
            }
            Self::Old(document) => {
                document["ProjectVariables"][project]["Variables"][environment].get(template)?;
                Some(format!("{project}:{environment}:{template}"))
            }
        }
    }
}
