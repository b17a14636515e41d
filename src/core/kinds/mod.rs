//! The tables of kinds: one file for each, and the list of all.
//!
//! To add a kind: write `src/core/kinds/<noun>.rs` with its table (`environment.rs` is the shortest, `lifecycle.rs` has blocks and a function),
//! add `mod <noun>;` here and `&<noun>::KIND` to [`SPACE`] or [`PROJECT`]. The list's order is the order of creation. The tests
//! below check the table against the provider's schema; a test in the kind's own file shows a minimal and a full document.

pub mod catalogue;

mod account;
mod certificate;
mod channel;
mod deployment_freeze;
mod deployment_setting;
mod endpoint;
mod environment;
mod feed;
mod git_credential;
#[cfg(test)]
mod identity_tests;
mod insights_report;
mod kubernetes;
mod library_variable_set;
mod lifecycle;
mod machine_policy;
mod machine_proxy;
mod oidc;
mod oidc_identity;
mod parent_environment;
mod process;
mod project;

mod project_group;
#[cfg(test)]
mod project_tests;
#[cfg(test)]
mod reference_tests;
mod repository;
mod retention;
mod runbook;
mod script_module;
mod step_template;
mod subscription;
#[cfg(test)]
mod table_tests;
mod tag_set;
mod target;
mod target_tag;
mod team;
mod template_default;
mod tenant;
mod tenant_link;
#[cfg(test)]
mod testing;
mod text_value;
mod trigger;
mod trigger_form;
mod user_role;
mod variable;
mod variable_scope;
mod worker;
mod worker_pool;

use crate::convert::context::Context;
use crate::convert::model::{Kind, Lookup};
use crate::convert::registry::Registry;
use documents::collection::Collection;

/// What projects share, in the order of creation.
pub const SPACE: &[&Kind] = &[
    &tag_set::KIND,
    &environment::KIND,
    &parent_environment::KIND,
    &tenant::KIND,
    &account::KIND,
    &certificate::KIND,
    &git_credential::KIND,
    &feed::KIND,
    &worker_pool::KIND,
    &machine_proxy::KIND,
    &machine_policy::KIND,
    &lifecycle::KIND,
    &project_group::KIND,
    &retention::KIND,
    &script_module::KIND,
    &library_variable_set::KIND,
    &variable::LIBRARY,
    &step_template::KIND,
    &target::KIND,
    &target_tag::KIND,
    &worker::KIND,
    &team::KIND,
    &user_role::KIND,
    &user_role::OF_SPACE,
    &oidc_identity::KIND,
    &subscription::KIND,
    &insights_report::KIND,
    &deployment_freeze::OF_SPACE,
];

/// What belongs to a project, in the order of creation.
pub const PROJECT: &[&Kind] = &[
    &project::KIND,
    &deployment_setting::KIND,
    &channel::KIND,
    &process::KIND,
    &runbook::KIND,
    &variable::PROJECT,
    &trigger::KIND,
    &tenant_link::KIND,
    &deployment_freeze::PART,
    &deployment_freeze::OF_PROJECT,
    &user_role::OF_PROJECT,
];

/// The collection of the documents that a Terraform type stands for.
#[must_use]
pub fn collection_of(resource: &str) -> Option<Collection> {
    let mut kinds = SPACE.iter().chain(PROJECT);
    let is_one = |kind: &&&Kind| {
        kind.shapes.iter().any(|shape| shape.resource == resource) || kind.expands_to.contains(&resource)
    };
    kinds.find(is_one).map(|kind| kind.collection)
}

/// What a conversion is handed: all kinds, and what they do together.
pub static ALL: Registry = Registry {
    space: SPACE,
    project: PROJECT,
    runbook: &[&runbook::KIND],
    lookups: &[(
        Collection::Projects,
        Lookup { list: "projects", data_source: "octopusdeploy_projects", noun: "project" },
    )],
    leaves_out: project::left_out,
    declare_project: process::declare,
    complete_space,
    complete_project,
};

fn complete_space(context: &mut Context<'_>) {
    team::add_users(context);
    worker_pool::keep_order(context);
}

fn complete_project(context: &mut Context<'_>, project: &str) {
    subscription::include_project(context, project);
    insights_report::include_project(context, project);
    channel::add_lookup(context, project);
    tenant_link::add_template_ids(context, project);
    template_default::add_those_of_sets(context, project);
}
