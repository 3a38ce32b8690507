//! The terminal: taken, given back, whatever happens.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// One write a frame: the whole frame fits.
const BUFFER: usize = 64 * 1024;

/// Whether the terminal is ours at present, so that a panic gives back what was taken and nothing else.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseUse {
    /// The program has the mouse.
    Taken,
    /// The terminal keeps it, for selecting text.
    Left,
}

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct Screen {
    /// What draws.
    pub terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: MouseUse,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When standard output is no terminal, or it cannot be switched.
    pub fn take(mouse: MouseUse) -> io::Result<Screen> {
        enter(mouse)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER, stdout()));
        Ok(Screen { terminal: Terminal::new(backend)?, mouse })
    }

    /// Gives the terminal back for a while.
    pub fn pause(&mut self) -> io::Result<()> {
        leave()
    }

    /// Takes the terminal again and forgets what was drawn.
    pub fn resume(&mut self) -> io::Result<()> {
        enter(self.mouse)?;
        self.forget()
    }

    /// Empties the screen and forgets what was drawn, so that the next frame is drawn whole. Asks the terminal nothing:
    /// one that does not answer would keep us waiting.
    pub fn forget(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
        self.terminal.swap_buffers();
        Ok(())
    }

    /// Draws one frame as one write.
    pub fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        crossterm::queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(draw)?;
        crossterm::queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()
    }

    /// Sends bytes that are no part of the picture: a clipboard's text.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(bytes)?;
        Write::flush(out)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nothing left to do about a terminal that is gone.
        leave().ok();
    }
}

fn enter(mouse: MouseUse) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
    if mouse == MouseUse::Taken {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back, if it was taken. Safe to call twice and from a panic.
pub fn leave() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let left = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    disable_raw_mode()?;
    left
}

/// Makes a panic give the terminal back before it is told.
pub fn give_back_on_panic() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave().ok();
        tracing::error!("panic: {panic}");
        told(panic);
    }));
}
