//! Pages that come from the program itself: completions, the manual, the config file's schema, what to do without one.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{Arguments, ConfigPage};
use super::exit::{Exit, Problem};
use crate::config;

/// The program's name, as completions and the manual have it.
const NAME: &str = "watchfloor";

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell, out: &mut dyn Write) -> Result<Exit, Problem> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut text);
    out.write_all(&text)?;
    Ok(Exit::Done)
}

/// Prints the manual page: the program, then every command.
pub(super) fn man(out: &mut dyn Write) -> Result<Exit, Problem> {
    let mut program = Arguments::command();
    program.build();
    let commands: Vec<clap::Command> = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
        .cloned()
        .collect();
    Man::new(program).render(out)?;
    commands.into_iter().try_for_each(|command| section(command, out))?;
    Ok(Exit::Done)
}

/// The part of the manual on one command: its own headings stand one level deeper.
fn section(command: clap::Command, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, ".SH \"COMMAND {}\"", command.get_name().to_uppercase())?;
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_commands {
        man.render_subcommands_section(&mut text)?;
    }
    man.render_extra_section(&mut text)?;
    let text = String::from_utf8_lossy(&text).replace(".SH ", ".SS ");
    out.write_all(text.as_bytes())
}

/// Prints what is known about the config file.
pub(super) fn config(page: ConfigPage, out: &mut dyn Write) -> Result<Exit, Problem> {
    match page {
        ConfigPage::Schema => writeln!(out, "{:#}", config::schema())?,
        ConfigPage::Example => out.write_all(config::example().as_bytes())?,
        ConfigPage::Reference => out.write_all(config::reference().as_bytes())?,
    }
    Ok(Exit::Done)
}

/// What to do without a config file, in five lines.
pub(super) fn no_config(path: &Path) -> String {
    let file = path.display();
    let folder = path.parent().unwrap_or(Path::new(".")).display();
    let first = if cfg!(feature = "demo") {
        "try it on a simulated platform:   watchfloor demo"
    } else {
        "see every command:                watchfloor --help"
    };
    format!(
        "\
error: no config file at {file}
  hint: {first}
  hint: make one from the example:        mkdir -p '{folder}' && watchfloor config example > '{file}'
        then set url, token and groups under [gitlab], and take out the tables that you do not need
        and let every setting be tested:  watchfloor check
"
    )
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    fn printed(print: impl FnOnce(&mut dyn Write) -> Result<Exit, Problem>) -> String {
        let mut out = Vec::new();
        assert_eq!(print(&mut out), Ok(Exit::Done));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_shell_has_completions() {
        for shell in Shell::value_variants() {
            let text = printed(|out| completions(*shell, out));
            assert!(text.contains("watchfloor") && text.contains("completions"), "{shell}");
        }
    }

    #[test]
    fn the_manual_has_every_command() {
        let text = printed(man);
        assert!(text.starts_with(".ie"), "{text}");
        for command in Arguments::command().get_subcommands() {
            let heading = format!(".SH \"COMMAND {}\"", command.get_name().to_uppercase());
            assert!(text.contains(&heading), "{heading}");
        }
    }

    #[test]
    fn the_schema_is_json() {
        let text = printed(|out| config(ConfigPage::Schema, out));
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(schema["properties"]["gitlab"].is_object());
    }

    #[test]
    fn the_example_and_the_reference_are_printed_whole() {
        assert_eq!(printed(|out| config(ConfigPage::Example, out)), config::example());
        assert_eq!(printed(|out| config(ConfigPage::Reference, out)), config::reference());
    }

    #[test]
    fn without_a_config_five_lines_say_what_to_do() {
        let text = no_config(Path::new("/home/ann/.config/watchfloor/config.toml"));
        assert_eq!(text.lines().count(), 5);
        assert!(
            text.contains("watchfloor config example > '/home/ann/.config/watchfloor/config.toml'")
        );
    }
}
