//! What a deployer decides: environment variables and `destination.json`, read once and typed.
//!
//! The only reader of the environment. Refuses to know what its values are used for, and to start with a doubtful one:
//! all problems of both are found in one go, so that a deployment is fixed once.

mod at;
mod checks;
mod destination;
mod entry;
mod environment;
mod expect;
mod preset;
mod problem;
mod setting;
mod settings;
mod source;

use std::io;
use std::path::Path;

use crate::destination::Destination;

pub use destination::parse_destination;
pub(crate) use environment::safe_url;
pub use environment::{Aws, Environment, KEYS, Key, Role};
pub use preset::presets;
pub use problem::{Findings, Place, Problem};

pub use setting::{DESTINATION_SETTINGS, MAPPING_SETTINGS, Setting};
pub use source::Source;

/// The address of Lambda's Runtime API; `None` outside Lambda, and outside of what speaks its Runtime API.
pub fn runtime_api() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "read where no other variable may be required yet")]
    std::env::var("AWS_LAMBDA_RUNTIME_API").ok()
}

/// Everything that is configured.
#[derive(Debug)]
pub struct Config {
    /// The variables.
    pub environment: Environment,
    /// `destination.json`.
    pub destination: Destination,
    /// Where that came from.
    pub source: Source,
    /// What works, but probably not as meant: to be logged once.
    pub warnings: Vec<Problem>,
}

/// A configuration that cannot be used: a sentence for each thing that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl std::error::Error for ConfigError {}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl Config {
    /// Reads the configuration of this process.
    ///
    /// # Errors
    /// Everything that is wrong, each with its variable or JSON path.
    pub fn of_this_process() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let lookup = |name: &str| std::env::var(name).ok();
        let binary = std::env::current_exe().ok();
        Self::load(lookup, |path| std::fs::read_to_string(path), binary.as_deref().and_then(Path::parent))
    }

    /// Reads the configuration out of variables, files, and the directory that the binary is in.
    ///
    /// # Errors
    /// Everything that is wrong, each with its variable or JSON path.
    pub fn load(
        lookup: impl Fn(&str) -> Option<String>,
        read_file: impl Fn(&Path) -> io::Result<String>,
        beside_binary: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let configured = lookup("DESTINATION_CONFIG");
        let environment = environment::read(lookup, &mut problems);
        let (source, text) = source::find(configured.as_deref(), read_file, beside_binary, &mut problems);
        let (destination, findings) = text.map_or_else(Default::default, |text| parse_destination(&text));
        problems.extend(findings.errors);
        match environment {
            Some(environment) if problems.is_empty() => {
                Ok(Self { environment, destination, source, warnings: findings.warnings })
            }
            _ => Err(ConfigError { problems }),
        }
    }
}

#[cfg(test)]
mod tests;
