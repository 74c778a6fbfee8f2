//! `completions`: what a shell needs to complete the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::CommandLine;
use crate::console::{self, Verdict};
use crate::error::SandboxError;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(tta completions bash)
  tta completions zsh > ~/.zfunc/_tta
  tta completions fish > ~/.config/fish/completions/tta.fish")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(arguments: &Arguments) -> Result<Verdict, SandboxError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "tta", &mut script);
    console::print(&String::from_utf8_lossy(&script))?;
    Ok(Verdict::Well)
}
