//! [`Globs`]: which files of a project may hold exceptions, beside those that their tools look for by name.
//!
//! `*` stands for any run of characters within a name, `**` for any run of folders, `?` for one character, `[abc]` and
//! `[a-z]` for one of several, `{one,two}` for one of several words; a backslash takes the next character as it is. A
//! glob without a slash names files in any folder.

use std::ops::RangeInclusive;

/// Several globs.
#[derive(Debug, Clone, Default)]
pub(super) struct Globs(Vec<Vec<Token>>);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    One(char),
    AnyOne,
    Of(Vec<RangeInclusive<char>>),
    /// Any run within a name.
    Run,
    /// Any run, folders included.
    Deep,
    /// Any number of whole folders.
    Folders,
}

/// The most words that braces may stand for in one glob.
const MOST: usize = 256;

impl Globs {
    /// Reads globs that the configuration has found well formed.
    pub(super) fn new(globs: &[String]) -> Globs {
        let all = globs.iter().flat_map(|glob| {
            let glob = glob.trim_start_matches("./").trim_start_matches('/');
            let is_name = !glob.contains('/');
            let start = if is_name { "**/" } else { "" };
            alternatives(&format!("{start}{glob}"))
        });
        Globs(all.map(|glob| tokens(&glob)).collect())
    }

    /// Whether one of them names a file, by its path from the root of the repository.
    pub(super) fn name(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        self.0.iter().any(|glob| fits(glob, &path))
    }
}

/// A glob without braces for each word that its braces stand for.
fn alternatives(glob: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut characters = glob.chars();
    let mut words: Option<Vec<String>> = None;
    while let Some(character) = characters.next() {
        let piece = match character {
            '\\' => characters.next().map(|next| format!("\\{next}")).unwrap_or_default(),
            other => other.to_string(),
        };
        match (&mut words, piece.as_str()) {
            (None, "{") => words = Some(vec![String::new()]),
            (Some(list), ",") => list.push(String::new()),
            (Some(list), "}") => {
                let joined = all
                    .iter()
                    .flat_map(|head| list.iter().map(move |word| format!("{head}{word}")));
                all = joined.take(MOST).collect();
                words = None;
            }
            (Some(list), piece) => {
                if let Some(last) = list.last_mut() {
                    last.push_str(piece);
                }
            }
            (None, piece) => all.iter_mut().for_each(|head| head.push_str(piece)),
        }
    }
    all
}

fn tokens(glob: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = glob;
    while let Some(character) = rest.chars().next() {
        let (token, after) = if let Some(after) = rest.strip_prefix("**/") {
            (Token::Folders, after)
        } else if let Some(after) = rest.strip_prefix("**") {
            (Token::Deep, after)
        } else {
            let mut characters = rest.chars();
            characters.next();
            let token = match character {
                '*' => Token::Run,
                '?' => Token::AnyOne,
                '[' => Token::Of(class(&mut characters)),
                '\\' => Token::One(characters.next().unwrap_or(character)),
                other => Token::One(other),
            };
            (token, characters.as_str())
        };
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// What stands in brackets, up to the one that closes them.
fn class(characters: &mut std::str::Chars<'_>) -> Vec<RangeInclusive<char>> {
    let mut inside = Vec::new();
    for character in characters.by_ref() {
        if character == ']' && !inside.is_empty() {
            break;
        }
        inside.push(character);
    }
    let mut ranges = Vec::new();
    let mut rest = inside.as_slice();
    loop {
        match rest {
            [from, '-', to, after @ ..] => {
                ranges.push(*from..=*to);
                rest = after;
            }
            [one, after @ ..] => {
                ranges.push(*one..=*one);
                rest = after;
            }
            [] => return ranges,
        }
    }
}

fn fits(glob: &[Token], path: &[char]) -> bool {
    let Some((token, rest)) = glob.split_first() else { return path.is_empty() };
    let tails = || (0..=path.len()).filter_map(|from| Some((path.get(..from)?, path.get(from..)?)));
    match (token, path.split_first()) {
        (Token::Run, _) => {
            tails().take_while(|(head, _)| !head.contains(&'/')).any(|(_, tail)| fits(rest, tail))
        }
        (Token::Deep, _) => tails().any(|(_, tail)| fits(rest, tail)),
        (Token::Folders, _) => tails()
            .filter(|(head, _)| head.last().is_none_or(|last| *last == '/'))
            .any(|(_, tail)| fits(rest, tail)),
        (Token::One(one), Some((first, tail))) => one == first && fits(rest, tail),
        (Token::AnyOne, Some((first, tail))) => *first != '/' && fits(rest, tail),
        (Token::Of(ranges), Some((first, tail))) => {
            ranges.iter().any(|range| range.contains(first)) && fits(rest, tail)
        }
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_names_what_it_says_and_nothing_else() {
        for (glob, path, is_named) in [
            ("*.tf", "main.tf", true),
            ("*.tf", "modules/a/main.tf", true),
            ("*.tf", "main.tfvars", false),
            ("modules/*.tf", "modules/main.tf", true),
            ("modules/*.tf", "modules/a/main.tf", false),
            ("modules/**/*.tf", "modules/main.tf", true),
            ("modules/**/*.tf", "modules/a/b/main.tf", true),
            ("modules/**/*.tf", "other/modules/main.tf", false),
            ("**/k8s/*.{yaml,yml}", "k8s/a.yml", true),
            ("**/k8s/*.{yaml,yml}", "apps/k8s/a.json", false),
            ("charts/**", "charts/a/b.yaml", true),
            ("a?c", "abc", true),
            ("x/a?c", "x/a/c", false),
            ("v[0-9]/Dockerfile", "v7/Dockerfile", true),
            ("v[0-9]/Dockerfile", "vx/Dockerfile", false),
            (r"\*.tf", "*.tf", true),
            (r"\*.tf", "a.tf", false),
            ("./main.tf", "main.tf", true),
        ] {
            assert_eq!(Globs::new(&[glob.to_owned()]).name(path), is_named, "{glob} {path}");
        }
    }

    #[test]
    fn no_glob_names_no_file() {
        assert!(!Globs::default().name("main.tf"));
    }
}
