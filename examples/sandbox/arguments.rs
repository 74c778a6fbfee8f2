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

cargo run --example sandbox -- explain [--config FILE] [--full] EVENT.json...
    Says for every event and mapping whether it matches or which condition does
    not hold, the fields with identifiers masked, what is wrong with each
    identifier, and the requests that would be sent. Nothing is sent.

cargo run --example sandbox -- test --mapping NAME [--config FILE] [--full] EVENT.json...
    Sends the events by one mapping, even a disabled one, to the sandbox's
    TikTok. A failure unless every event matches and is delivered.
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
    /// Say what would become of events.
    Explain {
        /// At least one.
        files: Vec<PathBuf>,
        /// `destination.json`, if not the default.
        config: Option<PathBuf>,
        /// How much to print.
        extent: Extent,
    },
    /// Send events by one mapping.
    Test {
        /// The mapping's name.
        mapping: String,
        /// At least one.
        files: Vec<PathBuf>,
        /// `destination.json`, if not the default.
        config: Option<PathBuf>,
        /// How much to print.
        extent: Extent,
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
    mapping: Option<String>,
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
                let Words { config, mapping: None, ports, full: false, https, stage, .. } = words else {
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
            "explain" | "test" if rest.is_empty() => {
                Err(SandboxError::Usage(format!("{first} takes one or more files")))
            }
            _ => Self::on_events(words),
        }
    }

    /// A command that takes files with events, or none but the files.
    fn on_events(words: Words) -> Result<Self, SandboxError> {
        let Words { plain, config, mapping, ports: None, full, https: false, stage: None, .. } = words else {
            return Err(misplaced("events"));
        };
        let extent = if full { Extent::Full } else { Extent::Beginning };
        let of = |files: &[String]| files.iter().map(PathBuf::from).collect();
        match (plain.as_slice(), mapping) {
            ([command, files @ ..], Some(mapping)) if command == "test" => {
                Ok(Self::Test { mapping, files: of(files), config, extent })
            }
            ([command, ..], None) if command == "test" => {
                Err(SandboxError::Usage("test needs --mapping NAME".to_owned()))
            }
            (_, Some(_)) => Err(misplaced("--mapping")),
            ([command, files @ ..], None) if command == "explain" => {
                Ok(Self::Explain { files: of(files), config, extent })
            }
            (files, None) => Ok(Self::Run { files: of(files), config, extent }),
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
                "--mapping" => sorted.mapping = Some(value()?),
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
        let Self { plain: _, config, mapping, ports, full, https, stage, help: _ } = self;
        let is_any_given = config.is_some() || mapping.is_some() || ports.is_some() || stage.is_some();
        !is_any_given && !full && !https
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parsed(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_take_their_files_and_options() {
        let shown = |line: &str| format!("{:?}", parsed(line).unwrap());
        assert_eq!(shown("a b"), r#"Run { files: ["a", "b"], config: None, extent: Beginning }"#);
        assert_eq!(shown("explain a --config c"), r#"Explain { files: ["a"], config: Some("c"), extent: Beginning }"#);
        let test = r#"Test { mapping: "m", files: ["a"], config: None, extent: Full }"#;
        assert_eq!(shown("test --mapping m a --full"), test);
        assert_eq!(shown("check c"), r#"Check { file: "c" }"#);
        assert!(matches!(parsed(""), Ok(Command::Help)) && matches!(parsed("test --help"), Ok(Command::Help)));
    }

    #[test]
    fn what_is_missing_or_misplaced_is_said() {
        for (line, message) in [
            ("explain", "explain takes one or more files"),
            ("test --mapping m", "test takes one or more files"),
            ("test a", "test needs --mapping NAME"),
            ("explain a --mapping m", "--mapping: an option that is for another command (--help lists them)"),
            ("a --port 1", "events: an option that is for another command (--help lists them)"),
            ("serve --mapping m", "serve: an option that is for another command (--help lists them)"),
            ("check a --mapping m", "check: an option that is for another command (--help lists them)"),
            ("a --nope", "--nope: no such option (--help lists them)"),
            ("a --mapping", "--mapping needs a value"),
        ] {
            assert_eq!(parsed(line).unwrap_err(), message, "{line}");
        }
    }
}
