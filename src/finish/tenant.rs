//! Tenants' values: those of one tenant go in one request, by the newer route where the server has it, else by the older one.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use failure::Failure;
use octopus::client::{Client, encode};
use octopus::server::Server;

/// Where a deployment of several modules collects what they write to tenants, so that each list of values is written once.
pub trait Collects: Sync {
    /// The document at a path of the API; `None`: there is none.
    fn read<'f>(&'f self, path: &'f str) -> BoxFuture<'f, Result<Option<Value>, Failure>>;
    /// Puts a document of values in the place of the one that is there; its answer.
    fn write<'f>(&'f self, path: &'f str, body: &'f Value) -> BoxFuture<'f, Result<Value, Failure>>;
    /// Sends what is collected of a tenant.
    fn send<'f>(&'f self, tenant: &'f str) -> BoxFuture<'f, ()>;
}

/// Where one tenant's values are read and written: at the server, or where they are collected.
#[derive(Clone, Copy)]
struct Door<'a> {
    server: &'a Server,
    collects: Option<&'a dyn Collects>,
}

impl Door<'_> {
    async fn find(self, path: &str) -> Result<Option<Value>, Failure> {
        match self.collects {
            Some(collects) => collects.read(path).await,
            None => self.server.client.find(path).await,
        }
    }

    async fn get(self, path: &str) -> Result<Value, Failure> {
        match self.collects {
            Some(collects) => {
                collects.read(path).await?.ok_or_else(|| Failure::failed(format!("{path} is gone")))
            }
            None => self.server.client.get(path).await,
        }
    }

    /// By the newer route.
    async fn put(self, path: &str, body: &Value) -> Result<Value, Failure> {
        match self.collects {
            Some(collects) => collects.write(path, body).await,
            None => self.server.client.put(path, body).await,
        }
    }

    /// By the older one.
    async fn post(self, path: &str, body: &Value) -> Result<Value, Failure> {
        match self.collects {
            Some(collects) => collects.write(path, body).await,
            None => self.server.client.post(path, body).await,
        }
    }
}

/// One value to be set.
pub(super) struct Wanted {
    pub(super) owner: Owner,
    pub(super) template: String,
    /// Ids; empty: all.
    pub(super) environments: Vec<String>,
    /// `None`: nothing to give; what is there is kept.
    pub(super) value: Option<Given>,
}

impl Wanted {
    /// By what modules of one deployment know it as the same: a plain value for a library set.
    pub(super) fn shared(&self, tenant: &str) -> Option<String> {
        let (Owner::Library(set), Some(Given::Plain(value))) = (&self.owner, &self.value) else {
            return None;
        };
        Some(json!([tenant, set, self.template, self.environments, value]).to_string())
    }

    /// Whether a value that a server shows is the one that was given; of a secret one it shows no more than that there is one.
    fn is(&self, shown: &Value) -> bool {
        match &self.value {
            None => true,
            Some(Given::Plain(new)) => shown == new,
            Some(Given::Secret(_)) => shown["HasValue"] == true,
        }
    }
}

/// Id of a library variable set or of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Library(String),
    Project(String),
}

pub(super) enum Given {
    Plain(Value),
    /// As the API takes it.
    Secret(Value),
}

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    Set,
    AlreadySo,
    /// There was nothing to give, and there is a value.
    Kept,
    /// There was nothing to give, and there is no value.
    Absent,
    /// The server doesn't offer the template to this tenant.
    NoTemplate,
    /// The older route knows no environments for common values.
    NoEnvironments,
    /// It was sent, and the server answered another one.
    NotKept,
}

/// Whether this server has tenants' values with scopes (the newer routes); the provider asks the same.
pub(super) async fn has_scopes(client: &Client) -> Result<bool, Failure> {
    let name = "CommonVariableScopingFeatureToggle";
    let path = format!("/api/configuration/feature-toggles?Name={name}");
    let answer = match client.find(&path).await {
        Ok(answer) => answer.unwrap_or(Value::Null),
        Err(failure) if failure.is_forbidden() => Value::Null,
        Err(failure) => return Err(failure),
    };
    let toggles = answer["FeatureToggles"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(toggles.iter().any(|toggle| toggle["Name"] == name && toggle["IsEnabled"] == true))
}

/// Sets one tenant's values; in the order of `wanted`, what became of each.
pub(super) async fn set(
    server: &Server,
    collects: Option<&dyn Collects>,
    scoped: bool,
    tenant: &str,
    wanted: Vec<Wanted>,
) -> Result<Vec<Became>, Failure> {
    let mut door = Door { server, collects };
    if let Some(collects) = collects
        && wanted.iter().any(|wanted| matches!(wanted.value, Some(Given::Secret(_))))
    {
        // Nothing keeps a secret longer than it has to.
        collects.send(tenant).await;
        door.collects = None;
    }
    let mut became = vec![Became::NoTemplate; wanted.len()];
    if scoped {
        for (route, field, is_mine) in
            [("commonvariables", "LibraryVariableSetId", true), ("projectvariables", "ProjectId", false)]
        {
            let mine: Vec<(usize, &Wanted)> = wanted
                .iter()
                .enumerate()
                .filter(|(_, wanted)| matches!(wanted.owner, Owner::Library(_)) == is_mine)
                .collect();
            if !mine.is_empty() {
                let path = server.path(&format!("tenants/{}/{route}", encode(tenant)));
                let all = format!("{path}?includeMissingVariables=true");
                let Some(answer) = door.find(&all).await? else {
                    return older(door, tenant, &wanted).await;
                };
                newer(door, &path, &answer, field, &mine, &mut became).await?;
            }
        }
        return Ok(became);
    }
    older(door, tenant, &wanted).await
}

/// The newer route: a list of values, each with its scope; written as a whole.
async fn newer(
    door: Door<'_>,
    path: &str,
    answer: &Value,
    owner_field: &str,
    wanted: &[(usize, &Wanted)],
    became: &mut [Became],
) -> Result<(), Failure> {
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let offered: Vec<Value> = list("Variables").into_iter().chain(list("MissingVariables")).collect();
    let mut values: Vec<Value> = list("Variables").iter().map(|value| resent(value, owner_field)).collect();
    let mut changed = false;
    for (number, wanted) in wanted {
        let (Owner::Library(owner) | Owner::Project(owner)) = &wanted.owner;
        let is_of = |value: &Value| value[owner_field] == *owner && value["TemplateId"] == wanted.template;
        if !offered.iter().any(is_of) {
            continue;
        }
        let place = values.iter_mut().find(|value| is_for(value, owner_field, wanted));
        became[*number] = match (&wanted.value, place) {
            (None, place) => kept_or_absent(place.map(|value| &value["Value"])),
            (Some(Given::Plain(new)), Some(value)) if value["Value"] == *new => Became::AlreadySo,
            (Some(Given::Plain(new) | Given::Secret(new)), Some(value)) => {
                value["Value"] = new.clone();
                changed = true;
                Became::Set
            }
            (Some(Given::Plain(new) | Given::Secret(new)), None) => {
                let mut value = json!({
                    "OwnerId": owner,
                    "TemplateId": wanted.template,
                    "Value": new,
                    "Scope": {"EnvironmentIds": wanted.environments},
                });
                value[owner_field] = json!(owner);
                values.push(value);
                changed = true;
                Became::Set
            }
        };
    }
    if changed {
        let mut body = json!({"Variables": values});
        // With it the server refuses what somebody else has changed meanwhile.
        if let Some(token) = answer.get("ConcurrencyToken").filter(|token| !token.is_null()) {
            body["ConcurrencyToken"] = token.clone();
        }
        let answer = door.put(path, &body).await?;
        let after = match answer["Variables"].as_array() {
            Some(after) => after.clone(),
            None => door.get(path).await?["Variables"].as_array().cloned().unwrap_or_default(),
        };
        for (number, wanted) in wanted {
            let is_there =
                after.iter().any(|value| is_for(value, owner_field, wanted) && wanted.is(&value["Value"]));
            if became[*number] == Became::Set && !is_there {
                became[*number] = Became::NotKept;
            }
        }
    }
    Ok(())
}

/// Whether a value of the newer routes is for the owner, template and environments of a wanted one.
fn is_for(value: &Value, owner_field: &str, wanted: &Wanted) -> bool {
    let (Owner::Library(owner) | Owner::Project(owner)) = &wanted.owner;
    let environments: BTreeSet<&str> = wanted.environments.iter().map(String::as_str).collect();
    value[owner_field] == *owner
        && value["TemplateId"] == wanted.template
        && environments_of(value) == environments
}

fn environments_of(value: &Value) -> BTreeSet<&str> {
    let ids = value["Scope"]["EnvironmentIds"].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).collect()
}

/// A value as it is sent back unchanged. The owner by both names: the published reference wants `OwnerId`, the official clients send the other.
fn resent(value: &Value, owner_field: &str) -> Value {
    let environments = value["Scope"]["EnvironmentIds"].as_array().cloned().unwrap_or_default();
    let mut resent = json!({
        "Id": value["Id"],
        "OwnerId": value[owner_field],
        "TemplateId": value["TemplateId"],
        "Value": value["Value"],
        "Scope": {"EnvironmentIds": environments},
    });
    resent[owner_field] = value[owner_field].clone();
    resent
}

/// The older route: one document with all values of the tenant.
async fn older(door: Door<'_>, tenant: &str, wanted: &[Wanted]) -> Result<Vec<Became>, Failure> {
    let path = door.server.path(&format!("tenants/{}/variables", encode(tenant)));
    let mut document = door.get(&path).await?;
    let mut changed = false;
    let became = wanted
        .iter()
        .map(|wanted| {
            let (part, owner) = match &wanted.owner {
                Owner::Library(owner) => ("LibraryVariables", owner),
                Owner::Project(owner) => ("ProjectVariables", owner),
            };
            let Some(of_owner) =
                document[part].get_mut(owner).filter(|of_owner| offers(of_owner, &wanted.template))
            else {
                return Became::NoTemplate;
            };
            if !of_owner["Variables"].is_object() {
                of_owner["Variables"] = json!({});
            }
            let variables = &mut of_owner["Variables"];
            let environments: Vec<Option<String>> = match &wanted.owner {
                Owner::Library(_) if !wanted.environments.is_empty() => return Became::NoEnvironments,
                Owner::Library(_) => vec![None],
                Owner::Project(_) if wanted.environments.is_empty() => variables
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(environment, _)| Some(environment.clone()))
                    .collect(),
                Owner::Project(_) => wanted.environments.iter().cloned().map(Some).collect(),
            };
            let became = put(variables, environments, wanted);
            changed |= matches!(became, Became::Set);
            became
        })
        .collect();
    if !changed {
        return Ok(became);
    }
    let answer = door.post(&path, &document).await?;
    let after = if answer["TenantId"].is_string() { answer } else { door.get(&path).await? };
    let checked = became.into_iter().zip(wanted).map(|(became, wanted)| match became {
        Became::Set if !has(&after, wanted) => Became::NotKept,
        became => became,
    });
    Ok(checked.collect())
}

/// Whether a document of the older route has a wanted value, in all its environments.
fn has(document: &Value, wanted: &Wanted) -> bool {
    match &wanted.owner {
        Owner::Library(owner) => {
            wanted.is(&document["LibraryVariables"][owner]["Variables"][&wanted.template])
        }
        Owner::Project(owner) => {
            let variables = &document["ProjectVariables"][owner]["Variables"];
            let all = || variables.as_object().into_iter().flatten().map(|(environment, _)| environment);
            let environments: Vec<&String> = if wanted.environments.is_empty() {
                all().collect()
            } else {
                wanted.environments.iter().collect()
            };
            environments
                .iter()
                .all(|environment| wanted.is(&variables[environment.as_str()][&wanted.template]))
        }
    }
}

/// Puts a value into an owner's values: for these environments, or for all alike.
fn put(variables: &mut Value, environments: Vec<Option<String>>, wanted: &Wanted) -> Became {
    let mut result = Became::AlreadySo;
    for environment in environments {
        let values = match environment {
            None => &mut *variables,
            Some(environment) => {
                if !variables[&environment].is_object() {
                    variables[&environment] = json!({});
                }
                &mut variables[&environment]
            }
        };
        let place = values.get(&wanted.template);
        match &wanted.value {
            None => result = kept_or_absent(place),
            Some(Given::Plain(new)) if place == Some(new) => {}
            Some(Given::Plain(new) | Given::Secret(new)) => {
                values[&wanted.template] = new.clone();
                result = Became::Set;
            }
        }
    }
    result
}

fn offers(of_owner: &Value, template: &str) -> bool {
    of_owner["Templates"].as_array().into_iter().flatten().any(|candidate| candidate["Id"] == template)
}

fn kept_or_absent(value: Option<&Value>) -> Became {
    match value {
        Some(value) if value["HasValue"] == true || value.as_str().is_some_and(|text| !text.is_empty()) => {
            Became::Kept
        }
        _ => Became::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn each_value_names_its_owner_and_the_token_goes_back() {
        let (server, requests) = testing::server(|asked, _| {
            let mut variables = vec![json!({"Id": "a", "ProjectId": "Projects-1", "ProjectName": "P", "TemplateId": "T1", "Value": "old",
                "Scope": {"EnvironmentIds": ["Environments-1"]}})];
            if asked.starts_with("PUT") {
                variables.push(json!({"Id": "b", "ProjectId": "Projects-1", "ProjectName": "P", "TemplateId": "T2", "Value": "new",
                    "Scope": {"EnvironmentIds": ["Environments-2"]}}));
            }
            json!({"TenantId": "Tenants-1", "ConcurrencyToken": "t1", "Variables": variables,
                "MissingVariables": [{"ProjectId": "Projects-1", "TemplateId": "T2"}]})
        })
        .await;
        let wanted = Wanted {
            owner: Owner::Project("Projects-1".into()),
            template: "T2".into(),
            environments: vec!["Environments-2".into()],
            value: Some(Given::Plain(json!("new"))),
        };
        assert_eq!(set(&server, None, true, "Tenants-1", vec![wanted]).await.ok().unwrap(), [Became::Set]);
        let written = testing::written(&requests);
        assert_eq!(written[0].0, "PUT tenants/Tenants-1/projectvariables");
        assert_eq!(
            written[0].1,
            json!({"ConcurrencyToken": "t1", "Variables": [
                {"Id": "a", "OwnerId": "Projects-1", "ProjectId": "Projects-1", "TemplateId": "T1", "Value": "old", "Scope": {"EnvironmentIds": ["Environments-1"]}},
                {"OwnerId": "Projects-1", "ProjectId": "Projects-1", "TemplateId": "T2", "Value": "new", "Scope": {"EnvironmentIds": ["Environments-2"]}}
            ]})
        );
    }

    #[tokio::test]
    async fn a_value_that_the_server_does_not_keep_is_no_value() {
        let wanted = || Wanted {
            owner: Owner::Project("Projects-1".into()),
            template: "T".into(),
            environments: vec!["Environments-1".into()],
            value: Some(Given::Plain(json!("new"))),
        };
        let (newer, _) = testing::server(|_, _| {
            json!({"TenantId": "Tenants-1", "Variables": [], "MissingVariables": [{"ProjectId": "Projects-1", "TemplateId": "T"}]})
        })
        .await;
        let became = set(&newer, None, true, "Tenants-1", vec![wanted()]).await;
        assert_eq!(became.ok().unwrap(), [Became::NotKept]);
        let (older, _) = testing::server(|_, _| {
            json!({"TenantId": "Tenants-1", "LibraryVariables": {}, "ProjectVariables": {
                "Projects-1": {"Templates": [{"Id": "T"}], "Variables": {"Environments-1": {}}}}})
        })
        .await;
        let became = set(&older, None, false, "Tenants-1", vec![wanted()]).await;
        assert_eq!(became.ok().unwrap(), [Became::NotKept]);
    }
}
