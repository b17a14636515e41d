//! Logos that somebody has uploaded.
//!
//! The link to a logo ends with `cb=`, which says whether there is one: the server's version where nothing was set
//! (`logo?cb=2019.8.6`), an icon's name, colour and the version (`logo?cb=map-signs-%235E2EA2-2024.3.10989`), or something else for a picture
//! (seen in answers that others have published; OctopusDeployLabs/SpaceCloner, `LogoCloner.ps1`, tells them so). Icons are a field of the document.

use futures::future::try_join_all;

use crate::server::Server;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;

/// What has a logo.
const COLLECTIONS: [Collection; 3] = [Collection::Projects, Collection::Tenants, Collection::ActionTemplates];

/// Reads the logos of an inventory: one request for each picture that was set.
///
/// # Errors
/// When the server refuses.
pub(super) async fn read(server: &Server, inventory: &mut Inventory) -> Result<(), Failure> {
    let set: Vec<(String, String)> = COLLECTIONS
        .iter()
        .flat_map(|collection| inventory.all(*collection).map(move |document| (collection, document)))
        .filter(|(_, document)| has_picture(document, &server.version))
        .map(|(collection, document)| {
            let path = server.path(&format!("{collection}/{}/logo", document.id()));
            (document.id().to_owned(), path)
        })
        .collect();
    let read = set.iter().map(|(_, path)| async move {
        match server.client.download(path).await {
            Err(failure) if failure.is_missing() => Ok(None),
            other => other.map(Some),
        }
    });
    let pictures = try_join_all(read).await?;
    for ((id, _), picture) in set.into_iter().zip(pictures) {
        inventory.logos.extend(picture.filter(|picture| !picture.is_empty()).map(|picture| (id, picture)));
    }
    Ok(())
}

/// Whether a document's link says that somebody has uploaded a picture. A server that says nothing has none that anybody could tell.
fn has_picture(document: &Document, version: &str) -> bool {
    let Some((_, mark)) = document.logo().and_then(|link| link.split_once("cb=")) else { return false };
    let mark = mark.split('&').next().unwrap_or_default();
    let mark = mark.replace("%2B", "+").replace("%2b", "+");
    let is_icon = document.get("Icon").is_some_and(|icon| !icon.is_null());
    // A version of another time than the server's own (behind a cache, say) tells of no picture either.
    let last = mark.rsplit('-').next().unwrap_or_default();
    let is_version = mark == version
        || mark.ends_with(&format!("-{version}"))
        || (last.matches('.').count() >= 2
            && last.chars().all(|letter| letter.is_ascii_digit() || letter == '.'));
    !mark.is_empty() && !is_version && !is_icon
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_link_says_whether_there_is_a_picture() {
        let has = |link: &str| {
            let document = Document::new(json!({"Id": "Projects-1", "Links": {"Logo": link}})).unwrap();
            has_picture(&document, "2024.3.10989")
        };
        assert!(!has("/api/Spaces-1/projects/Projects-1/logo?cb=2024.3.10989"));
        assert!(!has("/api/Spaces-1/projects/Projects-1/logo?cb=map-signs-%235E2EA2-2024.3.10989"));
        assert!(!has("/api/Spaces-1/projects/Projects-1/logo?cb=2019.8.6"));
        assert!(!has("/api/Spaces-1/projects/Projects-1/logo"));
        assert!(has("/api/Spaces-1/projects/Projects-1/logo?cb=8D9F2A77"));
    }
}
