//! The day in Viet Nam. Stored time is UTC; "which day" is decided here.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// UTC+7 without daylight saving, in the whole country since 1975 (domain.md §4.10).
const VIET_NAM: Offset = Offset::constant(7);

/// Local civil time.
pub fn local_time(at: Timestamp) -> DateTime {
    VIET_NAM.to_datetime(at)
}

/// Local day.
pub fn local_date(at: Timestamp) -> Date {
    local_time(at).date()
}

/// Local time that still knows its offset, as documents carry it.
pub fn zoned(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::fixed(VIET_NAM))
}

/// First instant of a local day.
pub fn start_of(day: Date) -> Option<Timestamp> {
    TimeZone::fixed(VIET_NAM).to_timestamp(day.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_17_utc() {
        for (utc, day) in [
            ("2026-11-21T16:59:59Z", "2026-11-21"),
            ("2026-11-21T17:00:00Z", "2026-11-22"),
            ("2026-12-31T17:00:00Z", "2027-01-01"),
        ] {
            let at: Timestamp = utc.parse().unwrap();
            assert_eq!(local_date(at).to_string(), day, "{utc}");
        }
        let day: Date = "2027-01-01".parse().unwrap();
        assert_eq!(start_of(day).unwrap().to_string(), "2026-12-31T17:00:00Z");
    }
}
