//! Hands over to the command line.

fn main() -> std::process::ExitCode {
    watchfloor::cli::main()
}
