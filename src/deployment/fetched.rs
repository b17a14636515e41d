//! What a step learned of the source when it fetched a module, for the deployment that follows in the same step: a file in the module's
//! folder, which only the step's user may read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli;
use crate::deployment::tenant::TenantRun;
use failure::Failure;
use failure::While as _;
use octopus::server::Server;

const FILE: &str = "octoferry-run.json";

/// What was learned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetched {
    /// The tenant of the run and its environment, by the names that the manifest has.
    pub run: Option<(String, String)>,
    /// Packages that were left alone, and why.
    pub foreign: Vec<String>,
}

impl Fetched {
    /// Asks the source for the names of the run's tenant and environment. A step gives ids: Octopus evaluates what stands in a name, and what
    /// comes of it may be a secret.
    ///
    /// # Errors
    /// When the source doesn't know them.
    pub async fn learn(source: &Server, tenant: &cli::Tenant, foreign: Vec<String>) -> Result<Self, Failure> {
        let run = match TenantRun::of(tenant) {
            Some(run) => Some((
                name_of(source, "tenants", run.tenant).await?,
                name_of(source, "environments", run.environment).await?,
            )),
            None => None,
        };
        Ok(Self { run, foreign })
    }

    /// Writes it beside the module.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn write(&self, module: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec(self).expect("it has only texts");
        let path = module.join(FILE);
        std::fs::write(&path, text).while_doing(format!("writing {}", path.display()))
    }

    /// Reads it; empty for a module that no step fetched.
    ///
    /// # Errors
    /// When it is there and can't be understood.
    pub fn read(module: &Path) -> Result<Self, Failure> {
        let path = module.join(FILE);
        let trouble =
            |error: &dyn std::fmt::Display| Failure::failed(format!("reading {}: {error}", path.display()));
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| trouble(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(trouble(&error)),
        }
    }

    /// The run of which secrets are read: with the names that the source gave, else as the command line says.
    #[must_use]
    pub fn tenant_run<'a>(&'a self, given: &'a cli::Tenant) -> Option<TenantRun<'a>> {
        let given = TenantRun::of(given)?;
        Some(match &self.run {
            Some((tenant, environment)) => TenantRun { tenant, environment },
            None => given,
        })
    }
}

/// The name of a thing of this id; of a name, the name.
async fn name_of(source: &Server, collection: &str, id: &str) -> Result<String, Failure> {
    // Ids have this form on every server; a name never reaches the address.
    let is_id = id.split_once('-').is_some_and(|(kind, number)| {
        kind.eq_ignore_ascii_case(collection) && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !is_id {
        return Ok(id.to_owned());
    }
    let document = source.client.get(&source.path(&format!("{collection}/{id}"))).await?;
    document["Name"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::failed(format!("the source shows no name of {collection}/{id}")))
}
