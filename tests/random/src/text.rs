//! Names and texts as people write them, and worse.

/// What names are made of. Several give the same slug or the same label, some give none.
pub(crate) const NAMES: &[&str] = &[
    "Harbour",
    "a b",
    "a-b",
    "A_B",
    "a.b",
    "a  b",
    "Überfahrt",
    "🎈",
    "🚀 🚀",
    "Привет",
    "\"quoted\"",
    "${name}",
    "%{name}",
    "#{Octopus.Name}",
    "x / y",
    "../up",
    "..",
    "null",
    "true",
    "for_each",
    "self",
    "1st",
    "1",
    "it's <b>",
    "[list]",
    "a, b",
    "back\\slash",
    "CON",
    "$${twice}",
    "name: value",
    "*",
    "what?",
    "a=b&c=d",
    "percent %41",
    "plus+plus",
    "e\u{301}tude",
    "non\u{a0}breaking",
    "A name that is so long that whoever reads it has forgotten its beginning when he comes to its end, which is here or perhaps here",
    "trailing ",
    " leading",
    "tab\tin it",
    "Default",
    "default",
    "Everyone",
];

/// One line of text.
pub(crate) const LINES: &[&str] = &[
    "plain",
    "  padded  ",
    "${x}",
    "%{y}",
    "$${z} %%{z}",
    "#{Octopus.Release.Number | ToLower}",
    "\"quoted\" 'twice'",
    "back\\slash \\n",
    "tab\there",
    "Größe ✓ 🎈",
    "null",
    "true",
    "0",
    "007",
    "1e3",
    "[]",
    "{\"a\": \"b\"}",
    "// no comment",
    "# no comment",
    "EOT",
    "<<EOT",
    "~>",
    "=",
    "https://example.invalid/a_(b)?x=1&y=%20",
    "Environments-99999",
    "see Projects-99999, Feeds-99999",
    " ",
    "\u{feff}with a mark",
    "-",
    "*",
    "line\u{2028}separator",
];

/// Several lines, with the ends that editors of three systems write.
pub(crate) const BLOCKS: &[&str] = &[
    "one\ntwo\nthree\n",
    "one\ntwo",
    "one\r\ntwo\r\n",
    "mixed\nends\r\nhere\n",
    "\n",
    "\r\n",
    "\n\n\n",
    "\n leading",
    "EOT\nEOT\n",
    "<<EOT\n${x}\nEOT\n",
    "# Heading\n\n* item `code`\n* **bold** ${not} %{this} #{that}\n",
    "trailing spaces  \nand tabs\t\n",
    "{\n  \"a\": [1, 2],\n  \"b\": \"${c}\"\n}\n",
    "a: 1\n---\nb: |\n  two\n",
    "no newline at the end\r",
    "e\u{301}\nsecond line",
];

/// Bodies of scripts.
pub(crate) const SCRIPTS: &[&str] = &[
    "echo hello",
    "echo hello\n",
    "Write-Host \"$($env:A) `${b}`\"\r\nexit 0\r\n",
    "#!/bin/bash\nset -eu\nfor i in {1..3}; do echo \"${i} %{i} #{i}\"; done\n",
    "",
    "print('''${x}''')\n\n\n",
    "cat <<EOT\n${a}\nEOT\n",
    "EOT",
    "\t\n",
    "let f x = x |> printfn \"%A\" // ${y}\n",
    "if (a && b || !c) { return \"\\\\\"; }\r\n",
    "get_octopusvariable \"Name\" | sed 's/\\(.*\\)/%{1}/'\n",
];

/// Values of variables.
pub(crate) const CONTROLS: &[&str] = &["\u{1}\u{7f}", "bell\u{7}", "\u{0b}", "\t", "\u{200b}"];

/// Roles of targets: no commas, since lists of them are separated by these.
pub(crate) const ROLES: &[&str] =
    &["web", "Web server", "role-\"two\"", "db/primary", "${role}", "k8s", "größe"];

/// Time zones by both names that servers know.
pub(crate) const ZONES: &[&str] = &["UTC", "Europe/Oslo", "W. Europe Standard Time", "Pacific/Auckland"];

/// Durations of less than an hour, of hours, of days, with fractions.
pub(crate) const DURATIONS: &[&str] = &[
    "00:00:01",
    "00:01:00",
    "00:01:30",
    "01:00:00",
    "23:59:59",
    "1.00:00:00",
    "10.12:30:00",
    "00:00:00.2500000",
    "00:01:00.5000000",
    "00:00:00",
];

/// A slug as servers make it: lower case, one hyphen for everything else; `unnamed` when nothing is left.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unnamed".to_owned() } else { slug.to_owned() }
}
