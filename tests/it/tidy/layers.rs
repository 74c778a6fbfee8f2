//! The order of the layers: `use` points downwards only, and neither files nor folders know each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::files;

/// The modules of the crate from top to bottom. One may use those below it and no other.
pub(super) const LAYERS: [&str; 26] = [
    "main",
    "handler",
    "control",
    "app",
    "delivery",
    "config",
    "destination",
    "mapping",
    "actions",
    "ingress",
    "queue",
    "secrets",
    "metrics",
    "log",
    "journal",
    "outcome",
    "batch",
    "tiktok",
    "event",
    "identity",
    "json",
    "isolation",
    "net",
    "clock",
    "did_you_mean",
    "sorting",
];

/// The module whose children may know it and each other: an expression holds expressions, of every kind of directive.
const RECURSIVE: [&str; 2] = ["mapping", "expression"];

/// A module as the names of its path; the crate's root has none.
type Module = Vec<String>;

/// The paths that a file uses outside of its tests.
#[derive(Default)]
struct Paths {
    /// Each path, and whether it is a `pub use`.
    used: Vec<(Vec<String>, bool)>,
    /// Names that `use` brings in, with what they stand for.
    names: BTreeMap<String, Vec<String>>,
}

fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl Paths {
    fn tree(&mut self, tree: &syn::UseTree, mut prefix: Vec<String>, is_public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(&path.tree, prefix, is_public);
            }
            syn::UseTree::Name(name) if name.ident == "self" => self.add(prefix.last().cloned(), prefix, is_public),
            syn::UseTree::Name(name) => {
                prefix.push(name.ident.to_string());
                self.add(prefix.last().cloned(), prefix, is_public);
            }
            syn::UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    prefix.push(rename.ident.to_string());
                }
                self.add(Some(rename.rename.to_string()), prefix, is_public);
            }
            syn::UseTree::Glob(_) => self.used.push((prefix, is_public)),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, prefix.clone(), is_public));
            }
        }
    }

    fn add(&mut self, name: Option<String>, path: Vec<String>, is_public: bool) {
        self.names.extend(name.map(|name| (name, path.clone())));
        self.used.push((path, is_public));
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_of_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_of_tests(&item.attrs) {
            self.tree(&item.tree, Vec::new(), !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    /// `pub(super)` says who may look, not who is looked at.
    fn visit_visibility(&mut self, _visibility: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.used.push((path.segments.iter().map(|segment| segment.ident.to_string()).collect(), false));
        visit::visit_path(self, path);
    }

    /// The paths inside of a macro's arguments, which are tokens to the parser.
    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let text = called.tokens.to_string().replace(" :: ", "::");
        let words = text.split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | ':')));
        let paths = words.filter(|word| word.contains("::"));
        self.used.extend(paths.map(|path| (path.split("::").map(str::to_owned).collect(), false)));
    }
}

/// The sources of the library by module, without tests.
fn sources() -> BTreeMap<Module, Paths> {
    let is_source = |path: &str| {
        let is_of_tests = path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/test.rs");
        path.starts_with("src/") && !is_of_tests
    };
    let of_library = files(&[".rs"]).into_iter().filter(|(path, _)| is_source(path));
    of_library
        .map(|(path, text)| {
            let module = path.trim_start_matches("src/").trim_end_matches(".rs");
            let module = if module == "lib" { Vec::new() } else { module.split('/').map(str::to_owned).collect() };
            let mut paths = Paths::default();
            paths.visit_file(&syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}")));
            (module, paths)
        })
        .collect()
}

/// The file in which a path of a module ends; re-exports are followed.
fn resolve(sources: &BTreeMap<Module, Paths>, module: &[String], path: &[String], depth: usize) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    let mut absolute: Vec<String> = match first.as_str() {
        "crate" | "tiktok_audiences" => rest.to_vec(),
        "self" => [module, rest].concat(),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            [module.get(..module.len().checked_sub(ups)?)?, path.get(ups..)?].concat()
        }
        name => match sources.get(module)?.names.get(name) {
            Some(target) if depth < 8 && target.first() != Some(first) => {
                return resolve(sources, module, &[target.as_slice(), rest].concat(), depth + 1);
            }
            _ if sources.contains_key(&[module, &[name.to_owned()]].concat()) => [module, path].concat(),
            _ => return None,
        },
    };
    let mut items = Vec::new();
    while !sources.contains_key(&absolute) {
        items.insert(0, absolute.pop()?);
    }
    let exported = items.first().and_then(|item| sources[&absolute].names.get(item));
    match exported {
        Some(target) if depth < 8 => {
            let full = [target.as_slice(), items.get(1..).unwrap_or_default()].concat();
            resolve(sources, &absolute, &full, depth + 1).or(Some(absolute))
        }
        _ => Some(absolute),
    }
}

/// Which files each file uses, with one path as an example. A parent that only re-exports its child does not use it.
fn edges(sources: &BTreeMap<Module, Paths>) -> BTreeMap<Module, BTreeMap<Module, String>> {
    let mut edges: BTreeMap<Module, BTreeMap<Module, String>> = BTreeMap::new();
    for (module, paths) in sources {
        let of_module = edges.entry(module.clone()).or_default();
        for (path, is_public) in &paths.used {
            let Some(target) = resolve(sources, module, path, 0) else { continue };
            let is_reexport = *is_public && target.starts_with(module);
            if target != *module && !target.is_empty() && !is_reexport {
                of_module.entry(target).or_insert_with(|| path.join("::"));
            }
        }
    }
    edges
}

#[test]
fn every_module_uses_only_modules_below_it() {
    let sources = sources();
    let layer = |module: &Module| LAYERS.iter().position(|layer| module.first().is_some_and(|name| name == layer));
    for module in sources.keys().filter(|module| !module.is_empty()) {
        assert!(layer(module).is_some(), "{module:?} is in no layer");
    }
    let edges = edges(&sources);
    assert!(edges.values().map(BTreeMap::len).sum::<usize>() > 400, "the reader of `use` finds next to nothing");
    let mut upwards = Vec::new();
    for (module, targets) in edges.iter().filter(|(module, _)| !module.is_empty()) {
        for (target, path) in targets.iter().filter(|(target, _)| target.first() != module.first()) {
            if layer(target) < layer(module) {
                upwards.push(format!("{} uses {path}", module.join("/")));
            }
        }
    }
    assert_eq!(upwards, Vec::<String>::new());
}

/// The nodes of a graph from which a way leads back to them.
fn in_circles<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<N> {
    let reaches_itself = |from: &N| {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            open.extend(edges.get(node).into_iter().flatten().filter(|target| reached.insert((*target).clone())));
        }
        reached.contains(from)
    };
    edges.keys().filter(|node| reaches_itself(node)).cloned().collect()
}

/// Whether a file is of the grammar of expressions: the module itself, or a child of it.
fn is_recursive(module: &Module) -> bool {
    module.starts_with(&RECURSIVE.map(str::to_owned)) && module.len() <= RECURSIVE.len() + 1
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    let mut targets: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, of_module) in edges(&sources()) {
        let is_beyond = |target: &Module| !(is_recursive(&module) && is_recursive(target));
        let beyond = of_module.into_keys().filter(is_beyond).collect();
        targets.insert(module, beyond);
    }
    assert_eq!(in_circles(&targets), Vec::<Module>::new());
}

#[test]
fn no_folders_know_each_other_in_a_circle() {
    let edges = edges(&sources());
    let folders: BTreeSet<&[String]> = edges.keys().filter_map(|module| Some(module.split_last()?.1)).collect();
    assert!(folders.len() > 30, "{folders:?}");
    let mut found = Vec::new();
    for folder in folders.into_iter().filter(|folder| *folder != RECURSIVE) {
        // A child of the folder stands for all that is in it.
        let child = |module: &Module| module.strip_prefix(folder)?.first().cloned();
        let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, of_module) in &edges {
            let Some(from) = child(module) else { continue };
            let others = of_module.keys().filter_map(child).filter(|target| *target != from);
            targets.entry(from.clone()).or_default().extend(others);
        }
        found.extend(in_circles(&targets).into_iter().map(|child| [folder, &[child]].concat().join("/")));
    }
    assert_eq!(found, Vec::<String>::new());
}
