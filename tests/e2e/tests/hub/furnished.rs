//! A hub with two underlyings, collateral and surfaces, and portfolios to ask it about.
use super::*;
use plimsoll_e2e::rates;
use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    portfolio::charges::{RuleRate, UnderlyingRate},
};

pub(crate) const ETH: u16 = 1;
pub(crate) const BTC: u16 = 2;
/// Units per lot of every underlying here: 0.0001.
pub(crate) const LOT: u64 = 100_000_000_000_000;
/// Lots per unit.
pub(crate) const LOTS: i64 = 10_000;
/// Seconds after which a push is stale.
pub(crate) const PUSH_AGE: u32 = 600;
/// Index of the coin, 6 decimals; of WETH, linked, 18; of WBTC, linked, 8; of something linked to nothing, 24.
pub(crate) const COIN: u8 = 0;
pub(crate) const WETH: u8 = 1;
pub(crate) const WBTC: u8 = 2;
pub(crate) const LOOSE: u8 = 3;

/// The finest step of a rate.
pub(crate) const MILLIONTH: u64 = 1_000_000_000_000;

/// Ether at 2,000 on feed 1 and bitcoin at 40,000 on feed 2, both with the default rates.
#[derive(Debug)]
pub(crate) struct Floor {
    pub(crate) hub: Hub,
    pub(crate) eth: Address,
    pub(crate) btc: Address,
    /// A day whose expiry is some thirty days away.
    pub(crate) day: u16,
}

impl Floor {
    pub(crate) fn new() -> Self {
        let mut hub = Hub::new();
        let [eth, btc] = [2_000, 40_000].map(|price| hub.feed(18, coins(price)));
        for (number, feed) in [(1, eth), (2, btc)] {
            hub.list(number, feed, 172_800, WIDE);
            hub.set(&set_underlying(number, default_terms(number)));
        }
        for (index, feed, link, decimals, haircuts) in [
            (COIN, 0, 0, 6, (0, 0)),
            (WETH, 1, ETH, 18, (100_000, 50_000)),
            (WBTC, 2, BTC, 8, (100_000, 50_000)),
            (LOOSE, 2, 0, 24, (300_000, 200_000)),
        ] {
            hub.set(&set_asset(index, feed, link, decimals, haircuts));
        }
        let (owner, oracle) = (hub.owner, hub.oracle);
        let signers = hub.signers(THRESHOLD);
        hub.must(owner, oracle, &signers);
        for underlying in [ETH, BTC] {
            let call = IOracle::setSurfaceTermsCall {
                underlying,
                feed: underlying,
                maxAge: PUSH_AGE,
                maxBasis: ONE as u64 / 2,
                ratioMove: 0,
                rateMove: 0,
            };
            hub.must(owner, oracle, &call);
        }
        let day = u16::try_from(hub.now() / 86_400 + 30).expect("a day");
        Self { hub, eth, btc, day }
    }

    /// The next block is at this time, and both feeds were observed then at these prices.
    pub(crate) fn at(&mut self, time: u64, eth: i128, btc: i128) {
        for (feed, price) in [(self.eth, eth), (self.btc, btc)] {
            self.hub
                .chain
                .set_next_block_timestamp(time)
                .expect("later");
            self.hub.answer(feed, int(price), U256::from(time));
        }
        self.hub
            .chain
            .set_next_block_timestamp(time)
            .expect("later");
    }
}

/// What an underlying is listed with; [`set_underlying`] says which.
pub(crate) type UnderlyingTerms = IParameters::setUnderlyingCall;

/// With every rate by id.
pub(crate) fn default_terms(feed: u16) -> UnderlyingTerms {
    UnderlyingTerms {
        underlying: 0,
        feed,
        lot: LOT,
        scenarioSet: 2,
        rates: rates(&UnderlyingRate::DEFAULT.map(widen)),
    }
}

/// 1e18 of millionths.
pub(crate) const fn widen(millionths: u32) -> u64 {
    millionths as u64 * MILLIONTH
}

pub(crate) fn set_underlying(
    underlying: u16,
    terms: UnderlyingTerms,
) -> IParameters::setUnderlyingCall {
    UnderlyingTerms {
        underlying,
        ..terms
    }
}

/// Rates in millionths.
pub(crate) fn set_rules(
    millionths: [u32; RuleRate::COUNT],
    coin_feed: u16,
) -> IParameters::setRulesCall {
    IParameters::setRulesCall {
        coinFeed: coin_feed,
        rates: rates(&millionths.map(widen)),
    }
}

/// Haircuts in millionths.
pub(crate) fn set_asset(
    asset: u8,
    feed: u16,
    underlying: u16,
    decimals: u8,
    (initial, maintenance): (u32, u32),
) -> IParameters::setAssetCall {
    IParameters::setAssetCall {
        asset,
        feed,
        underlying,
        decimals,
        rates: rates(&[initial, maintenance].map(widen)),
    }
}

/// Whole coins, 1e18.
pub(crate) fn coins(n: i128) -> I256 {
    int(n * ONE.cast_signed())
}

/// A surface whose forward is this where ether is at 2,000 and bitcoin at 40,000, and whose total variance is `variance` (1e18) at
/// the forward, with a smile that grows with it, so that a later
/// day of more variance passes beside it.
pub(crate) fn surface(underlying: u16, day: u16, forward: u128, variance: i128) -> ExpiryUpdate {
    let unit = ONE.cast_signed();
    let (b, sigma) = (variance / 5, unit / 5);
    let spot = if underlying == BTC { 40_000 } else { 2_000 } * ONE;
    ExpiryUpdate {
        underlying,
        expiryDay: day,
        ratio: ratio(forward, spot),
        fixedPart: 0,
        discount: ONE as u64 / 1_000 * 999,
        a: variance - b / 5,
        b,
        rho: -unit / 4,
        m: 0,
        sigma,
    }
}

/// What an expiry settles at.
pub(crate) fn settlement(underlying: u16, day: u16, price: u128) -> ExpiryUpdate {
    ExpiryUpdate {
        ratio: 0,
        fixedPart: price,
        ..surface(underlying, day, 0, 0)
    }
}

fn instrument(
    venue: u16,
    underlying: u16,
    kind: Kind,
    expiry_day: u16,
    strike: u128,
) -> Instrument {
    Instrument {
        venue,
        underlying,
        kind,
        expiry_day,
        strike: kind.is_option().then(|| {
            Strike::from_wad(strike)
                .unwrap_or_else(|| panic!("a strike of {strike} has more than 20 bits"))
        }),
    }
}

fn linear(instrument: Instrument, size: i64, quote: i128) -> U256 {
    let instrument = instrument.encode().expect("an instrument");
    PerpLeg {
        instrument,
        size,
        quote,
    }
    .encode()
}

/// A slot of a perpetual.
pub(crate) fn perpetual(venue: u16, underlying: u16, size: i64, quote: i128) -> U256 {
    let instrument = instrument(venue, underlying, Kind::Perpetual, 0, 0);
    linear(instrument, size, quote)
}

/// A slot of a future.
pub(crate) fn future(venue: u16, underlying: u16, day: u16, size: i64, quote: i128) -> U256 {
    let instrument = instrument(venue, underlying, Kind::Future, day, 0);
    linear(instrument, size, quote)
}

/// An option leg, to be put into slots by [`options`]. Strike 1e18.
pub(crate) fn option(
    venue: u16,
    underlying: u16,
    call: bool,
    day: u16,
    strike: u128,
    size: i64,
) -> OptionLeg {
    let kind = if call { Kind::Call } else { Kind::Put };
    let instrument = instrument(venue, underlying, kind, day, strike);
    OptionLeg {
        instrument: instrument.encode().expect("an option"),
        size,
    }
}

/// The slots of options, two in each.
pub(crate) fn options(legs: &[OptionLeg]) -> Vec<U256> {
    let mut legs = legs.to_vec();
    legs.sort_by_key(|leg| leg.instrument);
    legs.dedup_by_key(|leg| leg.instrument);
    legs.chunks(2)
        .map(|pair| LegSlot::Options(pair[0], pair.get(1).copied()))
        .map(|slot| slot.encode().expect("54 bits"))
        .collect()
}

pub(crate) fn portfolio(cash: i128, collateral: &[(u8, u128)], legs: &[U256]) -> Portfolio {
    let collateral = collateral.iter().map(|(asset, amount)| AssetBalance {
        asset: *asset,
        amount: *amount,
    });
    Portfolio {
        cash,
        collateral: collateral.collect(),
        legs: legs.to_vec(),
    }
}

impl Hub {
    /// What margin says of portfolios in one call.
    pub(crate) fn assess(&self, portfolios: &[Portfolio]) -> Vec<Assessment> {
        let portfolios = portfolios.to_vec();
        self.get(self.margin, &IMargin::assessCall { portfolios })
    }

    /// What margin says of one.
    pub(crate) fn assess_one(&self, portfolio: &Portfolio) -> Assessment {
        let answers = self.assess(std::slice::from_ref(portfolio));
        let [answer] = answers.try_into().expect("one answer");
        answer
    }
}
