//! Lengths of time as kubectl writes them.
//! It must never look at a clock.

use crate::json::Value;
use jiff::Timestamp;

/// How long ago a time is: `45s`, `3m4s`, `5h`, `2d`, `<unknown>`.
pub fn age(since: &Value, now: Timestamp) -> String {
    let Some(since) = read(since) else { return "<unknown>".into() };
    human(now.as_second().saturating_sub(since.as_second()))
}

/// A time, where the value is one.
pub fn read(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A length in seconds as apimachinery's `HumanDuration` has it.
pub fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |first: i64, unit: &str, rest: i64, small: &str| match rest {
        0 => format!("{first}{unit}"),
        rest => format!("{first}{unit}{rest}{small}"),
    };
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => two(hours / 24, "d", hours % 24, "h"),
        _ if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        _ if hours < 24 * 365 * 8 => two(hours / 24 / 365, "y", (hours / 24) % 365, "d"),
        _ => format!("{}y", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn lengths_are_written_as_kubectl_writes_them() {
        for (seconds, written) in [
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (184, "3m4s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (20_000, "5h33m"),
            (100_000, "27h"),
            (200_000, "2d7h"),
            (800_000, "9d"),
            (70_000_000, "2y80d"),
            (300_000_000, "9y"),
        ] {
            assert_eq!(human(seconds), written, "{seconds}");
        }
    }
}
