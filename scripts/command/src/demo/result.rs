//! What the demo shows, as data.
use plimsoll::balance_sheet::BalanceSheet;
use serde::Serialize;

/// An account after an hour.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRow {
    /// Who.
    pub name: &'static str,
    /// Equity, cash.
    pub equity: String,
    /// Initial margin.
    pub im: String,
    /// Maintenance margin.
    pub mm: String,
    /// Equity over maintenance margin; none where nothing is required.
    pub health: Option<String>,
    /// `healthy`, `below initial margin`, `liquidatable`, `in auction` or `flat`.
    pub state: &'static str,
}

/// All accounts after an hour.
#[derive(Clone, Debug, Serialize)]
pub struct HourRow {
    /// End of the hour, UTC.
    pub time: String,
    /// ETH, settlement coin.
    pub eth: String,
    /// BTC, settlement coin.
    pub btc: String,
    /// The three traders.
    pub accounts: Vec<AccountRow>,
}

/// A bid that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct BidRow {
    /// When, UTC.
    pub time: String,
    /// Whose account.
    pub account: &'static str,
    /// Share of the account taken.
    pub fraction: String,
    /// Price paid for it; negative: the bidder was paid.
    pub price: String,
    /// Discount per unit of relief.
    pub lambda: String,
    /// What the insurance fund paid.
    pub fund_paid: String,
    /// The account's equity afterwards.
    pub equity_after: String,
    /// Its maintenance requirement afterwards.
    pub mm_after: String,
}

/// An auction from its start to its end.
#[derive(Clone, Debug, Serialize)]
pub struct AuctionRow {
    /// Whose account.
    pub account: &'static str,
    /// When it started, UTC.
    pub started: String,
    /// When it ended, UTC.
    pub closed: Option<String>,
    /// Ended by the owner's own deposit.
    pub cured: Option<bool>,
    /// Bids taken.
    pub bids: usize,
}

/// Everything the demo shows, as data.
#[derive(Clone, Debug, Serialize)]
pub struct DemoResult {
    /// Where the prices are from.
    pub source: String,
    /// Accounts after each hour.
    pub hours: Vec<HourRow>,
    /// Auctions.
    pub auctions: Vec<AuctionRow>,
    /// Bids, in order.
    pub bids: Vec<BidRow>,
    /// Who survived, who cured, who was liquidated: the story holds.
    pub story: Story,
    /// The books at the end.
    pub balance_sheet: BalanceSheet,
    /// Seconds it took, building included.
    pub seconds: f64,
}

/// How it ended for the three.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Story {
    /// Ada's account was never in auction and is healthy.
    pub hedged_survived: bool,
    /// Ben's auction was ended by his deposit.
    pub cured_by_owner: bool,
    /// Cid's account was sold by bids.
    pub liquidated_by_bidder: bool,
}
