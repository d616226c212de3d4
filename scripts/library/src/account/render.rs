//! An account as the text a person reads.

use super::AccountView;
use crate::term::Table;

impl AccountView {
    /// The text a person reads.
    pub fn render(&self) -> String {
        let mut out = format!(
            "account {}\nowner   {}\nstate   {}{}{}\n\n",
            self.account,
            self.owner,
            self.state,
            if self.stale && self.state != "prices stale" {
                " (some price is stale)"
            } else {
                ""
            },
            if self.out_of_range {
                " (some number is out of range and counts against the account)"
            } else {
                ""
            }
        );
        let mut money = Table::new(["", "cash", "equity less it"]);
        money.row(["cash", &cash(&self.cash), ""]);
        money.row(["equity", &cash(&self.equity), ""]);
        money.row(["initial margin", &cash(&self.im), &cash(&self.im_excess)]);
        money.row([
            "maintenance margin",
            &cash(&self.mm),
            &cash(&self.mm_excess),
        ]);
        if self.stale {
            money.row(["  at the best", "", &cash(&self.best)]);
            money.row(["  at the worst", "", &cash(&self.worst)]);
        }
        out += &money.render(0);
        for table in [
            self.collateral_table(),
            self.leg_table(),
            self.venue_table(),
            self.greeks_table(),
            self.distance_table(),
            self.withdrawable_table(),
        ]
        .into_iter()
        .flatten()
        {
            out += &format!("\n{}", table.render(0));
        }
        if let Some(auction) = &self.auction {
            out += &format!(
                "\nauction: {} of the account for {}\n",
                shown(&auction.max_fraction, 18, 4),
                cash(&auction.price)
            );
        }
        out
    }

    fn collateral_table(&self) -> Option<Table> {
        let mut table = Table::new(["collateral", "amount", "price", "value", ""]);
        for held in &self.collateral {
            table.row([
                held.symbol.clone(),
                tokens(&held.amount, held.decimals),
                held.price.as_deref().map_or("unknown".into(), cash),
                cash(&held.value),
                stale(held.fresh).into(),
            ]);
        }
        (!self.collateral.is_empty()).then_some(table)
    }

    fn leg_table(&self) -> Option<Table> {
        let mut table = Table::new(["leg", "size", "mark", "value", ""]);
        for leg in &self.legs {
            table.row([
                leg.name.clone(),
                shown(&leg.units, 18, 5),
                leg.mark.as_deref().map_or("unknown".into(), cash),
                cash(&leg.value),
                stale(leg.fresh).into(),
            ]);
        }
        (!self.legs.is_empty()).then_some(table)
    }

    fn venue_table(&self) -> Option<Table> {
        let head = [
            "maintenance margin of",
            "legs",
            "alone",
            "freed by closing",
            "",
        ];
        let mut table = Table::new(head);
        for venue in &self.venues {
            table.row([
                format!("venue {}", venue.venue),
                venue.legs.to_string(),
                cash(&venue.mm),
                cash(&venue.mm_released),
                if venue.admitted { "" } else { "not admitted" }.into(),
            ]);
        }
        if !self.collateral.is_empty() {
            table.row(["collateral", "", &cash(&self.collateral_mm)]);
        }
        table.row(["what they save each other", "", &cash(&self.mm_offset)]);
        table.row(["together", "", &cash(&self.mm)]);
        (!self.venues.is_empty()).then_some(table)
    }

    fn greeks_table(&self) -> Option<Table> {
        let mut table = Table::new(["underlying", "delta", "gamma", "vega", "theta"]);
        for g in &self.greeks {
            table.row([
                g.underlying.to_string(),
                shown(&g.delta, 18, 5),
                shown(&g.gamma, 18, 8),
                cash(&g.vega),
                cash(&g.theta),
            ]);
        }
        (!self.greeks.is_empty()).then_some(table)
    }

    fn distance_table(&self) -> Option<Table> {
        let d = &self.distances;
        let mut table = Table::new(["liquidatable when", "by"]);
        for (what, share, end) in [
            ("all spots rise", &d.spot_up, "300 %"),
            ("all spots fall", &d.spot_down, "95 %"),
            ("all volatilities rise", &d.vol_up, "300 %"),
            ("all volatilities fall", &d.vol_down, "90 %"),
        ] {
            let by = share.as_ref().map_or_else(
                || format!("not within {end}"),
                |share| format!("{} %", shown(share.trim_start_matches('-'), 16, 2)),
            );
            table.row([what.to_owned(), by]);
        }
        (!self.greeks.is_empty()).then_some(table)
    }

    fn withdrawable_table(&self) -> Option<Table> {
        let mut table = Table::new(["may be withdrawn now", "amount"]);
        for row in &self.withdrawable {
            table.row([row.symbol.clone(), tokens(&row.amount, row.decimals)]);
        }
        (self.state != "holds nothing").then_some(table)
    }
}

/// An integer amount, readable: `places` of its `decimals` decimals, cut.
fn shown(amount: &str, decimals: usize, places: usize) -> String {
    let (sign, digits) = amount
        .strip_prefix('-')
        .map_or(("", amount), |digits| ("-", digits));
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    let fraction = fraction.get(..places).unwrap_or(fraction);
    if !fraction.is_empty() {
        out = format!("{out}.{fraction}");
    }
    let zero = out.chars().all(|c| !c.is_ascii_digit() || c == '0');
    format!("{}{out}", if zero { "" } else { sign })
}

/// Cash and prices, to the cent.
fn cash(amount: &str) -> String {
    shown(amount, 18, 2)
}

/// A token amount with all its digits.
fn tokens(amount: &str, decimals: u8) -> String {
    let all = shown(amount, decimals.into(), decimals.into());
    if decimals == 0 {
        return all;
    }
    all.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const fn stale(fresh: bool) -> &'static str {
    if fresh { "" } else { "stale" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(tokens("1", 8), "0.00000001");
        assert_eq!(tokens("150000000", 8), "1.5");
        assert_eq!(tokens("1000", 0), "1,000");
        assert_eq!(tokens("0", 6), "0");
        assert_eq!(cash("-1234567890000000000000"), "-1,234.56");
        assert_eq!(cash("-1"), "0.00");
        assert_eq!(shown("1234", 18, 5), "0.00000");
        assert_eq!(shown("189300000000000000", 16, 2), "18.93");
    }
}
