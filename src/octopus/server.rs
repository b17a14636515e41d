//! One space of one server, reached and known.

use serde_json::Value;

use crate::client::Client;
use crate::role::Role;
use documents::document::Document;
use failure::While as _;
use failure::{Failure, FailureKind};

/// A space of a server that answered, with the client that speaks to it. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub client: Client,
    /// `InstallationId` of `GET /api`.
    pub installation_id: String,
    /// Version such as `2025.3.1`.
    pub version: String,
    /// The space document.
    pub space: Document,
}

impl Server {
    /// Reaches the server and finds the space by name, slug or id, without case.
    ///
    /// # Errors
    /// When the server can't be reached, refuses the key, is no Octopus server, or has no such space (the message names those it has).
    pub async fn connect(client: Client, wanted_space: &str) -> Result<Self, Failure> {
        let (installation_id, version) = greet(&client).await?;
        let spaces = spaces(&client).await?;
        let Some(space) = find_space(&spaces, wanted_space).cloned() else {
            return Err(unknown_space(&client, wanted_space, &spaces).await);
        };
        Ok(Self { client, installation_id, version, space })
    }

    #[must_use]
    pub fn space_id(&self) -> &str {
        self.space.id()
    }

    /// The path of something in the space: `path("projects")` is `/api/Spaces-2/projects`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/api/{}/{rest}", self.space_id())
    }

    /// Server and space for a message: `https://octopus.example, space "Shop" (Spaces-2)`.
    #[must_use]
    pub fn described(&self) -> String {
        format!(
            "{}, space {:?} ({}), Octopus {}",
            self.client.address(),
            self.space.name(),
            self.space_id(),
            self.version
        )
    }

    /// What tells the server from others: its installation's id, or, where it does not tell, its address.
    #[must_use]
    pub fn identity(&self) -> &str {
        if self.installation_id.is_empty() { self.client.address() } else { &self.installation_id }
    }

    /// Whether the server says to be a restored copy of another one (`IsPotentialClone`); not where it doesn't tell.
    pub async fn is_potential_copy(&self) -> bool {
        let status = self.client.get("/api/serverstatus").await.unwrap_or_default();
        status["IsPotentialClone"] == true
    }

    /// The same server as one that has been restored from another's backup: with an id of its own.
    #[must_use]
    pub fn as_copy(mut self) -> Self {
        if !self.installation_id.is_empty() {
            self.installation_id.push_str("-copy");
        }
        self
    }

    /// Whether both are the same space of the same installation.
    #[must_use]
    pub fn is_same_space(&self, other: &Self) -> bool {
        self.is_same_server(other) && self.space_id() == other.space_id()
    }

    /// Whether both are of the same installation.
    #[must_use]
    pub fn is_same_server(&self, other: &Self) -> bool {
        if self.installation_id.is_empty() || other.installation_id.is_empty() {
            self.client.address().eq_ignore_ascii_case(other.client.address())
        } else {
            self.installation_id.eq_ignore_ascii_case(&other.installation_id)
        }
    }
}

/// Installation id and version; fails when nobody or somebody else answers.
async fn greet(client: &Client) -> Result<(String, String), Failure> {
    // The slash at the end is how the official clients ask.
    let root = client.get("/api/").await?;
    let text = |name: &str| root.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text("Version").is_empty() {
        return Err(Failure::new(
            FailureKind::Failed,
            format!("{} answers, but not as an Octopus server", client.address()),
        )
        .hint(format!(
            "Is --{}-url right? It is the address that the portal has, without /app.",
            client.role()
        )));
    }
    Ok((text("InstallationId"), text("Version")))
}

/// The spaces that the key's owner may see.
///
/// # Errors
/// When the server refuses.
pub async fn spaces(client: &Client) -> Result<Vec<Document>, Failure> {
    let spaces = client.list("/api/spaces").await.while_doing("reading the spaces")?;
    Ok(spaces.into_iter().filter_map(Document::new).collect())
}

/// By name first, then slug, then id, each without case: a space may be called like another one's slug.
fn find_space<'a>(spaces: &'a [Document], wanted: &str) -> Option<&'a Document> {
    let same = |text: Option<&str>| text.is_some_and(|text| text.to_lowercase() == wanted.to_lowercase());
    ["Name", "Slug", "Id"].into_iter().find_map(|field| spaces.iter().find(|space| same(space.text(field))))
}

async fn unknown_space(client: &Client, wanted: &str, spaces: &[Document]) -> Failure {
    let failure = Failure::new(
        FailureKind::NoSpace,
        format!("the {} server {} has no space {wanted:?}", client.role(), client.address()),
    );
    let failure = failure.hint(format!("It has: {}.", names(spaces)));
    if client.role() == Role::Source {
        return failure.hint("A space that the key's owner may not see is not listed.");
    }
    if wanted.chars().count() > LONGEST_NAME {
        return failure.hint(format!("No space can have this name: {LONGEST_NAME} characters are the most."));
    }
    // `POST /api/spaces` wants both lists. On Octopus Cloud nobody is in `teams-administrators`; who asks can manage the space in any case.
    let me = client.get("/api/users/me").await.unwrap_or_default();
    let managers: Vec<&str> = me["Id"].as_str().into_iter().collect();
    let teams: &[&str] = if managers.is_empty() { &["teams-administrators"] } else { &[] };
    let body = serde_json::json!({
        "Name": wanted, "SpaceManagersTeamMembers": managers, "SpaceManagersTeams": teams,
    })
    .to_string()
    .replace('\'', r"'\''");
    failure.hint(format!(
        "octoferry makes no spaces. To make it:\n  curl --fail-with-body -X POST '{}/api/spaces' -H \"X-Octopus-ApiKey: $OCTOFERRY_DESTINATION_API_KEY\" \
         -H 'Content-Type: application/json' -d '{body}'",
        client.address()
    ))
}

/// How long the name of a space may be (`POST /api/spaces`).
const LONGEST_NAME: usize = 50;

/// The names of spaces, for a message.
#[must_use]
pub fn names(spaces: &[Document]) -> String {
    if spaces.is_empty() {
        return "none that the key's owner may see".to_owned();
    }
    let mut names: Vec<String> =
        spaces.iter().map(|space| format!("{:?} ({})", space.name(), space.id())).collect();
    names.sort();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_space_is_found_by_name_slug_and_id_without_case() {
        let space = |id: &str, name: &str, slug: &str| {
            Document::new(json!({"Id": id, "Name": name, "Slug": slug})).unwrap()
        };
        let spaces = [
            space("Spaces-1", "Default", "default"),
            space("Spaces-2", "Shop", "old-default"),
            space("Spaces-3", "spaces-1", "x"),
        ];
        let id = |wanted| find_space(&spaces, wanted).map(Document::id);
        assert_eq!(id("DEFAULT"), Some("Spaces-1"));
        assert_eq!(id("old-default"), Some("Spaces-2"));
        assert_eq!(id("spaces-2"), Some("Spaces-2"));
        assert_eq!(id("Spaces-1"), Some("Spaces-3"), "a name comes before an id");
        assert_eq!(id("Sho"), None);
    }
}
