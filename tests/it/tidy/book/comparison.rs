//! The comparison with other products: no claim about one without its source, and the README says the same.

use std::collections::{BTreeMap, BTreeSet};

use super::super::text;

/// The rows of the first table of a page that compares with this project: what is compared, and a cell per product.
fn comparison(page: &str) -> BTreeMap<String, Vec<String>> {
    let page = text(page);
    let (_, table) = page.split_once("| | this project |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
        (cells.next().unwrap(), cells.collect())
    })
    .collect()
}

/// A cell without the number of its source.
fn claim(cell: &str) -> &str {
    cell.rsplit_once(" [").filter(|(_, number)| number.ends_with(']')).map_or(cell, |(claim, _)| claim)
}

#[test]
fn each_claim_about_another_product_has_its_source() {
    let page = text("docs/src/start/why.md");
    let (_, sources) = page.split_once("\nSources:\n\n").unwrap();
    let numbers = sources.lines().map_while(|line| Some(line.split_once(". ")?.0.to_owned()));
    let sources: BTreeSet<_> = numbers.collect();
    let mut cited = BTreeSet::new();
    for (what, cells) in comparison("docs/src/start/why.md") {
        assert_eq!(cells.len(), 5, "{what}");
        for cell in cells.iter().skip(1).filter(|cell| *cell != "–") {
            let number = cell.strip_prefix(claim(cell)).and_then(|rest| rest.strip_prefix(" [")?.strip_suffix(']'));
            let number = number.unwrap_or_else(|| panic!("{what}: {cell} has no source"));
            assert!(sources.contains(number), "{what}: {cell}");
            cited.insert(number.to_owned());
        }
    }
    assert_eq!(cited, sources, "a source of nothing");
}

#[test]
fn the_readme_claims_what_has_a_source() {
    let all = comparison("docs/src/start/why.md");
    let short = comparison("README.md");
    assert!(short.len() > 5, "{short:?}");
    for (what, cells) in short {
        let sourced: Vec<_> =
            all.get(&what).unwrap_or_else(|| panic!("{what}")).iter().map(|cell| claim(cell)).collect();
        assert_eq!(cells, sourced, "{what}");
    }
}
