//! What an option can name: the sorts of things, and the things of a sort that an inventory holds.

use serde_json::Value;

use crate::convert::lookups::FREEZES;
use crate::convert::model::Kind;
use crate::kinds;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// Where the things of a sort are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In the space's module.
    Shared,
    /// They have modules of their own.
    Projects,
    /// Documents of a project's module.
    OfProject,
    /// Parts of a document: the variables of a set, the steps of a process.
    Inside,
}

/// A sort of things.
#[derive(Debug, Clone)]
pub struct Sort {
    /// As the help and the messages call them: `environments`, `library_variable_sets`.
    pub list: String,
    /// One of them, for people.
    pub noun: &'static str,
    /// Collection of the documents, or of those that hold the parts.
    pub collection: Collection,
    pub of: fn(&Document) -> bool,
    pub home: Home,
    /// Whether another module can find them by name.
    pub can_be_looked_up: bool,
}

/// All sorts, those of a space first.
#[must_use]
pub fn sorts() -> Vec<Sort> {
    let shared = kinds::SPACE.iter().filter(|kind| kind.collection != Collection::Variables);
    let mut sorts: Vec<Sort> = shared.map(|kind| sort(kind, Home::Shared)).collect();
    for kind in kinds::PROJECT {
        match kind.collection {
            Collection::Projects => {
                sorts.push(Sort { can_be_looked_up: true, ..sort(kind, Home::Projects) });
            }
            Collection::Channels | Collection::Runbooks | Collection::ProjectTriggers => {
                sorts.push(sort(kind, Home::OfProject))
            }
            // Freezes go by one name, whether they are a project's own or not.
            Collection::DeploymentFreezes if kind.lookup.is_none() && kind.noun.starts_with("freeze") => {
                let list = FREEZES.to_owned();
                sorts.push(Sort { list, ..sort(kind, Home::OfProject) });
            }
            Collection::Variables => {
                let own = Sort { list: "variables".to_owned(), ..sort(kind, Home::Inside) };
                sorts.push(own);
            }
            _ => {}
        }
    }
    let library = kinds::SPACE.iter().filter(|kind| kind.collection == Collection::Variables);
    sorts.extend(library.map(|kind| sort(kind, Home::Inside)));
    for collection in [Collection::DeploymentProcesses, Collection::RunbookProcesses] {
        sorts.push(Sort {
            list: "steps".to_owned(),
            noun: "step",
            collection,
            of: |_| true,
            home: Home::Inside,
            can_be_looked_up: false,
        });
    }
    sorts.push(Sort {
        list: "tenant_variables".to_owned(),
        noun: "tenant variable",
        collection: Collection::TenantVariableValues,
        of: |_| true,
        home: Home::OfProject,
        can_be_looked_up: false,
    });
    sorts
}

fn sort(kind: &Kind, home: Home) -> Sort {
    let list = kind
        .lookup
        .map_or_else(|| plural(kind.noun).to_lowercase().replace(' ', "_"), |lookup| lookup.list.to_owned());
    Sort {
        list,
        noun: kind.noun,
        collection: kind.collection,
        of: kind.of,
        home,
        can_be_looked_up: kind.lookup.is_some(),
    }
}

/// `proxy` → `proxies`, `role of a team` → `roles of a team`.
#[must_use]
pub fn plural(noun: &str) -> String {
    let (first, rest) = match noun.find(" of ") {
        Some(at) => noun.split_at(at),
        None => (noun, ""),
    };
    match first.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies{rest}"),
        _ => format!("{first}s{rest}"),
    }
}

/// The sorts that a word of the command line names: by list, noun, or collection.
#[must_use]
pub fn named(word: &str) -> Vec<Sort> {
    let wanted = word.trim().to_lowercase().replace(['-', '_'], " ");
    let is_named = |sort: &Sort| {
        wanted == sort.list.replace('_', " ")
            || wanted == sort.noun.to_lowercase()
            || wanted == plural(sort.noun).to_lowercase()
    };
    let own: Vec<Sort> = sorts().into_iter().filter(is_named).collect();
    if !own.is_empty() {
        return own;
    }
    // People say targets, servers say machines.
    let collection = match wanted.as_str() {
        "target" | "targets" | "machine" => Collection::Machines,
        other => Collection::named(other),
    };
    sorts().into_iter().filter(|sort| sort.collection == collection).collect()
}

/// A thing that an option can name.
#[derive(Debug, Clone)]
pub struct Thing<'i> {
    pub collection: Collection,
    pub document: &'i Document,
    /// The name of the part, where the thing is inside its document.
    pub inside: Option<String>,
    pub name: String,
    /// Names of what it belongs to; `Owner/Name` names it too.
    pub owners: Vec<String>,
}

impl Thing<'_> {
    /// `Shop/Backup`, or only the name.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.owners.first().map_or_else(|| self.name.clone(), |owner| format!("{owner}/{}", self.name))
    }

    /// The tags that it carries.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let document = self.inside.is_none().then_some(self.document);
        let fields = document.into_iter().flat_map(|document| document.fields().iter());
        let lists =
            fields.filter(|(name, _)| name.ends_with("Tags")).filter_map(|(_, value)| value.as_array());
        lists.flatten().filter_map(Value::as_str)
    }
}

/// The things of a sort, in the order of the inventory.
#[must_use]
pub fn things<'i>(inventory: &'i Inventory, sort: &Sort) -> Vec<Thing<'i>> {
    let collection = sort.collection;
    let documents = inventory.all(collection).filter(|document| (sort.of)(document));
    let name_of = |collection: Collection, id: Option<&str>| {
        inventory.get(collection, id?).map(|document| document.name().to_owned())
    };
    let thing = |document: &'i Document, name: String, owners: Vec<String>| Thing {
        collection,
        document,
        inside: None,
        name,
        owners,
    };
    if sort.home == Home::Inside {
        return documents
            .filter(|document| is_live(collection, document))
            .flat_map(|document| parts(inventory, collection, document))
            .collect();
    }
    documents
        .map(|document| match collection {
            Collection::ScopedUserRoles => {
                let role = document.text("UserRoleId");
                let name = name_of(Collection::UserRoles, role)
                    .or_else(|| role.map(str::to_owned))
                    .unwrap_or_default();
                thing(
                    document,
                    name,
                    name_of(Collection::Teams, document.text("TeamId")).into_iter().collect(),
                )
            }
            Collection::OidcIdentities => {
                let account =
                    document.text("ServiceAccountId").and_then(|id| inventory.get(Collection::Users, id));
                let account = account.and_then(|user| user.text("Username")).map(str::to_owned);
                thing(document, document.name().to_owned(), account.into_iter().collect())
            }
            Collection::TenantVariableValues => {
                let owners = name_of(Collection::Tenants, document.text("TenantId")).into_iter().collect();
                thing(document, template_name(inventory, document), owners)
            }
            _ => {
                let owner = document.text("ProjectId").or(document.text("OwnerId"));
                thing(
                    document,
                    document.name().to_owned(),
                    name_of(Collection::Projects, owner).into_iter().collect(),
                )
            }
        })
        .collect()
}

/// The name of the template that a tenant's value is for.
fn template_name(inventory: &Inventory, value: &Document) -> String {
    let owner = |collection: Collection, field: &str| inventory.get(collection, value.text(field)?);
    let owner = owner(Collection::Projects, "ProjectId")
        .or_else(|| owner(Collection::LibraryVariableSets, "LibraryVariableSetId"));
    let id = value.text("TemplateId").unwrap_or_default();
    let templates = owner.map_or(&[][..], |owner| owner.list("Templates"));
    let template = templates.iter().find(|template| template["Id"] == id);
    template.and_then(|template| template["Name"].as_str()).unwrap_or(id).to_owned()
}

/// Frozen copies of snapshots have ids of their own.
fn is_live(collection: Collection, document: &Document) -> bool {
    let id = |prefix: &str, field: &str| {
        document.text(field).is_some_and(|of| document.id() == format!("{prefix}-{of}"))
    };
    match collection {
        Collection::Variables => id("variableset", "OwnerId"),
        Collection::RunbookProcesses => id("RunbookProcess", "RunbookId"),
        Collection::DeploymentProcesses => id("deploymentprocess", "ProjectId"),
        _ => true,
    }
}

fn parts<'i>(inventory: &'i Inventory, collection: Collection, document: &'i Document) -> Vec<Thing<'i>> {
    let name_of = |collection: Collection, field: &str| {
        inventory.get(collection, document.text(field)?).map(|document| document.name().to_owned())
    };
    let (list, owners) = if collection == Collection::Variables {
        let owner = name_of(Collection::Projects, "OwnerId")
            .or_else(|| name_of(Collection::LibraryVariableSets, "OwnerId"));
        ("Variables", owner.into_iter().collect())
    } else {
        let (project, runbook) =
            (name_of(Collection::Projects, "ProjectId"), name_of(Collection::Runbooks, "RunbookId"));
        let both = project.iter().zip(&runbook).map(|(project, runbook)| format!("{project}/{runbook}"));
        ("Steps", both.chain(runbook.clone()).chain(project.clone()).collect::<Vec<String>>())
    };
    let mut names: Vec<&str> = document.list(list).iter().filter_map(|part| part["Name"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let part = |name: &str| Thing {
        collection,
        document,
        inside: Some(name.to_owned()),
        name: name.to_owned(),
        owners: owners.clone(),
    };
    names.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(word: &str) -> Vec<String> {
        named(word).into_iter().map(|sort| sort.list).collect()
    }

    #[test]
    fn a_sort_goes_by_list_noun_and_collection() {
        for word in ["environments", "environment", "Environment"] {
            assert_eq!(lists(word), ["environments"]);
        }
        for word in ["library variable sets", "library_variable_sets", "library-variable-set"] {
            assert_eq!(lists(word), ["library_variable_sets"]);
        }
        assert_eq!(lists("libraryvariablesets"), ["script_modules", "library_variable_sets"]);
        assert_eq!(lists("targets"), ["deployment_targets"]);
        assert_eq!(lists("machines"), ["deployment_targets"]);
        assert_eq!(lists("variables"), ["variables"]);
        assert_eq!(lists("project variable"), ["variables"]);
        assert_eq!(lists("library variables"), ["library_variables"]);
        assert_eq!(lists("triggers"), ["triggers"]);
        assert_eq!(lists("proxies"), ["machine_proxies"]);
        assert_eq!(lists("deployment freezes"), ["deployment_freezes", "deployment_freezes"]);
        assert_eq!(lists("steps"), ["steps", "steps"]);
        assert_eq!(lists("gnomes"), [""; 0]);
    }

    #[test]
    fn nouns_have_plurals() {
        assert_eq!(plural("proxy"), "proxies");
        assert_eq!(plural("role of a team"), "roles of a team");
        assert_eq!(plural("subscription"), "subscriptions");
    }
}
