//! Values made of what the program has: conversions, comparisons, and a macro that writes JSON.

use super::{List, Map, Number, Text, Value};
use std::borrow::Cow;

/// What can be written as JSON.
pub trait ToJson {
    /// The value; of a [`Value`] the same one again.
    fn to_json(&self) -> Value;
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToJson::to_json)
    }
}

impl<T: ToJson> ToJson for [T] {
    fn to_json(&self) -> Value {
        self.iter().map(ToJson::to_json).collect()
    }
}

impl<T: ToJson, const N: usize> ToJson for [T; N] {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

impl ToJson for Value {
    fn to_json(&self) -> Value {
        self.clone()
    }
}

impl ToJson for List {
    fn to_json(&self) -> Value {
        Value::Array(self.clone())
    }
}

impl<T: ToJson> ToJson for std::collections::BTreeSet<T> {
    fn to_json(&self) -> Value {
        self.iter().map(ToJson::to_json).collect()
    }
}

impl<T: ToJson> ToJson for std::collections::BTreeMap<String, T> {
    fn to_json(&self) -> Value {
        Value::Object(self.iter().map(|(key, value)| (key, value.to_json())).collect())
    }
}

impl ToJson for Map {
    fn to_json(&self) -> Value {
        self.clone().into()
    }
}

macro_rules! texts {
    ($($sort:ty),*) => { $(
        impl From<$sort> for Value {
            fn from(text: $sort) -> Value {
                Value::String(text.into())
            }
        }
    )* };
}

texts!(&str, String, &String, Text, &Text, Cow<'_, str>);

macro_rules! written {
    ($($sort:ty),*) => { $(
        impl ToJson for $sort {
            fn to_json(&self) -> Value {
                Value::String(self.into())
            }
        }

        impl PartialEq<$sort> for Value {
            fn eq(&self, other: &$sort) -> bool {
                self.as_str() == Some(other)
            }
        }
    )* };
}

written!(str, String, Text);

impl ToJson for Cow<'_, str> {
    fn to_json(&self) -> Value {
        self.as_ref().to_json()
    }
}

macro_rules! plain {
    ($($sort:ty => $wide:ty),*) => { $(
        impl From<$sort> for Value {
            fn from(number: $sort) -> Value {
                Value::Number(Number::from(number))
            }
        }

        impl ToJson for $sort {
            fn to_json(&self) -> Value {
                (*self).into()
            }
        }

        impl PartialEq<$sort> for Value {
            fn eq(&self, other: &$sort) -> bool {
                self.as_number().is_some_and(|number| <$wide>::try_from(*other).is_ok_and(|other| *number == Number::from(other)))
            }
        }

        impl PartialEq<$sort> for &Value {
            fn eq(&self, other: &$sort) -> bool {
                **self == *other
            }
        }
    )* };
}

plain!(u8 => u64, u16 => u64, u32 => u64, u64 => u64, usize => u64, i32 => i64, i64 => i64);

impl From<f64> for Value {
    /// The number; `null` if it is none.
    fn from(number: f64) -> Value {
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

impl ToJson for f64 {
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Value::Number(number)
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Value {
        value.clone()
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Value {
        Value::Object(map)
    }
}

impl From<&Map> for Value {
    fn from(map: &Map) -> Value {
        map.clone().into()
    }
}

impl From<()> for Value {
    fn from((): ()) -> Value {
        Value::Null
    }
}

impl From<List> for Value {
    fn from(items: List) -> Value {
        Value::Array(items)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Value {
        items.into_iter().collect()
    }
}

impl<T: Into<Value> + Clone> From<&[T]> for Value {
    fn from(items: &[T]) -> Value {
        items.iter().cloned().collect()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Value {
        Value::Array(items.into_iter().map(Into::into).collect())
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl PartialEq<str> for &Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl PartialEq<bool> for &Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

/// Writes JSON as JSON; what stands in the place of a value or, in parentheses, of a key is an expression of [`ToJson`].
#[doc(hidden)]
#[macro_export]
macro_rules! shared_json {
    (@items [$($items:expr),*]) => {
        vec![$($items),*]
    };
    (@items [$($items:expr),*] null $(, $($rest:tt)*)?) => {
        $crate::json::json!(@items [$($items,)* $crate::json::Value::Null] $($($rest)*)?)
    };
    (@items [$($items:expr),*] [$($list:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json::json!(@items [$($items,)* $crate::json::json!([$($list)*])] $($($rest)*)?)
    };
    (@items [$($items:expr),*] {$($map:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json::json!(@items [$($items,)* $crate::json::json!({$($map)*})] $($($rest)*)?)
    };
    (@items [$($items:expr),*] $item:expr $(, $($rest:tt)*)?) => {
        $crate::json::json!(@items [$($items,)* $crate::json::json!($item)] $($($rest)*)?)
    };

    (@entries $map:ident) => {};
    (@entries $map:ident $key:literal : $($rest:tt)+) => {
        $crate::json::json!(@value $map ($crate::json::Text::of_program($key)) $($rest)+)
    };
    (@entries $map:ident ($key:expr) : $($rest:tt)+) => {
        $crate::json::json!(@value $map ($key) $($rest)+)
    };
    (@entries $map:ident $key:ident : $($rest:tt)+) => {
        $crate::json::json!(@value $map ($key) $($rest)+)
    };

    (@value $map:ident ($key:expr) null $(, $($rest:tt)*)?) => {
        $map.insert($crate::json::Text::from($key), $crate::json::Value::Null);
        $crate::json::json!(@entries $map $($($rest)*)?)
    };
    (@value $map:ident ($key:expr) [$($list:tt)*] $(, $($rest:tt)*)?) => {
        $map.insert($crate::json::Text::from($key), $crate::json::json!([$($list)*]));
        $crate::json::json!(@entries $map $($($rest)*)?)
    };
    (@value $map:ident ($key:expr) {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $map.insert($crate::json::Text::from($key), $crate::json::json!({$($inner)*}));
        $crate::json::json!(@entries $map $($($rest)*)?)
    };
    (@value $map:ident ($key:expr) $value:expr $(, $($rest:tt)*)?) => {
        $map.insert($crate::json::Text::from($key), $crate::json::json!($value));
        $crate::json::json!(@entries $map $($($rest)*)?)
    };

    (null) => {
        $crate::json::Value::Null
    };
    ([ $($list:tt)* ]) => {
        $crate::json::Value::Array($crate::json::json!(@items [] $($list)*).into())
    };
    ({}) => {
        $crate::json::Value::from($crate::json::Map::new())
    };
    ({ $($entries:tt)+ }) => {{
        let mut map = $crate::json::Map::new();
        $crate::json::json!(@entries map $($entries)+);
        $crate::json::Value::Object(map)
    }};
    ($value:expr) => {
        $crate::json::ToJson::to_json(&$value)
    };
}

pub use shared_json as json;
