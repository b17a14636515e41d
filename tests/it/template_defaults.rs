//! Secret defaults of templates: the run of a tenant that has no value of its own reads them; where all tenants have one, nobody does, and that is
//! what the list says.

use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::space_file;

const PROJECTS: &str = "the-default-of-the-project";
const SETS: &str = "the-default-of-the-set";

/// A small space with two tenants: one has a value for `Web.Key` and none for `Shared.Key`, the other has both.
fn space(values_of_bow: bool) -> Value {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("small-web")).expect("the space")).expect("JSON");
    let template = |id: &str, name: &str| {
        json!({"Id": id, "Name": name, "Label": "", "HelpText": "", "DisplaySettings": {"Octopus.ControlType": "Sensitive"},
               "DefaultValue": {"HasValue": true, "NewValue": null, "Hint": null}})
    };
    let of_space = &mut dump["Documents"]["Spaces-2"];
    of_space["projects"]["Projects-1"]["Templates"] = json!([template("template-web", "Web.Key")]);
    of_space["projects"]["Projects-1"]["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
    of_space["libraryvariablesets"]["LibraryVariableSets-1"]["Templates"] =
        json!([template("template-shared", "Shared.Key")]);
    for (id, name, slug) in [("Tenants-1", "Arc", "arc"), ("Tenants-2", "Bow", "bow")] {
        of_space["tenants"][id] = json!({"Id": id, "Name": name, "Slug": slug, "SpaceId": "Spaces-2", "Description": "", "IsDisabled": false,
            "ClonedFromTenantId": "", "Icon": null, "TenantTags": [], "ProjectEnvironments": {"Projects-1": ["Environments-3"]}});
    }
    let mut values =
        vec![("Tenants-1", "ProjectId", "Projects-1", "template-web", json!(["Environments-3"]))];
    if values_of_bow {
        values.push(("Tenants-2", "ProjectId", "Projects-1", "template-web", json!(["Environments-3"])));
    }
    let mut secrets = vec![
        ("Projects-1".to_owned(), "Templates/template-web/DefaultValue".to_owned(), PROJECTS.to_owned()),
        (
            "LibraryVariableSets-1".to_owned(),
            "Templates/template-shared/DefaultValue".to_owned(),
            SETS.to_owned(),
        ),
    ];
    for (index, (tenant, field, owner, template, environments)) in values.into_iter().enumerate() {
        let id = format!("TenantVariables-{}", index + 1);
        of_space["tenantvariablevalues"][&id] = json!({"Id": id, "SpaceId": "Spaces-2", "TenantId": tenant, field: owner, "TemplateId": template,
            "EnvironmentIds": environments, "Value": {"HasValue": true, "NewValue": null, "Hint": null}});
        secrets.push((id.clone(), "Value".to_owned(), format!("value-of-{tenant}")));
    }
    for (id, path, value) in secrets {
        dump["Secrets"][id][path] = json!(value);
    }
    dump
}

/// The secret default of the document of this name at the destination.
fn default_there(journey: &Journey, collection: &str, name: &str) -> Option<String> {
    let dump = journey.destination.dump();
    let documents = dump["Documents"]["Spaces-2"][collection].as_object().expect("documents");
    let (id, document) =
        documents.iter().find(|(_, document)| document["Name"] == name).expect("it is there");
    let path = format!("Templates/{}/DefaultValue", document["Templates"][0]["Id"].as_str().expect("an id"));
    dump["Secrets"][id][path].as_str().map(str::to_owned)
}

#[test]
fn a_tenant_without_a_value_reads_them() {
    let options = Options {
        documents: vec![space(false)],
        sample_processes: true,
        keep_work: true,
        ..Options::default()
    };
    let journey = Journey::of(options, Options::default());
    let seeded = journey.seed();
    seeded.says("Deploy Tenant Secrets");
    journey.spread();
    let ended = journey.migrate(3);
    assert_eq!(default_there(&journey, "projects", "Letterbox Web").as_deref(), Some(PROJECTS));
    assert_eq!(default_there(&journey, "libraryvariablesets", "Letterbox shared").as_deref(), Some(SETS));
    let list = std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    assert!(!list.contains("Default of the template"), "{list}");
    let said = format!(
        "{}{}{list}{:?}{:?}",
        ended.stdout,
        ended.stderr,
        journey.source.process_samples(),
        journey.source.kept_work()
    );
    assert!(!said.contains(PROJECTS) && !said.contains(SETS), "a secret is seen");
    journey.unseed();
}

#[test]
fn where_all_have_a_value_that_is_said() {
    let options = Options { documents: vec![space(true)], ..Options::default() };
    let journey = Journey::of(options, Options::default());
    journey.seed();
    journey.spread();
    journey.migrate(3);
    assert_ne!(default_there(&journey, "projects", "Letterbox Web").as_deref(), Some(PROJECTS));
    assert_eq!(default_there(&journey, "libraryvariablesets", "Letterbox shared").as_deref(), Some(SETS));
    let list = std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    assert!(list.contains("Default of the template \"Web.Key\"") && list.contains("all have one"), "{list}");
}
