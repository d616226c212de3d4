//! The demo tells its story, and its books balance.

use plimsoll::term::Progress;
use plimsoll_cli::demo::{self, DemoOptions};

/// I-ACC-1, I-ACC-2, I-ACC-3 after a day of trades, auctions and cures.
#[tokio::test(flavor = "multi_thread")]
async fn the_day_ends_with_balanced_books() {
    let options = DemoOptions {
        json: true,
        serve: None,
    };
    let (result, _house) = demo::play(&options, Progress::silent()).await.unwrap();

    assert!(result.balance_sheet.ok, "{}", result.balance_sheet.render());
    assert!(result.story.hedged_survived, "{:?}", result.auctions);
    assert!(result.story.cured_by_owner, "{:?}", result.auctions);
    assert!(result.story.liquidated_by_bidder, "{:?}", result.auctions);
    assert_eq!(result.hours.len(), 28);
    assert!(result.hours.iter().all(|h| h.accounts.len() == 3));
    assert!(
        result.auctions.iter().all(|a| a.closed.is_some()),
        "{:?}",
        result.auctions
    );

    let data = serde_json::to_value(&result).unwrap();
    assert_eq!(data["balance_sheet"]["ok"], true);
    assert!(
        data["source"]
            .as_str()
            .unwrap()
            .contains("binance_startegy")
    );
}
