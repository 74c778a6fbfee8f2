//! The programs that are measured.

use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::options::Options;
use crate::processors::Processors;
use crate::program::Program;

/// What an event brings along must not be throttled: the wire is measured, not the limiter.
const DESTINATION: &str = r#"{"settings":{"calls_per_second":1000}}"#;
const SEGMENT: &str = "benches/wire/segment/function.mjs";

/// The programs that are measured.
pub(crate) struct Programs {
    /// The function.
    pub(crate) function: Program,
    /// An older build of it.
    pub(crate) before: Option<Program>,
    /// The least that a function can be.
    pub(crate) hello: Program,
    /// The same with a parser.
    pub(crate) parse: Program,
    /// Segment's destination, where it is installed.
    pub(crate) segment: Option<Program>,
}

impl Programs {
    /// Looks them up, and says which one is missing.
    pub(crate) fn find(options: &Options, processors: &Processors) -> Result<Self, Failure> {
        let there = |path: &Path| {
            if !path.exists() {
                return Err(Failure::NotBuilt(path.to_owned()));
            }
            forget_pages(path).map(|()| path.to_owned())
        };
        let peer = |name: &'static str| Ok(Program::binary(name, &there(&options.peers.join(name))?, processors));
        let ours = |path: &Path| {
            Ok(Program::binary("tiktok-audiences", &there(path)?, processors).with("DESTINATION_CONFIG", DESTINATION))
        };
        let is_installed = Path::new("benches/wire/segment/node_modules").exists();
        Ok(Self {
            function: ours(&options.function)?,
            before: options.before.as_deref().map(ours).transpose()?,
            hello: peer("hello")?,
            parse: peer("parse")?,
            segment: is_installed.then(|| Program::node("Segment's destination", Path::new(SEGMENT), processors)),
        })
    }

    /// The function, and the older build of it with what its rows are marked by.
    pub(crate) fn functions(&self) -> Vec<(&'static str, &Program)> {
        let before = self.before.as_ref().map(|before| (" (before)", before));
        std::iter::once(("", &self.function)).chain(before).collect()
    }
}

/// Has the next run read the file from its disk, as Lambda does: what was written just now lies in larger pieces in
/// memory, of which the kernel maps more at once, a megabyte of the function.
fn forget_pages(file: &Path) -> Result<(), Failure> {
    let script = "import os, sys; file = os.open(sys.argv[1], os.O_RDONLY); os.fsync(file); \
                  os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)";
    let status = Command::new("python3").arg("-c").arg(script).arg(file).status();
    let status = status.map_err(|source| Failure::Spawn { name: "python3", source })?;
    if status.success() { Ok(()) } else { Err(Failure::Kernel { file: "posix_fadvise" }) }
}

/// Megabytes of the binary once compressed, as a package for Lambda is.
pub(crate) fn zipped(program: &Program) -> Result<f64, Failure> {
    let script = "import sys, zlib; print(len(zlib.compress(open(sys.argv[1], 'rb').read(), 9)))";
    let output = Command::new("python3").arg("-c").arg(script).arg(program.file()).output();
    let output = output.map_err(|source| Failure::Spawn { name: "python3", source })?;
    let bytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(f64::NAN);
    Ok(bytes / 1e6)
}
