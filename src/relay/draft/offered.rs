//! What a tenant could have values for by links that are not sent yet: the provider (1.17.0) makes a value only of a template that the server offers to
//! the tenant, and a server offers those of the projects that it knows the tenant to be linked to, and of the library sets that these include.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::kind::{Kind, by_id, id, is_equal, parts};
use super::send::noted;
use super::{All, Draft, Key};
use crate::relay::Shared;
use crate::relay::address::Address;
use crate::relay::passing::Passed;
use crate::relay::request::Request;

/// The draft of the tenant that these values are of.
pub(super) fn tenant_of((_, path): &Key) -> Key {
    (Kind::Tenant, path.rsplit_once('/').map_or("", |(tenant, _)| tenant).to_owned())
}

impl Draft {
    /// The links of a tenant that the server does not know as they are.
    fn new_links(&self) -> Vec<Value> {
        let known = by_id(parts(Kind::Tenant, &self.base));
        let is_known = |link: &&Value| known.get(id(link)).is_some_and(|known| is_equal(known, link));
        parts(Kind::Tenant, &self.now).iter().filter(|link| !is_known(link)).cloned().collect()
    }
}

impl Shared {
    /// A tenant's values as the server will show them when it knows the links.
    pub(super) async fn values(&self, all: &mut All, key: &Key, read: &Request, asked: &Address) -> Passed {
        let tenant = all.documents.get(&tenant_of(key)).filter(|draft| draft.is_unsent);
        let links = tenant.map(Draft::new_links).unwrap_or_default();
        // Assumption: a tenant that is linked to no project has no values.
        let is_assumed = tenant.is_some_and(|tenant| parts(Kind::Tenant, &tenant.base).is_empty());
        if !all.documents.get(key).is_some_and(|draft| draft.is_unsent) {
            let tenant = read.address.asked(1);
            let nothing = match key.0 {
                Kind::Values => {
                    json!({"TenantId": tenant, "LibraryVariables": {}, "ProjectVariables": {}})
                }
                _ => json!({"TenantId": tenant, "Variables": [], "MissingVariables": []}),
            };
            let passed = if is_assumed {
                Passed::json(StatusCode::OK, nothing.to_string().into())
            } else {
                self.through(read.clone()).await
            };
            let passed = noted(all, key.clone(), read, passed, asked);
            if passed.status != StatusCode::OK || links.is_empty() {
                return passed;
            }
        }
        let Some(draft) = all.documents.get_mut(key) else {
            return Passed::refusal(StatusCode::BAD_GATEWAY, "the values are not there");
        };
        draft.is_assumed |= is_assumed && !draft.is_unsent;
        for link in links {
            if !draft.offered.contains(&link) {
                self.offer(draft.now.change(), key.0, &link, read).await;
                draft.offered.push(link);
            }
        }
        self.log.drafted();
        Passed::json(StatusCode::OK, draft.now.shown(key.0, asked.query()))
    }

    /// Adds what a tenant could have values for by one link.
    async fn offer(&self, values: &mut Value, kind: Kind, link: &Value, read: &Request) {
        let prefix = &read.address.prefix;
        let project = read.reading(&format!("{prefix}/projects/{}", id(link)));
        let Some(project) = self.document(project).await else { return };
        if kind != Kind::CommonValues {
            offer_of_project(values, kind, &project, link);
        }
        if kind == Kind::ProjectValues {
            return;
        }
        for set in project["IncludedLibraryVariableSetIds"].as_array().into_iter().flatten() {
            let path = format!("{prefix}/libraryvariablesets/{}", set.as_str().unwrap_or_default());
            if let Some(set) = self.document(read.reading(&path)).await {
                offer_of_set(values, kind, &set, link);
            }
        }
    }

    /// Whose templates are offered: as it is remembered, since the server has the last word when the values are sent.
    pub(super) async fn document(&self, read: Request) -> Option<Value> {
        if let Some(known) = self.remember.known(&read.address) {
            return Some(known);
        }
        let read = self.through(read).await;
        serde_json::from_slice(&read.body).ok().filter(|_| read.status == StatusCode::OK)
    }
}

fn templates(owner: &Value) -> &[Value] {
    owner["Templates"].as_array().map_or(&[], Vec::as_slice)
}

fn offer_of_project(values: &mut Value, kind: Kind, project: &Value, link: &Value) {
    if kind == Kind::ProjectValues {
        return offer_each(values, ["ProjectId", "ProjectName"], project, link);
    }
    let owner = &mut values["ProjectVariables"][id(link)];
    if !owner.is_object() {
        *owner = json!({"ProjectId": project["Id"], "ProjectName": project["Name"], "Templates": project["Templates"], "Variables": {}});
    }
    let environments = link["EnvironmentIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for environment in environments {
        if !owner["Variables"][environment].is_object() {
            owner["Variables"][environment] = json!({});
        }
    }
}

fn offer_of_set(values: &mut Value, kind: Kind, set: &Value, link: &Value) {
    if kind == Kind::CommonValues {
        return offer_each(values, ["LibraryVariableSetId", "LibraryVariableSetName"], set, link);
    }
    let owner = &mut values["LibraryVariables"][set["Id"].as_str().unwrap_or_default()];
    if !owner.is_object() && !templates(set).is_empty() {
        *owner = json!({"LibraryVariableSetId": set["Id"], "LibraryVariableSetName": set["Name"], "Templates": set["Templates"], "Variables": {}});
    }
}

/// The newer routes list what has no value; what has one is there already.
fn offer_each(values: &mut Value, [id_field, name_field]: [&str; 2], owner: &Value, link: &Value) {
    for template in templates(owner) {
        let is_it = |value: &&Value| value[id_field] == owner["Id"] && value["TemplateId"] == template["Id"];
        let lists = [&values["Variables"], &values["MissingVariables"]];
        if lists.into_iter().filter_map(Value::as_array).flatten().any(|value| is_it(&value)) {
            continue;
        }
        let offered = json!({
            "Id": null, id_field: owner["Id"], name_field: owner["Name"], "TemplateId": template["Id"], "Template": template,
            "Value": null, "Scope": {"EnvironmentIds": link["EnvironmentIds"]},
        });
        match values["MissingVariables"].as_array_mut() {
            Some(missing) => missing.push(offered),
            None => values["MissingVariables"] = json!([offered]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_offers_the_templates_of_its_project_once() {
        let project = json!({"Id": "Projects-1", "Name": "Shop", "Templates": [{"Id": "t1", "Name": "a"}, {"Id": "t2", "Name": "b"}]});
        let link = json!({"Id": "Projects-1", "EnvironmentIds": ["Environments-1"]});
        let known = json!({"Id": "TenantVariables-1", "ProjectId": "Projects-1", "TemplateId": "t1"});
        let mut values = json!({"TenantId": "Tenants-1", "Variables": [known]});
        for _ in 0..2 {
            offer_of_project(&mut values, Kind::ProjectValues, &project, &link);
        }
        assert_eq!(
            values["MissingVariables"],
            json!([{"Id": null, "ProjectId": "Projects-1", "ProjectName": "Shop", "TemplateId": "t2", "Template": {"Id": "t2", "Name": "b"},
                "Value": null, "Scope": {"EnvironmentIds": ["Environments-1"]}}])
        );
        let mut values = json!({"ProjectVariables": {}, "LibraryVariables": {}});
        offer_of_project(&mut values, Kind::Values, &project, &link);
        offer_of_set(
            &mut values,
            Kind::Values,
            &json!({"Id": "LibraryVariableSets-1", "Templates": []}),
            &link,
        );
        let of_project = &values["ProjectVariables"]["Projects-1"];
        assert_eq!(
            (&of_project["Variables"], &of_project["Templates"]),
            (&json!({"Environments-1": {}}), &project["Templates"])
        );
        assert!(!values["LibraryVariables"]["LibraryVariableSets-1"].is_object());
    }
}
