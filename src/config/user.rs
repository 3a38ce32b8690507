//! The theme and the keymap that the settings name: the user's own before the shipped ones, faults with their lines.

use std::cell::RefCell;
use std::path::Path;

use super::diagnostic::Diagnostic;
use super::load::{Unread, read_trusted};
use super::paths::Places;
use crate::keymap::{self, Keymap};
use crate::theme::{self, Theme};

impl Places {
    /// Finds a theme. What cannot be understood of it is told; where there is none of the name, it is the default one.
    pub fn theme(&self, name: &str) -> (Theme, Vec<Diagnostic>) {
        let (theme, warnings) = Theme::find(name, Some(&self.themes));
        let told = |warning: theme::Warning| {
            let text = theme::text(&warning.theme, Some(&self.themes));
            let file = file_name(&self.themes, &warning.theme);
            let hint = warning
                .hint
                .or_else(|| text.is_none().then(|| choice(theme::names(), &self.themes)));
            let about = Diagnostic::about(&file, &warning.message, hint);
            placed(about, text, (warning.line, warning.column))
        };
        (theme, warnings.into_iter().map(told).collect())
    }

    /// Finds a keymap; `commands` are the names that exist. One that others may write is refused; a faulty binding is
    /// told and left out; where there is none of the name, it is the default one.
    pub fn keymap(&self, name: &str, commands: &[&str]) -> (Keymap, Vec<Diagnostic>) {
        let refused = RefCell::new(Vec::new());
        let lookup = |name: &str| {
            let own = self.keymap_file(name).unwrap_or_else(|fault| {
                refused.borrow_mut().push(*fault);
                None
            });
            own.or_else(|| keymap::text(name).map(str::to_owned))
        };
        let (keymap, faults) = Keymap::find(name, &lookup, commands);
        let mut told = refused.take();
        told.dedup();
        for fault in faults {
            let file = file_name(&self.keymaps, &fault.keymap);
            let text = lookup(&fault.keymap);
            let hint = fault
                .hint
                .or_else(|| text.is_none().then(|| choice(keymap::names(), &self.keymaps)));
            let about = Diagnostic::about(&file, &fault.message, hint);
            told.push(placed(about, text, (fault.line, fault.column)));
        }
        (keymap, told)
    }

    /// The text of the user's own keymap of a name. A name that is more than a name finds nothing.
    fn keymap_file(&self, name: &str) -> Result<Option<String>, Box<Diagnostic>> {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(is_name) {
            return Ok(None);
        }
        match read_trusted(&self.keymaps.join(format!("{name}.toml"))) {
            Ok(text) => Ok(Some(text)),
            Err(Unread::Missing) => Ok(None),
            Err(Unread::Refused(fault)) => Err(fault),
        }
    }
}

/// What there is to choose from.
fn choice(shipped: impl Iterator<Item = &'static str>, own: &Path) -> String {
    let names: Vec<&str> = shipped.collect();
    format!("shipped are {}; your own lie in {}", names.join(", "), own.display())
}

/// What a file is called in a diagnostic: its path where it is the user's own.
fn file_name(folder: &Path, name: &str) -> String {
    let path = folder.join(format!("{name}.toml"));
    if path.is_file() { path.display().to_string() } else { format!("{name}.toml") }
}

fn placed(about: Diagnostic, text: Option<String>, place: (usize, usize)) -> Diagnostic {
    match text.filter(|_| place.0 > 0) {
        Some(text) => about.at_line(&text, place),
        None => about,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{LoadRequest, Overrides, write_private};
    use crate::keymap::{Resolution, Scope};

    fn places(folder: &Path) -> Places {
        let overrides = Overrides {
            config: Some(folder.join("config.toml")),
            cache_dir: Some(folder.to_path_buf()),
            state_dir: Some(folder.to_path_buf()),
            ..Overrides::default()
        };
        let places =
            Places::of(&LoadRequest { overrides, ..LoadRequest::default() }).expect("places");
        fs::create_dir_all(&places.keymaps).expect("made");
        fs::create_dir_all(&places.themes).expect("made");
        places
    }

    fn reached(keymap: &Keymap, raw: &str) -> Resolution {
        let keys: keymap::Sequence = raw.parse().expect("keys");
        keymap.resolve(&[Scope::GLOBAL], keys.chords())
    }

    #[test]
    fn a_keymap_of_ones_own_is_read_and_its_faults_have_their_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(folder.path());
        let file = places.keymaps.join("mine.toml");
        write_private(&file, b"[global]\n\"q\" = \"quit\"\n\"x\" = \"quid\"\n").expect("written");
        let (keymap, faults) = places.keymap("mine", &["quit"]);
        assert_eq!(reached(&keymap, "q"), Resolution::Command("quit".to_owned()));
        let fault = Diagnostic::about(
            &file.display().to_string(),
            "there is no command `quid`",
            Some("did you mean `quit`?".to_owned()),
        );
        let found =
            faults.first().map(|fault| (fault.line, fault.column, fault.source_line.as_str()));
        assert_eq!(found, Some((3, 7, "\"x\" = \"quid\"")));
        assert_eq!(
            faults.first().map(|told| (&told.file, &told.message, &told.hint)),
            Some((&fault.file, &fault.message, &fault.hint))
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_keymap_that_others_may_write_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(folder.path());
        let file = places.keymaps.join("mine.toml");
        fs::write(&file, "[global]\n\"q\" = \"quit\"\n").expect("written");
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666))
            .expect("chmod");
        let (keymap, faults) = places.keymap("mine", &["quit"]);
        assert_eq!(keymap.name(), "default");
        let hint = faults.first().and_then(|fault| fault.hint.clone()).unwrap_or_default();
        assert!(hint.starts_with("chmod go-w"), "{faults:?}");
    }

    #[test]
    fn a_theme_of_ones_own_is_read_and_its_faults_have_their_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(folder.path());
        fs::write(places.themes.join("mine.toml"), "inherits = \"light\"\nrols = 1\n")
            .expect("written");
        let (theme, faults) = places.theme("mine");
        assert_eq!(theme.name(), "mine");
        assert_eq!(
            faults.iter().map(|fault| (fault.line, fault.source_line.as_str())).collect::<Vec<_>>(),
            [(2, "rols = 1")]
        );
    }

    #[test]
    fn a_name_that_is_like_none_is_told_what_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(folder.path());
        let hint = |faults: Vec<Diagnostic>| {
            let fault =
                faults.into_iter().find(|fault| fault.message.starts_with("there is no such"));
            fault.and_then(|fault| fault.hint)
        };
        let own = |kind: &str| folder.path().join(kind).display().to_string();
        assert_eq!(
            hint(places.keymap("qqq", &[]).1),
            Some(format!("shipped are default, vim, emacs; your own lie in {}", own("keymaps")))
        );
        let themes = hint(places.theme("qqq").1).expect("a hint");
        assert!(themes.starts_with("shipped are default, light, "), "{themes}");
    }

    #[test]
    fn a_shipped_theme_and_keymap_need_no_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = places(&folder.path().join("nowhere"));
        assert_eq!(places.theme("light").1, Vec::new());
    }
}
