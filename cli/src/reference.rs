//! The page of the book about the command line, written from what clap knows: `UPDATE_BOOK=1 cargo test -p tta reference`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use crate::arguments::CommandLine;
use crate::world::root;

const PAGE: &str = "docs/src/reference/command-line.md";
/// As wide as the help gets.
const WIDTH: usize = 100;
/// What the commands read of their environment.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("DESTINATION_CONFIG", "the `destination.json` where `--config` names none: a path, or the JSON itself"),
    ("SEGMENT_TOKEN", "the token of Segment's Public API, for `import --from-api`"),
    ("AWS_PROFILE", "the profile for `--function` where `--profile` names none"),
    ("AWS_REGION", "the region for `--function` where neither `--region` nor an ARN names one"),
    ("AWS_DEFAULT_REGION", "the same, after `AWS_REGION`"),
    ("AWS_ACCESS_KEY_ID", "keys for `--function`; a profile that `--profile` names comes before them"),
    ("AWS_SECRET_ACCESS_KEY", "the same"),
    ("AWS_SESSION_TOKEN", "the same, of temporary keys"),
    ("AWS_CONFIG_FILE", "AWS's configuration, else `~/.aws/config`"),
    ("AWS_SHARED_CREDENTIALS_FILE", "AWS's credentials, else `~/.aws/credentials`"),
    ("AWS_ENDPOINT_URL_LAMBDA", "another address of AWS Lambda, for `--function`"),
    ("SSL_CERT_FILE", "roots to trust instead of the bundled ones"),
    ("HOME", "where AWS's files are looked for"),
    ("USERPROFILE", "the same where there is no `HOME`"),
];

fn page() -> String {
    let mut page = String::from(
        "<!-- Written by `UPDATE_BOOK=1 cargo test -p tta reference`: change the source instead. -->\n\n\
         # Command line\n\n\
         `cargo install --path cli` installs `tta`; each release has it \
         [built](../start/deploy-release.md#tta-without-rust). Without either, write `cargo run -p tta --` in a clone of the repository.\n\
         Every command takes `--json`: one JSON document on standard output, everything else on standard error.\n\n\
         ## Exit codes\n\n\
         | code | means |\n| --- | --- |\n\
         | 0 | all well |\n\
         | 1 | events were not delivered, or problems were found |\n\
         | 2 | the command line makes no sense |\n\
         | 3 | it could not run: a file, a port, a network |\n\n\
         ## Environment\n\n\
         Keys that no variable and no file has are asked of `aws configure export-credentials`, which knows single sign-on, \
         roles and processes. `NO_COLOR` switches colours off.\n\n\
         | variable | meaning |\n| --- | --- |\n",
    );
    for (name, meaning) in ENVIRONMENT {
        writeln!(page, "| `{name}` | {meaning} |").unwrap();
    }
    let mut command = CommandLine::command().term_width(WIDTH);
    command.build();
    describe(&mut page, &mut command, "tta");
    page
}

/// A command's help, then that of its subcommands.
fn describe(page: &mut String, command: &mut Command, name: &str) {
    let help = command.render_long_help().to_string();
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()).unwrap();
    for inner in command.get_subcommands_mut() {
        let name = format!("{name} {}", inner.get_name());
        describe(page, inner, &name);
    }
}

/// Variables that the sources name where they read one.
fn read_variables(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_variables(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("reference.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for start in ["variable(\"", "env = \"", "(\"AWS_"] {
                let names = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
                let prefix = start.trim_start_matches(|c: char| !c.is_ascii_uppercase());
                found.extend(names.map(|name| format!("{prefix}{name}")));
            }
        }
    }
}

#[test]
fn the_page_fits_the_command_line() {
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_BOOK").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    assert!(there == page(), "{PAGE} is out of date: UPDATE_BOOK=1 cargo test -p tta reference");
}

#[test]
fn every_variable_that_is_read_is_on_the_page() {
    let mut read = BTreeSet::new();
    read_variables(&root().join("cli/src"), &mut read);
    let known: BTreeSet<_> = ENVIRONMENT.into_iter().map(|(name, _)| name.to_owned()).collect();
    // The sandbox sets these for the function that it starts.
    read.retain(|name| !name.starts_with("AWS_ENDPOINT_URL_") || name == "AWS_ENDPOINT_URL_LAMBDA");
    let unknown: Vec<_> = read.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let gone: Vec<_> = known.difference(&read).collect();
    assert!(gone.is_empty(), "nobody reads {gone:?}");
}
