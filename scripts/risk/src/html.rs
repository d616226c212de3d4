//! The result of a back-test as one page: no script, nothing from elsewhere.
//!
//! Horizons are told apart by colour, by form and by words; the colours are three of Okabe and Ito's, which people with any
//! kind of colour vision tell apart.

use crate::{
    backtest::{Backtest, Coin, HORIZONS, MEAN_BARS, SHAPE_BAR, UnderSet, shape_bar, symbol},
    rule::{SetReach, sets},
};
use std::fmt::Write;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.fail { font-weight: bold; }
.scroll { overflow-x: auto; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #222; }
.axis { stroke: #bbb; } .bar { stroke: #000; stroke-dasharray: 5 3; }
.h0 { fill: #56b4e9; } .h1 { fill: #e69f00; } .h2 { fill: #0072b2; } .other { fill: #999; }
";

/// Left edge, width and right edge of what is drawn, of [`WIDTH`].
const LEFT: f64 = 210.0;
const PLOT: f64 = 480.0;
const WIDTH: f64 = 900.0;
const ROW: f64 = 20.0;
const TOP: f64 = 30.0;

/// The whole page.
#[must_use]
pub fn page(result: &Backtest) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Back-test of the margin method</title><style>{STYLE}</style></head><body>\n\
         <h1>Back-test of the margin method</h1>\n"
    );
    for sentence in result.method() {
        let _ = writeln!(out, "<p>{}</p>", escape(&sentence));
    }
    bars(&mut out, result);
    let _ = writeln!(
        out,
        "<h2>Coins and scenario sets</h2><p>Share of starts with a loss above MM after {} hours, mean of the shapes. Dark: the \
         coin's own set. Dashed: its bar.</p>",
        last_horizon()
    );
    out.push_str(&by_set(result));
    for coin in &result.coins {
        if let Some(own) = coin.own().filter(|_| coin.starts > 0) {
            let _ = writeln!(
                out,
                "<h2>{} under set {}</h2><p>{}</p>",
                escape(&coin.coin),
                own.set,
                escape(&coin.sentence())
            );
            out.push_str(&by_shape(coin, own));
        }
        for under in &coin.sets {
            numbers(&mut out, coin, under);
        }
    }
    out.push_str("</body></html>\n");
    out
}

const fn last_horizon() -> u64 {
    HORIZONS[HORIZONS.len() - 1]
}

fn bars(out: &mut String, result: &Backtest) {
    out.push_str(
        "<h2>Bars</h2><div class=\"scroll\"><table><tr><th>coin<th>set<th>what<th>measured<th>bar<th>result</tr>\n",
    );
    for bar in &result.bars {
        let (class, word) = if bar.passed {
            ("", "pass")
        } else {
            ("fail", "FAIL")
        };
        let measured = bar.measured.map_or_else(|| "no start".to_owned(), percent);
        let (coin, what, limit) = (escape(&bar.coin), escape(&bar.what), percent(bar.bar));
        let _ = writeln!(
            out,
            "<tr><td>{coin}<td>{}<td>{what}<td>{measured}<td>{limit}<td class=\"{class}\">{word}</tr>",
            bar.set
        );
    }
    out.push_str("</table></div>\n");
}

/// A chart of so many rows, in which a share of `most` reaches the right edge.
struct Chart {
    rows: usize,
    most: f64,
    body: String,
}

impl Chart {
    fn new(most: f64) -> Self {
        Self {
            rows: 0,
            most: if most > 0.0 { most * 1.05 } else { 0.001 },
            body: String::new(),
        }
    }

    fn x(&self, share: f64) -> f64 {
        LEFT + PLOT * share / self.most
    }

    /// The middle of the next row.
    fn row(&mut self, label: &str, values: &str) -> f64 {
        let y = TOP + ROW * (self.rows as f64 + 0.5);
        self.rows += 1;
        let _ = write!(
            self.body,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><text x=\"{:.0}\" y=\"{:.0}\">{values}</text>",
            LEFT - 8.0,
            y + 4.0,
            escape(label),
            LEFT + PLOT + 10.0,
            y + 4.0,
        );
        y
    }

    /// Draws what a share must not pass, over rows from `first` on.
    fn limit(&mut self, share: f64, first: usize) {
        if share <= self.most {
            let x = self.x(share);
            let (from, to) = (TOP + ROW * first as f64, TOP + ROW * self.rows as f64);
            let _ = write!(
                self.body,
                "<line class=\"bar\" x1=\"{x:.1}\" y1=\"{from:.0}\" x2=\"{x:.1}\" y2=\"{to:.0}\"/>"
            );
        }
    }

    fn finish(self, title: &str, legend: &str) -> String {
        let bottom = TOP + ROW * self.rows as f64;
        let mut axis = String::new();
        for quarter in 0..=4 {
            let share = self.most / 1.05 * f64::from(quarter) / 4.0;
            let x = self.x(share);
            let _ = write!(
                axis,
                "<line class=\"axis\" x1=\"{x:.1}\" y1=\"{TOP:.0}\" x2=\"{x:.1}\" y2=\"{bottom:.0}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                percent(share)
            );
        }
        format!(
            "<svg viewBox=\"0 0 {WIDTH:.0} {:.0}\" role=\"img\"><title>{}</title>{legend}{axis}{}</svg>\n",
            bottom + 26.0,
            escape(title),
            self.body
        )
    }
}

/// Mean shares by coin and set.
fn by_set(result: &Backtest) -> String {
    let last = HORIZONS.len() - 1;
    let coins: Vec<_> = result.coins.iter().filter(|coin| coin.starts > 0).collect();
    let all = coins.iter().flat_map(|coin| &coin.sets);
    let most = all
        .map(|under| under.mean[last].above_mm)
        .fold(0.0, f64::max);
    let mut chart = Chart::new(most);
    for coin in coins {
        let first = chart.rows;
        for (under, SetReach { reach, .. }) in coin.sets.iter().zip(sets()) {
            let share = under.mean[last].above_mm;
            let own = under.set == coin.own_set;
            let label = format!(
                "{} · set {} (±{:.1} %)",
                coin.coin,
                under.set,
                reach * 100.0
            );
            let y = chart.row(
                &label,
                &format!("{}{}", percent(share), if own { " · own" } else { "" }),
            );
            let (class, width) = (if own { "h2" } else { "other" }, chart.x(share) - LEFT);
            let _ = write!(
                chart.body,
                "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"12\"/>",
                y - 6.0
            );
        }
        let bar = MEAN_BARS
            .iter()
            .find(|(name, _)| *name == symbol(&coin.coin));
        if let Some((_, bar)) = bar {
            chart.limit(*bar, first);
        }
    }
    chart.finish(
        "Mean share of starts with a loss above MM, by coin and scenario set",
        "",
    )
}

/// Shares of the shapes of a coin under its own set, by horizon.
fn by_shape(coin: &Coin, own: &UnderSet) -> String {
    let tallies = own.shapes.iter().flat_map(|shape| &shape.tallies);
    let most = tallies
        .map(|tally| tally.share_mm())
        .fold(SHAPE_BAR, f64::max);
    let mut chart = Chart::new(most);
    for shape in &own.shapes {
        let shares = shape
            .tallies
            .each_ref()
            .map(|tally| percent(tally.share_mm()));
        let y = chart.row(shape.shape, &shares.join(" / "));
        for (h, tally) in shape.tallies.iter().enumerate() {
            let x = chart.x(tally.share_mm());
            chart.body += &mark(h, x, y);
        }
    }
    let bar = shape_bar(own.set);
    if let Some(bar) = bar {
        chart.limit(bar, 0);
    }
    let mut legend = String::new();
    for (h, hours) in HORIZONS.into_iter().enumerate() {
        let x = LEFT + 90.0 * h as f64;
        legend += &mark(h, x, 14.0);
        let _ = write!(
            legend,
            "<text x=\"{:.0}\" y=\"18\">{hours} h</text>",
            x + 10.0
        );
    }
    if let Some(bar) = bar {
        let _ = write!(
            legend,
            "<text x=\"{:.0}\" y=\"18\">dashed: {}</text>",
            LEFT + 90.0 * HORIZONS.len() as f64,
            percent(bar)
        );
    }
    let title = format!(
        "Share of starts with a loss above MM, {} under set {}",
        coin.coin, own.set
    );
    chart.finish(&title, &legend)
}

/// The mark of a horizon: a circle, a square or a diamond.
fn mark(horizon: usize, x: f64, y: f64) -> String {
    match horizon {
        0 => format!("<circle class=\"h0\" cx=\"{x:.1}\" cy=\"{y:.0}\" r=\"5\"/>"),
        1 => format!(
            "<rect class=\"h1\" x=\"{:.1}\" y=\"{:.0}\" width=\"8\" height=\"8\"/>",
            x - 4.0,
            y - 4.0
        ),
        _ => format!(
            "<path class=\"h2\" d=\"M{x:.1} {:.0}l6 6l-6 6l-6 -6z\"/>",
            y - 6.0
        ),
    }
}

/// Every number of a coin under a set.
fn numbers(out: &mut String, coin: &Coin, under: &UnderSet) {
    let _ = writeln!(
        out,
        "<details><summary>{} under set {}: every number</summary><div class=\"scroll\"><table>\
         <tr><th>shape<th>horizon<th>above MM<th>above IM<th>episodes<th>worst loss / MM<th>at</tr>",
        escape(&coin.coin),
        under.set
    );
    for shape in &under.shapes {
        for (hours, tally) in HORIZONS.into_iter().zip(&shape.tallies) {
            let _ = writeln!(
                out,
                "<tr><td>{}<td>{hours} h<td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
                escape(shape.shape),
                percent(tally.share_mm()),
                percent(tally.share_im()),
                tally.episodes,
                tally
                    .worst
                    .map_or_else(String::new, |worst| format!("{worst:.2}")),
                tally.worst_at
            );
        }
    }
    out.push_str("</table></div></details>\n");
}

/// A share as text.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.3} %", share * 100.0)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backtest::{Options, run},
        prices::Prices,
        shapes::SHAPES,
    };

    #[test]
    fn the_page_stands_alone_and_shows_every_shape() {
        let rows: Vec<_> = (0..844)
            .map(|h| (450_000 + h, if h < 770 { 1.0 } else { 0.8 }))
            .collect();
        let prices = Prices::new("<b>BTC&USDT", &rows).unwrap();
        let options = Options {
            every: 7,
            factor: 1.2,
        };
        let page = page(&run(&[prices], &options, &|_, _| ()).unwrap());
        for elsewhere in ["http", "<script", "<link", "src=", "url(", "@import"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
        assert!(!page.contains("<b>BTC") && page.contains("&lt;b&gt;BTC&amp;USDT"));
        for shape in &SHAPES {
            assert!(
                page.matches(shape.name).count() > sets().len(),
                "{}",
                shape.name
            );
        }
        assert_eq!(page.matches("<svg").count(), 2);
        for tag in ["svg", "table", "details", "div", "text"] {
            let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
            assert_eq!(
                page.matches(&open).count(),
                page.matches(&close).count(),
                "{tag}"
            );
        }
    }
}
