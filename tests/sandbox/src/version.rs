//! What a server of an older version does not have yet.

/// What came with a version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Target tags live in tag sets of scope `Target`; each space has the built-in set `[System] Tag Set` (vendor's page on target tags).
    TargetTagSets,
    /// Tenants' values have scopes: `…/commonvariables`, `…/projectvariables`. Assumption: the version; a toggle says it.
    TenantValueScopes,
    /// Parent environments and `environments/v2`. Assumption: the version.
    ParentEnvironments,
    /// The space's defaults of retention (`RetentionPolicies-…`).
    RetentionDefaults,
    /// Git credentials of other types than user name and password, by `…/v2`.
    GitCredentialTypes,
    /// The server takes, requires and answers what the vendor's published reference says (pages of August and September 2026), and its documents
    /// have the fields of that reference. What older ones do is not published: they take what clients send.
    Reference,
}

impl Feature {
    /// The first version with it: year, number, build.
    fn since(self) -> [u32; 3] {
        match self {
            Self::TargetTagSets => [2026, 2, 2344],
            Self::TenantValueScopes | Self::ParentEnvironments => [2025, 4, 0],
            Self::RetentionDefaults => [2025, 3, 0],
            Self::GitCredentialTypes => [2026, 2, 0],
            Self::Reference => [2026, 3, 0],
        }
    }

    /// Whether a server of this version (`2026.3`, `2025.4.1234`) has it. Without a build it is the last one of its number.
    pub(crate) fn is_in(self, version: &str) -> bool {
        let mut parts = version.split(['.', '-']).map(|part| part.parse().unwrap_or(u32::MAX));
        let mut part = || parts.next().unwrap_or(u32::MAX);
        [part(), part(), part()] >= self.since()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_numbers() {
        let has = |version| Feature::TargetTagSets.is_in(version);
        assert!(has("2026.2.2344") && has("2026.2") && has("2026.10.1") && has("2027.1.0"));
        assert!(!has("2026.2.2343") && !has("2026.1.9999") && !has("2024.4"));
    }
}
