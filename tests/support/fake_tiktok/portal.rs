//! The page on which an advertiser consents: `GET /portal/auth?app_id&state&redirect_uri`, on the API's host.
//!
//! Sources: the URL and the parameters of the way back (`auth_code`, the same again as `code`, `state`) are in the
//! documentation of Redpoint and in Go clients. What TikTok sends back on a refusal is not documented; the fake
//! sends `state` alone. That the advertiser picks ad accounts is TikTok's; that the scopes can be picked is ours, so that
//! a token that lacks one can be had by hand.

use std::fmt::Write as _;

use super::super::server::{Answer, Request};
use super::account::{Accounts, Grant, name_of};
use super::refusal::Query;

/// What the advertiser does with the consent page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Sees a page on which to choose.
    #[default]
    Asked,
    /// Is sent back with a code at once.
    Given,
    /// Is sent back without a code at once.
    Refused,
}

/// The path of the page; the ways on from it are below.
pub(super) const PATH: &str = "/portal/auth";
/// The names of the parameters that the page adds: what was picked, and that something could be.
const PICKED: [&str; 3] = ["picked", "advertiser_id", "scope"];

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
        Ok(application) => application.decide(choice, accounts),
        Err(problem) => {
            let page = document("Something went wrong", &format!("<p>{}</p>", escape(&problem)));
            Answer::new(400, CONTENT_TYPE, page)
        }
    }
}

struct Application {
    app_id: String,
    redirect_uri: String,
    state: Option<String>,
    /// What was picked on the page; nothing picks all.
    picked: Option<Grant>,
}

impl Application {
    fn parse(query: &str, accounts: &Accounts) -> Result<Self, String> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let (picked, asked): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(name, _)| PICKED.contains(&name.as_str()));
        let asked = form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish();
        let query = Query::parse(&asked, &["app_id", "state", "redirect_uri"]).map_err(|refusal| refusal.message)?;
        let app_id = query.required("app_id").map_err(|refusal| refusal.message)?;
        let redirect_uri = query.required("redirect_uri").map_err(|refusal| refusal.message)?;
        if app_id != accounts.app.id {
            return Err("The app does not exist".to_owned());
        }
        let registered = &accounts.app.redirect_uris;
        if !registered.is_empty() && !registered.iter().any(|uri| uri == redirect_uri) {
            return Err("The redirect_uri is not registered".to_owned());
        }
        Ok(Self {
            app_id: app_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            state: query.optional("state").map(str::to_owned),
            picked: (!picked.is_empty()).then(|| pick(&accounts.app.grants, &picked)),
        })
    }

    fn decide(self, choice: Consent, accounts: &mut Accounts) -> Answer {
        let code = match choice {
            Consent::Asked => return Answer::new(200, CONTENT_TYPE, self.page(&accounts.app.grants)),
            Consent::Given => {
                let grant = self.picked.unwrap_or_else(|| accounts.app.grants.clone());
                Some(accounts.issue_code(grant))
            }
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
        Answer::new(302, CONTENT_TYPE, "").with_header("location", location)
    }

    /// A form of everything that the app asks for, all of it picked.
    fn page(&self, grants: &Grant) -> String {
        let mut form = format!("<form action=\"{PATH}/approve\">\n{}", hidden("picked", "1"));
        let asked = [("app_id", Some(&self.app_id)), ("redirect_uri", Some(&self.redirect_uri))];
        for (name, value) in asked.into_iter().chain([("state", self.state.as_ref())]) {
            form += &value.map(|value| hidden(name, value)).unwrap_or_default();
        }
        let accounts = grants.advertisers.iter().map(|id| (id.clone(), format!("{} ({id})", name_of(id))));
        form += &choices("Ad accounts", "advertiser_id", accounts);
        let scopes = grants.scopes.iter().map(|scope| (scope.to_string(), format!("{} ({scope})", meaning(*scope))));
        form += &choices("Permissions", "scope", scopes);
        let _infallible = write!(
            form,
            "<p><button class=\"go\">Confirm</button> <button formaction=\"{PATH}/deny\">Cancel</button></p>\n</form>"
        );
        document("Let the app manage your audiences?", &form)
    }
}

/// The part of the grant that was picked.
fn pick(grants: &Grant, picked: &[(String, String)]) -> Grant {
    let has = |name: &str, value: &str| picked.iter().any(|(known, picked)| known == name && picked == value);
    let mut grant = grants.clone();
    grant.advertisers.retain(|id| has("advertiser_id", id));
    grant.scopes.retain(|scope| has("scope", &scope.to_string()));
    grant
}

/// TikTok's names of its scopes, as far as they matter here.
fn meaning(scope: u32) -> &'static str {
    match scope {
        1 => "Ad Account Management",
        3 => "Audience Management",
        30 => "Read Custom Audiences",
        31 => "Create and Update Custom Audiences",
        _ => "Something else",
    }
}

const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// The look of the sandbox's page.
const STYLE: &str = "\
    :root{color-scheme:light dark;--g:#f6f7f8;--s:#fff;--l:#dfe3e7;--t:#16202a;--m:#566270;--a:#0e6680;--o:#fff;\
    --w:#fdf0d5;--x:#855300}@media(prefers-color-scheme:dark){:root{--g:#11161b;--s:#181f26;--l:#2a343e;\
    --t:#e4e9ee;--m:#9fabb7;--a:#6cc3dc;--o:#06222c;--w:#362608;--x:#f0bd62}}body{margin:0;padding:3rem 1rem;\
    background:var(--g);color:var(--t);font:1rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}\
    main{max-width:36rem;margin:auto;padding:1.5rem;border:1px solid var(--l);border-radius:.75rem;\
    background:var(--s)}h1{font-size:1.4rem;line-height:1.25;margin:0 0 .75rem}.note{padding:.5rem .75rem;\
    border-radius:.5rem;background:var(--w);color:var(--x)}fieldset{margin:1rem 0;padding:.5rem 1rem .75rem;\
    border:1px solid var(--l);border-radius:.5rem}legend{padding:0 .25rem;font-weight:600}label{display:block;\
    padding:.2rem 0}button{min-height:2.25rem;padding:.25rem 1rem;border:1px solid var(--l);border-radius:.5rem;\
    background:var(--s);color:var(--t);font:inherit;cursor:pointer}button.go{border-color:var(--a);\
    background:var(--a);color:var(--o);font-weight:600}:focus-visible{outline:2px solid var(--a);\
    outline-offset:2px}";

fn document(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title} - the sandbox's TikTok</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p class=\"note\">This is not TikTok: it \
         is the page that stands in its place here.</p>\n{content}\n</main>\n</body>\n</html>\n"
    )
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value))
}

fn choices(legend: &str, name: &str, all: impl Iterator<Item = (String, String)>) -> String {
    let line = |(value, label): (String, String)| {
        let input = format!("<input type=\"checkbox\" name=\"{name}\" value=\"{}\" checked>", escape(&value));
        format!("<label>{input} {}</label>\n", escape(&label))
    };
    format!("<fieldset>\n<legend>{legend}</legend>\n{}</fieldset>\n", all.map(line).collect::<String>())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
