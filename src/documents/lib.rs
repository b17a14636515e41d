//! What a space holds, as data: documents and inventories of them, and the facts about Octopus that need no server.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod collection;
pub mod complete;
pub mod composed;
pub mod defaults;
pub mod document;
pub mod feed;
pub mod git;
pub mod ids;
pub mod inventory;
pub mod mark;
pub mod moment;
pub mod of_space;
pub mod optional_text;
pub mod passing;
pub mod property;
pub mod provisional;
pub mod renamed;
pub mod slug;
pub mod target_tags;
pub mod tenancy;
