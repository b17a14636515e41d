//! The rooms of `src/`, drawn from imports: arrows go down the table of ARCHITECTURE.md, so no circle ties two rooms; and a command calls no
//! other command. What a file takes by its full path counts as an import. Tests inside `src/` may look wherever they like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A source file: its path from the top (`src/ui.rs`) and its text.
type Source = (String, String);

/// One use of another room.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    file: String,
    /// Where the path leads, as a path of the repository without ending: `src/ui`.
    to: String,
}

/// Rooms from top to bottom, as the first column of the table has them: `src/commands/`, `src/ui.rs`.
fn rooms(architecture: &str) -> Vec<String> {
    let table = architecture.split("## The rooms").nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows = table.expect("the table of rooms").lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|line| line.split('|').nth(1));
    let rooms = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned);
    rooms.filter(|room| room.starts_with("src/")).collect()
}

/// Name in code → folder: `octoferry_core` → `src/core`. The binary's own rooms lie directly in `src`.
fn crates(manifest: &str) -> BTreeMap<String, String> {
    let members = manifest.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" = {")?;
        let path = rest.split("path = \"").nth(1)?.split('"').next()?;
        path.starts_with("src/").then(|| (name.replace('-', "_"), path.to_owned()))
    });
    members.collect()
}

/// Text without comments and without what only tests see.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Files of modules that only tests see.
fn only_for_tests(sources: &[Source]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (file, text) in sources {
        let folder = inside(file);
        for after in text.split("#[cfg(test)]\n").skip(1) {
            let line = after.lines().next().unwrap_or_default();
            if let Some(name) = line.rsplit("mod ").next().and_then(|name| name.strip_suffix(';')) {
                found.insert(format!("{folder}/{name}.rs"));
            }
        }
    }
    found
}

/// The folder in which a file's own modules lie: of `src/ui.rs` it is `src/ui`, of `src/seeded/mod.rs` `src/seeded`.
fn inside(file: &str) -> String {
    let stem = file.trim_end_matches(".rs");
    let stem = ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    stem.to_owned()
}

/// The names that follow a path: one, or those of a group.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut depth = 1;
    let mut heads = vec![word(group)];
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => heads.push(word(&group[place + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

fn arrows((file, text): &Source, crates: &BTreeMap<String, String>) -> Vec<Arrow> {
    let code = code(text);
    let home = crates.values().find(|folder| file.starts_with(&format!("{folder}/")));
    let home = home.map_or("src", String::as_str);
    let mut starts = vec![("crate".to_owned(), home.to_owned())];
    starts.extend(crates.iter().map(|(name, folder)| (name.clone(), folder.clone())));
    let mut above = inside(file);
    for steps in 1.. {
        let Some((parent, _)) = above.rsplit_once('/') else { break };
        above = parent.to_owned();
        starts.push(("super::".repeat(steps).trim_end_matches("::").to_owned(), above.clone()));
    }
    let mut found = Vec::new();
    for (name, folder) in starts {
        let pattern = format!("{name}::");
        for (place, _) in code.match_indices(&pattern) {
            let before = code[..place].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || matches!(before, '_' | ':') {
                continue;
            }
            let heads = heads(&code[place + pattern.len()..]).into_iter();
            let names = heads.filter(|head| !head.is_empty() && head != "super" && head != "self");
            found.extend(names.map(|head| Arrow { file: file.clone(), to: format!("{folder}/{head}") }));
        }
    }
    found
}

/// The room of a file or of a path that leads to one; the innermost, where rooms lie in each other. A name of the crate's own root is in the
/// crate's room, or in none.
fn room_of(rooms: &[String], path: &str) -> Option<usize> {
    let path = path.trim_end_matches(".rs");
    let is_in = |room: &&String| {
        let room = room.trim_end_matches('/').trim_end_matches(".rs");
        path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'))
    };
    let room = rooms.iter().filter(is_in).max_by_key(|room| room.len())?;
    rooms.iter().position(|other| other == room)
}

/// What is wrong with a house.
fn problems(rooms: &[String], crates: &BTreeMap<String, String>, sources: &[Source]) -> Vec<String> {
    let for_tests = only_for_tests(sources);
    let mut problems = BTreeSet::new();
    for source in sources.iter().filter(|(file, _)| !for_tests.contains(file)) {
        let file = &source.0;
        let is_root = ["src/lib.rs", "src/main.rs"].contains(&file.as_str())
            || crates.values().any(|folder| *file == format!("{folder}/lib.rs"));
        let Some(room) = room_of(rooms, file) else {
            if !is_root {
                problems.insert(format!("{file} is in no room of the table"));
            }
            continue;
        };
        for Arrow { to, .. } in arrows(source, crates) {
            if room_of(rooms, &to).is_some_and(|other| other < room) {
                problems.insert(format!("{file} takes something from {to}, which stands above it"));
            }
            let command = |path: &str| path.strip_prefix("src/commands/").map(inside_command);
            if let (Some(own), Some(other)) = (command(file), command(&to))
                && own != "mod"
                && own != other
            {
                problems.insert(format!("the command {own} takes something from the command {other}"));
            }
        }
    }
    problems.into_iter().collect()
}

fn inside_command(path: &str) -> String {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

fn read(folder: &Path, top: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            read(&entry, top, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let path = entry.strip_prefix(top).expect("below the top").to_string_lossy().into_owned();
            found.push((path, fs::read_to_string(&entry).expect("a source")));
        }
    }
}

#[test]
fn arrows_go_down_the_table_of_rooms() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| fs::read_to_string(top.join(path)).expect("a file of the repository");
    let (rooms, crates) = (rooms(&text("ARCHITECTURE.md")), crates(&text("Cargo.toml")));
    let missing: Vec<&String> = rooms.iter().filter(|room| !top.join(room).exists()).collect();
    assert!(missing.is_empty(), "rooms of the table that are not there: {missing:?}");
    assert_eq!(crates.len(), 8, "{crates:?}");
    let mut sources = Vec::new();
    read(&top.join("src"), top, &mut sources);
    let seen = sources.iter().flat_map(|source| arrows(source, &crates));
    let between = seen.filter(|arrow| room_of(&rooms, &arrow.file) != room_of(&rooms, &arrow.to)).count();
    assert!(between > 500, "only {between} arrows between rooms were seen");
    let problems = problems(&rooms, &crates, &sources);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A made-up house with one room above the other, and a crate below both.
fn problems_of(sources: &[(&str, &str)]) -> Vec<String> {
    let table = "# x\n## The rooms\n\n| room | what |\n| --- | --- |\n| `src/commands/` | a |\n| `src/high/`, `src/low.rs` | b |\n| `src/ground/` (`ground`) | c |\n| `tests/it/` | d |\n\n## Then\n| `src/other/` | e |\n";
    let crates = crates("[workspace.dependencies]\nground = { path = \"src/ground\" }\nserde = \"1\"\n");
    let sources: Vec<Source> =
        sources.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    problems(&rooms(table), &crates, &sources)
}

#[test]
fn an_arrow_upward_is_seen_however_it_is_written() {
    for upward in [
        "use crate::high::Thing;",
        "use crate::{ui::Ui, high::{A, B}};",
        "fn f() { crate::high::f(); }",
        "use super::high;",
        "pub(crate) use super::high::f;",
    ] {
        let found = problems_of(&[("src/low.rs", upward)]);
        assert_eq!(found, ["src/low.rs takes something from src/high, which stands above it"], "{upward}");
    }
    let deep = problems_of(&[("src/ground/deep/hole.rs", "use super::super::super::low;")]);
    assert_eq!(deep, ["src/ground/deep/hole.rs takes something from src/low, which stands above it"]);
}

#[test]
fn arrows_down_and_those_of_tests_are_fine() {
    let found = problems_of(&[
        ("src/lib.rs", "pub mod high;\n#[cfg(test)]\nmod testing;"),
        ("src/testing.rs", "use crate::high;"),
        ("src/high/mod.rs", "use crate::low;\nuse ground::{deep, Thing};\nuse super::low;"),
        ("src/low.rs", "// crate::high\nuse ground::x;\n#[cfg(test)]\nmod tests {\n    use crate::high;\n}"),
        ("src/ground/lib.rs", "pub mod deep;"),
        ("src/ground/deep.rs", "use crate::Thing;\nuse super::Thing;"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_file_without_a_room_and_a_command_of_a_command_are_seen() {
    let found = problems_of(&[
        ("src/attic.rs", ""),
        ("src/commands/mod.rs", "use crate::commands::one;\nuse self::two;"),
        ("src/commands/one.rs", "use super::two::help;"),
        ("src/commands/two.rs", "fn f() { crate::commands::one::run(); }"),
        ("src/commands/two/part.rs", "use super::help;\nuse super::super::one;"),
    ]);
    assert_eq!(
        found,
        [
            "src/attic.rs is in no room of the table",
            "the command one takes something from the command two",
            "the command two takes something from the command one",
        ]
    );
}
