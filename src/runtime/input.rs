//! Terminal events to messages.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::app::{Mouse, MouseKind, Msg};
use crate::keymap::{Chord, Held, Key};

/// What an event means to the program; nothing for what it does not listen to.
pub(super) fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => chord(key).map(Msg::Key),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => pointer(mouse).map(Msg::Mouse),
        Event::Resize(..) => Some(Msg::Resize),
    }
}

fn chord(event: KeyEvent) -> Option<Chord> {
    let held = Held {
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
        shift: event.modifiers.contains(KeyModifiers::SHIFT),
    };
    let (key, held) = match event.code {
        KeyCode::Char(character) => (Key::Char(character), held),
        KeyCode::BackTab => (Key::Tab, Held { shift: true, ..held }),
        code => (plain(code)?, held),
    };
    Some(Chord::new(key, held))
}

fn plain(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::F(number) => Key::F(number),
        _ => return None,
    })
}

fn pointer(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
        MouseEventKind::ScrollUp => MouseKind::WheelUp,
        MouseEventKind::ScrollDown => MouseKind::WheelDown,
        _ => return None,
    };
    Some(Mouse { kind, column: event.column, row: event.row })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> String {
        chord(KeyEvent::new(code, modifiers)).unwrap().to_string()
    }

    #[test]
    fn keys_have_one_form_whatever_the_terminal_says() {
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), "G");
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::NONE), "G");
        assert_eq!(key(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab");
        assert_eq!(key(KeyCode::BackTab, KeyModifiers::NONE), "shift-tab");
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), "ctrl-c");
    }
}
