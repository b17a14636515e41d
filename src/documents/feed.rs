//! The two feeds that a server makes with each space. Their names are whatever language or person made of them: their type tells.

use crate::document::Document;

/// The feed of the server's own packages.
#[must_use]
pub fn is_built_in(feed: &Document) -> bool {
    feed.text("FeedType") == Some("BuiltIn")
}

/// That feed, or the one of the releases of projects.
#[must_use]
pub fn is_of_server(feed: &Document) -> bool {
    is_built_in(feed) || feed.text("FeedType") == Some("OctopusProject")
}

/// A registry of container images that keeps a user name and a password. (That of Amazon makes these anew for each use, of a key of its own.)
#[must_use]
pub fn is_registry(feed: &Document) -> bool {
    matches!(feed.text("FeedType"), Some("Docker" | "AzureContainerRegistry" | "GoogleContainerRegistry"))
}
