//! Why the sandbox cannot do what it was asked to.

use std::path::PathBuf;

use tiktok_audiences::app::AppError;
use tiktok_audiences::config::ConfigError;

/// Why the sandbox cannot do what it was asked to.
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
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The function.
    #[error(transparent)]
    App(#[from] AppError),
}
