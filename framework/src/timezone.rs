//! `TIME_ZONE` and `USE_TZ` (django/utils/timezone.py): the local time at a moment.
//!
//! Zone rules come from the system's `zoneinfo`, as in Python, or from the program's own copy if there is none.

use std::fmt;

use chrono::{Datelike as _, NaiveDateTime, SubsecRound as _, TimeDelta, Timelike as _, Utc};
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, civil};

use super::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("TIME_ZONE", "A name of the IANA time zone database. Set it as in your Django project.")
        .default("UTC"),
    Setting::new(
        "USE_TZ",
        "Set it as in your Django project. `false`: times in SQLite are local times of `TIME_ZONE`.",
    )
    .default("true"),
];

/// The project's time zone, and whether times are aware of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone {
    zone: jiff::tz::TimeZone,
    use_tz: bool,
}

impl TimeZone {
    /// Reads `TIME_ZONE` (a name of the IANA database, default `UTC`) and `USE_TZ` (default true). Both must be Django's.
    ///
    /// # Errors
    /// An unknown zone name, or a `USE_TZ` that is not a boolean.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Self::new(env.text("TIME_ZONE").unwrap_or("UTC"), env.flag("USE_TZ", true)?)
    }

    /// Returns the zone with this name.
    ///
    /// # Errors
    /// An unknown zone name.
    pub fn new(name: &str, use_tz: bool) -> Result<Self, ImproperlyConfigured> {
        // jiff would first list all zones of the system and keep the list: 130 KB and a millisecond, avoided for the
        // default.
        if name == "UTC" {
            return Ok(Self { use_tz, ..Self::default() });
        }
        match jiff::tz::TimeZone::get(name) {
            // jiff maps `Etc/Unknown` to UTC; Django rejects it.
            Ok(zone) if !zone.is_unknown() => Ok(Self { zone, use_tz }),
            _ => Err(ImproperlyConfigured::new(format!(
                "TIME_ZONE: '{name}' is not a time zone of the IANA database, such as Europe/Berlin."
            ))),
        }
    }

    /// The zone's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Returns `USE_TZ`: whether stored times are moments instead of local times.
    #[must_use]
    pub fn use_tz(&self) -> bool {
        self.use_tz
    }

    /// `timezone.now()` as Django writes it to a column without a time zone: in UTC, or in local time without `USE_TZ`.
    /// Microsecond precision.
    #[must_use]
    pub fn now(&self) -> NaiveDateTime {
        let utc = Utc::now().naive_utc().trunc_subsecs(6);
        let offset = if self.use_tz { TimeDelta::zero() } else { self.offset_at(utc) };
        utc + offset
    }

    /// Returns the zone's offset from UTC at a moment given in UTC.
    #[must_use]
    pub fn offset_at(&self, utc: NaiveDateTime) -> TimeDelta {
        TimeDelta::seconds(self.zone.to_offset(moment(utc)).seconds().into())
    }

    /// Returns the zone's name at a moment given in UTC, such as `CET` (`datetime.tzname()`).
    #[must_use]
    pub fn abbreviation_at(&self, utc: NaiveDateTime) -> String {
        self.zone.to_offset_info(moment(utc)).abbreviation().to_owned()
    }

    /// Returns the zone's offset from UTC at a local time. An ambiguous time counts as the first of the two; a skipped
    /// one uses the offset before the gap (`fold=0` in Python).
    ///
    /// `None` if the year is outside Python's range.
    #[must_use]
    pub fn offset_of_local(&self, local: NaiveDateTime) -> Option<TimeDelta> {
        let offset = match self.offsets_of_local(local)? {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
        };
        Some(TimeDelta::seconds(offset.seconds().into()))
    }

    /// Returns whether a change of the offset skips or repeats a local time (`_datetime_ambiguous_or_imaginary` of
    /// django/utils/timezone.py).
    #[must_use]
    pub fn is_ambiguous_or_imaginary(&self, local: NaiveDateTime) -> bool {
        matches!(
            self.offsets_of_local(local),
            Some(AmbiguousOffset::Gap { .. } | AmbiguousOffset::Fold { .. })
        )
    }

    /// `None` if the year is outside Python's range.
    fn offsets_of_local(&self, local: NaiveDateTime) -> Option<AmbiguousOffset> {
        let year = i16::try_from(local.year()).ok().filter(|year| (1..=9999).contains(year))?;
        let part = |value: u32| i8::try_from(value).ok();
        let local = civil::DateTime::new(
            year,
            part(local.month())?,
            part(local.day())?,
            part(local.hour())?,
            part(local.minute())?,
            part(local.second())?,
            0,
        );
        Some(self.zone.to_ambiguous_timestamp(local.ok()?).offset())
    }
}

fn moment(utc: NaiveDateTime) -> Timestamp {
    // Moments outside jiff's range are at least two days before or after any supported year.
    let seconds = utc.and_utc().timestamp();
    let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds).unwrap_or_default()
}

impl Default for TimeZone {
    /// UTC, with `USE_TZ`.
    fn default() -> Self {
        Self { zone: jiff::tz::TimeZone::UTC, use_tz: true }
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeZone({}, use_tz: {})", self.name(), self.use_tz)
    }
}

/// `datetime.isoformat()` with `Z` for UTC, as Django REST framework writes it; `offset` is `None` for a naive time.
#[must_use]
pub fn isoformat(local: NaiveDateTime, offset: Option<TimeDelta>) -> String {
    let format = if local.nanosecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
    let offset = match offset.map(|offset| offset.num_seconds()) {
        None => String::new(),
        Some(0) => "Z".to_owned(),
        Some(seconds) => {
            let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
            let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
            let seconds = if seconds == 0 { String::new() } else { format!(":{seconds:02}") };
            format!("{sign}{hours:02}:{minutes:02}{seconds}")
        }
    };
    format!("{}{offset}", local.format(format))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn unknown_zone_names_are_rejected() {
        let zone = |name: &str, use_tz: &str| {
            TimeZone::from_env(&Env::from_iter([("TIME_ZONE", name), ("USE_TZ", use_tz)]))
        };
        assert_eq!(zone("", "").unwrap(), TimeZone::default());
        assert_eq!(TimeZone::default().zone, jiff::tz::TimeZone::get("UTC").unwrap());
        assert_eq!(
            format!("{:?}", zone("Europe/Berlin", "no").unwrap()),
            "TimeZone(Europe/Berlin, use_tz: false)"
        );
        for name in ["Berlin", "../Europe/Berlin", "+01:00", "Etc/Unknown"] {
            let error = zone(name, "").unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "TIME_ZONE: '{name}' is not a time zone of the IANA database, such as Europe/Berlin."
                )
            );
        }
    }

    #[test]
    fn now_is_local_only_without_use_tz() {
        // Kolkata has no summer time.
        let kolkata = |use_tz| TimeZone::new("Asia/Kolkata", use_tz).unwrap();
        let (utc, naive) = (kolkata(true).now(), kolkata(false).now());
        let difference = naive - utc - TimeDelta::minutes(330);
        assert!((TimeDelta::zero()..TimeDelta::minutes(1)).contains(&difference), "{difference}");
    }

    proptest::proptest! {
        /// Converting to local time and back gives the moment, except for the second of two ambiguous hours.
        #[test]
        fn conversions_round_trip(seconds in -2_000_000_000_i64..6_000_000_000, name in "Europe/Berlin|America/St_Johns|Australia/Lord_Howe") {
            let zone = TimeZone::new(&name, true).unwrap();
            let utc = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let offset = zone.offset_at(utc);
            let back = zone.offset_of_local(utc + offset).unwrap();
            if back != offset {
                // The local time occurred before, earlier by the amount that the clock was set back.
                let first = utc + offset - back;
                proptest::prop_assert!(back > offset && zone.offset_at(first) == back);
            }
        }
    }

    #[test]
    fn skipped_and_repeated_times_are_known() {
        let berlin = TimeZone::new("Europe/Berlin", true).unwrap();
        let at = |text: &str| berlin.is_ambiguous_or_imaginary(text.parse().unwrap());
        assert!(at("2025-03-30T02:30:00") && at("2025-10-26T02:30:00"));
        assert!(!at("2025-03-30T03:00:00") && !at("2025-10-26T03:00:00"));
    }

    #[test]
    fn every_python_year_has_an_offset() {
        let day = |year| NaiveDate::from_ymd_opt(year, 12, 31).unwrap().and_hms_opt(23, 59, 59).unwrap();
        let zone = TimeZone::new("Pacific/Kiritimati", true).unwrap();
        assert_eq!(zone.offset_at(day(9999)), TimeDelta::hours(14));
        assert_eq!(zone.offset_of_local(day(9999)), Some(TimeDelta::hours(14)));
        assert!(zone.offset_of_local(day(1)).is_some());
        assert_eq!((zone.offset_of_local(day(0)), zone.offset_of_local(day(10000))), (None, None));
    }
}
