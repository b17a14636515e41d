//! The tree as text, byte for byte as `terraform fmt` would leave it.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Attribute, Block, Expr, Item};

/// A list that would be wider than this is written with one element in a line.
const LIST_WIDTH: usize = 90;

/// Prints a file.
#[must_use]
pub fn print(items: &[Item]) -> String {
    let mut out = String::new();
    for item in items {
        if !out.is_empty() {
            out.push('\n');
        }
        match item {
            Item::Comment(text) => comment(text, 0, &mut out),
            Item::Block(block) => print_block(block, 0, &mut out),
        }
    }
    out
}

fn indentation(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// Any character that could end the comment or confuse its reader is replaced by a blank.
fn comment(text: &str, depth: usize, out: &mut String) {
    for line in text.split('\n') {
        indentation(depth, out);
        let line: String =
            line.chars().map(|letter| if must_be_escaped(letter) { ' ' } else { letter }).collect();
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
}

fn print_block(block: &Block, depth: usize, out: &mut String) {
    if let Some(text) = &block.comment {
        comment(text, depth, out);
    }
    indentation(depth, out);
    out.push_str(&block.kind);
    for label in &block.labels {
        out.push(' ');
        out.push_str(&quoted(label));
    }
    let depends_on = (!block.depends_on.is_empty()).then(|| Attribute {
        name: "depends_on".to_owned(),
        value: Expr::List(block.depends_on.clone()),
        comment: None,
    });
    if block.attributes.is_empty() && block.blocks.is_empty() && depends_on.is_none() {
        out.push_str(" {}\n");
        return;
    }
    out.push_str(" {\n");
    let start = out.len();
    let rows = block.attributes.iter().map(|attribute| Row::of(attribute, depth + 1)).collect();
    print_rows(rows, depth + 1, start, out);
    for inner in &block.blocks {
        blank_line(start, out);
        print_block(inner, depth + 1, out);
    }
    if let Some(attribute) = &depends_on {
        blank_line(start, out);
        print_rows(vec![Row::of(attribute, depth + 1)], depth + 1, out.len(), out);
    }
    indentation(depth, out);
    out.push_str("}\n");
}

/// A blank line between two things of a body that begins at `start`.
fn blank_line(start: usize, out: &mut String) {
    if out.len() > start {
        out.push('\n');
    }
}

/// One `key = value`, printed but not yet aligned.
struct Row {
    key: String,
    value: String,
    comment: Option<String>,
}

impl Row {
    fn of(attribute: &Attribute, depth: usize) -> Self {
        Self {
            key: attribute.name.clone(),
            value: expression(&attribute.value, depth),
            comment: attribute.comment.clone(),
        }
    }
}

/// Prints the rows of one line each, aligned, then the longer ones, each as a paragraph of its own.
fn print_rows(rows: Vec<Row>, depth: usize, start: usize, out: &mut String) {
    let (short, long): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| !row.value.contains('\n'));
    let key_width = short.iter().map(|row| width(&row.key)).max().unwrap_or(0);
    let mut comment_column = 0;
    for (index, row) in short.iter().enumerate() {
        indentation(depth, out);
        out.push_str(&row.key);
        pad(key_width - width(&row.key), out);
        out.push_str(" = ");
        out.push_str(&row.value);
        if let Some(text) = &row.comment {
            // Comments are aligned within an unbroken run of lines that have one.
            if index == 0 || short[index - 1].comment.is_none() {
                comment_column = short[index..]
                    .iter()
                    .take_while(|row| row.comment.is_some())
                    .map(|row| width(&row.value))
                    .max()
                    .unwrap_or(0);
            }
            pad(comment_column - width(&row.value), out);
            out.push_str(" # ");
            out.push_str(text);
        }
        out.push('\n');
    }
    for row in &long {
        blank_line(start, out);
        indentation(depth, out);
        out.push_str(&row.key);
        out.push_str(" = ");
        out.push_str(&row.value);
        out.push('\n');
    }
}

fn pad(count: usize, out: &mut String) {
    for _ in 0..count {
        out.push(' ');
    }
}

/// The width that `terraform fmt` counts: grapheme clusters of each token; a quote is a token of its own.
fn width(text: &str) -> usize {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => 2 + inner.graphemes(true).count(),
        None => text.graphemes(true).count(),
    }
}

/// Prints an expression; `depth` is that of the line it begins in.
fn expression(value: &Expr, depth: usize) -> String {
    match value {
        Expr::Null => "null".to_owned(),
        Expr::Bool(value) => value.to_string(),
        Expr::Number(text) | Expr::Code(text) => text.clone(),
        Expr::Text(text) => quoted(text),
        Expr::Template(parts) => {
            let mut out = String::from("\"");
            for part in parts {
                match part {
                    Expr::Text(text) => escape(text, &mut out),
                    other => {
                        out.push_str("${");
                        out.push_str(&expression(other, depth));
                        out.push('}');
                    }
                }
            }
            out.push('"');
            out
        }
        Expr::List(items) => list(items, depth),
        Expr::Object(pairs) => {
            object(pairs, depth, |key| if is_identifier(key) { key.to_owned() } else { quoted(key) })
        }
        Expr::Map(pairs) => object(pairs, depth, quoted),
        Expr::Reference(path) => path.join("."),
        Expr::Index(base, key) => format!("{}[{}]", expression(base, depth), expression(key, depth)),
        Expr::Attribute(base, name) => format!("{}.{name}", expression(base, depth)),
        Expr::Call(name, arguments) => {
            let arguments: Vec<String> =
                arguments.iter().map(|argument| expression(argument, depth)).collect();
            format!("{name}({})", arguments.join(", "))
        }
        Expr::Not(inner) => format!("!{}", expression(inner, depth)),
    }
}

fn list(items: &[Expr], depth: usize) -> String {
    let flat: Vec<String> = items.iter().map(|item| expression(item, depth + 1)).collect();
    let one_line = format!("[{}]", flat.join(", "));
    if !one_line.contains('\n') && (width(&one_line) <= LIST_WIDTH || items.len() == 1) {
        return one_line;
    }
    let mut out = String::from("[\n");
    for item in &flat {
        indentation(depth + 1, &mut out);
        out.push_str(item);
        out.push_str(",\n");
    }
    indentation(depth, &mut out);
    out.push(']');
    out
}

fn object(pairs: &[(String, Expr)], depth: usize, key: impl Fn(&str) -> String) -> String {
    if pairs.is_empty() {
        return "{}".to_owned();
    }
    let rows = pairs
        .iter()
        .map(|(name, value)| Row { key: key(name), value: expression(value, depth + 1), comment: None })
        .collect();
    let mut out = String::from("{\n");
    let start = out.len();
    print_rows(rows, depth + 1, start, &mut out);
    indentation(depth, &mut out);
    out.push('}');
    out
}

/// Whether a key can stand without quotes. Words that begin an expression must not.
fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
        && !matches!(text, "for" | "null" | "true" | "false")
}

/// A text in quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    escape(text, &mut out);
    out.push('"');
    out
}

/// Escapes text for the inside of quotes. `$` and `%` are doubled only directly before `{`, as HCL reads them: the value
/// `$${x}` is written `$$${x}`.
fn escape(text: &str, out: &mut String) {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                out.push(letter);
                out.push(letter);
            }
            letter if must_be_escaped(letter) => {
                let code = u32::from(letter);
                if code <= 0xffff {
                    out.push_str(&format!("\\u{code:04X}"));
                } else {
                    out.push_str(&format!("\\U{code:08X}"));
                }
            }
            letter => out.push(letter),
        }
    }
}

/// Characters that can't be seen, or that make a line look different from what it is: control characters, byte order
/// marks, line and paragraph separators, zero-width characters and those that turn the direction of text.
fn must_be_escaped(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}')
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_block_is_printed_as_terraform_fmt_would() {
        let mut block = Block::resource("octopusdeploy_lifecycle", "default");
        block.comment = Some("The usual way.".to_owned());
        block.set("name", "Default \"x\" ${a} $${b} %{c} 100% #{d}\r\n");
        block.set("phase_with_a_long_name", Expr::List(vec![Expr::reference("a.b.id")]));
        block.set(
            "environments",
            Expr::List(vec![
                Expr::reference("octopusdeploy_environment.production_one.id"),
                Expr::reference("octopusdeploy_environment.production_two.id"),
                Expr::reference("octopusdeploy_environment.production_three.id"),
            ]),
        );
        block.set("flag", Expr::Not(Box::new(Expr::reference("var.enable_triggers"))));
        block.set(
            "properties",
            Expr::Map(vec![
                ("Octopus.Action.RunOnServer".to_owned(), Expr::text("true")),
                ("Body".to_owned(), Expr::file("scripts/a.sh")),
                (
                    "nested".to_owned(),
                    Expr::Object(vec![("odd key".to_owned(), true.into()), ("id".to_owned(), Expr::Null)]),
                ),
            ]),
        );
        block.blocks.push(Block::new("connectivity_policy", &[]));
        block.depends_on.push(Expr::reference("octopusdeploy_tag.a"));
        let printed = print(&[Item::Comment("First.\nSecond.".to_owned()), Item::Block(block)]);
        expect![[r##"
            # First.
            # Second.

            # The usual way.
            resource "octopusdeploy_lifecycle" "default" {
              name                   = "Default \"x\" $${a} $$${b} %%{c} 100% #{d}\r\n"
              phase_with_a_long_name = [a.b.id]
              flag                   = !var.enable_triggers

              environments = [
                octopusdeploy_environment.production_one.id,
                octopusdeploy_environment.production_two.id,
                octopusdeploy_environment.production_three.id,
              ]

              properties = {
                "Octopus.Action.RunOnServer" = "true"
                "Body"                       = file("${path.module}/scripts/a.sh")

                "nested" = {
                  "odd key" = true
                  id        = null
                }
              }

              connectivity_policy {}

              depends_on = [octopusdeploy_tag.a]
            }
        "##]]
        .assert_eq(&printed);
    }

    #[test]
    fn comments_behind_values_are_aligned_in_unbroken_runs() {
        let mut block = Block::new("x", &[]);
        for (name, value, comment) in
            [("a", 60, Some("one")), ("b", 5, None), ("c", 1, Some("two")), ("d", 300, Some("three"))]
        {
            block.attributes.push(Attribute {
                name: name.to_owned(),
                value: Expr::number(value),
                comment: comment.map(str::to_owned),
            });
        }
        expect![[r#"
            x {
              a = 60 # one
              b = 5
              c = 1   # two
              d = 300 # three
            }
        "#]]
        .assert_eq(&print(&[Item::Block(block)]));
    }

    #[test]
    fn invisible_characters_are_written_as_escapes() {
        assert_eq!(
            quoted("\u{0}\u{7f}\u{feff}\u{2028}\u{202e}é😀"),
            "\"\\u0000\\u007F\\uFEFF\\u2028\\u202Eé😀\""
        );
    }

    #[test]
    fn widths_are_counted_in_grapheme_clusters() {
        assert_eq!(width("\"e\u{301}👩‍👩‍👧\""), 4);
    }

    /// What HCL makes of a quoted text, after its specification (§ Template Literals).
    fn unquoted(text: &str) -> String {
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("quotes");
        let letters: Vec<char> = inner.chars().collect();
        let mut out = String::new();
        let mut at = 0;
        while at < letters.len() {
            let code = |digits: usize| {
                let text: String = letters[at + 2..at + 2 + digits].iter().collect();
                u32::from_str_radix(&text, 16).ok().and_then(char::from_u32).expect("a character")
            };
            match (letters[at], letters.get(at + 1)) {
                ('\\', Some('n')) => (out.push('\n'), at += 2).1,
                ('\\', Some('r')) => (out.push('\r'), at += 2).1,
                ('\\', Some('t')) => (out.push('\t'), at += 2).1,
                ('\\', Some('u')) => (out.push(code(4)), at += 6).1,
                ('\\', Some('U')) => (out.push(code(8)), at += 10).1,
                ('\\', Some(letter)) => (out.push(*letter), at += 2).1,
                (sign @ ('$' | '%'), Some(next)) if *next == sign && letters.get(at + 2) == Some(&'{') => {
                    out.push(sign);
                    out.push('{');
                    at += 3;
                }
                ('$' | '%', Some('{')) => panic!("an interpolation in {inner}"),
                (letter, _) => (out.push(letter), at += 1).1,
            }
        }
        out
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(text in r#"([${}%"\\nrt#]|\PC|[\x00-\x1f])*"#) {
            let quoted = quoted(&text);
            proptest::prop_assert!(!quoted.contains('\n'));
            proptest::prop_assert_eq!(unquoted(&quoted), text);
        }
    }
}
