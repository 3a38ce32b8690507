//! Small things that a person asked for: a page in the browser, text in the clipboard, a file.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::app::notice::Notice;
use crate::app::{Errand, ErrandResult};
use crate::config::write_private;

/// The most that goes into a clipboard, bytes: terminals give up on more.
const CLIPBOARD: usize = 100_000;

/// Where errands may lead.
#[derive(Debug, Clone)]
pub(super) struct Ground<'a> {
    /// Origins of configured platforms: other pages are not opened.
    pub origins: &'a [String],
    /// The folder for files.
    pub state_dir: &'a Path,
}

/// Runs an errand. Bytes for the terminal go to `terminal`.
pub(super) fn run(errand: &Errand, ground: &Ground<'_>, terminal: &mut dyn Write) -> ErrandResult {
    match errand {
        Errand::Open(page) => open(page, ground.origins),
        Errand::Copy(text) => copy(text, terminal),
        Errand::Save { name, text } => save(name, text, ground.state_dir),
    }
}

/// A page of a configured origin.
fn allowed(page: &str, origins: &[String]) -> Result<Url, Notice> {
    let refuse = |why: &str| Err(Notice::bad(format!("{page} is not opened: {why}")));
    let Ok(url) = Url::parse(page) else { return refuse("it is no address") };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("only http and https pages are");
    }
    if !origins.contains(&url.origin().ascii_serialization()) {
        return refuse("it lies on no configured platform");
    }
    Ok(url)
}

/// Opens a page of a configured origin: as one argument, without a shell.
fn open(page: &str, origins: &[String]) -> ErrandResult {
    let url = allowed(page, origins)?;
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = Command::new(opener)
        .arg(url.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut child) => {
            // Waited for elsewhere, so that it leaves no zombie behind.
            std::thread::spawn(move || child.wait());
            Ok(Notice::good(format!("opened {url}")))
        }
        Err(_) => Err(Notice::bad(format!("no browser here ({opener} is missing): {url}"))),
    }
}

/// Puts text into the clipboard of the terminal that shows us, also over SSH (OSC 52).
fn copy(text: &str, terminal: &mut dyn Write) -> ErrandResult {
    if text.is_empty() {
        return Err(Notice::bad("there is nothing to copy"));
    }
    if text.len() > CLIPBOARD {
        return Err(Notice::bad(format!("{} bytes are too many for a clipboard", text.len())));
    }
    let sent =
        write!(terminal, "\x1b]52;c;{}\x07", STANDARD.encode(text)).and_then(|()| terminal.flush());
    match sent {
        Ok(()) => Ok(Notice::good(format!("copied {}", shortened(text)))),
        Err(error) => Err(Notice::bad(format!("the terminal did not take the text: {error}"))),
    }
}

fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
    if line.chars().count() <= 60 {
        return line;
    }
    let head: String = line.chars().take(59).collect();
    format!("{head}…")
}

fn save(name: &str, text: &str, folder: &Path) -> ErrandResult {
    let path = folder.join(name);
    match write_private(&path, text.as_bytes()) {
        Ok(()) => Ok(Notice::good(format!("saved {}", path.display()))),
        Err(error) => Err(Notice::bad(format!("could not save {}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(page: &str) -> bool {
        allowed(page, &["https://gitlab.example.com".to_owned()]).is_err()
    }

    #[test]
    fn a_page_of_a_configured_origin_is_opened_also_on_a_port() {
        let origins = ["https://gitlab.example.com".to_owned(), "http://127.0.0.1:4711".to_owned()];
        for page in ["https://gitlab.example.com/acme/-/jobs/7", "http://127.0.0.1:4711/acme"] {
            assert_eq!(allowed(page, &origins).map(|url| url.to_string()), Ok(page.to_owned()));
        }
    }

    #[test]
    fn only_pages_of_configured_origins_are_opened() {
        for page in [
            "https://evil.example.net/x",
            "https://gitlab.example.com.evil.example.net/",
            "https://gitlab.example.com:8443/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--help",
        ] {
            assert!(refused(page), "{page}");
        }
    }

    #[test]
    fn the_clipboard_gets_an_encoded_text() {
        let mut terminal = Vec::new();
        copy("a\x1bb", &mut terminal).unwrap();
        assert_eq!(terminal, b"\x1b]52;c;YRti\x07");
    }

    #[test]
    fn too_much_for_a_clipboard_is_said() {
        assert!(copy(&"x".repeat(CLIPBOARD + 1), &mut Vec::new()).is_err());
    }
}
