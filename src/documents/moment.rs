//! Times as the API writes them.

use std::time::{Duration, SystemTime};

/// A moment as the API writes it: `2026-11-24T08:30:00.000+01:00`.
#[must_use]
pub fn instant(text: &str) -> Option<SystemTime> {
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

/// The second of a moment, as the API takes it: `2026-11-24T07:30:00.000+00:00`. Nothing before 1970.
#[must_use]
pub fn text(moment: SystemTime) -> String {
    let seconds = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    // Years from March, in cycles of 400 of them: the leap day comes last.
    let days = days + 719_468;
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let months = (5 * day + 2) / 153;
    let year = cycle * 400 + year;
    let (year, month) = if months < 10 { (year, months + 3) } else { (year + 1, months - 9) };
    let day = day - (153 * months + 2) / 5 + 1;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000+00:00")
}

#[cfg(test)]
mod tests {
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
    fn moments_are_written_as_they_are_read() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(text(at(1_709_208_000)), "2024-02-29T12:00:00.000+00:00");
        // Each day of 150 years, at another time of it.
        for day in 0..54_787 {
            let moment = at(day * 86_400 + day * 7 % 86_400);
            assert_eq!(instant(&text(moment)), Some(moment), "{}", text(moment));
        }
    }
}
