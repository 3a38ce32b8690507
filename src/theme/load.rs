//! TOML into a theme: palette, inheritance, roles. Warnings, never failure.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builtin;
use super::color::{ANSI_NAMES, Color};
use super::role::Role;
use super::{Style, Theme};

/// The theme that stands in for one that is not there.
const DEFAULT: &str = "default";

/// The keys of a theme's file.
const KEYS: &[&str] = &["inherits", "background", "palette", "roles"];

/// The keys of a style.
const STYLE_KEYS: &[&str] = &["fg", "bg", "bold", "dim", "italic", "underline", "reverse"];

/// The largest theme that is read, bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// Something in a theme that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The theme's name.
    pub theme: String,
    /// The line, from 1; 0 where it is about the whole theme.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "theme {}", self.theme)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

/// Looks a theme's text up by its name.
pub(super) type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The text of a theme: the user's own before a shipped one. A name that is more than a name finds nothing.
pub fn text_of(name: &str, user_dir: Option<&Path>) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let own = user_dir.and_then(|folder| {
        let path = folder.join(format!("{name}.toml"));
        fs::metadata(&path).ok().filter(|file| file.is_file() && file.len() <= MAX_BYTES)?;
        fs::read_to_string(path).ok()
    });
    own.or_else(|| builtin::text(name).map(str::to_owned))
}

/// Finds a theme and everything that it inherits.
pub(super) fn find(name: &str, lookup: &Lookup<'_>) -> (Theme, Vec<Warning>) {
    let mut draft = Draft::default();
    let found = lookup(name);
    let asked = if found.is_some() { name } else { DEFAULT };
    if found.is_none() {
        let known: Vec<&str> = builtin::names().collect();
        draft.warn(name, None, "there is no such theme".to_owned(), suggestion(name, &known));
    }
    draft.add(asked, lookup);
    draft.finish(asked)
}

/// A theme that is being put together, from the child to the oldest ancestor: what is there first stays.
#[derive(Default)]
struct Draft {
    seen: Vec<String>,
    background: Option<Color>,
    palette: BTreeMap<String, Color>,
    roles: BTreeMap<String, Look>,
    warnings: Vec<Warning>,
}

/// A style whose colours are still names.
struct Look {
    /// The theme that says so, and its text.
    theme: String,
    fg: Option<Paint>,
    bg: Option<Paint>,
    style: Style,
}

/// A colour's name, and where it stands.
struct Paint {
    name: String,
    place: (usize, usize),
}

impl Draft {
    /// Adds a theme and what it inherits.
    fn add(&mut self, name: &str, lookup: &Lookup<'_>) {
        let mut next = Some(name.to_owned());
        while let Some(name) = next.take() {
            let Some(text) = lookup(&name) else { return };
            self.seen.push(name.clone());
            next = self.add_one(&name, &text, lookup);
        }
    }

    /// Adds one theme; yields the name of the one that it inherits.
    fn add_one(&mut self, name: &str, text: &str, lookup: &Lookup<'_>) -> Option<String> {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let page = Page { name, text };
        for error in &errors {
            let message = format!("this is not TOML: {}", error.message());
            self.warn(name, error.span().map(|span| page.place(&span)), message, None);
        }
        let mut parent = None;
        for (key, value) in tree.get_ref() {
            match &**key.get_ref() {
                "inherits" => parent = self.parent(page, value, lookup),
                "background" => {
                    let color = self.literal(page, value);
                    self.background = self.background.or(color);
                }
                "palette" => self.add_palette(page, value),
                "roles" => self.add_roles(page, value),
                other => {
                    let message = format!("unknown key `{other}`");
                    self.warn(
                        name,
                        Some(page.place(&key.span())),
                        message,
                        suggestion(other, KEYS),
                    );
                }
            }
        }
        parent
    }

    fn parent(
        &mut self,
        page: Page<'_>,
        value: &Spanned<DeValue<'_>>,
        lookup: &Lookup<'_>,
    ) -> Option<String> {
        let place = Some(page.place(&value.span()));
        let Some(parent) = value.get_ref().as_str() else {
            self.warn(page.name, place, "`inherits` must be the name of a theme".to_owned(), None);
            return None;
        };
        if self.seen.iter().any(|seen| seen == parent) {
            let chain = self.seen.join(" → ");
            let message = format!("a theme inherits itself: {chain} → {parent}");
            self.warn(page.name, place, message, Some("take one `inherits` out".to_owned()));
            return None;
        }
        if lookup(parent).is_none() {
            let known: Vec<&str> = builtin::names().collect();
            let message = format!("inherits `{parent}`, which is not there");
            self.warn(page.name, place, message, suggestion(parent, &known));
            return None;
        }
        Some(parent.to_owned())
    }

    fn add_palette(&mut self, page: Page<'_>, value: &Spanned<DeValue<'_>>) {
        let Some(table) = self.table(page, value, "palette") else { return };
        for (key, value) in table {
            if let Some(color) = self.literal(page, value) {
                self.palette.entry(key.get_ref().to_string()).or_insert(color);
            }
        }
    }

    fn add_roles(&mut self, page: Page<'_>, value: &Spanned<DeValue<'_>>) {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        let Some(table) = self.table(page, value, "roles") else { return };
        for (key, value) in table {
            if !known.contains(&&**key.get_ref()) {
                let message = format!("unknown role `{}`", key.get_ref());
                let hint = suggestion(key.get_ref(), &known);
                self.warn(page.name, Some(page.place(&key.span())), message, hint);
                continue;
            }
            let look = self.look(page, value);
            self.roles.entry(key.get_ref().to_string()).or_insert(look);
        }
    }

    fn look(&mut self, page: Page<'_>, value: &Spanned<DeValue<'_>>) -> Look {
        let mut look =
            Look { theme: page.name.to_owned(), fg: None, bg: None, style: Style::default() };
        let paint = |value: &Spanned<DeValue<'_>>| {
            let name = value.get_ref().as_str()?.to_owned();
            Some(Paint { name, place: page.place(&value.span()) })
        };
        if value.get_ref().is_str() {
            look.fg = paint(value);
            return look;
        }
        let Some(table) = self.table(page, value, "a role") else { return look };
        for (key, value) in table {
            let place = Some(page.place(&key.span()));
            let key = &**key.get_ref();
            let understood = match key {
                "fg" => paint(value).map(|paint| look.fg = Some(paint)),
                "bg" => paint(value).map(|paint| look.bg = Some(paint)),
                key => value
                    .get_ref()
                    .as_bool()
                    .zip(attribute(&mut look.style, key))
                    .map(|(on, place)| *place = on),
            };
            if understood.is_none() {
                let message = format!("`{key}` says nothing about a style");
                let hint = "colours are strings, attributes are true or false".to_owned();
                let hint = if STYLE_KEYS.contains(&key) {
                    Some(hint)
                } else {
                    suggestion(key, STYLE_KEYS)
                };
                self.warn(page.name, place, message, hint);
            }
        }
        look
    }

    fn table<'v>(
        &mut self,
        page: Page<'_>,
        value: &'v Spanned<DeValue<'v>>,
        what: &str,
    ) -> Option<&'v DeTable<'v>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let message = format!("{what} must be a table");
            self.warn(page.name, Some(page.place(&value.span())), message, None);
        }
        table
    }

    /// A colour that is no name of the palette.
    fn literal(&mut self, page: Page<'_>, value: &Spanned<DeValue<'_>>) -> Option<Color> {
        let color = value.get_ref().as_str().and_then(Color::parse);
        if color.is_none() {
            let hint = "write \"#rrggbb\", \"default\" or a name such as \"bright-red\"".to_owned();
            let place = Some(page.place(&value.span()));
            self.warn(page.name, place, "this is no colour".to_owned(), Some(hint));
        }
        color
    }

    /// The colour of a name: the palette's before the terminal's.
    fn color(&mut self, theme: &str, paint: &Paint) -> Option<Color> {
        let found = self.palette.get(&paint.name).copied().or_else(|| Color::parse(&paint.name));
        if found.is_none() {
            let known: Vec<&str> =
                self.palette.keys().map(String::as_str).chain(ANSI_NAMES).collect();
            let hint = suggestion(&paint.name, &known);
            let message = format!("unknown colour `{}`", paint.name);
            self.warn(theme, Some(paint.place), message, hint);
        }
        found
    }

    fn finish(mut self, name: &str) -> (Theme, Vec<Warning>) {
        let mut styles = BTreeMap::new();
        for (role, look) in std::mem::take(&mut self.roles) {
            let fg = look.fg.and_then(|paint| self.color(&look.theme, &paint));
            let bg = look.bg.and_then(|paint| self.color(&look.theme, &paint));
            styles.insert(role, Style { fg, bg, ..look.style });
        }
        let style = |role: &Role| role.fallbacks().find_map(|name| styles.get(name).copied());
        let styles = Role::ALL.iter().map(|role| style(role).unwrap_or_default()).collect();
        let mut warnings = self.warnings;
        warnings.sort_by_key(|warning| (warning.theme != name, warning.line, warning.column));
        (Theme { name: name.to_owned(), background: self.background, styles }, warnings)
    }

    fn warn(
        &mut self,
        theme: &str,
        place: Option<(usize, usize)>,
        message: String,
        hint: Option<String>,
    ) {
        let (line, column) = place.unwrap_or_default();
        self.warnings.push(Warning { theme: theme.to_owned(), line, column, message, hint });
    }
}

/// The attribute of a name.
fn attribute<'s>(style: &'s mut Style, name: &str) -> Option<&'s mut bool> {
    match name {
        "bold" => Some(&mut style.bold),
        "dim" => Some(&mut style.dim),
        "italic" => Some(&mut style.italic),
        "underline" => Some(&mut style.underline),
        "reverse" => Some(&mut style.reverse),
        _ => None,
    }
}

/// A theme's text under its name.
#[derive(Clone, Copy)]
struct Page<'a> {
    name: &'a str,
    text: &'a str,
}

impl Page<'_> {
    /// The line and the column of a span's start, both from 1.
    fn place(self, span: &Range<usize>) -> (usize, usize) {
        let head = self.text.get(..span.start).unwrap_or(self.text);
        let line = head.rsplit('\n').next().unwrap_or_default();
        (head.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

fn suggestion(wrong: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(wrong, word), word))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| format!("did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(text: &str) -> Vec<String> {
        Theme::parse("mine", text).1.iter().map(Warning::to_string).collect()
    }

    #[test]
    fn an_unknown_role_is_warned_of_with_its_line_and_a_proposal() {
        assert_eq!(
            warnings("[roles]\n\"status.faild\" = \"red\"\n"),
            ["theme mine:2:1: unknown role `status.faild` (did you mean `status.failed`?)"]
        );
    }

    #[test]
    fn an_unknown_colour_is_warned_of_with_its_line_and_a_proposal() {
        assert_eq!(
            warnings("[palette]\nember = \"#ff0000\"\n[roles]\ntext = { fg = \"embr\" }\n"),
            ["theme mine:4:15: unknown colour `embr` (did you mean `ember`?)"]
        );
    }

    #[test]
    fn a_faulty_palette_key_and_attribute_are_warned_of() {
        assert_eq!(
            warnings(
                "palete = 1\n[palette]\nred = \"redd\"\n[roles]\ntext = { bolt = true, fg = 3 }\n"
            ),
            [
                "theme mine:1:1: unknown key `palete` (did you mean `palette`?)",
                "theme mine:3:7: this is no colour (write \"#rrggbb\", \"default\" or a name such as \"bright-red\")",
                "theme mine:5:10: `bolt` says nothing about a style (did you mean `bold`?)",
                "theme mine:5:23: `fg` says nothing about a style (colours are strings, attributes are true or false)",
            ]
        );
    }

    #[test]
    fn a_circle_of_themes_is_warned_of_and_broken() {
        let lookup = |name: &str| match name {
            "a" => Some("inherits = \"b\"".to_owned()),
            "b" => Some("inherits = \"a\"\n[roles]\ntext = \"red\"".to_owned()),
            _ => None,
        };
        let (theme, warnings) = find("a", &lookup);
        assert_eq!(theme.style(Role::Text).fg, Some(Color::Ansi(1)));
        assert_eq!(
            warnings.first().map(|warning| warning.message.as_str()),
            Some("a theme inherits itself: a → b → a")
        );
    }

    #[test]
    fn a_theme_may_inherit_the_shipped_one_of_its_own_name_no_more_than_itself() {
        assert_eq!(warnings("inherits = \"mine\"").len(), 1);
    }

    #[test]
    fn a_parent_that_is_not_there_is_warned_of() {
        assert_eq!(
            warnings("inherits = \"defualt\""),
            ["theme mine:1:12: inherits `defualt`, which is not there (did you mean `default`?)"]
        );
    }

    #[test]
    fn a_childs_palette_recolours_what_it_inherits() {
        let lookup = |name: &str| match name {
            "child" => Some("inherits = \"parent\"\n[palette]\nink = \"#010203\"".to_owned()),
            "parent" => Some("[palette]\nink = \"#ffffff\"\n[roles]\ntext = \"ink\"".to_owned()),
            _ => None,
        };
        assert_eq!(find("child", &lookup).0.style(Role::Text).fg, Some(Color::Rgb(1, 2, 3)));
    }

    #[test]
    fn a_text_that_is_not_toml_is_warned_of_and_the_rest_of_it_used() {
        let (theme, warnings) = Theme::parse("mine", "[roles]\ntext = \"red\"\nborder = \n");
        assert_eq!(theme.style(Role::Text).fg, Some(Color::Ansi(1)));
        assert!(warnings.iter().any(|warning| warning.line == 3), "{warnings:?}");
    }

    #[test]
    fn a_theme_that_is_not_there_is_replaced_by_the_default_one() {
        let (theme, warnings) = Theme::find("lihgt", None);
        assert_eq!(theme.name(), "default");
        assert_eq!(
            warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
            ["theme lihgt: there is no such theme (did you mean `light`?)"]
        );
    }

    #[test]
    fn a_users_own_theme_outranks_a_shipped_one() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("light.toml"), "[roles]\ntext = \"#123456\"")
            .expect("written");
        let (theme, warnings) = Theme::find("light", Some(folder.path()));
        assert_eq!(theme.style(Role::Text).fg, Some(Color::Rgb(0x12, 0x34, 0x56)));
        assert_eq!(warnings, []);
    }

    #[test]
    fn a_name_never_leaves_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("themes");
        fs::create_dir(&inner).expect("made");
        fs::write(folder.path().join("x.toml"), "[roles]\ntext = \"red\"").expect("written");
        assert_eq!(Theme::find("../x", Some(&inner)).0.name(), "default");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_loader_panic(text in "[\\[\\]\"= a-z.#0-9\nÿ\r{}]{0,60}") {
            let (theme, _) = Theme::parse("mine", &text);
            proptest::prop_assert_eq!(theme.name(), "mine");
        }
    }
}
