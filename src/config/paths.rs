//! [`Places`]: where config, cache, state and log lie, and how their folders and files are made.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::env;
use super::env::Environment;
use super::load::{LoadRequest, Overrides};
use super::settings::Folders;

/// Where everything lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The config file.
    pub config_file: PathBuf,
    /// The user's own themes.
    pub themes: PathBuf,
    /// The user's own keymaps.
    pub keymaps: PathBuf,
    /// The folder of `cache.db`; may be deleted at any time.
    pub cache_dir: PathBuf,
    /// The folder of the history, the ledgers and `ui.toml`; must be kept.
    pub state_dir: PathBuf,
    /// The log file, where it was named.
    log_file: Option<PathBuf>,
}

impl Places {
    /// The places that a request asks for; nothing where some is not named and no home is known.
    pub fn of(request: &LoadRequest) -> Option<Places> {
        let flags = &request.overrides;
        let said = |flag: &Option<PathBuf>, key: &str| {
            let variable = env::of(&request.environment, key);
            flag.clone().or_else(|| variable.map(|(_, value)| PathBuf::from(value)))
        };
        let ours = ProjectDirs::from("", "", "watchfloor");
        let ours = ours.as_ref();
        let config_file = said(&flags.config, "--config")
            .or_else(|| Some(ours?.config_dir().join("config.toml")))?;
        let config_dir = config_file.parent().map(Path::to_path_buf).unwrap_or_default();
        let state =
            |ours: &ProjectDirs| ours.state_dir().unwrap_or(ours.data_local_dir()).to_path_buf();
        Some(Places {
            themes: config_dir.join("themes"),
            keymaps: config_dir.join("keymaps"),
            cache_dir: said(&flags.cache_dir, "--cache-dir")
                .or_else(|| Some(ours?.cache_dir().to_path_buf()))?,
            state_dir: said(&flags.state_dir, "--state-dir").or_else(|| ours.map(state))?,
            log_file: said(&flags.log_file, "--log-file"),
            config_file,
        })
    }

    /// The same places, with the folders that the file names where neither a flag nor a variable does.
    pub(super) fn within(
        mut self,
        folders: &Folders,
        flags: &Overrides,
        environment: &Environment,
    ) -> Places {
        let free = |flag: &Option<PathBuf>, key: &str| {
            flag.is_none() && env::of(environment, key).is_none()
        };
        if let Some(folder) =
            folders.cache.as_ref().filter(|_| free(&flags.cache_dir, "--cache-dir"))
        {
            self.cache_dir.clone_from(folder);
        }
        if let Some(folder) =
            folders.state.as_ref().filter(|_| free(&flags.state_dir, "--state-dir"))
        {
            self.state_dir.clone_from(folder);
        }
        self
    }

    /// The cache.
    pub fn cache_db(&self) -> PathBuf {
        self.cache_dir.join("cache.db")
    }

    /// Samples and the past.
    pub fn history_db(&self) -> PathBuf {
        self.state_dir.join("history.db")
    }

    /// The ledger of acts.
    pub fn audit_db(&self) -> PathBuf {
        self.state_dir.join("audit.db")
    }

    /// The ledger of reviews.
    pub fn review_db(&self) -> PathBuf {
        self.state_dir.join("review.db")
    }

    /// Sorts, columns and filters.
    pub fn ui_file(&self) -> PathBuf {
        self.state_dir.join("ui.toml")
    }

    /// The log file: the one that was named, or the usual one.
    pub fn log_file(&self) -> PathBuf {
        self.log_file.clone().unwrap_or_else(|| self.state_dir.join("log").join("watchfloor.log"))
    }

    /// Makes the folders that are written to, for their owner alone.
    pub fn create(&self) -> io::Result<()> {
        create_private_dir(&self.cache_dir)?;
        create_private_dir(&self.state_dir)?;
        self.log_file().parent().map_or(Ok(()), create_private_dir)
    }
}

/// Makes a folder, and those above it, that nobody else may enter. One that exists keeps its mode.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file for reading and writing that nobody else may read; makes it where it is absent, never cuts it.
pub fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Replaces a file's content as one step: a reader sees the old or the new, never a half; nobody else may read it.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let mut file = open_private(&fresh)?;
    file.set_len(0)?;
    io::Write::write_all(&mut file, content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    fn request() -> LoadRequest {
        let overrides = Overrides {
            config: Some("/c/my.toml".into()),
            cache_dir: Some("/k".into()),
            ..Overrides::default()
        };
        let state = ("WATCHFLOOR_STATE_DIR".to_owned(), "/s".to_owned());
        LoadRequest { overrides, environment: [state].into() }
    }

    #[test]
    fn flags_and_variables_move_every_place() {
        let places = Places::of(&request()).expect("places");
        assert_eq!(
            [places.cache_db(), places.history_db(), places.log_file(), places.themes.clone()],
            ["/k/cache.db", "/s/history.db", "/s/log/watchfloor.log", "/c/themes"]
                .map(PathBuf::from)
        );
    }

    #[test]
    fn a_flag_outranks_a_variable() {
        let mut request = request();
        request.overrides.state_dir = Some("/flag".into());
        assert_eq!(Places::of(&request).map(|places| places.state_dir), Some("/flag".into()));
    }

    #[cfg(unix)]
    #[test]
    fn folders_and_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().expect("metadata").permissions().mode() & 0o777;
        let root = tempfile::tempdir().expect("a folder");
        let dir = root.path().join("a/b");
        create_private_dir(&dir).expect("created");
        let file = dir.join("ui.toml");
        write_private(&file, b"x = 1").expect("written");
        assert_eq!((mode(&dir), mode(&file)), (0o700, 0o600));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_could_read_is_closed_when_it_is_opened() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::set_permissions(file.path(), PermissionsExt::from_mode(0o644)).expect("chmod");
        let opened = open_private(file.path()).expect("opened");
        let mode = opened.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn writing_again_replaces_the_whole_content() {
        let root = tempfile::tempdir().expect("a folder");
        let file = root.path().join("ui.toml");
        write_private(&file, b"long content").expect("written");
        write_private(&file, b"new").expect("written");
        assert_eq!(fs::read(&file).expect("read"), b"new");
    }
}
