//! The command line.

use std::path::PathBuf;

use crate::error::SandboxError;
use crate::world::{Scheme, Stage};

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
The function against a TikTok and a Secrets Manager of its own.

cargo run --example sandbox -- [--config FILE] [--full] EVENT.json...
    Runs each envelope through the function, one after the other; the audience
    keeps its members from one to the next.
      --config FILE  this destination.json instead of the default mappings
      --full         print long requests and lists to their end

cargo run --example sandbox -- serve [--empty] [--https] [--config FILE]
                                     [--port N] [--control-port N]
    Offers the function over HTTP, and prints what to export so that any other
    process of it talks to this TikTok. Ends on Ctrl-C, or when standard input
    is a pipe and that is closed.
      --empty        begin where a deployed stack does: the secret is {}, and the
                     ad account has no audience
      --https        TikTok and Secrets Manager with TLS, trusted by SSL_CERT_FILE
      --port N       the function's port, else any that is free
      --control-port N
                     the same for the routes of its world

cargo run --example sandbox -- check DESTINATION.json
    Says everything that is wrong with a configuration, and what it configures.
";

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Print the usage.
    Help,
    /// Run these files.
    Run {
        /// At least one.
        files: Vec<PathBuf>,
        /// `destination.json`, if not the default.
        config: Option<PathBuf>,
        /// How much to print.
        extent: Extent,
    },
    /// Keep the world up.
    Serve {
        /// `destination.json`, if not the default.
        config: Option<PathBuf>,
        /// How TikTok and Secrets Manager are spoken to.
        scheme: Scheme,
        /// What is there at the start.
        stage: Stage,
        /// Where to listen.
        ports: Ports,
    },
    /// Look at a configuration.
    Check {
        /// `destination.json`
        file: PathBuf,
    },
}

/// Ports to listen on; 0 is any that is free.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ports {
    /// The function's.
    pub(crate) function: u16,
    /// That of its world's routes.
    pub(crate) control: u16,
}

/// How much of something long is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Its beginning, and how much is left out.
    Beginning,
    /// All of it.
    Full,
}

/// The words of the command line, sorted.
#[derive(Debug, Default)]
struct Words {
    plain: Vec<String>,
    config: Option<PathBuf>,
    ports: Option<Ports>,
    full: bool,
    https: bool,
    stage: Option<Stage>,
    help: bool,
}

impl Command {
    /// Reads the words behind the program's name.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, SandboxError> {
        let words = Words::sort(words)?;
        let Some((first, rest)) = words.plain.split_first().filter(|_| !words.help) else { return Ok(Self::Help) };
        match first.as_str() {
            "serve" => {
                let Words { config, ports, full: false, https, stage, .. } = words else {
                    return Err(misplaced("serve"));
                };
                let scheme = if https { Scheme::Https } else { Scheme::Http };
                let stage = stage.unwrap_or(Stage::Connected);
                Ok(Self::Serve { config, scheme, stage, ports: ports.unwrap_or_default() })
            }
            "check" => match rest {
                [file] if words.has_no_options() => Ok(Self::Check { file: file.into() }),
                [_] => Err(misplaced("check")),
                _ => Err(SandboxError::Usage("check takes one file".to_owned())),
            },
            _ if words.https || words.stage.is_some() || words.ports.is_some() => Err(misplaced("events")),
            _ => {
                let extent = if words.full { Extent::Full } else { Extent::Beginning };
                let files = words.plain.iter().map(PathBuf::from).collect();
                Ok(Self::Run { files, config: words.config, extent })
            }
        }
    }
}

fn misplaced(command: &str) -> SandboxError {
    SandboxError::Usage(format!("{command}: an option that is for another command (--help lists them)"))
}

fn port(option: &str, text: &str) -> Result<u16, SandboxError> {
    text.parse().map_err(|_not_a_port| SandboxError::Usage(format!("{option} needs a number from 0 to 65535")))
}

impl Words {
    fn sort(mut words: impl Iterator<Item = String>) -> Result<Self, SandboxError> {
        let mut sorted = Self::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| SandboxError::Usage(format!("{word} needs a value")));
            match word.as_str() {
                "--help" | "-h" => sorted.help = true,
                "--full" => sorted.full = true,
                "--https" => sorted.https = true,
                "--empty" => sorted.stage = Some(Stage::Empty),
                "--config" => sorted.config = Some(value()?.into()),
                "--port" => sorted.ports.get_or_insert_default().function = port(&word, &value()?)?,
                "--control-port" => sorted.ports.get_or_insert_default().control = port(&word, &value()?)?,
                option if option.starts_with('-') => {
                    return Err(SandboxError::Usage(format!("{option}: no such option (--help lists them)")));
                }
                _ => sorted.plain.push(word),
            }
        }
        Ok(sorted)
    }

    fn has_no_options(&self) -> bool {
        self.config.is_none() && self.ports.is_none() && !self.full && !self.https && self.stage.is_none()
    }
}
