//! A small expression parser.

use std::fmt::{self, Display};

pub const MAX_DEPTH: usize = 64;

type Result<T> = std::result::Result<T, Error>;

/// What went wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    UnexpectedEnd,
    Unexpected { found: char, at: usize },
}

#[derive(Debug)]
pub struct Parser<'a, T: Token> {
    input: &'a str,
    position: usize,
    tokens: Vec<T>,
}

/// Anything the parser can produce.
pub trait Token: Sized {
    const NAME: &'static str;

    fn parse(text: &str) -> Option<Self>;

    /// How wide it prints.
    fn width(&self) -> usize {
        1
    }
}

impl<'a, T: Token> Parser<'a, T> {
    /// Starts at the beginning.
    #[must_use]
    pub fn new(input: &'a str) -> Self {
        Self { input, position: 0, tokens: Vec::new() }
    }

    pub async fn run<F>(&mut self, mut visit: F) -> Result<()>
    where
        F: FnMut(&T),
    {
        fn is_space(c: char) -> bool {
            c.is_whitespace()
        }
        while let Some(token) = T::parse(self.input.trim_start_matches(is_space)) {
            visit(&token);
            self.tokens.push(token);
        }
        Ok(())
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[macro_export]
macro_rules! token {
    ($name:ident) => {
        struct $name;
    };
}

pub mod limits {
    /// Deep enough for people.
    pub fn depth() -> usize {
        super::MAX_DEPTH
    }
}

lazy_static! {
    static ref KEYWORDS: HashMap<&'static str, Token> = keywords();
}

bitflags! {
    pub struct Flags: u32 {
        const STRICT = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_input_has_no_tokens() {
        assert_eq!(limits::depth(), 64);
    }
}
