//! The rules: each takes a source, or a text, and gives the faults that it finds.

use std::collections::BTreeSet;

use super::source::Source;
use super::table::{
    CHANGING_WAYS, HOMES, LAYERS, LONG, MANY_LINES, PURE, SIMULATOR_DOORS, SIMULATOR_WORDS,
    STOPWATCHES, WALL_CLOCKS,
};

/// The files that stand above all layers.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// A layer names only itself and what the table allows.
pub(crate) fn layers(source: &Source) -> Vec<String> {
    if ROOTS.contains(&source.name.as_str()) {
        return Vec::new();
    }
    let layer = source.layer();
    let Some((_, may)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{}: `{layer}` stands in no layer of the table", source.name)];
    };
    let names = |other: &str| other != layer && LAYERS.iter().any(|(name, _)| *name == other);
    named_layers(source)
        .into_iter()
        .filter(|(other, _)| names(other) && !may.contains(&other.as_str()))
        .map(|(other, line)| format!("{}:{line}: `{layer}` may not name `{other}`", source.name))
        .collect()
}

/// Every `crate::name`, also inside `crate::{a, b::c}` and behind enough `super::`, with its line.
fn named_layers(source: &Source) -> BTreeSet<(String, usize)> {
    let mut found = BTreeSet::new();
    let mut note = |at: usize| {
        if let Some(token) = source.tokens.get(at) {
            found.insert((token.text.clone(), token.line));
        }
    };
    for at in source.find(&["crate", ":", ":"]) {
        let next = at + 3;
        if source.word(next) == "{" {
            source.group(next).into_iter().for_each(&mut note);
        } else {
            note(next);
        }
    }
    for at in source.find(&["super", ":", ":"]) {
        let mut next = at;
        while source.word(next) == "super" {
            next += 3;
        }
        let ups = (next - at) / 3;
        if !source.follows_path(at) && ups >= source.depth() {
            note(next);
        }
    }
    found
}

/// A layer may name only what stands above it in the table, so that no circle is possible.
pub(crate) fn ranks(layers: &[(&str, &[&str])]) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, (layer, may)) in layers.iter().enumerate() {
        for other in *may {
            if !layers.iter().take(place).any(|(name, _)| name == other) {
                faults.push(format!("`{layer}` may name `{other}`, which does not lie below it"));
            }
        }
    }
    faults
}

/// The library's root declares layers of the table, public, and nothing else.
pub(crate) fn declared(text: &str) -> Vec<String> {
    let code = Source::read("lib.rs", text);
    let modules = code.find(&["mod"]);
    let unknown = modules
        .iter()
        .map(|at| code.word(at + 1))
        .filter(|name| !LAYERS.iter().any(|(layer, _)| layer == name));
    let others = ["fn", "struct", "enum", "use", "static", "const", "trait", "impl"];
    let items = others.iter().filter(|word| !code.find(&[word]).is_empty());
    unknown
        .map(|name| format!("lib.rs: `{name}` stands in no layer of the table"))
        .chain(items.map(|word| format!("lib.rs: `{word}` belongs in a layer")))
        .collect()
}

/// A foreign crate is named only where it lives.
pub(crate) fn homes(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (foreign, homes) in HOMES {
        if homes.iter().any(|home| source.name.starts_with(home)) || is_own_module(source, foreign)
        {
            continue;
        }
        for at in source.find(&[foreign, ":", ":"]) {
            let line = source.tokens[at].line;
            if !source.follows_path(at) {
                faults.push(format!("{}:{line}: `{foreign}` lives in {homes:?}", source.name));
            }
        }
    }
    faults
}

/// What can change a platform is named only where it is sent for a permit.
pub(crate) fn changing_ways(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (way, homes) in CHANGING_WAYS {
        if homes.iter().any(|home| source.name.starts_with(home)) {
            continue;
        }
        for at in source.find(&[way]) {
            let line = source.tokens[at].line;
            faults.push(format!("{}:{line}: `{way}` may be named in {homes:?} alone", source.name));
        }
    }
    faults
}

/// Whether a module of ours has the name of a crate and is meant here: it is declared or imported in this file.
fn is_own_module(source: &Source, name: &str) -> bool {
    let imports = |words: &[&str]| !source.find(words).is_empty();
    imports(&["mod", name])
        || imports(&["super", ":", ":", name])
        || imports(&["self", ":", ":", name])
        || source
            .find(&["super", ":", ":", "{"])
            .into_iter()
            .any(|at| source.group(at + 3).into_iter().any(|part| source.word(part) == name))
}

/// Every dependency of the manifest has a row in the table of homes, and every row a dependency.
pub(crate) fn housed(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().expect("a manifest");
    let dependencies = manifest["dependencies"].as_table().expect("dependencies");
    let named: BTreeSet<String> = dependencies.keys().map(|name| name.replace('-', "_")).collect();
    let housed: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let homeless = named.difference(&housed).map(|name| format!("`{name}` has no home"));
    let to_come = ["kube", "k8s_openapi", "aws_sdk_eks"];
    let empty = housed.difference(&named).filter(|name| !to_come.contains(&name.as_str()));
    homeless.chain(empty.map(|name| format!("`{name}` has a home but is no dependency"))).collect()
}

/// The simulator is named by one command alone, and no other layer knows that there is such a thing.
pub(crate) fn simulator(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let may_name = source.layer() == "sim" || is_in(&source.name, SIMULATOR_DOORS);
    if !may_name && named_layers(source).iter().any(|(name, _)| name == "sim") {
        faults.push(format!("{}: only {SIMULATOR_DOORS:?} may name `crate::sim`", source.name));
    }
    if source.is_test || SIMULATOR_WORDS.iter().any(|(place, _)| source.name.starts_with(place)) {
        return faults;
    }
    // Tests may stand on the simulator's feature.
    let text = source.text.replace("#[cfg(test)]\n#[cfg(feature = \"demo\")]\n", "\n\n");
    let text = text.replace("cfg(all(test, feature = \"demo\"))", "");
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        if words.any(|word| matches!(word.to_lowercase().as_str(), "demo" | "sim")) {
            faults.push(format!("{}:{}: production knows no simulator", source.name, number + 1));
        }
    }
    faults
}

/// The time of the wall comes from one place; spans are measured only where no screen shows them.
pub(crate) fn time(source: &Source) -> Vec<String> {
    let asked = |clock: &str| source.find(&[clock, ":", ":", "now"]);
    let mut faults = Vec::new();
    if !is_in(&source.name, WALL_CLOCKS) {
        for clock in ["Timestamp", "SystemTime", "Zoned", "Utc", "Local"] {
            faults.extend(
                asked(clock).into_iter().map(|at| (clock, at, "take `now` as an argument")),
            );
        }
    }
    if !is_in(&source.name, STOPWATCHES) {
        let at = asked("Instant").into_iter();
        faults.extend(at.map(|at| ("Instant", at, "spans are measured at the rim")));
    }
    let place = |at: usize| source.tokens[at].line;
    faults
        .into_iter()
        .map(|(clock, at, cure)| format!("{}:{}: `{clock}::now`: {cure}", source.name, place(at)))
        .collect()
}

/// The pure layers do no input or output. A thread that only counts is no output.
pub(crate) fn purity(source: &Source) -> Vec<String> {
    if !PURE.contains(&source.layer()) {
        return Vec::new();
    }
    ["fs", "net", "process", "env", "io"]
        .iter()
        .flat_map(|module| {
            source.find(&["std", ":", ":", module]).into_iter().map(move |at| (module, at))
        })
        .map(|(module, at)| {
            format!("{}:{}: `std::{module}` in a pure layer", source.name, source.tokens[at].line)
        })
        .collect()
}

/// `#[allow]` and `#[expect]` say why.
pub(crate) fn lint_reasons(source: &Source) -> Vec<String> {
    let code = Source::read("whole.rs", &source.text.replace("#[cfg(test)]", ""));
    let mut faults = Vec::new();
    for word in ["allow", "expect"] {
        for at in code.find(&["[", word, "("]) {
            let inside = code.tokens[at..].iter().take_while(|token| token.text != "]");
            if !inside.clone().any(|token| token.text == "reason") {
                let line = code.tokens[at].line;
                faults.push(format!("{}:{line}: `{word}` without a reason", source.name));
            }
        }
    }
    faults
}

/// A file is looked at again when it grows long.
pub(crate) fn size(source: &Source) -> Vec<String> {
    let lines = source.production_lines();
    if lines <= MANY_LINES || LONG.iter().any(|(name, _)| *name == source.name) {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines of production code; look again at {MANY_LINES}", source.name)]
}

/// An exemption that nobody needs any more is taken back, and each has a reason.
pub(crate) fn exemptions(sources: &[Source]) -> Vec<String> {
    let is_long = |name: &str| {
        sources.iter().any(|source| source.name == name && source.production_lines() > MANY_LINES)
    };
    let needless = LONG.iter().filter(|(name, _)| !is_long(name));
    let unexplained = LONG.iter().chain(SIMULATOR_WORDS).filter(|(_, reason)| reason.len() < 10);
    needless
        .map(|(name, _)| format!("{name} is not long: take it off the list"))
        .chain(unexplained.map(|(name, _)| format!("{name}: say why it is exempt")))
        .collect()
}

/// Whether a text opens with a sentence of purpose.
pub(crate) fn has_purpose(text: &str) -> bool {
    text.lines()
        .next()
        .and_then(|line| line.strip_prefix("//! "))
        .is_some_and(|line| line.len() > 10)
}

/// No tabs, no trailing blanks, one line end at the end, nothing left to be done.
pub(crate) fn form(name: &str, text: &str) -> Vec<String> {
    let notes =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut note = |words: &str| faults.push(format!("{name}:{}: {words}", number + 1));
        if line.contains('\t') {
            note("a tab");
        }
        if line.ends_with([' ', '\r']) {
            note("blanks at the end of the line");
        }
        if line.split(|c: char| !c.is_alphanumeric()).any(|word| notes.contains(&word)) {
            note("a note to self: do it, or say it in the open");
        }
    }
    if !text.ends_with('\n') || text.ends_with("\n\n") {
        faults.push(format!("{name}: ends with exactly one line end"));
    }
    faults
}

/// No secret that looks real, no path of somebody's machine, no host from which packages come.
pub(crate) fn private_things(name: &str, text: &str) -> Vec<String> {
    let secrets = [
        (concat!("gl", "pat-"), 20),
        (concat!("gl", "rt-"), 20),
        (concat!("AK", "IA"), 16),
        (concat!("gh", "p_"), 30),
        (concat!("npm", "_"), 30),
    ];
    let places = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/fa", "rm/"),
        concat!("/Us", "ers/"),
        concat!("registry.", "npmjs.org"),
        concat!("index.", "crates.io"),
        concat!("PRIVATE KEY", "-----\\nM"),
    ];
    let token = |text: &str| {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).count()
    };
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let is_secret = |(start, length): &(&str, usize)| {
            line.match_indices(start).any(|(at, _)| token(&line[at + start.len()..]) >= *length)
        };
        if secrets.iter().any(is_secret) {
            faults.push(format!("{name}:{}: looks like a secret", number + 1));
        }
        if let Some(place) = places.iter().find(|place| begins_path(line, place)) {
            faults.push(format!("{name}:{}: `{place}` is of one machine only", number + 1));
        }
    }
    faults
}

/// Whether a line holds these words, not as the end of a longer path.
fn begins_path(line: &str, words: &str) -> bool {
    let starts = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '/');
    line.match_indices(words).any(|(at, _)| starts(at))
}

/// A module with parts is a folder with a `mod.rs`, never a file beside a folder.
pub(crate) fn module_form(names: &[String]) -> Vec<String> {
    let has_folder = |stem: &str| {
        let folder = format!("{stem}/");
        names.iter().any(|other| other.starts_with(&folder))
    };
    names
        .iter()
        .filter(|name| name.strip_suffix(".rs").is_some_and(has_folder))
        .map(|name| format!("{name}: make it the `mod.rs` of its folder"))
        .collect()
}

fn is_in(name: &str, places: &[&str]) -> bool {
    places.iter().any(|place| name.starts_with(place))
}
