//! What is asked for on the command line.

use std::path::PathBuf;

use crate::Failure;

const USAGE: &str = "usage: wire [--small] [--rounds N] [--only starts|events|single|journal|memory|growth] \
                     [--function FILE] [--before FILE] [--peers DIRECTORY]";

/// A part of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Starts,
    Events,
    Single,
    Journal,
    Memory,
    Growth,
}

impl Part {
    const ALL: [(&str, Self); 6] = [
        ("starts", Self::Starts),
        ("events", Self::Events),
        ("single", Self::Single),
        ("journal", Self::Journal),
        ("memory", Self::Memory),
        ("growth", Self::Growth),
    ];

    fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, part)| part)
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Rounds in which each program takes its turn.
    pub(crate) rounds: usize,
    /// Starts per round.
    pub(crate) starts: usize,
    /// The parts of the table that are wanted.
    pub(crate) parts: Vec<Part>,
    /// Events that a program is given in each turn.
    pub(crate) events: usize,
    /// The function's binary.
    pub(crate) function: PathBuf,
    /// An older binary of the function, to be held beside it.
    pub(crate) before: Option<PathBuf>,
    /// Where the peers' binaries are.
    pub(crate) peers: PathBuf,
}

impl Options {
    /// Reads the arguments.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self {
            rounds: 5,
            starts: 20,
            parts: Part::ALL.map(|(_, part)| part).into(),
            events: 200_000,
            function: "target/release/tiktok-audiences".into(),
            before: None,
            peers: "target/release".into(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| Failure::Usage(USAGE.to_owned()));
            match argument.as_str() {
                "--small" => (options.rounds, options.starts, options.events) = (1, 3, 5_000),
                "--rounds" => options.rounds = value()?.parse().map_err(|_not| Failure::Usage(USAGE.to_owned()))?,
                "--only" => {
                    let part = Part::read(&value()?);
                    options.parts = vec![part.ok_or_else(|| Failure::Usage(USAGE.to_owned()))?];
                }
                "--function" => options.function = value()?.into(),
                "--before" => options.before = Some(value()?.into()),
                "--peers" => options.peers = value()?.into(),
                _ => return Err(Failure::Usage(USAGE.to_owned())),
            }
        }
        Ok(options)
    }
}
