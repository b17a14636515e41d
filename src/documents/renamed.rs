//! Fields that servers have under two names. An inventory knows the newer one alone; what writes takes the one that the destination has.

use crate::collection::Collection;
use crate::document::Document;

/// Collection, older name, newer name (the API's reference of August 2026 has the newer one alone).
const RENAMED: [(Collection, &str, &str); 1] = [(
    Collection::Projects,
    "ExecuteDeploymentsOnResilientPipeline",
    "ExecuteDeploymentsOnEventBasedPipeline",
)];

/// Gives the fields of a document their newer names.
pub fn to_newer(collection: Collection, document: &mut Document) {
    for (_, older, newer) in RENAMED.iter().filter(|(of, ..)| *of == collection) {
        if let Some(value) = document.fields_mut().shift_remove(*older) {
            document.fields_mut().entry(*newer).or_insert(value);
        }
    }
}

/// The older name of a field.
#[must_use]
pub fn older(collection: Collection, field: &str) -> Option<&'static str> {
    let found = RENAMED.iter().find(|(of, _, newer)| *of == collection && *newer == field);
    found.map(|(_, older, _)| *older)
}
