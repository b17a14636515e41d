//! Secrets of a module: a Terraform variable or a step of finish, and an entry in the manifest that says where the value is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::convert::context::{At, Context, Variable};
use crate::convert::model::Hidden;
use crate::hcl::Expr;
use documents::collection::Collection;
use module::SecretPlace;
use module::manifest::{FinishStep, FinishValue, SecretEntry, SecretOrigin};

impl Context<'_> {
    /// A secret of a document: a Terraform variable and its entry in the manifest. `words` ends its name: `secret_key`.
    pub fn secret(&mut self, at: &At, hidden: &Hidden, words: &str) -> Expr {
        self.secret_and_name(at, hidden, words).0
    }

    /// The same, with the name of its entry, for what finish sets as well.
    pub fn secret_and_name(&mut self, at: &At, hidden: &Hidden, words: &str) -> (Expr, String) {
        let name = self.secret_entry(at, hidden, words, true);
        (Expr::Reference(vec!["var".to_owned(), name.clone()]), name)
    }

    /// A secret that only finish sets: no Terraform variable.
    pub fn finish_secret(&mut self, at: &At, hidden: &Hidden, words: &str, because: &str) {
        if at.reachable() {
            let name = self.secret_entry(at, hidden, words, false);
            self.finish.push(FinishStep::Set {
                target: at.target.clone(),
                path: at.path.clone(),
                value: FinishValue::Secret(name),
            });
        } else {
            self.note(at, "not-carried", because, "Set the secret by hand at the destination.");
        }
    }

    /// The same for one whose origin the kind itself knows. `origin` is handed the secret's name.
    pub fn finish_secret_from(
        &mut self,
        at: &At,
        description: &str,
        words: &str,
        origin: impl FnOnce(&str) -> SecretOrigin,
    ) {
        let wanted = format!("{}_{words}", at.prefix);
        let name = self.names.claim("variables", &wanted, &format!("{} {}", at.owner, at.path_text()));
        let origin = origin(&name);
        let name = self.record_secret(at, name, description.to_owned(), false, origin);
        let value = FinishValue::Secret(name);
        self.finish.push(FinishStep::Set { target: at.target.clone(), path: at.path.clone(), value });
    }

    /// A secret that finish puts into another document than the one that has it at the source: it goes to `at` and stands at `place`.
    pub fn secret_from(&mut self, at: &At, hidden: &Hidden, words: &str, place: SecretPlace) -> String {
        let name = self.secret_entry(at, hidden, words, false);
        self.secret_places.insert(name.clone(), place);
        name
    }

    /// The name of a secret that only finish sets.
    pub(super) fn secret_of_finish(&mut self, at: &At, hidden: &Hidden, words: &str) -> String {
        self.secret_entry(at, hidden, words, false)
    }

    fn secret_entry(&mut self, at: &At, hidden: &Hidden, words: &str, terraform: bool) -> String {
        let wanted = if words.is_empty() { at.prefix.clone() } else { format!("{}_{words}", at.prefix) };
        let name = self.names.claim("variables", &wanted, &format!("{} {}", at.owner, at.path_text()));
        let description = format!("{} of the {}", hidden.what, at.owner);
        let typed = match at.target.collection {
            Collection::Accounts => self.sources.accounts.get(&at.id),
            Collection::Certificates => self.sources.certificates.get(&at.id),
            _ => None,
        };
        let origin = match (typed, hidden.revealed) {
            (Some(variable), Some(part)) => {
                let octopus_variable = format!("{variable}.{part}");
                if at.target.collection == Collection::Accounts {
                    SecretOrigin::Account { octopus_variable }
                } else {
                    SecretOrigin::Certificate { octopus_variable }
                }
            }
            _ => person(&name, hidden.because),
        };
        self.record_secret(at, name, description, terraform, origin)
    }

    /// The value of a sensitive variable of a variable set: `key` is its [`SecretSources::key`], `at` its place, `description` for a person.
    pub fn variable_secret(&mut self, at: &At, key: &str, description: &str) -> Expr {
        let name = self.names.claim("variables", &at.prefix, &format!("{description} {}", at.id));
        let origin = match self.sources.variables.get(key) {
            Some(Ok(octopus_variable)) => {
                SecretOrigin::Variable { octopus_variable: octopus_variable.clone() }
            }
            Some(Err(because)) => person(&name, because),
            None => person(&name, "no run of the source server can read it by a name of its own"),
        };
        let name = self.record_secret(at, name, description.to_owned(), true, origin);
        if let Some((set, variable)) = key.split_once('/') {
            let path = vec![json!("Variables"), json!({ "Id": variable }), json!("Value")];
            self.secret_places.insert(name.clone(), SecretPlace { document: set.to_owned(), path });
        }
        Expr::Reference(vec!["var".to_owned(), name])
    }

    /// The same for a variable that finish makes.
    pub fn variable_secret_of_finish(&mut self, at: &At, key: &str, description: &str) {
        if let Expr::Reference(path) = self.variable_secret(at, key, description)
            && let Some(name) = path.into_iter().nth(1)
        {
            self.variables.remove(&name);
            if let Some(entry) = self.secrets.get_mut(&name) {
                entry.terraform = false;
                entry.path = Vec::new();
            }
            self.finish.push(FinishStep::Set {
                target: at.target.clone(),
                path: at.path.clone(),
                value: FinishValue::Secret(name),
            });
        }
    }

    /// Secrets that are described alike get their fields, else their names, behind it: in a list each must be known from the others.
    pub(super) fn tell_apart(&mut self) {
        let mut alike: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for entry in self.secrets.values() {
            alike
                .entry(entry.description.clone())
                .or_default()
                .push((entry.name.clone(), entry.field.clone()));
        }
        for (description, entries) in alike.into_iter().filter(|(_, entries)| entries.len() > 1) {
            let fields: BTreeSet<&String> = entries.iter().map(|(_, field)| field).collect();
            let by_field = fields.len() == entries.len();
            for (name, field) in &entries {
                let description = format!("{description} ({})", if by_field { field } else { name });
                if let Some(variable) = self.variables.get_mut(name) {
                    variable.description.clone_from(&description);
                }
                if let Some(entry) = self.secrets.get_mut(name) {
                    entry.description = description;
                }
            }
        }
    }

    /// Records a secret with an origin that the kind itself knows; its name is taken as it is.
    pub fn record_secret(
        &mut self,
        at: &At,
        name: String,
        description: String,
        terraform: bool,
        from: SecretOrigin,
    ) -> String {
        if let SecretOrigin::Person { octopus_variable, because } = &from {
            self.note(
                at,
                "person-secret",
                &format!("{description}: {because}"),
                &format!("Give it as the variable {octopus_variable}, or enter it at the destination."),
            );
        }
        if terraform {
            self.variables.insert(name.clone(), Variable { description: description.clone() });
        }
        let place = SecretPlace { document: at.id.clone(), path: at.path.clone() };
        self.secret_places.insert(name.clone(), place);
        self.secrets.insert(
            name.clone(),
            SecretEntry {
                name: name.clone(),
                description,
                terraform,
                collection: at.target.collection,
                key: at.target.key.clone(),
                field: at.path_text(),
                path: if terraform && at.reachable() { at.path.clone() } else { Vec::new() },
                from,
            },
        );
        name
    }
}

/// What a person may enter.
pub fn person(name: &str, because: &str) -> SecretOrigin {
    SecretOrigin::Person { octopus_variable: format!("Octoferry.Secret.{name}"), because: because.to_owned() }
}
