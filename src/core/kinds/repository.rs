//! Where a project stored in Git has its repository, and what it signs in there with.

use serde_json::{Map, Value, json};

use crate::convert::context::{At, Context};
use crate::convert::model::{Hidden, snake_case};
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use module::SecretPlace;
use module::manifest::Target;

/// A project has no place for it at the destination before it is stored in Git there, so a Git credential of the space holds it.
const SECRET: Hidden = Hidden {
    what: "Secret",
    revealed: None,
    because: "no step can read what a project signs in to its repository with",
};

/// What a project signs in to its repository with, for a person. A secret of the project's own goes into a Git credential, for this repository alone.
pub(super) fn credentials(context: &mut Context<'_>, at: &At, project: &Document, place: &str) -> String {
    let inventory = context.inventory;
    let of_source = &project.get("PersistenceSettings").unwrap_or(&Value::Null)["Credentials"];
    let named = |field: &str| {
        let credential = of_source[field].as_str()?;
        Some(inventory.get(Collection::GitCredentials, credential)?.name())
    };
    if let Some(name) = named("Id").or_else(|| named("CredentialId")).or_else(|| named("GitCredentialId")) {
        return format!("the source uses the Git credential \"{name}\"");
    }
    match git::own_credentials(project) {
        Some(own) => {
            let name = own_credential(context, at, project, own, place);
            format!(
                "the Git credential \"{name}\", which holds those that the source has of the project's own"
            )
        }
        None => "the source has none there".to_owned(),
    }
}

/// Makes the Git credential; its name, which none of the source's has.
fn own_credential(
    context: &mut Context<'_>,
    at: &At,
    project: &Document,
    own: &Map<String, Value>,
    place: &str,
) -> String {
    let mut name = format!("Repository of {}", project.name());
    while context.inventory.all(Collection::GitCredentials).any(|other| other.name() == name) {
        name += " (its own)";
    }
    let target = Target { collection: Collection::GitCredentials, key: vec![name.clone()] };
    let of_credential = At {
        target: target.clone(),
        id: project.id().to_owned(),
        path: Vec::new(),
        prefix: format!("{}_repository", at.prefix),
        owner: format!("repository of the project \"{}\"", project.name()),
    };
    let mut details = Map::new();
    for (field, value) in own {
        let value = if value["HasValue"] == true {
            let path = ["PersistenceSettings", "Credentials", field].map(Value::from).to_vec();
            let place = SecretPlace { document: project.id().to_owned(), path };
            let hidden =
                Hidden { what: if field == "Password" { "Password" } else { SECRET.what }, ..SECRET };
            let at = of_credential.field("Details").field(field);
            json!({ "$secret": context.secret_from(&at, &hidden, &snake_case(field), place) })
        } else {
            value.clone()
        };
        details.insert(field.clone(), value);
    }
    let text = format!(
        "the project \"{}\" has credentials of its own for {place}; they stand in this Git credential, for that repository alone, since a project has none before it is stored in Git",
        project.name()
    );
    context.note(&of_credential, "project-in-git", &text, "");
    // Assumption: a repository is allowed by its address as the project has it; and the database has the secret where the API shows that there is one.
    let document = json!({
        "Name": name,
        "Description": format!("What the project {} signs in to its repository with.", project.name()),
        "Details": details,
        "RepositoryRestrictions": {"Enabled": true, "AllowedRepositories": [address(project)]},
    });
    context.finish_document(target, project.id(), document);
    name
}

/// The place in the repository, for a person: `https://git.example/shop.git (base path .octopus)`.
pub(super) fn place(settings: &Value) -> String {
    let url =
        settings["Url"].as_str().map_or_else(|| "a repository without address".to_owned(), without_user);
    match settings["BasePath"].as_str().filter(|path| !path.is_empty()) {
        Some(path) => format!("{url} (base path {path})"),
        None => url,
    }
}

fn address(project: &Document) -> String {
    let settings = project.get("PersistenceSettings").unwrap_or(&Value::Null);
    without_user(settings["Url"].as_str().unwrap_or_default())
}

/// Someone's password may stand before the host.
fn without_user(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.find('/').unwrap_or(rest.len());
            let start = rest[..host].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[start..])
        }
        None => url.to_owned(),
    }
}
