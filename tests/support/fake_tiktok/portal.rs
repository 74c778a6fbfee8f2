//! The page on which an advertiser consents: `GET /portal/auth?app_id&state&redirect_uri`, on the API's host.
//!
//! Sources: the URL and the parameters of the way back (`auth_code`, the same again as `code`, `state`) are in the
//! documentation of Redpoint and in Go clients. What TikTok sends back on a refusal is not documented; the fake
//! sends `state` alone.

use super::super::server::{Answer, Request};
use super::account::Accounts;
use super::refusal::Query;

/// What the advertiser does with the consent page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Sees a page with a link for each choice.
    #[default]
    Asked,
    /// Is sent back with a code at once.
    Given,
    /// Is sent back without a code at once.
    Refused,
}

/// The path of the page; the links on it are below.
pub(super) const PATH: &str = "/portal/auth";

/// Answers a request below [`PATH`].
pub(super) fn visit(request: &Request, consent: Consent, accounts: &mut Accounts) -> Answer {
    let choice = match request.path.strip_prefix(PATH) {
        Some("" | "/") => consent,
        Some("/approve") => Consent::Given,
        Some("/deny") => Consent::Refused,
        Some(_) | None => return Answer::new(404, "text/plain", "404 page not found"),
    };
    if request.method != "GET" {
        return Answer::new(405, "text/plain", "405 method not allowed");
    }
    match Application::parse(&request.query, accounts) {
        Ok(application) => application.decide(choice, &request.query, accounts),
        Err(problem) => Answer::new(400, "text/html", format!("<h1>Something went wrong</h1><p>{problem}</p>")),
    }
}

struct Application {
    redirect_uri: String,
    state: Option<String>,
}

impl Application {
    fn parse(query: &str, accounts: &Accounts) -> Result<Self, String> {
        let query = Query::parse(query, &["app_id", "state", "redirect_uri"]).map_err(|refusal| refusal.message)?;
        let app_id = query.required("app_id").map_err(|refusal| refusal.message)?;
        let redirect_uri = query.required("redirect_uri").map_err(|refusal| refusal.message)?;
        if app_id != accounts.app.id {
            return Err("The app does not exist".to_owned());
        }
        let registered = &accounts.app.redirect_uris;
        if !registered.is_empty() && !registered.iter().any(|uri| uri == redirect_uri) {
            return Err("The redirect_uri is not registered".to_owned());
        }
        Ok(Self { redirect_uri: redirect_uri.to_owned(), state: query.optional("state").map(str::to_owned) })
    }

    fn decide(self, choice: Consent, query: &str, accounts: &mut Accounts) -> Answer {
        let code = match choice {
            Consent::Asked => return page(query),
            Consent::Given => Some(accounts.issue_code()),
            Consent::Refused => None,
        };
        let mut back = form_urlencoded::Serializer::new(String::new());
        if let Some(code) = &code {
            back.append_pair("auth_code", code).append_pair("code", code);
        }
        if let Some(state) = &self.state {
            back.append_pair("state", state);
        }
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let location = format!("{}{joint}{}", self.redirect_uri, back.finish());
        Answer::new(302, "text/html", "").with_header("location", location)
    }
}

fn page(query: &str) -> Answer {
    let query = query.replace('&', "&amp;").replace('"', "%22").replace('<', "%3C");
    let page = format!(
        "<!doctype html><title>Authorize (fake)</title><h1>Let the app manage your audiences?</h1>\
         <p><a href=\"{PATH}/approve?{query}\">Confirm</a> <a href=\"{PATH}/deny?{query}\">Cancel</a></p>"
    );
    Answer::new(200, "text/html; charset=utf-8", page)
}
