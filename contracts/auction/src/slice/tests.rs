//! What a slice takes and leaves adds up.
use super::*;
use alloc::vec;
use plimsoll_kernel::{
    auction::ONE,
    codec::{Instrument, InstrumentId, Kind, OPTION_SIZE_MAX, Strike},
};

const ACCOUNT: B256 = B256::repeat_byte(1);
const BIDDER: B256 = B256::repeat_byte(2);
const NONE: Unpriced = Unpriced { legs: 0, assets: 0 };

fn perpetual(underlying: u16, size: i64, quote: i128) -> PerpLeg {
    PerpLeg {
        instrument: InstrumentId::perpetual(1, underlying),
        size,
        quote,
    }
}

fn call(strike: u128, size: i64) -> OptionLeg {
    let instrument = Instrument {
        venue: 1,
        underlying: 1,
        kind: Kind::Call,
        expiry_day: 20_000,
        strike: Strike::from_wad(strike * ONE),
    };
    OptionLeg {
        instrument: instrument.encode().unwrap(),
        size,
    }
}

fn options(first: OptionLeg, second: Option<OptionLeg>) -> U256 {
    LegSlot::Options(first, second).encode().unwrap()
}

fn held(asset: u8, amount: u128) -> AssetBalance {
    AssetBalance { asset, amount }
}

/// What is taken and what stays add up to what there was, by entries that sum to zero.
fn check(portfolio: &Portfolio, unpriced: Unpriced, fraction: u128) -> Slice {
    let slice = Slice::new(ACCOUNT, portfolio, unpriced, fraction).unwrap();
    let legs = |slots: &[U256]| -> Vec<(u128, i64, i128)> {
        let mut legs = Vec::new();
        for slot in slots {
            match LegSlot::decode(*slot).unwrap() {
                LegSlot::Linear(l) => legs.push((l.instrument.0, l.size, l.quote)),
                LegSlot::Options(one, other) => legs.extend(
                    [Some(one), other]
                        .into_iter()
                        .flatten()
                        .map(|l| (l.instrument.0, l.size, 0)),
                ),
            }
        }
        legs
    };
    let mut cash = slice.rest.cash;
    let mut now = legs(&slice.rest.legs);
    let entries = slice.entries(ACCOUNT, BIDDER).unwrap();
    for (to, from) in entries
        .iter()
        .step_by(2)
        .zip(entries.iter().skip(1).step_by(2))
    {
        assert_eq!((to.account, from.account), (BIDDER, ACCOUNT));
        assert_eq!((to.size, to.quote), (-from.size, -from.quote));
        cash += to.cash;
        match now.iter_mut().find(|leg| leg.0 == to.instrument) {
            _ if to.instrument == 0 => assert_eq!((to.size, to.quote), (0, 0)),
            Some(leg) => (leg.1, leg.2) = (leg.1 + to.size, leg.2 + to.quote),
            None => now.push((to.instrument, to.size, to.quote)),
        }
    }
    let mut before = legs(&portfolio.legs);
    before.sort_unstable();
    now.sort_unstable();
    assert_eq!((cash, now), (portfolio.cash, before));
    for balance in &portfolio.collateral {
        let of = |list: &[AssetBalance]| {
            let found = list.iter().find(|held| held.asset == balance.asset);
            found.map_or(0, |held| held.amount)
        };
        assert_eq!(
            of(&slice.rest.collateral) + of(&slice.collateral),
            balance.amount
        );
    }
    slice
}

fn book() -> Portfolio {
    Portfolio {
        cash: -1_000,
        collateral: vec![held(1, 500), held(15, 7)],
        legs: vec![
            perpetual(1, -10, 12_345).encode(),
            options(call(1_000, 100), Some(call(2_000, -1))),
            options(call(3_000, OPTION_SIZE_MAX), None),
        ],
    }
}

#[test]
fn i_auc_5_options_are_sold_like_the_rest() {
    let all = check(&book(), NONE, ONE);
    assert_eq!(all.rest, Portfolio::default());
    assert_eq!(all.entries(ACCOUNT, BIDDER).unwrap().len(), 10);
    assert_eq!(all.assets(ACCOUNT, BIDDER).unwrap().len(), 4);
    let half = check(&book(), NONE, ONE / 2);
    let kept = OPTION_SIZE_MAX - OPTION_SIZE_MAX / 2 - 1;
    assert_eq!(
        half.rest.legs,
        [
            perpetual(1, -5, 6_173).encode(),
            options(call(1_000, 50), None), // the lot of the other one is gone
            options(call(3_000, kept), None),
        ]
    );
    // The first of a slot goes whole, the second does not.
    let slot = options(call(1_000, -1), Some(call(2_000, 10)));
    let portfolio = Portfolio {
        legs: vec![slot],
        ..Portfolio::default()
    };
    let most = check(&portfolio, NONE, ONE / 10 * 9);
    assert_eq!(most.rest.legs, [options(call(2_000, 1), None)]);
}

#[test]
fn i_liv_3_a_full_account_is_within_the_vault_entries() {
    let legs = (0..64)
        .map(|i| options(call(1_000 + i, 1), Some(call(5_000 + i, -1))))
        .collect();
    let portfolio = Portfolio {
        cash: 1,
        collateral: (0..16).map(|asset| held(asset, 1)).collect(),
        legs,
    };
    let slice = check(&portfolio, NONE, ONE);
    assert_eq!(slice.entries(ACCOUNT, BIDDER).unwrap().len(), 258);
    assert_eq!(slice.assets(ACCOUNT, BIDDER).unwrap().len(), 32);
}

#[test]
fn i_auc_1_what_is_stale_stays_whole() {
    let unpriced = Unpriced {
        legs: 0b1100,
        assets: 1 << 15,
    };
    for fraction in [1, ONE / 3, ONE] {
        let slice = check(&book(), unpriced, fraction);
        assert!(slice.rest.legs.contains(&book().legs[1]));
        assert!(slice.rest.collateral.contains(&held(15, 7)));
        assert!(!slice.is_bare());
    }
    let rest = check(&book(), unpriced, ONE).rest;
    assert_eq!(
        (rest.cash, rest.legs.len(), rest.collateral.len()),
        (0, 1, 1)
    );
    // A slot nobody can read is margin's to name; it stays.
    let portfolio = Portfolio {
        legs: vec![U256::MAX],
        ..Portfolio::default()
    };
    assert!(Slice::new(ACCOUNT, &portfolio, NONE, ONE).is_err());
    let unpriced = Unpriced { legs: 1, assets: 0 };
    let slice = Slice::new(ACCOUNT, &portfolio, unpriced, ONE).unwrap();
    assert!(slice.is_empty() && slice.rest == portfolio);
    // All of it stale: only cash is left to move.
    let unpriced = Unpriced {
        legs: u128::MAX,
        assets: u16::MAX,
    };
    let slice = check(&book(), unpriced, ONE);
    assert!(slice.is_bare() && !slice.is_empty());
}

/// of two options in a slot the one that has a price is sold, though the other has none.
#[test]
fn attack_a_44_half_a_slot_shelters_nothing() {
    let (first, second) = (call(1_000, 100), call(2_000, -10));
    let portfolio = Portfolio {
        legs: vec![perpetual(1, 5, 0).encode(), options(first, Some(second))],
        ..Portfolio::default()
    };
    for (legs, sold, kept) in [(0b0100, second, first), (0b1000, first, second)] {
        let unpriced = Unpriced { legs, assets: 0 };
        let all = check(&portfolio, unpriced, ONE);
        assert_eq!(all.rest.legs, [options(kept, None)]);
        assert_eq!(all.legs[1].instrument, sold.instrument);
        let tenth = check(&portfolio, unpriced, ONE / 10);
        let left = OptionLeg {
            size: sold.size / 10 * 9,
            ..sold
        };
        let slot = if sold == first {
            options(left, Some(kept))
        } else {
            options(kept, Some(left))
        };
        assert_eq!(tenth.rest.legs[1..], [slot]);
    }
}

/// More of a token than an entry can name is sold in two bids.
#[test]
fn i_auc_12_a_balance_beyond_an_entry_is_sold_in_parts() {
    let mut portfolio = Portfolio {
        collateral: vec![held(3, u128::MAX)],
        ..Portfolio::default()
    };
    for left in [MAX_AMOUNT + 1, 1, 0] {
        let slice = check(&portfolio, NONE, ONE);
        assert_eq!(slice.assets(ACCOUNT, BIDDER).unwrap().len(), 2);
        portfolio = slice.rest;
        assert_eq!(
            portfolio.collateral.iter().map(|h| h.amount).sum::<u128>(),
            left
        );
    }
}
