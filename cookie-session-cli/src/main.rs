//! The command `cookie-session`: reads its arguments, runs what they ask for, and says how it ended.

#![forbid(unsafe_code)]

mod args;
mod keygen;
mod plan;
mod inspect;
mod explain;
mod sign;
mod shell;
mod hint;
mod search;
mod policy;
mod shape;
mod token;
mod input;
mod object;
mod secrets;
mod answer;
mod text;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::answer::{Answer, Problem};
use crate::args::{Cli, Command, KeysCommand};

fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) => run(&cli.command),
        Err(error) => args::answer_to(&error),
    };
    let (status, written) = match result {
        Ok(answer) => (answer.status(), write(io::stdout().lock(), answer.text())),
        Err(problem) => (problem.status(), write(io::stderr().lock(), &problem.text())),
    };
    match written {
        // Whoever reads has seen enough, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(answer::USAGE),
        _ => ExitCode::from(status),
    }
}

fn run(command: &Command) -> Result<Answer, Problem> {
    match command {
        Command::Keygen(keygen) => keygen::run(keygen),
        Command::Keys { command: KeysCommand::Plan(plan) } => plan::run(plan),
        Command::Inspect(inspect) => inspect::run(inspect),
        Command::Explain(explain) => explain::run(explain),
        Command::Sign(sign) => sign::run(sign),
        Command::Completions(completions) => Ok(shell::completions(completions)),
        Command::Man(man) => shell::man(man),
    }
}

fn write(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}
