//! The stand-in provider: a Terraform provider (protocol 6) with the type names and arguments of the official one,
//! `OctopusDeploy/octopusdeploy` 1.17.0, for the types that octoferry writes. It is there so that tests run where the
//! official one can't be had; it shares no code and no table with octoferry.
//!
//! Schema: `tests/schema/octopusdeploy-1.17.0.json`, as it is. Facts that no schema says: `behaviour-1.17.0.json`.
//! What attribute is what member of the REST documents: the tables in `resources/`.
//!
//! Weaknesses of the official provider that are here on purpose, since octoferry has to live with them:
//! - each start asks the server the official start-up questions, once for either half; 429 is an error like any other;
//! - configured secrets are sent with every update of their document, and a secret that is not configured is taken away;
//! - step properties are sent as plain text, sensitive ones are read back as ""; an update of a plain step wipes what
//!   the configuration lacks, one of a templated step keeps it;
//! - the slug of environments and project groups is not sent at creation, a sort order of 0 of tags and tag sets never;
//! - steps land in the order in which Terraform makes them; one that is made first can't start with its predecessor;
//! - a variable is a GET and PUT of the whole set, the other sensitive values as "", and is found again by its looks;
//! - one lock for all variables, channels, tags and tenants; one for each process;
//! - a deployment-target trigger is always created enabled;
//! - what its client crashes on, or does not read ([`decode`]);
//! - durations in nanoseconds, spans of a day or more or with fractions read back as 0;
//! - "inconsistent result after apply" for newer types, tolerance for older ones (`legacy_type_system`).

pub mod behaviour;
pub mod data;
pub mod decode;
pub mod http;
pub mod mapping;
pub mod plan;
pub mod resources;
pub mod schema;
pub mod server;
pub mod service;
pub mod timespan;
pub mod validate;
pub mod value;
pub mod wire;

use std::process::ExitCode;
use std::sync::Arc;

/// Serves Terraform until it asks for the shutdown.
#[must_use]
pub fn main() -> ExitCode {
    rustls::crypto::ring::default_provider().install_default().ok();
    let served = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let service = Arc::new(service::Service::default());
            let handler: server::Handler = Arc::new(move |name, body| {
                let service = Arc::clone(&service);
                Box::pin(async move { service.call(&name, body).await })
            });
            runtime.block_on(server::serve(handler))
        });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "standard error is where a provider complains")]
            {
                eprintln!("{error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
