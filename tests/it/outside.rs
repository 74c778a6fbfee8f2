//! The binary at a prompt: it says what it is.

use std::process::Command;

#[test]
fn outside_of_lambda_the_binary_says_what_it_is_and_how_to_run_it() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tiktok-audiences")).env_remove("AWS_LAMBDA_RUNTIME_API").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), said.lines().count()), (Some(2), 0, 1), "{said}");
    assert!(said.contains("AWS Lambda function") && said.contains("cargo run -p tta -- serve"), "{said}");
}
