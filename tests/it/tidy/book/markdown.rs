//! Markdown as far as the book uses it: headings, links, fenced blocks, tables.

use std::fmt::Write as _;

/// A fenced block: what stands behind the fence, and the text inside.
pub(super) struct Block {
    pub(super) info: String,
    pub(super) text: String,
}

/// The fenced blocks of a page, in order.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Block { info: info.to_owned(), text: String::new() }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The page without its fenced blocks and without code within lines.
fn prose(page: &str) -> String {
    let mut prose = String::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            for (number, part) in line.split('`').enumerate() {
                if number % 2 == 0 {
                    prose.push_str(part);
                }
            }
            prose.push('\n');
        }
    }
    prose
}

/// The targets of the page's links and pictures.
pub(super) fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// The names by which the page's headings can be linked to, as mdBook and GitHub make them.
pub(super) fn anchors(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut anchors = Vec::new();
    for line in page.lines() {
        inside ^= line.starts_with("```");
        if !inside && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            anchors.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    anchors
}

/// A table: a heading for each column, then the rows.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = String::new();
    let mut line = |cells: &[String; N]| {
        let cells = cells.each_ref().map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    };
    line(&headings.map(str::to_owned));
    line(&[const { String::new() }; N].map(|_| "---".to_owned()));
    for row in rows {
        line(&row);
    }
    text
}

/// Text as code; nothing stays nothing.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}
