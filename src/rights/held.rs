//! What the owner of a key may do, and what a role would grant.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use octopus::server::Server;

/// What a role grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    pub space: Vec<String>,
    pub system: Vec<String>,
}

/// What a key's owner holds in one space.
pub struct Held {
    /// Name of the user.
    pub user: String,
    /// Id of the user.
    pub user_id: String,
    /// Permission → whether it counts everywhere in the space, or is limited to some of its documents.
    pub(crate) permissions: BTreeMap<String, bool>,
    pub(crate) system: BTreeSet<String>,
    /// Whether absence means anything.
    pub(crate) complete: bool,
    /// The names that the server knows, and whether each is granted for spaces (or for the server alone); `None`: it doesn't tell.
    pub(crate) known: Option<BTreeMap<String, bool>>,
}

impl Held {
    /// Reads it. `None`: the server doesn't tell this user.
    pub async fn read(server: &Server) -> Option<Self> {
        let user = server.client.get("/api/users/me").await.ok()?;
        let path = format!("/api/users/{}/permissions?includeSystem=true", user["Id"].as_str()?);
        let told = server.client.get(&path).await.ok()?;
        // `{<name>: {Description, CanApplyAtSpaceLevel, …}}`
        let known = server.client.get("/api/permissions/all").await.ok();
        // Every server knows this one: an answer without it is no list of permissions.
        let names =
            known.as_ref().and_then(Value::as_object).filter(|known| known.contains_key("ProjectView"));
        let mut held = Self::parse(&user, &told, server.space_id());
        let level = |(name, told): (&String, &Value)| (name.clone(), told["CanApplyAtSpaceLevel"] != false);
        held.known = names.map(|known| known.iter().map(level).collect());
        Some(held)
    }

    pub(crate) fn parse(user: &Value, told: &Value, space: &str) -> Self {
        let mut permissions = BTreeMap::new();
        for (name, grants) in told["SpacePermissions"].as_object().into_iter().flatten() {
            let ours = grants.as_array().into_iter().flatten().filter(|grant| grant["SpaceId"] == space);
            let free = |grant: &Value| {
                ["ProjectIds", "EnvironmentIds", "TenantIds", "ProjectGroupIds"]
                    .iter()
                    .all(|what| grant[format!("RestrictedTo{what}")].as_array().is_none_or(Vec::is_empty))
            };
            // Several grants add up.
            if let Some(everywhere) = ours.map(free).reduce(|one, other| one || other) {
                permissions.insert(name.clone(), everywhere);
            }
        }
        let texts = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            user: user["Username"].as_str().unwrap_or_default().to_owned(),
            user_id: user["Id"].as_str().unwrap_or_default().to_owned(),
            permissions,
            system: texts(&told["SystemPermissions"]),
            complete: told["IsPermissionsComplete"] != false,
            known: None,
        }
    }

    /// Whether the user administers the server. Assumption: who does may do everything in every space.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.system.contains("AdministerSystem")
    }

    /// Whether the user holds a permission, for some documents at least.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.administers() || self.permissions.contains_key(permission) || self.system.contains(permission)
    }

    /// Those of these permissions that a role may be given by this user, who holds each of them without limits: of the space, and of the
    /// server. `None`: the server doesn't tell its permissions.
    #[must_use]
    pub fn grantable(&self, wanted: &BTreeSet<String>) -> Option<Grants> {
        let known = self.known.as_ref()?;
        let mut grants = Grants::default();
        for name in wanted {
            let Some(of_space) = known.get(name) else { continue };
            let held = self.permissions.get(name) == Some(&true) || self.system.contains(name);
            if self.administers() || held {
                let list = if *of_space { &mut grants.space } else { &mut grants.system };
                list.push(name.clone());
            }
        }
        Some(grants)
    }

    /// Those of these permissions that are not held without limits.
    #[must_use]
    pub fn lacks<'a>(&self, needed: &[&'a str]) -> Vec<&'a str> {
        let (missing, limited) = self.compare(&needed.iter().copied().collect());
        missing.into_iter().chain(limited).collect()
    }

    /// The permissions that are not held, and those that are held for some documents only.
    pub(crate) fn compare<'a>(&self, needed: &BTreeSet<&'a str>) -> (Vec<&'a str>, Vec<&'a str>) {
        if self.administers() {
            return (Vec::new(), Vec::new());
        }
        let is_missing =
            |name: &&&str| !self.permissions.contains_key(**name) && !self.system.contains(**name);
        let missing = needed.iter().filter(is_missing).copied().collect();
        let is_limited =
            |name: &&&str| self.permissions.get(**name) == Some(&false) && !self.system.contains(**name);
        let limited = needed.iter().filter(is_limited).copied().collect();
        (missing, limited)
    }
}
