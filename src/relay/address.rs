//! What a request is about, read from its path.

/// A path of the API, taken apart. Routes are matched without case, as servers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// As it was asked.
    pub(super) path_and_query: String,
    /// The path without its query and without a slash at its end.
    pub(super) path: String,
    /// `/api/Spaces-2`, or `/api` for what belongs to no space.
    pub(super) prefix: String,
    /// What comes behind that, in lower case: `["projects", "projects-1", "triggers"]`.
    pub(super) segments: Vec<String>,
    /// The same as it was asked: ids are told apart by case.
    asked: Vec<String>,
}

impl Address {
    pub(super) fn parse(path_and_query: &str) -> Self {
        let path = path_and_query.split(['?', '#']).next().unwrap_or_default();
        let mut asked: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).skip(1).collect();
        let mut prefix = "/api".to_owned();
        let is_space = |segment: Option<&&str>| segment.is_some_and(|text| is_space_id(text));
        if is_space(asked.first()) {
            prefix = format!("/api/{}", asked.remove(0));
        } else if asked.len() > 2 && asked[0].eq_ignore_ascii_case("spaces") && is_space(asked.get(1)) {
            prefix = format!("/api/{}", asked[1]);
            asked.drain(..2);
        }
        Self {
            path_and_query: path_and_query.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
            prefix,
            segments: asked.iter().map(|segment| segment.to_lowercase()).collect(),
            asked: asked.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The segments, to be matched.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// What stands behind the question mark; empty where nothing does.
    pub(super) fn query(&self) -> &str {
        self.path_and_query.split_once('?').map_or("", |(_, query)| query)
    }

    /// A segment as it was asked.
    pub(super) fn asked(&self, number: usize) -> &str {
        self.asked.get(number).map_or("", String::as_str)
    }

    /// What the log sums up by: the collection.
    pub(super) fn kind(&self) -> &str {
        match self.parts().as_slice() {
            [] => "root",
            ["projects", _, "triggers", ..] => "projecttriggers",
            ["tenants", _, "variables" | "projectvariables" | "commonvariables", ..] => "tenantvariables",
            _ => &self.segments[0],
        }
    }
}

fn is_space_id(text: &str) -> bool {
    let number = text.get(..7).filter(|start| start.eq_ignore_ascii_case("spaces-")).map(|_| &text[7..]);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let parse = |path| {
            let address = Address::parse(path);
            (address.prefix.clone(), address.segments.join("/"), address.kind().to_owned())
        };
        let all = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            parse("/api/Spaces-2/Projects/Projects-1/Triggers/?take=1"),
            all("/api/Spaces-2", "projects/projects-1/triggers", "projecttriggers")
        );
        assert_eq!(
            parse("/api/spaces/Spaces-2/parentEnvironments"),
            all("/api/Spaces-2", "parentenvironments", "parentenvironments")
        );
        assert_eq!(parse("/api/spaces/Spaces-2"), all("/api", "spaces/spaces-2", "spaces"));
        assert_eq!(parse("/api/"), all("/api", "", "root"));
        assert_eq!(
            Address::parse("/api/Spaces-2/runbookProcesses/RunbookProcess-1").asked(1),
            "RunbookProcess-1"
        );
    }
}
