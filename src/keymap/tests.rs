//! Keymaps as a whole: the shipped ones, and what becomes of a user's own.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Every command that the shipped keymaps may name.
const COMMANDS: &[&str] = &[
    "back",
    "copy",
    "copy.row",
    "detail.page_down",
    "detail.page_up",
    "detail.scroll_down",
    "detail.scroll_up",
    "detail.toggle",
    "enter",
    "go",
    "help",
    "history.back",
    "history.forward",
    "join",
    "list.bottom",
    "list.columns",
    "list.down",
    "list.filter",
    "list.filter_clear",
    "list.group",
    "list.half_down",
    "list.half_up",
    "list.left",
    "list.mark",
    "list.mark_all",
    "list.page_down",
    "list.page_up",
    "list.right",
    "list.sort",
    "list.sort_reverse",
    "list.top",
    "list.unmark_all",
    "list.up",
    "list.wide",
    "log",
    "log.container",
    "log.bottom",
    "log.down",
    "log.fold",
    "log.fold_all",
    "log.follow",
    "log.left",
    "log.next",
    "log.page_down",
    "log.page_up",
    "log.previous",
    "log.right",
    "log.save",
    "log.search",
    "log.top",
    "log.up",
    "log.wrap",
    "notice.dismiss",
    "open",
    "palette",
    "pane",
    "pause",
    "at",
    "at.earlier",
    "at.later",
    "timeline",
    "handover",
    "arm",
    "disarm",
    "job.retry",
    "job.cancel",
    "job.play",
    "pipeline.retry",
    "pipeline.cancel",
    "runner.turn",
    "deployment.approve",
    "deployment.reject",
    "exception.request",
    "exception.extend",
    "exception.revoke",
    "exception.approve",
    "exception.merge",
    "exception.refuse",
    "exception.withdraw",
    "pod.delete",
    "node.cordon",
    "node.uncordon",
    "nodegroup.scale",
    "silence.create",
    "silence.expire",
    "finding.acknowledge",
    "confirm.yes",
    "prompt.accept",
    "prompt.cancel",
    "prompt.clear",
    "prompt.complete",
    "prompt.delete",
    "prompt.delete_back",
    "prompt.delete_to_end",
    "prompt.delete_word",
    "prompt.end",
    "prompt.first",
    "prompt.last",
    "prompt.left",
    "prompt.next",
    "prompt.page_down",
    "prompt.page_up",
    "prompt.previous",
    "prompt.right",
    "prompt.start",
    "prompt.toggle",
    "prompt.word_left",
    "prompt.word_right",
    "quit",
    "redraw",
    "refresh",
    "suspend",
    "theme",
    "view",
    "view.next",
    "view.previous",
    "why",
    "review.keep",
    "review.revoke",
    "review.modify",
    "review.escalate",
    "review.send",
    "member.remove",
    "member.change",
    "token.revoke",
];

fn shipped(name: &str) -> Keymap {
    Keymap::shipped(name, COMMANDS).0
}

fn own(text: &str) -> (Keymap, Vec<String>) {
    let lookup = |name: &str| match name {
        "mine" => Some(text.to_owned()),
        name => builtin::text(name).map(str::to_owned),
    };
    let (keymap, faults) = Keymap::find("mine", &lookup, COMMANDS);
    (keymap, faults.iter().map(Fault::to_string).collect())
}

fn keys(raw: &str) -> Vec<Chord> {
    raw.parse::<Sequence>().expect("keys").chords().to_vec()
}

fn command(line: &str) -> Resolution {
    Resolution::Command(line.to_owned())
}

/// The scopes of a table of jobs in the pane of pipelines.
fn table() -> [Scope; 4] {
    [Scope::rows("jobs"), Scope::pane("pipelines"), Scope::LIST, Scope::GLOBAL]
}

#[test]
fn every_shipped_keymap_loads_without_a_fault() {
    for name in names() {
        let (keymap, faults) = Keymap::shipped(name, COMMANDS);
        assert_eq!((keymap.name(), faults), (name, Vec::new()));
    }
}

#[test]
fn every_file_in_the_folder_is_shipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/keymaps");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").file_name().to_string_lossy().replace(".toml", ""))
        .collect();
    assert_eq!(files, names().map(str::to_owned).collect());
}

#[test]
fn commands_that_take_an_argument_may_lack_a_key_and_no_others() {
    let keymap = shipped("default");
    let bound: BTreeSet<&str> = keymap
        .scopes()
        .flat_map(|scope| keymap.bindings(scope))
        .filter_map(|binding| binding.command.split(' ').next())
        .collect();
    let free: Vec<&str> = COMMANDS.iter().copied().filter(|name| !bound.contains(name)).collect();
    assert_eq!(free, ["at", "handover", "theme", "view"]);
}

#[test]
fn no_key_that_types_is_bound_where_text_is_typed() {
    for name in names() {
        let keymap = shipped(name);
        for scope in [Scope::PALETTE, Scope::PROMPT] {
            assert!(keymap.bindings(&scope).count() > 0);
            let typing = |binding: &&Binding| {
                binding.keys.chords().iter().any(|chord| chord.typed().is_some())
            };
            assert_eq!(keymap.bindings(&scope).find(typing), None, "{name}");
        }
    }
}

#[test]
fn keys_that_later_panes_need_are_free() {
    for name in names() {
        let keymap = shipped(name);
        for raw in ["7", "8"] {
            assert_eq!(keymap.resolve(&table(), &keys(raw)), Resolution::None, "{name}: {raw}");
        }
        assert_eq!(keymap.resolve(&table(), &keys("l")), command("log"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("1")), command("pane now"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("2")), command("pane pipelines"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("3")), command("pane runners"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("4")), command("pane slos"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("5")), command("pane exceptions"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("6")), command("pane access"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("9")), command("pane audit"), "{name}");
        assert_eq!(keymap.resolve(&table(), &keys("0")), command("pane sources"), "{name}");
    }
}

#[test]
fn ctrl_d_moves_in_vim_and_does_nothing_elsewhere() {
    let bound = |name: &str| shipped(name).resolve(&table(), &keys("ctrl-d"));
    assert_eq!(
        ["default", "vim", "emacs"].map(bound),
        [Resolution::None, command("list.half_down"), Resolution::None]
    );
}

#[test]
fn a_prefix_waits_and_says_what_may_come() {
    assert_eq!(
        shipped("default").resolve(&table(), &keys("g")),
        Resolution::Pending(
            [
                ("g", "list.top"),
                ("a", "pane audit"),
                ("b", "pane slos"),
                ("c", "pane access"),
                ("d", "go node"),
                ("e", "pane exceptions"),
                ("h", "timeline all"),
                ("j", "join"),
                ("n", "pane now"),
                ("o", "go pod"),
                ("p", "pane pipelines"),
                ("r", "pane runners"),
                ("s", "pane sources"),
                ("u", "go nodegroup"),
                ("w", "go runner"),
            ]
            .map(|(raw, line)| (keys(raw)[0], line.to_owned()))
            .to_vec()
        )
    );
}

#[test]
fn a_sequence_that_leads_nowhere_is_nothing() {
    assert_eq!(shipped("default").resolve(&table(), &keys("g x")), Resolution::None);
}

#[test]
fn the_innermost_scope_answers_first() {
    let keymap = shipped("default");
    let log = [Scope::LOG, Scope::LIST, Scope::GLOBAL];
    assert_eq!(keymap.resolve(&log, &keys("w")), command("log.wrap"));
    assert_eq!(keymap.resolve(&table(), &keys("w")), command("list.wide"));
    assert_eq!(keymap.resolve(&log, &keys("q")), command("quit"));
}

#[test]
fn a_prefix_further_in_hides_a_command_further_out() {
    let (keymap, _) = own("[list]\n\"g g\" = \"list.top\"\n[global]\n\"g\" = \"help\"\n");
    let waiting = Resolution::Pending(vec![(keys("g")[0], "list.top".to_owned())]);
    assert_eq!(keymap.resolve(&[Scope::LIST, Scope::GLOBAL], &keys("g")), waiting);
}

#[test]
fn the_keys_of_a_command_are_those_that_reach_it_here() {
    let keymap = shipped("default");
    let printed = |line: &str, scopes: &[Scope]| -> Vec<String> {
        keymap.keys_for(line, scopes).iter().map(ToString::to_string).collect()
    };
    assert_eq!(printed("list.down", &table()), ["down", "j"]);
    assert_eq!(printed("view.next", &[Scope::LOG, Scope::GLOBAL]), Vec::<String>::new());
    assert_eq!(printed("theme", &table()), Vec::<String>::new());
}

#[test]
fn a_keymap_of_ones_own_wins_over_what_it_inherits() {
    let (keymap, faults) =
        own("inherits = \"default\"\n[global]\n\"q\" = \"help\"\n\"p\" = false\n");
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(keymap.resolve(&table(), &keys("q")), command("help"));
    assert_eq!(keymap.resolve(&table(), &keys("p")), Resolution::None);
    assert_eq!(keymap.resolve(&table(), &keys("?")), command("help"));
}

#[test]
fn an_unknown_command_is_left_out_and_told_with_its_line_and_a_proposal() {
    let (keymap, faults) = own("[list]\n\"x\" = \"list.donw\"\n\"j\" = \"list.down\"\n");
    assert_eq!(
        faults,
        ["keymap mine:2:7: there is no command `list.donw` (did you mean `list.down`?)"]
    );
    assert_eq!(keymap.resolve(&[Scope::LIST], &keys("x")), Resolution::None);
    assert_eq!(keymap.resolve(&[Scope::LIST], &keys("j")), command("list.down"));
}

#[test]
fn an_argument_of_a_known_command_is_no_fault() {
    assert_eq!(own("[global]\n\"t\" = \"theme light\"\n").1, Vec::<String>::new());
}

#[test]
fn what_is_no_key_is_told() {
    assert_eq!(
        own("[list]\n\"ctl-x\" = \"quit\"\n").1,
        [
            "keymap mine:2:1: `ctl-x` is no key (write keys such as \"g p\", \"ctrl-x\", \"shift-tab\", \"space\" or \"f1\")"
        ]
    );
}

#[test]
fn two_spellings_of_one_key_are_a_conflict() {
    let (keymap, faults) = own("[list]\n\"S\" = \"quit\"\n\"shift-s\" = \"help\"\n");
    assert_eq!(faults, ["keymap mine:3:1: `S` is bound twice in `list` (take one out)"]);
    assert_eq!(keymap.resolve(&[Scope::LIST], &keys("S")), command("quit"));
}

#[test]
fn a_key_and_a_sequence_that_begins_with_it_are_a_conflict() {
    let (keymap, faults) = own("[list]\n\"g\" = \"quit\"\n\"g g\" = \"help\"\n");
    assert_eq!(
        faults,
        [
            "keymap mine:3:1: `g g` and `g` cannot both work in `list` (one begins with the other; take one out)"
        ]
    );
    assert_eq!(keymap.resolve(&[Scope::LIST], &keys("g")), command("quit"));
}

#[test]
fn a_key_that_takes_the_place_of_inherited_sequences_says_so() {
    let (keymap, faults) =
        own("inherits = \"default\"\n[global]\n\"g\" = \"help\"\n[list]\n\"g g\" = false\n");
    assert_eq!(
        faults,
        [
            "keymap mine:3:1: `g` takes the place of the inherited `g n`, `g p`, `g r`, `g b`, `g e`, `g a`, `g c`, `g s`, `g j`, \
          `g o`, `g d`, `g u`, `g w`, `g h` (if that is meant, bind `g n`, `g p`, `g r`, `g b`, `g e`, `g a`, `g c`, `g s`, `g j`, \
          `g o`, `g d`, `g u`, `g w`, `g h` to `false`)"
        ]
    );
    assert_eq!(keymap.resolve(&table(), &keys("g")), command("help"));
}

#[test]
fn a_key_that_hides_a_sequence_of_an_outer_scope_says_so() {
    assert_eq!(
        own("[global]\n\"g p\" = \"quit\"\n[pane.pipelines]\n\"g\" = \"help\"\n").1,
        ["keymap mine:4:1: `g` in `pane.pipelines` hides `g p` of `global`, which begins with it \
          (bind one of them to other keys)"]
    );
}

#[test]
fn a_key_that_types_is_refused_where_text_is_typed() {
    let (keymap, faults) = own("[prompt]\n\"space\" = \"quit\"\n\"ctrl-k\" = \"back\"\n");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(keymap.resolve(&[Scope::PROMPT], &keys("space")), Resolution::None);
    assert_eq!(keymap.resolve(&[Scope::PROMPT], &keys("ctrl-k")), command("back"));
}

#[test]
fn an_unknown_scope_is_told_with_a_proposal() {
    assert_eq!(
        own("[globl]\n\"q\" = \"quit\"\n").1,
        ["keymap mine:1:2: `globl` is no scope with keys in it (did you mean `global`?)"]
    );
}

#[test]
fn a_keymap_that_inherits_itself_still_loads() {
    let (keymap, faults) = own("inherits = \"mine\"\n[global]\n\"q\" = \"quit\"\n");
    assert_eq!(faults.len(), 1);
    assert_eq!(keymap.resolve(&[Scope::GLOBAL], &keys("q")), command("quit"));
}

#[test]
fn a_keymap_that_is_not_there_is_replaced_by_the_default_one() {
    let (keymap, faults) = Keymap::shipped("vimm", COMMANDS);
    assert_eq!(keymap.name(), "default");
    let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert_eq!(faults, ["keymap vimm: there is no such keymap (did you mean `vim`?)"]);
}

#[test]
fn errors_of_syntax_have_their_line_and_the_rest_loads() {
    let (keymap, faults) = own("[global]\n\"q\" = \"quit\"\n\"x\" = \n");
    assert!(faults.iter().all(|fault| fault.starts_with("keymap mine:3:")), "{faults:?}");
    assert_eq!(keymap.resolve(&[Scope::GLOBAL], &keys("q")), command("quit"));
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in "[\\[\\]\"= a-z.\nÿ\r]{0,60}") {
        let (keymap, _) = own(&text);
        prop_assert_eq!(keymap.name(), "mine");
    }
}
