//! Freezes: they belong to the server, and their list has a shape of its own: `{"DeploymentFreezes": […], "Count": n}`.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::failure::Failure;
use crate::octopus::client::Client;

const TAKE: usize = 1000;

/// All of the server's freezes.
///
/// # Errors
/// When the list can't be read whole.
pub async fn list(client: &Client) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    loop {
        let path = format!("/api/deploymentfreezes?skip={}&take={TAKE}", found.len());
        let mut answer = client.get(&path).await?;
        let count = answer.get("Count").or_else(|| answer.get("TotalResults")).and_then(Value::as_u64);
        let list =
            ["DeploymentFreezes", "Items"].into_iter().find_map(|name| answer.get_mut(name).map(Value::take));
        let Some(Value::Array(items)) = list else {
            return Err(Failure::failed(
                "/api/deploymentfreezes answered something else than a list of freezes",
            ));
        };
        let page = items.len();
        found.extend(items);
        let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(found.len());
        if found.len() >= count {
            return Ok(found);
        }
        if page == 0 {
            let message =
                format!("/api/deploymentfreezes says it has {count} freezes and gives {}", found.len());
            return Err(Failure::failed(message));
        }
    }
}

/// Whether a freeze holds up runs of a project for a tenant in an environment (their ids) at that time.
///
/// Assumption: recurring freezes say by `Start` and `End` only when they began; the server refuses the run of those.
#[must_use]
pub fn holds(freeze: &Value, (project, tenant, environment): (&str, &str, &str), now: SystemTime) -> bool {
    let moment = |field: &str| freeze[field].as_str().and_then(instant);
    let (Some(start), Some(end)) = (moment("Start"), moment("End")) else { return false };
    if now < start || now > end {
        return false;
    }
    let environments = freeze["ProjectEnvironmentScope"][project].as_array();
    environments.is_some_and(|ids| ids.is_empty() || ids.iter().any(|id| id == environment))
        || freeze["TenantProjectEnvironmentScope"].as_array().into_iter().flatten().any(|scope| {
            scope["TenantId"] == tenant
                && scope["ProjectId"] == project
                && scope["EnvironmentId"] == environment
        })
}

/// A moment as the API writes it: `2026-11-24T08:30:00.000+01:00`.
pub(crate) fn instant(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone);
    let mut clock = clock.splitn(3, ':').map(|part| part.split('.').next()?.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next().flatten().unwrap_or(0));
    let offset = match zone.strip_prefix(['+', '-']) {
        Some(offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        None => 0,
    };
    // Days since 1970 by counting years from March, so that the leap day comes last.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1 - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read() {
        let seconds = |text: &str| {
            instant(text)
                .and_then(|moment| moment.duration_since(SystemTime::UNIX_EPOCH).ok())
                .map(|since| since.as_secs())
        };
        assert_eq!(seconds("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(seconds("2024-02-29T12:00:00+00:00"), Some(1_709_208_000));
        assert_eq!(seconds("2026-11-24T08:30:00.000+01:00"), Some(1_795_505_400));
        assert_eq!(seconds("2026-11-24T02:30:00-05:00"), Some(1_795_505_400));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn a_freeze_holds_within_its_time_and_scope() {
        let mut freeze = json!({"Start": "2026-11-24T00:00:00Z", "End": "2026-11-25T00:00:00Z", "ProjectEnvironmentScope": {"P": ["E"]},
            "TenantProjectEnvironmentScope": [{"TenantId": "T", "ProjectId": "Q", "EnvironmentId": "E"}]});
        let now = instant("2026-11-24T12:00:00Z").unwrap();
        assert!(holds(&freeze, ("P", "T", "E"), now) && holds(&freeze, ("Q", "T", "E"), now));
        assert!(!holds(&freeze, ("P", "T", "F"), now) && !holds(&freeze, ("Q", "U", "E"), now));
        freeze["End"] = json!("2026-11-24T01:00:00Z");
        assert!(!holds(&freeze, ("P", "T", "E"), now));
    }
}
