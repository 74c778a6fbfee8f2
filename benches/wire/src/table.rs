//! The table, and the machine that it was measured on.

use std::fmt::Write as _;

/// Rows of a measurement: what was measured, each program's value, and the target.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// Adds a row: what was measured, the function's value, what it is held against, and the target.
    pub(crate) fn row(&mut self, what: &str, value: String, against: String, target: &str) {
        self.rows.push([what.to_owned(), value, against, target.to_owned()]);
    }

    /// Prints it in Markdown.
    pub(crate) fn print(&self) {
        let mut text = String::from("| what | measured | against | target |\n|---|---|---|---|\n");
        for [what, value, against, target] in &self.rows {
            // Writing to a String succeeds.
            let _always_ok = writeln!(text, "| {what} | {value} | {against} | {target} |");
        }
        println!("{text}");
    }
}

/// The machine in a line: processor, cores, kernel.
pub(crate) fn machine() -> String {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = processors.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(':').nth(1)).map_or("unknown", str::trim).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = read("/proc/sys/kernel/osrelease");
    let arch = std::env::consts::ARCH;
    format!("machine: {} ({arch}), {cores} cores, Linux {}", field("model name"), kernel.trim())
}
