//! Inventory and selection in, module and notes out. Pure: no network, clock, environment or disk.

use std::collections::BTreeMap;

/// How a step of the source server can read the secrets of a space, as far as it can. Made by [`crate::seeded::prepare`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretSources {
    /// Id of a sensitive variable → the name by which a run of ours reads it, or why none does.
    pub variables: BTreeMap<String, Result<String, String>>,
    /// Id of an account → the typed variable that shows its parts.
    pub accounts: BTreeMap<String, String>,
    /// Id of a certificate → the typed variable that shows its parts.
    pub certificates: BTreeMap<String, String>,
}
