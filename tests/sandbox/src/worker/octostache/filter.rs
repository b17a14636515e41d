//! The filters of expressions: `#{Name | ToLower}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The value through a filter; nothing for a filter that does not exist or arguments that do not fit, which
/// leaves the whole token in the text.
pub(super) fn apply(name: &str, value: &str, arguments: &[String]) -> Option<String> {
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    let number = |index: usize| argument(index).and_then(|text| text.parse::<usize>().ok());
    let yes_no = |holds: bool| if holds { "true" } else { "false" }.to_owned();
    Some(match name.to_lowercase().as_str() {
        "tolower" => value.to_lowercase(),
        "toupper" => value.to_uppercase(),
        "trim" => match argument(0).map(str::to_lowercase).as_deref() {
            None => value.trim(),
            Some("start") => value.trim_start(),
            Some("end") => value.trim_end(),
            Some(_) => return None,
        }
        .to_owned(),
        "append" => format!("{value}{}", arguments.concat()),
        "prepend" => format!("{}{value}", arguments.concat()),
        "truncate" => {
            let length = number(0)?;
            if value.chars().count() <= length {
                value.to_owned()
            } else {
                format!("{}...", value.chars().take(length).collect::<String>())
            }
        }
        "substring" => {
            let (start, length) = match arguments.len() {
                1 => (0, number(0)?),
                2 => (number(0)?, number(1)?),
                _ => return None,
            };
            if start + length > value.chars().count() {
                return None;
            }
            value.chars().skip(start).take(length).collect()
        }
        "replace" => {
            let pattern = regex::Regex::new(argument(0)?).ok()?;
            pattern.replace_all(value, argument(1).unwrap_or_default()).into_owned()
        }
        "match" => yes_no(regex::Regex::new(argument(0)?).ok()?.is_match(value)),
        "startswith" => yes_no(value.starts_with(argument(0)?)),
        "endswith" => yes_no(value.ends_with(argument(0)?)),
        "contains" => yes_no(value.contains(argument(0)?)),
        "tobase64" => BASE64.encode(value),
        "frombase64" => String::from_utf8(BASE64.decode(value).ok()?).ok()?,
        "jsonescape" => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        "htmlescape" => {
            escape(value, &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")])
        }
        "xmlescape" => {
            escape(value, &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&apos;")])
        }
        "yamlsinglequoteescape" => value.replace('\'', "''"),
        "yamldoublequoteescape" => {
            escape(value, &[("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")])
        }
        "uriescape" => percent_encode(value, "-_.~!*'();:@&=+$,/?#[]%"),
        "uridataescape" => percent_encode(value, "-_.~"),
        "sha1" | "sha256" => digest(&name.to_lowercase(), value)?,
        _ => return None,
    })
}

fn escape(value: &str, replacements: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for character in value.chars() {
        let text = character.to_string();
        out.push_str(replacements.iter().find(|(from, _)| *from == text).map_or(&text, |(_, to)| to));
    }
    out
}

fn percent_encode(value: &str, kept: &str) -> String {
    let mut out = String::new();
    for character in value.chars() {
        if character.is_ascii_alphanumeric() || kept.contains(character) {
            out.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    out
}

fn digest(name: &str, value: &str) -> Option<String> {
    use sha1::Digest as _;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match name {
        "sha1" => Some(hex(&sha1::Sha1::digest(value))),
        "sha256" => Some(hex(&sha2::Sha256::digest(value))),
        _ => None,
    }
}
