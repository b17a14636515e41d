//! The worker: runs the steps of a task as Octopus' own runner does.

pub mod bootstrap;
pub mod kind;
pub mod mask;
pub mod message;
pub mod octostache;
pub mod package;
pub mod process;
pub mod scope;
pub mod typed;
