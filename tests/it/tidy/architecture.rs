//! The map for those who change the code: short, and true today.

use std::path::Path;

use super::layers::LAYERS;
use super::text;

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_map_is_short() {
    let lines = text("ARCHITECTURE.md").lines().count();
    assert!(lines <= 120, "{lines} lines");
}

#[test]
fn what_the_map_names_is_there() {
    let map = [text("ARCHITECTURE.md"), text("CONTRIBUTING.md")].concat();
    let is_file = |word: &str| Path::new(word).extension().is_some_and(|extension| extension != "com");
    let is_path = |word: &&str| word.contains('/') || is_file(word);
    // A command, and one word of a family, like `events/control_….json` or `src/actions/<name>.rs`.
    let is_pattern = |word: &&str| word.contains(['…', '<', ' ']);
    let paths: Vec<_> = quoted(&map).filter(is_path).filter(|path| !is_pattern(path)).collect();
    assert!(paths.len() > 50, "{paths:?}");
    for path in paths {
        let is_there = ["", "src/"].iter().any(|root| Path::new(root).join(path).exists());
        assert!(is_there, "{path}");
    }
}

/// The words of the recipe for an action are those of the code.
#[test]
fn the_recipe_for_an_action_names_what_each_has() {
    let recipe = text("CONTRIBUTING.md");
    let (_, recipe) = recipe.split_once("## Add an action\n").unwrap();
    let (recipe, _) = recipe.split_once("\n## ").unwrap();
    let code = text("src/actions.rs");
    for word in quoted(recipe).filter(|word| word.chars().all(|c| c.is_alphanumeric() || c == '_')) {
        assert!(code.contains(word), "{word}");
    }
}

#[test]
fn the_layers_of_the_map_are_those_of_the_code() {
    let map = text("ARCHITECTURE.md");
    let (_, table) = map.split_once("| layer | modules |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let position = |name: &str| LAYERS.iter().position(|layer| *layer == name).unwrap_or_else(|| panic!("{name}"));
    let rows: Vec<Vec<_>> = rows.map(|row| quoted(row).map(position).collect()).collect();
    let named: Vec<_> = rows.iter().flatten().collect();
    assert_eq!(named.len(), LAYERS.len(), "each layer is named once: {named:?}");
    for pair in rows.windows(2) {
        assert!(pair[0].iter().max() < pair[1].iter().min(), "{pair:?} are not from top to bottom");
    }
}

#[test]
fn the_table_of_the_library_has_each_module() {
    let library = text("src/lib.rs");
    let rows = library.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
    let mut named: Vec<_> = rows.map(|name| name.trim_end_matches(".rs")).collect();
    let mut modules = LAYERS.to_vec();
    modules.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, modules);
}
