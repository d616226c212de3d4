//! README shows what the commands print. `PLIMSOLL_WRITE=1` writes it. The tables of gas and sizes are
//! `cargo bench-gas --check`.

use plimsoll_bench::readme::{self, Mode, Place};
use std::process::Command;

const DEMO: Place<'_> = ("README.md", "demo");
const VERIFY: Place<'_> = ("README.md", "verify");

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn fenced(text: &str) -> String {
    format!("```\n{text}```\n")
}

/// E-3.
#[test]
fn e3_the_demo_is_shown_as_it_prints() {
    let block = readme::shown(DEMO).unwrap();
    let shown = block.strip_prefix("```\n").unwrap();
    let shown = shown.strip_suffix("```\n").unwrap();
    let fresh = readme::excerpt(shown, &printed(&["demo"])).unwrap();
    readme::settle(Mode::of_test(), &[(DEMO, fenced(&fresh))]).unwrap();
}

/// E-3.
#[test]
fn e3_the_steps_of_verify_are_listed() {
    let list = printed(&["verify", "--list"]);
    let list: Vec<&str> = list.lines().map(str::trim_end).collect();
    readme::settle(
        Mode::of_test(),
        &[(VERIFY, fenced(&(list.join("\n") + "\n")))],
    )
    .unwrap();
}
