//! Permissions that octoferry needs. Which documents need which stands in the table of collections; what seed, spread and migrate need besides
//! stands here. Names of permissions: the documentation of the built-in roles. Which request needs which: the descriptions there.

use std::collections::BTreeSet;

use serde_json::Value;

use documents::collection::{Collection, Reading};
use documents::document::Document;
use documents::git;
use documents::inventory::Inventory;

/// What seed, spread and migrate do at the source besides reading, and unseed takes back.
pub(crate) const SEED: &[&str] = &[
    "ActionTemplateCreate",
    "ActionTemplateDelete",
    "ActionTemplateEdit",
    "ArtifactView",
    "BuiltInFeedAdminister",
    "BuiltInFeedDownload",
    "BuiltInFeedPush",
    "EnvironmentCreate",
    "EnvironmentDelete",
    "LibraryVariableSetCreate",
    "LibraryVariableSetDelete",
    "LibraryVariableSetEdit",
    "ProcessEdit",
    "ProjectCreate",
    "ProjectDelete",
    "ProjectEdit",
    "ProjectGroupCreate",
    "ProjectGroupDelete",
    "RunbookEdit",
    "RunbookRunCreate",
    "RunbookRunView",
    "TaskCancel",
    "TaskView",
    "VariableEdit",
    "VariableEditUnscoped",
];

/// Permissions to see what a space holds: the documents that an export can't do without, or those whose absence would only be noted.
pub(crate) fn to_see(may_be_unseen: bool) -> BTreeSet<&'static str> {
    let rows = Collection::ALL.iter().map(|collection| collection.row());
    let read = rows.filter(|row| row.reading != Reading::Never && row.may_be_unseen() == may_be_unseen);
    read.flat_map(|row| row.view).copied().collect()
}

/// All permissions to see what a space holds.
fn seen() -> impl Iterator<Item = &'static str> {
    to_see(false).into_iter().chain(to_see(true))
}

/// Permissions to make what an inventory holds (`None`: everything), by Terraform, or by finish alone: there a refusal stops nothing.
pub(crate) fn to_make(inventory: Option<&Inventory>, by_finish: bool) -> BTreeSet<&'static str> {
    let is_made = |collection: &Collection| {
        inventory.is_none_or(|inventory| {
            inventory.all(*collection).any(|document| is_own(inventory, *collection, document))
                || (*collection == Collection::GitCredentials
                    && inventory
                        .all(Collection::Projects)
                        .any(|project| git::own_credentials(project).is_some()))
        })
    };
    let made = Collection::ALL.iter().filter(|collection| !collection.row().make.is_empty());
    let made = made.filter(|collection| (**collection == Collection::OidcIdentities) == by_finish);
    let rows = made.filter(|collection| is_made(collection)).map(|collection| collection.row());
    rows.flat_map(|row| row.make).copied().collect()
}

/// Whether a document is made: roles and teams that every server has are not, nor tags that come with their targets.
fn is_own(inventory: &Inventory, collection: Collection, document: &Document) -> bool {
    match collection {
        Collection::DeploymentTargetTags => {
            let mut targets = inventory.all(Collection::Machines);
            !targets.any(|target| target.texts("Roles").any(|role| role == document.name()))
        }
        Collection::UserRoles | Collection::Teams => {
            document.get("CanBeDeleted") != Some(&Value::Bool(false))
        }
        _ => true,
    }
}

/// What the runbooks' key needs at the source besides seeing what the space holds: pushing and fetching modules, whether its own run is of the
/// newest variables, and exporting certificates where it may.
pub(crate) const RUNBOOKS: &[&str] =
    &["BuiltInFeedDownload", "BuiltInFeedPush", "CertificateExportPrivateKey", "RunbookRunView"];
/// What it needs at the destination besides making what the space holds: who replaced a placeholder, and copying packages.
pub(crate) const RUNBOOKS_THERE: &[&str] =
    &["BuildInformationPush", "BuiltInFeedDownload", "BuiltInFeedPush", "EventView"];

/// All that the runbooks do at the source: what a key of their own is for.
#[must_use]
pub fn of_runbooks_at_source() -> BTreeSet<String> {
    seen().chain(["EventView"]).chain(RUNBOOKS.iter().copied()).map(str::to_owned).collect()
}

/// All that they do at the destination, deleting when they are told so included. `inventory` is the source's: what a key could give itself
/// more with is only for those who have something to make with it.
#[must_use]
pub fn of_runbooks_at_destination(inventory: &Inventory) -> BTreeSet<String> {
    let make = |inventory| to_make(inventory, false).into_iter().chain(to_make(inventory, true));
    let needed: BTreeSet<&str> = make(Some(inventory)).collect();
    let made = make(None).filter(|name| !RAISING.contains(name) || needed.contains(name));
    let mut all: BTreeSet<String> =
        seen().chain(made).chain(RUNBOOKS_THERE.iter().copied()).map(str::to_owned).collect();
    let deletes: Vec<String> =
        all.iter().filter_map(|name| Some(format!("{}Delete", name.strip_suffix("Create")?))).collect();
    all.extend(deletes);
    all
}

/// Who has these can make users, or give a team of theirs more rights.
pub(crate) const RAISING: &[&str] = &["TeamCreate", "TeamEdit", "UserEdit", "UserRoleEdit"];
