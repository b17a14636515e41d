//! What ties tenants to the module's project: links with environments, values for the project's templates, and, for finish, values for
//! the library sets that it includes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::text_value::by_control_type;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::read;
use crate::convert::model::*;
use crate::convert::names::label;
use crate::dead::chosen;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::document::Document;
use documents::tenancy::readable_in;
use module::manifest::{FinishStep, FinishValue, Scope, SecretOrigin, Target, TenantValueOwner};

const HEADING: &str = "Values that are secret, and values for library variable sets, are not here: octoferry sets them after the apply.";

pub(super) const KIND: Kind = Kind {
    collection: Collection::Tenants,
    noun: "tenant link",
    file: "tenants.tf",
    heading: Some(HEADING),
    belongs: |tenant, project| {
        tenant
            .get("ProjectEnvironments")
            .and_then(Value::as_object)
            .is_some_and(|links| links.contains_key(project))
    },
    keep: Some(keep),
    declare: Some(declare),
    expand: Some(expand),
    expands_to: &["octopusdeploy_tenant_project", "octopusdeploy_tenant_project_variable"],
    ..Kind::DEFAULT
};

const VALUE: &[Field] = &[
    ignored("TenantId", "the value is written with its tenant"),
    ignored("ProjectId", "the value is written with its project"),
    ignored("ProjectName", "the project's name again"),
    ignored("LibraryVariableSetId", "the value is written with its library set"),
    ignored("LibraryVariableSetName", "the library set's name again"),
    ignored("TemplateId", "the value is written with its template"),
    ignored("Template", "the template again"),
    ID,
    SPACE_ID,
];

/// What the module's links to tenants remember.
#[derive(Debug, Default)]
struct Linked {
    /// Tenants that are linked to the module's project: id → label of the link.
    tenants: BTreeMap<String, String>,
    /// Whether something asks for `local.template_ids`.
    needs_template_ids: bool,
}

/// What a value is at the source: one value may be for several environments, and becomes a resource when it is for one.
fn identity(value: &Document, environment: &str) -> String {
    format!("{}/{environment}", value.id())
}

fn keep(context: &mut Context<'_>, subject: &Subject<'_>) {
    let inventory = context.inventory;
    let mut ids = Vec::new();
    for value in inventory.of(Collection::TenantVariableValues, subject.document.id()) {
        let of_scope = value.get("Scope").and_then(|scope| scope["EnvironmentIds"].as_array());
        let environments = of_scope.map_or_else(|| value.list("EnvironmentIds"), Vec::as_slice);
        ids.extend(
            environments.iter().filter_map(Value::as_str).map(|environment| identity(value, environment)),
        );
    }
    context.names.keep(RESOURCE, ids.iter().map(String::as_str));
}

/// Remembers the tenants that are linked.
fn declare(context: &mut Context<'_>, subject: &Subject<'_>) {
    context.drawers.open::<Linked>().tenants.insert(subject.document.id().to_owned(), subject.label.clone());
}

/// A tenant's id: through its link where there is one, which gives the order, else looked up.
pub(super) fn tenant(context: &mut Context<'_>, at: &At, id: &str) -> Expr {
    match context.drawers.open::<Linked>().tenants.get(id) {
        Some(label) => link(label).attribute("tenant_id"),
        None => context.reference(at, Collection::Tenants, id),
    }
}

/// A tenant's value for a template of the project.
const RESOURCE: &str = "octopusdeploy_tenant_project_variable";

fn link(label: &str) -> Expr {
    Expr::reference("octopusdeploy_tenant_project").attribute(label)
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Scope::Project { id: project_id, .. } = context.scope.clone() else { return };
    let inventory = context.inventory;
    let Some(project) = inventory.get(Collection::Projects, &project_id) else { return };
    let tenant = subject.document;
    let at = subject.at.field("ProjectEnvironments").field(project.name());
    let environments =
        tenant.get("ProjectEnvironments").and_then(|links| links.get(&project_id)).and_then(Value::as_array);
    let mut block = Block::resource("octopusdeploy_tenant_project", &subject.label).made_of(tenant.id());
    let tenant_id = context.reference(&at, Collection::Tenants, tenant.id());
    block.set("tenant_id", tenant_id);
    let project_expression = context.reference(&at, Collection::Projects, &project_id);
    block.set("project_id", project_expression);
    let environments =
        context.references(&at, Collection::Environments, environments.map_or(&[][..], Vec::as_slice));
    block.set("environment_ids", environments);
    context.add(subject.file, block);
    // The provider writes the whole tenant to link it, without what it does not know.
    if let Some(icon) = tenant.get("Icon").filter(|icon| !icon.is_null()) {
        let icon = icon.clone();
        context.set(&subject.at.field("Icon"), &icon, NO_ARGUMENT);
    }

    let mut blocks: BTreeMap<String, Block> = BTreeMap::new();
    let selection = context.selection;
    let is_made =
        |value: &&Document| selection.makes_in_project(&project_id, Collection::TenantVariableValues, value);
    let mut values: Vec<&Document> =
        inventory.of(Collection::TenantVariableValues, tenant.id()).filter(is_made).collect();
    values.sort_by_key(|value| documents::ids::id_order(value.id()));
    for value in values {
        if value.text("ProjectId") == Some(project_id.as_str()) {
            project_value(context, subject, project, value, &mut blocks);
        } else if let Some(set) = included_set(context, project, value) {
            common_value(context, tenant, project, set, value);
        }
    }
    for block in blocks.into_values() {
        context.add(subject.file, block);
    }
}

/// The library set of a common value, when the project includes it.
fn included_set<'i>(context: &Context<'i>, project: &Document, value: &Document) -> Option<&'i Document> {
    let id = value.text("LibraryVariableSetId").filter(|id| !id.is_empty())?;
    project
        .texts("IncludedLibraryVariableSetIds")
        .any(|included| included == id)
        .then(|| context.inventory.get(Collection::LibraryVariableSets, id))
        .flatten()
}

/// A value of a tenant, as it is at the source.
struct Found<'d> {
    at: At,
    template: &'d Value,
    /// Ids of environments; empty for all.
    environments: Vec<String>,
    value: &'d Value,
}

/// Reads a value; a template that its owner does not have gets a note.
fn find<'d>(
    context: &mut Context<'_>,
    tenant: &Document,
    owner: &'d Document,
    value: &'d Document,
) -> Option<Found<'d>> {
    let template_id = value.text("TemplateId").unwrap_or_default();
    let template = owner.list("Templates").iter().find(|template| template["Id"] == template_id);
    let name = template.and_then(|template| template["Name"].as_str()).unwrap_or(template_id);
    let at = At {
        target: Target {
            collection: Collection::TenantVariableValues,
            key: vec![tenant.name().to_owned(), owner.name().to_owned(), name.to_owned()],
        },
        id: value.id().to_owned(),
        path: vec![Value::String("Value".to_owned())],
        prefix: String::new(),
        owner: format!("value of \"{name}\" for the tenant \"{}\"", tenant.name()),
    };
    let mut top = at.clone();
    top.path.clear();
    let (own, environments) = read(context, &top, value.fields(), |context, fields| {
        fields.carry(context, VALUE, &mut Block::default());
        let of_value = fields.list("EnvironmentIds");
        // Servers of today say it in a scope.
        let of_scope = fields.inside(context, "Scope", |_, scope| {
            scope.names().any(|name| name == "EnvironmentIds").then(|| scope.list("EnvironmentIds"))
        });
        (fields.take("Value"), of_scope.flatten().unwrap_or(of_value))
    });
    let Some(template) = template else {
        context.note(
            &at,
            "dangling",
            &format!(
                "is a value for the template {template_id}, which \"{}\" does not have; it is left out",
                owner.name()
            ),
            "",
        );
        return None;
    };
    let environments = environments.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Some(Found { at, template, environments, value: own })
}

impl Found<'_> {
    fn template_name(&self) -> &str {
        self.template["Name"].as_str().unwrap_or_default()
    }
}

fn environment_names(context: &Context<'_>, ids: &[String]) -> Vec<String> {
    let name = |id: &String| {
        let collection = context.inventory.collection_of(id)?;
        Some(context.inventory.get(collection, id)?.name().to_owned())
    };
    ids.iter().map(|id| name(id).unwrap_or_else(|| id.clone())).collect()
}

fn environments_at_source(context: &Context<'_>, ids: &[String]) -> Vec<String> {
    let name = |id: &String| {
        let collection = context.inventory.collection_of(id)?;
        let document = context.inventory.get(collection, id)?;
        Some(context.selection.source_name(collection, document).to_owned())
    };
    ids.iter().map(|id| name(id).unwrap_or_else(|| id.clone())).collect()
}

fn project_value(
    context: &mut Context<'_>,
    subject: &Subject<'_>,
    project: &Document,
    value: &Document,
    blocks: &mut BTreeMap<String, Block>,
) {
    let Some(found) = find(context, subject.document, project, value) else { return };
    let owner = TenantValueOwner::Project(project.name().to_owned());
    let text = match found.value {
        Value::String(text) => text.clone(),
        _ => return finish_value(context, subject.document, project, owner, &found),
    };
    // One resource is one environment for servers of either age: what holds for all or for several is for finish.
    let [environment] = found.environments.as_slice() else {
        return finish_value(context, subject.document, project, owner, &found);
    };
    // A project may come later than this one, and wait for it.
    if !unicode_normalization::is_nfc(&text) || context.is_another_project(&text) {
        return finish_value(context, subject.document, project, owner, &found);
    }
    let control =
        found.template["DisplaySettings"]["Octopus.ControlType"].as_str().unwrap_or_default().to_owned();
    context.drawers.open::<Linked>().needs_template_ids = true;
    let names = environment_names(context, &found.environments);
    let wanted = label(&format!("{}_{}_{}", subject.label, label(found.template_name()), label(&names[0])));
    let identity = identity(value, environment);
    let label = context.names.claim_for(&identity, RESOURCE, &wanted, &identity);
    let mut block = Block::resource(RESOURCE, &label).made_of(&identity);
    block.set("tenant_id", link(&subject.label).attribute("tenant_id"));
    block.set("project_id", link(&subject.label).attribute("project_id"));
    if let Some(environment) = context.target_of(environment) {
        context.made_part(&found.at.target, &[json!({ "Environment": environment })], &block.address());
    }
    let environment = context.reference(&found.at, Collection::Environments, environment);
    block.set("environment_id", environment);
    block.set("template_id", Expr::reference("local.template_ids").key(found.template_name()));
    let expression = by_control_type(context, &found.at, &control, &text);
    block.set("value", expression);
    blocks.insert(label, block);
}

/// A value for a library set: it needs the tenant's links and belongs to no project, so no module can hold it.
fn common_value(
    context: &mut Context<'_>,
    tenant: &Document,
    project: &Document,
    set: &Document,
    value: &Document,
) {
    if let Some(found) = find(context, tenant, set, value) {
        let owner = TenantValueOwner::LibraryVariableSet(set.name().to_owned());
        finish_value(context, tenant, project, owner, &found);
    }
}

/// Lets finish set the value; a secret one is read in the runs of the project for the tenant.
fn finish_value(
    context: &mut Context<'_>,
    tenant: &Document,
    project: &Document,
    owner: TenantValueOwner,
    found: &Found<'_>,
) {
    let environments = environment_names(context, &found.environments);
    let value = match found.value {
        Value::Object(secret) => {
            if secret.get("HasValue") != Some(&Value::Bool(true)) {
                return;
            }
            FinishValue::Secret(secret_entry(context, tenant, project, found))
        }
        other => {
            let control = found.template["DisplaySettings"]["Octopus.ControlType"].as_str();
            if let (Some(text), None) = (other.as_str(), control.and_then(chosen)) {
                context.note_followed(&found.at, text);
            }
            FinishValue::Json(context.portable(other))
        }
    };
    context.finish(FinishStep::TenantValue {
        tenant: tenant.name().to_owned(),
        owner,
        template: found.template_name().to_owned(),
        environments,
        value,
    });
}

fn secret_entry(
    context: &mut Context<'_>,
    tenant: &Document,
    project: &Document,
    found: &Found<'_>,
) -> String {
    let words: Vec<String> = std::iter::once(tenant.name())
        .chain(found.at.target.key.get(1).map(String::as_str))
        .chain([found.template_name()])
        .map(label)
        .chain(environment_names(context, &found.environments).iter().map(|name| label(name)))
        .collect();
    let wanted = label(&format!("tenant_{}", words.join("_")));
    let name = context.names.claim("variables", &wanted, &found.at.id);
    let mut description =
        format!("Value of \"{}\" for the tenant \"{}\"", found.template_name(), tenant.name());
    let names: Vec<String> =
        environment_names(context, &found.environments).iter().map(|name| format!("\"{name}\"")).collect();
    if !names.is_empty() {
        description.push_str(&format!(" in {}", names.join(", ")));
    }
    let readable = readable_in(tenant, project.id(), &found.environments);
    let because = if is_contested(context, tenant, project, found) {
        Some("the tenant has several values of this name in the project's runs")
    } else if readable.is_empty() {
        Some("no run of the project for this tenant has its environments")
    } else {
        None
    };
    let origin = match because {
        Some(because) => SecretOrigin::Person {
            octopus_variable: format!("Octoferry.Secret.{name}"),
            because: because.to_owned(),
        },
        None => SecretOrigin::Tenant {
            octopus_variable: found.template_name().to_owned(),
            // The run is one of the source, where things have their old names.
            tenant: context.selection.source_name(Collection::Tenants, tenant).to_owned(),
            environments: environments_at_source(context, &readable),
        },
    };
    context.record_secret(&found.at, name, description, false, origin)
}

/// Whether the tenant has a value for another template of this name that the project's runs see, without case: then nobody can tell which of
/// them a run reads. A value goes before variables and defaults of its name.
fn is_contested(context: &Context<'_>, tenant: &Document, project: &Document, found: &Found<'_>) -> bool {
    let sets = project
        .texts("IncludedLibraryVariableSetIds")
        .filter_map(|id| context.inventory.get(Collection::LibraryVariableSets, id));
    let same = |template: &&Value| {
        template["Name"].as_str().unwrap_or_default().to_lowercase() == found.template_name().to_lowercase()
            && template["Id"] != found.template["Id"]
    };
    let has_value = |template: &Value| {
        let mut values = context.inventory.of(Collection::TenantVariableValues, tenant.id());
        values.any(|value| value.text("TemplateId") == template["Id"].as_str())
    };
    std::iter::once(project).chain(sets).flat_map(|owner| owner.list("Templates")).filter(same).any(has_value)
}

/// `local.template_ids`: it stays known when the project changes, so no value is replaced.
pub(super) fn add_template_ids(context: &mut Context<'_>, project: &str) {
    if !context.drawers.open::<Linked>().needs_template_ids {
        return;
    }
    let Some(label) = context.label_of(project) else { return };
    let map = format!("{{ for x in octopusdeploy_project.{label}.template : x.name => x.id }}");
    context.add_after_comment(KIND.file, Block::new("locals", &[]).with("template_ids", Expr::Code(map)));
}
