//! `cookie-session completions` and `cookie-session man`: what a shell and `man` read, made from the arguments' description.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man as Page;

use crate::answer::{Answer, Problem};
use crate::args::{Cli, Completions, Man};
use crate::text::plural;

pub(crate) fn completions(args: &Completions) -> Answer {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut text);
    Answer::good(String::from_utf8_lossy(&text).into_owned())
}

pub(crate) fn man(args: &Man) -> Result<Answer, Problem> {
    let command = built();
    let Some(folder) = &args.dir else { return Ok(Answer::good(page(&command)?)) };
    let mut pages = 0usize;
    write_pages(folder, &command, &mut pages)?;
    Ok(Answer::good(format!("{}\n", plural(pages, "page"))))
}

fn built() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

fn write_pages(folder: &Path, command: &clap::Command, pages: &mut usize) -> Result<(), Problem> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let text = page(command)?;
    fs::create_dir_all(folder).and_then(|()| fs::write(folder.join(format!("{name}.1")), text)).map_err(
        |error| Problem::usage(format!("cannot write to the folder that --dir names: {}", error.kind())),
    )?;
    *pages = pages.saturating_add(1);
    command.get_subcommands().try_for_each(|command| write_pages(folder, command, pages))
}

fn page(command: &clap::Command) -> Result<String, Problem> {
    let mut text = Vec::new();
    Page::new(command.clone()).render(&mut text).map_err(|error| Problem::usage(error.kind().to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

const NAME: &str = "cookie-session";
