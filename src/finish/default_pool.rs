//! Which worker pool is the default. Steps that name no pool run there, those of the destination's own projects too: a pool of the
//! destination's own that can run them (on Cloud a dynamic one) keeps its place.

use serde_json::{Value, json};

use super::Finish;
use documents::collection::Collection;
use documents::composed::is_same_composed;
use failure::Failure;
use module::manifest::Manifest;

impl Finish<'_> {
    /// Makes the pool of this name the default, unless one that no module makes is it and can run steps.
    pub(super) async fn default_pool(&mut self, name: &str, manifest: &Manifest) -> Result<(), Failure> {
        let server = &self.directory.server;
        let pools = server.client.list(&server.path("workerpools")).await?;
        let is_called = |pool: &Value, name: &str| {
            pool["Name"].as_str().is_some_and(|there| there == name || is_same_composed(name, there))
        };
        let Some(wanted) = pools.iter().find(|pool| is_called(pool, name)) else {
            self.report.failed.push(format!("the worker pool {name:?} is not at the destination"));
            return Ok(());
        };
        if wanted["IsDefault"] == true {
            self.report.already += 1;
            return Ok(());
        }
        let default = pools.iter().find(|pool| pool["IsDefault"] == true);
        let is_made = |pool: &Value| {
            let makes = manifest.makes.iter();
            makes
                .filter(|made| made.target.collection == Collection::WorkerPools)
                .any(|made| made.target.key.last().is_some_and(|name| is_called(pool, name)))
        };
        if let Some(theirs) = default.filter(|pool| !is_made(pool))
            && self.runs_steps(theirs).await?
        {
            self.report.open.push(format!(
                "the destination's own worker pool {} stays the default one, where steps run that name no pool; at the source that is {name:?}. \
                 Another choice is made in the portal: Infrastructure, Worker Pools",
                theirs["Name"]
            ));
            return Ok(());
        }
        let server = &self.directory.server;
        let mut changed = wanted.clone();
        changed["IsDefault"] = json!(true);
        // An update takes no order.
        if let Some(fields) = changed.as_object_mut() {
            fields.shift_remove("SortOrder");
            fields.shift_remove("Links");
        }
        let id = wanted["Id"].as_str().unwrap_or_default();
        server.client.put(&server.path(&format!("workerpools/{id}")), &changed).await?;
        self.directory.wrote(Collection::WorkerPools);
        self.report.done.push(format!("the worker pool {name:?} as the default one"));
        Ok(())
    }

    /// Whether a pool has workers, or gets them when they are needed.
    async fn runs_steps(&self, pool: &Value) -> Result<bool, Failure> {
        if pool["WorkerPoolType"] == "DynamicWorkerPool" {
            return Ok(true);
        }
        let server = &self.directory.server;
        let workers = server.client.list(&server.path("workers")).await?;
        Ok(workers.iter().any(|worker| {
            let pools = worker["WorkerPoolIds"].as_array().into_iter().flatten();
            worker["IsDisabled"] != true && pools.into_iter().any(|id| *id == pool["Id"])
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn a_pool_that_can_run_steps_keeps_its_place() {
        let manifest: Manifest =
            serde_json::from_str(include_str!("../../tests/spaces/small-web/module/space/octoferry.json"))
                .unwrap();
        for (theirs, workers, keeps) in [
            (json!({"WorkerPoolType": "DynamicWorkerPool", "Name": "Hosted Ubuntu"}), json!([]), true),
            (json!({"WorkerPoolType": "StaticWorkerPool", "Name": "Theirs"}), json!([]), false),
            (
                json!({"WorkerPoolType": "StaticWorkerPool", "Name": "Theirs"}),
                json!([{"Id": "W-1", "Name": "w", "WorkerPoolIds": ["P-1"]}]),
                true,
            ),
            // What the module makes is as the source says.
            (
                json!({"WorkerPoolType": "StaticWorkerPool", "Name": "Default Worker Pool"}),
                json!([{"Id": "W-1", "Name": "w", "WorkerPoolIds": ["P-1"]}]),
                false,
            ),
        ] {
            let mut theirs = theirs;
            theirs["Id"] = json!("P-1");
            theirs["IsDefault"] = json!(true);
            let pools = json!([theirs, {"Id": "P-2", "Name": "Office workers", "IsDefault": false, "WorkerPoolType": "StaticWorkerPool"}]);
            let (server, requests) = testing::server(move |asked, _| {
                let items = if asked.contains("workerpools") { &pools } else { &workers };
                json!({"TotalResults": items.as_array().map_or(0, Vec::len), "Items": items})
            })
            .await;
            let secrets = BTreeMap::new();
            let mut finish = Finish::new(server, &secrets, Path::new("."));
            finish.default_pool("Office workers", &manifest).await.ok().unwrap();
            assert_eq!(finish.report.open.len(), usize::from(keeps), "{theirs}");
            let written = testing::written(&requests);
            assert_eq!(written.len(), usize::from(!keeps), "{theirs}");
            if !keeps {
                assert_eq!(
                    (written[0].0.as_str(), &written[0].1["IsDefault"]),
                    ("PUT workerpools/P-2", &json!(true))
                );
            }
        }
    }
}
