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
    /// Its production code, flat; none where the file is compiled for tests alone.
    pub(crate) tokens: Vec<Token>,
    /// Whether it is compiled for tests alone.
    pub(crate) is_test: bool,
    /// The modules that it declares for tests alone.
    test_modules: Vec<String>,
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
        let stream = TokenStream::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut code = Code::default();
        code.flatten(stream);
        Source {
            name: name.to_owned(),
            text: text.to_owned(),
            tokens: code.tokens,
            is_test: false,
            test_modules: code.test_modules,
        }
    }

    /// Reads every source of the crate. Modules that are declared for tests alone have no production code.
    pub(crate) fn read_all(files: impl Iterator<Item = (String, String)>) -> Vec<Source> {
        let mut all: Vec<Source> = files.map(|(name, text)| Source::read(&name, &text)).collect();
        let tests: Vec<String> = all.iter().flat_map(Source::test_paths).collect();
        for source in &mut all {
            let stem = source.name.trim_end_matches(".rs");
            let within = |path: &String| stem == path || stem.starts_with(&format!("{path}/"));
            if tests.iter().any(within) {
                source.is_test = true;
                source.tokens.clear();
            }
        }
        all
    }

    /// Where the modules lie that it declares for tests alone, without `.rs`.
    fn test_paths(&self) -> Vec<String> {
        let folder = self.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.test_modules.iter().map(|module| format!("{folder}/{module}")).collect()
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
        if self.is_test {
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

/// What is found in a file on the way through it.
#[derive(Default)]
struct Code {
    tokens: Vec<Token>,
    test_modules: Vec<String>,
}

impl Code {
    /// Takes in code, without the items that are compiled for tests alone.
    fn flatten(&mut self, stream: TokenStream) {
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            let line = tree.span().start().line;
            match tree {
                TokenTree::Punct(mark) if mark.as_char() == '#' && is_for_tests(trees.peek()) => {
                    trees.next();
                    self.skip_item(&mut trees);
                }
                TokenTree::Punct(mark) => self.put(&mark.to_string(), line),
                TokenTree::Ident(word) => self.put(&word.to_string(), line),
                TokenTree::Literal(_) => {}
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::None => ("", ""),
                    };
                    self.put(open, line);
                    self.flatten(group.stream());
                    self.put(close, group.span_close().start().line);
                }
            }
        }
    }

    fn put(&mut self, text: &str, line: usize) {
        self.tokens.push(Token { text: text.to_owned(), line });
    }

    /// Passes over an item; a module that lies in a file of its own is remembered.
    fn skip_item(&mut self, trees: &mut impl Iterator<Item = TokenTree>) {
        let mut words: Vec<String> = Vec::new();
        for tree in trees {
            match tree {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
                TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                TokenTree::Ident(word) => words.push(word.to_string()),
                _ => {}
            }
        }
        if let [.., key, module] = words.as_slice()
            && key == "mod"
        {
            self.test_modules.push(module.clone());
        }
    }
}

/// Whether an attribute says `cfg(test)`, alone or with more.
fn is_for_tests(tree: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = tree else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}
