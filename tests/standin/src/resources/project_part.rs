//! Two resources that are a part of the project's document: read it, change the part, write it whole, without a lock.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};

use super::{Call, text};
use crate::http::is_gone;
use crate::mapping::without_nulls;

fn address(call: &Call<'_>, value: &Json) -> String {
    call.s(value, &format!("projects/{}", text(value, "project_id")))
}

async fn change(call: &Call<'_>, value: &Json, change: impl FnOnce(&mut Json)) -> Result<Json> {
    let mut project = call.api.get(&address(call, value)).await?;
    without_nulls(&mut project);
    change(&mut project);
    call.api.put(&address(call, value), &project).await?;
    call.api.get(&address(call, value)).await
}

fn donor(package: &Json) -> Json {
    let mut donor = json!({"DeploymentAction": text(package, "deployment_action")});
    if !text(package, "package_reference").is_empty() {
        donor["PackageReference"] = package["package_reference"].clone();
    }
    donor
}

fn versioning(project: &Json, expected: &Json) -> Json {
    let strategy = &project["VersioningStrategy"];
    let package = &strategy["DonorPackage"];
    json!({
        "project_id": expected["project_id"],
        "space_id": expected["space_id"],
        "template": text(strategy, "Template"),
        "donor_package_step_id": strategy["DonorPackageStepId"],
        "donor_package": if package.is_object() {
            json!({"deployment_action": text(package, "DeploymentAction"), "package_reference": text(package, "PackageReference")})
        } else {
            Json::Null
        },
    })
}

/// # Errors
/// What the server says.
pub(super) async fn write_versioning(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let project = change(call, plan, |project| {
        let mut strategy = Map::new();
        if !text(plan, "template").is_empty() {
            strategy.insert("Template".to_owned(), plan["template"].clone());
        }
        // Not configured it is sent as "".
        strategy.insert("DonorPackageStepId".to_owned(), json!(text(plan, "donor_package_step_id")));
        if plan["donor_package"].is_object() {
            strategy.insert("DonorPackage".to_owned(), donor(&plan["donor_package"]));
        }
        project["VersioningStrategy"] = Json::Object(strategy);
    })
    .await?;
    Ok(versioning(&project, plan))
}

/// # Errors
/// What the server says.
pub(super) async fn read_versioning(call: &Call<'_>) -> Result<Option<Json>> {
    match call.api.get(&address(call, &call.state)).await {
        Ok(project) => Ok(Some(versioning(&project, &call.state))),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// # Errors
/// What the server says.
pub(super) async fn delete_versioning(call: &Call<'_>) -> Result<()> {
    change(call, &call.state, |project| project["VersioningStrategy"] = json!({})).await.map(|_| ())
}

fn built_in_trigger(project: &Json, expected: &Json) -> Option<Json> {
    let strategy = &project["ReleaseCreationStrategy"];
    let package = &strategy["ReleaseCreationPackage"];
    package.is_object().then(|| {
        let step = match text(strategy, "ReleaseCreationPackageStepId") {
            "" => expected["release_creation_package_step_id"].clone(),
            step => json!(step),
        };
        json!({
            "project_id": expected["project_id"], "space_id": project["SpaceId"], "channel_id": text(strategy, "ChannelId"),
            "release_creation_package_step_id": step,
            "release_creation_package": {
                "deployment_action": text(package, "DeploymentAction"), "package_reference": text(package, "PackageReference"),
            },
        })
    })
}

/// # Errors
/// What the server says, or that it has not kept the strategy.
pub(super) async fn write_built_in_trigger(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let project = change(call, plan, |project| {
        let mut strategy = json!({"ChannelId": plan["channel_id"], "ReleaseCreationPackage": donor(&plan["release_creation_package"])});
        if !text(plan, "release_creation_package_step_id").is_empty() {
            strategy["ReleaseCreationPackageStepId"] = plan["release_creation_package_step_id"].clone();
        }
        project["AutoCreateRelease"] = json!(true);
        project["ReleaseCreationStrategy"] = strategy;
    })
    .await?;
    built_in_trigger(&project, plan).ok_or_else(|| anyhow::anyhow!("Release strategy or package are missing"))
}

/// # Errors
/// What the server says.
pub(super) async fn read_built_in_trigger(call: &Call<'_>) -> Result<Option<Json>> {
    match call.api.get(&address(call, &call.state)).await {
        Ok(project) => Ok(built_in_trigger(&project, &call.state)),
        Err(error) => Err(error),
    }
}

/// # Errors
/// What the server says.
pub(super) async fn delete_built_in_trigger(call: &Call<'_>) -> Result<()> {
    change(call, &call.state, |project| {
        project["AutoCreateRelease"] = json!(false);
        project["ReleaseCreationStrategy"] = json!({});
    })
    .await
    .map(|_| ())
}
