//! Which value of a variable wins in a run.
//!
//! A value whose scope doesn't fit the run is absent: every kind of its scope must fit. Among those left the most
//! specific wins; among equally specific ones a tenant's value, then the project's, then a library set's, then a
//! template's default.

use std::collections::BTreeMap;

use serde_json::Value;

/// Kinds of scope, the most specific first. More specific kinds outweigh any number of less specific ones.
const KINDS: [&str; 8] =
    ["Action", "Machine", "Role", "Tenant", "TenantTag", "Environment", "Channel", "ProcessOwner"];

/// Where a value comes from, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    TemplateDefault,
    /// The position of the set in the project's list: the first one is stronger. (Assumption.)
    LibrarySet(std::cmp::Reverse<usize>),
    Project,
    Tenant,
}

/// A value that a variable may have.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The variable's id, by which prompts are answered.
    pub id: String,
    pub name: String,
    pub value: String,
    pub sensitive: bool,
    /// `String`, `Sensitive`, `AmazonWebServicesAccount`, `Certificate` …
    pub kind: String,
    /// Kind of scope → ids (names for `Role` and `TenantTag`).
    pub scope: BTreeMap<String, Vec<String>>,
    pub origin: Origin,
    /// The prompt, or null.
    pub prompt: Value,
}

/// What a run (and, while it runs, an action) is about.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub environment: String,
    pub tenant: Option<String>,
    /// `Tag set/Tag`
    pub tenant_tags: Vec<String>,
    pub action: Option<String>,
    /// The runbook's id; the project's in a deployment.
    pub runbook: String,
    /// The target that the action works on. Steps of runbooks on workers have none: a worker is no machine with roles.
    pub machine: Option<String>,
    pub roles: Vec<String>,
    /// A deployment's; runbooks have none.
    pub channel: Option<String>,
}

impl Candidate {
    /// Whether the value is in scope.
    pub fn fits(&self, place: &Place) -> bool {
        self.scope.iter().filter(|(_, ids)| !ids.is_empty()).all(|(kind, ids)| {
            let has = |id: &str| ids.iter().any(|wanted| wanted.eq_ignore_ascii_case(id));
            match kind.as_str() {
                "Environment" => has(&place.environment),
                "Tenant" => place.tenant.as_deref().is_some_and(has),
                "TenantTag" => tags_fit(ids, &place.tenant_tags),
                "Action" => place.action.as_deref().is_some_and(has),
                "ProcessOwner" => has(&place.runbook),
                "Machine" => place.machine.as_deref().is_some_and(has),
                "Role" => place.roles.iter().any(|role| has(role)),
                "Channel" => place.channel.as_deref().is_some_and(has),
                _ => false,
            }
        })
    }

    fn weight(&self) -> u32 {
        self.scope.iter().filter(|(_, ids)| !ids.is_empty()).fold(0, |weight, (kind, _)| {
            let rank = KINDS.iter().position(|known| known == kind).unwrap_or(KINDS.len());
            weight | 1 << (KINDS.len() - rank)
        })
    }
}

/// Tags of one set are alternatives, those of different sets must all fit.
pub fn tags_fit(wanted: &[String], tags: &[String]) -> bool {
    let set_of = |tag: &str| tag.split('/').next().unwrap_or_default().to_lowercase();
    wanted.iter().all(|tag| {
        let set = set_of(tag);
        wanted
            .iter()
            .filter(|other| set_of(other) == set)
            .any(|other| tags.iter().any(|tag| tag.eq_ignore_ascii_case(other)))
    })
}

/// The winning value of each name, in the order of lower-case names. Of two values that are equal in all this the
/// first one wins. (Assumption.)
pub fn winners<'a>(candidates: &'a [Candidate], place: &Place) -> Vec<&'a Candidate> {
    let mut best: BTreeMap<String, &Candidate> = BTreeMap::new();
    for candidate in candidates.iter().filter(|candidate| candidate.fits(place)) {
        let strength = |candidate: &Candidate| (candidate.weight(), candidate.origin);
        best.entry(candidate.name.to_lowercase())
            .and_modify(|known| {
                if strength(candidate) > strength(known) {
                    *known = candidate;
                }
            })
            .or_insert(candidate);
    }
    best.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(value: &str, scope: &[(&str, &[&str])], origin: Origin) -> Candidate {
        Candidate {
            id: String::new(),
            name: "Key".to_owned(),
            value: value.to_owned(),
            sensitive: false,
            kind: "String".to_owned(),
            scope: scope
                .iter()
                .map(|(kind, ids)| ((*kind).to_owned(), ids.iter().map(|id| (*id).to_owned()).collect()))
                .collect(),
            origin,
            prompt: Value::Null,
        }
    }

    fn winner(candidates: &[Candidate], place: &Place) -> Option<String> {
        winners(candidates, place).first().map(|candidate| candidate.value.clone())
    }

    fn place() -> Place {
        Place {
            environment: "Environments-1".to_owned(),
            tenant: Some("Tenants-1".to_owned()),
            tenant_tags: vec!["Region/EU".to_owned(), "Contract/Gold".to_owned()],
            action: Some("action-1".to_owned()),
            runbook: "Runbooks-1".to_owned(),
            ..Place::default()
        }
    }

    #[test]
    fn every_kind_of_a_scope_must_fit() {
        let both =
            candidate("x", &[("Environment", &["Environments-1"]), ("Role", &["web"])], Origin::Project);
        assert_eq!(winner(&[both], &place()), None);
        let tags = [
            candidate("one set", &[("TenantTag", &["Region/US", "Region/EU"])], Origin::Project),
            candidate("other set", &[("TenantTag", &["Region/EU", "Contract/Basic"])], Origin::Tenant),
        ];
        assert_eq!(winner(&tags, &place()).as_deref(), Some("one set"));
    }

    #[test]
    fn targets_and_channels_are_those_of_a_deployment() {
        let values = [
            candidate("machine", &[("Machine", &["Machines-1"])], Origin::Project),
            candidate("role", &[("Role", &["web"])], Origin::Project),
            candidate("channel", &[("Channel", &["Channels-1"])], Origin::Project),
        ];
        assert_eq!(winner(&values, &place()), None);
        let deployment = Place { channel: Some("Channels-1".into()), roles: vec!["WEB".into()], ..place() };
        assert_eq!(winner(&values, &deployment).as_deref(), Some("role"));
        let on_target = Place { machine: Some("Machines-1".into()), ..deployment };
        assert_eq!(winner(&values, &on_target).as_deref(), Some("machine"));
        assert_eq!(winner(&values[2..], &on_target).as_deref(), Some("channel"));
    }

    #[test]
    fn the_most_specific_value_wins_then_its_origin() {
        let set = |index| Origin::LibrarySet(std::cmp::Reverse(index));
        let mut values = vec![
            candidate("default", &[], Origin::TemplateDefault),
            candidate("second set", &[], set(1)),
            candidate("first set", &[], set(0)),
        ];
        assert_eq!(winner(&values, &place()).as_deref(), Some("first set"));
        values.push(candidate("project", &[], Origin::Project));
        assert_eq!(winner(&values, &place()).as_deref(), Some("project"));
        values.push(candidate("runbook", &[("ProcessOwner", &["Runbooks-1"])], Origin::Project));
        values.push(candidate("set by environment", &[("Environment", &["Environments-1"])], set(1)));
        assert_eq!(winner(&values, &place()).as_deref(), Some("set by environment"));
        values.push(candidate("tag", &[("TenantTag", &["Region/EU"])], set(1)));
        values.push(candidate("tenant", &[("Tenant", &["Tenants-1"])], Origin::Tenant));
        assert_eq!(winner(&values, &place()).as_deref(), Some("tenant"));
        values.push(candidate("action", &[("Action", &["action-1"])], set(1)));
        assert_eq!(winner(&values, &place()).as_deref(), Some("action"));
        assert_eq!(
            winner(&values, &Place { environment: "Environments-2".into(), ..Place::default() }).as_deref(),
            Some("project")
        );
    }
}
