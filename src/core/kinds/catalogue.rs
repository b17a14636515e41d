//! The tables of all kinds as a page for people: kind × field × how it is carried. `octoferry kinds` prints it, `docs/KINDS.md` is it.

use super::{PROJECT, SPACE, deployment_setting, oidc_identity, target_tag};
use crate::convert::model::{Carry, Field, Kind};
use documents::collection::Collection;

const INTRODUCTION: &str = "# What of each kind is carried, and how

Made of the tables in `src/core/kinds` by `octoferry kinds`; a test checks that it is current.

An *argument* is one of the provider's resource. *Finish* sets a value through the API after the apply, since the provider can't (the reason stands
beside it). A field that no table knows is never dropped without a word: it becomes a note of the module.
";

/// The whole page.
#[must_use]
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (title, kinds) in [("In the space's module", SPACE), ("In a project's module", PROJECT)] {
        page.push_str(&format!("\n## {title}\n"));
        for kind in kinds {
            section(kind, &mut page);
        }
    }
    page
}

fn section(kind: &Kind, page: &mut String) {
    page.push_str(&format!("\n### {} (`{}`)\n\n", kind.noun, kind.collection));
    let mut resources: Vec<&str> = Vec::new();
    let of_shapes = kind.shapes.iter().map(|shape| shape.resource).filter(|resource| !resource.is_empty());
    for resource in of_shapes.chain(kind.expands_to.iter().copied()) {
        if !resources.contains(&resource) {
            resources.push(resource);
        }
    }
    let list = |resources: &[&str]| -> String {
        resources.iter().map(|resource| format!("`{resource}`")).collect::<Vec<_>>().join(", ")
    };
    if !resources.is_empty() {
        page.push_str(&format!("Resources: {}.\n\n", list(&resources)));
    }
    let extra: &[Field] = match kind.collection {
        Collection::OidcIdentities => oidc_identity::FIELDS,
        Collection::DeploymentTargetTags => target_tag::FIELDS,
        Collection::DeploymentSettings => deployment_setting::FIELDS,
        _ => &[],
    };
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut add = |fields: &mut dyn Iterator<Item = Field>| {
        let mut found = Vec::new();
        for field in fields {
            walk(&field, "", &mut found);
        }
        for row in found {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    };
    for shape in kind.shapes {
        add(&mut kind.fields_of(shape));
    }
    add(&mut extra.iter().copied());
    if rows.is_empty() {
        page.push_str(
            "Written by code of its own, field by field; the golden modules in `tests/spaces` show it.\n",
        );
        return;
    }
    page.push_str("| field | how |\n| --- | --- |\n");
    for (field, how) in rows {
        page.push_str(&format!("| `{field}` | {} |\n", how.replace('|', "\\|")));
    }
}

fn walk(field: &Field, above: &str, rows: &mut Vec<(String, String)>) {
    let path = if above.is_empty() { field.api.to_owned() } else { format!("{above}/{}", field.api) };
    let argument = field.argument();
    let how = match field.carry {
        Carry::Plain | Carry::Map | Carry::Moment(_) | Carry::TimeSpan => format!("argument `{argument}`"),
        Carry::Reference(_) | Carry::References(_) | Carry::Tags => {
            format!("argument `{argument}`, a reference by name")
        }
        Carry::Secret(hidden) => match hidden.revealed {
            Some(part) => {
                format!("argument `{argument}`, a secret; revealed by a typed variable's `.{part}`")
            }
            None => format!("argument `{argument}`, a secret; a person gives it: {}", hidden.because),
        },
        Carry::FinishSecret(hidden, reason) => {
            format!("finish, a secret: {reason}; a person gives it: {}", hidden.because)
        }
        Carry::OneOf(one) => {
            let blocks: Vec<String> = one.cases.iter().map(|case| format!("`{}`", case.argument)).collect();
            format!("one of the blocks {}", blocks.join(", "))
        }
        Carry::Block(_) | Carry::Blocks(_) => format!("block `{argument}`"),
        Carry::Object(_) | Carry::Objects(_) => format!("argument `{argument}`"),
        Carry::Inline(_) => "its fields are arguments".to_owned(),
        Carry::Ignored(reason) | Carry::Computed(reason) => format!("not carried: {reason}"),
        Carry::Finish(reason) => format!("finish: {reason}"),
        Carry::Slug => "finish, where it is not what the name gives".to_owned(),
        Carry::ByCode => "by code: finish, a resource of its own, or a note".to_owned(),
        Carry::Custom(_) if field.writes.is_empty() => {
            "by code: finish, a resource of its own, or a note".to_owned()
        }
        Carry::Custom(_) => {
            let list: Vec<String> = field.writes.iter().map(|name| format!("`{name}`")).collect();
            format!("by code: {}", list.join(", "))
        }
    };
    rows.push((path.clone(), how));
    for (_, table) in field.carry.tables() {
        for field in table {
            walk(field, &path, rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `UPDATE_EXPECT=1 cargo test catalogue` writes it anew.
    #[test]
    fn the_page_is_current() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("docs/KINDS.md");
        expect_test::expect_file![file].assert_eq(&super::markdown());
    }
}
