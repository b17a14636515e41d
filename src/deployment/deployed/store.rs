//! Where the record of deployments is kept: beside the states of the modules, as a state that holds nothing else. It is as lasting and as
//! shared as these, and whoever may deploy may write it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Record;
use crate::backend::Prepared;
use crate::deployment::projects::Names;
use crate::deployment::providers::Digests;
use failure::Failure;
use module::seal;
use terraform::Terraform;
use terraform::memory_file::MemoryFile;

/// The last part of the record's key.
pub(super) const KEY: &str = "deployed";
/// The output of the state that holds the record.
const OUTPUT: &str = "octoferry_deployed";
/// How often a record is offered that another run has changed meanwhile.
const TRIES: usize = 5;

/// What is known of modules, by their part of a state's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Records {
    /// Those that were deployed well.
    #[serde(default)]
    pub(super) good: BTreeMap<String, Record>,
    /// Those whose deployment has begun and has not ended: it may have made what their states do not know.
    #[serde(default)]
    pub(super) begun: BTreeSet<String>,
    /// Which providers they were deployed with.
    #[serde(default)]
    pub(super) providers: Digests,
    /// Ids at the destination of what is in no other record of the module that makes it, or must be known to the others: projects, and documents
    /// that finish makes. By collection and id at the source (`projects/Projects-1`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) there: BTreeMap<String, String>,
    /// What the source's projects were called in the last module of the space.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) projects: Names,
}

/// The record in the backend.
pub(super) struct Store<'a> {
    pub(super) terraform: Terraform<'a>,
    /// Kept as long as Terraform runs.
    backend: Prepared,
}

impl<'a> Store<'a> {
    /// Opens it; the folder of `terraform` has the backend's block and nothing else, so no provider is wanted.
    ///
    /// # Errors
    /// When the backend can't be reached.
    pub(super) async fn open(terraform: Terraform<'a>, backend: Prepared) -> Result<Self, Failure> {
        terraform.init(&backend.arguments).await?;
        Ok(Self { terraform, backend })
    }

    /// What is recorded.
    ///
    /// # Errors
    /// When the backend can't be read.
    pub(super) async fn read(&self) -> Result<Records, Failure> {
        Ok(records(&self.pulled().await?))
    }

    async fn pulled(&self) -> Result<Value, Failure> {
        let text = self.terraform.state_text().await?;
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Changes what is recorded. Another run may write at the same time: then its changes are read, and ours made again.
    ///
    /// # Errors
    /// When the backend does not take it.
    pub(super) async fn change(&self, change: impl Fn(&mut Records)) -> Result<(), Failure> {
        let mut said = String::new();
        for _ in 0..TRIES {
            let state = self.pulled().await?;
            let before = records(&state);
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(());
            }
            let file = MemoryFile::with("octoferry-record", &self.state(&state, &after))?;
            match self.terraform.push_state(Path::new(&file.path())).await? {
                Ok(()) => return Ok(()),
                Err(error) => said = error,
            }
        }
        Err(Failure::failed(format!(
            "the backend does not take the record of what was deployed:\n{}",
            said.trim()
        )))
    }

    /// A state that Terraform takes: the next one of its lineage.
    fn state(&self, before: &Value, records: &Records) -> Vec<u8> {
        // Same input, same bytes: the first one gets its lineage of its key.
        let first = || seal::hex(&Sha256::digest(self.backend.key.as_bytes()));
        let lineage = before["lineage"].as_str().map_or_else(first, str::to_owned);
        let text = json!(records).to_string();
        let serial = before["serial"].as_u64().unwrap_or_default().saturating_add(1);
        json!({
            "version": 4,
            // The oldest that reads such states; Terraform puts its own.
            "terraform_version": "1.0.0",
            "serial": serial,
            "lineage": lineage,
            "outputs": {OUTPUT: {"value": text, "type": "string"}},
            "resources": [],
        })
        .to_string()
        .into_bytes()
    }
}

fn records(state: &Value) -> Records {
    let text = state["outputs"][OUTPUT]["value"].as_str();
    // One of another octoferry says nothing.
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
