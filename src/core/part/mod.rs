//! A part of a space: what the options ask for, and what that needs. Pure.
//!
//! [`parse`] reads the options, [`choose`] finds what they name in an inventory, [`needed`] adds what the selected things refer to, by
//! converting them and seeing what they look up, [`left_out`] says what is in no module.

mod choose;
mod left_out;
mod needed;
pub mod parse;
pub mod rename;
pub mod sorts;
#[cfg(test)]
mod tests;

use crate::dead;
use crate::part::rename::Rename;
use crate::selection::{Selection, at, trim};
use documents::inventory::Inventory;
use failure::Failure;

pub use choose::{Whole, choose};
pub use left_out::left_out;
pub use needed::complete;
pub use parse::{MAP, Options, RENAME, Verb};

/// The inventory as it is converted: without references that lead nowhere, without the steps that are excluded and what only these give a
/// meaning, and with the new names.
///
/// # Errors
/// As [`rename::rename`].
pub fn prepared(
    selection: &mut Selection,
    inventory: Inventory,
    renames: &[Rename],
    strict: bool,
) -> Result<Inventory, Failure> {
    let mut inventory = trim::trim(selection, dead::settle(inventory));
    let looked_up = &selection.looked_up;
    let is_looked_up = |collection, id: &str| at(looked_up, collection, id).is_some();
    selection.renamed = rename::rename(&mut inventory, renames, strict, &is_looked_up)?;
    Ok(inventory)
}
