//! `lookups.tf`: what a module uses and does not make, found by exact name, or by type where English names may have been changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::convert::model::Lookup;
use crate::hcl::{Block, Expr, Item};

/// Step templates have a data source that takes one name and answers null when there is none.
const STEP_TEMPLATES: &str = "step_templates";

/// Freezes belong to the server, and their names may repeat.
pub(crate) const FREEZES: &str = "deployment_freezes";
/// The data source also lists the teams of other spaces.
const TEAMS: &str = "teams";

/// What has been asked for.
#[derive(Debug, Default)]
pub struct Lookups {
    names: BTreeMap<&'static str, (Lookup, BTreeSet<String>)>,
    data: BTreeSet<&'static str>,
    /// Freezes that may be another space's: somebody has said that those of the server are to be used.
    shared_freezes: BTreeSet<String>,
}

impl Lookups {
    /// The id of the thing with that name.
    pub fn name(&mut self, lookup: Lookup, name: &str) -> Expr {
        self.names.entry(lookup.list).or_insert_with(|| (lookup, BTreeSet::new())).1.insert(name.to_owned());
        let item = Expr::reference("local").attribute(lookup.list).key(name);
        if lookup.list == STEP_TEMPLATES { item.attribute("id") } else { item }
    }

    /// Takes the server's freeze of this name, also where it is another space's.
    pub fn share_freeze(&mut self, name: &str) {
        self.shared_freezes.insert(name.to_owned());
    }

    /// Asks for a data source of [`data_source`].
    pub fn data(&mut self, name: &'static str) {
        self.data.insert(name);
    }

    /// All names that have been asked for, each with what it is the name of.
    #[must_use]
    pub fn names(&self) -> Vec<(&'static str, String)> {
        let all = self.names.values();
        all.flat_map(|(lookup, names)| names.iter().map(|name| (lookup.noun, name.clone()))).collect()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.data.is_empty()
    }

    /// What the file holds.
    #[must_use]
    pub fn items(&self, heading: &str) -> Vec<Item> {
        let mut items = vec![Item::Comment(heading.to_owned())];
        if !self.names.is_empty() {
            let mut needs = Block::new("locals", &[]);
            let mut maps = Block::new("locals", &[]);
            let mut names = Vec::new();
            for (list, (lookup, wanted)) in &self.names {
                names.push((
                    (*list).to_owned(),
                    Expr::List(wanted.iter().map(|name| name.as_str().into()).collect()),
                ));
                let data = lookup.data_source;
                maps.set(list, Expr::Code(match *list {
                    STEP_TEMPLATES => {
                        format!("{{ for name, found in data.{data}.space : name => found.step_template }}")
                    }
                    FREEZES => {
                        let own = format!(
                            "[for x in data.{data}.space.{list} : {{ (x.name) = x.id }} if length(setsubtract(keys(x.project_environment_scope), data.octopusdeploy_projects.of_space.projects[*].id)) == 0]"
                        );
                        if self.shared_freezes.is_empty() {
                            format!("merge({own}...)")
                        } else {
                            let names: Vec<String> =
                                self.shared_freezes.iter().map(|name| crate::hcl::quoted(name)).collect();
                            format!(
                                "merge(concat([for x in data.{data}.space.{list} : {{ (x.name) = x.id }} if contains([{}], x.name)], {own})...)",
                                names.join(", ")
                            )
                        }
                    }
                    TEAMS => format!(
                        "merge([for space in [\"\", var.octopus_space_id] : {{ for x in data.{data}.space.{list} : x.name => x.id if x.space_id == space }}]...)"
                    ),
                    _ => format!("{{ for x in data.{data}.space.{list} : x.name => x.id }}"),
                }));
            }
            needs.set("needs", Expr::Object(names));
            items.push(Item::Block(needs));
            items.push(Item::Block(maps));
            items.extend(self.names.values().map(|(lookup, _)| Item::Block(by_name(*lookup))));
            if self.names.contains_key(FREEZES) {
                let mut projects = Block::new("data", &["octopusdeploy_projects", "of_space"]);
                projects.comment = Some(
                    "Freezes of other spaces may have the same name: they name other projects.".to_owned(),
                );
                items.push(Item::Block(projects.with("take", Expr::number(10000))));
            }
        }
        items.extend(self.data.iter().map(|name| Item::Block(data_source(name))));
        items
    }
}

/// One data source for all of a kind, which says what is missing.
fn by_name(lookup: Lookup) -> Block {
    let Lookup { list, data_source, noun } = lookup;
    let mut data = Block::new("data", &[data_source, "space"]);
    let (condition, message) = if list == STEP_TEMPLATES {
        data.set("for_each", Expr::Code(format!("toset(local.needs.{list})")));
        data.set("name", Expr::reference("each.value"));
        ("self.step_template != null".to_owned(), "self.name".to_owned())
    } else {
        data.set("take", Expr::number(10000));
        if list == FREEZES {
            data.set("include_complete", true);
        }
        let missing = format!("setsubtract(local.needs.{list}, self.{list}[*].name)");
        (format!("length({missing}) == 0"), format!("join(\", \", {missing})"))
    };
    let postcondition = Block::new("postcondition", &[]).with("condition", Expr::Code(condition)).with(
        "error_message",
        Expr::Template(vec![
            Expr::Text(format!("The space has no {noun} named: ")),
            Expr::Code(message),
            ".".into(),
        ]),
    );
    data.with_block(Block::new("lifecycle", &[]).with_block(postcondition))
}

/// Things that are known by type or flag.
fn data_source(name: &str) -> Block {
    let (feed_type, comment) = match name {
        "releases" => ("OctopusProject", "The feed of the server's own releases, known by its type."),
        _ => ("BuiltIn", "The server's own package feed, known by its type."),
    };
    let mut data = Block::new("data", &["octopusdeploy_feeds", name])
        .with("feed_type", feed_type)
        .with("take", Expr::number(1));
    data.comment = Some(comment.to_owned());
    data
}
