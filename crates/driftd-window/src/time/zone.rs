//! Time zones of the IANA database, with their summer times.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

const SECOND: i64 = 1_000_000;
/// Further than this no zone is from UTC.
const FARTHEST: i64 = 15 * 3_600 * SECOND;

/// A time zone: how far its clocks are ahead of UTC at any instant. UTC by default.
///
/// Its local times are microseconds since 1970-01-01T00:00 on its clocks. Beyond the calendar's years, a quarter of a
/// million in both directions, every zone is UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

/// A text that names no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no time zone: {remedy}")]
pub struct BadZone {
    text: String,
    remedy: String,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Its name in the IANA database.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether it is UTC by name; other zones may agree with it all the same.
    #[must_use]
    pub fn is_utc(self) -> bool {
        self == Self::UTC
    }

    /// How far its clocks are ahead at an instant, in microseconds; negative west of Greenwich.
    #[must_use]
    pub fn offset_at(self, instant: i64) -> i64 {
        if self.is_utc() {
            return 0;
        }
        let Some(at) = calendar(instant) else { return 0 };
        i64::from(self.0.offset_from_utc_datetime(&at).fix().local_minus_utc()) * SECOND
    }

    /// The local time at an instant.
    #[must_use]
    pub fn local_at(self, instant: i64) -> i64 {
        instant.saturating_add(self.offset_at(instant))
    }

    /// The instant that somebody means by a local time.
    ///
    /// Where clocks go back and show it twice it is the first of the two; where they go forward and skip it, it is
    /// counted on from before: half an hour into the gap is half an hour after it. Either way the offset from before the
    /// change holds, as ISO calendars of other languages have it.
    #[must_use]
    pub fn instant_of(self, local: i64) -> i64 {
        if self.is_utc() {
            return local;
        }
        match self.offset_of(local) {
            LocalOffset::Known(offset) => local.saturating_sub(offset),
            LocalOffset::Skipped => {
                local.saturating_sub(self.offset_at(self.first_instant_of(local).saturating_sub(1)))
            }
        }
    }

    /// The first instant at which its clocks show `local` or later: a day whose midnight is skipped begins where the gap
    /// ends. Later local times never have earlier instants.
    #[must_use]
    pub fn first_instant_of(self, local: i64) -> i64 {
        if self.is_utc() {
            return local;
        }
        if let LocalOffset::Known(offset) = self.offset_of(local) {
            return local.saturating_sub(offset);
        }
        // In a gap: it is where the local time jumps over this one.
        let (mut before, mut from) = (local.saturating_sub(FARTHEST), local.saturating_add(FARTHEST));
        while from - before > 1 {
            let middle = before + (from - before) / 2;
            if self.local_at(middle) >= local { from = middle } else { before = middle }
        }
        from
    }

    fn offset_of(self, local: i64) -> LocalOffset {
        let Some(at) = calendar(local) else { return LocalOffset::Known(0) };
        match self.0.offset_from_local_datetime(&at).earliest() {
            Some(offset) => LocalOffset::Known(i64::from(offset.fix().local_minus_utc()) * SECOND),
            None => LocalOffset::Skipped,
        }
    }
}

/// The offset of a local time.
enum LocalOffset {
    /// In microseconds; the one before a change where clocks show the time twice.
    Known(i64),
    /// No clock shows it.
    Skipped,
}

/// Microseconds since 1970 as the calendar has them.
fn calendar(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc())
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Zone {
    type Err = BadZone;

    fn from_str(text: &str) -> Result<Self, BadZone> {
        let text = text.trim();
        if let Ok(zone) = text.parse() {
            return Ok(Self(zone));
        }
        if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text)) {
            return Ok(Self(*zone));
        }
        let is_meant = |zone: &&Tz| {
            let (_, city) = zone.name().rsplit_once('/').unwrap_or_default();
            !city.is_empty() && city.eq_ignore_ascii_case(&text.replace(' ', "_"))
        };
        let remedy = match TZ_VARIANTS.iter().find(is_meant) {
            Some(zone) => format!("write {:?}", zone.name()),
            None => "write a name of the IANA database, such as \"Europe/Berlin\", or \"UTC\"".to_owned(),
        };
        Err(BadZone { text: text.to_owned(), remedy })
    }
}

impl TryFrom<String> for Zone {
    type Error = BadZone;

    fn try_from(text: String) -> Result<Self, BadZone> {
        text.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

text_schema!(Zone, { "type": "string" });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::EventTime;

    fn micros(text: &str) -> i64 {
        text.parse::<EventTime>().unwrap().as_micros()
    }

    fn shown(instant: i64) -> String {
        EventTime::from_micros(instant).to_string()
    }

    #[test]
    fn local_times_around_summer_time() {
        // (zone, local time, the instant that is meant, the first instant at which clocks show it or later)
        for (zone, local, meant, first) in [
            ("Europe/Berlin", "2024-03-04T10:15:00", "2024-03-04T09:15:00Z", "2024-03-04T09:15:00Z"),
            ("Europe/Berlin", "2024-07-04T10:15:00", "2024-07-04T08:15:00Z", "2024-07-04T08:15:00Z"),
            // Clocks go from 02:00 to 03:00.
            ("Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T01:30:00Z", "2024-03-31T01:00:00Z"),
            ("Europe/Berlin", "2024-03-31T03:00:00", "2024-03-31T01:00:00Z", "2024-03-31T01:00:00Z"),
            // They go back from 03:00 to 02:00, and show 02:30 twice.
            ("Europe/Berlin", "2024-10-27T02:30:00", "2024-10-27T00:30:00Z", "2024-10-27T00:30:00Z"),
            ("Europe/Berlin", "2024-10-27T03:00:00", "2024-10-27T02:00:00Z", "2024-10-27T02:00:00Z"),
            // No midnight, two midnights, no day at all.
            ("America/Havana", "2024-03-10T00:00:00", "2024-03-10T05:00:00Z", "2024-03-10T05:00:00Z"),
            ("America/Havana", "2024-11-03T00:00:00", "2024-11-03T04:00:00Z", "2024-11-03T04:00:00Z"),
            ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", "2011-12-30T10:00:00Z"),
            ("Asia/Kathmandu", "2024-03-04T05:45:00", "2024-03-04T00:00:00Z", "2024-03-04T00:00:00Z"),
        ] {
            let (name, local) = (zone, micros(local));
            let zone: Zone = zone.parse().unwrap();
            assert_eq!(shown(zone.instant_of(local)), meant, "{name} {}", shown(local));
            assert_eq!(shown(zone.first_instant_of(local)), first, "{name} {}", shown(local));
        }
    }

    #[test]
    fn a_zone_is_a_name_of_the_database() {
        assert_eq!("Europe/Berlin".parse::<Zone>().unwrap().to_string(), "Europe/Berlin");
        assert_eq!("america/new_york".parse::<Zone>().unwrap().name(), "America/New_York");
        assert_eq!("UTC".parse::<Zone>().unwrap(), Zone::default());
        let wrong = |text: &str| text.parse::<Zone>().unwrap_err().to_string();
        assert_eq!(wrong("Berlin"), "\"Berlin\" is no time zone: write \"Europe/Berlin\"");
        assert_eq!(wrong("new york"), "\"new york\" is no time zone: write \"America/New_York\"");
        let unknown = "is no time zone: write a name of the IANA database, such as \"Europe/Berlin\", or \"UTC\"";
        assert_eq!(wrong("CEST"), format!("\"CEST\" {unknown}"));
        assert_eq!(wrong("+02:00"), format!("\"+02:00\" {unknown}"));
    }

    fn zones() -> impl Strategy<Value = Zone> {
        prop::sample::select(TZ_VARIANTS.to_vec()).prop_map(Zone)
    }

    proptest! {
        #[test]
        fn later_local_times_have_later_instants(
            zone in zones(),
            // 1970 to 2100.
            local in 0_i64..4_102_444_800_000_000,
            later in 0_i64..200_000_000_000,
        ) {
            let first = zone.first_instant_of(local);
            prop_assert!(zone.local_at(first) >= local);
            prop_assert!(zone.local_at(first - 1) < local);
            prop_assert!(zone.first_instant_of(local + later) >= first);
            let meant = zone.instant_of(local);
            prop_assert!(zone.local_at(meant) == local || meant > first, "shown, or skipped and after the gap");
        }

        #[test]
        fn no_instant_is_beyond_it(zone in zones(), at in any::<i64>()) {
            let _ = (zone.local_at(at), zone.instant_of(at), zone.first_instant_of(at));
        }
    }
}
