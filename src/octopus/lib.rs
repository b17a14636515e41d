//! Everything that is said to an Octopus server: client (key, pages, retries, pace), reading a space, tasks. The only user of reqwest.

pub mod client;
pub mod freezes;
pub mod read;
pub mod retention;
pub mod server;
pub mod target_tag_list;
pub mod tasks;
pub mod upsert;
