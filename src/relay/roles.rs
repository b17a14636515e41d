//! The scoped roles of a team: the provider (1.17.0, `resource_team.go`) reads `GET teams/{id}/scopeduserroles` into the team's `user_role`, and at any
//! other change of the team deletes each that stands there and not in the module. In modules of octoferry roles are resources of their own
//! (`octopusdeploy_scoped_user_role`), so the team is shown without any. Where a person has written `user_role` into a module, all are shown.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::relay::address::Address;

#[derive(Default)]
pub(super) struct Roles {
    are_shown: AtomicBool,
}

impl Roles {
    /// Says whether teams of the module that is deployed now bring their roles with them.
    pub(super) fn show(&self, are_shown: bool) {
        self.are_shown.store(are_shown, Ordering::SeqCst);
    }

    pub(super) fn looks_at(&self, address: &Address) -> bool {
        matches!(address.parts().as_slice(), ["teams", _, "scopeduserroles"])
            && !self.are_shown.load(Ordering::SeqCst)
    }

    /// Takes the roles out of an answer; whether there were any.
    pub(super) fn hide(&self, address: &Address, answer: &mut Value) -> bool {
        let any = self.looks_at(address) && answer["Items"].as_array().is_some_and(|roles| !roles.is_empty());
        if any {
            answer["Items"] = json!([]);
            answer["TotalResults"] = json!(0);
            answer["Links"] = json!({});
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_is_shown_without_roles_unless_the_module_gives_it_some() {
        let roles = Roles::default();
        let page =
            json!({"Items": [{"Id": "ScopedUserRoles-1"}], "TotalResults": 1, "Links": {"Page.Next": "/x"}});
        let shown = |address: &str| {
            let mut answer = page.clone();
            roles.hide(&Address::parse(address), &mut answer);
            answer["Items"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(shown("/api/teams/Teams-1/scopeduserroles?take=100"), 0);
        assert_eq!(shown("/api/scopeduserroles/ScopedUserRoles-1"), 1);
        assert_eq!(shown("/api/teams"), 1);
        roles.show(true);
        assert_eq!(shown("/api/teams/Teams-1/scopeduserroles?take=100"), 1);
    }
}
