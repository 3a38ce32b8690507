//! [`bytes()`]: what makes a terminal call somebody: a bell, and the notifications of the terminals that have them.

/// The bytes that call somebody because so many grave findings are new: fixed words and a number, nothing from outside.
pub(super) fn bytes(count: usize) -> Vec<u8> {
    let findings = if count == 1 { "finding" } else { "findings" };
    let words = format!("{count} new grave {findings}");
    // A bell for every terminal; OSC 9 for iTerm2, Windows Terminal, kitty, WezTerm; OSC 777 for rxvt, foot, VTE.
    format!("\x07\x1b]9;Watchfloor: {words}\x1b\\\x1b]777;notify;Watchfloor;{words}\x1b\\")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_bell_and_fixed_words_with_a_number() {
        let called = String::from_utf8(bytes(2)).unwrap();
        let expected = "\x07\x1b]9;Watchfloor: 2 new grave findings\x1b\\\x1b]777;notify;Watchfloor;2 new grave findings\x1b\\";
        assert_eq!(called, expected);
    }
}
