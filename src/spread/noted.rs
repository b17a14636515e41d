//! What spread wrote into journals, noted a second time: digests by id in the set `Octoferry`, written before the first journal is.
//!
//! A journal stands where people edit: whoever may change one variable in one environment could write into its journal that it was seen
//! everywhere, and have `collapse` do with the operator's rights what is not theirs to do. So a journal counts only as far as this note has
//! it. Why no key signs journals stands in docs/decisions/journals.md.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::set::text;
use super::{account, view};
use crate::mark::found::settings_variables;
use crate::mark::{before, journal, name};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// By the id of the variable, account or certificate in which a journal stands: a digest of the journal, and one of how the thing was before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted(BTreeMap<String, [String; 2]>);

impl Noted {
    /// What is noted in a space; `None`: nothing (not spread, or by an older octoferry, or somebody took the note away).
    #[must_use]
    pub fn of(inventory: &Inventory) -> Option<Self> {
        let variables = settings_variables(inventory);
        let noted = variables.iter().find(|variable| variable["Name"] == name::SPREAD)?;
        serde_json::from_str(noted["Value"].as_str()?).ok().map(Self)
    }

    /// As the variable of the set holds it.
    #[must_use]
    pub fn text(&self) -> String {
        json!(self.0).to_string()
    }

    /// Whether the journal of this thing is one that spread wrote there.
    #[must_use]
    pub fn proves(&self, id: &str, entry: &Map<String, Value>) -> bool {
        self.0.get(id).is_some_and(|[noted, _]| *noted == digest(entry))
    }

    /// With the journals that spread is about to write. One that stands there already is noted only where it is proven, or where nothing was
    /// noted before: that is how an older octoferry left it.
    #[must_use]
    pub fn with(before: Option<&Self>, inventory: &Inventory, plan: &super::Plan) -> Self {
        let mut noted = before.cloned().unwrap_or_default();
        let mut all = Vec::new();
        for change in &plan.changes {
            all.push((change.collection, &change.after));
        }
        if before.is_none() {
            all.extend(documents(inventory).map(|(collection, _, document)| (collection, document)));
        }
        for (collection, after) in all {
            let there = inventory.get(collection, after.id());
            let there: BTreeMap<String, Thing> =
                there.map(|there| things(collection, there)).unwrap_or_default();
            for (id, thing) in things(collection, after) {
                let Some(entry) = &thing.entry else { continue };
                // One that has more to say than the first time: how the thing was in the beginning stays.
                match (there.get(&id).and_then(|there| there.entry.as_ref()), before) {
                    (Some(there), Some(before)) if before.proves(&id, there) => {
                        noted.0.get_mut(&id).expect("it is noted")[0] = digest(entry);
                    }
                    (Some(_), Some(_)) => {}
                    _ => drop(noted.0.insert(id, [digest(entry), thing.original])),
                }
            }
        }
        noted
    }

    /// What is not as it was before spread although no journal says so, for a person: somebody emptied the journal.
    #[must_use]
    pub fn emptied(&self, inventory: &Inventory) -> Vec<String> {
        let all = documents(inventory).flat_map(|(collection, owner, document)| {
            things(collection, document).into_iter().map(move |(id, thing)| (owner.clone(), id, thing))
        });
        let is_emptied = |id: &str, thing: &Thing| {
            thing.entry.is_none() && self.0.get(id).is_some_and(|[_, original]| *original != thing.now)
        };
        all.filter(|(_, id, thing)| is_emptied(id, thing))
            .map(|(owner, _, thing)| format!("{owner}{}: {GONE}", thing.name))
            .collect()
    }

    /// What of the noted is not as it was before spread, for a person, and the note of that alone; and how much is. What is gone is neither.
    #[must_use]
    pub fn remaining(&self, inventory: &Inventory) -> (Vec<String>, Self, usize) {
        let (mut texts, mut remaining, mut restored) = (Vec::new(), Self::default(), 0);
        for (collection, owner, document) in documents(inventory) {
            for (id, thing) in things(collection, document) {
                let Some(noted) = self.0.get(&id) else { continue };
                if thing.entry.is_none() && thing.now == noted[1] {
                    restored += 1;
                } else {
                    let why = match &thing.entry {
                        None => GONE,
                        Some(entry) if self.proves(&id, entry) => "it was edited by hand since",
                        Some(_) => "its journal is not the one that spread wrote",
                    };
                    texts.push(format!("{owner}{}: {why}", thing.name));
                    remaining.0.insert(id, noted.clone());
                }
            }
        }
        (texts, remaining, restored)
    }
}

const GONE: &str = "spread changed it, and its journal is gone";

/// Of a journal as it is written, to the letter.
fn digest(entry: &Map<String, Value>) -> String {
    before::digest_of_text(&Value::Object(entry.clone()).to_string())
}

/// The documents in which spread writes journals, with who owns them, for a person.
fn documents(inventory: &Inventory) -> impl Iterator<Item = (Collection, String, &Document)> {
    let sets = view::owners(inventory).into_iter().filter_map(|owner| {
        let set = inventory.get(Collection::Variables, &owner.variable_set)?;
        Some((Collection::Variables, format!("{}: ", owner.title), set))
    });
    let others = [Collection::Accounts, Collection::Certificates].into_iter().flat_map(|collection| {
        let kind = collection.name().trim_end_matches('s');
        inventory.all(collection).map(move |document| (collection, format!("{kind} "), document))
    });
    sets.chain(others)
}

/// Something in which a journal may stand.
struct Thing {
    name: String,
    entry: Option<Map<String, Value>>,
    /// Digest of what spread changes, as it is.
    now: String,
    /// The same as it was before.
    original: String,
}

/// The things of a document, by id. Not what stands in a secret's place: it has no id before it is written, and goes with its secret.
fn things(collection: Collection, document: &Document) -> BTreeMap<String, Thing> {
    if collection == Collection::Variables {
        let variables = document.list("Variables").iter().filter_map(Value::as_object);
        return variables
            .filter_map(|fields| Some((text(fields, "Id").to_owned(), variable(fields)?)))
            .collect();
    }
    let entry = account::entry(collection, document);
    let shown = |document: &Document| before::short_digest(&account::restrictions(document));
    let now = shown(document);
    let original =
        account::restored(collection, document).map_or_else(|| now.clone(), |before| shown(&before));
    BTreeMap::from([(
        document.id().to_owned(),
        Thing { name: format!("{:?}", document.name()), entry, now, original },
    )])
}

fn variable(fields: &Map<String, Value>) -> Option<Thing> {
    let entry = journal::read(text(fields, "Description")).map(|journalled| journalled.entry);
    if entry.as_ref().is_some_and(|entry| entry.contains_key("for")) {
        return None;
    }
    let of = |name: &Value, scope: &Value| {
        let mut scope = scope.clone();
        for values in scope
            .as_object_mut()
            .into_iter()
            .flat_map(|kinds| kinds.values_mut())
            .filter_map(Value::as_array_mut)
        {
            values.sort_by_key(ToString::to_string);
        }
        before::short_digest(&json!({"Name": name, "Scope": scope}))
    };
    let field = |field: &str| fields.get(field).cloned().unwrap_or_default();
    let was = |entry: &Map<String, Value>, name: &str, now: &str| {
        entry.get(name).cloned().unwrap_or_else(|| field(now))
    };
    let now = of(&field("Name"), &field("Scope"));
    let original = entry
        .as_ref()
        .map_or_else(|| now.clone(), |entry| of(&was(entry, "name", "Name"), &was(entry, "scope", "Scope")));
    Some(Thing { name: text(fields, "Name").to_owned(), entry, now, original })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spread::{self, Plan, collapse};

    const OURS: &str = "Environments-9";

    /// A space with a secret for one environment and one that shares its name, seeded; `noted`: what the set says.
    fn space(variables: Value, noted: Option<&Noted>) -> Inventory {
        let mut inventory = Inventory::default();
        let mut add = |collection, document| inventory.insert(collection, Document::new(document).unwrap());
        let mark = name::description("x");
        add(Collection::Environments, json!({"Id": OURS, "Name": name::ENVIRONMENT, "Description": mark}));
        add(Collection::Projects, json!({"Id": "Projects-1", "Name": "Shop", "VariableSetId": "V-1"}));
        add(
            Collection::LibraryVariableSets,
            json!({"Id": "L-1", "Name": name::SETTINGS_SET, "Description": mark, "VariableSetId": "V-2"}),
        );
        add(
            Collection::Accounts,
            json!({
                "Id": "Accounts-1", "Name": "AWS", "AccountType": "AmazonWebServicesAccount", "EnvironmentIds": ["Environments-1"], "Description": "",
            }),
        );
        add(Collection::Variables, json!({"Id": "V-1", "OwnerId": "Projects-1", "Variables": variables}));
        let note: Vec<Value> =
            noted.iter().map(|noted| json!({"Name": name::SPREAD, "Value": noted.text()})).collect();
        add(Collection::Variables, json!({"Id": "V-2", "OwnerId": "L-1", "Variables": note}));
        inventory
    }

    fn secrets() -> Value {
        let secret = |id: &str, name: &str, environment: &str| json!({"Id": id, "Name": name, "Type": "Sensitive", "IsSensitive": true, "Description": "", "Scope": {"Environment": [environment]}});
        json!([
            secret("one", "Key", "Environments-1"),
            secret("two", "Key", "Environments-2"),
            secret("three", "Other", "Environments-1")
        ])
    }

    /// The space spread, with its note, and what an attacker does to each journal by the id that it stands in.
    fn spread_and(forge: impl Fn(&str, &mut Map<String, Value>) -> bool) -> Inventory {
        let before = space(secrets(), Some(&Noted::default()));
        let plan = spread::spread(&before, OURS);
        let noted = Noted::with(Noted::of(&before).as_ref(), &before, &plan);
        assert_eq!(noted.0.len(), 4, "three secrets and an account");
        let mut after = space(json!([]), Some(&noted));
        crate::spread::tests::apply(&mut after, &plan);
        let mut documents: Vec<(Collection, Document)> = Vec::new();
        let mut set = after.get(Collection::Variables, "V-1").unwrap().clone();
        for variable in set.fields_mut()["Variables"].as_array_mut().unwrap() {
            let id = variable["Id"].as_str().unwrap().to_owned();
            forged(variable, "Description", |entry| forge(&id, entry));
        }
        documents.push((Collection::Variables, set));
        let mut account = after.get(Collection::Accounts, "Accounts-1").unwrap().clone().into_value();
        forged(&mut account, "Description", |entry| forge("Accounts-1", entry));
        documents.push((Collection::Accounts, Document::new(account).unwrap()));
        for (collection, document) in documents {
            after.insert(collection, document);
        }
        after
    }

    fn forged(thing: &mut Value, field: &str, forge: impl Fn(&mut Map<String, Value>) -> bool) {
        let Some(mut journalled) = journal::read(thing[field].as_str().unwrap_or_default()) else { return };
        let text = if forge(&mut journalled.entry) {
            journal::write(&journalled.description, journalled.entry)
        } else {
            String::new()
        };
        thing[field] = json!(text);
    }

    fn noted_and_plan(inventory: &Inventory) -> (Noted, Plan) {
        (Noted::of(inventory).unwrap(), collapse::collapse(inventory))
    }

    #[test]
    fn what_spread_wrote_is_put_back_and_proven() {
        let mut spread = spread_and(|_, _| true);
        let (noted, plan) = noted_and_plan(&spread);
        assert!(plan.left.is_empty(), "{:?}", plan.left);
        crate::spread::tests::apply(&mut spread, &plan);
        assert_eq!(noted.remaining(&spread), (vec![], Noted::default(), 4));
        assert_eq!(
            spread.get(Collection::Variables, "V-1").unwrap().get("Variables"),
            Some(&with_hidden(secrets()))
        );
    }

    fn with_hidden(mut variables: Value) -> Value {
        for variable in variables.as_array_mut().unwrap() {
            variable["Value"] = Value::Null;
        }
        variables
    }

    /// Each row: which journal, what becomes of it (`None`: emptied). None of these things is touched, and each is named.
    #[test]
    fn a_forged_or_emptied_journal_moves_nothing_and_is_named() {
        let table: [(&str, Option<(&str, Value)>); 8] = [
            ("three", Some(("scope", json!({})))),
            ("three", Some(("scope", json!({"Environment": ["Environments-7"]})))),
            ("three", Some(("name", json!("Octopus.Action.Script.ScriptBody")))),
            ("one", Some(("name", json!("Elsewhere")))),
            ("one", Some(("prompt", json!({"Label": "Type it here"})))),
            ("three", None),
            ("one", None),
            ("Accounts-1", Some(("tenants", json!([])))),
        ];
        for (id, forgery) in table {
            let mut spread = spread_and(|other, entry| {
                let Some((field, value)) = forgery.as_ref().filter(|_| other == id) else {
                    return other != id;
                };
                entry.insert((*field).to_owned(), value.clone());
                true
            });
            let find = |inventory: &Inventory| {
                let set = inventory.get(Collection::Variables, "V-1").unwrap().list("Variables").to_vec();
                let variable = set.into_iter().find(|variable| variable["Id"] == id);
                variable
                    .unwrap_or_else(|| inventory.get(Collection::Accounts, id).unwrap().clone().into_value())
            };
            let planted = find(&spread);
            let (noted, plan) = noted_and_plan(&spread);
            crate::spread::tests::apply(&mut spread, &plan);
            assert_eq!(find(&spread), planted, "{id} {forgery:?}");
            let (remaining, rest, restored) = noted.remaining(&spread);
            assert_eq!(
                (remaining.len(), rest.0.len(), restored),
                (1, 1, 3),
                "{id} {forgery:?}: {remaining:?}"
            );
            assert_eq!(plan.left.len(), 1, "{id} {forgery:?}: {:?}", plan.left);
            // Nor does a second spread take the forged one for its own.
            let again = spread::spread(&spread, OURS);
            let noted = Noted::with(Some(&noted), &spread, &again);
            assert!(
                things(Collection::Variables, spread.get(Collection::Variables, "V-1").unwrap())
                    .get(id)
                    .and_then(|thing| thing.entry.clone())
                    .is_none_or(|entry| !noted.proves(id, &entry))
            );
        }
    }

    #[test]
    fn a_journal_in_what_spread_never_touched_is_nobodys() {
        let planted = journal::write(
            &journal::Description::Text(String::new()),
            json!({"scope": {}, "added": OURS}).as_object().cloned().unwrap(),
        );
        let variable = json!({
            "Id": "mine", "Name": "Mine", "Type": "Sensitive", "IsSensitive": true, "Description": planted, "Scope": {},
        });
        let inventory = space(json!([variable]), Some(&Noted::default()));
        let plan = collapse::collapse(&inventory);
        assert!(plan.changes.is_empty(), "{plan:?}");
        assert_eq!(
            plan.left,
            ["project \"Shop\": the journal of Mine is not one that octoferry spread wrote"]
        );
        // Where an older octoferry noted nothing, its journals count; collapse says that nothing proves them.
        assert_eq!(collapse::collapse(&space(json!([variable]), None)).changes.len(), 1);
    }
}
