//! What a bid costs, what it takes, and why it is refused.

use super::*;
use plimsoll_kernel::surface::{Multipliers, Terms};

/// The bidder's bid for half of alice's account, with some of it changed.
fn changed(bid: &IAuction::bidCall, change: impl Fn(&mut Bid)) -> IAuction::bidCall {
    let mut b = bid.b.clone();
    change(&mut b);
    IAuction::bidCall { b }
}

#[tokio::test(flavor = "multi_thread")]
async fn i_auc_10_bids_are_refused_with_reasons() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (account, at) = (p.alice.account(), house.at.auction);
    let bid = house.bid(U256::from(ONE)).await;
    let e: IAuction::NoAuction = house.expect_revert(&p.bidder, at, &bid).await;
    assert_eq!(e.account, account);
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(account).await;
    house.warp(450).await.unwrap();
    let late = changed(&bid, |b| b.deadline = 5);
    let e: IAuction::Expired = house.expect_revert(&p.bidder, at, &late).await;
    assert!(e.deadline == 5 && e.nowSeconds > 5);
    let fund = ids::fund_account(house.at.vault);
    let not_authorized = IAuction::NotAuthorized {
        account: p.bidder.account(),
        caller: p.stranger.address,
    };
    let version_changed = IAuction::VersionChanged {
        version: bid.b.version,
        expected: bid.b.version + 1,
    };
    let rows: [Refusal<'_, _>; 4] = [
        (
            "for oneself",
            &p.alice,
            changed(&bid, |b| b.bidder = account),
            IAuction::SelfBid { account }.abi_encode(),
        ),
        (
            "for the fund",
            &p.bidder,
            changed(&bid, |b| b.bidder = fund),
            IAuction::SystemAccount { account: fund }.abi_encode(),
        ),
        (
            "by a stranger",
            &p.stranger,
            bid.clone(),
            not_authorized.abi_encode(),
        ),
        (
            "of another version",
            &p.bidder,
            changed(&bid, |b| b.version += 1),
            version_changed.abi_encode(),
        ),
    ];
    house.expect_refusals(at, rows).await;
    let least = u128::from(LEAST);
    let fractions = [0, least - 1, ONE + 1].map(U256::from);
    let rows = fractions.into_iter().chain([U256::MAX]).map(|fraction| {
        let error = IAuction::InvalidFraction {
            fraction,
            minimum: U256::from(least),
            maximum: U256::from(ONE),
        };
        let call = changed(&bid, |b| b.fraction = fraction);
        ("of no share", &p.bidder, call, error.abi_encode())
    });
    house.expect_refusals(at, rows).await;
    // A bidder that could not carry it. Its own account, and the numbers are its own.
    let poor = p.carol.account();
    house.give(&p.carol, "10").await;
    let call = changed(&bid, |b| b.bidder = poor);
    let e: IVault::InsufficientMargin = house.expect_revert(&p.carol, at, &call).await;
    assert_eq!((e.account, e.equityBefore), (poor, wad("10")));
    house.assert_balanced().await;
}

/// The limit: the very price passes, one unit less does not.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_10_a_limit_is_exact() {
    let house = House::with_an_auction().await;
    let bidder = house.people.bidder.address;
    house.warp(450).await.unwrap();
    let bid = house.bid(U256::from(ONE / 2)).await;
    let auction = async |call: &IAuction::bidCall| {
        let at = house.at.auction;
        house.client.call_as(bidder, at, call).await
    };
    let paid = ok(auction(&bid).await);
    let tight = |price| changed(&bid, |b| (b.fraction, b.maxPrice) = (paid.fraction, price));
    house.next_block_at(ok_time(&house).await).await.unwrap();
    let less = paid.price - I256::ONE;
    let e = auction(&tight(less)).await.unwrap_err();
    let e = e.as_error::<IAuction::PriceAboveLimit>().unwrap();
    assert_eq!((e.price, e.maxPrice), (paid.price, less));
    ok(auction(&tight(paid.price)).await);
}

/// An operator of the bidder may bid. Without a price there is nothing to sell, and no end of the auction.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_10_nothing_is_sold_without_a_price() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.warp(450).await.unwrap();
    let bid = house.bid(U256::from(ONE)).await;
    let operator = IVault::setOperatorCall {
        account: p.bidder.account(),
        operator: p.stranger.address,
        approved: true,
    };
    ok(house.send(&p.bidder, house.at.vault, &operator).await);
    ok(house.client.call_as(p.stranger.address, at, &bid).await);
    house.warp(8_000).await.unwrap();
    let e: IAuction::NothingToSell = house.expect_revert(&p.bidder, at, &bid).await;
    assert_eq!((e.account, e.fraction), (alice, bid.b.fraction));
    let s = state(&house, alice).await;
    assert_eq!((s.maxFraction, s.price), (U256::ZERO, I256::ZERO));
    let a = ok(house.assess(alice).await);
    assert!(a.stale && a.worst + I256::try_from(a.mm).unwrap() < a.equity);
    let e: IAuction::NotRecovered = house.expect_revert(&p.bidder, at, &close(alice)).await;
    assert_eq!(e.equity, a.equity, "it was not started for the worst");
    let e: IAuction::NotLiquidatable = house
        .expect_revert(&p.bidder, at, &start(p.bob.account()))
        .await;
    assert_eq!(e.account, p.bob.account());
    house.assert_balanced().await;
}

async fn ok_time(house: &House) -> u64 {
    house.client.now().await.unwrap() + 1
}

/// I-AUC-4, I-AUC-6: a part sold for its worth less λ·relief, to the last unit, and the books as before.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_4_a_bid_costs_the_owner_the_discount_exactly() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, bidder, at) = (p.alice.account(), p.bidder.account(), house.at.auction);
    house.give_token(&p.alice, house.weth, "0.7").await;
    house.set_price(ETH, "1,550.01").await.unwrap();
    house.start_auction(alice).await;
    house.warp(333).await.unwrap();
    let fraction = 123_456_789_012_345_678_u128;
    let call = house.bid(U256::from(fraction)).await;
    let (equity, mm) = narrow(&ok(house.assess(alice).await));
    let bidder_before = ok(house.assess(bidder).await);
    let long = ok(house.leg(alice, perp(DESK, ETH)).await).unwrap();
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    let events: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let taken = &events[0];
    let (equity_after, mm_after) = narrow(&ok(house.assess(alice).await));
    assert_eq!(
        (taken.equityAfter, taken.mmAfter),
        (I256::try_from(equity_after).unwrap(), U256::from(mm_after))
    );
    assert_eq!(
        (taken.fraction, taken.fundPaid),
        (U256::from(fraction), U256::ZERO)
    );
    let lambda = u64::try_from(taken.lambda).unwrap();
    let elapsed = house.client.now().await.unwrap() - state(&house, alice).await.startedAt;
    assert_eq!(lambda, auction::ramp(350_000_000_000_000_000, elapsed, 900));
    let relief = auction::relief(mm, mm_after, fraction).unwrap();
    let discount = (part(relief, lambda.into())).cast_signed();
    assert_eq!(equity - equity_after, discount);
    assert!(equity_after - mm_after.cast_signed() > equity - mm.cast_signed());
    // What alice lost the bidder gained, but for rounding in its disfavour.
    let gain = ok(house.assess(bidder).await).equity - bidder_before.equity;
    let gain = i128::try_from(gain).unwrap();
    assert!((0..=3).contains(&(discount - gain)), "{discount} {gain}");
    // Lots away from zero, the rest stays.
    let left = ok(house.leg(alice, perp(DESK, ETH)).await).unwrap();
    assert_eq!(
        long.size - left.size,
        auction::slice_size(long.size, fraction)
    );
    assert_eq!(
        ok(house.leg(bidder, perp(DESK, ETH)).await).unwrap().size,
        long.size - left.size
    );
    house.assert_balanced().await;
}

/// A limit is for the share asked for; a clamped share scales it.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_10_a_clamped_share_scales_the_limit() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let at = house.at.auction;
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(p.alice.account()).await;
    house.warp(100).await.unwrap();
    house.next_block_at(ok_time(&house).await).await.unwrap();
    let mut call = house.bid(U256::from(ONE)).await;
    let paid = ok(house.client.call_as(p.bidder.address, at, &call).await);
    let (share, price) = (
        u128::try_from(paid.fraction).unwrap(),
        i128::try_from(paid.price).unwrap(),
    );
    assert!(share < ONE && price > 0, "{share} {price}");
    // A limit for the whole just below the price of the whole: scaled, it is below the price of the part.
    let whole = mul_div_floor(price.unsigned_abs(), ONE, share).unwrap();
    let limit = whole.cast_signed() - 1_000;
    call.b.maxPrice = I256::try_from(limit).unwrap();
    let e = house
        .client
        .call_as(p.bidder.address, at, &call)
        .await
        .unwrap_err();
    let e = e.as_error::<IAuction::PriceAboveLimit>().unwrap();
    assert_eq!(
        e.maxPrice,
        I256::try_from(auction::scaled_limit(limit, share, ONE).unwrap()).unwrap()
    );
    call.b.maxPrice = I256::try_from(limit + 2_000).unwrap();
    ok(house.client.call_as(p.bidder.address, at, &call).await);
}

/// I-AUC-13, H-2: where lots are so few that the largest share leaves a hedge as it was, a quarter more is sold, and more
/// again, until it relieves something: rather than nothing ever, and rather than everything.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_13_a_hedged_book_with_one_lot_open_can_be_sold() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give(&p.alice, "1").await;
    house.give(&p.bob, "100,000").await;
    house.give(&p.bidder, "1,000").await;
    // 11 lots long at the desk, 10 short on the book; nothing but their difference needs margin.
    let call = IParameters::underlyingCall { underlying: ETH };
    let mut terms = ok(house.ask(house.at.parameters, &call).await);
    for rate in [
        UnderlyingRate::linear_cost_im,
        UnderlyingRate::linear_cost_mm,
    ] {
        terms.rates[rate as usize] = 0;
    }
    let call = listing(ETH, &terms);
    ok(house.send(&p.deployer, house.at.parameters, &call).await);
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "0.0011", "2,000")
        .await;
    ok(house
        .trade_book(&p.bob, &p.alice, ETH, uwad("0.001"), uwad("2,000"))
        .await);
    let max = ok(house.max_withdraw(alice, house.usdc).await);
    ok(house.withdraw(&p.alice, alice, house.usdc, max).await);
    house.set_price(ETH, "1,890").await.unwrap();
    house.start_auction(alice).await;
    let s = state(&house, alice).await;
    let (equity, mm) = (
        i128::try_from(s.equity).unwrap(),
        u128::try_from(s.mm).unwrap(),
    );
    let im = u128::try_from(ok(house.assess(alice).await).im).unwrap();
    let share = auction::max_fraction(equity, mm, im, s.lambda.to(), BUFFER, LEAST).unwrap();
    assert!(share < ONE / 5 && share > ONE / 10, "{share}");
    let closes = |share: u128| (11 * share).div_ceil(ONE) == (10 * share).div_ceil(ONE) + 1;
    assert!(!closes(share), "that share relieves nothing");
    let shares = std::iter::successors(Some(share), |share| Some(share + share / 4));
    let relieves = shares.take(9).find(|share| closes(*share)).unwrap();
    assert!(relieves < ONE);
    assert_eq!(s.maxFraction, U256::from(relieves));
    // A share that leaves the open lot open relieves nothing: refused by the door, with the numbers. Who asked for
    // no more is not sold more at a limit signed for less.
    for share in [ONE / 20, share] {
        let e: IVault::NotRelieved = house
            .expect_revert(&p.bidder, at, &house.bid(U256::from(share)).await)
            .await;
        assert_eq!((e.account, e.mm, e.mmBefore), (alice, s.mm, s.mm));
    }
    let receipt = ok(house
        .send(&p.bidder, at, &house.bid(U256::from(ONE)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    // λ has risen a little.
    let near = U256::from(relieves)..U256::from(relieves + ONE / 50);
    assert!(near.contains(&taken[0].fraction) && closed.len() == 1);
    let (portfolio, ..) = ok(house.account(alice).await);
    assert_eq!(portfolio.legs.len(), 2, "what is left is hedged, and hers");
    assert_eq!(ok(house.assess(alice).await).mm, U256::ZERO);
    house.assert_balanced().await;
}

/// What the event says of the account after a bid is what it is then, also when only cash moved.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_4_the_event_tells_the_truth_when_only_cash_moved() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.endow_fund("30,000").await;
    house.give_token(&p.alice, house.wbtc, "0.0000001").await; // ten units
    house.set_price(ETH, "1,400").await.unwrap();
    house.start_auction(alice).await;
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "50", "1,400")
        .await;
    assert_eq!(ok(house.cash(alice).await), -5_000 * WAD as i128);
    // A twentieth of ten units is none.
    let receipt = ok(house
        .send(&p.bidder, at, &house.bid(U256::from(ONE / 20)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let a = ok(house.assess(alice).await);
    assert_eq!((taken[0].equityAfter, taken[0].mmAfter), (a.equity, a.mm));
    assert!(a.equity > I256::try_from(ok(house.cash(alice).await)).unwrap());
    house.assert_balanced().await;
}

/// Ether's multipliers have just risen: m = 2 and c = 3, what follows them, m′ and c′, is still 1.
async fn crowd(house: &House) {
    let oracle = house.at.oracle;
    let (mut slot, mut terms) = (U256::ZERO, None);
    // The oracle's mapping from underlyings to their terms: the only one with ether's.
    for place in 0..16_u64 {
        let key = [U256::from(ETH), U256::from(place)].map(|word| word.to_be_bytes::<32>());
        slot = alloy::primitives::keccak256(key.concat()).into();
        let word = house.client.storage(oracle, slot).await.unwrap();
        terms = Terms::decode(word).filter(|t| t.feed == ETH && t.max_basis == WAD as u64 / 2);
        if terms.is_some() {
            break;
        }
    }
    let mut terms = terms.expect("ether has terms");
    assert_eq!(terms.multipliers, Multipliers::ONE);
    terms.multipliers.scan = Multipliers::PARTS;
    terms.multipliers.cost = 2 * Multipliers::PARTS;
    let word = B256::from(terms.encode());
    let set: serde_json::Value = house
        .client
        .rpc("anvil_setStorageAt", (oracle, slot, word))
        .await
        .unwrap();
    assert_ne!(set, false);
}

/// a crowded market must not lose its bidders: who meets `bidIm` may bid, though not open anything; with a unit less
/// the bid is refused, with the numbers.
#[tokio::test(flavor = "multi_thread")]
async fn r_3_a_bidder_must_meet_bid_im_and_no_more() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let (at, alice, carol) = (house.at.auction, p.alice.account(), p.carol.account());
    let calm = ok(house.assess(p.bob.account()).await);
    assert!(calm.im == calm.bidIm && calm.bidIm > calm.mm);
    crowd(&house).await;
    let crowded = ok(house.assess(p.bob.account()).await);
    assert!(crowded.im > calm.im);
    assert_eq!((crowded.bidIm, crowded.mm), (calm.bidIm, calm.mm));

    // Each of these bids is in the same second after the start, at one price.
    let time = house.client.now().await.unwrap() + 450;
    let bid = async |bidder: &Actor| house.bid_of(bidder.account(), U256::from(ONE / 10)).await;
    let snapshot = house.snapshot().await.unwrap();
    let call = bid(&p.bidder).await;
    house.next_block_at(time).await.unwrap();
    ok(house.send(&p.bidder, at, &call).await);
    let rich = ok(house.assess(p.bidder.account()).await);
    let gained = rich.equity - wad("200,000");
    assert!(gained.is_positive() && rich.im > rich.bidIm);
    let least = I256::try_from(rich.bidIm).unwrap() - gained;
    let unit = I256::unchecked_from(1_000_000_000_000_i64);
    let units: U256 = ((least + unit - I256::ONE) / unit).try_into().unwrap();
    house.revert(snapshot).await.unwrap();

    let snapshot = house.snapshot().await.unwrap();
    ok(house
        .deposit(&p.carol, carol, house.usdc, units - U256::ONE)
        .await);
    let call = bid(&p.carol).await;
    let before = ok(house.account(carol).await);
    house.next_block_at(time).await.unwrap();
    let e: IVault::InsufficientMargin = house.expect_revert(&p.carol, at, &call).await;
    assert_eq!((e.account, e.im, e.mm), (carol, rich.bidIm, rich.mm));
    let short = I256::try_from(e.im).unwrap() - e.equity;
    assert!(short.is_positive() && short <= unit, "{short}");
    assert_eq!(ok(house.account(carol).await), before);
    assert_eq!(call.b.version, bid(&p.carol).await.b.version);
    house.revert(snapshot).await.unwrap();

    ok(house.deposit(&p.carol, carol, house.usdc, units).await);
    let call = bid(&p.carol).await;
    house.next_block_at(time).await.unwrap();
    ok(house.send(&p.carol, at, &call).await);
    let a = ok(house.assess(carol).await);
    assert_eq!((a.im, a.bidIm), (rich.im, rich.bidIm));
    let met = a.equity - I256::try_from(a.bidIm).unwrap();
    assert!(!met.is_negative() && met < unit, "{met}");
    assert!(a.equity < I256::try_from(a.im).unwrap());
    // What she may do in a sale she may not do at a venue.
    let report = House::report(carol, p.bob.account(), perp(DESK, ETH), "1", "1,600");
    let e: IVault::InsufficientMargin = house
        .expect_revert(&p.stranger, house.desk(), &report)
        .await;
    assert!(e.account == carol && e.im > a.im);
    assert!(ok(house.assess(alice).await).equity.is_positive());
    house.assert_balanced().await;
}
