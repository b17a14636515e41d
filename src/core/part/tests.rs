//! Selections of the sample spaces, converted.

use std::collections::{BTreeMap, BTreeSet};

use crate::convert::SecretSources;
use crate::modules;
use crate::part::{self, Options, Whole, choose, complete};
use crate::selection::Selection;
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;
use module::Module;
use module::manifest::Note;
use module::manifest::Scope;

fn inventory(name: &str) -> Inventory {
    let path = format!("{}/tests/spaces/{name}/space.json", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let text = std::fs::read(path).expect("the space's file");
    Inventory::from_dump(&serde_json::from_slice(&text).expect("JSON"), "Spaces-2").expect("the space")
}

/// Options as on the command line, separated by spaces; `_` in a value is a space.
fn options(line: &str) -> Result<Options, Failure> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let pairs: Vec<(&str, String)> =
        words.chunks(2).map(|pair| (pair[0], pair[1].replace('_', " "))).collect();
    Options::parse(pairs.iter().map(|(option, value)| (*option, value.as_str())))
}

fn selected(line: &str, inventory: Inventory, whole: Whole<'_>) -> Result<(Selection, Inventory), Failure> {
    let options = options(line)?;
    let mut selection = choose(&options, &inventory, whole, true)?;
    let inventory = part::prepared(&mut selection, inventory, &options.renames, true)?;
    complete(&mut selection, &inventory, &SecretSources::default(), whole);
    Ok((selection, inventory))
}

/// The space's module, and those of projects by name.
struct Modules {
    space: Module,
    projects: BTreeMap<String, Module>,
    selection: Selection,
}

fn all(space: &str, line: &str) -> Modules {
    let (selection, inventory) =
        selected(line, inventory(space), Whole::All).unwrap_or_else(|failure| panic!("{line}: {failure}"));
    let sources = SecretSources::default();
    let project = |id: &str| modules::project(&inventory, id, &selection, &sources).expect("a module");
    Modules {
        space: modules::space(&inventory, &selection, &sources).expect("a module"),
        projects: selection
            .projects(&inventory)
            .iter()
            .map(|document| (document.name().to_owned(), project(document.id())))
            .collect(),
        selection,
    }
}

fn space(name: &str, line: &str) -> Module {
    let (selection, inventory) =
        selected(line, inventory(name), Whole::Space).unwrap_or_else(|failure| panic!("{line}: {failure}"));
    modules::space(&inventory, &selection, &SecretSources::default()).expect("a module")
}

fn project(name: &str, project: &str, line: &str) -> Module {
    let inventory = inventory(name);
    let id =
        inventory.all(Collection::Projects).find(|document| document.name() == project).expect("the project");
    let ids = [id.id().to_owned()];
    let (selection, inventory) = selected(line, inventory, Whole::Projects(&ids))
        .unwrap_or_else(|failure| panic!("{line}: {failure}"));
    modules::project(&inventory, &ids[0], &selection, &SecretSources::default()).expect("a module")
}

fn mistake(name: &str, line: &str, whole: Whole<'_>) -> String {
    let failure =
        selected(line, inventory(name), whole).err().unwrap_or_else(|| panic!("{line} is no mistake"));
    assert_eq!(failure.kind, failure::FailureKind::Usage);
    format!("{} {}", failure.message, failure.hints.join(" "))
}

fn text(module: &Module, file: &str) -> String {
    String::from_utf8(module.files.get(file).cloned().unwrap_or_default()).expect("text")
}

/// The names of what a module makes of a collection.
fn made(module: &Module, collection: Collection) -> Vec<String> {
    let made = module.manifest.makes.iter().filter(|made| made.target.collection == collection);
    made.filter_map(|made| made.target.key.last().cloned()).collect()
}

fn notes<'m>(module: &'m Module, code: &str) -> Vec<&'m str> {
    let notes = module.manifest.notes.iter().filter(|note| note.code == code);
    notes.map(|note: &Note| note.text.as_str()).collect()
}

/// `(list, name)` of everything that a module finds by name.
fn names_looked_up(module: &Module) -> BTreeSet<(String, String)> {
    module.lookups.iter().map(|(noun, name)| ((*noun).to_owned(), name.clone())).collect()
}

#[test]
fn one_tenant_comes_with_its_tags_and_nothing_else() {
    let module = space("shop", "--only tenants:Nordlicht_Kerzen");
    assert_eq!(made(&module, Collection::Tenants), ["Nordlicht Kerzen"]);
    assert!(!made(&module, Collection::TagSets).is_empty());
    assert!(
        made(&module, Collection::Environments).is_empty() && made(&module, Collection::Accounts).is_empty()
    );
    assert!(!module.files.contains_key("lookups.tf"), "{}", text(&module, "lookups.tf"));
    let notes = notes(&module, "not-selected");
    assert!(notes.iter().any(|note| note.starts_with("5 of 6 tenants are not selected: ")), "{notes:?}");
    assert!(!module.manifest.notes.iter().any(|note| note.code == "not-selected" && note.needs_person()));
    assert_eq!(module.manifest.part.options, ["--only tenants:Nordlicht Kerzen"]);
    assert!(text(&module, "README.md").contains("made with `--only tenants:Nordlicht Kerzen`"));
}

#[test]
fn things_are_named_by_pattern_and_by_tag() {
    let module = space("shop", "--only environments:Production*");
    assert_eq!(made(&module, Collection::Environments), ["Production", "Production (US)"]);
    let tagged = space("shop", "--only tenants:tag:Region/*");
    let one = space("shop", "--only tenants:tag:Region/EU");
    let (all, one) = (made(&tagged, Collection::Tenants), made(&one, Collection::Tenants));
    assert!(!one.is_empty() && one.len() < all.len(), "{one:?} {all:?}");
}

#[test]
fn what_is_needed_is_needed_by_what_it_needs_too() {
    let (selection, _) =
        selected("--only deployment_targets:barn-01", inventory("shop"), Whole::Space).expect("a selection");
    let needed: Vec<String> =
        selection.needed().into_iter().map(|needed| format!("{} (by {})", needed.what, needed.by)).collect();
    assert!(
        needed
            .iter()
            .any(|text| text.starts_with("environment ")
                && text.ends_with("(by deployment target \"barn-01\")")),
        "{needed:?}"
    );
    assert!(needed.iter().any(|text| text.starts_with("machine policy ")), "{needed:?}");
}

#[test]
fn what_is_excluded_is_looked_up_by_what_needs_it() {
    let module = space("small-web", "--exclude environments:Production");
    assert_eq!(made(&module, Collection::Environments), ["Development", "Test"]);
    assert!(text(&module, "lookups.tf").contains("environments = [\"Production\"]"));
    assert!(!notes(&module, "looked-up").is_empty());
    assert_eq!(
        notes(&module, "not-selected"),
        ["1 of 3 environments is left out (--exclude environments:Production): \"Production\""]
    );
    let modules = all("small-web", "--exclude environments:Production");
    assert!(!notes(&modules.projects["Letterbox Web"], "looked-up").is_empty());
}

#[test]
fn what_is_looked_up_is_there_and_needs_nobody() {
    let module = space("small-web", "--lookup environment:Production --lookup feeds");
    assert!(!module.files.contains_key("feeds.tf"));
    assert!(!text(&module, "environments.tf").contains("\"Production\""));
    assert!(text(&module, "accounts.tf").contains(" = [local.environments[\"Production\"]]"));
    assert!(text(&module, "lookups.tf").contains("environments = [\"Production\"]"));
    assert!(notes(&module, "looked-up").is_empty());
}

#[test]
fn the_variables_of_a_set_that_is_looked_up_stay_as_they_are() {
    let module = space("small-web", "--lookup library_variable_sets");
    assert!(!module.files.contains_key("library_variables.tf"));
}

#[test]
fn of_a_kind_only_some_stay() {
    let module = space("shop", "--exclude-except tenants:Prairie_Glow --exclude-except tenants:Cera*");
    assert_eq!(made(&module, Collection::Tenants), ["Cera Viva", "Prairie Glow"]);
    assert_eq!(made(&module, Collection::Environments).len(), 4);
}

#[test]
fn options_that_name_nothing_are_mistakes() {
    let none = mistake("small-web", "--only environments:Produktion", Whole::Space);
    assert!(none.contains("--only environments:Produktion: nothing is meant by it"), "{none}");
    assert!(none.contains("\"Production\""), "{none}");
    let elsewhere = mistake("small-web", "--only projects:Letterbox_Web", Whole::Space);
    assert!(elsewhere.contains("serialize all"), "{elsewhere}");
    mistake("small-web", "--exclude runbooks:*", Whole::Space);
    let elsewhere = mistake("small-web", "--only accounts", Whole::Projects(&["Projects-1".to_owned()]));
    assert!(elsewhere.contains("no project's module makes accounts"), "{elsewhere}");
    let ids = ["Projects-1".to_owned()];
    let contradiction = mistake("small-web", "--exclude projects:Letterbox_Web", Whole::Projects(&ids));
    assert!(contradiction.contains("is asked for"), "{contradiction}");
}

#[test]
fn one_runbook_of_a_project_comes_with_the_project_alone() {
    let module = project("small-web", "Letterbox Web", "--only runbooks:Back_up_the_database");
    assert_eq!(made(&module, Collection::Runbooks), ["Back up the database"]);
    assert!(text(&module, "runbook_back_up_the_database.tf").contains("octopusdeploy_process_step"));
    assert_eq!(made(&module, Collection::Projects), ["Letterbox Web"]);
    for file in ["triggers.tf", "deployment_process.tf", "project_variables.tf"] {
        assert!(!module.files.contains_key(file), "{file}");
    }
    assert_eq!(made(&module, Collection::Channels), [""; 0]);
    let notes = notes(&module, "not-selected");
    assert!(notes.iter().any(|note| note.contains("triggers are not selected")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("variables are not selected")), "{notes:?}");
}

#[test]
fn a_trigger_needs_its_runbook() {
    let module = project("small-web", "Letterbox Web", "--only triggers:Back_up_at_night");
    assert_eq!(made(&module, Collection::Runbooks), ["Back up the database"]);
    assert_eq!(made(&module, Collection::ProjectTriggers), ["Back up at night"]);
}

/// For every project of a space: what it refers to is made by one of the modules, or known to be looked up.
#[test]
fn a_project_and_the_space_that_it_needs_stand_alone() {
    for name in ["shop", "small-web", "infrastructure", "operations"] {
        let whole = space(name, "");
        for wanted in inventory(name).all(Collection::Projects).map(|project| project.name().to_owned()) {
            let line = format!("--only projects:{}", wanted.replace(' ', "_"));
            let modules = all(name, &line);
            assert!(modules.projects.contains_key(&wanted), "{name} {wanted}");
            assert!(modules.space.manifest.makes.len() < whole.manifest.makes.len(), "{name} {wanted}");
            let makers = std::iter::once(&modules.space).chain(modules.projects.values());
            let makes: BTreeSet<(Collection, String)> = makers
                .flat_map(|module| &module.manifest.makes)
                .map(|made| (made.target.collection, made.target.key.last().cloned().unwrap_or_default()))
                .collect();
            for (module, lookups) in std::iter::once((&"space".to_owned(), &modules.space))
                .chain(&modules.projects)
                .map(|(name, module)| (name.clone(), names_looked_up(module)))
            {
                for (noun, thing) in lookups {
                    let collection = crate::kinds::SPACE
                        .iter()
                        .chain(crate::kinds::PROJECT)
                        .find(|kind| kind.lookup.map_or(kind.noun, |lookup| lookup.noun) == noun)
                        .map(|kind| kind.collection)
                        .expect("a kind");
                    let by_finish = modules.space.manifest.finish.iter().any(|step| {
                        matches!(step, module::manifest::FinishStep::Document { target, .. } | module::manifest::FinishStep::DocumentBefore { target, .. }
                            if target.collection == collection && target.key.last() == Some(&thing))
                    });
                    assert!(
                        by_finish || makes.contains(&(collection, thing.clone())),
                        "{name}: {module} of {wanted} looks up the {noun} {thing:?}, which nobody makes"
                    );
                }
            }
            assert!(
                notes(&modules.space, "looked-up").is_empty(),
                "{name} {wanted}: {:?}",
                notes(&modules.space, "looked-up")
            );
            let again = all(name, &line);
            assert_eq!(again.space.all_files(), modules.space.all_files());
            for (name, module) in &again.projects {
                assert_eq!(module.all_files(), modules.projects[name].all_files());
            }
            // A project with all that belongs to it is the same whatever else is selected, but for the word about that.
            let everything = all(name, "");
            let files = |module: &Module| {
                let mut files = module.files.clone();
                files.remove("README.md");
                files
            };
            assert_eq!(
                files(&modules.projects[&wanted]),
                files(&everything.projects[&wanted]),
                "{name} {wanted}"
            );
            assert!(modules.selection.is_part());
        }
    }
}

#[test]
fn a_project_that_is_deployed_by_another_comes_with_it() {
    let modules = all("shop", "--only projects:Whole_Shop_Release");
    assert!(modules.projects.len() > 1, "{:?}", modules.projects.keys());
    let needed: Vec<String> = modules.selection.needed().into_iter().map(|needed| needed.what).collect();
    assert!(needed.iter().any(|what| what.starts_with("project ")), "{needed:?}");
    let notes = notes(&modules.space, "not-selected");
    assert!(notes.iter().any(|text| text.contains(" of 6 projects ")), "{notes:?}");
}

#[test]
fn only_the_projects_that_have_it_come_with_a_runbook() {
    let modules = all("shop", "--only runbooks:*/Refund_an_order");
    assert_eq!(modules.projects.len(), 1);
    let module = modules.projects.values().next().expect("a module");
    assert!(!made(module, Collection::Runbooks).is_empty());
    assert_eq!(made(module, Collection::ProjectTriggers), [""; 0]);
}

#[test]
fn tenants_that_are_left_out_are_not_linked() {
    let whole = all("shop", "");
    let modules = all("shop", "--exclude-except tenants:Prairie_Glow");
    let links = |modules: &Modules| -> usize {
        modules
            .projects
            .values()
            .map(|module| text(module, "tenants.tf").matches("\"octopusdeploy_tenant_project\"").count())
            .sum()
    };
    assert!(links(&modules) >= 1 && links(&modules) < links(&whole));
    for module in modules.projects.values() {
        let values = module.manifest.finish.iter().filter_map(|step| match step {
            module::manifest::FinishStep::TenantValue { tenant, .. } => Some(tenant.as_str()),
            _ => None,
        });
        assert!(values.collect::<BTreeSet<_>>().iter().all(|tenant| *tenant == "Prairie Glow"));
    }
}

#[test]
fn variables_can_be_left_out_by_name() {
    let before = project("small-web", "Letterbox Web", "");
    let source = inventory("small-web");
    let set = source.get(Collection::Variables, "variableset-Projects-1").expect("the set");
    let name = set.list("Variables")[0]["Name"].as_str().expect("a name").to_owned();
    let module = project("small-web", "Letterbox Web", &format!("--exclude variables:{name}"));
    let quoted = format!("= {name:?}\n");
    assert!(text(&before, "project_variables.tf").contains(&quoted));
    assert!(!text(&module, "project_variables.tf").contains(&quoted));
    assert!(
        notes(&module, "not-selected")
            .iter()
            .any(|note| note.contains(&format!("--exclude variables:{name}")))
    );
}

#[test]
fn an_environment_with_another_name_is_looked_up_by_it() {
    let modules = all("small-web", "--rename environments:Production=Live");
    assert_eq!(made(&modules.space, Collection::Environments), ["Development", "Live", "Test"]);
    let project = &modules.projects["Letterbox Web"];
    assert!(
        text(project, "lookups.tf").contains("\"Live\"")
            && !text(project, "lookups.tf").contains("\"Production\"")
    );
    let note = modules.space.manifest.notes.iter().find(|note| note.code == "renamed").expect("a note");
    assert_eq!((note.field(), note.needs_person()), ("Name", false));
    assert_eq!(modules.space.manifest.part.renamed, ["environments:Production=Live"]);
    assert!(!project.manifest.notes.iter().any(|note| note.code == "renamed"));
    // The slug was made of the name, and is made of the new one.
    let slugs = modules.space.manifest.finish.iter().filter(|step| {
        serde_json::to_string(step).is_ok_and(|step| step.contains("Live") && step.contains("Slug"))
    });
    assert_eq!(slugs.count(), 0);
}

#[test]
fn a_set_and_a_tag_have_new_names_wherever_they_are_named() {
    let line = "--rename tag_sets:Region=Area --rename tags:Area/EU=Area/Europe";
    let modules = all("shop", line);
    let tags = text(&modules.space, "tag_sets.tf");
    assert!(tags.contains("\"Area\"") && tags.contains("\"Europe\"") && !tags.contains("\"Region\""));
    for module in std::iter::once(&modules.space).chain(modules.projects.values()) {
        for (file, content) in &module.files {
            let content = String::from_utf8_lossy(content);
            assert!(file.ends_with(".md") || !content.contains("\"Region/"), "{file}: {content}");
        }
        let mut manifest = module.manifest.clone();
        manifest.notes.retain(|note| note.code != "renamed");
        manifest.part = Default::default();
        assert!(!serde_json::to_string(&manifest).expect("JSON").contains("Region/"));
    }
}

#[test]
fn a_set_of_free_texts_takes_them_to_its_new_name() {
    let mut inventory = inventory("operations");
    let tenant = inventory.get_mut(Collection::Tenants, "Tenants-1").expect("the tenant");
    tenant.fields_mut().insert("TenantTags".to_owned(), serde_json::json!(["Remark/in any words"]));
    let (selection, inventory) =
        selected("--rename tag_sets:Remark=Word", inventory, Whole::Space).expect("the options fit");
    let space = modules::space(&inventory, &selection, &SecretSources::default()).expect("a module");
    assert!(text(&space, "tenants.tf").contains("\"${octopusdeploy_tag_set.word.name}/in any words\""));
}

#[test]
fn projects_and_what_belongs_to_them_have_new_names_too() {
    let line =
        "--rename projects:Letterbox_Web=Web --rename runbooks:Letterbox_Web/Back_up_the_database=Save_it";
    let inventory = inventory("small-web");
    let failure = selected(line, inventory.clone(), Whole::All)
        .map(|_| ())
        .expect_err("the project has its new name already");
    assert!(failure.message.contains("nothing has the old name"), "{failure}");
    let line =
        "--rename runbooks:Letterbox_Web/Back_up_the_database=Save_it --rename projects:Letterbox_Web=Web";
    let modules = all("small-web", line);
    let project = &modules.projects["Web"];
    assert_eq!(made(project, Collection::Runbooks), ["Save it"]);
    let publish = serde_json::to_string(&project.manifest.finish).expect("JSON");
    assert!(!publish.contains("Letterbox Web"), "{publish}");
}

#[test]
fn two_things_never_get_one_name() {
    let both = mistake("small-web", "--rename environments:Production=test", Whole::Space);
    assert!(both.contains("would have one name"), "{both}");
    let swapped = "--rename environments:Production=Middle --rename environments:Test=Production --rename environments:Middle=Test";
    assert_eq!(
        made(&space("small-web", swapped), Collection::Environments),
        ["Development", "Production", "Test"]
    );
    mistake("small-web", "--rename environments:Produktion=Live", Whole::Space);
    mistake("small-web", "--rename environments:Production", Whole::Space);
    mistake("small-web", "--rename steps:A=B", Whole::Space);
    mistake("shop", "--rename tags:Region/EU=Area/EU", Whole::Space);
}

#[test]
fn runs_of_the_source_go_by_the_names_of_the_source() {
    let modules = all("shop", "--rename tenants:Prairie_Glow=Glow --rename environments:Production_(US)=US");
    let mut found = 0;
    for module in modules.projects.values() {
        for secret in &module.manifest.secrets {
            if let module::manifest::SecretOrigin::Tenant { tenant, environments, .. } = &secret.from {
                assert!(tenant != "Glow" && !environments.iter().any(|name| name == "US"));
                found += usize::from(
                    tenant == "Prairie Glow" && environments.iter().any(|name| name == "Production (US)"),
                );
            }
        }
        let finish = serde_json::to_string(&module.manifest.finish).expect("JSON");
        assert!(!finish.contains("Prairie Glow") && !finish.contains("Production (US)"), "{finish}");
    }
    assert!(found > 0);
}

#[test]
fn what_goes_with_a_step_or_channel_is_that_and_no_more() {
    // "Copy the theme" is for the channel "Preview" alone.
    let before = &all("shop", "").projects["Storefront Web"];
    let after =
        &all("shop", "--exclude steps:Buy_a_candle --exclude channels:Preview").projects["Storefront Web"];
    let process = text(after, "deployment_process.tf");
    for (step, stays) in [
        ("Buy a candle", false),
        ("Copy the theme", false),
        ("Unpack the site", true),
        ("Tell operations", true),
    ] {
        let quoted = format!("= {step:?}");
        assert!(text(before, "deployment_process.tf").contains(&quoted), "{step}");
        assert_eq!(process.contains(&quoted), stays, "{step}: {process}");
    }
    assert!(!made(after, Collection::Channels).contains(&"Preview".to_owned()));
    for (file, content) in after.files.iter().filter(|(file, _)| file.ends_with(".tf")) {
        let content = String::from_utf8_lossy(content);
        assert!(!content.contains("buy_a_candle") && !content.contains("Buy a candle"), "{file}: {content}");
    }
    assert!(notes(after, "dangling").is_empty(), "{:?}", notes(after, "dangling"));
    let variables = |module: &Module| text(module, "project_variables.tf").matches("resource \"").count();
    assert!(variables(after) < variables(before) && variables(after) > 0);
}

#[test]
fn a_runbooks_own_module_holds_the_runbook_alone() {
    for name in ["shop", "small-web", "operations"] {
        let inventory = inventory(name);
        let sources = SecretSources::default();
        for runbook in inventory.all(Collection::Runbooks) {
            let module = modules::runbook(&inventory, runbook.id(), &Selection::default(), &sources)
                .expect("a module");
            assert_eq!(made(&module, Collection::Runbooks), [runbook.name()], "{name}");
            let own = [Collection::Runbooks, Collection::RunbookProcesses];
            assert!(
                module.manifest.makes.iter().all(|made| own.contains(&made.target.collection)
                    && made.target.key.last().is_some_and(|last| last == runbook.name())),
                "{name} {:?}",
                module.manifest.makes
            );
            let project = inventory
                .get(Collection::Projects, runbook.text("ProjectId").expect("a project"))
                .expect("it");
            assert!(module.lookups.contains(&("project", project.name().to_owned())));
            assert_eq!(module.manifest.after, [project.name()]);
            for file in module.files.keys().filter(|file| file.ends_with(".tf")) {
                let known = ["lookups.tf", "variables.tf", "versions.tf"];
                assert!(known.contains(&file.as_str()) || file.starts_with("runbook_"), "{file}");
            }
            let process =
                inventory.get(Collection::RunbookProcesses, &format!("RunbookProcess-{}", runbook.id()));
            if process.is_some_and(|process| !process.list("Steps").is_empty()) {
                let text: String = module
                    .files
                    .keys()
                    .filter(|file| file.starts_with("runbook_"))
                    .map(|file| text(&module, file))
                    .collect();
                assert!(text.contains("octopusdeploy_process\""), "{text}");
                assert!(text.contains("local.projects["), "{text}");
            }
            assert!(
                matches!(&module.manifest.scope, Scope::Runbook { project_id, .. } if project_id == project.id())
            );
        }
    }
}

#[test]
fn a_thing_of_the_destination_takes_the_place_of_one_or_of_several() {
    let line = "--map environments:Test=Staging --map environments:Development=Staging --map worker_pools:Office_workers=Hosted_Ubuntu";
    let modules = all("small-web", line);
    assert_eq!(made(&modules.space, Collection::Environments), ["Production"]);
    assert!(!made(&modules.space, Collection::WorkerPools).contains(&"Office workers".to_owned()));
    let everywhere = std::iter::once(&modules.space).chain(modules.projects.values());
    let names: BTreeSet<(String, String)> = everywhere.clone().flat_map(names_looked_up).collect();
    assert!(names.contains(&("environment".to_owned(), "Staging".to_owned())), "{names:?}");
    assert!(
        !names.iter().any(|(_, name)| ["Test", "Development", "Office workers"].contains(&name.as_str()))
    );
    let mapped: Vec<&str> = modules.selection.mapped().map(|renamed| renamed.new.as_str()).collect();
    assert_eq!(mapped, ["Staging", "Staging", "Hosted Ubuntu"]);
    // For a comparison they are called as at the destination.
    assert_eq!(modules.space.manifest.part.renamed[0], "environments:Test=Staging");

    let unknown = mistake("small-web", "--map environments:Produktion=Live", Whole::All);
    assert!(unknown.contains("nothing has the old name") && unknown.contains("\"Production\""), "{unknown}");
    // What is made under that name would be in the way of it.
    let both = mistake("small-web", "--map environments:Test=production", Whole::All);
    assert!(both.contains("would have one name"), "{both}");
    selected(
        "--map environments:Test=Production --lookup environments:Production",
        inventory("small-web"),
        Whole::All,
    )
    .expect("both are the destination's");
    mistake("small-web", "--map tags:Region/EU=Region/Europe", Whole::Space);
    mistake("small-web", "--map runbooks:A=B", Whole::Space);
}
