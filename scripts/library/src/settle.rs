//! Settlement of expiries by the rounds of a feed, which anyone may do.

use crate::{
    bindings::{IAggregatorV3, IOracle},
    client::Client,
};
use alloy::primitives::{
    Address,
    aliases::{I256, U80},
};
use eyre::{Result, ensure, eyre};
pub use plimsoll_kernel::surface::settlement_points;
use plimsoll_kernel::{
    portfolio::market::expiry_seconds,
    rounds::{first, phase},
};

/// A round of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Phase 16 · round of the phase 64.
    pub id: u128,
    /// In the feed's own decimals.
    pub answer: I256,
    /// Unix seconds.
    pub updated_at: u64,
}

/// The call that settles an expiry: the rounds of the feed of its underlying that were in force at the seven points.
///
/// # Errors
///
/// It has not expired yet, the underlying has no terms, the feed has no such rounds, or the node fails.
pub async fn settlement(
    client: &Client,
    oracle: Address,
    underlying: u16,
    day: u16,
) -> Result<IOracle::settleCall> {
    let client = client.pinned().await?;
    let (now, expiry) = (client.now().await?, expiry_seconds(day));
    ensure!(
        now > expiry,
        "day {day} expires at {expiry}, the chain's time is {now}: it settles from the second after its expiry on"
    );
    let query = IOracle::surfaceTermsCall { underlying };
    let terms = client
        .call(oracle, &query)
        .await
        .map_err(|e| eyre!("{e}"))?;
    ensure!(
        terms.feed != 0,
        "the house allows no expiries of underlying {underlying}"
    );
    let query = IOracle::feedCall { feed: terms.feed };
    let feed = client
        .call(oracle, &query)
        .await
        .map_err(|e| eyre!("{e}"))?;
    let mut rounds = Vec::new();
    for time in settlement_points(day) {
        let round = in_force(&client, feed.aggregator, time).await?;
        rounds.push(U80::from(round.id));
    }
    Ok(IOracle::settleCall {
        underlying,
        expiryDay: day,
        rounds,
    })
}

/// The round of a feed in force at a time: of the newest phase whose round 1 was observed by then, the last that was.
///
/// # Errors
///
/// The feed has none, or the node fails.
pub async fn in_force(client: &Client, feed: Address, time: u64) -> Result<Round> {
    let latest = client
        .call(feed, &IAggregatorV3::latestRoundDataCall {})
        .await
        .map_err(|e| eyre!("{e}"))?;
    let latest: u128 = latest.roundId.to();
    let by_then = async |id: u128| -> Option<Round> {
        round(client, feed, id)
            .await
            .filter(|round| round.updated_at <= time)
    };
    for newest in (0..=phase(latest)).rev() {
        let Some(mut best) = by_then(first(newest)).await else {
            continue;
        };
        // The steps double until a round is absent or later, then halve.
        let mut step = 1_u128;
        while let Some(later) = by_then(best.id + step).await {
            best = later;
            step *= 2;
        }
        while step > 0 {
            if let Some(later) = by_then(best.id + step).await {
                best = later;
            }
            step /= 2;
        }
        return Ok(best);
    }
    Err(eyre!(
        "feed {feed} has no round that was observed by {time}"
    ))
}

/// A round; `None` where the feed has none with this number.
async fn round(client: &Client, feed: Address, id: u128) -> Option<Round> {
    let call = IAggregatorV3::getRoundDataCall {
        round: U80::from(id),
    };
    let round = client.call(feed, &call).await.ok()?;
    let updated_at = u64::try_from(round.updatedAt).ok()?;
    (updated_at != 0).then_some(Round {
        id,
        answer: round.answer,
        updated_at,
    })
}
