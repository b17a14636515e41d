//! Everything that is said to an Octopus server: the client, documents, inventories, tasks.

pub mod client;
pub mod collection;
pub mod document;
pub mod freezes;
pub mod git;
pub mod inventory;
pub mod property;
pub mod read;
pub mod server;
pub mod slug;
pub mod target_tags;
pub mod tasks;
pub mod tenancy;
#[cfg(test)]
pub(crate) mod testing;
pub mod upsert;
