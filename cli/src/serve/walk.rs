//! The book's walk from an empty secret to a delivered event, command by command as it stands there.
//!
//! A shell types the commands, a client of its own plays the browser.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStdin, ChildStdout, Command as Program, Stdio};
use std::time::Duration;

use clap::Parser as _;
use reqwest::Url;

use super::serve;
use crate::arguments::{Command, CommandLine};

/// The ports that the page names: the function's and its world's.
const PORTS: [&str; 2] = ["9000", "9001"];
/// What the shell says when a block has ended.
const END: &str = "-- end of block --";
/// How long the sandbox may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// The blocks of shell commands on the page: the one that serves, and the walk.
fn blocks() -> Vec<String> {
    let page = include_str!("../../../docs/src/start/walk.md");
    let blocks = page.split("```sh").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().split_once('\n').unwrap().1.to_owned()).collect()
}

/// The first of two ports that are free.
fn free_ports() -> u16 {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let pairs = (0..100).filter_map(|_| {
        let first = bind(0).ok()?;
        let port = first.local_addr().ok()?.port();
        bind(port.checked_add(1)?).ok().map(|_second| port)
    });
    pairs.into_iter().next().expect("there are free ports")
}

/// A shell that keeps its functions from block to block, and stops at the first command that fails.
struct Shell {
    bash: Child,
    commands: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    fn open() -> Self {
        let mut program = Program::new("bash");
        // A proxy would not know this machine's loopback.
        let program = program.args(["-eu"]).env("no_proxy", "127.0.0.1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut bash = program.spawn().expect("there is a bash");
        let (commands, output) = (bash.stdin.take().unwrap(), BufReader::new(bash.stdout.take().unwrap()));
        let mut shell = Self { bash, commands, output };
        // No command of the page may wait for ever.
        shell.run("curl() { command curl --max-time 60 \"$@\"; }");
        shell
    }

    /// What a block prints.
    fn run(&mut self, block: &str) -> String {
        writeln!(self.commands, "{block}\necho; echo '{END}'").unwrap();
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the shell gave up:\n{block}\n{printed}");
            if line.trim() == END {
                return printed;
            }
            printed += &line;
        }
    }

    fn close(mut self) {
        drop(self.commands);
        assert!(self.bash.wait().unwrap().success(), "the shell ended badly");
    }
}

/// The page behind a link, or where it leads to.
fn visit(link: &Url) -> Result<String, Url> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = tiktok_audiences::net::https::client(None).unwrap().get(link.clone());
    let response = runtime.block_on(request.send()).expect("the page answers");
    if let Some(location) = response.headers().get("location") {
        return Err(link.join(location.to_str().unwrap()).unwrap());
    }
    assert_eq!(response.status(), 200, "{link}");
    Ok(runtime.block_on(response.text()).unwrap())
}

/// Where the form of a page leads when nothing on it is changed.
fn confirmed(page: &str, at: &Url) -> Url {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    };
    let tags = || page.split('<').map(|tag| tag.split('>').next().unwrap());
    let form = tags().find(|tag| tag.starts_with("form ")).expect("the page has a form");
    let mut target = at.join(&attribute(form, "action").unwrap()).unwrap();
    let inputs = tags().filter(|tag| tag.starts_with("input "));
    let fields = inputs.map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap()));
    target.query_pairs_mut().clear().extend_pairs(fields);
    target
}

/// A line of the text has all these words.
#[track_caller]
fn has(text: &str, words: &[&str]) {
    let found = text.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(found, "no line has {words:?}:\n{text}");
}

/// Serves as the first block says, on other ports, for as long as the test runs.
fn start(block: &str, port: u16) {
    let words = block.trim().strip_prefix("cargo run -p tta -- ").expect("the first block serves");
    let words = words.replace(PORTS[1], &(port + 1).to_string()).replace("--port 9000", &format!("--port {port}"));
    let command =
        CommandLine::try_parse_from(["tta"].into_iter().chain(words.split(' '))).expect("the command line is right");
    let Command::Serve(arguments) = command.command else { panic!("{words} does not serve") };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve(arguments)).expect("the sandbox serves");
    });
    let until = std::time::Instant::now() + PATIENCE;
    while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port + 1)).is_err() {
        assert!(std::time::Instant::now() < until, "the sandbox does not listen");
        std::thread::yield_now();
    }
}

#[test]
fn the_book_leads_from_an_empty_secret_to_a_delivered_event() {
    let blocks = blocks();
    let [serve, look, put, use_it, break_it] = blocks.as_slice() else { panic!("{} blocks", blocks.len()) };
    let port = free_ports();
    start(serve, port);
    let mut shell = Shell::open();
    let mut run = |block: &str| {
        let [function, world] = PORTS.map(|port| format!(":{port}/"));
        assert!(block.contains(&function) || block.contains(&world), "{block}");
        let block = block.replace(&function, &format!(":{port}/")).replace(&world, &format!(":{}/", port + 1));
        shell.run(&block)
    };

    let first = run(look);
    has(&first, &["token ", "problem", "the secret has no access_token"]);
    has(&first, &["app ", "warning", "no app_id and app_secret"]);

    let printed = run(put);
    let link = printed.lines().find_map(|line| line.strip_prefix("url ")).expect("there is a link");
    let link = Url::parse(link.trim()).unwrap();
    let consent = visit(&link).expect("the consent page asks");
    let back = visit(&confirmed(&consent, &link)).expect_err("who confirms is sent back");
    let connected = visit(&back).expect("the way ends there");
    assert!(connected.contains("<h1>Connected to TikTok</h1>"), "{connected}");

    let used = run(use_it);
    has(&used, &["token ", "ok", "TikTok accepts it"]);
    has(&used, &["scopes ", "ok"]);
    has(&used, &["Fake advertiser 7000000000000000001", "true"]);
    has(&used, &["abandoned_cart", "created"]);
    has(&used, &["abandoned_cart", "Partner", "true"]);
    has(&used, &[r#""delivered":1"#]);
    has(&used, &["EMAIL_SHA256"]);

    let broken = run(break_it);
    has(&broken, &["token ", "problem", "code 40105"]);
    has(&broken, &["scopes ", "problem", "lacks scope 31"]);
    has(&broken, &["expiry of advertiser", "warning", "1 expire within 60 days"]);
    shell.close();
}
