//! Ids, as a server gives them.

/// The id by which processes of every space may name its built-in feed, whatever id its document has.
pub const BUILT_IN_FEED: &str = "feeds-builtin";

/// Whether an id is the same on every server.
#[must_use]
pub fn is_everywhere(id: &str) -> bool {
    matches!(id, BUILT_IN_FEED | "teams-everyone" | "teams-administrators" | "teams-managers")
}

/// Sorts ids in the order in which a server gave them: `Projects-9` before `Projects-10`.
#[must_use]
pub fn id_order(id: &str) -> (String, u64, String) {
    match id.rsplit_once('-') {
        Some((prefix, digits)) => match digits.parse() {
            Ok(number) => (prefix.to_owned(), number, String::new()),
            Err(_) => (prefix.to_owned(), u64::MAX, digits.to_owned()),
        },
        None => (id.to_owned(), 0, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_their_number() {
        let mut ids = ["Projects-10", "Projects-9", "Projects-x"];
        ids.sort_by_key(|id| id_order(id));
        assert_eq!(ids, ["Projects-9", "Projects-10", "Projects-x"]);
    }
}
