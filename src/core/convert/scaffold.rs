//! What every module has besides its resources: provider, variables, adoption, lookups, README, an example of its secrets, files for Git.

use std::collections::{BTreeMap, BTreeSet};

use crate::convert::context::Context;
use crate::convert::model::Kind;
use crate::hcl::{Block, Expr, Item};
use module::TRIGGERS_HELD;
use module::identities;
use module::manifest::Scope;

/// Adds the Terraform files.
pub(super) fn add(context: &mut Context<'_>) {
    context.add("versions.tf", terraform());
    context.add("versions.tf", provider());
    let keeper = keeps_identities(context);
    context.add("versions.tf", keeper);
    variables(context);
    if !context.lookups.is_empty() {
        let heading = if matches!(context.scope, Scope::Runbook { .. }) {
            "What this runbook uses, its project too, found by exact name. The plan stops with the names that the destination lacks."
        } else if context.is_space() {
            "What this module uses and does not make, found by exact name. The plan stops with the names that the destination lacks."
        } else {
            "What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks."
        };
        let items = context.lookups.items(heading);
        context.files.insert("lookups.tf".to_owned(), items);
    }
    if let Some(items) = context.files.get_mut("adopt.tf") {
        // First all data sources, then what is imported.
        items.sort_by_key(|item| match item {
            Item::Block(block) => {
                let to = block.attributes.iter().find_map(|attribute| match &attribute.value {
                    Expr::Reference(path) if attribute.name == "to" => Some(path.join(".")),
                    _ => None,
                });
                (block.kind.clone(), block.labels.clone(), to)
            }
            Item::Comment(_) => (String::new(), Vec::new(), None),
        });
        let comment = "What every server makes with a space is taken over as it is found; what is not there is created.";
        items.insert(0, Item::Comment(comment.to_owned()));
    }
}

fn terraform() -> Block {
    let source = Expr::Object(vec![
        ("source".to_owned(), "OctopusDeploy/octopusdeploy".into()),
        ("version".to_owned(), module::PROVIDER_VERSION.into()),
    ]);
    Block::new("terraform", &[])
        .with("required_version", ">= 1.7")
        .with_block(Block::new("required_providers", &[]).with("octopusdeploy", source))
}

fn provider() -> Block {
    Block::new("provider", &["octopusdeploy"])
        .with("address", Expr::reference("var.octopus_url"))
        .with("api_key", Expr::reference("var.octopus_api_key"))
        .with("space_id", Expr::reference("var.octopus_space_id"))
}

/// Keeps in the state what the resources are at the source. Written after what has templates: until then the old names of these count.
fn keeps_identities(context: &Context<'_>) -> Block {
    let mut block =
        Block::resource("terraform_data", "identities").with("input", Expr::file(identities::FILE));
    for item in context.files.values().flatten() {
        if let Item::Block(other) = item
            && other.kind == "resource"
            && other.blocks.iter().any(|inner| inner.kind == "template")
        {
            block.depends_on.push(Expr::reference(&other.address()));
        }
    }
    block.comment = Some(
        "What each resource is at the source, so that a rename there is a change here, and nothing new."
            .to_owned(),
    );
    block
}

fn variables(context: &mut Context<'_>) {
    let text = Expr::reference("string");
    let variable = |name: &str, description: &str| {
        Block::new("variable", &[name]).with("description", description).with("type", text.clone())
    };
    let mut blocks = vec![
        variable("octopus_url", "Address of the destination server, such as https://example.octopus.app"),
        variable("octopus_api_key", "API key of the destination server").with("sensitive", true),
        variable("octopus_space_id", "Id of the destination space, such as Spaces-42"),
    ];
    if asks_for(context, "enable_triggers") {
        blocks.push(
            Block::new("variable", &["enable_triggers"])
                .with("description", "Whether triggers may start work: false until the cutover")
                .with("type", Expr::reference("bool"))
                .with("default", false),
        );
    }
    if asks_for(context, TRIGGERS_HELD) {
        blocks.push(
            Block::new("variable", &[TRIGGERS_HELD])
                .with("description", "Whether triggers that can't be made disabled are made: octoferry deploy does, and keeps them disabled")
                .with("type", Expr::reference("bool"))
                .with("default", false),
        );
    }
    for (name, secret) in &context.variables {
        blocks.push(variable(name, &secret.description).with("sensitive", true));
    }
    for block in blocks {
        context.add("variables.tf", block);
    }
}

/// Whether something in the module asks for a variable.
fn asks_for(context: &Context<'_>, variable: &str) -> bool {
    let name = format!("var.{variable}");
    let mut found = false;
    for item in context.files.values().flatten() {
        if let Item::Block(block) = item {
            block.walk("", &mut |_, expression| {
                found |= match expression {
                    Expr::Reference(path) => path.join(".") == name,
                    Expr::Code(code) => code.contains(&name),
                    _ => false,
                };
            });
        }
    }
    found
}

/// Lets the module take over a document that every server makes.
pub(super) fn adopt(context: &mut Context<'_>, kind: &Kind, condition: &str, block: &Block) {
    let Some(lookup) = kind.lookup else { return };
    let data = Block::new("data", &[lookup.data_source, "existing"]).with("take", Expr::number(10000));
    let items = context.files.entry("adopt.tf".to_owned()).or_default();
    if !items.contains(&Item::Block(data.clone())) {
        items.push(Item::Block(data));
    }
    let existing = format!("data.{}.existing.{}", lookup.data_source, lookup.list);
    items.push(Item::Block(
        Block::new("import", &[])
            .with("for_each", Expr::Code(format!("toset([for x in {existing} : x.id if {condition}])")))
            .with("to", Expr::reference(&block.address()))
            .with("id", Expr::reference("each.value")),
    ));
}

/// The files that are not Terraform.
pub(super) fn documents(context: &Context<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    files.insert("README.md".to_owned(), readme(context).into_bytes());
    files.insert(".gitignore".to_owned(), IGNORED.as_bytes().to_vec());
    if !context.variables.is_empty() {
        files.insert(EXAMPLE.to_owned(), example(context).into_bytes());
    }
    let folders: BTreeSet<&str> = context.texts.keys().filter_map(|path| path.split('/').next()).collect();
    for folder in folders {
        files.insert(
            format!("{folder}/.gitattributes"),
            b"# As the server keeps them: no change of line ends.\n* -text\n".to_vec(),
        );
    }
    files
}

/// What Terraform leaves in the folder, and what a person puts there, that no repository should hold.
const IGNORED: &str = "# Secrets and state stay out of the repository.\n*.tfvars\n*.tfstate\n*.tfstate.*\n*.tfplan\n.terraform/\n";

const EXAMPLE: &str = "secrets.tfvars.example";

/// The secrets for an apply by hand, to be filled in.
fn example(context: &Context<'_>) -> String {
    let mut text = String::from(
        "# For an apply without octoferry: copy this file to secrets.tfvars, which .gitignore keeps out of the repository, and fill it in.\n",
    );
    for (name, secret) in &context.variables {
        // A comment is one line, whatever a name holds.
        let description: String =
            secret.description.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        text.push_str(&format!("\n# {description}\n{name} = \"\"\n"));
    }
    text
}

/// A name inside Markdown text: line ends and markup would break the paragraph.
fn plain(name: &str) -> String {
    name.chars()
        .map(
            |letter| {
                if letter.is_control() || matches!(letter, '`' | '<' | '>' | '[' | ']') {
                    ' '
                } else {
                    letter
                }
            },
        )
        .collect()
}

fn readme(context: &Context<'_>) -> String {
    let mut text = what_it_is(context);
    list_files(context, &mut text);
    by_hand(context, &mut text);
    text
}

/// The head of the README: of what the module was made, and of which part.
fn what_it_is(context: &Context<'_>) -> String {
    let space =
        plain(context.inventory.space.as_ref().map(documents::document::Document::name).unwrap_or_default());
    let mut text = String::new();
    match &context.scope {
        Scope::Space => {
            text.push_str(&format!("# Space \"{space}\"\n\nWhat projects of the space \"{space}\" share. The projects have modules of their own, which find these things by\nname; apply this one first.\n"));
        }
        Scope::Runbook { name, project, .. } => {
            let (name, project) = (plain(name), plain(project));
            text.push_str(&format!("# Runbook \"{name}\"\n\nOne runbook of the project \"{project}\" of the space \"{space}\": its settings, its process, its scripts. The project must be\nthere; it and what else the runbook uses is found by exact name (`lookups.tf`), and the plan stops and lists what the\ndestination lacks. Variables of the project that the steps use by name are not here.\n"));
        }
        Scope::Project { id, name, .. } => {
            let name = plain(name);
            let with = if context.selection.is_whole(id) { "all that" } else { "some of what" };
            text.push_str(&format!("# Project \"{name}\"\n\nThe project \"{name}\" of the space \"{space}\" with {with} belongs to it. What it shares with other projects is found\nby exact name (`lookups.tf`); the plan stops and lists what the destination lacks. Apply it after the space's module"));
            let after: Vec<String> =
                context.after.iter().map(|name| format!("\"{}\"", plain(name))).collect();
            match after.as_slice() {
                [] => {}
                [one] => text.push_str(&format!("\nand after the project {one}, which its steps deploy")),
                several => text.push_str(&format!(
                    "\nand after the projects {}, which its steps deploy",
                    several.join(", ")
                )),
            }
            text.push_str(".\n");
        }
    }
    let options = &context.selection.options;
    if !options.is_empty() {
        let options: Vec<String> = options.iter().map(|option| format!("`{}`", plain(option))).collect();
        text.push_str(&format!(
            "\nIt is a part of the source, made with {}.\nWhat is left out is named in `octoferry.json`: under `part`, and in the notes `not-selected`.\n",
            options.join(" ")
        ));
    }
    text
}

/// The table of its files.
fn list_files(context: &Context<'_>, text: &mut String) {
    text.push_str("\n| file | what |\n| --- | --- |\n");
    for (file, items) in &context.files {
        let resources = items
            .iter()
            .filter(|item| matches!(item, Item::Block(block) if block.kind == "resource"))
            .count();
        let what = match file.as_str() {
            "variables.tf" => "address, key and space of the destination; one variable per secret".to_owned(),
            "adopt.tf" => "takes over what every server makes with a space".to_owned(),
            "lookups.tf" => "ids of things that this module uses and does not make".to_owned(),
            "versions.tf" => "Terraform, provider, and what keeps `identities.json` in the state".to_owned(),
            _ if resources == 1 => "1 resource".to_owned(),
            _ => format!("{resources} resources"),
        };
        text.push_str(&format!("| `{file}` | {what} |\n"));
    }
    if !context.variables.is_empty() {
        text.push_str(&format!(
            "| `{EXAMPLE}` | the secrets that an apply by hand needs, to be filled in |\n"
        ));
    }
    text.push_str(
        "| `identities.json` | what each resource is at the source: labels stay when names change |\n",
    );
    text.push_str("| `octoferry.json` | for octoferry: where each secret comes from, what Terraform can't set, what was left out |\n");
}

/// How to apply it without octoferry, and what then is to be known.
fn by_hand(context: &Context<'_>, text: &mut String) {
    text.push_str("\nBy hand, without octoferry:\n\n    export TF_VAR_octopus_url=https://… TF_VAR_octopus_api_key=API-… TF_VAR_octopus_space_id=Spaces-…\n    terraform init\n    terraform apply");
    let secrets = context.variables.len();
    text.push_str(if secrets == 0 { "\n\n" } else { " -var-file=secrets.tfvars\n\n" });
    if context.is_space() {
        text.push_str("- The destination space must exist.\n");
    }
    if secrets > 0 {
        let noun = if secrets == 1 { "secret" } else { "secrets" };
        text.push_str(&format!(
            "- `secrets.tfvars`, a filled in copy of `{EXAMPLE}`, gives the {secrets} {noun} that `variables.tf` declares. They end up in the state in clear text: keep it where\n  secrets may be kept. A later apply writes them again, also over what somebody has entered at the destination since.\n"
        ));
    }
    if asks_for(context, "enable_triggers") {
        text.push_str("- Triggers arrive disabled. After the cutover: `-var enable_triggers=true`, or a line in a tfvars file.\n");
    }
    if asks_for(context, TRIGGERS_HELD) {
        text.push_str("- Triggers of targets can't be made disabled by the provider. Without octoferry an apply makes them only after the cutover.\n");
    }
    let finish = context.finish.len();
    if finish > 0 {
        let noun = if finish == 1 { "value" } else { "values" };
        text.push_str(&format!(
            "- Terraform's provider can't set {finish} {noun} (`finish` in `octoferry.json`): `octoferry deploy` sets them through the API, by hand\n  they are to be entered in the portal. An apply without octoferry may reset them where it changes the same document.\n"
        ));
    }
    if !context.notes.is_empty() {
        text.push_str(
            "- What was left out, changed or needs a person is listed under `notes` in `octoferry.json`.\n",
        );
    }
}
