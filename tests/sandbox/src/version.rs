//! What a server of an older version does not have yet.

/// What came with a version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Target tags live in tag sets of scope `Target`; each space has the built-in set `[System] Tag Set` (vendor's page on target tags).
    TargetTagSets,
}

impl Feature {
    /// The first version with it: year, number, build.
    fn since(self) -> [u32; 3] {
        match self {
            Self::TargetTagSets => [2026, 2, 2344],
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
