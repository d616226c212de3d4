//! Methods of the clearinghouse.

use super::*;

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    let clearinghouse = watch.house.at.clearinghouse;
    match method {
        "initialize" => initialize(watch).await,
        "transferOwnership" => watch.transfer_ownership(clearinghouse).await,
        "acceptOwnership" => watch.accept_ownership(clearinghouse).await,
        "setLens" => set_lens(watch).await,
        "setVenue" => set_venue(watch).await,
        "clear" => clear(watch).await,
        _ => {}
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let (at, stranger) = (watch.house.at, &watch.house.people.stranger);
    let a = stranger.address;
    let call = IClearinghouse::initializeCall {
        owner: a,
        vault: a,
        margin: a,
        oracle: a,
    };
    watch.attempt(stranger, at.clearinghouse, &call).await;
}

/// Nothing depends on the lens, whatever it is.
async fn set_lens(watch: &mut Watch<'_>) {
    let (at, p) = (watch.house.at, &watch.house.people);
    let call = IClearinghouse::setLensCall { lens: at.vault };
    watch.attempt(&p.alice, at.clearinghouse, &call).await;
    watch.attempt(&p.deployer, at.clearinghouse, &call).await;
}

async fn set_venue(watch: &mut Watch<'_>) {
    let house = watch.house;
    let p = &house.people;
    let call = IClearinghouse::setVenueCall {
        venue: DESK,
        contractAddress: house.desk(),
        feeAccount: p.bob.account(),
        band: WAD as u64 / 5,
        active: false,
    };
    watch
        .attempt(&p.deployer, house.at.clearinghouse, &call)
        .await;
}

/// Through a venue that invents trades.
async fn clear(watch: &mut Watch<'_>) {
    clear_perpetuals(watch).await;
    clear_in_auction(watch).await;
    clear_options(watch).await;
    let (at, p) = (watch.house.at, &watch.house.people);
    let call = IClearinghouse::clearCall { fills: vec![] };
    watch.attempt(&p.alice, at.clearinghouse, &call).await;
}

/// Every pair, both ways, small, large and through zero, at the mark and at both ends of the band.
async fn clear_perpetuals(watch: &mut Watch<'_>) {
    let [alice, bob, carol] = watch.stage.accounts();
    let bidder = watch.house.people.bidder.account();
    for (buyer, seller) in [
        (alice, bob),
        (bob, alice),
        (carol, bob),
        (alice, carol),
        (bidder, alice),
    ] {
        for size in ["0.0001", "1", "7.77", "50", "100", "300"] {
            for price in ["1,575", "1,750", "1,925"] {
                let call = House::report(buyer, seller, watch.stage.eth, size, price);
                invent(watch, &call).await;
            }
        }
    }
}

/// With dora, who is in auction: all of it, all but a lot, more; at the mark and away from it.
async fn clear_in_auction(watch: &mut Watch<'_>) {
    let ([_, bob, _], dora) = (watch.stage.accounts(), watch.stage.dora);
    for size in ["0.0001", "25", "49.9999", "50", "60"] {
        for price in ["1,575", "1,749.99", "1,750", "1,925"] {
            for (buyer, seller) in [(bob, dora), (dora, bob)] {
                let call = House::report(buyer, seller, watch.stage.eth, size, price);
                invent(watch, &call).await;
            }
        }
    }
}

/// Options too: opened, closed and turned round.
async fn clear_options(watch: &mut Watch<'_>) {
    let [alice, bob, carol] = watch.stage.accounts();
    for (buyer, seller) in [(alice, bob), (bob, alice), (carol, bob), (alice, carol)] {
        for instrument in watch.stage.options {
            let mark: u128 = ok(watch.house.mark(instrument).await).to();
            for size in ["0.0001", "5", "40"] {
                for price in [mark - mark / 10, mark, mark + mark / 10] {
                    let call = reference::LyingVenue::inventCall {
                        price: U256::from(price),
                        ..House::report(buyer, seller, instrument, size, "1")
                    };
                    invent(watch, &call).await;
                }
            }
        }
    }
}

async fn invent(watch: &mut Watch<'_>, call: &reference::LyingVenue::inventCall) {
    let house = watch.house;
    watch
        .attempt(&house.people.stranger, house.desk(), call)
        .await;
}
