//! Lists as pages: order, filters, `skip`, `take`, links.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::{Request, encode};
use crate::store::{number_of, text, texts};

/// How many items a page has when the request doesn't say.
const DEFAULT_TAKE: usize = 30;

/// Filters that every list understands: `ids`, `partialName` (contains, without case), `name` (exact).
/// Assumption: `name` matches without case, as the server's database does.
pub(crate) fn matches(request: &Request, document: &Value) -> bool {
    let name = text(document, "Name").to_lowercase();
    let id = text(document, "Id");
    request.query_list("ids").is_none_or(|ids| ids.iter().any(|wanted| wanted.eq_ignore_ascii_case(id)))
        && request.query("partialName").is_none_or(|part| name.contains(&part.to_lowercase()))
        && request.query("name").is_none_or(|wanted| name == wanted.to_lowercase())
}

/// A filter by query parameter on a field: some of the wanted texts are in the field (a text or a list).
pub(crate) fn field_matches(request: &Request, parameter: &str, document: &Value, field: &str) -> bool {
    request.query_list(parameter).is_none_or(|wanted| {
        let has = |text: &str| wanted.iter().any(|item| item.eq_ignore_ascii_case(text));
        document[field].as_str().is_some_and(has) || texts(document, field).any(has)
    })
}

/// Puts documents in the order of lists: by `SortOrder` where they have one, then by name, then by number.
pub(crate) fn sort(documents: &mut Vec<&Value>) {
    documents.sort_by_cached_key(|document| {
        (
            document["SortOrder"].as_i64().unwrap_or_default(),
            text(document, "Name").to_lowercase(),
            number_of(text(document, "Id")),
        )
    });
}

/// One page of documents that are already filtered and in order. `finish` makes the answer's form of each.
pub(crate) fn page(
    request: &Request,
    item_type: &str,
    documents: &[&Value],
    finish: impl Fn(&Value) -> Value,
) -> Answer {
    let total = documents.len();
    let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
    let skip = number("skip").unwrap_or_default();
    // 0 is what a client sends that was told nothing.
    let take = number("take").filter(|take| *take > 0).unwrap_or(DEFAULT_TAKE);
    let items: Vec<Value> = documents.iter().skip(skip).take(take).map(|document| finish(document)).collect();
    let pages = total.div_ceil(take).max(1);
    let link = |skip: usize| {
        let rest: String = request
            .query_pairs()
            .iter()
            .filter(|(name, _)| name != "skip" && name != "take")
            .map(|(name, value)| format!("&{}={}", encode(name), encode(value)))
            .collect();
        format!("{}?skip={skip}&take={take}{rest}", request.path())
    };
    let mut links = serde_json::Map::new();
    links.insert("Self".into(), json!(link(skip)));
    links.insert("Page.Current".into(), json!(link(skip)));
    links.insert("Page.Last".into(), json!(link((pages - 1) * take)));
    if skip.saturating_add(take) < total {
        links.insert("Page.Next".into(), json!(link(skip + take)));
    }
    Answer::ok(json!({
        "ItemType": item_type, "TotalResults": total, "ItemsPerPage": take, "NumberOfPages": pages,
        "LastPageNumber": pages - 1, "Items": items, "Links": links,
    }))
}
