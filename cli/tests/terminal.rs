//! On a terminal: colour, width and progress, and none of it where they are not wanted.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

const ESCAPE: char = '\u{1b}';
/// More than any of these takes on a busy machine.
const PATIENCE_MILLISECONDS: u64 = 60_000;

/// What a shell line prints on a terminal of so many columns.
fn on_terminal(columns: u16, line: &str) -> String {
    let mut command = Command::new("sh");
    let tta = env!("CARGO_BIN_EXE_tta");
    command.args(["-c", &format!("stty cols {columns} rows 40; {}", line.replace("tta", tta))]);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "DESTINATION_CONFIG", "CI"] {
        command.env_remove(variable);
    }
    command.env("TERM", "xterm-256color");
    let mut session = rexpect::session::spawn_command(command, Some(PATIENCE_MILLISECONDS)).unwrap();
    session.exp_eof().unwrap()
}

fn without_colour(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

const CHECK: &str =
    r#"printf '{"mappings":[{"preset":"journeys_step_entered_track"},{"action":"addUsers"}]}' | tta check -"#;

#[test]
fn a_terminal_gets_colour_unless_it_is_not_wanted() {
    assert!(on_terminal(100, CHECK).contains(ESCAPE));
    for unwanted in ["NO_COLOR=1 tta", "tta --color never"] {
        let shown = on_terminal(100, &CHECK.replace("tta", unwanted));
        assert!(!shown.contains(ESCAPE) && shown.contains("unknown action"), "{unwanted}: {shown:?}");
    }
    assert!(!on_terminal(100, &format!("{CHECK} | cat")).contains(ESCAPE));
    assert!(on_terminal(100, &format!("{} | cat", CHECK.replace("tta", "tta --color always"))).contains(ESCAPE));
}

#[test]
fn a_table_is_as_wide_as_the_terminal() {
    for columns in [70, 200] {
        let shown = without_colour(&on_terminal(columns, CHECK));
        let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(columns), "{columns}: {widest}\n{shown}");
    }
    let lines = |columns| without_colour(&on_terminal(columns, CHECK)).lines().count();
    assert!(lines(70) > lines(200));
}

/// A function that has something left to do, once.
fn slow_function() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for more in [true, false] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).unwrap();
            std::thread::sleep(Duration::from_millis(700));
            let body = format!(r#"{{"seen":7,"done":7,"failed":0,"more":{more}}}"#);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length";
            write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    port
}

#[test]
fn a_long_command_shows_how_far_it_is_on_a_terminal_only() {
    let redrive = |port| format!("tta rejected redrive --sandbox http://127.0.0.1:{port}");
    let shown = on_terminal(100, &redrive(slow_function()));
    assert!(shown.contains("7 seen, 7 done"), "{shown:?}");
    assert!(shown.contains("14"), "{shown:?}");
    let piped = on_terminal(100, &format!("{} 2>&1 | cat", redrive(slow_function())));
    assert!(!piped.contains("7 seen, 7 done") && piped.contains("14"), "{piped:?}");
}
