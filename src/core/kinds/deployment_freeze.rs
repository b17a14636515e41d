//! Deployment freezes: they belong to the server, and those that name things of the space go with it. The freeze is in the space's module;
//! each project's module adds the project, with environments and tenants, to it. A project's own freezes are in its module.

use serde_json::{Map, Value};

use crate::convert;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{is_empty, odd, read};
use crate::convert::lookups::FREEZES;
use crate::convert::model::*;
use crate::convert::names::label;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::document::Document;
use module::manifest::Scope;

const COLLECTION: Collection = Collection::DeploymentFreezes;
const FILE: &str = "freezes.tf";
/// The data source with this list needs a filter of its own: names of freezes may repeat on a server.
const LOOKUP: Lookup =
    Lookup { list: FREEZES, data_source: "octopusdeploy_deployment_freezes", noun: "deployment freeze" };
const ELSEWHERE: &str = "each project's own module adds its part";

fn is_owned(freeze: &Document) -> bool {
    freeze.text("OwnerId").is_some_and(|owner| !owner.is_empty())
}

/// Freezes that are for several projects or tenants.
pub(super) const OF_SPACE: Kind = Kind {
    collection: COLLECTION,
    noun: "deployment freeze",
    file: FILE,
    heading: Some(
        "Freezes belong to the server. The projects' modules add their projects, environments and tenants to them.",
    ),
    of: |freeze| !is_owned(freeze),
    shapes: &[Shape {
        resource: "octopusdeploy_deployment_freeze",
        fields: &[
            plain("Name"),
            finish("Description", NO_ARGUMENT),
            moment("Start"),
            moment("End"),
            finish(
                "RecurringSchedule",
                "the provider (1.17.0) fails on a freeze that recurs: \"Struct defines fields not found in object\"",
            ),
            ignored("ProjectEnvironmentScope", ELSEWHERE),
            ignored("TenantProjectEnvironmentScope", ELSEWHERE),
            ignored("OwnerId", "empty: the freeze is no project's own"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(LOOKUP),
    expand: Some(of_space),
    ..Kind::DEFAULT
};

/// The part of such a freeze that a project has.
pub(super) const PART: Kind = Kind {
    noun: "part of a deployment freeze",
    heading: None,
    belongs: |freeze, project| {
        let scope = freeze.get("ProjectEnvironmentScope").and_then(Value::as_object);
        scope.is_some_and(|scope| scope.contains_key(project))
            || freeze.list("TenantProjectEnvironmentScope").iter().any(|scope| scope["ProjectId"] == project)
    },
    shapes: &[],
    lookup: None,
    keep: Some(keep),
    expand: Some(part),
    expands_to: &["octopusdeploy_deployment_freeze_project", "octopusdeploy_deployment_freeze_tenant"],
    ..OF_SPACE
};

/// Freezes that are a project's own.
pub(super) const OF_PROJECT: Kind = Kind {
    collection: COLLECTION,
    noun: "freeze of the project",
    file: FILE,
    of: is_owned,
    belongs: |freeze, project| freeze.text("OwnerId") == Some(project),
    shapes: &[Shape {
        resource: "octopusdeploy_project_deployment_freeze",
        fields: &[
            reference("OwnerId", Collection::Projects),
            plain("Name"),
            finish("Description", NO_ARGUMENT),
            moment("Start"),
            moment("End"),
            custom("ProjectEnvironmentScope", own_environments).writes(&["environment_ids"]),
            custom("RecurringSchedule", recurring),
            by_code("TenantProjectEnvironmentScope"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    keep: Some(keep),
    expand: Some(of_project),
    expands_to: &["octopusdeploy_deployment_freeze_tenant"],
    ..Kind::DEFAULT
};

/// The provider has an argument and sends it on creation, which takes none (the API's reference): it would read back nothing.
fn recurring(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    if !is_empty(value) {
        context.set(at, value, "only an update takes it");
        block.ignore_changes("recurring_schedule");
    }
}

fn own_environments(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    let Scope::Project { id: project, .. } = context.scope.clone() else { return };
    for (id, environments) in value.as_object().into_iter().flatten() {
        match environments {
            Value::Array(ids) if *id == project => {
                let expressions = context.references(at, Collection::Environments, ids);
                block.set("environment_ids", expressions);
            }
            other => odd(context, &at.field(id), other),
        }
    }
}

fn of_space(context: &mut Context<'_>, subject: &Subject<'_>) {
    let document = subject.document;
    if several(context, document) {
        context.note(
            &subject.at,
            "same-name",
            "there are several freezes of this name, and only names tell them apart at the destination: the scopes of all go to one of them",
            "Give them names of their own at the source, and serialize again.");
    }
    if is_empty(document.get("RecurringSchedule").unwrap_or(&Value::Null)) {
        let block = convert::resource(context, &OF_SPACE, &OF_SPACE.shapes[0], subject);
        return convert::make(context, &OF_SPACE, subject, block);
    }
    // Known to the table, but to be made as a whole.
    let mut wanted = Map::new();
    read(context, &subject.at, document.fields(), |_, fields| {
        for name in fields.names() {
            if matches!(name, "Name" | "Description" | "Start" | "End" | "RecurringSchedule") {
                wanted.insert(name.to_owned(), fields.take(name).clone());
            }
        }
        fields.ignore_all(OF_SPACE.shapes[0].fields, "as the table says");
    });
    context.finish_document(subject.at.target.clone(), subject.document.id(), Value::Object(wanted));
}

fn several(context: &Context<'_>, freeze: &Document) -> bool {
    let same = |other: &&Document| !is_owned(other) && other.name() == freeze.name();
    context.inventory.all(COLLECTION).filter(same).count() > 1
}

fn part(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Scope::Project { id: project, .. } = context.scope.clone() else { return };
    context.need(COLLECTION, subject.document.id(), "");
    context.share_freeze(COLLECTION, subject.document);
    let freeze = context.lookups.name(LOOKUP, subject.document.name());
    let at = subject.at.field("ProjectEnvironmentScope");
    let scope = subject.document.get("ProjectEnvironmentScope").and_then(Value::as_object);
    let environments = scope.and_then(|scope| scope.get(&project)).and_then(Value::as_array);
    if environments.is_some_and(Vec::is_empty) {
        // The provider refuses it (1.17.0, `schemas/deployment_freeze_project.go`, `SizeAtLeast(1)`).
        let text = "names the project without an environment, which freezes nothing";
        let is_empty = |environments: &Value| environments.as_array().is_none_or(Vec::is_empty);
        let has_others = scope.is_some_and(|scope| !scope.values().all(is_empty))
            || !subject.document.list("TenantProjectEnvironmentScope").is_empty();
        // One that freezes nothing at all is none of the space's at the destination.
        context.note(if has_others { &at } else { &subject.at }, "not-carried", text, "");
    }
    if let Some(environments) = environments.filter(|environments| !environments.is_empty()) {
        let mut block = Block::resource("octopusdeploy_deployment_freeze_project", &subject.label)
            .made_of(subject.document.id());
        block.set("deploymentfreeze_id", freeze.clone());
        let project = context.reference(&at, Collection::Projects, &project);
        block.set("project_id", project);
        let environments = context.references(&at, Collection::Environments, environments);
        block.set("environment_ids", environments);
        context.add(subject.file, block);
    }
    let scopes = subject.document.list("TenantProjectEnvironmentScope");
    tenants(context, subject, scopes, &project, &freeze);
}

fn of_project(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Scope::Project { id: project, .. } = context.scope.clone() else { return };
    read(context, &subject.at, subject.document.fields(), |context, fields| {
        let block = convert::resource_of(context, &OF_PROJECT, &OF_PROJECT.shapes[0], subject, fields);
        let freeze = Expr::reference(&block.address()).attribute("id");
        convert::make(context, &OF_PROJECT, subject, block);
        tenants(context, subject, fields.list("TenantProjectEnvironmentScope"), &project, &freeze);
    });
}

/// Where the labels of the tenants of freezes must differ.
const TENANTS: &str = "freeze tenants";

/// What the part of a freeze that is for a tenant is at the source.
fn identity(subject: &Subject<'_>, scope: &Value) -> String {
    let text = |field: &str| scope[field].as_str().unwrap_or_default();
    format!("{}/{}/{}", subject.document.id(), text("TenantId"), text("EnvironmentId"))
}

fn keep(context: &mut Context<'_>, subject: &Subject<'_>) {
    let scopes = subject.document.list("TenantProjectEnvironmentScope").iter();
    let ids: Vec<String> = scopes.map(|scope| identity(subject, scope)).collect();
    context.names.keep(TENANTS, ids.iter().map(String::as_str));
}

/// A resource for each tenant and environment, one after the other: each writes the whole freeze.
fn tenants(context: &mut Context<'_>, subject: &Subject<'_>, scopes: &[Value], project: &str, freeze: &Expr) {
    let at = subject.at.field("TenantProjectEnvironmentScope");
    let inventory = context.inventory;
    let name = |collection: Collection, id: &str| {
        inventory.get(collection, id).map_or(id, Document::name).to_owned()
    };
    for scope in scopes {
        if scope["ProjectId"] != project {
            continue;
        }
        let (Some(tenant), Some(environment)) = (scope["TenantId"].as_str(), scope["EnvironmentId"].as_str())
        else {
            odd(context, &at, scope);
            continue;
        };
        let words = [name(Collection::Tenants, tenant), name(Collection::Environments, environment)];
        let wanted = format!("{}_{}_{}", subject.label, label(&words[0]), label(&words[1]));
        let identity = identity(subject, scope);
        let distinct = format!("{}{tenant}{environment}", subject.at.id);
        let label = context.names.claim_for(&identity, TENANTS, &wanted, &distinct);
        let mut block = Block::resource("octopusdeploy_deployment_freeze_tenant", &label).made_of(&identity);
        block.set("deploymentfreeze_id", freeze.clone());
        let tenant = super::tenant_link::tenant(context, &at, tenant);
        block.set("tenant_id", tenant);
        let project = context.reference(&at, Collection::Projects, project);
        block.set("project_id", project);
        let environment = context.reference(&at, Collection::Environments, environment);
        block.set("environment_id", environment);
        context.add(subject.file, block);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::{convert, convert_project};

    fn freezes() -> serde_json::Value {
        json!({"deploymentfreezes": [
            {"Id": "DeploymentFreezes-1", "Name": "Regatta", "Description": "No boats.", "Start": "2031-06-01T08:00:00.000Z", "End": "2031-06-03T08:00:00Z", "OwnerId": null, "RecurringSchedule": null,
             "ProjectEnvironmentScope": {"Projects-1": ["Environments-1"], "Projects-404": ["Environments-1"]},
             "TenantProjectEnvironmentScope": [{"TenantId": "Tenants-1", "ProjectId": "Projects-1", "EnvironmentId": "Environments-1"}], "UnheardOf": 1},
            {"Id": "DeploymentFreezes-2", "Name": "Nights", "Description": "Sleep.", "Start": "2031-06-01T20:00:00Z", "End": "2031-06-02T05:00:00Z", "ProjectEnvironmentScope": {"Projects-1": []},
             "RecurringSchedule": {"Type": "Daily", "Unit": 1, "EndType": "Never"}, "UnheardOf": 1},
            {"Id": "DeploymentFreezes-3", "Name": "Painting", "Description": "Wet.", "Start": "2031-04-01T08:00:00Z", "End": "2031-04-01T18:00:00Z", "OwnerId": "Projects-1",
             "ProjectEnvironmentScope": {"Projects-1": ["Environments-1"]}, "TenantProjectEnvironmentScope": [],
             "RecurringSchedule": {"Type": "Weekly", "Unit": 2, "UserUtcOffsetInMinutes": 60, "EndType": "AfterOccurrences", "EndAfterOccurrences": 6, "DaysOfWeek": ["Monday"], "UnheardOf": 1}},
            {"Id": "DeploymentFreezes-4", "Name": "Once", "Start": "2031-04-01T08:00:00Z", "End": "2031-04-01T18:00:00Z", "OwnerId": "Projects-1"}
        ]})
    }

    #[test]
    fn freezes_of_the_space() {
        expect![[r##"
            # Freezes belong to the server. The projects' modules add their projects, environments and tenants to them.

            resource "octopusdeploy_deployment_freeze" "regatta" {
              name  = "Regatta"
              start = "2031-06-01T08:00:00Z"
              end   = "2031-06-03T08:00:00Z"
            }
            --- finish {"do":"document","target":{"collection":"deploymentfreezes","key":["Nights"]},"document":{"Name":"Nights","Description":"Sleep.","Start":"2031-06-01T20:00:00Z","End":"2031-06-02T05:00:00Z","RecurringSchedule":{"Type":"Daily","Unit":1,"EndType":"Never"}}}
            --- finish {"do":"set","target":{"collection":"deploymentfreezes","key":["Regatta"]},"path":["Description"],"value":{"json":"No boats."}}
            --- note unknown-field ["Nights"] UnheardOf: holds a number, and octoferry does not know this field: it is not carried
            --- note unknown-field ["Regatta"] UnheardOf: holds a number, and octoferry does not know this field: it is not carried
        "##]].assert_eq(&convert("freezes.tf", &freezes()));
    }

    #[test]
    fn freezes_of_a_project() {
        expect![[r#"
            resource "octopusdeploy_deployment_freeze_project" "regatta" {
              deploymentfreeze_id = local.deployment_freezes["Regatta"]
              project_id          = octopusdeploy_project.tickets.id
              environment_ids     = [local.environments["Production"]]
            }

            resource "octopusdeploy_deployment_freeze_tenant" "regatta_prairie_glow_production" {
              deploymentfreeze_id = local.deployment_freezes["Regatta"]
              tenant_id           = local.tenants["Prairie Glow"]
              project_id          = octopusdeploy_project.tickets.id
              environment_id      = local.environments["Production"]
            }

            resource "octopusdeploy_project_deployment_freeze" "once" {
              owner_id = octopusdeploy_project.tickets.id
              name     = "Once"
              start    = "2031-04-01T08:00:00Z"
              end      = "2031-04-01T18:00:00Z"
            }

            resource "octopusdeploy_project_deployment_freeze" "painting" {
              owner_id        = octopusdeploy_project.tickets.id
              name            = "Painting"
              start           = "2031-04-01T08:00:00Z"
              end             = "2031-04-01T18:00:00Z"
              environment_ids = [local.environments["Production"]]

              lifecycle {
                ignore_changes = [recurring_schedule]
              }
            }
            --- finish {"do":"set","target":{"collection":"deploymentfreezes","key":["Tickets","Painting"]},"path":["Description"],"value":{"json":"Wet."}}
            --- finish {"do":"set","target":{"collection":"deploymentfreezes","key":["Tickets","Painting"]},"path":["RecurringSchedule"],"value":{"json":{"Type":"Weekly","Unit":2,"UserUtcOffsetInMinutes":60,"EndType":"AfterOccurrences","EndAfterOccurrences":6,"DaysOfWeek":["Monday"],"UnheardOf":1}}}
            --- note not-carried ["Nights"] : names the project without an environment, which freezes nothing
        "#]].assert_eq(&convert_project("freezes.tf", &freezes()));
    }
}
