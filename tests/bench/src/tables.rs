//! Tables of what was measured.

use crate::{Bench, GasRow, OPERATIONS};
use plimsoll::term::{Table, grouped};
use std::collections::BTreeMap;

pub(crate) fn gas_table(gas: &BTreeMap<&'static str, GasRow>) -> Table {
    let mut table = Table::new(["gas", "cold", "warm in block", "cached", "storage floor"]);
    for name in OPERATIONS {
        let row = gas.get(name).copied().unwrap_or_default();
        let figures = [row.cold, row.warm_in_block, row.cached, row.storage_floor];
        let cells = figures.into_iter().map(grouped);
        table.row(std::iter::once(name.to_owned()).chain(cells));
    }
    table
}

pub(crate) fn split_table(bench: &Bench) -> Table {
    let mut table = Table::new([
        "cold gas of",
        "total",
        "transaction",
        "start-up",
        "storage",
        "hub's storage",
        "feeds",
        "margin's code",
        "others' code",
        "rest",
        "margin's pages",
    ]);
    for name in OPERATIONS {
        if let Some(s) = bench.split.get(name) {
            let figures = [
                s.total,
                s.transaction,
                s.start_up,
                s.storage,
                s.hub,
                s.feeds,
                s.margin,
                s.others,
                s.rest,
                s.margin_pages,
            ];
            let cells = figures.into_iter().map(grouped);
            table.row(std::iter::once(name.to_owned()).chain(cells));
        }
    }
    table
}
