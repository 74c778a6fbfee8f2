//! The page's own files, built from `cli/page` and part of the binary.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::body::Bytes;

use crate::support::server::Answer;

const PAGE: &str = include_str!("../../../page/dist/index.html");
const FILES: [(&str, &str, &[u8]); 4] = [
    ("/_page/app.js", "text/javascript; charset=utf-8", include_bytes!("../../../page/dist/app.js")),
    ("/_page/app.css", "text/css; charset=utf-8", include_bytes!("../../../page/dist/app.css")),
    ("/_page/icon.svg", "image/svg+xml", include_bytes!("../../../page/dist/icon.svg")),
    ("/_page/THIRD-PARTY.txt", "text/plain; charset=utf-8", include_bytes!("../../../page/dist/THIRD-PARTY.txt")),
];

/// The page, or one of its files.
pub(crate) fn file(path: &str, random: [u8; 16]) -> Option<Answer> {
    if path == "/" {
        return Some(page(random));
    }
    let (_, kind, content) = FILES.iter().find(|(known, ..)| *known == path)?;
    Some(guarded(Answer::new(200, kind, Bytes::from_static(content)).with_header("cache-control", "no-cache")))
}

/// The page with a nonce of its own: the editor makes a style sheet at run time, and nothing else may.
fn page(random: [u8; 16]) -> Answer {
    let nonce = URL_SAFE_NO_PAD.encode(random);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let page = PAGE.replace("{{nonce}}", &nonce);
    let answer = Answer::new(200, "text/html; charset=utf-8", page).with_header("content-security-policy", policy);
    guarded(answer.with_header("cache-control", "no-store"))
}

/// What holds for every answer to a browser.
pub(crate) fn guarded(answer: Answer) -> Answer {
    answer
        .with_header("x-content-type-options", "nosniff")
        .with_header("referrer-policy", "no-referrer")
        .with_header("cross-origin-resource-policy", "same-origin")
        .with_header("cross-origin-opener-policy", "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_allows_files_only_and_one_style_sheet() {
        let answer = file("/", [7; 16]).unwrap();
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        let policy = answer.headers.iter().find(|(name, _)| name == "content-security-policy").unwrap();
        assert!(policy.1.contains("'nonce-BwcHBwcHBwcHBwcHBwcHBw'") && !policy.1.contains("unsafe"), "{policy:?}");
        assert!(body.contains("content=\"BwcHBwcHBwcHBwcHBwcHBw\""), "{body}");
        for inline in ["<style", "style=", "onclick", "javascript:"] {
            assert!(!body.contains(inline), "{inline}");
        }
        assert!(file("/_page/app.js", [0; 16]).is_some() && file("/_page/../secret", [0; 16]).is_none());
    }
}
