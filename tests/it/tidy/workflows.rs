//! The workflows: runners that exist, actions that cannot be exchanged, no right that is not needed.

use std::fs;

/// Images that GitHub starts no more, by their announcements in `actions/runner-images` (macOS 14: issue 13518).
const RETIRED: [&str; 5] = ["macos-12", "macos-13", "macos-14", "ubuntu-20.04", "windows-2019"];

fn workflows() -> Vec<(String, String)> {
    let files = fs::read_dir(".github/workflows").unwrap().map(|file| file.unwrap().path());
    let all: Vec<_> = files.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect();
    assert!(all.len() >= 2, "{all:?}");
    all
}

#[test]
fn no_job_waits_for_a_runner_that_is_gone() {
    for (path, workflow) in workflows() {
        let words = workflow.split(|c: char| c.is_whitespace() || c == ',');
        for word in words {
            assert!(!RETIRED.contains(&word), "{path}: {word}");
        }
    }
}

#[test]
fn actions_are_pinned_by_commit_and_version() {
    for (path, workflow) in workflows() {
        for used in workflow.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, used)| used) {
            let (action, version) = used.split_once(" # v").unwrap_or_else(|| panic!("{path}: {used}"));
            let (_, commit) = action.split_once('@').unwrap();
            assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{path}: {used}");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{path}: {used}");
        }
    }
}

#[test]
fn rights_are_given_to_single_jobs() {
    for (path, workflow) in workflows() {
        assert!(workflow.contains("\npermissions: {}\n"), "{path}");
        let jobs = workflow.matches("    runs-on: ").count();
        assert_eq!(workflow.matches("\n    permissions:\n").count(), jobs, "{path}");
        assert_eq!(workflow.matches("\n    timeout-minutes: ").count(), jobs, "{path}");
    }
}
