//! What several resources say alike: times, words, and fields of a change.

use domain::Instant;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A moment (RFC 3339), in UTC.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-23T04:00:00Z")]
pub(crate) struct Time(pub(crate) Instant);

impl From<Instant> for Time {
    fn from(at: Instant) -> Self {
        Self(at)
    }
}

/// The id of something in a filter: a hyphenated UUID and nothing else.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Id(Uuid);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let id = domain::parse_uuid(&text).map(Self);
        id.ok_or_else(|| D::Error::invalid_value(Unexpected::Other("text"), &"a UUID"))
    }
}

impl From<Id> for Uuid {
    fn from(id: Id) -> Self {
        id.0
    }
}

/// A field of a change that may be left out, but not be null.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A field of a change that may be left out, or be null to clear it.
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Takes over a field of a change, if it was given.
pub(crate) fn set_if_given<T>(field: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *field = value;
    }
}

/// The words of a closed set, as the API document lists them. They mirror an enum of `domain`; the compiler sees to it
/// that none is missing.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $domain:ty { $($word:tt = $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub(crate) enum $name {
            $(#[serde(rename = $word)] $variant,)*
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => Self::$variant,)* }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant,)* }
            }
        }
    };
}
pub(crate) use words;
