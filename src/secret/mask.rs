//! Masks secrets in text that others write, in every form in which they can stand there.
//!
//! Terraform prints values as HCL, its provider quotes JSON and addresses, and some tools print base64. A text is masked wherever any form
//! of any secret begins in it; overlapping ones are masked as one.

use std::collections::VecDeque;
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

/// All forms of a set of secrets: a tree of them in which each node knows where to go on when the next byte does not fit (Aho and Corasick), so
/// that a text is read once, however many secrets there are and whatever they have in common. Its bytes are zeroed when it is dropped.
pub struct Masker {
    /// By node: the byte that leads to it. The root's has no meaning.
    bytes: Zeroizing<Vec<u8>>,
    nodes: Vec<Node>,
    /// The root's children by their byte: there are most of them.
    first: Box<[u32; 256]>,
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// The newest child, and the next older child of the same parent; 0: none.
    child: u32,
    sibling: u32,
    /// The longest end of this node's text that begins in the root too.
    fallback: u32,
    /// How many bytes that end here are a form, the longest of these; 0: none.
    longest: u32,
}

const ROOT: u32 = 0;

impl Default for Masker {
    fn default() -> Self {
        Self::new([])
    }
}

impl Masker {
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let forms: Vec<Zeroizing<String>> =
            secrets.into_iter().flat_map(|secret| forms(secret.expose())).collect();
        // Room for all at once: a vector that grows leaves copies behind.
        let room = 1 + forms.iter().map(|form| form.len()).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.push(0);
        let mut masker = Self { bytes, nodes: vec![Node::default()], first: Box::new([ROOT; 256]) };
        for form in forms {
            masker.insert(form.as_bytes());
        }
        masker.link();
        masker
    }

    fn insert(&mut self, form: &[u8]) {
        let mut at = ROOT;
        for byte in form {
            at = match self.child(at, *byte, &mut 0) {
                Some(child) => child,
                None => self.grow(at, *byte),
            };
        }
        self.nodes[at as usize].longest = u32::try_from(form.len()).unwrap_or(u32::MAX);
    }

    fn grow(&mut self, at: u32, byte: u8) -> u32 {
        let new = u32::try_from(self.nodes.len()).expect("secrets have less than 4 GB of forms");
        self.bytes.push(byte);
        self.nodes.push(Node { sibling: self.nodes[at as usize].child, ..Node::default() });
        self.nodes[at as usize].child = new;
        if at == ROOT {
            self.first[usize::from(byte)] = new;
        }
        new
    }

    /// Where a byte leads from a node. `steps` counts how often one was looked at.
    fn child(&self, at: u32, byte: u8, steps: &mut u64) -> Option<u32> {
        *steps += 1;
        if at == ROOT {
            return Some(self.first[usize::from(byte)]).filter(|child| *child != ROOT);
        }
        let mut child = self.nodes[at as usize].child;
        while child != ROOT && self.bytes[child as usize] != byte {
            *steps += 1;
            child = self.nodes[child as usize].sibling;
        }
        Some(child).filter(|child| *child != ROOT)
    }

    /// The node after a byte, from the longest beginning that fits.
    fn next(&self, mut at: u32, byte: u8, steps: &mut u64) -> u32 {
        loop {
            match self.child(at, byte, steps) {
                Some(child) => return child,
                None if at == ROOT => return ROOT,
                None => at = self.nodes[at as usize].fallback,
            }
        }
    }

    /// Sets all fallbacks, nodes nearer to the root first.
    fn link(&mut self) {
        let mut waiting = VecDeque::from([ROOT]);
        while let Some(at) = waiting.pop_front() {
            let mut child = self.nodes[at as usize].child;
            while child != ROOT {
                let byte = self.bytes[child as usize];
                let fallback =
                    if at == ROOT { ROOT } else { self.next(self.nodes[at as usize].fallback, byte, &mut 0) };
                let of_fallback = self.nodes[fallback as usize].longest;
                let node = &mut self.nodes[child as usize];
                node.fallback = fallback;
                // What ends there ends here too; a form of its own is longer.
                node.longest = node.longest.max(of_fallback);
                waiting.push_back(child);
                child = node.sibling;
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
        let mut shown = 0;
        for (from, to) in self.found(text, &mut 0) {
            masked.extend_from_slice(&text[shown..from]);
            masked.extend_from_slice(MASK);
            shown = to;
        }
        masked.extend_from_slice(&text[shown..]);
        masked
    }

    /// Where secrets stand, in order; those that overlap are one.
    fn found(&self, text: &[u8], steps: &mut u64) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let mut at = ROOT;
        for (position, byte) in text.iter().enumerate() {
            at = self.next(at, *byte, steps);
            let longest = self.nodes[at as usize].longest as usize;
            if longest == 0 {
                continue;
            }
            let (mut from, to) = (position + 1 - longest, position + 1);
            // Each is taken in at most once.
            while let Some((before, _)) = found.pop_if(|(_, end)| *end > from) {
                from = from.min(before);
            }
            found.push((from, to));
        }
        found
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

/// As inside a JSON text; `ascii` writes everything else as `\u` and four digits, as some libraries do.
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

    /// The forms by the slow way: at each place every form is tried.
    fn slowly(values: &[&str], text: &[u8]) -> Vec<bool> {
        let mut secret = vec![false; text.len()];
        for form in values.iter().flat_map(|value| forms(value)) {
            for from in 0..text.len() {
                if text[from..].starts_with(form.as_bytes()) {
                    secret[from..from + form.len()].fill(true);
                }
            }
        }
        secret
    }

    /// Steps for each byte of the text: they must not depend on how long it is, how many secrets there are or what these have in common.
    #[test]
    fn a_text_is_read_once_whatever_the_secrets_are() {
        let run = |length: usize| "a".repeat(length);
        let many = |count: usize| {
            (0..count).map(|number| format!("API-SAMEBEGINNING{number:06}")).collect::<Vec<_>>()
        };
        let nested = (6..200).map(run).collect::<Vec<_>>();
        let cases: [(Vec<String>, String); 5] = [
            (vec![run(5_000)], run(4_999) + "b"),
            (vec![run(5_000) + "b"], run(1)),
            (nested, run(50)),
            (many(10), "API-SAMEBEGINNING00000".to_owned()),
            (many(3_000), "API-SAMEBEGINNING00000".to_owned()),
        ];
        for (secrets, piece) in cases {
            let secrets: Vec<Secret> = secrets.into_iter().map(Secret::new).collect();
            let masker = Masker::new(&secrets);
            for length in [20_000, 200_000] {
                let text = piece.repeat(length / piece.len());
                let mut steps = 0;
                let found = masker.found(text.as_bytes(), &mut steps);
                let each = steps / text.len() as u64;
                assert!(each <= 24, "{} secrets, {length} bytes: {each} steps a byte", secrets.len());
                assert!(found.len() <= text.len());
            }
        }
    }

    proptest! {
        #[test]
        fn the_same_places_are_found_as_by_trying_each_form(
            secrets in proptest::collection::vec("[ab]{3,7}", 1..5), text in "[abc]{0,60}",
        ) {
            let values: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let mut secret = vec![false; text.len()];
            for (from, to) in masker(&values).found(text.as_bytes(), &mut 0) {
                secret[from..to].fill(true);
            }
            prop_assert_eq!(secret, slowly(&values, text.as_bytes()));
        }

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
