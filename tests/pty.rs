//! The real program in a pseudo-terminal: what a person gets, and that the terminal is given back however it ends.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;
use vt100::{MouseProtocolMode, Parser};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often the screen is looked at while it is waited for.
const GLANCE: Duration = Duration::from_millis(20);

/// The program in a terminal of its own.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty>,
    keyboard: Arc<Mutex<Box<dyn std::io::Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<Parser>>,
    _home: TempDir,
}

impl Terminal {
    /// The console on a simulated platform, on 120 by 40.
    fn demo() -> Terminal {
        Terminal::started(&["demo", "--scenario", "calm"])
    }

    /// The program with these words, on 120 by 40.
    pub(crate) fn started(words: &[&str]) -> Terminal {
        let home = tempfile::tempdir().expect("a folder");
        let pair = native_pty_system().openpty(size(120, 40)).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(words);
        command.env_clear();
        for name in ["HOME", "TMPDIR", "XDG_CONFIG_HOME"] {
            command.env(name, home.path());
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let keyboard = Arc::new(Mutex::new(pair.master.take_writer().expect("a keyboard")));
        let mut output = pair.master.try_clone_reader().expect("a screen");
        let screen = Arc::new(Mutex::new(Parser::new(extent(40), extent(120), 0)));
        let (drawn, replies) = (Arc::clone(&screen), Arc::clone(&keyboard));
        thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().expect("a screen").process(&bytes[..count]);
                // As a terminal does that is asked where its cursor stands.
                if bytes[..count].windows(4).any(|asked| asked == b"\x1b[6n") {
                    replies.lock().expect("a keyboard").write_all(b"\x1b[1;1R").ok();
                }
            }
        });
        Terminal { master: pair.master, keyboard, child, screen, _home: home }
    }

    pub(crate) fn press(&self, keys: &str) {
        let mut keyboard = self.keyboard.lock().expect("a keyboard");
        keyboard.write_all(keys.as_bytes()).expect("a keyboard that takes keys");
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.screen.lock().expect("a screen").screen_mut().set_size(extent(rows), extent(columns));
        self.master.resize(size(columns, rows)).expect("a terminal that can be resized");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).expect("a process that can be told");
    }

    fn id(&self) -> Pid {
        let id = self.child.process_id().and_then(|id| Pid::from_raw(id.cast_signed()));
        id.expect("a process")
    }

    /// Waits until the program has stopped, its terminal given back. A shell wakes it only then: what wakes it before is
    /// lost, and it stops for good.
    pub(crate) fn stopped(&self) {
        self.until("the terminal to be given back", is_given_back);
        // Left to be seen again: how it ends is asked of the process elsewhere.
        let asked = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.until("the program to stop", |_| {
            waitid(WaitId::Pid(self.id()), asked).expect("a process of ours").is_some()
        });
    }

    /// Wakes the program, and waits until it has its screen again.
    pub(crate) fn woken(&self) {
        self.signal(Signal::CONT);
        self.until("the screen to be taken again", vt100::Screen::alternate_screen);
    }

    /// Looks at the screen.
    pub(crate) fn look<T>(&self, at: impl Fn(&vt100::Screen) -> T) -> T {
        at(self.screen.lock().expect("a screen").screen())
    }

    /// Waits until something holds of the screen, and shows it when it never does.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        self.within(PATIENCE, what, holds);
    }

    /// The same for something that takes its time.
    pub(crate) fn within(
        &self,
        patience: Duration,
        what: &str,
        holds: impl Fn(&vt100::Screen) -> bool,
    ) {
        let begun = Instant::now();
        while !self.look(&holds) {
            assert!(
                begun.elapsed() < patience,
                "waited in vain for {what}\n{}",
                self.look(vt100::Screen::contents)
            );
            thread::sleep(GLANCE);
        }
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    pub(crate) fn sees(&self, words: &str) {
        self.until(&format!("`{words}` on screen"), |screen| screen.contents().contains(words));
    }

    /// Answers a question with a key until something holds: a question that was not on screen for a moment yet takes no
    /// answer, and says so.
    pub(crate) fn answers(&self, key: &str, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let begun = Instant::now();
        while !self.look(&holds) {
            assert!(
                begun.elapsed() < PATIENCE,
                "answered in vain for {what}\n{}",
                self.look(vt100::Screen::contents)
            );
            self.press(key);
            let pressed = Instant::now();
            while pressed.elapsed() < Duration::from_secs(1) && !self.look(&holds) {
                thread::sleep(GLANCE);
            }
        }
    }

    /// Waits until the program has ended; the terminal must be as it was before.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "the program does not end");
            thread::sleep(GLANCE);
        };
        self.until("the terminal to be given back", is_given_back);
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already where all went well.
        self.child.kill().ok();
    }
}

fn extent(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("some room")
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// Whether nothing is left of the program: no second screen, a cursor, no mouse, no marked pastes.
fn is_given_back(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && screen.mouse_protocol_mode() == MouseProtocolMode::None
}

#[test]
fn the_first_screen_shows_the_platform_and_q_leaves() {
    let terminal = Terminal::demo();
    terminal.sees("read-only");
    assert!(terminal.look(vt100::Screen::alternate_screen));
    terminal.press("2");
    terminal.sees("standard");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

#[test]
fn a_smaller_terminal_is_drawn_anew_and_one_too_small_says_so() {
    let terminal = Terminal::demo();
    terminal.press("2");
    terminal.sees("standard");
    terminal.resize(80, 24);
    terminal.until("24 rows", |screen| {
        screen.rows(0, 80).nth(23).is_some_and(|row| row.contains("quit") || row.contains("help"))
    });
    terminal.resize(30, 8);
    terminal.until("a word about the size", |screen| !screen.contents().contains("standard"));
    terminal.resize(120, 40);
    terminal.sees("standard");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

#[test]
fn suspending_gives_the_terminal_back_until_the_shell_resumes() {
    let terminal = Terminal::demo();
    terminal.sees("read-only");
    terminal.press("\x1a");
    terminal.stopped();
    terminal.woken();
    terminal.sees("read-only");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

#[test]
fn a_signal_ends_the_program_and_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let terminal = Terminal::demo();
        terminal.sees("feeds are live");
        terminal.signal(signal);
        assert_eq!(terminal.ended().exit_code(), 130, "{signal:?}");
    }
}

#[test]
fn an_armed_console_says_so_in_its_header_and_gives_the_terminal_back() {
    let terminal = Terminal::demo();
    terminal.sees("read-only");
    terminal.press(":arm\r");
    terminal.sees("arm for 15 minutes");
    terminal.answers("y", "the countdown", |screen| screen.contents().contains("ARMED 14:5"));
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

#[test]
fn suspending_an_armed_console_makes_it_read_only() {
    let terminal = Terminal::demo();
    terminal.sees("read-only");
    terminal.press(":arm\r");
    terminal.sees("arm for 15 minutes");
    terminal.answers("y", "the countdown", |screen| screen.contents().contains("ARMED"));
    terminal.press("\x1a");
    terminal.stopped();
    terminal.woken();
    terminal.sees("read-only");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}
