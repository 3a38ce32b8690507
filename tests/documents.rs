//! The generated documents say what the program says. `UPDATE=1 cargo test` writes them anew.

use std::fmt::Write as _;
use std::fs;

use watchfloor::app::command::{self, Command};
use watchfloor::app::{App, Facts};
use watchfloor::cli::json;
use watchfloor::config;
use watchfloor::domain::Tiers;
use watchfloor::finding::RULES;
use watchfloor::keymap::{self, Keymap, Scope};
use watchfloor::pane::{LENSES, PANES};
use watchfloor::state::State;

/// Compares a document with what it must say, or writes it where `UPDATE` is set.
pub(crate) fn assert_current(name: &str, title: &str, body: &str) {
    let note = "<!-- Written by `UPDATE=1 cargo test`; changes by hand are lost. -->";
    let wanted = format!("# {title}\n\n{note}\n\n{}\n", body.trim_end());
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &wanted).expect("a folder that can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let first = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
    assert!(wanted == found, "docs/{name} is not current: run `UPDATE=1 cargo test`\n{first:#?}");
}

/// Where keys work, in the order of a reader's interest, and what that place is.
fn places() -> Vec<(Scope, String)> {
    let mut places =
        vec![(Scope::GLOBAL, "Everywhere".to_owned()), (Scope::LIST, "In a table".to_owned())];
    places.extend(PANES.iter().map(|pane| {
        let about = pane.about();
        (Scope::pane(about.name), format!("In the pane {}", about.title))
    }));
    places.extend(LENSES.iter().map(|lens| {
        (Scope::rows(lens.name()), format!("On rows of {}, in any pane", lens.name()))
    }));
    let rest = [
        (Scope::DETAIL, "In the detail"),
        (Scope::LOG, "In a job's log"),
        (Scope::HELP, "In the help"),
        (Scope::PICKER, "While choosing from a list"),
        (Scope::CONFIRM, "While a question is asked"),
        (Scope::PALETTE, "In the palette"),
        (Scope::PROMPT, "While a line is typed"),
    ];
    places.extend(rest.map(|(scope, words)| (scope, words.to_owned())));
    places
}

/// The keys that a keymap has for a command line in a scope, as they are shown in a table.
fn keys(keymap: &Keymap, scope: &Scope, line: &str) -> String {
    let bound = keymap.bindings(scope).filter(|binding| binding.command == line);
    let keys: Vec<String> =
        bound.map(|binding| format!("`{}`", binding.keys).replace('|', "\\|")).collect();
    keys.join(" ")
}

fn keys_page() -> String {
    let names = command::names();
    let keymaps: Vec<Keymap> =
        keymap::names().map(|name| Keymap::shipped(name, &names).0).collect();
    let mut page = String::from(
        "Every key of the shipped keymaps. A keymap of your own inherits one of them and says only what differs; put it\n\
         into `keymaps/` of the config directory and name it in `ui.keymap`. No command key works while text is typed.\n",
    );
    for (scope, title) in places() {
        let mut lines: Vec<&str> = Vec::new();
        for binding in keymaps.iter().flat_map(|keymap| keymap.bindings(&scope)) {
            if !lines.contains(&binding.command.as_str()) {
                lines.push(&binding.command);
            }
        }
        if lines.is_empty() {
            continue;
        }
        let heads: Vec<&str> = keymaps.iter().map(Keymap::name).collect();
        let rule = "|---".repeat(heads.len() + 2);
        let head = heads.join(" | ");
        write!(page, "\n## {title} (`{scope}`)\n\n| {head} | command | what it does |\n{rule}|\n")
            .expect("a string takes everything");
        for line in lines {
            let doc = command::find(line).map_or("", |(command, _)| command.doc);
            let cells: Vec<String> =
                keymaps.iter().map(|keymap| keys(keymap, &scope, line)).collect();
            writeln!(page, "| {} | `{line}` | {} |", cells.join(" | "), doc.replace('|', "\\|"))
                .expect("a string takes everything");
        }
    }
    page
}

fn commands_page() -> String {
    let (keymap, _) = Keymap::shipped("default", &command::names());
    let app = App::new(State::new(Tiers::default()), keymap, Facts::default());
    let mut page = String::from(
        "Everything that can be asked of the console, by name: `:` opens the palette, where a name, a part of it or a word\n\
         of its description is typed. A key is bound to such a line, see [keys](keys.md).\n",
    );
    for (scope, title) in places() {
        let here: Vec<&Command> = command::all().filter(|one| one.scope == scope.name()).collect();
        if here.is_empty() {
            continue;
        }
        write!(
            page,
            "\n## {title}\n\n| command | words behind it | what it does |\n|---|---|---|\n"
        )
        .expect("a string takes everything");
        for command in here {
            let words: Vec<String> = (command.arguments)(&app);
            let words = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ");
            writeln!(
                page,
                "| `{}` | {words} | {} |",
                command.name,
                command.doc.replace('|', "\\|")
            )
            .expect("a string takes everything");
        }
    }
    page
}

#[test]
fn the_page_of_keys_is_current() {
    assert_current("keys.md", "Keys", &keys_page());
}

#[test]
fn the_page_of_commands_is_current() {
    assert_current("commands.md", "Commands", &commands_page());
}

#[test]
fn the_page_of_the_configuration_is_current() {
    let body = format!(
        "Every key of `config.toml`. Unknown keys are errors. `watchfloor config schema` prints the same as a JSON schema.\n\n\
         {}\n## A whole example\n\n```toml\n{}```\n",
        config::reference(),
        config::example()
    );
    assert_current("config.md", "Configuration", &body);
}

#[test]
fn the_page_of_the_answers_is_current() {
    assert_current("json.md", "What `get` answers", &json::reference());
}

/// What stands before the rules.
const FINDINGS: &str = "\
The pane Now and `watchfloor get findings` say what deserves attention, the gravest first. A rule is a pure function over what is known;
where what it rests on is not live it says nothing, and never that something is fine: that a feed is silent is a finding itself.

**What explains what.** Findings of one tier that follow from each other fold under their cause: a node group at its maximum, pods
without a node, every slot taken, jobs that wait beyond the target, an objective that burns, a gate that holds back. A cause is named
only where it is found now and nothing that is known speaks against it: a group beside another one with room is none. A chain is as
high in the order as the gravest of it; of equals those whose objectives burn come first, then those that explain most.

**What stays.** What is grave is told at once, the rest once it has been found for two seconds. A finding that is found no more stays for
ten seconds, marked as gone. One that cannot be judged any more, because a feed on which it rests is silent, stays until it can be,
marked with what is missing. A severity rises at once and falls after thirty milder seconds. `get findings` is one look and knows
nothing of that.

**In hand.** `a k` on a finding, or `watchfloor act finding.acknowledge ID --set duration=4h --reason TEXT --arm`, writes into the ledger that
somebody has it in hand, why and until when; nothing is sent to any platform. It stays in sight, says in whose hand it is, and calls
nobody until its end, also after a restart. The last word on a finding counts.

**For scripts.** `watchfloor get findings -o json --fail-on high` prints what was found and exits with 1 where something is at least so grave,
in nobody's hand and covered by no exception. Rights are as they were read last: reading them takes long.

**A call.** With `ui.notify = true` a new grave finding rings the terminal's bell and sends the notifications of OSC 9 and OSC 777: fixed words
and a number, nothing that came from outside.

**Runbooks.** `[runbooks]` names a page by the code of a rule or the key of an objective; the detail shows it and `o` opens it.

`X` on a finding explains what waits for it; Enter goes to the rows that prove it.

## The rules

| code | what it finds | rests on |
|---|---|---|
";

#[test]
fn the_page_of_the_findings_is_current() {
    let mut page = FINDINGS.to_owned();
    for rule in RULES {
        let feeds: Vec<&str> = rule.rests_on.iter().map(|source| source.0).collect();
        writeln!(page, "| `{}` | {} | {} |", rule.code, rule.doc, feeds.join(", "))
            .expect("written");
    }
    assert_current("findings.md", "Findings", &page);
}

/// Compares what stands between two marks of the page of the gate with what must stand there, or writes it.
fn assert_part(mark: &str, wanted: &str) {
    let path = format!("{}/docs/gate.md", env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(&path).expect("the page of the gate");
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (head, rest) = page.split_once(&begin).expect("the part's begin");
    let (found, tail) = rest.split_once(&end).expect("the part's end");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{head}{begin}{wanted}{end}{tail}")).expect("written");
        return;
    }
    assert_eq!(found, wanted, "docs/gate.md is not current: run `UPDATE=1 cargo test`");
}

#[test]
fn the_page_of_the_gate_has_every_key_of_a_policy_and_the_built_in_one() {
    let built_in = format!("```toml\n{}```\n", config::PolicyFile::builtin().text());
    assert_part("policy keys", &config::policy_reference());
    assert_part("built in", &built_in);
}

#[test]
fn every_pane_stands_in_the_documents() {
    let (keys, commands) = (keys_page(), commands_page());
    for pane in PANES {
        let name = pane.about().name;
        assert!(keys.contains(&format!("`pane {name}`")), "docs/keys.md lacks pane {name}");
        assert!(commands.contains(&format!("`{name}`")), "docs/commands.md lacks pane {name}");
    }
}
