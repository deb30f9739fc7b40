//! What is wrong with a label selector, in the words of apimachinery's parser (`labels/selector.go`, Kubernetes 1.37).
//! It must never select anything: that is [`crate::selector`]'s work.

use super::meta;
use super::refusal::quote;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    End,
    Error,
    Word,
    In,
    NotIn,
    Open,
    Close,
    Comma,
    Not,
    Equal,
    DoubleEqual,
    NotEqual,
    Greater,
    Less,
}

/// Why a text is no label selector; `None` if it is one.
pub fn wrong(text: &str) -> Option<String> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    parser.all().err()
}

fn is_special(c: u8) -> bool {
    b"=!(),><".contains(&c)
}

fn symbol(text: &str) -> Option<Token> {
    Some(match text {
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEqual,
        "=" => Token::Equal,
        ">" => Token::Greater,
        "<" => Token::Less,
        "!=" => Token::NotEqual,
        "(" => Token::Open,
        _ => return None,
    })
}

fn tokens(text: &str) -> Vec<(Token, String)> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(|c| b" \t\r\n".contains(c)) {
            at += 1;
        }
        let Some(first) = bytes.get(at) else {
            tokens.push((Token::End, String::new()));
            return tokens;
        };
        let start = at;
        if is_special(*first) {
            // The longest symbol that what follows can be.
            let mut found = None;
            while bytes.get(at).is_some_and(|c| is_special(*c)) {
                match symbol(&text[start..=at]) {
                    Some(token) => found = Some(token),
                    None if found.is_some() => break,
                    None => {}
                }
                at += 1;
            }
            tokens.push((found.unwrap_or(Token::Error), text[start..at].to_owned()));
            continue;
        }
        while bytes.get(at).is_some_and(|c| !is_special(*c) && !b" \t\r\n".contains(c)) {
            at += 1;
        }
        let word = &text[start..at];
        let token = match word {
            "in" => Token::In,
            "notin" => Token::NotIn,
            _ => Token::Word,
        };
        tokens.push((token, word.to_owned()));
    }
}

struct Parser {
    tokens: Vec<(Token, String)>,
    at: usize,
}

impl Parser {
    /// The next token, where `in` and `notin` are words like others.
    fn look(&self) -> (Token, String) {
        let (token, text) = self.raw();
        (if matches!(token, Token::In | Token::NotIn) { Token::Word } else { token }, text)
    }

    fn raw(&self) -> (Token, String) {
        self.tokens.get(self.at).cloned().unwrap_or((Token::End, String::new()))
    }

    fn take(&mut self) -> (Token, String) {
        let found = self.look();
        self.at += 1;
        found
    }

    fn all(&mut self) -> Result<(), String> {
        loop {
            match self.look() {
                (Token::Word | Token::Not, _) => {
                    self.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?;
                    match self.take() {
                        (Token::End, _) => return Ok(()),
                        (Token::Comma, _) => {
                            let (token, text) = self.look();
                            if !matches!(token, Token::Word | Token::Not) {
                                return Err(format!("found '{text}', expected: identifier after ','"));
                            }
                        }
                        (_, text) => return Err(format!("found '{text}', expected: ',' or 'end of string'")),
                    }
                }
                (Token::End, _) => return Ok(()),
                (_, text) => {
                    return Err(format!("found '{text}', expected: !, identifier, or 'end of string'"));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<(), String> {
        let (mut token, mut key) = self.take();
        let negated = token == Token::Not;
        if negated {
            (token, key) = self.take();
        }
        if token != Token::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(why) = meta::check_qualified(&key).into_iter().next() {
            let why = why.replacen("a qualified name must", "a valid label key must", 1);
            return Err(format!("<nil>: Invalid value: {}: {why}", quote(&key)));
        }
        if negated || matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(());
        }
        let (operator, text) = self.raw();
        self.at += 1;
        match operator {
            Token::In | Token::NotIn => self.values(&key),
            Token::Equal | Token::DoubleEqual | Token::NotEqual => {
                let value = self.exact()?;
                label(&key, &value)
            }
            Token::Greater | Token::Less => {
                let value = self.exact()?;
                match value.parse::<i64>() {
                    Ok(_) => Ok(()),
                    Err(_) => Err(format!(
                        "values[0]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
                        quote(&value)
                    )),
                }
            }
            _ => Err(format!("found '{text}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn exact(&mut self) -> Result<String, String> {
        if matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.take() {
            (Token::Word, value) => Ok(value),
            (_, text) => Err(format!("found '{text}', expected: identifier")),
        }
    }

    fn values(&mut self, key: &str) -> Result<(), String> {
        let (token, text) = self.take();
        if token != Token::Open {
            return Err(format!("found '{text}' expected: '('"));
        }
        match self.look() {
            (Token::Word | Token::Comma, _) => {
                let values = self.list()?;
                match self.take() {
                    (Token::Close, _) => values.iter().try_for_each(|value| label(key, value)),
                    _ => Err(format!("found '{text}', expected: ')'")),
                }
            }
            (Token::Close, _) => {
                self.at += 1;
                Ok(())
            }
            (_, text) => Err(format!("found '{text}', expected: ',', ')' or identifier")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        loop {
            match self.take() {
                (Token::Word, value) => {
                    values.push(value);
                    match self.look() {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => return Ok(values),
                        (_, text) => return Err(format!("found '{text}', expected: ',' or ')'")),
                    }
                }
                (Token::Comma, _) => {
                    if self.look().0 == Token::Close {
                        return Ok(values);
                    }
                }
                (_, text) => return Err(format!("found '{text}', expected: ',', or identifier")),
            }
        }
    }
}

fn label(key: &str, value: &str) -> Result<(), String> {
    match meta::check_label(value).into_iter().next() {
        Some(why) => Err(format!("values[0][{key}]: Invalid value: {}: {why}", quote(value))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_as_the_server_tells_them() {
        for (text, told) in [
            ("a=b,c in (d,e),!f,g notin (),h>1", None),
            ("a in x", Some("unable to parse requirement: found 'x' expected: '('")),
            ("a in (x", Some("unable to parse requirement: found '', expected: ',' or ')'")),
            ("a=b=c", Some("found '=', expected: ',' or 'end of string'")),
            ("a=b,", Some("found '', expected: identifier after ','")),
            (",", Some("found ',', expected: !, identifier, or 'end of string'")),
            ("a b", Some("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")),
            ("!a=b", Some("found '=', expected: ',' or 'end of string'")),
            ("a!==", Some("unable to parse requirement: found '=', expected: identifier")),
            ("in in (in)", None),
        ] {
            assert_eq!(wrong(text).as_deref(), told, "{text}");
        }
    }
}
