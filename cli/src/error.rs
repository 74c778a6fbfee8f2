//! Why the command cannot do what it was asked to.

use std::path::PathBuf;

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
    #[error("{0}\n  `tta check` shows each problem at its place")]
    Config(#[from] ConfigError),
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
