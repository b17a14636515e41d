//! What is checked before a run gets its task: environment, permissions, tenant, freezes, required prompts.

use serde_json::Value;

use super::freeze;
use super::preview::{allowed_environments, place_of, prompts, source_of};
use super::run::{Order, chosen_snapshot, field_text, field_texts};
use super::variable;
use crate::answer::Answer;
use crate::permissions;
use crate::request::Request;
use crate::server::Server;
use crate::store::{Store, text, texts};

/// What a run that may start needs.
pub(super) struct Checked {
    pub(super) snapshot: Value,
    pub(super) environment: Value,
    pub(super) tag: String,
}

/// Whether a run may start.
pub(super) fn check(server: &Server, request: &Request, order: &Order) -> Result<Checked, Answer> {
    let (store, space) = (&server.store, request.space.as_str());
    let snapshot = chosen_snapshot(server, request, order)?;
    let environment = store.get(space, "environments", &order.environment).ok_or_else(|| {
        Answer::bad_request(format!("The environment '{}' could not be found.", order.environment))
    })?;
    let project = text(order.runbook, "ProjectId");
    let seen = [Some(environment), store.get(space, "projects", project)];
    if seen
        .into_iter()
        .flatten()
        .any(|document| !permissions::sees(server, request, "RunbookRunCreate", document))
    {
        return Err(Answer::forbidden("RunbookRunCreate"));
    }
    let allowed = allowed_environments(store, space, order.runbook);
    if !allowed.iter().any(|allowed| allowed["Id"] == environment["Id"]) {
        return Err(Answer::bad_request(format!(
            "The runbook '{}' can't be run in the environment '{}'.",
            text(order.runbook, "Name"),
            text(environment, "Name")
        )));
    }
    check_tenant(store, space, order, text(environment, "Id"))?;
    check_freezes(server, order, text(environment, "Id"))?;
    let place = place_of(store, space, text(environment, "Id"), &order.tenant, text(order.runbook, "Id"));
    let candidates =
        variable::candidates(store, space, &source_of(&snapshot), place.tenant.as_deref(), &order.answers);
    for prompt in prompts(&candidates, &place) {
        if prompt.prompt["Required"] == true && prompt.value.is_empty() {
            let label = match text(&prompt.prompt, "Label") {
                "" => prompt.name.as_str(),
                label => label,
            };
            return Err(Answer::bad_request(format!("The variable '{label}' requires a value.")));
        }
    }
    let tenant = if order.tenant.is_empty() { String::new() } else { format!("{}/", order.tenant) };
    let usual = format!("{tenant}{project}/{}/{}", text(order.runbook, "Id"), text(environment, "Id"));
    let dictionary = variable::dictionary(store, space, &candidates, &place);
    let tag = dictionary.get("Octopus.Task.ConcurrencyTag").ok().flatten().filter(|tag| !tag.is_empty());
    Ok(Checked { environment: environment.clone(), tag: tag.unwrap_or(usual), snapshot })
}

/// Assumption: freezes are set aside by name, with a reason, in every way to start a run.
fn check_freezes(server: &Server, order: &Order, environment: &str) -> Result<(), Answer> {
    let reason = field_text(order.body, "deploymentFreezeOverrideReason");
    let overridden =
        if reason.is_empty() { Vec::new() } else { field_texts(order.body, "deploymentFreezeNames") };
    let project = text(order.runbook, "ProjectId");
    let subject = freeze::Subject { project, environment, tenant: &order.tenant, overridden };
    match freeze::in_force(server, &subject) {
        Some(name) => Err(Answer::bad_request(format!(
            "This run is not allowed while the deployment freeze '{name}' is in force."
        ))),
        None => Ok(()),
    }
}

fn check_tenant(store: &Store, space: &str, order: &Order, environment: &str) -> Result<(), Answer> {
    let mode = text(order.runbook, "MultiTenancyMode");
    if order.tenant.is_empty() {
        return if mode == "Tenanted" {
            Err(Answer::bad_request("This runbook can only be run for a tenant. Please specify one."))
        } else {
            Ok(())
        };
    }
    let Some(tenant) = store.get(space, "tenants", &order.tenant) else {
        return Err(Answer::bad_request(format!("The tenant '{}' could not be found.", order.tenant)));
    };
    let name = text(tenant, "Name");
    if matches!(mode, "Untenanted" | "") {
        return Err(Answer::bad_request("This runbook can't be run for a tenant."));
    }
    if tenant["IsDisabled"] == true {
        return Err(Answer::bad_request(format!("The tenant '{name}' is disabled.")));
    }
    let linked =
        texts(&tenant["ProjectEnvironments"], text(order.runbook, "ProjectId")).any(|id| id == environment);
    if !linked {
        return Err(Answer::bad_request(format!(
            "The tenant '{name}' is not connected to this project in this environment."
        )));
    }
    Ok(())
}
