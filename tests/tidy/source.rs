//! A source file as tokens: comments, strings and unit tests do not count as code.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its name from `src/`, with `/` between the parts.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
    /// Its production code, flat; none where the file is all tests.
    pub(crate) tokens: Vec<Token>,
}

/// A word, a punctuation character or a bracket of the code, and its line. Literals are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// As it is written.
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

impl Source {
    /// Reads a source.
    pub(crate) fn read(name: &str, text: &str) -> Source {
        let mut tokens = Vec::new();
        if !is_test_file(name) {
            let stream =
                TokenStream::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            flatten(stream, &mut tokens);
        }
        Source { name: name.to_owned(), text: text.to_owned(), tokens }
    }

    /// The layer: the first part of its name.
    pub(crate) fn layer(&self) -> &str {
        self.name.split(['/', '.']).next().unwrap_or_default()
    }

    /// How many modules it lies below the crate's root: `state/mod.rs` lies one below, `state/apply.rs` two.
    pub(crate) fn depth(&self) -> usize {
        let parts = self.name.split('/').count();
        if self.name.ends_with("mod.rs") { parts - 1 } else { parts }
    }

    /// Its lines of production code and of what is said about it.
    pub(crate) fn production_lines(&self) -> usize {
        if is_test_file(&self.name) {
            return 0;
        }
        let tests = self.text.find("\n#[cfg(test)]\nmod ");
        self.text.get(..tests.unwrap_or(self.text.len())).unwrap_or_default().lines().count()
    }

    /// Where these words and characters stand in the code one behind the other.
    pub(crate) fn find(&self, wanted: &[&str]) -> Vec<usize> {
        let matches = |window: &[Token]| window.iter().zip(wanted).all(|(t, w)| t.text == *w);
        let windows = self.tokens.windows(wanted.len());
        windows.enumerate().filter(|(_, window)| matches(window)).map(|(at, _)| at).collect()
    }

    /// The word at a place; nothing where there is none.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// Whether a path goes on or begins with `::` right before this place.
    pub(crate) fn follows_path(&self, at: usize) -> bool {
        at >= 2 && self.word(at - 1) == ":" && self.word(at - 2) == ":"
    }

    /// The words of a group `{a, b::c, d as e}` that open its parts; the bracket stands at `at`.
    pub(crate) fn group(&self, at: usize) -> Vec<usize> {
        let (mut depth, mut opens, mut found) = (0_usize, false, Vec::new());
        for (place, token) in self.tokens.iter().enumerate().skip(at) {
            match token.text.as_str() {
                "{" => {
                    depth += 1;
                    opens = depth == 1;
                }
                "}" if depth == 1 => break,
                "}" => depth -= 1,
                "," if depth == 1 => opens = true,
                _ if opens => {
                    found.push(place);
                    opens = false;
                }
                _ => {}
            }
        }
        found
    }
}

/// Whether a file of `src/` holds tests only.
pub(crate) fn is_test_file(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

/// Code without the items that are compiled for tests alone.
fn flatten(stream: TokenStream, out: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        let mut put = |text: &str| out.push(Token { text: text.to_owned(), line });
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == '#' && is_for_tests(trees.peek()) => {
                let ends = |tree: &TokenTree| match tree {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(mark) => mark.as_char() == ';',
                    _ => false,
                };
                trees.find(ends);
            }
            TokenTree::Punct(mark) => put(&mark.to_string()),
            TokenTree::Ident(word) => put(&word.to_string()),
            TokenTree::Literal(_) => {}
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                put(open);
                flatten(group.stream(), out);
                out.push(Token { text: close.to_owned(), line: group.span_close().start().line });
            }
        }
    }
}

/// Whether an attribute says `cfg(test)`.
fn is_for_tests(tree: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = tree else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text == "cfg(all(test,feature=\"demo\"))"
}
