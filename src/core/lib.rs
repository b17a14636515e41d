//! Inventory and selection in, module and notes out. A pure function of documents: it has no network, clock, environment or disk.
//!
//! `modules` is the way in. `convert` is the engine; it is handed `kinds`, a table for each kind of document. `dead` takes out references that
//! lead nowhere. `part` reads which part of a space is wanted and finds what that needs, `selection` is the answer. `hcl` is Terraform text
//! as `terraform fmt` prints it.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod convert;
pub mod dead;
pub mod hcl;
pub mod kinds;
pub mod modules;
pub mod part;
pub mod selection;
