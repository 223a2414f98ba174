//! Times in files: seconds or milliseconds since 1970, or a text in the format of RFC 3339.

use crate::store::Instant;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// A time in a file. `None` if it is unknown or invalid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time(pub Option<Instant>);

/// The number from which on a time is in milliseconds. In seconds, it is in the year 5138.
const MILLISECONDS: f64 = 1e11;

impl Time {
    fn of_number(number: f64) -> Self {
        let micros = if number >= MILLISECONDS { number * 1e3 } else { number * 1e6 };
        // The conversion saturates. A number of 0 stands for an unknown time.
        Self(Instant::from_client_micros(micros as i64).filter(|at| at.0 > 0))
    }

    fn of_text(text: &str) -> Self {
        let time = chrono::DateTime::parse_from_rfc3339(text).ok();
        Self(time.and_then(|time| Instant::from_client_micros(time.timestamp_micros())))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl<'de> Visitor<'de> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Time, E> {
        Ok(Time::of_number(number as f64))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Time, E> {
        Ok(Time::of_number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Time, E> {
        Ok(Time::of_number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        Ok(Time::of_text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Time, E> {
        Ok(Time(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Time, E> {
        Ok(Time(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Time, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Time(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Time, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Time(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let read = |json: &str| serde_json::from_str::<Time>(json).unwrap().0.map(|at| at.0);
        assert_eq!(read("1700000000.25"), Some(1_700_000_000_250_000));
        assert_eq!(read("1700000000"), Some(1_700_000_000_000_000));
        assert_eq!(read("1700000000250"), Some(1_700_000_000_250_000));
        assert_eq!(read("\"2023-11-14T22:13:20.25Z\""), Some(1_700_000_000_250_000));
        for invalid in ["-5", "0", "1e300", "null", "\"yesterday\"", "\"\"", "true", "{\"a\":1}", "[1]"] {
            assert_eq!(read(invalid), None, "{invalid}");
        }
    }
}
