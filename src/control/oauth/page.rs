//! What the advertiser's browser shows: one small page, without scripts, readable at any width, in the look of the
//! sandbox's page.
//!
//! Everything that comes from elsewhere is escaped; neither code, state nor token is repeated.

use std::collections::BTreeSet;
use std::fmt::Write;

use reqwest::Url;

use crate::ingress::http::HttpReply;
use crate::tiktok::AdvertiserId;
use crate::tiktok::wire::Advertiser;

const STYLE: &str = ":root{color-scheme:light dark;--g:#f6f7f8;--s:#fff;--k:#f0f2f4;--l:#dfe3e7;--t:#16202a;\
                     --m:#566270;--ok:#146c43;--okg:#e2f3ea;--no:#b3261e;--nog:#fce8e6}\
                     @media(prefers-color-scheme:dark){:root{--g:#11161b;--s:#181f26;--k:#131a20;--l:#2a343e;\
                     --t:#e4e9ee;--m:#9fabb7;--ok:#6fcf9b;--okg:#12301f;--no:#ff9a91;--nog:#3c1a18}}\
                     body{margin:0;padding:3rem 1rem;background:var(--g);color:var(--t);\
                     font:1rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}main{max-width:36rem;margin:auto;\
                     padding:1.5rem;border:1px solid var(--l);border-radius:.75rem;background:var(--s)}\
                     h1{font-size:1.4rem;line-height:1.25;margin:.75rem 0}h2{font-size:1rem;\
                     margin:1.5rem 0 .25rem}p{margin:.5rem 0}ul{margin:.5rem 0;padding-left:1.25rem}\
                     .state{display:inline-flex;gap:.4rem;align-items:center;margin:0;padding:.1rem .7rem;\
                     border-radius:1rem;font-weight:600;background:var(--nog);color:var(--no)}\
                     .ok{background:var(--okg);color:var(--ok)}svg{width:1rem;fill:none;stroke:currentcolor;\
                     stroke-width:2.5}pre{margin:.5rem 0;padding:.75rem;border-radius:.5rem;background:var(--k);\
                     white-space:pre-wrap;user-select:all}small{color:var(--m)}";

/// Nothing is loaded and nothing runs; the hash is that of [`STYLE`].
const POLICY: &str = "default-src 'none'; style-src 'sha256-En7LECd79cxnePk8bne9ha6Gqap7f0U7CJ9O519rlx0='; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A tick and a cross: the state by form too, and not by colour alone.
const TICK: &str = "M4 12.5 9.5 18 20 6.5";
const CROSS: &str = "M6 6l12 12M18 6 6 18";

/// How the way back ended.
#[derive(Debug)]
pub(super) enum Page {
    /// The token is stored.
    Connected(Vec<Advertiser>),
    /// Nothing shows that the way began here.
    NoState,
    /// The state was not signed with our secret.
    Forged,
    /// The link was used too late.
    Expired,
    /// No code came along: somebody said no.
    Declined,
    /// The code was used before, or is too old.
    CodeUsed,
    /// TikTok does not know the app, or its secret is another.
    AppRefused,
    /// The token may do too little.
    MissingScopes(Vec<&'static str>),
    /// The token is for too few advertisers; none are named when it is for nobody at all.
    MissingAdvertisers(BTreeSet<AdvertiserId>),
    /// The secret names no app.
    NoApp,
    /// The secret has another app or another token than a moment ago.
    SecretChanged,
    /// The secret can't be read, and why.
    SecretUnreadable(String),
    /// The token can't be written, and why.
    NotStored(String),
    /// TikTok refuses the exchange.
    TiktokRefused {
        /// In our words.
        problem: String,
        /// TikTok's id of the request.
        request_id: Option<String>,
    },
    /// TikTok can't be reached, or can't answer now.
    TiktokUnavailable,
}

/// What to do when the link is of no use any more.
const NEW_LINK: &str = "Ask for a new link: run the operation authorizeUrl, and open its url.";

impl Page {
    /// The word for logs and support.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Connected(_) => "CONNECTED",
            Self::NoState => "NO_STATE",
            Self::Forged => "STATE_FORGED",
            Self::Expired => "STATE_EXPIRED",
            Self::Declined => "DECLINED",
            Self::CodeUsed => "CODE_USED",
            Self::AppRefused => "APP_REFUSED",
            Self::MissingScopes(_) => "MISSING_SCOPES",
            Self::MissingAdvertisers(_) => "MISSING_ADVERTISERS",
            Self::NoApp => "NO_APP",
            Self::SecretChanged => "SECRET_CHANGED",
            Self::SecretUnreadable(_) => "SECRET_UNREADABLE",
            Self::NotStored(_) => "NOT_STORED",
            Self::TiktokRefused { .. } => "TIKTOK_REFUSED",
            Self::TiktokUnavailable => "TIKTOK_UNAVAILABLE",
        }
    }

    /// The HTTP status.
    pub(super) const fn status(&self) -> u16 {
        match self {
            Self::Connected(_) => 200,
            Self::NoState | Self::Forged => 400,
            Self::Declined => 403,
            Self::CodeUsed | Self::SecretChanged => 409,
            Self::Expired => 410,
            Self::MissingScopes(_) | Self::MissingAdvertisers(_) => 422,
            Self::NotStored(_) => 500,
            Self::AppRefused | Self::TiktokRefused { .. } => 502,
            Self::NoApp | Self::SecretUnreadable(_) | Self::TiktokUnavailable => 503,
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Connected(_) => "Connected to TikTok",
            Self::NoState | Self::Forged => "This link is not valid",
            Self::Expired => "This link has expired",
            Self::Declined => "Nothing was authorized",
            Self::CodeUsed => "This authorization was used already",
            Self::AppRefused => "TikTok does not accept the app",
            Self::MissingScopes(_) => "A permission is missing",
            Self::MissingAdvertisers(_) => "An ad account is missing",
            Self::NoApp => "The app is not set up",
            Self::SecretChanged => "The secret was changed meanwhile",
            Self::SecretUnreadable(_) => "The secret cannot be read",
            Self::NotStored(_) => "The token could not be stored",
            Self::TiktokRefused { .. } => "TikTok refused the authorization",
            Self::TiktokUnavailable => "TikTok did not answer",
        }
    }

    /// What happened.
    fn message(&self) -> String {
        match self {
            Self::Connected(advertisers) => {
                let accounts = if advertisers.len() == 1 { "ad account" } else { "ad accounts" };
                format!("{} {accounts} can now be synchronized.", advertisers.len())
            }
            Self::NoState => "The address of this page lacks its state.".to_owned(),
            Self::Forged => {
                "Its state was not issued here, was changed on the way, or the app's secret is another one \
                             since."
                    .to_owned()
            }
            Self::Expired => "Links can be used for 10 minutes.".to_owned(),
            Self::Declined => {
                "TikTok sent you back without an authorization code: the request was declined.".to_owned()
            }
            Self::CodeUsed => "TikTok accepts each authorization code once, within an hour. Perhaps this page was \
                               loaded twice."
                .to_owned(),
            Self::AppRefused => {
                "app_id and app_secret in the secret do not fit together, or the app is blocked.".to_owned()
            }
            Self::MissingScopes(_) => "The authorization does not allow to read and change audiences.".to_owned(),
            Self::MissingAdvertisers(missing) if missing.is_empty() => {
                "The authorization is for no ad account at all.".to_owned()
            }
            Self::MissingAdvertisers(_) => {
                "The authorization leaves out ad accounts that are configured or in use.".to_owned()
            }
            Self::NoApp => "The secret has no app_id and app_secret.".to_owned(),
            Self::SecretChanged => {
                "Meanwhile the secret was changed: it has another app, or somebody else has just connected.".to_owned()
            }
            Self::SecretUnreadable(problem) | Self::NotStored(problem) => format!("{problem}."),
            Self::TiktokRefused { problem, request_id } => {
                let request = request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
                format!("{problem}{request}.")
            }
            Self::TiktokUnavailable => "The authorization could not be completed in time.".to_owned(),
        }
    }

    /// The list under the message.
    fn list(&self) -> Vec<String> {
        match self {
            Self::Connected(advertisers) => advertisers.iter().map(line).collect(),
            Self::MissingScopes(scopes) => scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            Self::MissingAdvertisers(advertisers) => advertisers.iter().map(ToString::to_string).collect(),
            Self::NoState
            | Self::Forged
            | Self::Expired
            | Self::Declined
            | Self::CodeUsed
            | Self::AppRefused
            | Self::NoApp
            | Self::SecretChanged
            | Self::SecretUnreadable(_)
            | Self::NotStored(_)
            | Self::TiktokRefused { .. }
            | Self::TiktokUnavailable => Vec::new(),
        }
    }

    /// What to do next.
    const fn next(&self) -> &'static str {
        match self {
            Self::Connected(_) => {
                "You can close this page. The operation check shows whether anything else is missing; new tokens reach \
                 running functions within minutes."
            }
            Self::NoState | Self::Forged | Self::Expired | Self::CodeUsed | Self::SecretChanged => NEW_LINK,
            Self::Declined => {
                "To authorize after all, ask for a new link (operation authorizeUrl) and confirm on TikTok's page."
            }
            Self::AppRefused => {
                "Copy app_id and app_secret from the app's page in TikTok's developer portal into the secret, then ask \
                 for a new link (operation authorizeUrl)."
            }
            Self::MissingScopes(_) => {
                "Add Audience Management to the app's permissions in TikTok's developer portal, then authorize again \
                 with a new link (operation authorizeUrl)."
            }
            Self::MissingAdvertisers(_) => {
                "Authorize again with a new link (operation authorizeUrl), as somebody who is admin or operator of all \
                 these ad accounts, and select all of them. An ad account that is not to be served any more has to be \
                 taken out of the configuration and of advertiser_ids in the secret first."
            }
            Self::NoApp => {
                "Put app_id and app_secret from TikTok's developer portal into the secret, then ask for a new link \
                 (operation authorizeUrl)."
            }
            Self::SecretUnreadable(_) => {
                "Run the operation check: it names the cause. Then ask for a new link (operation authorizeUrl)."
            }
            Self::NotStored(_) => {
                "Let the control function's role write the secret (secretsmanager:PutSecretValue), then ask for a new \
                 link (operation authorizeUrl)."
            }
            Self::TiktokRefused { .. } | Self::TiktokUnavailable => {
                "Wait a few minutes, then ask for a new link (operation authorizeUrl)."
            }
        }
    }

    /// The operation that comes next.
    const fn operation(&self) -> &'static str {
        match self {
            Self::Connected(_) | Self::SecretUnreadable(_) => "check",
            Self::NoState
            | Self::Forged
            | Self::Expired
            | Self::Declined
            | Self::CodeUsed
            | Self::AppRefused
            | Self::MissingScopes(_)
            | Self::MissingAdvertisers(_)
            | Self::NoApp
            | Self::SecretChanged
            | Self::NotStored(_)
            | Self::TiktokRefused { .. }
            | Self::TiktokUnavailable => "authorizeUrl",
        }
    }

    /// The state in a word, by colour and by form.
    fn state(&self) -> String {
        let is_connected = matches!(self, Self::Connected(_));
        let (class, drawing, word) =
            if is_connected { ("state ok", TICK, "Connected") } else { ("state", CROSS, "Not connected") };
        format!(
            "<p class=\"{class}\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"{drawing}\"/></svg>{word}</p>"
        )
    }

    /// The command that runs what comes next, by the alias that the template gives the function; none where that needs
    /// an address which is not known.
    pub(super) fn command(&self, function: &str, address: Option<&Url>) -> Option<String> {
        let operation = self.operation();
        let payload = match (operation, address) {
            ("authorizeUrl", None) => return None,
            ("authorizeUrl", Some(address)) => {
                format!("{{\"operation\":\"{operation}\",\"redirect_uri\":\"{address}\"}}")
            }
            _ => format!("{{\"operation\":\"{operation}\"}}"),
        };
        Some(format!(
            "aws lambda invoke --function-name {function}:live --cli-binary-format raw-in-base64-out --payload \
             '{payload}' /dev/stdout"
        ))
    }

    /// The page as a reply, with the command that comes next.
    pub(super) fn render(&self, command: Option<&str>) -> HttpReply {
        let title = self.title();
        let mut body = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<title>{title} - TikTok Audiences</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{}\n<h1>{title}</h1>\n<p>{}</p>\n",
            self.state(),
            escape(&self.message())
        );
        let list = self.list();
        if !list.is_empty() {
            let heading = if matches!(self, Self::Connected(_)) { "Connected ad accounts" } else { "Missing" };
            // Writing to a string can't fail.
            let _written = writeln!(body, "<h2>{heading}</h2>\n<ul>");
            for item in &list {
                let _written = writeln!(body, "<li>{}</li>", escape(item));
            }
            body.push_str("</ul>\n");
        }
        let _written = writeln!(body, "<h2>What to do next</h2>\n<p>{}</p>", escape(self.next()));
        if let Some(command) = command {
            let _written = writeln!(body, "<pre>{}</pre>", escape(command));
        }
        // A write may have taken effect although its answer was lost.
        let is_unchanged = !matches!(self, Self::Connected(_) | Self::NotStored(_));
        let verdict = if is_unchanged { "Nothing was changed. " } else { "" };
        if !matches!(self, Self::Connected(_)) {
            let _written = writeln!(body, "<p><small>{verdict}Code: {}</small></p>", self.code());
        }
        body.push_str("</main>\n</body>\n</html>\n");
        HttpReply { status: self.status(), content_type: "text/html; charset=utf-8", headers: Vec::new(), body }
            .with_header("content-security-policy", POLICY)
            .with_header("referrer-policy", "no-referrer")
            .with_header("x-content-type-options", "nosniff")
            .with_header("x-frame-options", "DENY")
    }
}

fn line(advertiser: &Advertiser) -> String {
    match &advertiser.advertiser_name {
        Some(name) => format!("{name} ({})", advertiser.advertiser_id),
        None => advertiser.advertiser_id.to_string(),
    }
}

/// A text that means nothing to a browser.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_exactly_the_style_of_the_page() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("style-src 'sha256-{hash}';")), "the style's hash is {hash}");
    }

    #[test]
    fn names_from_elsewhere_are_escaped() {
        let advertiser_id = AdvertiserId::parse("7").unwrap();
        let advertiser_name = Some("<script>alert('1')</script> & \"Co\"".to_owned());
        let reply = Page::Connected(vec![Advertiser { advertiser_id, advertiser_name }]).render(None);
        let expected = "<li>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;Co&quot; (7)</li>";
        assert!(reply.body.contains(expected), "{}", reply.body);
        assert!(!reply.body.contains("<script"), "{}", reply.body);
    }
}
