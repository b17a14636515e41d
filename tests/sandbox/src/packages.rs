//! The built-in feed: upload, list, search, download, deletion, retention.

use std::cmp::Ordering;

use regex::Regex;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::answer::{Answer, Outcome};
use crate::documents::{find, listed};
use crate::paging;
use crate::permissions;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{now, text};

const COLLECTION: &str = "packages";

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (Method::Post, ["packages", "raw"]) => upload(server, request),
        (Method::Post, ["packages", "raw", "validate"]) => {
            Ok(Answer::ok(json!({"Issue": issue(server, request)})))
        }
        (Method::Get, ["packages"]) => Ok(list(server, request)),
        (Method::Get, ["packages", _]) => read(server, request, request.at(1)),
        (Method::Get, ["packages", _, "raw"]) => download(server, request),
        (Method::Get, ["packages", _, _, "delta-signature"]) => {
            Err(Answer::not_found("There is no earlier version."))
        }
        (Method::Delete, ["packages", "bulk"]) => remove_many(server, request),
        (Method::Delete, ["packages", _]) => {
            remove(server, &request.space, request.at(1)).map(|()| Answer::ok(json!({})))
        }
        (Method::Get, ["feeds", _, "packages", "versions"]) => versions(server, request),
        (Method::Get, ["feeds", _, "packages", "search"]) => search(server, request),
        _ => return None,
    })
}

/// Splits `Id.1.2.3-pre.zip` into id, version and extension.
fn split(filename: &str) -> Option<(String, String, String)> {
    let lower = filename.to_lowercase();
    let extension = [".tar.gz", ".tar.bz2", ".tgz", ".tar", ".zip", ".nupkg", ".jar", ".war", ".ear", ".rar"]
        .into_iter()
        .find(|extension| lower.ends_with(extension))?;
    let stem = &filename[..filename.len() - extension.len()];
    let pattern =
        Regex::new(r"^(\w+(?:[_.-]\w+)*?)\.(\d+(?:\.\d+){0,3}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$")
            .expect("a valid pattern");
    let parts = pattern.captures(stem)?;
    Some((parts[1].to_owned(), parts[2].to_owned(), extension.to_owned()))
}

/// What stands against an upload.
fn issue(server: &Server, request: &Request) -> Value {
    let Some(upload) = request.uploads.first() else { return json!("EmptyFile") };
    match split(&upload.filename) {
        _ if upload.bytes.is_empty() => json!("EmptyFile"),
        None => json!("InvalidPackageId"),
        Some((id, version, _)) if existing(server, &request.space, &format!("{id}.{version}")).is_some() => {
            json!("PackageAlreadyExists")
        }
        Some(_) => Value::Null,
    }
}

fn upload(server: &mut Server, request: &Request) -> Outcome {
    let upload =
        request.uploads.first().ok_or_else(|| Answer::bad_request("Please send the package as a file."))?;
    let (package_id, version, extension) = split(&upload.filename).ok_or_else(|| {
        Answer::bad_request(format!(
            "'{}' is no name of a package: it must be <id>.<version>.<extension>.",
            upload.filename
        ))
    })?;
    if upload.bytes.is_empty() {
        return Err(Answer::bad_request("The package is empty."));
    }
    let name = format!("{package_id}.{version}");
    if let Some(old) = existing(server, &request.space, &name).cloned() {
        let mode = request.query("overwritemode").unwrap_or(if request.query_flag("replace") == Some(true) {
            "OverwriteExisting"
        } else {
            "FailIfExists"
        });
        match mode.to_lowercase().as_str() {
            "ignoreifexists" => return Ok(Answer::ok(show(&request.space, &old))),
            "overwriteexisting" => permissions::demand(server, request, "BuiltInFeedAdminister")?,
            _ => {
                return Err(Answer::conflict(format!(
                    "A package with the same ID and version already exists: {package_id} {version}."
                )));
            }
        }
        remove(server, &request.space, text(&old, "Id"))?;
    }
    let feed =
        server.store.find(&request.space, "feeds", "FeedType", "BuiltIn").map(|feed| feed["Id"].clone());
    let hash: String = Sha1::digest(&upload.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let document = json!({
        "Id": format!("packages-{name}"), "PackageId": package_id, "NuGetPackageId": package_id, "Version": version,
        "FeedId": feed, "FileExtension": extension, "PackageSizeBytes": upload.bytes.len(), "Hash": hash,
        "Published": now(), "Title": package_id, "Description": null, "Summary": null, "ReleaseNotes": null,
        "SpaceId": request.space,
    });
    server.blobs.insert(blob_key(&request.space, &name), upload.bytes.clone());
    server.store.put(&request.space, COLLECTION, document.clone());
    Ok(Answer::created(show(&request.space, &document)))
}

fn blob_key(space: &str, name: &str) -> String {
    format!("package/{space}/{}", name.to_lowercase())
}

/// The bytes of a package, for steps that use it. Ids are compared without case.
pub(crate) fn bytes<'a>(
    server: &'a Server,
    space: &str,
    package_id: &str,
    version: &str,
) -> Option<&'a Vec<u8>> {
    server.blobs.get(&blob_key(space, &format!("{package_id}.{version}")))
}

/// All packages of the built-in feed with this id, newest first.
pub(crate) fn versions_of<'a>(server: &'a Server, space: &str, package_id: &str) -> Vec<&'a Value> {
    let mut packages: Vec<&Value> = server
        .store
        .all(space, COLLECTION)
        .map(|(_, package)| package)
        .filter(|package| text(package, "PackageId").eq_ignore_ascii_case(package_id))
        .collect();
    packages.sort_by(|a, b| compare_versions(text(b, "Version"), text(a, "Version")));
    packages
}

/// A package by `packages-Id.1.0` or `Id.1.0`.
fn existing<'a>(server: &'a Server, space: &str, name: &str) -> Option<&'a Value> {
    server
        .store
        .get(space, COLLECTION, name)
        .or_else(|| server.store.get(space, COLLECTION, &format!("packages-{name}")))
}

fn show(space: &str, package: &Value) -> Value {
    let mut shown = package.clone();
    let own = format!("/api/{space}/packages/{}", text(package, "Id"));
    shown["Links"] = json!({"Self": own, "Raw": format!("{own}/raw")});
    shown
}

fn read(server: &Server, request: &Request, name: &str) -> Outcome {
    let package = existing(server, &request.space, name).ok_or_else(|| Answer::no_document(name))?;
    Ok(Answer::ok(show(&request.space, package)))
}

fn download(server: &Server, request: &Request) -> Outcome {
    let name = request.at(1);
    let package = existing(server, &request.space, name).ok_or_else(|| Answer::no_document(name))?;
    let bytes = bytes(server, &request.space, text(package, "PackageId"), text(package, "Version"));
    let bytes = bytes.ok_or_else(|| Answer::not_found("The package's content is gone."))?;
    Ok(Answer::bytes("application/octet-stream", bytes.clone()))
}

/// Removes a package with its bytes.
pub(crate) fn remove(server: &mut Server, space: &str, name: &str) -> Result<(), Answer> {
    let package = existing(server, space, name).cloned().ok_or_else(|| Answer::no_document(name))?;
    server.store.remove(space, COLLECTION, text(&package, "Id"));
    server
        .blobs
        .remove(&blob_key(space, &format!("{}.{}", text(&package, "PackageId"), text(&package, "Version"))));
    Ok(())
}

fn remove_many(server: &mut Server, request: &Request) -> Outcome {
    let body = request.value()?;
    let fields = body.as_object().cloned().unwrap_or_default();
    let mut ids: Vec<String> = listed(&fields, "Ids").into_iter().map(ToOwned::to_owned).collect();
    ids.extend(request.query_list("ids").unwrap_or_default().into_iter().map(ToOwned::to_owned));
    for id in ids {
        remove(server, &request.space, &id)?;
    }
    Ok(Answer::ok(json!({})))
}

/// What retention does on a server without releases, long after: all packages of a space go, also those that only a
/// runbook's snapshot uses, unless the feed keeps for ever. Answers their ids.
pub(crate) fn apply_retention(server: &mut Server, space: &str) -> Vec<String> {
    let days = server
        .store
        .find(space, "feeds", "FeedType", "BuiltIn")
        .and_then(|feed| feed["DeleteUnreleasedPackagesAfterDays"].as_i64());
    if days.unwrap_or_default() == 0 {
        return Vec::new();
    }
    let ids: Vec<String> = server.store.all(space, COLLECTION).map(|(id, _)| id.clone()).collect();
    for id in &ids {
        // They were there a moment ago, under the same lock.
        let _removed = remove(server, space, id);
    }
    ids
}

/// `…/packages?nuGetPackageId=&filter=&latest=true`
fn list(server: &Server, request: &Request) -> Answer {
    let mut packages: Vec<&Value> = server
        .store
        .all(&request.space, COLLECTION)
        .map(|(_, package)| package)
        .filter(|package| {
            let id = text(package, "PackageId");
            request.query("nugetpackageid").is_none_or(|wanted| wanted.eq_ignore_ascii_case(id))
                && request.query("filter").is_none_or(|part| id.to_lowercase().contains(&part.to_lowercase()))
        })
        .collect();
    sort(&mut packages);
    if request.query_flag("latest") == Some(true) {
        packages.dedup_by_key(|package| text(package, "PackageId").to_lowercase());
    }
    paging::page(request, "Package", &packages, |package| show(&request.space, package))
}

/// By id, newest first.
fn sort(packages: &mut [&Value]) {
    packages.sort_by(|a, b| {
        let ids = text(a, "PackageId").to_lowercase().cmp(&text(b, "PackageId").to_lowercase());
        ids.then_with(|| compare_versions(text(b, "Version"), text(a, "Version")))
    });
}

/// `…/feeds/{id}/packages/versions?packageId=`: newest first. Feeds outside of this server have nothing.
fn versions(server: &Server, request: &Request) -> Outcome {
    let feed = find(server, &request.space, "feeds", request.at(1))?;
    let package_id =
        request.query("packageid").ok_or_else(|| Answer::bad_request("Please provide a packageId."))?;
    let pre_releases = request.query_flag("includeprerelease").unwrap_or(true);
    let filter = request.query("filter").unwrap_or_default();
    let packages: Vec<&Value> = if feed["FeedType"] == "BuiltIn" {
        versions_of(server, &request.space, package_id)
            .into_iter()
            .filter(|package| {
                let version = text(package, "Version");
                (pre_releases || !version.contains('-')) && version.contains(filter)
            })
            .collect()
    } else {
        Vec::new()
    };
    Ok(paging::page(request, "PackageVersion", &packages, |package| {
        json!({"Id": package["Id"], "PackageId": package["PackageId"], "Version": package["Version"], "FeedId": feed["Id"],
               "Title": package["Title"], "Published": package["Published"], "SizeBytes": package["PackageSizeBytes"],
               "FileExtension": package["FileExtension"], "ReleaseNotes": null})
    }))
}

/// `…/feeds/{id}/packages/search?term=`: package ids.
fn search(server: &Server, request: &Request) -> Outcome {
    let feed = find(server, &request.space, "feeds", request.at(1))?;
    let term = request.query("term").unwrap_or_default().to_lowercase();
    let mut packages: Vec<&Value> = server
        .store
        .all(&request.space, COLLECTION)
        .map(|(_, package)| package)
        .filter(|package| {
            feed["FeedType"] == "BuiltIn" && text(package, "PackageId").to_lowercase().contains(&term)
        })
        .collect();
    sort(&mut packages);
    packages.dedup_by_key(|package| text(package, "PackageId").to_lowercase());
    Ok(paging::page(request, "Package", &packages, |package| {
        json!({"Id": package["PackageId"], "Name": package["PackageId"], "Description": null,
               "LatestVersion": package["Version"]})
    }))
}

/// Compares by SemVer, with one to four numbers; metadata doesn't count.
pub(crate) fn compare_versions(a: &str, b: &str) -> Ordering {
    fn parts(version: &str) -> (Vec<u64>, Option<&str>) {
        let version = version.split('+').next().unwrap_or_default();
        let (numbers, pre) =
            version.split_once('-').map_or((version, None), |(numbers, pre)| (numbers, Some(pre)));
        let mut numbers: Vec<u64> = numbers.split('.').map(|part| part.parse().unwrap_or_default()).collect();
        numbers.resize(4, 0);
        (numbers, pre)
    }
    fn compare_pre(a: &str, b: &str) -> Ordering {
        let mut ours = a.split('.');
        let mut theirs = b.split('.');
        loop {
            let order = match (ours.next(), theirs.next()) {
                (None, None) => return Ordering::Equal,
                (None, _) => Ordering::Less,
                (_, None) => Ordering::Greater,
                (Some(ours), Some(theirs)) => match (ours.parse::<u64>(), theirs.parse::<u64>()) {
                    (Ok(ours), Ok(theirs)) => ours.cmp(&theirs),
                    (Ok(_), Err(_)) => Ordering::Less,
                    (Err(_), Ok(_)) => Ordering::Greater,
                    _ => ours.to_lowercase().cmp(&theirs.to_lowercase()),
                },
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }
    let (our_numbers, our_pre) = parts(a);
    let (their_numbers, their_pre) = parts(b);
    our_numbers.cmp(&their_numbers).then_with(|| match (our_pre, their_pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(ours), Some(theirs)) => compare_pre(ours, theirs),
    })
}

#[cfg(test)]
mod tests {
    use super::{compare_versions, split};

    #[test]
    fn names_are_split_at_the_version() {
        for (name, expected) in [
            ("tool.1.0.0.zip", Some(("tool", "1.0.0"))),
            (
                "tool-module-Spaces-2-Projects-7.1.0.12.zip",
                Some(("tool-module-Spaces-2-Projects-7", "1.0.12")),
            ),
            ("tool.2.1.0.0.zip", Some(("tool", "2.1.0.0"))),
            ("tool.1.4.0-dev.20260901T1200.tar.gz", Some(("tool", "1.4.0-dev.20260901T1200"))),
            ("tool.zip", None),
            ("tool.1.0.0.exe", None),
        ] {
            let parts = split(name);
            let found = parts.as_ref().map(|(id, version, _)| (id.as_str(), version.as_str()));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn versions_are_ordered() {
        let mut versions = vec!["1.0.10", "1.0.9", "1.0.10-rc.2", "1.0.10-rc.10", "2", "1.0"];
        versions.sort_by(|a, b| compare_versions(a, b));
        assert_eq!(versions, ["1.0", "1.0.9", "1.0.10-rc.2", "1.0.10-rc.10", "1.0.10", "2"]);
    }
}
