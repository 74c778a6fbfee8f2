//! Every command's help, output and JSON, as a user gets them: the files in `commands/` are what is typed and what comes
//! back. `TRYCMD=overwrite cargo test -p tta --test commands` writes them anew.

#[test]
fn commands_print_what_their_files_say() {
    trycmd::TestCases::new().env("COLUMNS", "100").env("NO_COLOR", "1").case("tests/commands/*.md");
}
