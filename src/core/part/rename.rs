//! Things that get another name at the destination: the documents are renamed before they are converted, so that whatever looks one up does so
//! by its new name. Texts of people (scripts with `#{Octopus.Environment.Name}`, conditions) can't be known and stay.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::part::parse::{MAP, RENAME, Which};
use crate::part::sorts::{Home, Sort, Thing, named, sorts, things};
use crate::selection::Renamed;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::slug::slug_of;
use failure::Failure;

/// What has a name, and where another would not change what it is.
const NAMELESS: &[Collection] = &[
    Collection::ScopedUserRoles,
    Collection::RetentionPolicies,
    Collection::TenantVariableValues,
    Collection::OidcIdentities,
];

/// `--rename KIND:OLD=NEW`, or `--map KIND:OLD=NEW`, for which the destination's own NEW takes the place of OLD.
#[derive(Debug, Clone)]
pub struct Rename {
    pub(crate) is_map: bool,
    /// None: tags.
    sorts: Vec<Sort>,
    names: String,
    text: String,
}

impl fmt::Display for Rename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", if self.is_map { MAP } else { RENAME }, self.text)
    }
}

impl Rename {
    /// Reads the option's value.
    ///
    /// # Errors
    /// Usage: an unknown kind, with those that there are; no old or no new name.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        Self::read(text, false)
    }

    /// Reads the value of `--map`.
    ///
    /// # Errors
    /// As [`Rename::parse`]; a kind that nothing is looked up of.
    pub fn parse_map(text: &str) -> Result<Self, Failure> {
        Self::read(text, true)
    }

    fn read(text: &str, is_map: bool) -> Result<Self, Failure> {
        let option = if is_map { MAP } else { RENAME };
        let like = || {
            Failure::usage(format!("{option} {text} is not like KIND:OLD=NEW")).hint(if is_map {
                "Such as worker_pools:Office=Hosted Ubuntu: the destination's own Hosted Ubuntu in place of Office."
            } else {
                "Such as environments:Production=Live or tags:Region/EU=Region/Europe."
            })
        };
        let (word, names) = text.split_once(':').ok_or_else(like)?;
        if splits(names).is_empty() {
            return Err(like());
        }
        let own = |sort: &Sort| {
            sort.home != Home::Inside
                && !NAMELESS.contains(&sort.collection)
                && (sort.can_be_looked_up || !is_map)
        };
        let found: Vec<Sort> = named(word).into_iter().filter(own).collect();
        let is_tag = !is_map && matches!(word.trim().to_lowercase().as_str(), "tag" | "tags");
        if found.is_empty() && !is_tag {
            let mut lists: Vec<String> = Vec::new();
            for sort in sorts().into_iter().filter(own) {
                if !lists.contains(&sort.list) {
                    lists.push(sort.list);
                }
            }
            return Err(Failure::usage(format!(
                "{option} does not know the kind {word:?}, or can't be said of it"
            ))
            .hint(format!("Kinds: {}{}.", lists.join(", "), if is_map { "" } else { ", tags" })));
        }
        Ok(Self { is_map, sorts: found, names: names.to_owned(), text: text.to_owned() })
    }
}

/// Names may hold `=`: all ways to read `OLD=NEW`.
fn splits(names: &str) -> Vec<(&str, &str)> {
    let places = names.match_indices('=').map(|(at, _)| (&names[..at], &names[at + 1..]));
    places.filter(|(old, new)| !old.is_empty() && !new.is_empty()).collect()
}

/// Gives the things their new names, in the order of the options. `strict`: an option that finds nothing is a mistake. `is_looked_up`: what is
/// the destination's own; several may stand for one thing there.
///
/// # Errors
/// Usage: nothing, or several things, have the old name; two things that are made would have one name, or one that is looked up.
pub fn rename(
    inventory: &mut Inventory,
    renames: &[Rename],
    strict: bool,
    is_looked_up: &dyn Fn(Collection, &str) -> bool,
) -> Result<Vec<Renamed>, Failure> {
    let mut renamed: Vec<Renamed> = Vec::new();
    for option in renames {
        let new =
            if option.sorts.is_empty() { tag(inventory, option)? } else { document(inventory, option)? };
        match new {
            Some(new) => renamed.push(new),
            None if strict => return Err(nothing(inventory, option)),
            None => {}
        }
    }
    for option in renames {
        no_namesakes(inventory, option, &renamed, is_looked_up)?;
    }
    Ok(renamed)
}

pub(super) fn nothing(inventory: &Inventory, option: &Rename) -> Failure {
    let mut names: Vec<String> = option
        .sorts
        .iter()
        .flat_map(|sort| things(inventory, sort))
        .map(|thing| format!("{:?}", thing.full_name()))
        .chain(
            tags_of(inventory)
                .into_iter()
                .filter(|_| option.sorts.is_empty())
                .map(|(_, name)| format!("{name:?}")),
        )
        .collect();
    names.sort();
    let failure = Failure::usage(format!("{option}: nothing has the old name"));
    match names.len() {
        0 => failure,
        count if count > 20 => {
            failure.hint(format!("There are {count} of that kind, none of them is called so."))
        }
        _ => failure.hint(format!("There are: {}.", names.join(", "))),
    }
}

/// What the option means: its sort, the thing, the new name.
pub(super) fn meant<'i, 'o>(
    inventory: &'i Inventory,
    option: &'o Rename,
) -> Result<Option<(&'o Sort, Thing<'i>, String)>, Failure> {
    let mut found: Vec<(&Sort, Thing<'_>, &str)> = Vec::new();
    for (old, new) in splits(&option.names) {
        let which = Which::Name(old.to_owned());
        for sort in &option.sorts {
            found.extend(
                things(inventory, sort)
                    .into_iter()
                    .filter(|thing| which.is(thing))
                    .map(|thing| (sort, thing, new)),
            );
        }
        if !found.is_empty() {
            break;
        }
    }
    if found.len() > 1 {
        let names: Vec<String> =
            found.iter().map(|(_, thing, _)| format!("{:?}", thing.full_name())).collect();
        return Err(Failure::usage(format!("{option} may mean several: {}", names.join(", "))));
    }
    let Some((sort, thing, new)) = found.pop() else { return Ok(None) };
    // `Shop/Backup=Shop/Save` says the project twice.
    let own = thing.owners.iter().find_map(|owner| new.strip_prefix(owner.as_str())?.strip_prefix('/'));
    let new = own.unwrap_or(new).to_owned();
    Ok(Some((sort, thing, new)))
}

fn document(inventory: &mut Inventory, option: &Rename) -> Result<Option<Renamed>, Failure> {
    let Some((sort, thing, new)) = meant(inventory, option)? else { return Ok(None) };
    let old = thing.name.clone();
    let (collection, id) = (sort.collection, thing.document.id().to_owned());
    let tags = if collection == Collection::TagSets { tags_of_set(thing.document) } else { Vec::new() };
    let is_free = thing.document.text("Type") == Some("FreeText");
    let mut changed = thing.document.clone();
    changed.fields_mut().insert("Name".to_owned(), Value::from(new.clone()));
    if changed.text("Slug") == Some(&slug_of(&old)) {
        changed.fields_mut().insert("Slug".to_owned(), Value::from(slug_of(&new)));
    }
    let renamed = Renamed {
        collection,
        id,
        old: old.clone(),
        new: new.clone(),
        noun: sort.noun.to_owned(),
        is_document: true,
    };
    inventory.insert(collection, changed);
    if collection == Collection::TagSets {
        // A set of free texts has no tags of its own: whatever begins with its name is one of its texts.
        let renamed = |name: &str| {
            let tag = name.strip_prefix(old.as_str())?.strip_prefix('/')?;
            (is_free || tags.iter().any(|own| own == tag)).then(|| format!("{new}/{tag}"))
        };
        canonical_names(inventory, &renamed);
    }
    Ok(Some(renamed))
}

fn tags_of_set(set: &Document) -> Vec<String> {
    set.list("Tags").iter().filter_map(|tag| tag["Name"].as_str()).map(str::to_owned).collect()
}

/// Ids of sets, and canonical names of their tags.
fn tags_of(inventory: &Inventory) -> Vec<(String, String)> {
    let sets = inventory.all(Collection::TagSets);
    sets.flat_map(|set| {
        tags_of_set(set).into_iter().map(|tag| (set.id().to_owned(), format!("{}/{tag}", set.name())))
    })
    .collect()
}

fn tag(inventory: &mut Inventory, option: &Rename) -> Result<Option<Renamed>, Failure> {
    let all = tags_of(inventory);
    let found = splits(&option.names).into_iter().find_map(|(old, new)| {
        all.iter().find(|(_, name)| name == old).map(|(set, _)| (set.clone(), old, new))
    });
    let Some((set, old, new)) = found else { return Ok(None) };
    let Some(document) = inventory.get(Collection::TagSets, &set) else { return Ok(None) };
    let own = |name: &str| {
        name.strip_prefix(document.name()).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned)
    };
    let (Some(old_tag), Some(new_tag)) = (own(old), own(new).filter(|tag| !tag.is_empty())) else {
        return Err(Failure::usage(format!("{option}: a tag stays in its set"))
            .hint(format!("tags:{old}={}/NEW", document.name())));
    };
    if let Some(Value::Array(tags)) =
        inventory.get_mut(Collection::TagSets, &set).and_then(|set| set.fields_mut().get_mut("Tags"))
    {
        for tag in tags.iter_mut().filter(|tag| tag["Name"] == *old_tag) {
            tag["Name"] = Value::from(new_tag.clone());
        }
    }
    canonical_names(inventory, &|name| (name == old).then(|| new.to_owned()));
    Ok(Some(Renamed {
        collection: Collection::TagSets,
        id: set,
        old: old.to_owned(),
        new: new.to_owned(),
        noun: "tag".to_owned(),
        is_document: false,
    }))
}

/// Writes the new canonical names wherever tags are named: in fields called so, never in a text of a person.
fn canonical_names(inventory: &mut Inventory, renamed: &dyn Fn(&str) -> Option<String>) {
    let collections: Vec<Collection> = inventory.collections().collect();
    for collection in collections {
        let ids: Vec<String> = inventory.all(collection).map(|document| document.id().to_owned()).collect();
        for id in ids {
            let Some(document) = inventory.get_mut(collection, &id) else { continue };
            for (field, value) in document.fields_mut() {
                replace(field, value, renamed);
            }
        }
    }
}

fn replace(field: &str, value: &mut Value, renamed: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(field, value)| replace(field, value, renamed)),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(field, item, renamed)),
        Value::String(text) => {
            let names_tags = field.ends_with("Tags") || matches!(field, "TenantTag" | "CanonicalTagName");
            if names_tags && let Some(new) = renamed(text) {
                *text = new;
            }
        }
        _ => {}
    }
}

/// Servers compare names without case.
fn no_namesakes(
    inventory: &Inventory,
    option: &Rename,
    renamed: &[Renamed],
    is_looked_up: &dyn Fn(Collection, &str) -> bool,
) -> Result<(), Failure> {
    let is_new = |collection: Collection, id: &str, name: &str| {
        renamed
            .iter()
            .any(|renamed| renamed.collection == collection && renamed.id == id && renamed.new == name)
    };
    let mut seen: BTreeMap<(String, String), (String, bool, bool)> = BTreeMap::new();
    let mut take = |owner: String, name: String, is_new: bool, is_theirs: bool| {
        let place = (owner, name.to_lowercase());
        match seen.get(&place) {
            Some((_, _, true)) if is_theirs => Ok(()),
            Some((other, other_is_new, _)) if is_new || *other_is_new => {
                Err(Failure::usage(format!("{option}: {name:?} and {other:?} would have one name"))
                    .hint("Rename the other one too, or choose another name; or look both up at the destination (--lookup, --map)."))
            }
            _ => {
                seen.insert(place, (name, is_new, is_theirs));
                Ok(())
            }
        }
    };
    for sort in &option.sorts {
        for thing in things(inventory, sort) {
            let id = thing.document.id();
            let is_new = is_new(sort.collection, id, &thing.name);
            take(thing.owners.join("/"), thing.name, is_new, is_looked_up(sort.collection, id))?;
        }
    }
    if option.sorts.is_empty() {
        for (set, name) in tags_of(inventory) {
            let is_new = is_new(Collection::TagSets, &set, &name);
            take(set, name, is_new, false)?;
        }
    }
    Ok(())
}
