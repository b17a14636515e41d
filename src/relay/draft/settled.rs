//! What a server's answer says of a draft: which ids its parts have, which parts it has not taken, and why.

use std::collections::{BTreeMap, HashSet};

use axum::body::Bytes;
use serde_json::Value;

use super::kind::{self, Kind, by_id, id, is_equal, name, parts};
use super::{All, Draft, Key, Refused, merge};
use documents::provisional;

/// The server has the draft: which ids are which, and how it looks there. What its answer does not have was not taken.
pub(super) fn settle(all: &mut All, kind: Kind, draft: &mut Draft, mut answer: Value) {
    let sent = all.ids.document_to_real(&draft.now);
    let mut learnt = BTreeMap::new();
    kind::learn(parts(kind, &sent), parts(kind, &answer), &mut learnt);
    let changed: HashSet<String> = merge::changed(kind, &draft.base, &draft.now).into_iter().collect();
    let there = by_id(parts(kind, &answer));
    let is_missing = |part: &&Value| {
        if id(part).starts_with(provisional::PREFIX) {
            let there = learnt.get(id(part)).and_then(|real| there.get(real.as_str()));
            return !there.is_some_and(|there| !kind.is_of_tenant() || kind::is_as_sent(part, there));
        }
        kind.is_of_tenant()
            && changed.contains(id(part))
            && !there.get(id(part)).is_some_and(|there| kind::is_as_sent(part, there))
    };
    let missing: Vec<String> =
        parts(kind, &sent).iter().filter(is_missing).map(|part| id(part).to_owned()).collect();
    all.ids.learn(learnt);
    refuse(all, kind, (draft, &draft.now), &missing, "the server's answer does not have it");
    // An answer to a write may lack what a read shows. What values a tenant could have is told by the draft: its links may have become more since the
    // values were read.
    let before = if kind.is_values() { Value::clone(&draft.now) } else { draft.base.clone() };
    if let (Some(fields), Some(before)) = (answer.as_object_mut(), before.as_object()) {
        for (name, value) in before {
            fields.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    all.ids.to_provisional(&mut answer);
    draft.base = answer.clone();
    draft.now = answer.into();
    draft.is_assumed = false;
}

/// Whether all parts that were sent are there.
pub(super) fn has_arrived(all: &All, kind: Kind, draft: &Draft, there: &Value) -> bool {
    let changed: HashSet<String> = merge::changed(kind, &draft.base, &draft.now).into_iter().collect();
    let is_new =
        |part: &&Value| id(part).starts_with(provisional::PREFIX) && !all.ids.real.contains_key(id(part));
    let is_changed = |part: &&Value| changed.contains(id(part));
    let (new, others): (Vec<&Value>, Vec<&Value>) =
        parts(kind, &draft.now).iter().filter(is_changed).partition(is_new);
    let real = all.ids.document_to_real(&new.into_iter().cloned().collect());
    let new = real.as_array().map_or(&[][..], Vec::as_slice);
    let mut learnt = BTreeMap::new();
    kind::learn(new, parts(kind, there), &mut learnt);
    // A tenant's link and a value of the older route have no id that the server gives.
    let is_there = |part: &Value| parts(kind, there).iter().any(|other| is_equal(other, part));
    new.iter().all(|part| learnt.contains_key(id(part)))
        && (!matches!(kind, Kind::Tenant | Kind::Values) || others.into_iter().all(is_there))
}

/// Nothing of what Terraform has made or changed was taken.
pub(super) fn give_up(all: &mut All, kind: Kind, draft: &mut Draft, why: &str) {
    let changed = merge::changed(kind, &draft.base, &draft.now);
    refuse(all, kind, (draft, &draft.now), &changed, why);
    draft.now = draft.base.clone().into();
}

/// Notes parts that the server did not take.
pub(super) fn refuse(
    all: &mut All,
    kind: Kind,
    (draft, document): (&Draft, &Value),
    which: &[String],
    why: &str,
) {
    let mut owner = draft.owner().to_owned();
    let is_tenant = |(key, other): &(&Key, &Draft)| key.0 == Kind::Tenant && other.owner() == owner;
    let tenant = all.documents.iter().find(is_tenant).map(|(_, tenant)| tenant);
    let tenant = if kind == Kind::Tenant { Some(draft) } else { tenant.filter(|_| kind.is_of_tenant()) };
    if let Some(tenant) = tenant {
        owner = format!("{owner} {:?}", name(&tenant.now));
    }
    let parts = by_id(parts(kind, document));
    for refused in which {
        let name = parts.get(refused.as_str()).map(|part| name(part)).unwrap_or_default();
        let name = all.projects.get(name).map_or(name, String::as_str);
        let text = format!("{} {name:?} of {owner}: {why}", kind.noun());
        let module = draft.modules.get(refused).unwrap_or(&all.module).clone();
        all.refused.push(Refused { module, text });
    }
}

/// What a server says of what it refuses.
pub(super) fn said(body: &Bytes) -> String {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = answer["Errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut said: Vec<&str> = answer["ErrorMessage"].as_str().into_iter().chain(errors).collect();
    said.dedup();
    if said.is_empty() { "no reason was given".to_owned() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::Method;
    use serde_json::json;

    use super::*;
    use crate::relay::draft::Drafts;
    use crate::relay::request::Request;

    /// The answer to a write does not tell what is missing; what was read before the tenant had its links does not tell it, either.
    #[tokio::test]
    async fn what_was_offered_is_offered_after_it_was_sent() {
        let read = Request::new(Method::GET, "/api/Spaces-1/tenants/Tenants-1/projectvariables");
        let value = |template: &str| json!({"ProjectId": "Projects-1", "TemplateId": template, "Value": "x", "Scope": {"EnvironmentIds": []}});
        let base = json!({"TenantId": "Tenants-1", "Variables": [], "MissingVariables": []});
        let mut now = base.clone();
        now["Variables"] = json!([value("t1")]);
        now["Variables"][0]["Id"] = json!(provisional::id("ab", 1));
        now["MissingVariables"] = json!([value("t1"), value("t2")]);
        let mut draft = Draft {
            read,
            base,
            now: now.into(),
            is_unsent: true,
            is_assumed: false,
            offered: Vec::new(),
            modules: BTreeMap::new(),
        };
        let drafts = Drafts::new("ab".to_owned());
        let mut all = drafts.lock().await;
        let mut answer = json!({"TenantId": "Tenants-1", "Variables": [value("t1")]});
        answer["Variables"][0]["Id"] = json!("TenantVariables-1");
        settle(&mut all, Kind::ProjectValues, &mut draft, answer);
        assert!(all.refused.is_empty());
        assert_eq!(draft.now["MissingVariables"], json!([value("t1"), value("t2")]));
    }
}
