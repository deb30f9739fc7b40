//! One thing that the API server would refuse in an object.
//! It must never know where the object was written.

use std::fmt;

/// What is wrong, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A field that the schema does not have: dropped, or refused under strict field validation.
    UnknownField,
    /// A value of another type than the schema's.
    WrongType,
    /// A field that must be there and is not.
    Required,
    /// A value that is none of the allowed ones.
    Enum,
    /// A number that is too small, too large, no multiple, or does not fit its format.
    Range,
    /// Text that does not match the pattern.
    Pattern,
    /// Text, a list or a mapping that is too short or too long.
    Length,
    /// An item that a list holds twice.
    Duplicate,
    /// Text that is not what its format says, such as a date.
    Format,
    /// A combination (`allOf`, `anyOf`, `oneOf`, `not`) that does not hold.
    Combination,
}

/// One thing that the API server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer to the value, or to the key of an unknown field; for a missing field, to the mapping that lacks it.
    pub pointer: String,
    /// What is wrong.
    pub code: Code,
    /// The path that the server names, a missing field's own; `<nil>` where it names none.
    pub field: String,
    /// The server's words, without the path before them; for an unknown field all of them.
    pub message: String,
    /// What the schema wants, in a few words.
    pub expected: String,
    /// What is there, in a few words.
    pub actual: String,
    /// What was probably meant: a known name or value.
    pub suggestion: Option<String>,
}

impl fmt::Display for Violation {
    /// The line as the server writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Code::UnknownField => f.write_str(&self.message),
            _ => write!(f, "{}: {}", self.field, self.message),
        }
    }
}
