//! The resource types: which there are, and where each one's create, read, update and delete stands.

mod account;
mod channel;
mod document;
mod feed;
mod freeze;
mod infrastructure;
mod machine_policy;
mod order;
mod people;
mod process;
mod project;
mod project_part;
mod retention;
mod script_module;
mod shared;
mod step;
mod tag;
mod target;
mod template;
mod templated_step;
mod tenant;
mod tenant_variable;
mod trigger;
mod variable;

use std::sync::Mutex;

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};

use crate::http::Api;
use crate::schema::Block;
use crate::value::Value;

/// One request of Terraform: the type, its schema, the state before.
pub struct Call<'a> {
    pub api: &'a Api,
    pub type_name: &'a str,
    pub block: &'a Block,
    /// The state before (a data source: its configuration); null at a create.
    pub state: Json,
    /// The configuration, at a create or update.
    pub config: Json,
    warnings: Mutex<Vec<String>>,
}

impl<'a> Call<'a> {
    pub fn new(api: &'a Api, type_name: &'a str, block: &'a Block, state: Json) -> Self {
        Self { api, type_name, block, state, config: Json::Null, warnings: Mutex::default() }
    }

    /// The address below the space that the value names, else the provider's.
    pub fn s(&self, value: &Json, rest: &str) -> String {
        self.api.s(text(value, "space_id"), rest)
    }

    /// Says something to the person without failing.
    pub fn warn(&self, warning: String) {
        self.warnings.lock().expect("no holder of this lock panics").push(warning);
    }

    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().expect("no holder of this lock panics"))
    }
}

/// A member as text; "" when there is none.
pub fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// The items of a member that is a list.
pub fn items<'j>(json: &'j Json, name: &str) -> &'j [Json] {
    json.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// How a type is carried out.
enum Kind {
    /// One document of a collection.
    Document(document::Document),
    Tag,
    Variable,
    ScriptModule,
    Project,
    VersioningStrategy,
    BuiltInTrigger,
    Process,
    Step,
    TemplatedStep,
    Order,
    Retention(&'static str),
    TenantProject,
    TenantVariable,
    CommunityStepTemplate,
    FreezePart(freeze::Part),
}

fn kind(type_name: &str) -> Option<Kind> {
    let name = type_name.strip_prefix("octopusdeploy_")?;
    Some(match name {
        "tag" => Kind::Tag,
        "variable" => Kind::Variable,
        "script_module" => Kind::ScriptModule,
        "project" => Kind::Project,
        "project_versioning_strategy" => Kind::VersioningStrategy,
        "built_in_trigger" => Kind::BuiltInTrigger,
        "process" => Kind::Process,
        "process_step" | "process_child_step" => Kind::Step,
        "process_templated_step" | "process_templated_child_step" => Kind::TemplatedStep,
        "process_steps_order" | "process_child_steps_order" => Kind::Order,
        "space_default_lifecycle_release_retention_policy" => Kind::Retention("LifecycleRelease"),
        "space_default_lifecycle_tentacle_retention_policy" => Kind::Retention("LifecycleTentacle"),
        "space_default_runbook_retention_policy" => Kind::Retention("RunbookRetention"),
        "tenant_project" => Kind::TenantProject,
        "tenant_project_variable" | "tenant_common_variable" => Kind::TenantVariable,
        "community_step_template" => Kind::CommunityStepTemplate,
        "deployment_freeze_project" => Kind::FreezePart(freeze::Part::Project),
        "deployment_freeze_tenant" => Kind::FreezePart(freeze::Part::Tenant),
        _ => Kind::Document(
            account::document(name)
                .or_else(|| feed::document(name))
                .or_else(|| infrastructure::document(name))
                .or_else(|| shared::document(name))
                .or_else(|| target::document(name))
                .or_else(|| people::document(name))
                .or_else(|| freeze::document(name))
                .or_else(|| trigger::document(name))?,
        ),
    })
}

/// Whether the stand-in has this type.
pub fn is_built(type_name: &str) -> bool {
    kind(type_name).is_some()
}

fn needed(type_name: &str) -> Result<Kind> {
    let Some(kind) = kind(type_name) else { bail!("{type_name} is not built in the stand-in provider") };
    Ok(kind)
}

/// Makes the thing; answers its state.
///
/// # Errors
/// What the server says.
pub async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    match needed(call.type_name)? {
        Kind::Document(document) => document.create(call, plan).await,
        Kind::Tag => tag::create(call, plan).await,
        Kind::Variable => variable::create(call, plan).await,
        Kind::ScriptModule => script_module::create(call, plan).await,
        Kind::Project => project::create(call, plan).await,
        Kind::VersioningStrategy => project_part::write_versioning(call, plan).await,
        Kind::BuiltInTrigger => project_part::write_built_in_trigger(call, plan).await,
        Kind::Process => process::find(call, plan).await,
        Kind::Step => step::create(call, plan).await,
        Kind::TemplatedStep => templated_step::create(call, plan).await,
        Kind::Order => order::write(call, plan).await,
        Kind::Retention(kind) => retention::write(call, plan, kind).await,
        Kind::TenantProject => tenant::link(call, plan).await,
        Kind::TenantVariable => tenant_variable::write(call, plan).await,
        Kind::CommunityStepTemplate => template::install(call, plan).await,
        Kind::FreezePart(part) => freeze::write(call, plan, part).await,
    }
}

/// Reads the thing of `call.state`; `None`: it is not there any more.
///
/// # Errors
/// What the server says.
pub async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    match needed(call.type_name)? {
        Kind::Document(document) => document.read(call).await,
        Kind::Tag => tag::read(call).await,
        Kind::Variable => variable::read(call).await,
        Kind::ScriptModule => script_module::read(call).await,
        Kind::Project => project::read(call).await,
        Kind::VersioningStrategy => project_part::read_versioning(call).await,
        Kind::BuiltInTrigger => project_part::read_built_in_trigger(call).await,
        Kind::Process => process::find(call, &call.state).await.map(Some),
        Kind::Step => step::read(call).await,
        Kind::TemplatedStep => templated_step::read(call).await,
        Kind::Order => order::read(call).await,
        Kind::Retention(kind) => retention::read(call, kind).await,
        Kind::TenantProject => tenant::read_link(call).await,
        Kind::TenantVariable => tenant_variable::read(call).await,
        Kind::CommunityStepTemplate => template::read_installed(call).await,
        Kind::FreezePart(part) => freeze::read(call, part).await,
    }
}

/// Changes the thing of `call.state` to the plan.
///
/// # Errors
/// What the server says.
pub async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    match needed(call.type_name)? {
        Kind::Document(document) => {
            let updated = document.update(call, plan).await?;
            if call.type_name == "octopusdeploy_team" {
                people::delete_roles(call).await?;
            }
            Ok(updated)
        }
        Kind::Tag => tag::update(call, plan).await,
        Kind::Variable => variable::update(call, plan).await,
        Kind::ScriptModule => script_module::update(call, plan).await,
        Kind::Project => project::update(call, plan).await,
        Kind::VersioningStrategy => project_part::write_versioning(call, plan).await,
        Kind::BuiltInTrigger => project_part::write_built_in_trigger(call, plan).await,
        Kind::Process | Kind::CommunityStepTemplate => Ok(plan.clone()),
        Kind::Step => step::update(call, plan).await,
        Kind::TemplatedStep => templated_step::update(call, plan).await,
        Kind::Order => order::write(call, plan).await,
        Kind::Retention(kind) => retention::write(call, plan, kind).await,
        Kind::TenantProject => tenant::link(call, plan).await,
        Kind::TenantVariable => tenant_variable::write(call, plan).await,
        Kind::FreezePart(part) => {
            if matches!(part, freeze::Part::Tenant) {
                freeze::delete(call, part).await?;
            }
            freeze::write(call, plan, part).await
        }
    }
}

/// Deletes the thing of `call.state`.
///
/// # Errors
/// What the server says.
pub async fn delete(call: &Call<'_>) -> Result<()> {
    match needed(call.type_name)? {
        Kind::Document(document) => document.delete(call).await,
        Kind::Tag => tag::delete(call).await,
        Kind::Variable => variable::delete(call).await,
        Kind::ScriptModule => script_module::delete(call).await,
        Kind::Project => {
            call.api.delete(&call.s(&call.state, &format!("projects/{}", text(&call.state, "id")))).await
        }
        Kind::VersioningStrategy => project_part::delete_versioning(call).await,
        Kind::BuiltInTrigger => project_part::delete_built_in_trigger(call).await,
        Kind::Step | Kind::TemplatedStep => step::delete(call).await,
        // These leave the server as it is.
        Kind::Process | Kind::Order | Kind::Retention(_) => Ok(()),
        Kind::TenantProject => tenant::unlink(call).await,
        Kind::TenantVariable => tenant_variable::delete(call).await,
        Kind::FreezePart(part) => freeze::delete(call, part).await,
        Kind::CommunityStepTemplate => {
            call.api
                .delete(&call.s(&call.state, &format!("actiontemplates/{}", text(&call.state, "id"))))
                .await
        }
    }
}

/// What a plan needs from the server: the parameters of a step's template, the steps that an order leaves out.
///
/// # Errors
/// What the server says.
pub async fn adjust_plan(call: &Call<'_>, planned: Value, prior: &Value) -> Result<Value> {
    match needed(call.type_name)? {
        Kind::TemplatedStep if !prior.is_null() => templated_step::adjust_plan(call, planned).await,
        Kind::Order => order::look_at(call, &planned).await.map(|()| planned),
        _ => Ok(planned),
    }
}

/// The state that an import starts from; the read that follows fills it.
///
/// # Errors
/// When the id has not the form that the type wants.
pub fn import(type_name: &str, id: &str) -> Result<Json> {
    let parts: Vec<&str> = id.split(':').collect();
    let name = type_name.trim_start_matches("octopusdeploy_");
    Ok(match (name, parts.as_slice()) {
        ("variable", [owner, variable]) => json!({"owner_id": owner, "id": variable}),
        ("lifecycle", _) => json!({"id": id.rsplit('/').next()}),
        ("tag", _) => {
            let (set, _) = id.split_once('/').unwrap_or((id, ""));
            json!({"id": id, "tag_set_id": set})
        }
        ("process_step" | "process_templated_step", [process, step]) => {
            json!({"process_id": process, "id": step})
        }
        ("process_child_step" | "process_templated_child_step", [process, parent, action]) => {
            json!({"process_id": process, "parent_id": parent, "id": action})
        }
        ("process_child_steps_order", [process, parent]) => {
            json!({"process_id": process, "parent_id": parent, "id": parent})
        }
        ("process_steps_order", _) => json!({"process_id": id, "id": id}),
        ("built_in_trigger", _) => json!({"project_id": id}),
        // As the official one: tenant and project stay null, the next plan wants to replace it.
        ("tenant_project", _) => json!({"id": id}),
        ("tenant_project_variable" | "tenant_common_variable", [tenant, variable]) => {
            json!({"tenant_id": tenant, "id": variable})
        }
        ("variable" | "process_step" | "process_child_step", _) => {
            bail!("unexpected import identifier {id:?}")
        }
        _ => json!({"id": id}),
    })
}
