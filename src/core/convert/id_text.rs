//! Ids of documents inside text: which parts of a property's value are references, and which merely look so.
//!
//! Octopus keeps ids in plain text properties: alone (`Feeds-7`), in lists (`Teams-1,Teams-2`) and inside JSON, also JSON in JSON
//! (`{"FeedId":"Feeds-7"}`). Only such whole tokens are references. An id in a sentence or a script stays text: nobody can tell what is meant.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Id(&'a str),
}

/// Splits a text at the ids in it. One `Piece::Text` when there are none. `is_id` says whether a token is the id of a document.
#[must_use]
pub fn split_at_ids<'a>(text: &'a str, is_id: &dyn Fn(&str) -> bool) -> Vec<Piece<'a>> {
    let pieces = list_of_ids(text, is_id).or_else(|| looks_like_json(text).then(|| ids_in_json(text, is_id)));
    pieces.unwrap_or_else(|| vec![Piece::Text(text)])
}

/// The pieces when the text is one id, or several with commas between them; blanks around each are kept as text.
fn list_of_ids<'a>(text: &'a str, is_id: &dyn Fn(&str) -> bool) -> Option<Vec<Piece<'a>>> {
    if !text.split(',').all(|item| is_id(item.trim())) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut text_start = 0;
    let mut item_start = 0;
    for item in text.split(',') {
        let id_start = item_start + (item.len() - item.trim_start().len());
        let id_end = id_start + item.trim().len();
        push_text(&mut pieces, &text[text_start..id_start]);
        pieces.push(Piece::Id(&text[id_start..id_end]));
        text_start = id_end;
        item_start += item.len() + 1;
    }
    push_text(&mut pieces, &text[text_start..]);
    Some(pieces)
}

fn looks_like_json(text: &str) -> bool {
    let trimmed = text.trim_start();
    (trimmed.starts_with('{') || trimmed.starts_with('['))
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// In JSON, what stands between two quotes (escaped quotes too, for JSON in JSON) and is an id or a list of ids.
fn ids_in_json<'a>(text: &'a str, is_id: &dyn Fn(&str) -> bool) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut text_start = 0;
    let mut run_start = 0;
    let mut after_quote = false;
    for (position, character) in text.char_indices() {
        if character != '"' && character != '\\' {
            continue;
        }
        if after_quote && let Some(found) = list_of_ids(&text[run_start..position], is_id) {
            push_text(&mut pieces, &text[text_start..run_start]);
            pieces.extend(found);
            text_start = position;
        }
        after_quote = character == '"';
        run_start = position + 1;
    }
    push_text(&mut pieces, &text[text_start..]);
    pieces
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(text: &str) -> Vec<&str> {
        let is_id = |token: &str| matches!(token, "Feeds-1" | "Teams-1" | "Teams-2" | "Feeds-12");
        let pieces = split_at_ids(text, &is_id);
        let whole: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Id(text) => *text,
            })
            .collect();
        assert_eq!(whole, text);
        pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Id(id) => Some(id),
                Piece::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn an_id_alone_is_a_reference() {
        assert_eq!(ids("Feeds-1"), ["Feeds-1"]);
        assert_eq!(ids(" Feeds-12\n"), ["Feeds-12"]);
    }

    #[test]
    fn an_id_in_a_list_is_a_reference_when_all_are() {
        assert_eq!(ids("Teams-1, Teams-2"), ["Teams-1", "Teams-2"]);
        assert_eq!(ids("Teams-1,Teams-9"), [""; 0]);
    }

    #[test]
    fn whole_strings_of_json_are_references() {
        assert_eq!(
            ids(r#"[{"FeedId": "Feeds-1", "Teams-1": "Teams-1,Teams-2"}]"#),
            ["Feeds-1", "Teams-1", "Teams-1", "Teams-2"]
        );
        assert_eq!(ids(r#"{"inner":"{\"FeedId\":\"Feeds-12\"}"}"#), ["Feeds-12"]);
    }

    #[test]
    fn what_merely_looks_like_an_id_is_text() {
        assert_eq!(ids("Feeds-123"), [""; 0]);
        assert_eq!(ids("see Feeds-1"), [""; 0]);
        assert_eq!(ids(r#"{"Note": "see Feeds-1"}"#), [""; 0]);
        assert_eq!(ids(r#"{not json "Feeds-1""#), [""; 0]);
        assert_eq!(ids(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn pieces_make_the_text_again(text in r#"[\[\]{}":,\\ a-zA-Z0-9-]{0,60}"#) {
            ids(&text);
        }
    }
}
