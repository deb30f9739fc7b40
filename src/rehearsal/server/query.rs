//! The parameters of a request: what is behind the question mark.
//! It must never know what they are for.

use std::borrow::Cow;

use super::refusal::{Refusal, quote};
use super::route::decode;

/// The parameters of a request, in the order given.
#[derive(Clone, Debug, Default)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads what is behind the question mark, percent-encoded as it comes.
    pub fn read(text: &'a str) -> Query<'a> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let read = |part: &'a str| match part.contains('+') {
            true => decode(&part.replace('+', " ")).into_owned().into(),
            false => decode(part),
        };
        Query(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (read(key), read(value))
                })
                .collect(),
        )
    }

    /// The first value of a parameter; an empty one counts as none.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    /// All values of a parameter.
    pub fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// Whether the parameter is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// A parameter that is true or false: anything but `false` and `0` is true, as the server has it, the empty text too.
    pub fn truth(&self, name: &str) -> bool {
        self.choice(name).unwrap_or(false)
    }

    /// As [`Query::truth`], `None` if the parameter is not there.
    pub fn choice(&self, name: &str) -> Option<bool> {
        let found = self.0.iter().find(|(key, _)| key == name)?;
        Some(!["false", "0"].iter().any(|no| found.1.eq_ignore_ascii_case(no)))
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400, with Go's words, if it is none.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Refusal::bad_request(format!("strconv.ParseInt: parsing {}: invalid syntax", quote(text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read() {
        let query = Query::read("&force=true&labelSelector=a%3Db%2Cc+in+(d)&limit=5&watch&empty=&no=0");
        assert_eq!(query.text("labelSelector"), Some("a=b,c in (d)"));
        assert_eq!(query.number("limit"), Ok(Some(5)));
        assert_eq!(query.choice("no"), Some(false));
        assert!(query.truth("force") && query.truth("watch") && !query.truth("absent"));
        assert_eq!(query.text("empty"), None);
        assert_eq!(
            query.number("force").map_err(|refusal| refusal.message),
            Err("strconv.ParseInt: parsing \"true\": invalid syntax".to_owned())
        );
    }
}
