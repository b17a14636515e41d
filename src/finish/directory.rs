//! Finds documents at the destination by their natural keys. Lists are read once.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use documents::collection::{Collection, Part};
use documents::composed::is_same_composed;
use documents::inventory::Inventory;
use documents::target_tags;
use failure::Failure;
use module::manifest::Target;
use octopus::retention;
use octopus::server::Server;
use octopus::target_tag_list;

/// The destination's documents by name.
pub struct Directory {
    pub server: Server,
    lists: HashMap<List, Vec<Value>>,
    /// Users by the names that the source has for them, where they are others (`users.json` of the module).
    users: HashMap<String, String>,
    /// Names that projects get before anything else is done, by their ids; `None`: it goes.
    projects: BTreeMap<String, Option<String>>,
    /// Ids of documents that finish has made.
    ids: BTreeMap<Target, String>,
    /// Whether the destination turned out to be older than the list of target tags.
    is_without_target_tags: bool,
}

/// Collections of which a write may be seen in each other's lists: environments of all types, what targets are tagged with, who may do what. Any other write of
/// finish is seen in the lists of its own collection alone: variables, processes and settings are in none.
const SHOWN_WITH: [&[Collection]; 3] = [
    &[Collection::Environments, Collection::ParentEnvironments, Collection::EphemeralEnvironments],
    &[Collection::Machines, Collection::TagSets, target_tags::COLLECTION],
    &[Collection::Teams, Collection::Users, Collection::UserRoles, Collection::ScopedUserRoles],
];

/// A list of documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum List {
    Of(Collection),
    /// What a project has of a collection: with the id of the project.
    InProject(Collection, String),
}

impl List {
    /// `None`: projects have no list of that collection.
    fn in_project(collection: Collection, project: &Value) -> Option<Self> {
        collection.row().in_project.map(|_| Self::InProject(collection, id(project)))
    }

    fn collection(&self) -> Collection {
        match self {
            Self::Of(collection) | Self::InProject(collection, _) => *collection,
        }
    }

    fn path(&self, space: &str) -> String {
        match self {
            Self::Of(collection) => collection.list(space),
            Self::InProject(collection, project) => collection.of_project(space, project).unwrap_or_default(),
        }
    }
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub id: String,
    /// Path to read it.
    pub read: String,
    /// Path to write it.
    pub write: String,
}

impl Located {
    fn same(id: &str, path: String) -> Self {
        Self { id: id.to_owned(), read: path.clone(), write: path }
    }
}

impl Directory {
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self {
            server,
            lists: HashMap::new(),
            users: HashMap::new(),
            projects: BTreeMap::new(),
            ids: BTreeMap::new(),
            is_without_target_tags: false,
        }
    }

    /// Says under which names users are at the destination.
    pub fn rename_users(&mut self, users: HashMap<String, String>) {
        self.users = users;
    }

    /// Says what projects are called when the first module is deployed, by their ids; `None`: it is gone then.
    pub fn expect_projects(&mut self, names: BTreeMap<String, Option<String>>) {
        self.projects = names;
        self.forget();
    }

    /// Says which ids documents have, whatever their names are.
    pub(super) fn expect_ids(&mut self, ids: BTreeMap<Target, String>) {
        self.ids = ids;
    }

    /// A document that is known by its id and bears this name, though the one at `place` is to have it.
    pub(super) async fn bearer(
        &mut self,
        target: &Target,
        place: &Located,
        name: &str,
    ) -> Result<Option<Located>, Failure> {
        let ids: Vec<String> = self.ids.values().filter(|id| **id != place.id).cloned().collect();
        let Some(list) = self.list_of(target).await? else { return Ok(None) };
        let has_name =
            |document: &Value| document["Name"].as_str().is_some_and(|other| is_same_composed(other, name));
        let mut bearers = self.documents(&list).await?.iter().filter(|document| has_name(document)).map(id);
        let Some(bearer) = bearers.find(|id| ids.contains(id)) else { return Ok(None) };
        self.at_id(target, &bearer).await
    }

    /// The list that has such documents; `None` where there is none of the space or a project.
    async fn list_of(&mut self, target: &Target) -> Result<Option<List>, Failure> {
        let collection = target.collection;
        if collection == IDENTITIES || collection == target_tags::COLLECTION {
            return Ok(None);
        }
        Ok(match (collection.row().in_project, target.key.as_slice()) {
            (Some(_), [project, _]) => self.list_in_project(collection, project).await?,
            (None, [_]) => Some(List::Of(collection)),
            _ if collection == FREEZES => Some(List::Of(FREEZES)),
            _ => None,
        })
    }

    /// What the project of this name has of a collection; `None`: there is no such project, or no such list.
    async fn list_in_project(&mut self, of: Collection, project: &str) -> Result<Option<List>, Failure> {
        let project = self.named(Collection::Projects, project).await?;
        Ok(project.and_then(|project| List::in_project(of, &project)))
    }

    /// The document of this id, if it is there.
    pub(super) async fn at_id(&mut self, target: &Target, known: &str) -> Result<Option<Located>, Failure> {
        let Some(list) = self.list_of(target).await? else { return Ok(None) };
        if !self.documents(&list).await?.iter().any(|document| id(document) == known) {
            return Ok(None);
        }
        let mut place =
            Located::same(known, format!("{}/{known}", target.collection.documents(self.server.space_id())));
        if target.collection.row().written_in_project {
            place.write = format!("{}/{known}", list.path(self.server.space_id()));
        }
        Ok(Some(place))
    }

    /// Forgets what was read, after something changed.
    pub fn forget(&mut self) {
        self.lists.clear();
    }

    /// Forgets the lists that show what was written of a document of this collection.
    pub(super) fn wrote(&mut self, collection: Collection) {
        let shown_with = SHOWN_WITH.iter().find(|together| together.contains(&collection));
        self.lists.retain(|list, _| {
            let listed = list.collection();
            listed != collection && shown_with.is_none_or(|together| !together.contains(&listed))
        });
    }

    /// Where the document is; `None` when there is none of this key.
    ///
    /// # Errors
    /// When the destination refuses, or the key can't be one of this collection.
    pub async fn find(&mut self, target: &Target) -> Result<Option<Located>, Failure> {
        if let Some(known) = self.ids.get(target).cloned()
            && let Some(place) = self.at_id(target, &known).await?
        {
            return Ok(Some(place));
        }
        self.by_key(target).await
    }

    async fn by_key(&mut self, target: &Target) -> Result<Option<Located>, Failure> {
        let key: Vec<&str> = target.key.iter().map(String::as_str).collect();
        let collection = target.collection;
        match (collection, key.as_slice()) {
            (_, [project, name]) if collection.row().in_project.is_some() => {
                self.in_project(collection, project, name).await
            }
            (Collection::DeploymentProcesses, [project]) => {
                self.part_of(&PROJECTS, project, "DeploymentProcessId", collection).await
            }
            (Collection::DeploymentSettings, [project]) => self.settings(project).await,
            (Collection::RunbookProcesses, [project, runbook]) => {
                let runbooks = self.list_in_project(Collection::Runbooks, project).await?;
                let Some(runbooks) = runbooks else { return Ok(None) };
                self.part_of(&runbooks, runbook, "RunbookProcessId", collection).await
            }
            (Collection::Variables, [owners, name]) => {
                let owners = List::Of(Collection::named(owners));
                self.part_of(&owners, name, "VariableSetId", collection).await
            }
            (Collection::Actions, [project, action]) => {
                let process =
                    Target { collection: Collection::DeploymentProcesses, key: vec![(*project).to_owned()] };
                self.action(&process, action).await
            }
            (Collection::Actions, [project, runbook, action]) => {
                let key = vec![(*project).to_owned(), (*runbook).to_owned()];
                self.action(&Target { collection: Collection::RunbookProcesses, key }, action).await
            }
            (FREEZES, [name]) => self.freeze(None, name).await,
            (FREEZES, [project, name]) => self.freeze(Some(project), name).await,
            (IDENTITIES, [account, name]) => self.identity(account, name).await,
            (Collection::RetentionPolicies, [kind]) => self.retention(kind).await,
            (Collection::Tags, [set, tag]) => self.tag(set, tag).await,
            (target_tags::COLLECTION, [tag]) => {
                let found = self.named(collection, tag).await?;
                Ok(found
                    .map(|found| Located::same(&id(&found), self.server.path(&target_tag_list::place(tag)))))
            }
            (_, [name]) => {
                let space = self.server.space_id().to_owned();
                let document = self.named(collection, name).await?;
                Ok(document.filter(|document| is_own(collection, document, &space)).map(|document| {
                    let id = id(&document);
                    let path = format!("{}/{id}", collection.documents(self.server.space_id()));
                    Located::same(&id, path)
                }))
            }
            _ => Err(Failure::failed(format!(
                "the module names {collection} {:?}, which is no key of that kind",
                target.key
            ))
            .hint("The module is of another version of octoferry: serialize again.")),
        }
    }

    /// A document of a project.
    async fn in_project(
        &mut self,
        collection: Collection,
        project: &str,
        name: &str,
    ) -> Result<Option<Located>, Failure> {
        let Some(list) = self.list_in_project(collection, project).await? else { return Ok(None) };
        let Some(document) = self.named_in(&list, name).await? else { return Ok(None) };
        let id = id(&document);
        let path = format!("{}/{id}", collection.documents(self.server.space_id()));
        let mut place = Located::same(&id, path);
        if collection.row().written_in_project {
            place.write = format!("{}/{id}", list.path(self.server.space_id()));
        }
        Ok(Some(place))
    }

    /// A freeze of this space: the project's own one, or one of nobody's.
    async fn freeze(&mut self, project: Option<&str>, name: &str) -> Result<Option<Located>, Failure> {
        let projects = self.list(Collection::Projects).await?.to_vec();
        let owner = match project {
            Some(project) => self.named(Collection::Projects, project).await?.map(|project| id(&project)),
            None => Some(String::new()),
        };
        let freezes = self.list(FREEZES).await?;
        let found = freezes.iter().find(|freeze| {
            freeze["Name"].as_str().is_some_and(|other| is_same_composed(other, name))
                && Some(freeze["OwnerId"].as_str().unwrap_or_default()) == owner.as_deref()
                && is_of_space(freeze, &projects)
        });
        Ok(found.map(|freeze| Located::same(&id(freeze), format!("/api/{FREEZES}/{}", id(freeze)))))
    }

    /// The settings of a project, which has just these.
    async fn settings(&mut self, project: &str) -> Result<Option<Located>, Failure> {
        let Some(project) = self.named(Collection::Projects, project).await? else { return Ok(None) };
        let path = Collection::DeploymentSettings.of_project(self.server.space_id(), &id(&project));
        Ok(path.map(|path| Located::same(&id(&project), path)))
    }

    /// An OIDC identity of a service account.
    async fn identity(&mut self, account: &str, name: &str) -> Result<Option<Located>, Failure> {
        let Some(account) = self.named(Collection::Users, account).await? else { return Ok(None) };
        let base = format!("/api/serviceaccounts/{}/{IDENTITIES}", id(&account));
        let answer = self.server.client.get(&format!("{base}/v1?skip=0&take=1000")).await?;
        let mut identities = answer["OidcIdentities"].as_array().into_iter().flatten();
        let found = identities.find(|identity| identity["Name"] == *name);
        Ok(found.map(|identity| Located::same(&id(identity), format!("{base}/{}/v1", id(identity)))))
    }

    /// The space's default retention policy of a type.
    async fn retention(&mut self, kind: &str) -> Result<Option<Located>, Failure> {
        let path = self.server.path(Collection::RetentionPolicies.name());
        let found = retention::default_of(&self.server.client, &path, kind).await?;
        Ok(found.map(|policy| Located::same(&id(&policy), format!("{path}/{}", id(&policy)))))
    }

    /// A tag, which is read and written with its set.
    async fn tag(&mut self, set: &str, tag: &str) -> Result<Option<Located>, Failure> {
        let set = self.named(Collection::TagSets, set).await?;
        let tags = set.as_ref().and_then(|set| set["Tags"].as_array()).map_or(&[][..], Vec::as_slice);
        let tag = by_name(&mut tags.iter(), |tag| tag["Name"].as_str(), tag);
        Ok(set.as_ref().zip(tag).map(|(set, tag)| Located {
            id: id(tag),
            ..Located::same("", self.server.path(&format!("tagsets/{}", id(set))))
        }))
    }

    /// The value with every `$ref` replaced by the id at the destination.
    ///
    /// # Errors
    /// When one is not there (with the status 404), or the destination refuses.
    pub async fn resolved(&mut self, value: &Value) -> Result<Value, Failure> {
        Ok(match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref") {
                    let target: Target = serde_json::from_value(reference.clone()).map_err(|_| {
                        Failure::failed("the module has a reference that this octoferry can't read")
                    })?;
                    let place = self.find(&target).await?;
                    let place = place.ok_or_else(|| {
                        let mut failure = Failure::failed(format!(
                            "{} is not at the destination",
                            super::described(&target)
                        ));
                        // For the caller a step that can't be done, like a refusal.
                        failure.http_status = Some(404);
                        failure
                    })?;
                    return Ok(Value::String(place.id));
                }
                let mut resolved = serde_json::Map::new();
                for (name, value) in fields {
                    resolved.insert(name.clone(), Box::pin(self.resolved(value)).await?);
                }
                Value::Object(resolved)
            }
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items {
                    resolved.push(Box::pin(self.resolved(item)).await?);
                }
                Value::Array(resolved)
            }
            other => other.clone(),
        })
    }

    /// Where documents of a collection are made.
    ///
    /// # Errors
    /// When the destination refuses to say whether there is the user whose identity it is.
    pub async fn new_documents(&mut self, target: &Target) -> Result<String, Failure> {
        let collection = target.collection;
        if collection == IDENTITIES {
            let account = target.key.first().map(String::as_str).unwrap_or_default();
            let account = self.named(Collection::Users, account).await?.unwrap_or(Value::Null);
            return Ok(format!("/api/serviceaccounts/{}/{IDENTITIES}/create/v1", id(&account)));
        }
        Ok(collection.documents(self.server.space_id()))
    }

    /// A document of a collection, by its exact name.
    ///
    /// # Errors
    /// When the destination refuses.
    pub async fn named(&mut self, collection: Collection, name: &str) -> Result<Option<Value>, Failure> {
        self.named_in(&List::Of(collection), name).await
    }

    async fn named_in(&mut self, list: &List, name: &str) -> Result<Option<Value>, Failure> {
        let space = self.server.space_id().to_owned();
        let collection = list.collection();
        let field = match (collection, collection.row().key) {
            // The list has them in a form of its own.
            (target_tags::COLLECTION, _) => "Tag",
            (_, [Part::Own(field)]) => field,
            _ => "Name",
        };
        let renamed = self.users.get(name).filter(|_| collection == Collection::Users).cloned();
        let name = renamed.as_deref().unwrap_or(name);
        // A server's list also has the teams of other spaces.
        let elsewhere = |document: &Value| {
            collection == Collection::Teams
                && document["SpaceId"].as_str().is_some_and(|id| !id.is_empty() && id != space)
        };
        let documents = self.documents(list).await?;
        let mut ours = documents.iter().filter(|document| !elsewhere(document));
        let mut own = ours.clone().filter(|document| is_own(collection, document, &space));
        let found = by_name(&mut own, |document| document[field].as_str(), name)
            .or_else(|| by_name(&mut ours, |document| document[field].as_str(), name));
        Ok(found.cloned())
    }

    /// Whether the destination has a route for such documents: an older server only knows the target tags that its targets have.
    ///
    /// # Errors
    /// When the destination refuses.
    pub(super) async fn has_route(&mut self, collection: Collection) -> Result<bool, Failure> {
        if collection != target_tags::COLLECTION {
            return Ok(true);
        }
        self.list(collection).await?;
        Ok(!self.is_without_target_tags)
    }

    /// Takes lists that have been read already; an empty one may not have been asked for.
    pub fn know(&mut self, inventory: &Inventory, collections: &[Collection]) {
        for collection in collections {
            let documents: Vec<Value> =
                inventory.all(*collection).map(|document| document.clone().into_value()).collect();
            if !documents.is_empty() {
                self.lists.insert(List::Of(*collection), documents);
            }
        }
    }

    /// All documents of a collection.
    ///
    /// # Errors
    /// When the destination refuses.
    pub async fn list(&mut self, collection: Collection) -> Result<&[Value], Failure> {
        self.documents(&List::Of(collection)).await
    }

    async fn documents(&mut self, list: &List) -> Result<&[Value], Failure> {
        if !self.lists.contains_key(list) {
            let mut documents = self.read(list).await?;
            if *list == PROJECTS {
                documents.retain(|project| self.projects.get(&id(project)) != Some(&None));
                for project in &mut documents {
                    if let Some(Some(name)) = self.projects.get(&id(project)) {
                        project["Name"] = name.clone().into();
                    }
                }
            }
            self.lists.insert(list.clone(), documents);
        }
        Ok(&self.lists[list])
    }

    async fn read(&mut self, list: &List) -> Result<Vec<Value>, Failure> {
        let client = &self.server.client;
        let path = list.path(self.server.space_id());
        match list {
            List::Of(FREEZES) => octopus::freezes::list(client).await,
            List::Of(target_tags::COLLECTION) => {
                let tags = target_tag_list::list(client, &path).await?;
                self.is_without_target_tags = tags.is_none();
                Ok(tags.unwrap_or_default())
            }
            List::Of(_) => client.known_list(&path).await,
            List::InProject(..) => client.list(&path).await,
        }
    }

    /// A document whose id stands in a field of another one.
    async fn part_of(
        &mut self,
        owners: &List,
        name: &str,
        field: &str,
        collection: Collection,
    ) -> Result<Option<Located>, Failure> {
        let owner = self.named_in(owners, name).await?;
        let id = owner.as_ref().and_then(|owner| owner[field].as_str());
        let documents = collection.documents(self.server.space_id());
        Ok(id.map(|id| Located::same(id, format!("{documents}/{id}"))))
    }

    async fn action(&mut self, process: &Target, name: &str) -> Result<Option<Located>, Failure> {
        let Some(place) = Box::pin(self.find(process)).await? else { return Ok(None) };
        let document = self.server.client.get(&place.read).await?;
        let steps = document["Steps"].as_array().map_or(&[][..], Vec::as_slice);
        let mut actions = steps.iter().filter_map(|step| step["Actions"].as_array()).flatten();
        let action = by_name(&mut actions, |action| action["Name"].as_str(), name);
        Ok(action.map(|action| Located { id: id(action), ..place }))
    }
}

/// The one of this name, else the one whose name is the same when it is composed: Terraform composes every name (Unicode NFC), and gives
/// it back its form only after finish has set it.
fn by_name<'v>(
    among: &mut (impl Iterator<Item = &'v Value> + Clone),
    name_of: impl Fn(&'v Value) -> Option<&'v str>,
    name: &str,
) -> Option<&'v Value> {
    let is = |candidate: &&'v Value| name_of(candidate) == Some(name);
    among.clone().find(is).or_else(|| {
        among.find(|candidate| name_of(candidate).is_some_and(|other| is_same_composed(other, name)))
    })
}

/// Whether a document is what a space can have made: one of its teams may be called like a team of the server, which each space sees, too.
fn is_own(collection: Collection, document: &Value, space: &str) -> bool {
    collection != Collection::Teams || document["SpaceId"] == space
}

const PROJECTS: List = List::Of(Collection::Projects);
const FREEZES: Collection = Collection::DeploymentFreezes;
const IDENTITIES: Collection = Collection::OidcIdentities;

/// Whether a freeze names nothing but things of this space (or nothing yet): names of freezes may repeat, and another space's freeze of
/// the same name is not ours to change.
fn is_of_space(freeze: &Value, projects: &[Value]) -> bool {
    let ours = |id: &str| projects.iter().any(|project| project["Id"] == id);
    let scope = freeze["ProjectEnvironmentScope"].as_object();
    let tenants = freeze["TenantProjectEnvironmentScope"].as_array();
    scope.into_iter().flatten().all(|(project, _)| ours(project))
        && tenants.into_iter().flatten().all(|scope| scope["ProjectId"].as_str().is_none_or(ours))
        && freeze["OwnerId"].as_str().is_none_or(|owner| owner.is_empty() || ours(owner))
}

fn id(document: &Value) -> String {
    document["Id"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn a_write_forgets_the_lists_that_show_it_and_no_other() {
        let page = |_: &str, _: &Value| serde_json::json!({"TotalResults": 1, "Items": [{"Id": "X-1", "Name": "a"}]});
        let (server, requests) = testing::server(page).await;
        let mut directory = Directory::new(server);
        let mut asks_again = async |written: Option<Collection>| -> Vec<Collection> {
            written.into_iter().for_each(|written| directory.wrote(written));
            let all =
                [Collection::Projects, Collection::Machines, Collection::TagSets, Collection::Subscriptions];
            let mut asked = Vec::new();
            for collection in all {
                let before = requests.lock().unwrap().len();
                let target = Target { collection, key: vec!["a".to_owned()] };
                assert!(directory.find(&target).await.ok().unwrap().is_some(), "{collection}");
                if requests.lock().unwrap().len() > before {
                    asked.push(collection);
                }
            }
            asked
        };
        assert_eq!(asks_again(None).await.len(), 4);
        assert_eq!(asks_again(None).await, []);
        assert_eq!(asks_again(Some(Collection::Variables)).await, []);
        assert_eq!(asks_again(Some(Collection::Projects)).await, [Collection::Projects]);
        let tagged = [Collection::Machines, Collection::TagSets];
        assert_eq!(asks_again(Some(Collection::Machines)).await, tagged);
    }
}
