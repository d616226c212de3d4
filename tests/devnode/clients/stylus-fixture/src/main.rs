//! What cargo-stylus runs to learn of a constructor: prints nothing, there is none.

fn main() {}
