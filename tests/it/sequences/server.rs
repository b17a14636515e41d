//! One of both servers, as whoever edits there meets it: by its API alone. What it refuses is not done.

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::http;

/// What belongs to the server and not to the space.
const OF_SERVER: [&str; 2] = ["deploymentfreezes", "userroles"];

pub(super) struct Server<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) space: String,
}

pub(super) fn text(document: &Value, field: &str) -> String {
    document[field].as_str().unwrap_or_default().to_owned()
}

/// The items of a list; none where there is no list.
pub(super) fn items<'v>(document: &'v Value, list: &str) -> impl Iterator<Item = &'v Value> {
    document[list].as_array().into_iter().flatten()
}

/// Those of a list in a dump.
pub(super) fn of_dump<'v>(dump: &'v Value, space: &str, kind: &str) -> Vec<&'v Value> {
    let places = [&dump["Documents"][space][kind], &dump["Documents"]["Server"][kind]];
    places.into_iter().filter_map(Value::as_object).flat_map(serde_json::Map::values).collect()
}

impl Server<'_> {
    pub(super) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let (status, said) = http(self.sandbox, method, path, body);
        if (200..300).contains(&status) {
            return Ok(said);
        }
        assert!(status < 500, "{method} {path}: {status} {said}");
        Err(format!("{status} {}", said["ErrorMessage"].as_str().unwrap_or_default()))
    }

    pub(super) fn path(&self, kind: &str, id: &str) -> String {
        let id = id.replace('/', "%2F");
        if OF_SERVER.contains(&kind) {
            format!("/api/{kind}/{id}")
        } else {
            format!("/api/{}/{kind}/{id}", self.space)
        }
    }

    pub(super) fn get(&self, kind: &str, id: &str) -> Result<Value, String> {
        self.ask("GET", &self.path(kind, id), None)
    }

    pub(super) fn put(&self, kind: &str, document: &Value) -> Result<(), String> {
        self.ask("PUT", &self.path(kind, &text(document, "Id")), Some(document)).map(drop)
    }

    /// Changes a document; an error when nothing is another than before.
    pub(super) fn change(&self, kind: &str, id: &str, with: impl FnOnce(&mut Value)) -> Result<(), String> {
        let before = self.get(kind, id)?;
        let mut after = before.clone();
        with(&mut after);
        if after == before {
            return Err("nothing to change".to_owned());
        }
        self.put(kind, &after)
    }

    pub(super) fn add(&self, kind: &str, document: &Value) -> Result<Value, String> {
        let path = self.path(kind, "");
        self.ask("POST", path.trim_end_matches('/'), Some(document))
    }

    pub(super) fn delete(&self, kind: &str, id: &str) -> Result<(), String> {
        self.ask("DELETE", &self.path(kind, id), None).map(drop)
    }

    /// All of a kind, as the server holds them.
    pub(super) fn all(&self, kind: &str) -> Vec<Value> {
        of_dump(&self.sandbox.dump(), &self.space, kind).into_iter().cloned().collect()
    }

    /// Those that a person has made and may change.
    pub(super) fn made(&self, kind: &str) -> Vec<Value> {
        let mut all = self.all(kind);
        // What a script module says, people edit as a script, not as variables.
        let scripts: Vec<Value> =
            if kind == "variables" { self.all("libraryvariablesets") } else { Vec::new() };
        let is_script = |set: &Value| {
            scripts
                .iter()
                .any(|owner| owner["ContentType"] == "ScriptModule" && owner["Id"] == set["OwnerId"])
        };
        all.retain(|document| {
            crate::years::is_made(document)
                && !is_script(document)
                && document["Archived"].is_null()
                // Of the others the API takes no update.
                && (kind != "git-credentials" || document["Details"]["Password"].is_object())
                && (kind != "teams" || (document["SpaceId"] == self.space.as_str() && document["CanBeRenamed"] != false))
                && (kind != "userroles" || document["CanBeDeleted"] == true)
                && !is_frozen(kind, document)
        });
        all
    }

    /// One more of its kind like another one, of another name. Its secrets are others.
    pub(super) fn like(&self, model: &Value, kind: &str, name: &str) -> Value {
        let mut new = model.clone();
        let fields = new.as_object_mut().expect("a document");
        for computed in [
            "Id",
            "Slug",
            "Links",
            "VariableSetId",
            "DeploymentProcessId",
            "RunbookProcessId",
            "PublishedRunbookSnapshotId",
            "DeploymentSettingsId",
            "Version",
        ] {
            fields.remove(computed);
        }
        fill(&mut new, "b2YgaXRzIG93bg==");
        new["Name"] = json!(name);
        for (of, list) in
            [("tagsets", "Tags"), ("libraryvariablesets", "Templates"), ("projects", "Templates")]
        {
            if kind == of {
                new[list] = json!([]);
            }
        }
        if new["IsDefault"] == true {
            new["IsDefault"] = json!(false);
        }
        if kind == "tenants" {
            new["ProjectEnvironments"] = json!({});
        }
        if kind == "projects" {
            new["ReleaseCreationStrategy"] = Value::Null;
            new["AutoCreateRelease"] = json!(false);
            new["VersioningStrategy"] = json!({"Template": "#{Octopus.Version.LastMajor}.#{Octopus.Version.NextMinor}.0", "DonorPackage": null, "DonorPackageStepId": null});
        }
        new
    }
}

/// A copy that a release or a published runbook keeps.
pub(super) fn is_frozen(kind: &str, document: &Value) -> bool {
    ["variables", "deploymentprocesses", "runbookprocesses"].contains(&kind)
        && text(document, "Id").contains("-s-")
}

/// Gives every secret of a document that is there a new value.
pub(super) fn fill(value: &mut Value, with: &str) {
    match value {
        Value::Object(fields) if fields.get("HasValue") == Some(&json!(true)) => {
            *value = json!({"HasValue": true, "NewValue": with, "Hint": null});
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, with)),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, with)),
        _ => {}
    }
}
