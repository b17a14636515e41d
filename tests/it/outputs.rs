//! What the main commands say on the road of a small space, whole: `tests/it/outputs/*.txt`, with addresses, folders, times and counts of requests
//! redacted. Each line of a difference is a change that users see; `UPDATE_EXPECT=1 cargo test --test it outputs` takes it over.

use std::path::Path;

use expect_test::expect_file;

use crate::journey::Journey;
use crate::support::{Ended, package};

/// Puts `⟨what⟩` in the place of each text that begins so and goes on with letters of this sort.
fn redact(text: &str, begin: &str, goes_on: fn(char) -> bool, what: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        out.push_str(&rest[..at]);
        out.push_str(what);
        rest = rest[at + begin.len()..].trim_start_matches(goes_on);
    }
    out + rest
}

/// Puts `⟨n⟩` in the place of a number before one of these words: what depends on how fast the machine is.
fn redact_counts(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    for at in 1..words.len() {
        let unit = words[at].trim_end_matches([',', '.', ':', ';', ')']);
        let is_number = words[at - 1].chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        if ["s", "ms", "seconds", "minutes", "requests"].contains(&unit)
            && is_number
            && !words[at - 1].is_empty()
        {
            words[at - 1] = "⟨n⟩";
        }
    }
    words.join(" ")
}

fn redacted(journey: &Journey, text: &str) -> String {
    let text = text
        .replace(&journey.source.url(), "⟨source⟩")
        .replace(&journey.destination.url(), "⟨destination⟩")
        .replace(&journey.folder.path().to_string_lossy().into_owned(), "⟨folder⟩")
        .replace(&package().to_string_lossy().into_owned(), "⟨package⟩");
    let text = redact(&text, "--trust ", |letter| letter.is_ascii_hexdigit(), "--trust ⟨thumbprint⟩");
    let text = redact(&text, "sha256:", |letter| letter.is_ascii_hexdigit(), "⟨digest⟩");
    let is_of_id = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    let text = redact(&text, "octoferry-destination-Spaces-2", is_of_id, "⟨account⟩");
    let is_of_time = |letter: char| letter.is_ascii_digit() || "T:.+-".contains(letter);
    let text = redact(&text, "its key ends at ", is_of_time, "its key ends at ⟨time⟩");
    // The rule below a column of times is as wide as the longest.
    let is_rule = |line: &str| line.starts_with('-') && line.chars().all(|letter| "- ".contains(letter));
    let lines = text.lines().map(|line| match line.rsplit_once("  ") {
        Some((before, _)) if is_rule(line) => format!("{before}  ----"),
        _ => redact_counts(line).trim_end().to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

fn shows(journey: &Journey, name: &str, ended: &Ended) {
    let text = format!("{}--- standard error\n{}", ended.stdout, ended.stderr);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/outputs/{name}.txt"));
    expect_file![file].assert_eq(&redacted(journey, &text));
}

#[test]
fn what_the_commands_say_on_the_road_of_a_small_space() {
    let journey = Journey::with("small-web");
    shows(&journey, "check", &journey.run(&["check"]).ends_with(3));
    let state = format!("path={}", journey.path("state"));
    let seed = journey.run(&["seed", "--yes", "--backend", "local", "--backend-config", &state]);
    shows(&journey, "seed", &seed.option("--package", package()).ends_with(0));
    shows(&journey, "spread-plan", &journey.run(&["spread", "--plan"]).ends_with(4));
    shows(&journey, "spread", &journey.spread());
    let migrated = journey.migrate(3);
    // The runs' logs come before the tables.
    let (_, end) = migrated.stderr.split_once("what is left to you").unwrap_or(("", &migrated.stderr));
    let todo = std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    let end = Ended {
        stdout: migrated.stdout.clone(),
        stderr: format!("…what is left to you{end}--- todo.md\n{todo}"),
    };
    shows(&journey, "migrate-end", &end);
    shows(&journey, "verify", &journey.run(&["verify"]).ends_with(0));
    shows(&journey, "collapse", &journey.run(&["collapse", "--yes"]).ends_with(0));
    shows(&journey, "unseed", &journey.run(&["unseed", "--yes"]).ends_with(0));
}
