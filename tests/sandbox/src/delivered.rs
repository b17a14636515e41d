//! What was delivered: build information of packages (API reference of 2026-08: `{s}/build-information`) and a project's releases, which are
//! only listed.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{now, text};

const BUILDS: &str = "buildinformation";

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (Method::Get, ["build-information"]) => Ok(builds(server, request)),
        (Method::Post, ["build-information"]) => add_build(server, request),
        (Method::Get, ["projects", project, "releases"]) => Ok(releases(server, request, project)),
        _ => return None,
    })
}

fn builds(server: &Server, request: &Request) -> Answer {
    let is_wanted = |build: &&Value| {
        request.query("packageid").is_none_or(|id| id.eq_ignore_ascii_case(text(build, "PackageId")))
    };
    let builds: Vec<&Value> =
        server.store.all(&request.space, BUILDS).map(|(_, build)| build).filter(is_wanted).collect();
    paging::page(request, "OctopusPackageVersionBuildInformation", &builds, Value::clone)
}

fn add_build(server: &mut Server, request: &Request) -> Outcome {
    let body = request.value()?;
    for field in ["OctopusBuildInformation", "PackageId", "Version"] {
        if body[field].is_null() {
            return Err(Answer::bad_request(format!("The {field} field is required.")));
        }
    }
    let id = format!("BuildInformation-{}.{}", text(&body, "PackageId"), text(&body, "Version"));
    if server.store.get(&request.space, BUILDS, &id).is_some() {
        return match text(&body, "OverwriteMode") {
            "IgnoreIfExists" => Ok(Answer::ok(json!({}))),
            _ => Err(Answer::conflict("Build information of this package and version exists.".to_owned())),
        };
    }
    let mut build = body["OctopusBuildInformation"].clone();
    build["Id"] = json!(id);
    build["PackageId"] = body["PackageId"].clone();
    build["Version"] = body["Version"].clone();
    build["Created"] = json!(now());
    server.store.put(&request.space, BUILDS, build.clone());
    Ok(Answer::created(build))
}

fn releases(server: &Server, request: &Request, project: &str) -> Answer {
    let releases: Vec<&Value> = server
        .store
        .all(&request.space, "releases")
        .map(|(_, release)| release)
        .filter(|release| text(release, "ProjectId") == project)
        .collect();
    paging::page(request, "Release", &releases, Value::clone)
}
