//! The command line. Each command is a module with the arguments that are its own; what several take is here.

use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand};

use crate::console::Reader;
use crate::error::SandboxError;
use crate::input::{self, Source};
use crate::{check, completions, explain, import, list, op, rejected, schema, serve, test_mapping, try_events};

/// Headings and words as cargo and git colour them.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .valid(AnsiColor::Cyan.on_default().bold())
    .invalid(AnsiColor::Yellow.on_default().bold())
    .error(AnsiColor::Red.on_default().bold());

/// TikTok Audiences at the command line: try, check and explain a configuration, and run the function on this machine
/// against a TikTok of its own.
#[derive(Debug, Parser)]
#[command(name = "tta", version, styles = STYLES, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "\
Exit codes:
  0  all well
  1  events were not delivered, or problems were found
  2  the command line makes no sense
  3  it could not run: a file, a port, a network

The page of `tta serve` does the same for the eye.")]
pub(crate) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print one JSON document, and everything else on standard error
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    pub(crate) color: colorchoice_clap::Color,
}

impl CommandLine {
    /// Who reads what is printed.
    pub(crate) const fn reader(&self) -> Reader {
        if self.json { Reader::Program } else { Reader::Person }
    }
}

/// The commands, in the order in which a new user meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See what the function does with events, and what TikTok gets
    Try(try_events::Arguments),
    /// Keep the function and its TikTok running
    Serve(serve::Arguments),
    /// Find everything that is wrong with a destination.json
    Check(check::Arguments),
    /// Say which mappings match events, and why not; nothing is sent
    Explain(explain::Arguments),
    /// Send events by one mapping, to the sandbox's TikTok or by a deployed function
    Test(test_mapping::Arguments),
    /// Add the people of a file to an audience, or remove them
    List(Box<list::Arguments>),
    /// Look at dead letters, send them again, or delete them
    Rejected(rejected::Arguments),
    /// Run an operation: check, listAudiences, authorizeUrl and others
    Op(op::Arguments),
    /// Turn a Segment workspace's mappings into a destination.json
    Import(import::Arguments),
    /// Print the JSON Schema of destination.json, for an editor
    Schema(schema::Arguments),
    /// Print the completions of a shell
    Completions(completions::Arguments),
}

/// Events, and the configuration that they meet.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Files of one envelope, `{"batch": […]}` or an event per line; folders of them, or - for standard input
    #[arg(value_name = "EVENTS", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The destination.json, else config/destination.json if it is there, else the default mappings
    #[arg(long, value_name = "FILE", env = "DESTINATION_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Print long lists to their end
    #[arg(long)]
    full: bool,
}

impl Events {
    /// What the files hold.
    pub(crate) fn sources(&self) -> Result<Vec<Source>, SandboxError> {
        input::read_all(&self.files)
    }

    /// The configuration that applies.
    pub(crate) fn configuration(&self) -> Result<Option<PathBuf>, SandboxError> {
        input::configuration(self.config.as_deref())
    }

    /// What `--watch` looks at.
    pub(crate) fn watched(&self) -> Result<Vec<PathBuf>, SandboxError> {
        let mut paths = input::files(&self.files)?;
        paths.extend(self.configuration()?);
        Ok(paths)
    }

    /// How much of a list is printed.
    pub(crate) const fn extent(&self) -> Extent {
        if self.full { Extent::Full } else { Extent::Beginning }
    }
}

/// How much of something long is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Its beginning, and how much is left out.
    Beginning,
    /// All of it.
    Full,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}
