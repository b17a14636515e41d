//! Durations: nanoseconds in Terraform, .NET time spans in the API.

/// The text the official client sends: whole days as `dd.hh:mm:ss`, a fraction with five digits.
#[must_use]
pub fn write(nanoseconds: i64) -> String {
    let (seconds, fraction) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    let mut text = if days > 0 { format!("{days:02}.") } else { String::new() };
    text += &format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        text += &format!(".{:05}", fraction / 10_000);
    }
    text
}

/// What the official client reads. It only knows `hh:mm:ss`: days and fractions come out as 0, an endless difference.
#[must_use]
pub fn read(text: &str) -> i64 {
    let numbers: Option<Vec<i64>> = text.split(':').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([hours, minutes, seconds]) => (hours * 3600 + minutes * 60 + seconds) * 1_000_000_000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        assert_eq!(write(90_000_000_000), "00:01:30");
        assert_eq!(write(86_400_000_000_000), "01.00:00:00");
        assert_eq!(write(100_000_000), "00:00:00.10000");
        assert_eq!(read("01:30:00"), 5_400_000_000_000);
        assert_eq!(read("1.00:00:00"), 0);
    }
}
