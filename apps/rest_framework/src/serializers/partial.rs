//! Partial validation (`partial=True`), as for PATCH.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use super::{Error, Serializer, run};
use crate::data::{Data, Value, from_value};
use crate::error_detail::Detail;
use crate::fields::Context;
use vitamin_framework::timezone::TimeZone;

impl Serializer {
    /// Validates a body in which any field may be absent, and converts it to an app's struct. A required field may be
    /// absent too, and no default is used: an absent field is absent in the result. The fields that are present are
    /// validated as always, and checks of the whole object run with them.
    ///
    /// An `Option` is `None` if its field is absent. A field that may be null is an `Option<Option<T>>` with [`nullable`],
    /// which distinguishes the two:
    ///
    /// ```
    /// use serde::Deserialize;
    /// use vitamin_rest_framework::data::{Data, Value};
    /// use vitamin_rest_framework::fields::{CharField, DateField};
    /// use vitamin_rest_framework::serializers::{Serializer, nullable};
    ///
    /// #[derive(Debug, PartialEq, Deserialize)]
    /// struct Changes {
    ///     title: Option<String>,
    ///     #[serde(default, deserialize_with = "nullable")]
    ///     due: Option<Option<String>>,
    /// }
    ///
    /// let serializer = Serializer::new()
    ///     .field("title", CharField::new())
    ///     .field("due", DateField::new().allow_null());
    /// let absent = Data::Json(Value::Dict([("title".to_owned(), "Tea".into())].into()));
    /// let null = Data::Json(Value::Dict([("due".to_owned(), Value::Null)].into()));
    /// let changes = serializer.validated_partial::<Changes>(&absent);
    /// assert_eq!(changes, Ok(Changes { title: Some("Tea".to_owned()), due: None }));
    /// let changes = serializer.validated_partial::<Changes>(&null);
    /// assert_eq!(changes, Ok(Changes { title: None, due: Some(None) }));
    /// ```
    ///
    /// These are the types that diesel's `AsChangeset` expects: it changes the columns that are not `None`, and
    /// `Some(None)` writes null.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the errors of each field, [`Error::Mismatch`] if the struct does not fit.
    pub fn validated_partial<T: DeserializeOwned>(&self, data: &Data) -> Result<T, Error> {
        self.validated_partial_in(data, &TimeZone::default())
    }

    /// [`validated_partial`](Self::validated_partial) in a time zone other than UTC.
    ///
    /// # Errors
    /// As [`validated_partial`](Self::validated_partial).
    pub fn validated_partial_in<T: DeserializeOwned>(
        &self,
        data: &Data,
        time_zone: &TimeZone,
    ) -> Result<T, Error> {
        from_value(self.run_partial_in(data, time_zone)?).map_err(Error::Mismatch)
    }

    /// Returns the values of the fields that are present, in the order of the serializer's fields.
    ///
    /// # Errors
    /// The errors of each field.
    pub fn run_partial_in(&self, data: &Data, time_zone: &TimeZone) -> Result<Value, Detail> {
        run(self, data, Context::new(time_zone).partial(true))
    }
}

/// Deserializes a field that may be absent, null, or a value: `None`, `Some(None)`, `Some(Some(value))`. The field needs
/// `#[serde(default, deserialize_with = "nullable")]`. Without it, serde makes null the outer `None` too.
///
/// # Errors
/// The deserializer's.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
