//! The tables of kinds: one file for each, and the list of all.

pub mod id_text;
pub mod process;
pub mod slug;
