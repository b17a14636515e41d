//! `octoferry check --worker`: whether this machine can run the runbooks. Runs in the runbook `__ 0. Check`, before anything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::backend::{Backend, Place};
use crate::checks::permissions;
use crate::checks::{self, Findings, Weight};
use crate::cli;
use crate::deployment::step;
use crate::outcome::Outcome;
use crate::rights::Held;
use crate::settings;
use crate::settings::Settings;
use crate::ui::Ui;
use failure::Failure;
use module::manifest::Origin;
use octopus::server::Server;
use secret::Secret;
use terraform::Terraform;
use terraform::process::Interrupt;
use terraform::program::Program;

/// Looks at everything, and only then says what is not well: one run is enough to learn all of it.
///
/// # Errors
/// When it could not look: a cut stream of secrets, wrong usage, an interruption. Else all that it found, in one failure.
pub async fn run(arguments: cli::Check, ui: &Ui) -> Result<Outcome, Failure> {
    let settings = Settings::read(arguments.secrets.clone(), ui)?;
    let interrupt = Interrupt::listen(ui.in_step())?;
    let streamed = settings.secrets();
    let mut findings = Findings::default();
    if let Err(failure) = step::refuse_printed_variables(&streamed) {
        findings.failed("printed-variables", failure);
    }

    checks::worker::architecture(&mut findings).await;
    checks::worker::tools(&mut findings).await;
    let (source, destination) = checks::servers::reach(
        &arguments.servers.source,
        &arguments.servers.destination,
        &arguments.servers.connection,
        &settings,
        &mut findings,
    )
    .await?;
    // These are the keys that the runbooks use.
    if let Some(source) = &source {
        permissions::beyond_at_source(Held::read(source).await.as_ref(), &mut findings);
    }
    if let Some(destination) = &destination {
        permissions::beyond_at_destination(Held::read(destination).await.as_ref(), &mut findings);
    }
    settings.verify_backend(&arguments.backend)?;
    let key = state_key(source.as_ref(), destination.as_ref()).await;
    terraform(&arguments, &streamed, &key, interrupt, ui, &mut findings).await?;

    findings.show(ui);
    if ui.json() {
        ui.data(&json!({"Findings": findings.all()}).to_string());
    }
    match findings.of(Weight::Stops).count() {
        0 => Ok(findings.outcome()),
        // They have been shown one by one.
        _ => Ok(Outcome::NotWell),
    }
}

/// Terraform, the provider, the backend: each as far as what it needs is there.
async fn terraform(
    arguments: &cli::Check,
    streamed: &BTreeMap<String, Secret>,
    key: &str,
    interrupt: Interrupt,
    ui: &Ui,
    findings: &mut Findings,
) -> Result<(), Failure> {
    const CHECK: &str = "worker-terraform";
    let backend = Backend::choose(&arguments.backend, streamed);
    let program = match Program::find(arguments.terraform.as_deref(), settings::child_environment()).await {
        Ok(program) => program,
        Err(failure) => {
            findings.failed(CHECK, failure);
            if let Err(failure) = backend {
                findings.failed("backend", failure);
            }
            return Ok(());
        }
    };
    findings.fine(CHECK, program.described());
    let workplace = match step::workplace(ui) {
        Ok(workplace) => workplace,
        Err(failure) => {
            findings.failed("worker-disk", failure);
            return Ok(());
        }
    };
    checks::worker::room(workplace.path(), findings);
    let masker = Arc::new(step::masker(streamed, &[]));
    if ui.in_step() {
        ui.hide(&masker);
    }
    let mut terraform = Terraform::in_folder(&program, workplace.path().join("provider"), interrupt, &masker);
    terraform.report = Box::new(|text| ui.info(text));
    let lock = settings::provider_lock(arguments.provider_lock.as_deref())?;
    if let Err(failure) = checks::worker::provider(&terraform, lock.as_deref(), findings).await {
        terraform.stop_if_interrupted()?;
        findings.failed("worker-provider", failure);
    }
    match backend {
        Ok(Some(backend)) => {
            terraform.directory = workplace.path().join("backend");
            if let Err(failure) =
                checks::backend::check(&backend, key, streamed, &mut terraform, findings).await
            {
                terraform.stop_if_interrupted()?;
                findings.failed("backend", failure);
            }
        }
        Ok(None) => findings.person(
            "backend",
            "nothing is said about where Terraform keeps its state, so the backend was not looked at",
            "Give --backend TYPE and --backend-config KEY=VALUE, as for deploy.",
        ),
        Err(failure) => findings.failed("backend", failure),
    }
    Ok(())
}

/// Beside the states that deploys will keep: who may use those may use this.
async fn state_key(source: Option<&Server>, destination: Option<&Server>) -> String {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let source = Origin {
        installation_id: text(source.map(|server| server.installation_id.as_str())),
        space_id: text(source.map(Server::space_id)),
        space_name: String::new(),
    };
    match destination {
        Some(destination) => Place::of(destination).await.key(&source, "check"),
        None => format!("octoferry/{}/{}/check", source.installation_id, source.space_id),
    }
}
