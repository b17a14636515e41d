//! Everything that is said to an Octopus server: client (key, pages, retries, pace), reading a space, tasks. The only user of reqwest.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod client;
pub mod freezes;
pub mod machine_task;
pub mod read;
pub mod retention;
pub mod role;
pub mod server;
pub mod target_tag_list;
pub mod tasks;
pub mod upsert;
