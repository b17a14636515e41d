//! What ids stand for: the natural key of a document, or the place of something inside one.

use std::collections::HashMap;

use serde_json::Value;
use sha2::Digest as _;

use super::plain;
use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_of_server;
use documents::inventory::Inventory;

/// Id → name, for everything in a space.
pub(super) struct Names<'i> {
    inventory: &'i Inventory,
    names: HashMap<String, String>,
}

impl<'i> Names<'i> {
    pub(super) fn new(inventory: &'i Inventory) -> Self {
        let mut names = Self { inventory, names: HashMap::new() };
        if !inventory.space_id().is_empty() {
            names.names.insert(inventory.space_id().to_owned(), "⟨this space⟩".to_owned());
            // The team that every server makes with a space; its id is made of the space's.
            let managers = format!("teams-spacemanagers-{}", inventory.space_id());
            names.names.insert(managers, "⟨managers of this space⟩".to_owned());
        }
        for collection in inventory.collections() {
            for document in inventory.all(collection) {
                let name = format!("{collection} {}", names.key(collection, document).join("/"));
                // What a server computes (the values that a variable's scope can have) repeats ids and names of other things.
                for (field, value) in document.fields() {
                    if !plain::is_computed(collection, field) {
                        names.inside(value, &format!("{name}/{field}"));
                    }
                }
                names.names.insert(document.id().to_owned(), format!("⟨{name}⟩"));
            }
        }
        names
    }

    /// The natural key: the names of what the document belongs to, then its own.
    pub(super) fn key(&self, collection: Collection, document: &Document) -> Vec<String> {
        let name_of = |collection: Collection, field: &str| -> Option<String> {
            let id = document.text(field).filter(|id| !id.is_empty())?;
            Some(self.inventory.get(collection, id).map_or(id, Document::name).to_owned())
        };
        let project = name_of(Collection::Projects, "ProjectId");
        let own = |field: &str| document.text(field).map(str::to_owned);
        let own = match collection {
            Collection::DeploymentProcesses | Collection::DeploymentSettings => None,
            Collection::RunbookProcesses => {
                name_of(Collection::Runbooks, "RunbookId").or_else(|| self.runbook_of_process(document.id()))
            }
            Collection::RunbookSnapshots => {
                let names = [project, name_of(Collection::Runbooks, "RunbookId"), own("Name")];
                return names.into_iter().flatten().collect();
            }
            Collection::RetentionPolicies => own("RetentionType"),
            Collection::Users => own("Username"),
            // A team may have one role several times; then their order tells them apart.
            Collection::ScopedUserRoles => {
                let names =
                    [name_of(Collection::Teams, "TeamId"), name_of(Collection::UserRoles, "UserRoleId")];
                return names.into_iter().map(Option::unwrap_or_default).collect();
            }
            Collection::OidcIdentities => {
                let account = document.text("ServiceAccountId").unwrap_or_default();
                let account =
                    self.inventory.get(Collection::Users, account).and_then(|user| user.text("Username"));
                return account.into_iter().chain([document.name()]).map(str::to_owned).collect();
            }
            Collection::DeploymentFreezes => {
                let owner = name_of(Collection::Projects, "OwnerId");
                return owner.into_iter().chain([document.name().to_owned()]).collect();
            }
            // What was replaced is archived under the same name.
            Collection::Certificates if document.text("Archived").is_some() => {
                let thumbprint = document.text("Thumbprint").unwrap_or_default();
                return vec![document.name().to_owned(), "archived".to_owned(), thumbprint.to_owned()];
            }
            Collection::Feeds if is_of_server(document) => own("FeedType"),
            Collection::Variables => {
                let owner = document.text("OwnerId").unwrap_or_default();
                let of_project = self.inventory.get(Collection::Projects, owner).is_some();
                let owners = if of_project { Collection::Projects } else { Collection::LibraryVariableSets };
                name_of(owners, "OwnerId")
            }
            Collection::TenantVariableValues => {
                let owner =
                    project.or_else(|| name_of(Collection::LibraryVariableSets, "LibraryVariableSetId"));
                let names = [name_of(Collection::Tenants, "TenantId"), owner, self.template(document)];
                return names.into_iter().flatten().collect();
            }
            _ => Some(document.name().to_owned()),
        };
        let key: Vec<String> = project.into_iter().chain(own).collect();
        if key.is_empty() { vec![document.id().to_owned()] } else { key }
    }

    /// What tells a logo from another: its size and a digest.
    pub(super) fn picture(&self, id: &str) -> Option<String> {
        let picture = self.inventory.logos.get(id)?;
        let digest = sha2::Sha256::digest(picture);
        let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Some(format!("picture of {} bytes, {digest}", picture.len()))
    }

    /// Text with every id in it replaced by what it stands for. Only whole tokens are ids.
    pub(super) fn resolve(&self, text: &str) -> String {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (between, from_token) = rest.split_at(start);
            let end = from_token.find(|letter| !is_part(letter)).unwrap_or(from_token.len());
            let (token, after) = from_token.split_at(end);
            resolved.push_str(between);
            resolved.push_str(self.names.get(token).map_or(token, String::as_str));
            rest = after;
        }
        resolved.push_str(rest);
        resolved
    }

    /// Whether the packages of a feed are projects.
    pub(super) fn is_feed_of_projects(&self, id: &str) -> bool {
        let feed = self.inventory.get(Collection::Feeds, id);
        feed.is_some_and(|feed| feed.text("FeedType") == Some("OctopusProject"))
    }

    /// Whether a text is nothing but an id of the space.
    pub(super) fn is_id(&self, text: &str) -> bool {
        self.names.contains_key(text)
    }

    /// The name of a tenant value's template.
    fn template(&self, value: &Document) -> Option<String> {
        let owner =
            [(Collection::Projects, "ProjectId"), (Collection::LibraryVariableSets, "LibraryVariableSetId")]
                .into_iter()
                .find_map(|(collection, field)| self.inventory.get(collection, value.text(field)?));
        let id = value.text("TemplateId")?;
        let template = owner?
            .list("Templates")
            .iter()
            .find(|template| template.get("Id").and_then(Value::as_str) == Some(id));
        Some(template.and_then(|template| template.get("Name")?.as_str()).unwrap_or(id).to_owned())
    }

    fn runbook_of_process(&self, process: &str) -> Option<String> {
        let runbook = self
            .inventory
            .all(Collection::Runbooks)
            .find(|runbook| runbook.text("RunbookProcessId") == Some(process));
        runbook.map(|runbook| runbook.name().to_owned())
    }

    /// Steps, actions, templates, tags, phases … are known by their place.
    fn inside(&mut self, value: &Value, place: &str) {
        match value {
            Value::Object(fields) => {
                for (field, inner) in fields {
                    self.inside(inner, &format!("{place}/{field}"));
                }
            }
            Value::Array(items) => {
                for (item, label) in items.iter().zip(super::labels(items)) {
                    let place = format!("{place}/{label}");
                    if let Some(id) = item.get("Id").and_then(Value::as_str).filter(|id| id.len() > 3) {
                        self.names.entry(id.to_owned()).or_insert_with(|| format!("⟨{place}⟩"));
                    }
                    self.inside(item, &place);
                }
            }
            _ => {}
        }
    }
}
