//! The tables of kinds: one file for each, and the list of all.
//!
//! To add a kind: write `src/core/kinds/<noun>.rs` with its table (`environment.rs` is the shortest, `lifecycle.rs` has blocks and a function),
//! add `mod <noun>;` here and `&<noun>::KIND` to [`SPACE`] or [`PROJECT`]. The list's order is the order of creation. The tests
//! below check the table against the provider's schema; a test in the kind's own file shows a minimal and a full document.

pub mod catalogue;
pub mod id_text;
pub mod model;
pub mod process;

mod account;
mod certificate;
mod channel;
mod deployment_freeze;
mod deployment_setting;
mod endpoint;
mod environment;
mod feed;
mod git_credential;
mod insights_report;
mod kubernetes;
mod library_variable_set;
mod lifecycle;
mod machine_policy;
mod machine_proxy;
mod oidc;
mod oidc_identity;
mod parent_environment;
pub mod project;
mod project_group;
#[cfg(test)]
mod project_tests;
#[cfg(test)]
mod reference_tests;
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
mod tenant;
mod tenant_link;
#[cfg(test)]
mod testing;
mod text_value;
mod trigger;
mod user_role;
mod variable;
mod worker;
mod worker_pool;

use crate::convert::context::Context;
use crate::kinds::model::{Kind, Lookup};
use documents::collection::Collection;
use documents::document::Document;

pub(crate) use deployment_freeze::LIST as DEPLOYMENT_FREEZES;

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

/// What a runbook's own module makes.
pub const RUNBOOK: &[&Kind] = &[&runbook::KIND];

/// Declares what is inside documents of a project and needs the addresses of all of them.
pub(crate) fn declare_project(context: &mut Context<'_>, project: &str) {
    process::declare(context, project);
}

/// What the space's module has besides its documents; after all of these are written.
pub(crate) fn complete_space(context: &mut Context<'_>) {
    team::add_users(context);
    worker_pool::keep_order(context);
}

/// What a project's module has besides its documents; after all of these are written.
pub(crate) fn complete_project(context: &mut Context<'_>, project: &str) {
    subscription::include_project(context, project);
    insights_report::include_project(context, project);
    channel::add_lookup(context, project);
    tenant_link::add_template_ids(context, project);
}

/// Things that are looked up and that no kind makes.
const LOOKUPS: &[(Collection, Lookup)] = &[(
    Collection::Projects,
    Lookup { list: "projects", data_source: "octopusdeploy_projects", noun: "project" },
)];

/// The kind that a document is of.
#[must_use]
pub fn find(collection: Collection, document: &Document) -> Option<&'static Kind> {
    SPACE.iter().chain(PROJECT).copied().find(|kind| kind.collection == collection && (kind.of)(document))
}

/// How a document (or any of a collection) is looked up by name.
#[must_use]
pub fn lookup(collection: Collection, document: Option<&Document>) -> Option<Lookup> {
    let own = SPACE
        .iter()
        .filter(|kind| kind.collection == collection && document.is_none_or(|document| (kind.of)(document)))
        .find_map(|kind| kind.lookup);
    own.or_else(|| LOOKUPS.iter().find(|(other, _)| *other == collection).map(|(_, lookup)| *lookup))
}

/// Why the documents of a collection of a space are not carried; `None` when a kind, or another document, carries them.
#[must_use]
pub fn not_carried(collection: Collection) -> Option<&'static str> {
    if SPACE.iter().chain(PROJECT).any(|kind| kind.collection == collection) {
        return None;
    }
    match collection {
        Collection::Unknown(_) => Some("octoferry does not know this kind of document"),
        known => Some(known.row().left).filter(|why| !why.is_empty()),
    }
}
