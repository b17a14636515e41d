//! What is remembered, and how it is forgotten.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::changes::Changes;
use super::lists::{self, Item, Whole};
use super::place::{self, Place};
use super::{Begun, without_query};
use crate::relay::address::Address;
use octopus::client::Answer;

/// How long a document is good that is to be written again.
pub(super) const GOOD_FOR: Duration = Duration::from_secs(30);

/// Kinds of documents that the provider reads to write them again with what others have put there. Tenants are not among them: their drafts are looked at
/// again before they are sent.
const WRITTEN_IN_PART: [&str; 6] =
    ["deploymentprocesses", "libraryvariablesets", "projects", "runbookprocesses", "tagsets", "variables"];

#[derive(Default)]
pub(super) struct Memory {
    /// By address with query, in lower case.
    pub(super) answers: HashMap<String, Remembered<Answer>>,
    /// Lists that are known as a whole, by their address.
    pub(super) lists: HashMap<String, Remembered<Whole>>,
    /// What server and space are, which no write of a module changes.
    pub(super) lasting: HashMap<String, Answer>,
    /// Counts writes that may change anything, when they begin and when they end.
    writes: u64,
    /// The same for those that may change any document of these kinds.
    writes_of_kind: HashMap<String, u64>,
    /// The same for the writes of single documents, and of one of a list.
    writes_of: HashMap<String, u64>,
    pub(super) is_applying: bool,
    /// What was written is looked at when the deployment ends; until then its answers are good.
    pub(super) is_looked_at_later: bool,
}

pub(super) struct Remembered<T> {
    pub(super) about: About,
    pub(super) what: T,
}

/// What something is about that is remembered.
#[derive(Clone)]
pub(super) struct About {
    pub(super) since: Instant,
    kind: String,
    place: Place,
    /// It lies below a document: what that is used by, its view of others.
    is_view: bool,
    /// The same for projects and tenants: lists of what is theirs.
    is_below: bool,
    /// It is what a write answered.
    pub(super) is_of_write: bool,
}

impl Memory {
    /// What is good of an answer to a read.
    pub(super) fn known(&self, key: &str, address: &Address) -> Option<Answer> {
        // Of a tenant's values, as a write has answered them, the provider takes the values alone, with whichever query it asks.
        let has_idle_query = || address.kind() == "tenantvariables" || lists::has_idle_query(address);
        let found = self.good(key).or_else(|| has_idle_query().then(|| self.good(without_query(key)))?);
        found.or_else(|| {
            let list = lists::is_list(address).then(|| self.lists.get(without_query(key)))??;
            list.what.answer(address).filter(|_| self.is_good(&list.about))
        })
    }

    /// All of a list, if that is known.
    pub(super) fn whole_list(&self, address: &Address) -> Option<Answer> {
        let all = Address::parse(&format!("{}?take={}", address.path, usize::MAX));
        let list = self.lists.get(&place::key_without_query(address));
        list.filter(|list| self.is_good(&list.about))?.what.answer(&all)
    }

    fn good(&self, key: &str) -> Option<Answer> {
        let remembered = self.answers.get(key)?;
        self.is_good(&remembered.about).then(|| remembered.what.clone())
    }

    fn is_good(&self, about: &About) -> bool {
        if self.is_applying && about.is_of_write && about.kind == "tenantvariables" {
            return false;
        }
        let may_age = !self.is_applying || !WRITTEN_IN_PART.contains(&about.kind.as_str());
        may_age || about.since.elapsed() < GOOD_FOR
    }

    pub(super) fn remember(&mut self, begun: Begun, answer: Answer, is_of_write: bool) {
        let Begun { key, of: kind, place, is_view, is_below, .. } = begun;
        if self.lists.get(&place.list).is_some_and(|list| list.what.differs(&key, &answer)) {
            // It has been written since the list was read.
            self.lists.remove(&place.list);
        }
        let about = About { since: Instant::now(), kind, place, is_view, is_below, is_of_write };
        self.answers.insert(key, Remembered { about, what: answer });
    }

    /// Takes the documents of a page, and the list if it is all of it.
    pub(super) fn learn(&mut self, page: &Begun, answer: &Answer, items: Vec<Item>, list: Option<Whole>) {
        let Begun { of: kind, place: Place { list: at, .. }, .. } = page;
        let (is_view, is_below, is_of_write) = (false, false, false);
        let about = |document: Option<String>| About {
            since: Instant::now(),
            kind: kind.clone(),
            place: Place { list: at.clone(), document },
            is_view,
            is_below,
            is_of_write,
        };
        for item in items {
            let key = format!("{at}/{}", item.id.to_lowercase());
            let what = lists::answer_of(&item, answer);
            self.answers.insert(key.clone(), Remembered { about: about(Some(key)), what });
        }
        if let Some(what) = list {
            self.lists.insert(at.clone(), Remembered { about: about(None), what });
        }
    }

    /// How often anything, any document of a kind, and this one, or one of this list, were written.
    pub(super) fn counts(&self, place: &Place, kind: &str) -> [u64; 3] {
        let count = |of: &HashMap<String, u64>, key: &str| of.get(key).copied().unwrap_or_default();
        [self.writes, count(&self.writes_of_kind, kind), count(&self.writes_of, place.key())]
    }

    /// Forgets what a write may have changed.
    pub(super) fn written(&mut self, changes: Changes, own: &str, place: &Place) {
        match changes {
            Changes::Everything => {
                self.writes += 1;
                self.forget(|_, _| true);
            }
            Changes::Kinds(kinds) => self.written_kinds(kinds),
            Changes::Own { shown_by, with } => {
                self.written_kinds(with);
                self.written_one(place);
                for kind in shown_by {
                    // Lists of these that are read at the moment may not have it yet.
                    *self.writes_of_kind.entry((*kind).to_owned()).or_default() += 1;
                }
                self.forget(|_, about| {
                    let kind = about.kind.as_str();
                    let is_shown = kind == own || shown_by.contains(&kind);
                    let is_list = about.place.document.is_none();
                    // Lists of a project's own: of its runbooks, its channels.
                    is_shown && (is_list || (about.is_below && kind == "projects"))
                });
            }
            Changes::Values(route) => {
                *self.writes_of.entry(place.key().to_owned()).or_default() += 1;
                self.forget(|key, about| {
                    let is_list = about.kind == own && about.place.document.is_none();
                    let is_theirs = about.is_below && about.place.document == place.document;
                    // The older route has all of them.
                    let is_other = !route.is_empty()
                        && ["projectvariables", "commonvariables"]
                            .into_iter()
                            .any(|other| other != route && key.contains(&format!("/{other}")));
                    is_list || (is_theirs && !is_other)
                });
            }
        }
    }

    fn written_kinds(&mut self, kinds: &[&str]) {
        for kind in kinds {
            *self.writes_of_kind.entry((*kind).to_owned()).or_default() += 1;
        }
        self.forget(|_, about| about.is_view || kinds.contains(&about.kind.as_str()));
    }

    /// Forgets a document, what lies below it, and lists, which may hold it.
    pub(super) fn written_one(&mut self, place: &Place) {
        for of in [&place.list].into_iter().chain(&place.document) {
            *self.writes_of.entry(of.clone()).or_default() += 1;
        }
        self.forget(|_, about| {
            let other = &about.place;
            other.list == place.list && (other.document.is_none() || other.document == place.document)
        });
    }

    /// Forgets answers and lists, each by what it is about.
    fn forget(&mut self, goes: impl Fn(&str, &About) -> bool) {
        self.answers.retain(|key, remembered| !goes(key, &remembered.about));
        self.lists.retain(|key, remembered| !goes(key, &remembered.about));
    }
}
