//! Secret defaults of templates: a run for a tenant that has no value of its own sees the default under the template's name.

use serde_json::Value;

use crate::collection::Collection;
use crate::document::Document;
use crate::inventory::Inventory;

/// A template with a secret default, and the project or library set whose it is.
#[derive(Debug, Clone, Copy)]
pub struct SecretDefault<'i> {
    pub collection: Collection,
    pub owner: &'i Document,
    pub template: &'i Value,
}

/// The runs of a project that see a default.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader<'i> {
    pub tenant: &'i Document,
    /// Ids of the environments; never empty.
    pub environments: Vec<String>,
}

/// Why no run of a project sees a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// The project's runs don't know the template, or no tenant is linked to it.
    NoTenant,
    AllHaveValues,
    /// Something else of that name is there, too.
    Contested,
}

impl Unseen {
    /// As the reason why a person must give the secret.
    #[must_use]
    pub fn because(self) -> &'static str {
        match self {
            Self::NoTenant => {
                "only a run for a tenant reads the default of a template, and none is linked to a project with it"
            }
            Self::AllHaveValues => {
                "only a run for a tenant without a value of its own reads the default of a template, and all have one"
            }
            Self::Contested => {
                "in the runs that read the default of this template, something else has its name, too"
            }
        }
    }
}

/// All secret defaults of the space.
pub fn secret_defaults(inventory: &Inventory) -> impl Iterator<Item = SecretDefault<'_>> {
    [Collection::LibraryVariableSets, Collection::Projects].into_iter().flat_map(move |collection| {
        inventory.all(collection).flat_map(move |owner| {
            let secret = |template: &&Value| template["DefaultValue"]["HasValue"] == true;
            let templates = owner.list("Templates").iter().filter(secret);
            templates.map(move |template| SecretDefault { collection, owner, template })
        })
    })
}

impl<'i> SecretDefault<'i> {
    #[must_use]
    pub fn name(&self) -> &'i str {
        self.template["Name"].as_str().unwrap_or_default()
    }

    /// Whether runs of the project know the template.
    #[must_use]
    pub fn is_known_to(&self, project: &Document) -> bool {
        self.owner.id() == project.id()
            || project.texts("IncludedLibraryVariableSetIds").any(|id| id == self.owner.id())
    }

    /// The tenant whose runs of the project read it: one that has secrets of its own there needs such a run anyway, else the first by name.
    ///
    /// # Errors
    /// Why none does.
    pub fn reader(&self, inventory: &'i Inventory, project: &Document) -> Result<Reader<'i>, Unseen> {
        if !self.is_known_to(project) {
            return Err(Unseen::NoTenant);
        }
        let mut linked: Vec<(&Document, Vec<&str>)> = inventory
            .all(Collection::Tenants)
            .filter(|tenant| !tenant.flag("IsDisabled"))
            .map(|tenant| (tenant, environments_of(tenant, project)))
            .filter(|(_, environments)| !environments.is_empty())
            .collect();
        if linked.is_empty() {
            return Err(Unseen::NoTenant);
        }
        if self.is_contested(inventory, project) {
            return Err(Unseen::Contested);
        }
        linked.sort_by_key(|(tenant, _)| {
            let secret = |value: &Document| {
                value.get("Value").is_some_and(|value| value["HasValue"] == true)
                    && value.text("ProjectId") == Some(project.id())
            };
            let has_own = inventory.of(Collection::TenantVariableValues, tenant.id()).any(secret);
            (!has_own, tenant.name(), tenant.id())
        });
        linked
            .into_iter()
            .find_map(|(tenant, environments)| {
                let without = environments.into_iter().filter(|id| !self.has_value(inventory, tenant, id));
                let environments: Vec<String> = without.map(str::to_owned).collect();
                (!environments.is_empty()).then_some(Reader { tenant, environments })
            })
            .ok_or(Unseen::AllHaveValues)
    }

    /// Whether a tenant has a value for it in the environment.
    fn has_value(&self, inventory: &Inventory, tenant: &Document, environment: &str) -> bool {
        let mut values = inventory.of(Collection::TenantVariableValues, tenant.id());
        values.any(|value| {
            // Servers of today say the environments in a scope.
            let scope = value.get("Scope").and_then(|scope| scope["EnvironmentIds"].as_array());
            let environments = scope.map_or_else(|| value.list("EnvironmentIds"), Vec::as_slice);
            value.text("TemplateId") == self.template["Id"].as_str()
                && value.get("Value").is_some_and(|value| !value.is_null())
                && (environments.is_empty() || environments.iter().any(|id| id == environment))
        })
    }

    /// Whether the project's runs see something else of this name, without case: nobody can tell then what they read. Names that a run sets
    /// by itself count, too.
    fn is_contested(&self, inventory: &Inventory, project: &Document) -> bool {
        let name = self.name().to_lowercase();
        let sets = project
            .texts("IncludedLibraryVariableSetIds")
            .filter_map(|id| inventory.get(Collection::LibraryVariableSets, id));
        let same = |item: &Value| item["Name"].as_str().unwrap_or_default().to_lowercase() == name;
        name.starts_with("octopus")
            || name.starts_with("env:")
            || std::iter::once(project).chain(sets).any(|owner| {
                let variables = owner
                    .text("VariableSetId")
                    .and_then(|id| inventory.get(Collection::Variables, id))
                    .map_or(&[][..], |set| set.list("Variables"));
                let others = owner.list("Templates").iter().filter(|item| item["Id"] != self.template["Id"]);
                variables.iter().chain(others).any(same)
            })
    }
}

fn environments_of<'d>(tenant: &'d Document, project: &Document) -> Vec<&'d str> {
    let linked = tenant.get("ProjectEnvironments").and_then(|links| links.get(project.id()));
    linked.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn space(values: Vec<Value>, variables: Value) -> Inventory {
        let mut inventory = Inventory::default();
        let mut add = |collection, document: Value| {
            inventory.insert(collection, Document::new(document).unwrap());
        };
        add(
            Collection::LibraryVariableSets,
            json!({"Id": "LibraryVariableSets-1", "Name": "Stores", "Templates": [{"Id": "t", "Name": "Key", "DefaultValue": {"HasValue": true}}]}),
        );
        add(
            Collection::Projects,
            json!({"Id": "Projects-1", "Name": "Web", "VariableSetId": "variableset-Projects-1", "IncludedLibraryVariableSetIds": ["LibraryVariableSets-1"]}),
        );
        add(
            Collection::Variables,
            json!({"Id": "variableset-Projects-1", "OwnerId": "Projects-1", "Variables": variables}),
        );
        for (id, name) in [("Tenants-1", "Arc"), ("Tenants-2", "Bow")] {
            add(
                Collection::Tenants,
                json!({"Id": id, "Name": name, "ProjectEnvironments": {"Projects-1": ["E-1", "E-2"]}}),
            );
        }
        for (index, mut value) in values.into_iter().enumerate() {
            value["Id"] = json!(format!("TenantVariables-{index}"));
            value["LibraryVariableSetId"] = json!("LibraryVariableSets-1");
            value["TemplateId"] = json!("t");
            add(Collection::TenantVariableValues, value);
        }
        inventory
    }

    fn reader(inventory: &Inventory) -> Result<(&str, Vec<String>), Unseen> {
        let project = inventory.get(Collection::Projects, "Projects-1").unwrap();
        let default = secret_defaults(inventory).next().unwrap();
        default.reader(inventory, project).map(|reader| (reader.tenant.name(), reader.environments))
    }

    #[test]
    fn the_run_of_a_tenant_without_a_value_reads_it() {
        let own = |tenant: &str, environments: Value| json!({"TenantId": tenant, "EnvironmentIds": environments, "Value": "own"});
        assert_eq!(reader(&space(vec![], json!([]))), Ok(("Arc", vec!["E-1".to_owned(), "E-2".to_owned()])));
        assert_eq!(
            reader(&space(vec![own("Tenants-1", json!(["E-1"]))], json!([]))),
            Ok(("Arc", vec!["E-2".to_owned()]))
        );
        let of_today =
            json!({"TenantId": "Tenants-1", "Scope": {"EnvironmentIds": []}, "Value": {"HasValue": true}});
        assert_eq!(
            reader(&space(vec![of_today.clone(), own("Tenants-2", json!(["E-2"]))], json!([]))),
            Ok(("Bow", vec!["E-1".to_owned()]))
        );
        assert_eq!(
            reader(&space(vec![of_today, own("Tenants-2", json!([]))], json!([]))),
            Err(Unseen::AllHaveValues)
        );
        assert_eq!(reader(&space(vec![], json!([{"Name": "key"}]))), Err(Unseen::Contested));
    }
}
