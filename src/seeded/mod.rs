//! What seed puts into the source space, and the space as it was before.

pub mod backend;
pub mod enabled;
pub mod feeds;
pub mod foreign;
pub mod install;
pub mod later;
pub mod package;
pub mod part;
pub mod pool;
mod prepare;
pub mod prompt;
pub mod publish;
pub mod put_back;
pub mod runbook;
pub mod service_account;
pub mod template;
#[cfg(test)]
mod unseen;
pub mod variables;

pub use prepare::prepare;
