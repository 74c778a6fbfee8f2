//! A list that is stopped by Ctrl-C and the like: it ends after its batch, and the same command goes on there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Its audience in the sandbox.
const AUDIENCE: &str = "1800000000000000001";
const ROWS: usize = 30_000;
/// How long TikTok takes, so that there is something left to stop.
const SLOW: &str = r#"{"fault":"delay","milliseconds":100,"endpoint":"/segment/mapping/","times":null}"#;

/// A sandbox of its own, ended with the test.
struct Sandbox {
    process: Child,
    function: String,
    world: String,
}

impl Sandbox {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tta"));
        command.args(["serve", "--port", "0"]).env_remove("DESTINATION_CONFIG");
        let mut process = command.current_dir(std::env::temp_dir()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let page = lines.find_map(|line| Some(line.strip_prefix("# The page: ")?.to_owned())).unwrap();
        let world = lines.find_map(|line| Some(line.strip_prefix("export SANDBOX_CONTROL_URL=")?.to_owned())).unwrap();
        Self { process, function: page.trim_end_matches('/').to_owned(), world: world.trim_matches('\'').to_owned() }
    }

    fn get(&self, path: &str) -> Value {
        let output = Command::new("curl").args(["-sS", &format!("{}{path}", self.world)]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn fault(&self, order: &str) {
        let address = format!("{}/faults", self.world);
        assert!(Command::new("curl").args(["-sS", "-d", order, &address]).output().unwrap().status.success());
    }

    fn members(&self) -> usize {
        self.get("/members").get(AUDIENCE).and_then(Value::as_array).map_or(0, Vec::len)
    }

    fn list(&self, file: &Path) -> Child {
        // Tests that run by `nohup` would hand on that a lost terminal is nothing to end for.
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_tta"), "list"]).arg(file).args([
            "--audience",
            AUDIENCE,
            "--action",
            "add",
            "--yes",
            "--json",
            "--sandbox",
        ]);
        command.arg(&self.function).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Every seventh row has no address.
fn people(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tta-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut text = "email\n".to_owned();
    for number in 1..=ROWS {
        let address = if number % 7 == 0 { "nobody".to_owned() } else { format!("person{number}@example.com") };
        writeln!(text, "{address}").unwrap();
    }
    let path = folder.join("people.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Waits until some rows are delivered.
fn begun(sandbox: &Sandbox) {
    while sandbox.members() < 3_000 {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_ctrl_c_stops_the_same_command_ends_exactly() {
    ends_exactly("INT");
}

#[test]
fn what_is_terminated_the_same_command_ends_exactly() {
    ends_exactly("TERM");
}

#[test]
fn what_loses_its_terminal_the_same_command_ends_exactly() {
    ends_exactly("HUP");
}

fn ends_exactly(signal: &str) {
    let (sandbox, file) = (Sandbox::start(), people(signal));
    sandbox.fault(SLOW);
    let list = sandbox.list(&file);
    begun(&sandbox);
    assert!(Command::new("kill").args([&format!("-{signal}"), &list.id().to_string()]).status().unwrap().success());
    let stopped = list.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(1), "{}", String::from_utf8_lossy(&stopped.stderr));
    let counts = document(&stopped);
    let first = counts["rows"].as_u64().unwrap();
    assert!((1..ROWS as u64).contains(&first), "{first} rows were done");
    assert_eq!((&counts["complete"], &counts["next_row"]), (&false.into(), &(first + 1).into()), "{counts}");
    assert!(String::from_utf8_lossy(&stopped.stderr).contains(&format!("row {} is the next one (stopped)", first + 1)));

    let resumed = sandbox.list(&file).wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&resumed.stderr).contains(&format!("Going on with row {}", first + 1)));
    let (rejected, whole) = (ROWS / 7, document(&resumed));
    assert_eq!((&whole["rows"], &whole["delivered"]), (&ROWS.into(), &(ROWS - rejected).into()), "{whole}");
    assert_eq!(sandbox.members(), ROWS - rejected);
    let numbers = std::fs::read_to_string(file.with_file_name("people.csv.rejected.csv")).unwrap();
    let numbers: Vec<usize> =
        numbers.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=rejected).map(|number| number * 7).collect::<Vec<_>>());
    assert!(!file.with_file_name("people.csv.tta-progress.json").exists(), "nothing is left to go on with");
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[test]
fn a_function_that_is_gone_leaves_the_totals_and_the_place() {
    let (sandbox, file) = (Sandbox::start(), people("gone"));
    sandbox.fault(SLOW);
    let list = sandbox.list(&file);
    begun(&sandbox);
    drop(sandbox);
    let stopped = list.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(1), "{}", String::from_utf8_lossy(&stopped.stderr));
    let document = document(&stopped);
    let first = document["rows"].as_u64().unwrap();
    assert_eq!((&document["complete"], &document["next_row"]), (&false.into(), &(first + 1).into()), "{document}");
    let said = String::from_utf8_lossy(&stopped.stderr);
    assert!(said.contains("the same command goes on there"), "{said}");
    assert!(file.with_file_name("people.csv.tta-progress.json").exists());
    let rejected = std::fs::read_to_string(file.with_file_name("people.csv.rejected.csv")).unwrap();
    assert_eq!(rejected.lines().count() as u64, 1 + document["rejected"].as_u64().unwrap());
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
