//! What each write makes forgotten.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::http::Method;
use serde_json::Value;

use crate::relay::address::Address;

/// What a write may have changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Changes {
    Everything,
    /// Documents of these kinds.
    Kinds(&'static [&'static str]),
    /// The document, what lies below it, and the lists that have it, also those of these kinds; and all documents of those.
    Own {
        shown_by: &'static [&'static str],
        with: &'static [&'static str],
    },
    /// The values of a tenant, where they are read by this route too; empty: by all.
    Values(&'static str),
}

/// What a project has, and what shows it: kinds as [`Address::kind`] has them. Tenants are the last.
const INSIDE_PROJECTS: &[&str] = &[
    "projects",
    "projecttriggers",
    "channels",
    "deploymentprocesses",
    "runbooks",
    "runbookprocesses",
    "runbooksnapshots",
    "variables",
    "tenantvariables",
    "tenants",
];

/// What shows a new project: not tenants, which are linked to it by a write of theirs.
const WITH_A_NEW_PROJECT: &[&str] = match INSIDE_PROJECTS {
    [others @ .., _tenants] => others,
    [] => &[],
};

/// Whether a tag set that is written has all tags that it had, under their names.
pub(super) fn keeps_tags(before: &Bytes, written: &Bytes) -> bool {
    let names = |set: &Bytes| -> Option<BTreeSet<String>> {
        let set: Value = serde_json::from_slice(set).ok()?;
        let names =
            set["Tags"].as_array()?.iter().map(|tag| tag["Name"].as_str().unwrap_or_default().to_owned());
        Some(names.chain([set["Name"].as_str()?.to_owned()]).collect())
    };
    matches!((names(before), names(written)), (Some(before), Some(after)) if before.is_subset(&after))
}

/// What a write may have changed beside the document (`keeps_tags`: one of a tag set that only adds to it); of what is not named here nothing is known.
pub(super) fn changed_by(method: &Method, address: &Address, keeps_tags: bool) -> Changes {
    let is_new = *method == Method::POST;
    if !is_new && *method != Method::PUT {
        // Much may go with what is deleted.
        return Changes::Everything;
    }
    let parts = address.parts();
    match (parts.as_slice(), address.kind()) {
        // Another default one, another order: then others change too.
        (_, "workerpools") => Changes::Kinds(&["workerpools"]),
        (["environments", "sortorder"], _) => Changes::Kinds(&["environments"]),
        (["tagsets", "sortorder"], _) => Changes::Kinds(&["tagsets"]),
        (
            [_] | [_, _],
            "accounts" | "certificates" | "environments" | "feeds" | "git-credentials" | "lifecycles"
            | "machinepolicies" | "machines" | "projectgroups" | "proxies" | "workers",
        ) => Changes::Own { shown_by: &[], with: &[] },
        // Who may do what, and when, is in no other document. Some of them are asked for with the space and without.
        ([_] | [_, _], "deploymentfreezes" | "scopeduserroles" | "subscriptions" | "teams" | "userroles") => {
            Changes::Kinds(&["deploymentfreezes", "scopeduserroles", "subscriptions", "teams", "userroles"])
        }
        ([_] | [_, _], "actiontemplates" | "retentionpolicies") => Changes::Own { shown_by: &[], with: &[] },
        // What has a tag names it; so only what is new changes nothing else.
        (["tagsets"], _) => Changes::Own { shown_by: &[], with: &[] },
        (["tagsets", _], _) if keeps_tags => Changes::Own { shown_by: &[], with: &[] },
        ([_] | [_, _], "tenants") => Changes::Own { shown_by: &["tenants", "tenantvariables"], with: &[] },
        (["tenants", _, "projectvariables"], _) => Changes::Values("projectvariables"),
        (["tenants", _, "commonvariables"], _) => Changes::Values("commonvariables"),
        (_, "tenantvariables") => Changes::Values(""),
        // A new one comes with all that belongs to it; its templates are offered to tenants.
        (["projects"], _) => Changes::Own { shown_by: WITH_A_NEW_PROJECT, with: &[] },
        (["projects", _], _) if !is_new => {
            Changes::Own { shown_by: &["projects"], with: &["tenantvariables"] }
        }
        (["projects", _, "deploymentsettings"], _) => Changes::Own { shown_by: &[], with: &[] },
        (["libraryvariablesets"], _) => {
            Changes::Own { shown_by: &["variables", "tenants", "tenantvariables"], with: &[] }
        }
        (["libraryvariablesets", _], _) if !is_new => Changes::Own {
            shown_by: &["variables", "tenants", "tenantvariables"],
            with: &["tenantvariables"],
        },
        (["channels" | "runbooks"] | ["channels" | "runbooks", _], _) => {
            Changes::Own { shown_by: &["projects", "runbookprocesses"], with: &[] }
        }
        (_, "projecttriggers") => Changes::Kinds(&["projecttriggers"]),
        (_, "libraryvariablesets") => {
            Changes::Kinds(&["libraryvariablesets", "variables", "tenants", "tenantvariables"])
        }
        (_, kind) if INSIDE_PROJECTS.contains(&kind) => Changes::Kinds(INSIDE_PROJECTS),
        _ => Changes::Everything,
    }
}
