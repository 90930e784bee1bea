//! Parts of dates and times, as numbers (`Extract` of `django/db/models/functions/datetime.py`).

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::dialect::Dialect;
use super::operand::Operand;
use super::parameter::Parameter;

/// A part of a date, a time or a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// The year.
    Year,
    /// The year of the ISO 8601 week.
    IsoYear,
    /// The quarter, from 1 to 4.
    Quarter,
    /// The month, from 1 to 12.
    Month,
    /// The ISO 8601 week, from 1 to 53.
    Week,
    /// The day of the week, from 1 (Sunday) to 7 (Saturday).
    WeekDay,
    /// The day of the week, from 1 (Monday) to 7 (Sunday).
    IsoWeekDay,
    /// The day of the month.
    Day,
    /// The hour.
    Hour,
    /// The minute.
    Minute,
    /// The second, without fractions.
    Second,
}

impl DatePart {
    /// The part of this name in Django's lookups, such as `week_day`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "iso_year" => Self::IsoYear,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "week_day" => Self::WeekDay,
            "iso_week_day" => Self::IsoWeekDay,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            _ => return None,
        })
    }

    /// What is before and after the value, in SQL.
    const fn sql(self, is_postgres: bool) -> (&'static str, &'static str) {
        if is_postgres {
            return match self {
                Self::Year => ("EXTRACT(YEAR FROM ", ")"),
                Self::IsoYear => ("EXTRACT(ISOYEAR FROM ", ")"),
                Self::Quarter => ("EXTRACT(QUARTER FROM ", ")"),
                Self::Month => ("EXTRACT(MONTH FROM ", ")"),
                Self::Week => ("EXTRACT(WEEK FROM ", ")"),
                Self::WeekDay => ("(EXTRACT(DOW FROM ", ") + 1)"),
                Self::IsoWeekDay => ("EXTRACT(ISODOW FROM ", ")"),
                Self::Day => ("EXTRACT(DAY FROM ", ")"),
                Self::Hour => ("EXTRACT(HOUR FROM ", ")"),
                Self::Minute => ("EXTRACT(MINUTE FROM ", ")"),
                Self::Second => ("FLOOR(EXTRACT(SECOND FROM ", "))"),
            };
        }
        match self {
            Self::Year => ("CAST(strftime('%Y', ", ") AS INTEGER)"),
            Self::IsoYear => ("CAST(strftime('%G', ", ") AS INTEGER)"),
            Self::Quarter => ("((CAST(strftime('%m', ", ") AS INTEGER) + 2) / 3)"),
            Self::Month => ("CAST(strftime('%m', ", ") AS INTEGER)"),
            Self::Week => ("CAST(strftime('%V', ", ") AS INTEGER)"),
            Self::WeekDay => ("(CAST(strftime('%w', ", ") AS INTEGER) + 1)"),
            Self::IsoWeekDay => ("CAST(strftime('%u', ", ") AS INTEGER)"),
            Self::Day => ("CAST(strftime('%d', ", ") AS INTEGER)"),
            Self::Hour => ("CAST(strftime('%H', ", ") AS INTEGER)"),
            Self::Minute => ("CAST(strftime('%M', ", ") AS INTEGER)"),
            Self::Second => ("CAST(strftime('%S', ", ") AS INTEGER)"),
        }
    }
}

/// A part of a value, as an operand.
#[derive(Clone)]
pub(crate) struct PartOf {
    pub(super) part: DatePart,
    pub(super) value: Operand,
    /// The name of the time zone of a moment that is stored in UTC. `None`: the value is taken as it is.
    pub(super) zone: Option<Parameter>,
}

impl PartOf {
    pub(super) fn walk<'b, DB: Dialect>(
        &'b self,
        pass: &mut AstPass<'_, 'b, DB>,
        table: &'static str,
    ) -> QueryResult<()> {
        let (before, after) = self.part.sql(DB::IS_POSTGRES);
        pass.push_sql(before);
        match &self.zone {
            None => self.value.walk(pass, table)?,
            Some(zone) => {
                // The function is defined by database/sqlite/local_time.rs.
                let (before, between, after) =
                    if DB::IS_POSTGRES { ("", " AT TIME ZONE ", "") } else { ("vitamin_local(", ", ", ")") };
                pass.push_sql(before);
                self.value.walk(pass, table)?;
                pass.push_sql(between);
                DB::parameter(zone, pass.reborrow())?;
                pass.push_sql(after);
            }
        }
        pass.push_sql(after);
        Ok(())
    }
}
