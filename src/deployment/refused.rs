//! Why a deployment stopped before it wrote anything, as data: a step leaves it as an artifact, and `migrate` asks about it.

use serde_json::{Value, json};

use crate::ui::Ui;
use documents::collection::Collection;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert;

const ARTIFACT: &str = "octoferry-refused.json";

/// What a person may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Things of the destination would go.
    Destroys,
    /// Things of the same name are there.
    Exists,
}

impl Reason {
    const ALL: [Self; 2] = [Self::Destroys, Self::Exists];

    fn name(self) -> &'static str {
        match self {
            Self::Destroys => "Destroys",
            Self::Exists => "Exists",
        }
    }

    /// How a migration allows it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Destroys => {
                "To let them go this time: octoferry migrate --allow-destroy. It lists them again, and asks."
            }
            Self::Exists => {
                "To take them over this time: octoferry migrate --existing adopt. It lists them again, and asks."
            }
        }
    }
}

/// The reason, and all that it is about, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub reason: Reason,
    pub what: Vec<String>,
}

impl Refused {
    /// Leaves it with the task, when this is a step.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn leave(&self, ui: &Ui) -> Result<(), Failure> {
        if !ui.in_step() {
            return Ok(());
        }
        let text = json!({"Reason": self.reason.name(), "What": self.what}).to_string();
        ui.artifact(ARTIFACT, &text)
    }

    /// What a task left; `None` when it ended for another reason.
    ///
    /// # Errors
    /// When the artifacts can't be read.
    pub async fn of_task(source: &Server, task: &str) -> Result<Option<Self>, Failure> {
        let artifacts = upsert::search(source, Collection::Artifacts, &format!("regarding={task}")).await?;
        let Some(artifact) = artifacts.iter().find(|one| one.text("Filename") == Some(ARTIFACT)) else {
            return Ok(None);
        };
        let path = source.path(&format!("artifacts/{}/content", artifact.id()));
        Ok(Self::read(&source.client.download(&path).await?))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let reason = Reason::ALL.into_iter().find(|reason| value["Reason"] == reason.name())?;
        let what = value["What"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self { reason, what })
    }
}
