//! How modules get from `serialize` to a later `deploy`: as folders on the disk, as packages in the source's built-in feed.

pub mod folder;
pub mod package;
pub mod record;
