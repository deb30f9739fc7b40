//! Conditions.
//! It must never know how objects are fetched.
