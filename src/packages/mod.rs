//! Packages and build information: which of the source's built-in feed go to the destination's, as data. `commands::packages` copies them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_built_in;
use documents::ids::BUILT_IN_FEED;
use documents::inventory::Inventory;
use octoferry_core::part::parse::matches;

/// Which packages are wanted.
#[derive(Debug, Default)]
pub struct Choice {
    /// Patterns of package ids; none: all.
    pub only: Vec<String>,
    /// At most so many versions of each id, the newest ones.
    pub newest: Option<usize>,
    /// Only versions that releases have, and the newest of what processes name.
    pub used: Option<Used>,
}

impl Choice {
    /// Whether packages, or build information, of this id are meant.
    #[must_use]
    pub fn takes(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| matches(pattern, id))
    }
}

/// What a space uses of its built-in feed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Package ids that processes name, in lower case.
    pub ids: BTreeSet<String>,
    /// Id in lower case → versions that releases have selected.
    pub versions: BTreeMap<String, BTreeSet<String>>,
}

/// What is to be done with one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The destination has no such version.
    Copy,
    /// The destination has it, byte for byte.
    There,
    /// The destination has other bytes under this id and version.
    Other,
}

/// The source's packages that are wanted, by id, newest first; octoferry's own never.
#[must_use]
pub fn wanted<'p>(packages: &'p [Document], choice: &Choice) -> Vec<&'p Document> {
    let mut by_id: BTreeMap<String, Vec<&Document>> = BTreeMap::new();
    for package in packages {
        let id = id_of(package);
        let own = id.eq_ignore_ascii_case(name::PACKAGE)
            || id.to_lowercase().starts_with(&name::MODULE_PACKAGE.to_lowercase());
        if !own && choice.takes(id) {
            by_id.entry(id.to_lowercase()).or_default().push(package);
        }
    }
    let mut wanted = Vec::new();
    for (id, mut versions) in by_id {
        // The time of publishing, not the number: a hotfix of an older line is the newer package.
        versions.sort_by(|one, other| published(other).cmp(published(one)));
        if let Some(used) = &choice.used {
            let newest = versions.first().map(|package| package.id()).filter(|_| used.ids.contains(&id));
            let of_releases = used.versions.get(&id);
            versions.retain(|package| {
                let version = package.text("Version").unwrap_or_default();
                Some(package.id()) == newest || of_releases.is_some_and(|versions| versions.contains(version))
            });
        }
        versions.truncate(choice.newest.unwrap_or(usize::MAX));
        wanted.extend(versions);
    }
    wanted
}

/// What is to be done with a package, given those of the destination. Servers without hashes are believed the version.
#[must_use]
pub fn fate(package: &Document, destination: &[Document]) -> Fate {
    let same = |field: &str, other: &Document| match (package.text(field), other.text(field)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let Some(there) = destination.iter().find(|other| same("PackageId", other) && same("Version", other))
    else {
        return Fate::Copy;
    };
    match (package.text("Hash"), there.text("Hash")) {
        (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other) => Fate::Other,
        _ => Fate::There,
    }
}

/// The name under which a package is uploaded: `Shop.Web.1.2.3.zip`. A server reads id and version from it.
#[must_use]
pub fn file_name(package: &Document) -> String {
    let extension = package.text("FileExtension").unwrap_or(".zip");
    format!("{}.{}{extension}", id_of(package), package.text("Version").unwrap_or_default())
}

/// What processes name of the built-in feed.
#[must_use]
pub fn named_by_processes(inventory: &Inventory) -> Used {
    let is_built_in = |id: &str| {
        let feed = inventory.get(Collection::Feeds, id);
        id == BUILT_IN_FEED || feed.is_some_and(is_built_in)
    };
    let mut used = Used::default();
    for reference in [Collection::DeploymentProcesses, Collection::RunbookProcesses]
        .into_iter()
        .flat_map(|collection| inventory.all(collection))
        .flat_map(references)
    {
        if reference.feed.is_some_and(is_built_in) {
            used.ids.insert(reference.package.to_lowercase());
        }
    }
    used
}

/// Adds the versions that a project's releases have selected. A release names action and reference; which package that is, the project's
/// process says today. (What it said when the release was made is in a snapshot that names the same.)
pub fn add_releases(used: &mut Used, process: &Document, releases: &[Value]) {
    let references = references(process);
    for selected in
        releases.iter().flat_map(|release| release["SelectedPackages"].as_array().into_iter().flatten())
    {
        let text = |field: &str| selected[field].as_str().unwrap_or_default();
        let named = |reference: &&Reference<'_>| {
            reference.action == text("ActionName") && reference.name == text("PackageReferenceName")
        };
        if let Some(reference) = references.iter().find(named) {
            let versions = used.versions.entry(reference.package.to_lowercase()).or_default();
            versions.insert(text("Version").to_owned());
        }
    }
}

/// A package of an action.
struct Reference<'d> {
    action: &'d str,
    name: &'d str,
    package: &'d str,
    feed: Option<&'d str>,
}

fn references(process: &Document) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for step in process.list("Steps") {
        for action in step["Actions"].as_array().into_iter().flatten() {
            for package in action["Packages"].as_array().into_iter().flatten() {
                let Some(id) = package["PackageId"].as_str() else { continue };
                found.push(Reference {
                    action: action["Name"].as_str().unwrap_or_default(),
                    name: package["Name"].as_str().unwrap_or_default(),
                    package: id,
                    feed: package["FeedId"].as_str(),
                });
            }
        }
    }
    found
}

fn id_of(package: &Document) -> &str {
    package.text("PackageId").unwrap_or_default()
}

fn published(package: &Document) -> &str {
    package.text("Published").unwrap_or_default()
}

/// The build information of one package version, as it is posted; it replaces nothing. (API reference of 2026-08: `POST build-information`.)
#[must_use]
pub fn build_information(there: &Value) -> Value {
    const FIELDS: [&str; 7] =
        ["Branch", "BuildEnvironment", "BuildNumber", "BuildUrl", "VcsCommitNumber", "VcsRoot", "VcsType"];
    let mut information = serde_json::Map::new();
    for field in FIELDS {
        information.insert(field.to_owned(), there[field].clone());
    }
    let commits = there["Commits"].as_array().into_iter().flatten();
    let commits = commits.map(|commit| serde_json::json!({"Id": commit["Id"], "Comment": commit["Comment"]}));
    information.insert("Commits".to_owned(), commits.collect());
    serde_json::json!({
        "PackageId": there["PackageId"],
        "Version": there["Version"],
        "OctopusBuildInformation": information,
        "OverwriteMode": "IgnoreIfExists",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(id: &str, version: &str, published: &str) -> Document {
        let document = json!({"Id": format!("packages-{id}.{version}"), "PackageId": id, "Version": version, "Published": published, "Hash": "ab", "FileExtension": ".nupkg"});
        Document::new(document).unwrap()
    }

    fn names(packages: &[&Document]) -> Vec<String> {
        packages.iter().map(|package| file_name(package)).collect()
    }

    #[test]
    fn what_is_chosen_is_of_the_space_and_newest_first() {
        let packages = [
            package("Shop.Web", "1.0.0", "2026-01-01"),
            package("Shop.Web", "1.0.1", "2026-03-01"),
            package("Shop.Web", "2.0.0", "2026-02-01"),
            package("Tools", "3.0.0", "2026-01-01"),
            package("octoferry", "0.1.0", "2026-09-01"),
            package("octoferry-module-Spaces-2", "1.0.4", "2026-09-01"),
        ];
        let all = wanted(&packages, &Choice::default());
        assert_eq!(
            names(&all),
            ["Shop.Web.1.0.1.nupkg", "Shop.Web.2.0.0.nupkg", "Shop.Web.1.0.0.nupkg", "Tools.3.0.0.nupkg"]
        );
        let some = Choice { only: vec!["Shop*".into()], newest: Some(1), used: None };
        assert_eq!(names(&wanted(&packages, &some)), ["Shop.Web.1.0.1.nupkg"]);
        let mut used = Used { ids: BTreeSet::from(["shop.web".to_owned()]), ..Used::default() };
        let process = json!({"Id": "deploymentprocess-Projects-1", "Steps": [{"Actions": [{"Name": "Web", "Packages": [{"Name": "", "PackageId": "Shop.Web", "FeedId": "Feeds-1"}]}]}]});
        let releases = [
            json!({"SelectedPackages": [{"ActionName": "Web", "PackageReferenceName": "", "Version": "1.0.0"}]}),
            json!({"SelectedPackages": [{"ActionName": "Gone", "PackageReferenceName": "", "Version": "9"}]}),
        ];
        add_releases(&mut used, &Document::new(process).unwrap(), &releases);
        let used = Choice { used: Some(used), ..Choice::default() };
        assert_eq!(names(&wanted(&packages, &used)), ["Shop.Web.1.0.1.nupkg", "Shop.Web.1.0.0.nupkg"]);
    }

    #[test]
    fn other_bytes_under_the_same_version_are_never_taken_for_the_same() {
        let ours = package("Shop.Web", "1.0.0", "");
        let mut other = ours.clone();
        assert_eq!(fate(&ours, &[]), Fate::Copy);
        assert_eq!(fate(&ours, &[other.clone()]), Fate::There);
        other.fields_mut().insert("Hash".to_owned(), json!("cd"));
        assert_eq!(fate(&ours, &[other]), Fate::Other);
    }
}
