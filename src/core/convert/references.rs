//! References: an id of the source space becomes the module's own resource, or something that is looked up by exact name.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::hcl::Expr;
use crate::selection::Fate;
use documents::collection::Collection;
use documents::document::Document;
use documents::ids::is_everywhere;
use module::manifest::Target;

impl<'i> Context<'i> {
    /// Says by which expression the id of a document (or action) of this module is known. To be said before any reference is asked for.
    pub fn declare(&mut self, id: &str, expression: Expr) {
        self.addresses.insert(id.to_owned(), expression);
    }

    /// The same for a tag, by its canonical name.
    pub fn declare_tag(&mut self, canonical_name: &str, expression: Expr) {
        self.tags.insert(canonical_name.to_owned(), expression);
    }

    /// Says how finish finds a part of a document that has an id: an action.
    pub fn declare_part(&mut self, id: &str, target: Target) {
        self.part_targets.insert(id.to_owned(), target);
    }

    /// How finish finds the part with that id.
    #[must_use]
    pub fn part(&self, id: &str) -> Option<Target> {
        self.part_targets.get(id).cloned()
    }

    /// The expression for the id of a document that this module makes.
    #[must_use]
    pub fn address(&self, id: &str) -> Option<Expr> {
        self.addresses.get(id).cloned()
    }

    /// Label of the resource that makes the document with that id in this module.
    #[must_use]
    pub fn label_of(&self, id: &str) -> Option<String> {
        match self.addresses.get(id)? {
            Expr::Reference(path) => path.get(1).cloned(),
            _ => None,
        }
    }

    /// Whether this module makes the document with that id.
    #[must_use]
    pub fn declared(&self, id: &str) -> bool {
        self.addresses.contains_key(id)
    }

    /// The id of a document as an expression: of the module's own resource, else looked up by exact name. A reference to
    /// nothing is looked up by its id, with a note: dropping it could widen a scope, so the plan shall stop there.
    pub fn reference(&mut self, at: &At, collection: Collection, id: &str) -> Expr {
        if let Some(expression) = self.addresses.get(id) {
            return expression.clone();
        }
        // An expression, such as `#{Project.Feed}`, is evaluated when the thing is used.
        if id.contains("#{") {
            return self.text(at, id);
        }
        let space = self.inventory.space_id();
        if let Some(prefix) = id.strip_suffix(space).filter(|_| !space.is_empty() && id.starts_with("teams-"))
        {
            return Expr::Template(vec![prefix.into(), Expr::reference("var.octopus_space_id")]);
        }
        // Ids that are the same on every server.
        if is_everywhere(id) || (collection == Collection::UserRoles && id.starts_with("userroles-")) {
            return id.into();
        }
        // Environments and parent environments share the prefix of their ids, and fields may hold either.
        let found = self.inventory.get(collection, id).map(|document| (collection, document)).or_else(|| {
            let other = self.inventory.collection_of(id)?;
            Some((other, self.inventory.get(other, id)?))
        });
        match found {
            Some((collection, document)) => self.look_up(at, collection, document),
            None => {
                self.note(
                    at,
                    "dangling",
                    &format!("refers to {id}, which the source space does not have"),
                    "Remove the reference at the source, or name something that exists in the module.",
                );
                match self.kinds.lookup(collection, None) {
                    Some(lookup) => self.lookups.name(lookup, id),
                    None => id.into(),
                }
            }
        }
    }

    fn look_up(&mut self, at: &At, collection: Collection, document: &Document) -> Expr {
        if let Some(built_in) =
            self.kinds.find(collection, document).and_then(|kind| (kind.built_in)(document))
        {
            built_in.data.into_iter().for_each(|name| self.lookups.data(name));
            return Expr::Code(built_in.id.to_owned());
        }
        self.need(collection, document.id(), &at.owner);
        if collection == Collection::Projects && !self.is_space() {
            self.deploy_after(document.name());
        }
        self.share_freeze(collection, document);
        match self.kinds.lookup(collection, Some(document)) {
            Some(lookup) => {
                if let Some(looked_up) = self.by_finish.get_mut(document.id()) {
                    *looked_up = true;
                } else if self.must_be_there(collection, document) {
                    self.note(
                        at,
                        "looked-up",
                        &format!("refers to the {} \"{}\", which this module does not make: it is looked up by name", lookup.noun, document.name()),
                        "Make it at the destination before the module is applied.");
                }
                self.lookups.name(lookup, document.name())
            }
            None => {
                self.note(
                    at,
                    "not-carried",
                    &format!("refers to \"{}\" ({collection}), which no module makes and the provider can't look up", document.name()),
                    "Set it by hand at the destination.");
                document.name().into()
            }
        }
    }

    /// Whether a person has to see to it that the destination has a document before this module is applied: no module makes it, and nobody
    /// has said that it is there.
    fn must_be_there(&self, collection: Collection, document: &Document) -> bool {
        match self.selection.fate(collection, document.id()) {
            Fate::LookUp => false,
            Fate::Excluded => true,
            Fate::Make | Fate::NotSelected => self.is_space(),
        }
    }

    /// Whether this module makes the document with that id, be it by finish.
    #[must_use]
    pub fn is_made(&self, id: &str) -> bool {
        self.declared(id) || self.by_finish.contains_key(id)
    }

    /// A list of ids as expressions, in their order.
    pub fn references(&mut self, at: &At, collection: Collection, ids: &[Value]) -> Vec<Expr> {
        ids.iter().filter_map(Value::as_str).map(|id| self.reference(at, collection, id)).collect()
    }

    /// Remembers that the module refers to a document that it does not make, if that has to be known. `by` may be empty: what is at work.
    pub fn need(&self, collection: Collection, id: &str, by: &str) {
        if self.selection.is_part() && !self.declared(id) {
            let by = if by.is_empty() { &self.at_work } else { by };
            let place = (collection, id.to_owned());
            self.needed.borrow_mut().entry(place).or_insert_with(|| by.to_owned());
        }
    }

    /// Whether a text is the id of a project that this module does not make: it may come later, and wait for this one.
    #[must_use]
    pub fn is_another_project(&self, text: &str) -> bool {
        self.inventory.get(Collection::Projects, text).is_some() && !self.declared(text)
    }

    /// Takes the server's freeze, also where it is another space's, if somebody has said that it is looked up.
    pub fn share_freeze(&mut self, collection: Collection, document: &Document) {
        if collection == Collection::DeploymentFreezes
            && self.selection.fate(collection, document.id()) == Fate::LookUp
        {
            self.lookups.share_freeze(document.name());
        }
    }

    /// The same for the set of a tag.
    pub(super) fn need_tag(&self, canonical_name: &str) {
        if !self.selection.is_part() || self.tags.contains_key(canonical_name) {
            return;
        }
        let set = self.tag_sets().get(canonical_name).map(String::as_str);
        if let Some(set) = set.or_else(|| self.set_of_free_text(canonical_name).map(|(set, _)| set)) {
            self.need(Collection::TagSets, set, "");
        }
    }

    /// A tag by its canonical name `Set/Tag`: in the space's module a reference, which also gives the order of creation.
    pub fn tag(&mut self, canonical_name: &str) -> Expr {
        self.need_tag(canonical_name);
        if let Some(expression) = self.tags.get(canonical_name) {
            return expression.clone();
        }
        match self.set_of_free_text(canonical_name).map(|(set, text)| (self.address(set), text)) {
            Some((Some(Expr::Reference(path)), text)) => {
                let name = format!("{}.name", path[..2.min(path.len())].join("."));
                Expr::Template(vec![Expr::reference(&name), format!("/{text}").as_str().into()])
            }
            _ => canonical_name.into(),
        }
    }

    /// The id of the set that takes any text, and the text, where a canonical name is no tag's but a text of such a set.
    fn set_of_free_text<'n>(&self, canonical_name: &'n str) -> Option<(&'i str, &'n str)> {
        let inventory = self.inventory;
        inventory.all(Collection::TagSets).filter(|set| set.text("Type") == Some("FreeText")).find_map(
            |set| {
                let text = canonical_name.strip_prefix(set.name())?.strip_prefix('/')?;
                Some((set.id(), text))
            },
        )
    }

    /// A step template as looked up by a project's module, for its `.id` and `.version`.
    pub fn step_template(&mut self, at: &At, id: &str) -> Expr {
        match self.reference(at, Collection::ActionTemplates, id) {
            Expr::Attribute(base, name) if name == "id" => *base,
            other => other,
        }
    }
}
