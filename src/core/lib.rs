//! Inventory and selection in, module and notes out. A pure function of documents: it has no network, clock, environment or disk.
//!
//! `kinds` has a table for each kind of document, `convert` is the engine that follows them, `selection` says which part of a space is
//! converted, `hcl` is Terraform text as `terraform fmt` prints it.

pub mod convert;
pub mod hcl;
pub mod kinds;
pub mod selection;
