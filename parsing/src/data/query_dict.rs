//! A form: Django's `QueryDict` and `MultiValueDict` (django/utils/datastructures.py).

use std::fmt;

use indexmap::IndexMap;
use zeroize::Zeroize;

use super::Value;

/// The fields of a form in order, each with all of its values.
#[derive(Clone, Default, PartialEq)]
pub struct QueryDict(IndexMap<String, Vec<Value>>);

impl QueryDict {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value to a key.
    pub fn append(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.entry(key.into()).or_default().push(value.into());
    }

    /// Adds all values of another form, as the files of a multipart form are added to its fields.
    pub fn update(&mut self, other: Self) {
        for (key, values) in other.0 {
            self.0.entry(key).or_default().extend(values);
        }
    }

    /// Replaces all the values of a key.
    pub fn set_list(&mut self, key: impl Into<String>, values: Vec<Value>) {
        self.0.insert(key.into(), values);
    }

    /// Removes a key with all its values.
    pub fn remove(&mut self, key: &str) {
        self.0.shift_remove(key);
    }

    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)?.last()
    }

    /// All values of a key, in order. Empty if the key is missing.
    pub fn get_list(&self, key: &str) -> &[Value] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether the form has the key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The number of different keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the form has no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each key with its last value, in the order in which the keys first appear.
    pub fn items(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter_map(|(key, values)| Some((key.as_str(), values.last()?)))
    }

    /// Each key with all its values.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.0.iter().map(|(key, values)| (key.as_str(), values.as_slice()))
    }
}

/// Overwrites the texts of all values.
impl Zeroize for QueryDict {
    fn zeroize(&mut self) {
        self.0.values_mut().flatten().for_each(Value::zeroize);
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for QueryDict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut form = Self::new();
        for (key, value) in pairs {
            form.append(key, value);
        }
        form
    }
}

impl fmt::Debug for QueryDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}
