//! Texts on their way into the module: ids in them become references, long ones files.

use serde_json::Value;
use unicode_normalization::is_nfc;

use crate::convert::context::{At, Context};
use crate::convert::id_text::{Piece, split_at_ids};
use crate::convert::names::{digest, file_name};
use crate::hcl::Expr;
use documents::collection::Collection;
use documents::ids::is_everywhere;

impl<'i> Context<'i> {
    /// Text that stays inline. Text that is not Unicode NFC is set by finish as well: Terraform composes every string.
    pub fn text(&mut self, at: &At, value: &str) -> Expr {
        self.keep_unicode(at, value);
        value.into()
    }

    /// Text that may well hold ids as a person's own words: scripts, descriptions, values. It is never an error there.
    pub fn free_text(&mut self, at: &At, value: &str) -> Expr {
        // A name is what its owner calls it, whatever it looks like.
        let is_name = at
            .path
            .last()
            .and_then(Value::as_str)
            .is_some_and(|field| field == "Name" || field.ends_with("PackageId"));
        if let Some(id) = self.id_in(value).filter(|_| !is_name) {
            self.note(
                at,
                "id-in-text",
                &format!("the text names {id}, an id of the source space; it is left as it is"),
                "Write the id that the thing has at the destination.",
            );
        }
        self.text(at, value)
    }

    /// A value that somebody has typed. Where the whole of it is the id of something, others bind by it (`#{Feed.Id}`): it is followed.
    pub fn typed_value(&mut self, at: &At, value: &str) -> Expr {
        if self.note_followed(at, value) { self.text_with_ids(at, value) } else { self.free_text(at, value) }
    }

    /// Whether a value as a whole is an id that can be followed; then there is a note.
    pub(crate) fn note_followed(&mut self, at: &At, value: &str) -> bool {
        let inventory = self.inventory;
        let found = inventory.collection_of(value).and_then(|collection| inventory.get(collection, value));
        let collection = inventory.collection_of(value).unwrap_or(Collection::NONE);
        let is_found = found.is_some_and(|found| {
            self.declared(value) || self.kinds.lookup(collection, Some(found)).is_some()
        });
        let is_found = is_found && !self.comes_later(value);
        if let Some(document) = found.filter(|_| is_found) {
            let text = format!(
                "the whole value is {value}, the id of \"{}\" ({collection}): at the destination it is the id that this has there",
                document.name()
            );
            self.note(at, "id-followed", &text, "");
        }
        is_found
    }

    /// Text in a file beside the module, `folder/stem.ending`, byte for byte. Folder, stem and ending are made safe here.
    pub fn file(&mut self, at: &At, folder: &str, stem: &str, ending: &str, value: &str) -> Expr {
        let folder: Vec<String> = folder.split('/').map(file_name).collect();
        let path = format!("{}/{}", folder.join("/"), file_name(stem));
        // The same text at the same place twice is one file.
        let mut candidate = format!("{path}.{ending}");
        if self.texts.get(&candidate).is_some_and(|text| text != value) {
            candidate = format!("{path}-{}.{ending}", digest(value));
        }
        self.free_text(at, value);
        self.texts.insert(candidate.clone(), value.to_owned());
        Expr::file(&candidate)
    }

    /// A file of the module that is neither Terraform nor text of a document.
    pub fn document(&mut self, path: &str, text: String) {
        self.documents.insert(path.to_owned(), text);
    }

    /// The parts of a text that are ids, alone, in lists or in JSON, and those that are not.
    pub(super) fn pieces<'t>(&self, value: &'t str) -> Vec<Piece<'t>> {
        let space = self.inventory.space_id();
        split_at_ids(value, &|token| {
            !token.is_empty()
                && !self.comes_later(token)
                && (token == space
                    || is_everywhere(token)
                    || (token.starts_with("teams-") && !space.is_empty() && token.ends_with(space))
                    || self.declared(token)
                    || self.inventory.collection_of(token).is_some())
        })
    }

    /// Whether a text is the id of a project in the space's module, before which no project is there: as a lookup it would stop all.
    fn comes_later(&self, text: &str) -> bool {
        self.is_space() && self.is_another_project(text)
    }

    /// Whether a value as a whole is the id of a project that comes after the space's module, where it would be another project's at the
    /// destination; then there is a note.
    pub fn waits_for_project(&mut self, at: &At, value: &str) -> bool {
        let project = self.inventory.get(Collection::Projects, value).filter(|_| self.comes_later(value));
        if let Some(project) = project {
            let text = format!(
                "the whole value is {value}, the id of the project \"{}\", which is made after this: it is left empty",
                project.name()
            );
            self.note(at, "not-carried", &text, "Choose the project by hand at the destination.");
        }
        project.is_some()
    }

    /// Whether [`Context::text_with_ids`] would find an id in the text.
    #[must_use]
    pub fn has_ids(&self, value: &str) -> bool {
        self.pieces(value).iter().any(|piece| matches!(piece, Piece::Id(_)))
    }

    /// Whether an id in a text is the project's own, or of something that belongs to it: that comes after the project.
    #[must_use]
    pub fn names_part_of(&self, project: &str, text: &str) -> bool {
        let belongs = |id: &str| {
            let collection = self.inventory.collection_of(id);
            let document = collection.and_then(|collection| self.inventory.get(collection, id));
            id == project
                || self.part_targets.contains_key(id)
                || document.is_some_and(|document| document.text("ProjectId") == Some(project))
        };
        self.pieces(text).iter().any(|piece| matches!(piece, Piece::Id(id) if belongs(id)))
    }

    /// Text of a property: ids in it that stand alone, in lists or in JSON are references; the rest stays text.
    pub fn text_with_ids(&mut self, at: &At, value: &str) -> Expr {
        let inventory = self.inventory;
        let space = inventory.space_id();
        let pieces = self.pieces(value);
        if !pieces.iter().any(|piece| matches!(piece, Piece::Id(_))) {
            return self.free_text(at, value);
        }
        self.keep_unicode(at, value);
        let mut parts: Vec<Expr> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(text.into()),
                Piece::Id(id) if id == space => parts.push(Expr::reference("var.octopus_space_id")),
                Piece::Id(id) => {
                    let collection = inventory.collection_of(id).unwrap_or(Collection::NONE);
                    // A template within a template: its parts, not the whole.
                    match self.reference(at, collection, id) {
                        Expr::Template(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
            }
        }
        match parts.as_slice() {
            [Expr::Text(_)] | [] => Expr::Template(parts),
            [_] => parts.remove(0),
            _ => Expr::Template(parts),
        }
    }

    pub(super) fn keep_unicode(&mut self, at: &At, value: &str) {
        if !is_nfc(value) {
            self.set(
                at,
                &Value::String(value.to_owned()),
                "Terraform composes every string (Unicode NFC), files included",
            );
        }
    }

    /// An id of the source space that stands as a whole word in the text.
    #[must_use]
    pub fn id_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
            .filter(|word| word.contains('-') && word.ends_with(|letter: char| letter.is_ascii_digit()))
            .find(|word| self.inventory.collection_of(word).is_some() || *word == self.inventory.space_id())
    }
}
