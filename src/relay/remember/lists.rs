//! Lists that are known as a whole: their documents one by one, and what a query would find in them.
//!
//! Whoever has read all accounts need ask for none of them, nor for those of a name. That is answered only where the published API of 2026-08 says that an
//! item of the list is the document itself, and only for filters of which it is sure what they find; anything else is for the server.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::relay::address::Address;
use octopus::client::Answer;

/// A route that lists whole documents, and by what it can be filtered.
struct Route {
    /// As it stands in an address, in lower case.
    list: &'static str,
    has_ids: bool,
    has_partial_name: bool,
    /// A filter by one of the server's own words, and the field that has it.
    word: Option<(&'static str, &'static str)>,
}

const fn route(list: &'static str) -> Route {
    Route { list, has_ids: true, has_partial_name: true, word: None }
}

/// `name` is none of the filters: it finds a fragment in some lists, the whole name in others, and is called obsolete in more.
const ROUTES: [Route; 22] = [
    Route { has_ids: false, word: Some(("accounttype", "AccountType")), ..route("accounts") },
    route("actiontemplates"),
    // Those in the archive are in another list.
    Route { has_ids: false, ..route("certificates") },
    route("channels"),
    Route { has_partial_name: false, ..route("deploymentprocesses") },
    route("environments"),
    Route { word: Some(("feedtype", "FeedType")), ..route("feeds") },
    Route { has_ids: false, has_partial_name: false, ..route("git-credentials") },
    Route { word: Some(("contenttype", "ContentType")), ..route("libraryvariablesets") },
    route("lifecycles"),
    route("machinepolicies"),
    route("machines"),
    route("projectgroups"),
    route("projects"),
    Route { has_ids: false, has_partial_name: false, ..route("projecttriggers") },
    route("proxies"),
    Route { has_ids: false, has_partial_name: false, ..route("runbookprocesses") },
    route("runbooks"),
    route("tagsets"),
    route("tenants"),
    route("workerpools"),
    route("workers"),
];

fn route_of(address: &Address) -> Option<&'static Route> {
    let list = address.segments.first()?;
    ROUTES.iter().find(|route| route.list == list)
}

/// Whether it is a list of whole documents.
pub(super) fn is_list(address: &Address) -> bool {
    address.segments.len() == 1 && route_of(address).is_some()
}

/// Whether it is one of the documents of such a list.
pub(super) fn is_item(address: &Address) -> bool {
    address.segments.len() == 2 && route_of(address).is_some()
}

/// Whether it is a document asked for with what the server does not heed: the provider (1.17.0) reads script modules with the filter of their list.
pub(super) fn has_idle_query(address: &Address) -> bool {
    is_item(address)
        && address.segments[0] == "libraryvariablesets"
        && address.query().eq_ignore_ascii_case("contenttype=scriptmodule")
}

/// All documents of a list, in the server's order.
pub(super) struct Whole {
    headers: HeaderMap,
    item_type: Value,
    items: Vec<Item>,
}

/// A document of a list, and what it is found by.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) id: String,
    name: String,
    word: String,
    pub(super) body: Bytes,
}

/// The documents of a page of a list, and the list if that is all of it.
pub(super) fn read(address: &Address, page: &Answer) -> (Vec<Item>, Option<Whole>) {
    let document: Value = serde_json::from_slice(&page.body).unwrap_or_default();
    let (Some(route), Some(items)) = (route_of(address), document["Items"].as_array()) else {
        return (Vec::new(), None);
    };
    let text = |item: &Value, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    let item = |item: &Value| Item {
        id: text(item, "Id"),
        name: text(item, "Name"),
        word: route.word.map(|(_, field)| text(item, field)).unwrap_or_default(),
        body: item.to_string().into(),
    };
    let items: Vec<Item> = items.iter().map(item).collect();
    if items.iter().any(|item| item.id.is_empty()) {
        return (Vec::new(), None);
    }
    let is_all = document["TotalResults"].as_u64() == Some(items.len() as u64)
        && Query::parse(route, address.query()).is_some_and(|query| query.is_for_all());
    let whole = is_all.then(|| Whole {
        headers: page.headers.clone(),
        item_type: document["ItemType"].clone(),
        items: items.clone(),
    });
    (items, whole)
}

/// A document as a read of it would be answered.
pub(super) fn answer_of(item: &Item, page: &Answer) -> Answer {
    Answer { status: StatusCode::OK, headers: page.headers.clone(), body: item.body.clone() }
}

impl Whole {
    /// Whether a document of the list, by its address in lower case, is another now.
    pub(super) fn differs(&self, key: &str, answer: &Answer) -> bool {
        let id = key.rsplit('/').next().unwrap_or_default();
        let Some(item) = self.items.iter().find(|item| item.id.eq_ignore_ascii_case(id)) else {
            return false;
        };
        let parse = |body: &Bytes| serde_json::from_slice::<Value>(body).ok();
        parse(&item.body) != parse(&answer.body)
    }

    /// What the server would answer to a query; `None`: that is for the server.
    pub(super) fn answer(&self, address: &Address) -> Option<Answer> {
        let query = Query::parse(route_of(address)?, address.query())?;
        let take = query.take.filter(|take| *take > 0)?;
        if query.partial_name.is_some() && !self.items.iter().all(|item| item.name.is_ascii()) {
            return None;
        }
        // Another case: whether that is the same id, the server knows.
        let is_alike = |id: &String, item: &Item| item.id.eq_ignore_ascii_case(id) && item.id != *id;
        if query.ids.iter().flatten().any(|id| self.items.iter().any(|item| is_alike(id, item))) {
            return None;
        }
        let found: Vec<&Item> = self.items.iter().filter(|item| query.finds(item)).collect();
        let total = found.len();
        let last = total.div_ceil(take).max(1) - 1;
        let items: Vec<&str> = found
            .iter()
            .skip(query.skip)
            .take(take)
            .filter_map(|item| std::str::from_utf8(&item.body).ok())
            .collect();
        let link = |skip: usize| format!("{}?skip={skip}&take={take}{}", address.path, query.rest);
        let mut links = json!({"Self": link(query.skip), "Page.Current": link(query.skip), "Page.Last": link(last * take)});
        if query.skip.saturating_add(take) < total {
            links["Page.Next"] = link(query.skip + take).into();
        }
        let body = format!(
            r#"{{"ItemType":{},"TotalResults":{total},"ItemsPerPage":{take},"NumberOfPages":{},"LastPageNumber":{last},"Items":[{}],"Links":{links}}}"#,
            self.item_type,
            last + 1,
            items.join(",")
        );
        Some(Answer { status: StatusCode::OK, headers: self.headers.clone(), body: body.into() })
    }
}

/// What a query asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    skip: usize,
    /// Without it each route has a number of its own.
    take: Option<usize>,
    ids: Option<Vec<String>>,
    /// In lower case.
    partial_name: Option<String>,
    word: Option<String>,
    /// All of it but `skip` and `take`, as it stands in the address.
    rest: String,
}

impl Query {
    /// `None`: it has what only the server understands.
    fn parse(route: &Route, text: &str) -> Option<Self> {
        let mut query = Self::default();
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let mut seen = Vec::new();
        for pair in pairs {
            let (name, value) = pair.split_once('=')?;
            let (name, encoded) = (name.to_lowercase(), value);
            let value = percent_decode_str(&value.replace('+', " ")).decode_utf8().ok()?.into_owned();
            if value.is_empty() || seen.contains(&name) {
                return None;
            }
            match name.as_str() {
                "skip" => query.skip = value.parse().ok()?,
                "take" => query.take = Some(value.parse().ok()?),
                "ids" if route.has_ids => query.ids = Some(value.split(',').map(str::to_owned).collect()),
                "partialname" if route.has_partial_name && is_plain(&value) => {
                    query.partial_name = Some(value.to_ascii_lowercase());
                }
                word if route.word.is_some_and(|(filter, _)| filter == word) => query.word = Some(value),
                _ => return None,
            }
            if !matches!(name.as_str(), "skip" | "take") {
                query.rest.push_str(&format!("&{}={encoded}", &pair[..name.len()]));
            }
            seen.push(name);
        }
        Some(query)
    }

    /// Whether it leaves nothing out.
    fn is_for_all(&self) -> bool {
        self.skip == 0 && self.rest.is_empty()
    }

    fn finds(&self, item: &Item) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&item.id))
            && self.partial_name.as_ref().is_none_or(|part| item.name.to_ascii_lowercase().contains(part))
            && self.word.as_ref().is_none_or(|word| *word == item.word)
    }
}

/// Whether a database finds the text in a name as we do: how it compares other letters, spaces at an end and signs with a meaning in patterns is its own.
///
/// Assumption: `partialName` finds names that contain the text, in whichever case.
fn is_plain(text: &str) -> bool {
    text.trim() == text
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" .-/:#&(),@+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "/api/Spaces-1/feeds";

    fn page(names: &[&str]) -> Answer {
        let items: Vec<Value> = names
            .iter()
            .enumerate()
            .map(|(number, name)| json!({"Id": format!("Feeds-{number}"), "Name": name, "FeedType": if number == 0 { "BuiltIn" } else { "Docker" }}))
            .collect();
        let body =
            json!({"ItemType": "Feed", "TotalResults": items.len(), "Items": items}).to_string().into();
        Answer { status: StatusCode::OK, headers: HeaderMap::new(), body }
    }

    fn asked(query: &str) -> Address {
        Address::parse(&format!("{LIST}?{query}"))
    }

    fn whole(names: &[&str]) -> Whole {
        read(&asked("skip=0&take=1000"), &page(names)).1.unwrap()
    }

    fn found(list: &Whole, query: &str) -> Option<Vec<String>> {
        let answer = list.answer(&asked(query))?;
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        let names = page["Items"].as_array().unwrap().iter();
        Some(names.map(|item| item["Name"].as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn what_a_query_finds_is_told_where_that_is_sure() {
        let list = whole(&["Built in", "Docker hub", "docker own"]);
        let names = |query: &str| found(&list, query);
        assert_eq!(names("take=10000").unwrap().len(), 3);
        assert_eq!(names("take=2&partialName=DOCKER&skip=1").unwrap(), ["docker own"]);
        assert_eq!(names("feedType=BuiltIn&take=1").unwrap(), ["Built in"]);
        assert_eq!(names("take=5&ids=Feeds-2%2CFeeds-0").unwrap(), ["Built in", "docker own"]);
        assert_eq!(names("take=5&partialName=r%20h").unwrap(), ["Docker hub"]);
        for unsure in [
            "skip=0",
            "take=0",
            "take=x",
            "take=5&ids=feeds-2",
            "take=5&name=docker",
            "take=5&partialName=d_cker",
            "take=5&partialName=%20d",
            "take=5&partialName=",
            "take=5&partialName=%C3%A9",
            "take=5&take=6",
            "take=5&other=1",
        ] {
            assert_eq!(names(unsure), None, "{unsure}");
        }
        assert_eq!(found(&whole(&["Café"]), "take=5&partialName=cafe"), None, "some databases find it");
    }

    #[test]
    fn a_page_that_is_not_all_tells_its_documents_alone() {
        let read = |query: &str| read(&asked(query), &page(&["a", "b"]));
        for part in
            ["skip=1&take=2", "take=9&feedType=Docker", "take=9&ids=Feeds-0,Feeds-1", "take=9&other=1"]
        {
            let (items, list) = read(part);
            assert!(items.len() == 2 && list.is_none(), "{part}");
        }
        assert!(read("take=9").1.is_some() && read("").1.is_some());
    }
}
