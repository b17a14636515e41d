//! Masks secrets in text that others write, in every form in which they can stand there.
//!
//! Terraform prints values as HCL, its provider quotes JSON and addresses, and some tools print base64. A text is masked wherever any form
//! of any secret begins in it; overlapping ones are masked as one.

use std::collections::HashMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::Secret;

/// What stands in the place of a secret; as Octopus itself does it.
const MASK: &[u8] = b"********";
/// Shorter forms would mask half of every text.
const SHORTEST: usize = 3;
/// Shorter lines of a multi-line secret (`}`, `END`) are no secret alone.
const SHORTEST_LINE: usize = 6;
/// A piece of base64 that stands for the middle of a secret must be so long to mean something.
const SHORTEST_PIECE: usize = 8;

/// All forms of a set of secrets. Zeroed when dropped.
#[derive(Default)]
pub struct Masker {
    /// Forms by their first bytes.
    forms: HashMap<[u8; SHORTEST], Vec<Zeroizing<Vec<u8>>>>,
}

impl Masker {
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut masker = Self::default();
        for secret in secrets {
            masker.add(secret);
        }
        masker
    }

    /// Masks this secret too from now on.
    pub fn add(&mut self, secret: &Secret) {
        for form in forms(secret.expose()) {
            let Some(start) = form.as_bytes().first_chunk::<SHORTEST>() else { continue };
            let forms = self.forms.entry(*start).or_default();
            if !forms.iter().any(|known| known.as_slice() == form.as_bytes()) {
                forms.push(Zeroizing::new(form.as_bytes().to_vec()));
            }
        }
    }

    /// The text with `********` wherever a secret stands. Give it whole lines: a secret that is cut in two is not found.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.mask_bytes(text.as_bytes())).into_owned()
    }

    /// The same for bytes that need not be text.
    #[must_use]
    pub fn mask_bytes(&self, text: &[u8]) -> Vec<u8> {
        let mut masked = Vec::with_capacity(text.len());
        let mut secret_until = 0;
        for (position, byte) in text.iter().enumerate() {
            if let Some(length) = self.longest_at(&text[position..]) {
                if position >= secret_until {
                    masked.extend_from_slice(MASK);
                }
                secret_until = secret_until.max(position + length);
            }
            if position >= secret_until {
                masked.push(*byte);
            }
        }
        masked
    }

    fn longest_at(&self, text: &[u8]) -> Option<usize> {
        let forms = self.forms.get(text.first_chunk::<SHORTEST>()?)?;
        forms.iter().filter(|form| text.starts_with(form)).map(|form| form.len()).max()
    }
}

/// Every form in which the value, or a line of it, can stand in a text.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = Vec::new();
    let whole =
        [value, value.trim_end_matches(['\r', '\n'])].into_iter().filter(|text| text.len() >= SHORTEST);
    let lines =
        value.lines().map(|line| line.trim_end_matches('\r')).filter(|line| line.len() >= SHORTEST_LINE);
    let indented_lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    for text in whole.chain(lines).chain(indented_lines) {
        let json = json(text, false);
        let (hcl, hcl_with_json) = (hcl(text), hcl(&json));
        forms.extend([
            Zeroizing::new(text.to_owned()),
            Zeroizing::new(go_quoted(text)),
            json_in_go(&json),
            Zeroizing::new(self::json(&json, false)),
            Zeroizing::new(self::json(text, true)),
            Zeroizing::new(json),
            Zeroizing::new(hcl),
            Zeroizing::new(hcl_with_json),
        ]);
        forms.extend(url_forms(text));
        forms.extend(base64_forms(text.as_bytes()));
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// As inside a JSON text; `ascii` writes everything else as `\uXXXX`, as some libraries do.
fn json(text: &str, ascii: bool) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = &quoted[1..quoted.len() - 1];
    if !ascii {
        return inner.to_owned();
    }
    let mut escaped = String::with_capacity(inner.len());
    for letter in inner.chars() {
        if letter.is_ascii() {
            escaped.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Go's JSON also escapes what would be dangerous in HTML, and two line separators.
fn json_in_go(json: &str) -> Zeroizing<String> {
    let pairs = [
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ];
    Zeroizing::new(pairs.iter().fold(json.to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// As inside quotes in HCL, the way Terraform prints plans.
fn hcl(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t");
    escaped.replace("${", "$${").replace("%{", "%%{")
}

/// As Go's `%q` prints it in error messages: backslashes and quotes only.
fn go_quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t")
}

/// Percent-encoded in the ways that differ: which characters stay, the case of the digits, space as `+`.
fn url_forms(text: &str) -> Vec<Zeroizing<String>> {
    let encode = |keep: &[u8], lower: bool, plus: bool| {
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || keep.contains(&byte) {
                encoded.push(byte as char);
            } else if byte == b' ' && plus {
                encoded.push('+');
            } else if lower {
                let _ = write!(encoded, "%{byte:02x}");
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        Zeroizing::new(encoded)
    };
    let strict: &[u8] = b"-._~";
    let mut forms = Vec::new();
    // Query values; a path segment; user information, as Go and browsers write them.
    for keep in [strict, b"-._~$&+:=@", b"-._~$&+,;=", b"-._~!*'()"] {
        for (lower, plus) in [(false, false), (false, true), (true, false), (true, true)] {
            forms.push(encode(keep, lower, plus));
        }
    }
    forms
}

/// Alone, or in the middle of something longer (`user:password` of a header): what of its code doesn't depend on its neighbours.
fn base64_forms(bytes: &[u8]) -> Vec<Zeroizing<String>> {
    let mut forms: Vec<Zeroizing<String>> = [
        STANDARD.encode(bytes),
        URL_SAFE.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
    ]
    .map(Zeroizing::new)
    .into();
    for offset in 0..3_usize {
        let mut shifted = Zeroizing::new(vec![0; offset]);
        shifted.extend_from_slice(bytes);
        for encoded in
            [STANDARD_NO_PAD.encode(&*shifted), URL_SAFE_NO_PAD.encode(&*shifted)].map(Zeroizing::new)
        {
            // Each character stands for six bits: leave out those that share bits with what stands before or behind.
            let first = (offset * 8).div_ceil(6);
            let last = shifted.len() * 8 / 6;
            if last >= first + SHORTEST_PIECE {
                forms.push(Zeroizing::new(encoded[first..last].to_owned()));
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masker(values: &[&str]) -> Masker {
        let secrets: Vec<Secret> = values.iter().map(|value| Secret::new((*value).to_owned())).collect();
        Masker::new(&secrets)
    }

    #[test]
    fn what_is_no_secret_stays() {
        assert_eq!(masker(&["s3cret"]).mask("nothing to see, ünïcode"), "nothing to see, ünïcode");
        assert_eq!(masker(&["", "ab", "\n"]).mask("ab \n cd"), "ab \n cd");
    }

    #[test]
    fn each_line_of_a_key_is_masked() {
        let masker = masker(&["-----BEGIN KEY-----\r\nMIIabcdef\r\n  indented-part\n-----END KEY-----\n"]);
        assert_eq!(masker.mask("+ MIIabcdef"), "+ ********");
        assert_eq!(masker.mask("+ indented-part,"), "+ ********,");
    }

    #[test]
    fn overlapping_secrets_leave_nothing() {
        assert_eq!(masker(&["abcdef", "defghi"]).mask("xabcdefghiy"), "x********y");
        assert_eq!(masker(&["abc", "abcdef"]).mask("abcdef abc"), "******** ********");
    }

    #[test]
    fn encoded_forms_are_masked() {
        let secret = "p\"a\\ss ${x}<&>\tü/+word";
        let masker = masker(&[secret]);
        let basic = STANDARD.encode(format!("someone:{secret}"));
        for text in [
            secret.to_owned(),
            serde_json::Value::from(secret).to_string(),
            serde_json::Value::from(serde_json::Value::from(secret).to_string()).to_string(),
            r#""p\"a\\ss $${x}<&>\tü/+word""#.to_owned(),
            r#""p\"a\\ss ${x}\u003c\u0026\u003e\tü/+word""#.to_owned(),
            "p%22a%5Css%20%24%7Bx%7D%3C%26%3E%09%C3%BC%2F%2Bword".to_owned(),
            "p%22a%5css+%24%7bx%7d%3c%26%3e%09%c3%bc%2f%2bword".to_owned(),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ] {
            let masked = masker.mask(&text);
            assert!(masked.contains("********"), "{text}");
            assert!(!masked.contains("word"), "{text} → {masked}");
        }
        let masked = masker.mask(&basic);
        assert!(masked.contains("********") && masked.len() < 8 + 8 + 16, "{masked}");
    }

    proptest! {
        #[test]
        fn no_secret_survives(secret in "[ -~\u{e4}\n]{6,30}", before in "[a-z ]{0,5}", after in "[a-z ]{0,5}") {
            prop_assume!(secret.trim().len() >= 6);
            let masker = masker(&[&secret]);
            let json = serde_json::Value::from(secret.as_str()).to_string();
            for form in [secret.clone(), json[1..json.len() - 1].to_owned(), STANDARD.encode(&secret)] {
                let masked = masker.mask(&format!("{before}{form}{after}"));
                prop_assert!(!masked.contains(&form));
            }
        }
    }
}
