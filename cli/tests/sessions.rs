//! Commands that need a running sandbox, files of their own or a shell: the files in `sessions/` are what is typed and what
//! comes back. `SNAPSHOTS=overwrite cargo test -p tta --test sessions` writes them anew.
//!
//! A command that ends in `&` is a server: its output is what it announces, and what it says of requests goes to
//! `requests.log`. Ports, times and durations are masked; everything else is as printed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// More than a server takes to listen on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// The last line that `tta serve` announces.
const LAST_LINE: &str = "export SANDBOX_CONTROL_URL=";

/// A folder with servers and the ports that stand for those of the file.
struct Session {
    folder: PathBuf,
    servers: Vec<Child>,
    ports: [(&'static str, String); 2],
}

impl Session {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _none = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let listeners = ["9000", "9001"].map(|named| (named, TcpListener::bind("127.0.0.1:0").unwrap()));
        let ports = listeners.map(|(named, listener)| (named, listener.local_addr().unwrap().port().to_string()));
        Self { folder, servers: Vec::new(), ports }
    }

    fn shell(&self, line: &str) -> Command {
        let tta = Path::new(env!("CARGO_BIN_EXE_tta")).parent().unwrap();
        let line = self.ports.iter().fold(line.to_owned(), |line, (named, real)| line.replace(named, real));
        let mut command = Command::new("bash");
        let line = format!("PATH={}:$PATH; {line}", tta.display());
        command.args(["-c", &line]).current_dir(&self.folder).env("NO_COLOR", "1");
        for variable in ["DESTINATION_CONFIG", "COLUMNS", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(variable);
        }
        command
    }

    /// What a command prints on both streams, and its exit code unless it is 0.
    fn run(&mut self, line: &str) -> String {
        if let Some(server) = line.strip_suffix(" &") {
            return self.serve(server);
        }
        let output = self.shell(&format!("exec 2>&1; {line}")).stdin(Stdio::null()).output().unwrap();
        let code = output.status.code().unwrap();
        let code = if code == 0 { String::new() } else { format!("? {code}\n") };
        code + &self.masked(&String::from_utf8(output.stdout).unwrap())
    }

    fn serve(&mut self, line: &str) -> String {
        let (announced, requests) = (self.folder.join("announced.log"), self.folder.join("requests.log"));
        let mut command = self.shell(&format!("exec {line}"));
        command.stdout(File::create(&announced).unwrap()).stderr(File::create(requests).unwrap());
        self.servers.push(command.stdin(Stdio::null()).spawn().unwrap());
        let began = Instant::now();
        loop {
            let text = std::fs::read_to_string(&announced).unwrap();
            if text.lines().any(|line| line.starts_with(LAST_LINE)) && text.ends_with('\n') {
                return self.masked(&text);
            }
            assert!(began.elapsed() < PATIENCE, "{line} does not listen: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The same without what differs from run to run.
    fn masked(&self, text: &str) -> String {
        let own =
            |text: String, (named, real): &(&str, String)| text.replace(&format!(":{real}"), &format!(":{named}"));
        let text = self.ports.iter().fold(text.to_owned(), own);
        text.lines().map(|line| masked(line.trim_end()) + "\n").collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ended = server.kill();
            let _reaped = server.wait();
        }
    }
}

/// A line with words for ports of loopback, instants, times of day and durations.
fn masked(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let next = words.iter().skip(1).map(Some).chain([None]);
    let masked: Vec<_> = words.iter().zip(next).map(|(word, next)| masked_word(word, next == Some(&"ms"))).collect();
    masked.join(" ")
}

fn masked_word(word: &str, is_duration: bool) -> String {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_duration && is_number(word) {
        return "[N]".to_owned();
    }
    if word.len() == 8 && word.split(':').filter(|part| part.len() == 2 && is_number(part)).count() == 3 {
        return "[TIME]".to_owned();
    }
    let bare = word.trim_matches(['"', ',']);
    if bare.ends_with('Z') && bare.contains('-') && bare.contains('T') {
        return word.replace(bare, "[INSTANT]");
    }
    let Some((before, after)) = word.split_once("127.0.0.1:") else { return word.to_owned() };
    let rest = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
    match after.strip_suffix(rest) {
        Some("9000" | "9001") | None => word.to_owned(),
        Some(_) => format!("{before}127.0.0.1:[PORT]{rest}"),
    }
}

/// The file as it would be if it were written now.
fn played(name: &str, file: &str) -> String {
    let mut session = Session::new(name);
    let (mut text, mut lines) = (String::new(), file.lines().peekable());
    let mut is_in_block = false;
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            is_in_block = line == "```console";
        }
        if let Some(command) = line.strip_prefix("$ ").filter(|_| is_in_block) {
            text += &[line, "\n", &session.run(command)].concat();
            while lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```")).is_some() {}
            continue;
        }
        text += line;
        text.push('\n');
    }
    text
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/sessions/{name}.md"));
    let file = std::fs::read_to_string(&path).unwrap();
    let now = played(name, &file);
    if std::env::var_os("SNAPSHOTS").is_some_and(|wish| wish == "overwrite") {
        std::fs::write(&path, &now).unwrap();
    }
    let differs = file.lines().zip(now.lines()).position(|(then, now)| then != now);
    assert!(file == now, "{name}.md, from line {:?} on:\n{now}", differs.map(|line| line + 1));
}

#[test]
fn a_sandbox_is_served_and_its_dead_letters_are_looked_after() {
    check("served");
}

#[test]
fn a_file_of_events_has_one_of_several_shapes() {
    check("events");
}

#[test]
fn mappings_are_imported_and_compared() {
    check("import");
}

#[test]
fn a_list_is_tried_and_delivered() {
    check("list");
}

#[test]
fn a_shell_completes_and_an_editor_gets_the_schema() {
    check("shell");
}
