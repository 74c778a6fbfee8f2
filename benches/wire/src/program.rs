//! A program under measurement: spawned as Lambda spawns it, and what the kernel has counted for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::processors::Processors;
use crate::services::Services;
use crate::support::fake_runtime::{Outcome, Start};

const DEADLINE: Duration = Duration::from_mins(1);
/// What the kernel's clock of a process ticks in: `CLK_TCK` is 100 on every Linux that Lambda or we run on.
const TICK: f64 = 0.01;

/// A program that can be a function on Lambda.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    name: &'static str,
    command: Vec<OsString>,
    variables: Vec<(&'static str, String)>,
    processors: Processors,
}

impl Program {
    /// A binary.
    pub(crate) fn binary(name: &'static str, path: &Path, processors: &Processors) -> Self {
        Self { name, command: vec![path.into()], variables: Vec::new(), processors: processors.clone() }
    }

    /// A script for Node.
    pub(crate) fn node(name: &'static str, script: &Path, processors: &Processors) -> Self {
        Self {
            name,
            command: vec!["node".into(), script.into()],
            variables: Vec::new(),
            processors: processors.clone(),
        }
    }

    /// The same program with one variable more.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// The file that has to be there.
    pub(crate) fn file(&self) -> PathBuf {
        self.command.last().map(PathBuf::from).unwrap_or_default()
    }
}

/// What a program has used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// Seconds outside of the kernel.
    pub(crate) user: f64,
    /// Seconds in the kernel.
    pub(crate) system: f64,
}

/// A running program between its servers; it is killed when it is dropped.
pub(crate) struct Running {
    services: Services,
    child: Child,
    name: &'static str,
    began: Instant,
}

impl Running {
    /// Spawns the program with nothing in its environment but what Lambda sets and what it has to know.
    pub(crate) fn start(program: &Program) -> Result<Self, Failure> {
        let services = Services::start();
        let [first, rest @ ..] = program.command.as_slice() else { return Err(Failure::NoCommand) };
        let mut command = Command::new(first);
        command.args(rest).env_clear().envs(services.environment()).envs(program.variables.iter().cloned());
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        let began = Instant::now();
        let spawned = program.processors.spawn(|| command.spawn());
        let child = spawned.map_err(|source| Failure::Spawn { name: program.name, source })?;
        Ok(Self { services, child, name: program.name, began })
    }

    /// Invokes the program and checks that its answer says so.
    pub(crate) async fn invoke(&self, payload: &str, expected: &str) -> Result<(), Failure> {
        match self.services.runtime.invoke(payload.to_owned(), DEADLINE).await {
            Outcome::Response(body) if String::from_utf8_lossy(&body).contains(expected) => Ok(()),
            outcome @ (Outcome::Response(_) | Outcome::Error { .. } | Outcome::TimedOut) => {
                let mut got = format!("{outcome:?}");
                got.truncate(2000);
                Err(Failure::Answer { name: self.name, expected: expected.to_owned(), got })
            }
        }
    }

    /// Waits until the program has asked for its first invocation.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        match tokio::time::timeout(DEADLINE, self.services.runtime.started()).await {
            Ok(Start::Ready(_)) => Ok(()),
            failed @ (Ok(Start::Failed(_)) | Err(_)) => {
                Err(Failure::Start { name: self.name, got: format!("{failed:?}") })
            }
        }
    }

    /// Time since the program was spawned.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// The rows that TikTok has got since this was asked last.
    pub(crate) fn take_rows(&self) -> usize {
        self.services.take_rows()
    }

    /// What it has used so far: the kernel's exact sum over its threads, divided as its clock ticks say.
    pub(crate) fn used(&self) -> Result<Used, Failure> {
        let exact = self.exact_seconds()?;
        let [user, system] = self.stat([14, 15])?;
        let by_ticks = (user + system) * TICK;
        let share = if by_ticks > 0.0 { exact / by_ticks } else { 0.0 };
        Ok(Used { user: user * TICK * share, system: system * TICK * share })
    }

    /// The seconds that it has been on a processor: the kernel's exact sum over its threads.
    pub(crate) fn exact_seconds(&self) -> Result<f64, Failure> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let threads = threads.map_err(|_gone| Failure::Kernel { file: "task" })?;
        let nanoseconds = |entry: std::io::Result<std::fs::DirEntry>| {
            let schedule = std::fs::read_to_string(entry.ok()?.path().join("schedstat")).ok()?;
            schedule.split_whitespace().next()?.parse::<f64>().ok()
        };
        Ok(threads.filter_map(nanoseconds).sum::<f64>() / 1e9)
    }

    /// How often the kernel had to give it a page.
    pub(crate) fn page_faults(&self) -> Result<f64, Failure> {
        let [minor, major] = self.stat([10, 12])?;
        Ok(minor + major)
    }

    /// The most memory that it ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<f64, Failure> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kilobytes.map(|kilobytes| kilobytes * 1024.0).ok_or(Failure::Kernel { file: "status" })
    }

    /// Fields of what the kernel says of it, by their numbers in proc(5).
    fn stat<const N: usize>(&self, numbers: [usize; N]) -> Result<[f64; N], Failure> {
        let stat = self.read("stat")?;
        fields(&stat, numbers).ok_or(Failure::Kernel { file: "stat" })
    }

    fn read(&self, file: &'static str) -> Result<String, Failure> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).map_err(|_gone| Failure::Kernel { file })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is reaped.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Fields of a line of `/proc/<pid>/stat`, numbered from 1. The second is a name in parentheses that may hold anything.
fn fields<const N: usize>(stat: &str, numbers: [usize; N]) -> Option<[f64; N]> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let behind: Vec<_> = behind_name.split_whitespace().collect();
    let field = |number: usize| behind.get(number.checked_sub(3)?)?.parse().ok();
    let found: Vec<f64> = numbers.into_iter().filter_map(field).collect();
    found.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_numbers_of_the_manual() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 700 0 3 0 11 22 0 0 20 0";
        assert_eq!(fields(stat, [10, 12]), Some([700.0, 3.0]), "minor and major faults");
        assert_eq!(fields(stat, [14, 15]), Some([11.0, 22.0]), "user and system time");
        assert_eq!(fields(stat, [4]), Some([1.0]), "the parent");
        for absent in [0, 2, 3, 99] {
            assert_eq!(fields(stat, [absent]), None, "{absent}");
        }
        assert_eq!(fields("", [4]), None);
    }
}
