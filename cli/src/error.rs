//! Why the command cannot do what it was asked to.

use std::path::{Path, PathBuf};

use tiktok_audiences::app::AppError;
use tiktok_audiences::config::ConfigError;

use crate::remote::RemoteError;

/// Why the command cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    /// A file that was named.
    #[error("{path}: {source}")]
    File {
        /// Its path, as named.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A folder without events.
    #[error("{0}: no .json files in this folder")]
    NoJson(PathBuf),
    /// The port that was asked for.
    #[error("port {port}: {source}")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The terminal, or whatever stands in its place.
    #[error("cannot print: {0}")]
    Print(#[from] std::io::Error),
    /// The configuration.
    #[error("{name}: {source}\n  `tta check {name}` shows each problem at its place")]
    Config {
        /// Its file.
        name: String,
        /// What is wrong with it.
        source: ConfigError,
    },
    /// One that no file holds.
    #[error("{0}\n  `tta check` shows each problem at its place")]
    Inline(#[from] ConfigError),
    /// The function.
    #[error(transparent)]
    App(#[from] AppError),
    /// A function that runs elsewhere.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The file of a list.
    #[error(transparent)]
    List(#[from] crate::list::FileError),
    /// Words that make sense one by one, and not together.
    #[error("{0}")]
    Usage(String),
    /// What was read is not what it should be.
    #[error("{0}")]
    Unusable(String),
}

impl SandboxError {
    /// What is wrong with the configuration that was read from here.
    pub(crate) fn of_configuration(path: Option<&Path>, source: ConfigError) -> Self {
        match path.map(|path| path.display().to_string()).filter(|name| !name.trim_start().starts_with('{')) {
            Some(name) => Self::Config { name, source },
            None => Self::Inline(source),
        }
    }
}
