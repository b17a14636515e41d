//! Times as the provider takes them.

use crate::convert::model::Zone;

/// A moment as the provider reads it back: one that it reads otherwise is an endless difference.
#[must_use]
pub fn moment(text: &str, zone: Zone) -> String {
    match zone {
        Zone::Left => without_zone(text),
        Zone::Kept => without_fraction(text),
    }
}

/// `2026-01-10T23:00:00.000Z` → `2026-01-10T23:00:00`
fn without_zone(text: &str) -> String {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let text = text.strip_suffix("+00:00").unwrap_or(text);
    match text.split_once('.') {
        Some((seconds, fraction)) if fraction.bytes().all(|digit| digit == b'0') => seconds.to_owned(),
        Some((seconds, fraction)) => format!("{seconds}.{}", fraction.trim_end_matches('0')),
        None => text.to_owned(),
    }
}

/// Whether a moment has an offset of its own: the provider takes times without one and can't read any other.
#[must_use]
pub fn has_offset(text: &str) -> bool {
    without_zone(text).split_once('T').is_some_and(|(_, time)| time.contains(['+', '-']))
}

/// `2026-06-01T08:00:00.000+00:00` → `2026-06-01T08:00:00+00:00`
fn without_fraction(text: &str) -> String {
    let Some((seconds, rest)) = text.split_once('.') else { return text.to_owned() };
    format!("{seconds}{}", rest.trim_start_matches(|letter: char| letter.is_ascii_digit()))
}

/// A .NET `TimeSpan`: `[d.]hh:mm:ss[.fffffff]`.
#[must_use]
pub fn nanoseconds(text: &str) -> Option<u64> {
    let (days, rest) = match text.split_once('.') {
        Some((days, rest)) if rest.contains(':') => (days.parse::<u64>().ok()?, rest),
        _ => (0, text),
    };
    let (clock, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let parts: Vec<u64> = clock.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<9}").parse().ok()?;
    let minutes = days.checked_mul(24)?.checked_add(*hours)?.checked_mul(60)?.checked_add(*minutes)?;
    minutes.checked_mul(60)?.checked_add(*seconds)?.checked_mul(1_000_000_000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_provider_reads_them() {
        let local = |text| moment(text, Zone::Left);
        assert_eq!(local("2026-01-10T23:00:00.000Z"), "2026-01-10T23:00:00");
        assert_eq!(local("2026-01-10T23:00:00.250+00:00"), "2026-01-10T23:00:00.25");
        assert_eq!(local("2026-01-10T23:00:00Z"), "2026-01-10T23:00:00");
        let zoned = |text| moment(text, Zone::Kept);
        assert_eq!(zoned("2031-06-01T08:00:00.000+02:00"), "2031-06-01T08:00:00+02:00");
        assert_eq!(zoned("2031-06-01T08:00:00Z"), "2031-06-01T08:00:00Z");
    }

    #[test]
    fn an_offset_is_seen_and_a_date_is_none() {
        for text in ["2026-03-01T09:00:00+01:00", "2026-03-01T09:00:00.000-05:00"] {
            assert!(has_offset(text), "{text}");
        }
        for text in ["2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000+00:00", "2026-03-01T09:00:00"] {
            assert!(!has_offset(text), "{text}");
        }
    }

    #[test]
    fn time_spans_become_nanoseconds() {
        assert_eq!(nanoseconds("01:30:00"), Some(5_400_000_000_000));
        assert_eq!(nanoseconds("1.00:00:00"), Some(86_400_000_000_000));
        assert_eq!(nanoseconds("00:00:00.1000000"), Some(100_000_000));
        assert_eq!(nanoseconds("10.01:00:00.5"), Some(867_600_500_000_000));
        assert_eq!(nanoseconds("1 day"), None);
        assert_eq!(nanoseconds(""), None);
    }
}
