//! The pages of the book that are written from the code and the template.

mod code;
mod llms;
mod stack;

/// What stands above each page, so that nobody edits it by hand.
const MADE: &str =
    "<!-- Written by `UPDATE_BOOK=1 cargo test --test it tidy::book`: change the source instead. -->\n\n";

/// Every page that is written, by its path, with its text.
pub(super) fn pages() -> Vec<(String, String)> {
    let made = [
        ("settings", code::settings()),
        ("actions", code::actions()),
        ("reasons", code::reasons()),
        ("tiktok-codes", code::tiktok_codes()),
        ("trigger-language", code::language("Trigger language", "src/mapping/trigger.rs")),
        ("field-language", code::language("Field language", "src/mapping/expression.rs")),
        ("operations", code::operations()),
        ("variables", code::variables()),
        ("metrics", code::metrics()),
        ("alarms", stack::alarms()),
        ("parameters", stack::parameters()),
    ];
    let path = |name| format!("docs/src/reference/{name}.md");
    made.into_iter().map(|(name, page)| (path(name), format!("{MADE}{page}"))).collect()
}

/// The index of all pages, which is written when they are.
pub(super) fn index() -> (String, String) {
    ("docs/src/llms.txt".to_owned(), llms::index())
}
