//! Durations as people read them.
//! It must never know what took the time.

/// A time that was measured: `0.1s`, `41.2s`, `3m 2s`, `1h 4m`. What is cut off is never rounded up.
pub fn took(ms: u64) -> String {
    match ms / 1000 {
        0..60 => format!("{}.{}s", ms / 1000, ms % 1000 / 100),
        seconds @ 60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        seconds => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A time that somebody set: `500ms`, `2.5s`, `30s`, `3m`, `1h 30m`; exact but for what is shorter than a second in minutes and hours.
pub(super) fn set(ms: u64) -> String {
    match ms {
        1..1000 => format!("{ms}ms"),
        1000..60_000 if ms % 1000 >= 100 => took(ms),
        _ => whole(ms),
    }
}

/// A time that is still running, in whole seconds: `0s`, `12s`, `3m`, `3m 2s`, `1h 4m 5s`.
pub(super) fn whole(ms: u64) -> String {
    let seconds = ms / 1000;
    let parts = [(seconds / 3600, "h"), (seconds % 3600 / 60, "m"), (seconds % 60, "s")];
    let shown: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let measured = [
            (0, "0.0s"),
            (149, "0.1s"),
            (41_250, "41.2s"),
            (59_999, "59.9s"),
            (60_000, "1m 0s"),
            (182_000, "3m 2s"),
        ];
        for (ms, text) in measured {
            assert_eq!(took(ms), text);
        }
        assert_eq!(took(3_840_000), "1h 4m");
        assert_eq!(took(u64::MAX), "5124095576030h 25m");
        for (ms, text) in [
            (0, "0s"),
            (500, "500ms"),
            (2_500, "2.5s"),
            (30_000, "30s"),
            (180_000, "3m"),
            (5_400_000, "1h 30m"),
        ] {
            assert_eq!(set(ms), text);
        }
        for (ms, text) in [(999, "0s"), (12_700, "12s"), (182_000, "3m 2s"), (3_845_000, "1h 4m 5s")] {
            assert_eq!(whole(ms), text);
        }
    }
}
