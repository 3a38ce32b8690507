//! The console in a pseudo-terminal: what it draws, and when.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::platform::PROGRAM;
use super::process::Process;

/// Lines of the terminal.
const ROWS: NonZeroU16 = NonZeroU16::MIN.saturating_add(47);
/// Columns of the terminal.
const COLUMNS: NonZeroU16 = NonZeroU16::MIN.saturating_add(159);
/// What ends every frame: the terminal may show it now.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
/// The words of so many frames are kept.
const KEPT: usize = 120;
/// How often the screen is looked at while something is waited for.
const LOOK: Duration = Duration::from_millis(20);
/// How long a word is waited for.
const SHOWN: Duration = Duration::from_secs(10);

/// What came out of the terminal so far.
pub(crate) struct Picture {
    parser: vt100::Parser,
    tail: Vec<u8>,
    /// The words of the last whole frame.
    pub(crate) words: String,
    /// All bytes.
    pub(crate) bytes: usize,
    /// All frames.
    pub(crate) frames: usize,
    /// Frames after which the screen looked as before.
    pub(crate) idle: usize,
    look: String,
    /// The first frames: how long after the start each was whole, and its words.
    pub(crate) first: Vec<(Duration, String)>,
    /// A word that is waited for, and when a whole frame had it.
    sought: Option<(String, Option<Instant>)>,
}

impl Picture {
    fn new() -> Picture {
        Picture {
            parser: vt100::Parser::new(ROWS, COLUMNS, 0),
            tail: Vec::new(),
            words: String::new(),
            bytes: 0,
            frames: 0,
            idle: 0,
            look: String::new(),
            first: Vec::new(),
            sought: None,
        }
    }

    fn take(&mut self, bytes: &[u8], after: Duration) {
        self.parser.process(bytes);
        self.bytes += bytes.len();
        self.tail.extend_from_slice(bytes);
        let ended = self.tail.windows(FRAME_ENDS.len()).filter(|w| *w == FRAME_ENDS).count();
        let kept = self.tail.len().saturating_sub(FRAME_ENDS.len() - 1);
        self.tail.drain(..kept);
        self.frames += ended;
        if ended > 0 {
            let look = self.parser.screen().contents_formatted();
            self.idle += usize::from(look == self.look);
            self.look = look;
            self.words = self.parser.screen().contents();
        }
        if let Some((word, seen @ None)) = &mut self.sought
            && ended > 0
            && self.words.contains(word.as_str())
        {
            *seen = Some(Instant::now());
        }
        if ended > 0 && self.first.len() < KEPT {
            self.first.push((after, self.words.clone()));
        }
    }
}

/// A console that ends when this is dropped.
pub(crate) struct Console {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    picture: Arc<Mutex<Picture>>,
    started: Instant,
    _terminal: Box<dyn MasterPty + Send>,
}

/// The folders of a console: nobody's own.
pub(crate) fn folder() -> Result<TempDir> {
    TempDir::with_prefix("watchfloor-bench-").context("no temporary folder")
}

impl Console {
    /// Starts it on a config file, with its cache and state below `home`.
    pub(crate) fn start(config: &Path, home: &Path) -> Result<Console> {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), ..PtySize::default() };
        let pair = native_pty_system().openpty(size)?;
        let mut reader = pair.master.try_clone_reader()?;
        let keys = pair.master.take_writer()?;
        let picture = Arc::new(Mutex::new(Picture::new()));
        let mut command = CommandBuilder::new(PROGRAM);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("HOME", home);
        command.args(["--config".as_ref(), config.as_os_str()]);
        command.args(["--cache-dir".as_ref(), home.join("cache").as_os_str()]);
        command.args(["--state-dir".as_ref(), home.join("state").as_os_str()]);
        command.arg("-v");
        let shared = Arc::clone(&picture);
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        std::thread::spawn(move || {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                let after = started.elapsed();
                locked(&shared).take(bytes.get(..n).unwrap_or_default(), after);
            }
        });
        Ok(Console { child, keys, picture, started, _terminal: pair.master })
    }

    /// What it has drawn.
    pub(crate) fn picture(&self) -> MutexGuard<'_, Picture> {
        locked(&self.picture)
    }

    /// Types keys.
    pub(crate) fn press(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Waits until something is on the screen. Says how long after the start that was, and what was there.
    pub(crate) fn until(
        &self,
        patience: Duration,
        is_there: impl Fn(&str) -> bool,
    ) -> Result<Duration> {
        let deadline = Instant::now() + patience;
        loop {
            let words = self.picture().words.clone();
            if is_there(&words) {
                return Ok(self.started.elapsed());
            }
            anyhow::ensure!(Instant::now() < deadline, "it did not come; on the screen:\n{words}");
            std::thread::sleep(LOOK);
        }
    }

    /// How long it takes from an act until a frame shows a word that nothing showed before.
    pub(crate) fn shown_after(&self, word: &str, act: impl FnOnce() -> bool) -> Result<Duration> {
        self.picture().sought = Some((word.to_owned(), None));
        let start = Instant::now();
        anyhow::ensure!(act(), "`{word}` cannot be shown");
        loop {
            let picture = self.picture();
            if let Some((_, Some(seen))) = &picture.sought {
                return Ok(seen.duration_since(start));
            }
            let is_late = start.elapsed() > SHOWN;
            anyhow::ensure!(!is_late, "`{word}` did not come; on the screen:\n{}", picture.words);
            drop(picture);
            std::thread::sleep(LOOK);
        }
    }

    /// The process.
    pub(crate) fn process(&self) -> Result<Process> {
        Ok(Process(self.child.process_id().context("the console has ended")?))
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // Hangs up first, so that it gives everything back.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn locked(picture: &Mutex<Picture>) -> MutexGuard<'_, Picture> {
    picture.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The largest number that the screen tells of something: `4,711 jobs`.
pub(crate) fn count(words: &str, noun: &str) -> u64 {
    let all: Vec<&str> = words.split_whitespace().collect();
    let counts = all.windows(2).filter_map(|pair| match pair {
        [count, what] if *what == noun => count.replace(',', "").parse().ok(),
        _ => None,
    });
    counts.max().unwrap_or(0)
}
