//! `identities.json` in a module: what each of its resources is at the source. Names change; ids of the source don't.
//!
//! The next conversion reads the file of the last module and gives each thing the label that it had, so that a rename is an update in place.
//! The module's resource `terraform_data.identities` keeps it in Terraform's state too: there a deployment finds what the resources of the state
//! are, also when no earlier module is left.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use documents::collection::Collection;
use documents::composed::is_same_composed;

/// Name of the file.
pub const FILE: &str = "identities.json";
/// Address of the resource that keeps it in the state.
pub const ADDRESS: &str = "terraform_data.identities";

/// What a module's resources are at the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities {
    /// Terraform address → id of the document, or of the part of one (`variableset-Projects-1/…`).
    pub resources: BTreeMap<String, String>,
    /// What has no address of its own: documents that finish makes, templates of projects and library sets.
    #[serde(default)]
    pub named: Vec<Named>,
    /// Documents that finish has made and that no module has any more, until they are gone from the destination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Named>,
    /// The fields that finish sets, by the ids of their documents: the ways down to them, as in [`crate::manifest::FinishStep::Set`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub finished: BTreeMap<String, Vec<Vec<Value>>>,
    /// Of the space's module: all projects of the source, by id, with the names that they get. Each has a module of its own, which does not see the
    /// others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub projects: BTreeMap<String, String>,
}

/// Something that is found by its name alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    pub collection: Collection,
    /// Id at the source; of a template after the id of its document.
    pub id: String,
    /// Natural keys, as in [`crate::manifest::Target::key`]: the one that it has, then those that it had. Of a template its document's key and
    /// its name.
    pub keys: Vec<Vec<String>>,
}

impl Identities {
    /// Reads the file's content; nothing that can't be understood says anything.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The file's content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("it has only texts as keys");
        bytes.push(b'\n');
        bytes
    }

    /// Id at the source → the label that its resources have.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let label = |(address, id): (&String, &String)| {
            let (_, label) = address.split_once('.')?;
            is_label(label).then(|| (id.clone(), label.to_owned()))
        };
        self.resources.iter().filter_map(label).collect()
    }

    /// Which resources of an earlier module are here under another address: (there, here). Only such of the same type: one of another type is
    /// another thing to Terraform.
    #[must_use]
    pub fn moved_since(&self, earlier: &Self) -> BTreeMap<String, String> {
        let kind = |address: &str| address.split_once('.').map_or("", |(kind, _)| kind).to_owned();
        let here: BTreeMap<(String, &str), &String> =
            self.resources.iter().map(|(address, id)| ((kind(address), id.as_str()), address)).collect();
        let moved = earlier.resources.iter().filter_map(|(address, id)| {
            let now = here.get(&(kind(address), id.as_str())).filter(|now| **now != address)?;
            Some((address.clone(), (*now).clone()))
        });
        moved.collect()
    }

    /// Addresses at which another thing stands than earlier, which is gone: deleted, and made again under the same name.
    #[must_use]
    pub fn remade_since(&self, earlier: &Self) -> BTreeSet<String> {
        let gone = self.gone_since(earlier);
        let known: BTreeSet<&String> = earlier.resources.values().collect();
        let is_other = |(address, id): &(&String, &String)| {
            !id.is_empty()
                && !known.contains(id)
                && earlier.resources.get(*address).is_some_and(|before| gone.contains(before))
        };
        self.resources.iter().filter(is_other).map(|(address, _)| address.clone()).collect()
    }

    /// The same of what is found by its name alone.
    #[must_use]
    pub fn named_anew_since(&self, earlier: &Self) -> Vec<(Collection, Vec<String>)> {
        let known = |named: &Named, among: &Self| {
            among.named.iter().any(|other| other.collection == named.collection && other.id == named.id)
        };
        let had = |named: &&Named| {
            let gone = earlier.named.iter().filter(|before| !known(before, self));
            let mut gone = gone.filter(|before| before.collection == named.collection);
            !known(named, earlier) && gone.any(|before| before.keys.first() == named.keys.first())
        };
        let key = |named: &Named| Some((named.collection, named.keys.first()?.clone()));
        self.named.iter().filter(had).filter_map(key).collect()
    }

    /// Ids that were there earlier and are not here.
    #[must_use]
    pub fn gone_since(&self, earlier: &Self) -> BTreeSet<String> {
        let here: BTreeSet<&String> = self.resources.values().collect();
        earlier.resources.values().filter(|id| !here.contains(id)).cloned().collect()
    }

    /// Remembers what finish had made for an earlier module and this one does not have: nothing of another one by now, and no part of a document.
    pub fn remember_left(&mut self, earlier: &Self) {
        let is_here = |named: &Named| {
            let same = |other: &&Named| {
                other.collection == named.collection
                    && (other.id == named.id || other.keys.first() == named.keys.first())
            };
            self.named.iter().any(|other| same(&other)) || self.resources.values().any(|id| *id == named.id)
        };
        let before = earlier.named.iter().filter(|named| !named.id.contains('/')).chain(&earlier.left);
        let mut left: Vec<Named> = before.filter(|named| !is_here(named)).cloned().collect();
        left.sort();
        left.dedup();
        self.left = left;
    }

    /// Adds the names that things had in an earlier module. Terraform's state has them in composed form (NFC), whatever form they have at the
    /// source: two forms of one text are one name.
    pub fn remember_names(&mut self, earlier: &Self) {
        for named in &mut self.named {
            let before = earlier
                .named
                .iter()
                .find(|other| other.collection == named.collection && other.id == named.id);
            for key in before.into_iter().flat_map(|before| &before.keys) {
                if !named.keys.iter().any(|known| is_same(known, key)) {
                    named.keys.push(key.clone());
                }
            }
        }
    }
}

fn is_same(key: &[String], other: &[String]) -> bool {
    key.len() == other.len() && key.iter().zip(other).all(|(one, two)| is_same_composed(one, two))
}

/// Whether a text is a label as octoferry makes them: nothing else of an older file gets into a module.
fn is_label(text: &str) -> bool {
    !text.starts_with(|letter: char| letter.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(resources: &[(&str, &str)]) -> Identities {
        let resources = resources.iter().map(|(address, id)| ((*address).to_owned(), (*id).to_owned()));
        Identities { resources: resources.collect(), ..Identities::default() }
    }

    #[test]
    fn what_has_another_address_now_was_moved_unless_its_type_changed() {
        let earlier = of(&[("x_a.one", "A-1"), ("x_a.two", "A-2"), ("x_a.three", "A-3"), ("x_b.one", "A-4")]);
        let now = of(&[("x_a.two", "A-1"), ("x_a.one", "A-2"), ("x_a.three", "A-3"), ("x_c.one", "A-4")]);
        let moved: Vec<(String, String)> = now.moved_since(&earlier).into_iter().collect();
        let expected = [("x_a.one", "x_a.two"), ("x_a.two", "x_a.one")];
        assert_eq!(moved, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
        assert!(now.gone_since(&earlier).is_empty());
        assert_eq!(of(&[]).gone_since(&now).len(), 4);
    }

    #[test]
    fn what_stands_where_another_one_stood_is_another_one() {
        let earlier = of(&[("x.a", "A-1"), ("x.b", "A-2"), ("x.c", "A-3")]);
        // Made again; two that change names; new.
        let now = of(&[("x.a", "A-9"), ("x.b", "A-3"), ("x.c", "A-2"), ("x.d", "A-4"), ("x.e", "")]);
        assert_eq!(now.remade_since(&earlier).into_iter().collect::<Vec<_>>(), ["x.a"]);
        assert!(now.remade_since(&of(&[])).is_empty());
        let named = |id: &str, name: &str| Named {
            collection: Collection::Subscriptions,
            id: id.to_owned(),
            keys: vec![vec![name.to_owned()]],
        };
        let earlier = Identities { named: vec![named("1", "one"), named("2", "two")], ..of(&[]) };
        let now =
            Identities { named: vec![named("9", "one"), named("2", "three"), named("4", "two")], ..of(&[]) };
        assert_eq!(now.named_anew_since(&earlier), [(Collection::Subscriptions, vec!["one".to_owned()])]);
    }

    #[test]
    fn a_name_that_terraform_has_composed_is_the_same_name() {
        let named = |keys: &[&str]| Identities {
            resources: BTreeMap::new(),
            named: vec![Named {
                collection: Collection::MachinePolicies,
                id: "MachinePolicies-1".to_owned(),
                keys: keys.iter().map(|name| vec![(*name).to_owned()]).collect(),
            }],
            ..Identities::default()
        };
        let mut now = named(&["e\u{301}tude"]);
        now.remember_names(&named(&["\u{e9}tude", "prelude"]));
        assert_eq!(now, named(&["e\u{301}tude", "prelude"]));
    }

    #[test]
    fn labels_that_octoferry_does_not_make_are_nobodys() {
        let labels =
            of(&[("x.good_1", "A-1"), ("x.bad\"}", "A-2"), ("x.a.b", "A-3"), ("none", "A-4")]).labels();
        assert_eq!(labels.into_keys().collect::<Vec<_>>(), ["A-1"]);
    }
}
