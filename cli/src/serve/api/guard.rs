//! Who may speak to the sandbox: browsers on this machine, from its own page, and scripts.
//!
//! A page of another site can make a browser send requests here, and a name that it controls can be made to point to
//! 127.0.0.1. So `Host` must be a name of this machine, whatever is asked for; and what a browser says of where a request comes
//! from must be this page. Scripts say nothing of that sort.

use std::net::IpAddr;

use crate::support::server::{Answer, Request};

use super::files::guarded;
use super::refusal::Refusal;

/// Passes, or the answer that says why not.
pub(crate) fn admitted(request: &Request) -> Result<(), Answer> {
    check(request).map_err(|refusal| guarded(refusal.answer()))
}

fn check(request: &Request) -> Result<(), Refusal> {
    let host = request.header("host").unwrap_or_default();
    if !is_this_machine(host) {
        return Err(Refusal::new(421, "this is the sandbox of one machine: call it by localhost or 127.0.0.1"));
    }
    let same = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let is_foreign = request.header("origin").is_some_and(|origin| !same(origin))
        || request.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    // A link from elsewhere may open the page, TikTok's consent page may lead back, and nothing else.
    let is_visit = request.method == "GET" && request.header("sec-fetch-mode") == Some("navigate");
    if is_foreign && !(is_visit && matches!(request.path.as_str(), "/" | "/oauth/callback")) {
        return Err(Refusal::new(403, "other sites may not use the sandbox"));
    }
    Ok(())
}

/// A name or address of this machine, with any port.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "LOCALHOST:9", "127.0.0.2"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com:80",
            "10.0.0.1:80",
            "[::2]",
            "localhost:x",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
