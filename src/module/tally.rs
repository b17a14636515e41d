//! The account of a conversion in numbers: how many fields of each collection's documents went which way.

use std::collections::BTreeMap;

use serde::Serialize;

use documents::collection::Collection;

/// Fields of the documents of one collection, by the way they are carried.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tally {
    /// Written into the module.
    pub carried: usize,
    /// Set through the API after the apply, where they differ from what the apply makes.
    pub finish: usize,
    /// Left out on purpose; the kind's table has the reason.
    pub ignored: usize,
    /// With a note.
    pub noted: usize,
}

/// Adds up what several modules say.
#[must_use]
pub fn sum<'t>(
    tallies: impl IntoIterator<Item = &'t BTreeMap<Collection, Tally>>,
) -> BTreeMap<Collection, Tally> {
    let mut sum: BTreeMap<Collection, Tally> = BTreeMap::new();
    for (collection, tally) in tallies.into_iter().flatten() {
        let all = sum.entry(*collection).or_default();
        all.carried += tally.carried;
        all.finish += tally.finish;
        all.ignored += tally.ignored;
        all.noted += tally.noted;
    }
    sum
}
