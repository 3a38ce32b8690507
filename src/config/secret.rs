//! [`SecretSource`] to secret: from a variable, a file, or a command's first line. No error ever holds the secret.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;

use super::permission;
use super::settings::SecretSource;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a running command is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// The most that is read of a file or a command, bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Why a secret could not be had. Holds neither the secret nor what a command printed.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or empty.
    #[error("the variable {0} holds no secret")]
    Unset(String),
    /// The file cannot be read.
    #[error("the secret's file {} cannot be read: {why}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        why: io::Error,
    },
    /// Others may read or write the file.
    #[error("the secret's file {} {}", .path.display(), .exposure.message())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// What others may do.
        exposure: permission::Exposure,
    },
    /// The command cannot be started.
    #[error("the secret's command {program} cannot be started: {why}")]
    NotStarted {
        /// Its first word.
        program: String,
        /// The system's word.
        why: io::Error,
    },
    /// The command said that it failed.
    #[error("the secret's command {program} failed: {status}")]
    Failed {
        /// Its first word.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The command did not end in time and was stopped.
    #[error("the secret's command {program} did not end within {seconds} s")]
    TimedOut {
        /// Its first word.
        program: String,
        /// How long it was given.
        seconds: u64,
    },
    /// There is nothing in the file, or the command printed nothing.
    #[error("{0} yields nothing")]
    Empty(String),
    /// The secret cannot be sent in a header.
    #[error("{0} yields something that no header can carry")]
    Unfit(String),
}

impl SecretError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            SecretError::Unset(name) => format!("export {name} before starting"),
            SecretError::Unreadable { .. } => "check the path and who owns it".to_owned(),
            SecretError::Exposed { path, exposure } => exposure.hint(path),
            SecretError::NotStarted { .. } => {
                "give the program's whole path; no shell reads the command".to_owned()
            }
            SecretError::Failed { .. } => "run it by hand to see what it says".to_owned(),
            SecretError::TimedOut { .. } => {
                "unlock the keyring first: the command cannot ask for anything".to_owned()
            }
            SecretError::Empty(_) | SecretError::Unfit(_) => {
                "its first line must be the secret and nothing else".to_owned()
            }
        }
    }
}

impl SecretSource {
    /// Fetches the secret; `env` looks a variable up. Blocks, for a command up to ten seconds.
    pub fn resolve(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<SecretString, SecretError> {
        self.resolve_within(env, PATIENCE)
    }

    fn resolve_within(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
        patience: Duration,
    ) -> Result<SecretString, SecretError> {
        let raw = match self {
            SecretSource::Env(name) => env(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or_else(|| SecretError::Unset(name.clone()))?,
            SecretSource::File(path) => from_file(path)?,
            SecretSource::Command(words) => from_command(words, patience)?,
        };
        let secret = raw.lines().next().unwrap_or_default().trim();
        if secret.is_empty() {
            return Err(SecretError::Empty(self.to_string()));
        }
        if !secret.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(SecretError::Unfit(self.to_string()));
        }
        Ok(SecretString::from(secret))
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Env(name) => write!(f, "the variable {name}"),
            SecretSource::File(path) => write!(f, "the file {}", path.display()),
            SecretSource::Command(words) => {
                write!(f, "the command {}", words.first().map_or("", String::as_str))
            }
        }
    }
}

fn from_file(path: &Path) -> Result<String, SecretError> {
    let unreadable = |why| SecretError::Unreadable { path: path.to_path_buf(), why };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if let Some(exposure) = permission::exposed(&metadata) {
        return Err(SecretError::Exposed { path: path.to_path_buf(), exposure });
    }
    io::read_to_string(file.take(MAX_BYTES)).map_err(unreadable)
}

/// Runs the words without a shell. Its standard input is closed, so that it can ask for nothing; what it says on its
/// standard error is thrown away, since it may hold the secret.
fn from_command(words: &[String], patience: Duration) -> Result<String, SecretError> {
    let (program, arguments) =
        words.split_first().ok_or_else(|| SecretError::Empty("no command".to_owned()))?;
    let not_started = |why| SecretError::NotStarted { program: program.clone(), why };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(not_started)?;
    let output = collect(&mut child);
    let status = wait(&mut child, patience).map_err(not_started)?;
    let timed_out =
        || SecretError::TimedOut { program: program.clone(), seconds: patience.as_secs() };
    match status {
        None => Err(timed_out()),
        Some(status) if !status.success() => {
            Err(SecretError::Failed { program: program.clone(), status })
        }
        Some(_) => output.recv_timeout(patience).map_err(|_| timed_out()),
    }
}

/// Reads what the child prints on a thread of its own, so that a full pipe never blocks it.
fn collect(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1);
    let stdout = child.stdout.take();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a failure is as good as nothing: an empty secret is an error of its own.
        let read = stdout.map(|stdout| stdout.take(MAX_BYTES).read_to_end(&mut bytes));
        let text = read.and_then(Result::ok).map(|_| String::from_utf8_lossy(&bytes).into_owned());
        sender.send(text.unwrap_or_default()).ok()
    });
    receiver
}

/// Waits for the end; kills the child and yields nothing where it does not come in time.
fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    let mut left = patience;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if left.is_zero() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(GLANCE.min(left));
        left = left.saturating_sub(GLANCE);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn resolve(source: &SecretSource) -> Result<String, String> {
        let env = |name: &str| (name == "SET").then(|| "hunter2\n".to_owned());
        source
            .resolve_within(&env, Duration::from_millis(300))
            .map(|secret| secret.expose_secret().to_owned())
            .map_err(|error| error.to_string())
    }

    fn command(words: &[&str]) -> Result<String, String> {
        resolve(&SecretSource::Command(words.iter().map(|word| (*word).to_owned()).collect()))
    }

    fn file(mode: u32, content: &str) -> Result<String, String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(content.as_bytes()).expect("written");
        let permissions = std::fs::Permissions::from_mode(mode);
        file.as_file().set_permissions(permissions).expect("chmod");
        let path = file.path().display().to_string();
        resolve(&SecretSource::File(file.path().to_path_buf())).map_err(|e| e.replace(&path, "F"))
    }

    #[test]
    fn a_variable_yields_its_value_without_blanks() {
        assert_eq!(resolve(&SecretSource::Env("SET".to_owned())), Ok("hunter2".to_owned()));
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        assert_eq!(
            resolve(&SecretSource::Env("UNSET".to_owned())),
            Err("the variable UNSET holds no secret".to_owned())
        );
    }

    #[test]
    fn a_file_of_our_own_yields_its_first_line() {
        assert_eq!(file(0o600, "hunter2\nmore"), Ok("hunter2".to_owned()));
    }

    #[test]
    fn a_file_that_others_may_read_or_write_is_refused() {
        assert_eq!(file(0o640, "x"), Err("the secret's file F may be read by others".to_owned()));
        assert_eq!(file(0o604, "x"), Err("the secret's file F may be read by others".to_owned()));
        assert_eq!(
            file(0o602, "x"),
            Err("the secret's file F may be written by others".to_owned())
        );
    }

    #[test]
    fn an_empty_file_is_an_error() {
        assert!(file(0o600, "\n\n").is_err());
    }

    #[test]
    fn a_command_yields_the_first_line_of_what_it_prints() {
        assert_eq!(command(&["printf", "hunter2\\nmore\\n"]), Ok("hunter2".to_owned()));
    }

    #[test]
    fn a_command_is_not_read_by_a_shell() {
        assert_eq!(command(&["echo", "$HOME;", "id"]), Ok("$HOME; id".to_owned()));
    }

    #[test]
    fn a_failing_command_is_named_and_its_output_is_not() {
        assert_eq!(
            command(&["sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"]),
            Err("the secret's command sh failed: exit status: 3".to_owned())
        );
    }

    #[test]
    fn a_command_that_hangs_is_stopped() {
        assert_eq!(
            command(&["sleep", "60"]),
            Err("the secret's command sleep did not end within 0 s".to_owned())
        );
    }

    #[test]
    fn a_command_cannot_ask_for_anything() {
        assert!(command(&["cat"]).is_err_and(|error| error.ends_with("yields nothing")));
    }

    #[test]
    fn a_command_that_does_not_exist_is_an_error() {
        assert!(command(&["/no/such/program"]).is_err_and(|error| error.contains("started")));
    }

    #[test]
    fn a_secret_with_control_characters_is_refused_without_being_shown() {
        assert_eq!(
            command(&["printf", "hunter\\033[2J"]),
            Err("the command printf yields something that no header can carry".to_owned())
        );
    }
}
