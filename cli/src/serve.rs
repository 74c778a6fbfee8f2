//! `serve`: the world stays up, the function is offered over HTTP, and other processes of it can join.

mod api;
mod changes;
mod control;
mod door;
mod drain;
mod faults;
mod line;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::SandboxError;
use crate::input;
use crate::support::server::{Answer, Request, Server};
use crate::test_mapping::furnish;
use crate::world::{DESTINATION, Scheme, Stage, World};
use api::{Function, Sandbox};
use control::ROUTES;
pub(crate) use control::{call_json, message_json};

/// Where other commands look for the sandbox.
const USUAL_PORT: u16 = 9000;

/// Where Lambda's `Invoke` has the function; its name does not matter.
const INVOKE_PATH: &str = "/2015-03-31/functions/sandbox/invocations";

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tta serve
  tta serve --buffered
  tta serve --empty --port 9000 --control-port 9001
  tta serve --https --config my.json")]
pub(crate) struct Arguments {
    /// The destination.json, else config/destination.json if it is there, else the default mappings
    #[arg(long, value_name = "FILE", env = "DESTINATION_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// As deployed: events go to a buffer queue, which the function drains; what fails five times is a dead letter
    #[arg(long)]
    buffered: bool,
    /// Begin where a deployed stack does: the secret is {}, and the ad account has no audience
    #[arg(long)]
    empty: bool,
    /// TikTok and Secrets Manager with TLS, under an authority of their own
    #[arg(long)]
    https: bool,
    /// The port of the function and the page [default: 9000, else any that is free]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// The port of the routes of its world [default: any that is free]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    control_port: u16,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(arguments: Arguments) -> Result<(), SandboxError> {
    let Arguments { config: named, buffered, empty, https, port, control_port } = arguments;
    let config = input::configuration(named.as_deref())?;
    let scheme = if https { Scheme::Https } else { Scheme::Http };
    let stage = if empty { Stage::Empty } else { Stage::Connected };
    let own = port.map_or_else(|| bind(USUAL_PORT).or_else(|_taken| bind(0)), bind)?;
    let beside = bind(control_port)?;
    let world = World::start(scheme, stage);
    let world = Arc::new(if buffered { world.buffered() } else { world });
    let app = world.app(config.as_deref())?;
    if stage == Stage::Connected {
        furnish(&world, &app.router.destination);
    }
    let function = Function::start(app, Arc::clone(&world))?;
    let (source, text) = configured(config.as_deref())?;
    let sandbox = Sandbox::new(Arc::clone(&world), function, source, text);
    let offered = Arc::clone(&sandbox);
    let door = Server::start_at(own, move |request| answer(request, Arc::clone(&offered)));
    sandbox.opened_at(door.origin());
    let shared = Arc::clone(&world);
    let control = Server::start_at(beside, move |request| control::answer(request, Arc::clone(&shared)));
    announce(&world, &door.origin(), &control.origin(), named.as_deref())?;
    tokio::select! {
        () = sandbox.watch() => Ok(()),
        () = drain::run(&sandbox) => Ok(()),
        stopped = stopped() => stopped,
    }
}

/// Takes the port, so that no server of the world that is started meanwhile gets it.
fn bind(port: u16) -> Result<TcpListener, SandboxError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| SandboxError::Port { port, source })
}

/// Where the configuration is from, and its text.
fn configured(config: Option<&Path>) -> Result<(String, String), SandboxError> {
    let Some(path) = config else { return Ok(("the sandbox".to_owned(), DESTINATION.to_owned())) };
    let input::Source { name, text } = input::configuration_text(path)?;
    Ok((name, text))
}

/// The page and its API, or the function's door.
async fn answer(request: Request, sandbox: Arc<Sandbox>) -> Option<Answer> {
    if let Err(refused) = api::admitted(&request) {
        return Some(refused);
    }
    if api::owns(&request.path) { api::answer(request, sandbox).await } else { door::answer(request, sandbox).await }
}

/// Until Ctrl-C, a request to end, or the end of standard input.
async fn stopped() -> Result<(), SandboxError> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        () = stdin_ends() => {}
        _ = terminated.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

/// Until the end of a pipe at standard input: whoever started us with one has gone. Anything else never ends.
async fn stdin_ends() {
    if !std::fs::metadata("/dev/stdin").is_ok_and(|stdin| stdin.file_type().is_fifo()) {
        return std::future::pending().await;
    }
    let (open, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        while std::io::stdin().read(&mut ignored).is_ok_and(|count| count > 0) {}
        drop(open);
    });
    // Nothing is ever sent: the sender's end is the news.
    let _ended = ended.await;
}

fn announce(world: &World, door: &str, control: &str, config: Option<&Path>) -> Result<(), SandboxError> {
    let mut lines = vec![
        format!("# The page: {door}/"),
        "# The function, as a function URL would offer it (Basic auth with the write key, no password):".to_owned(),
        "#   curl -u sandbox-write-key: -H 'content-type: application/json' \\".to_owned(),
        format!("#     -d @events/direct_audience_entered.json {door}/events"),
        "# The same, invoked; aws lambda invoke --endpoint-url works too:".to_owned(),
        format!("#   curl -d @events/direct_audience_entered.json {door}{INVOKE_PATH}"),
        "# Operations; as text, lists are tables:".to_owned(),
        "#   curl -H 'accept: text/plain' -d '{\"operation\":\"listAudiences\"}' \\".to_owned(),
        format!("#     {door}{INVOKE_PATH}"),
        format!("# OAuth's way back: {door}/oauth/callback, the redirect_uri of authorizeUrl"),
        format!("# This world, at {control}:"),
    ];
    lines.extend(ROUTES.map(|(route, meaning)| format!("#   {route:<15} {meaning}")));
    lines.push("# For another process of the function:".to_owned());
    let mut export = |name: &str, value: &dyn Display| lines.push(format!("export {name}='{value}'"));
    for (name, value) in world.variables() {
        export(name, &value);
    }
    if let Some(path) = config {
        match path.to_str().filter(|text| text.trim_start().starts_with('{')) {
            Some(inline) => export("DESTINATION_CONFIG", &inline),
            None => export("DESTINATION_CONFIG", &std::path::absolute(path)?.display()),
        }
    }
    export("SANDBOX_CONTROL_URL", &control);
    let mut out = std::io::stdout();
    writeln!(out, "{}", lines.join("\n"))?;
    Ok(out.flush()?)
}
