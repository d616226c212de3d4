//! `applyEntries`, the one way by which balances and legs change: who may, what must balance, what must exist.

use super::*;

/// Alice and bob with 50,000 coins each, alice with an ether too.
struct Door {
    house: House,
    alice: B256,
    bob: B256,
}

/// Entries and collateral that must be refused with this error.
type Row<'a, T> = (&'a str, Vec<T>, Vec<u8>);

impl Door {
    async fn new() -> Self {
        let house = House::start().await;
        let p = &house.people;
        house.give(&p.alice, "50,000").await;
        house.give(&p.bob, "50,000").await;
        house.give_token(&p.alice, house.weth, "1").await;
        let [alice, bob] = [&p.alice, &p.bob].map(Actor::account);
        Self { house, alice, bob }
    }

    /// What the vault answers the clearinghouse.
    async fn trade(&self, venue: u16, entries: Vec<Entry>) -> Result<(), CallError> {
        let (at, call) = (self.house.at, apply(venue, entries, vec![]));
        let answer = self.house.client.call_as(at.clearinghouse, at.vault, &call);
        answer.await.map(|_| ())
    }

    /// What the vault answers the auction.
    async fn sell(&self, assets: Vec<AssetEntry>) -> Result<(), CallError> {
        let (at, call) = (self.house.at, apply(0, vec![], assets));
        let answer = self.house.client.call_as(at.auction, at.vault, &call);
        answer.await.map(|_| ())
    }

    /// Refuses the clearinghouse.
    async fn refuses_trades<const N: usize>(&self, venue: u16, table: [Row<'_, Entry>; N]) {
        let at = self.house.at;
        let rows = table.map(|(what, entries, error)| (what, apply(venue, entries, vec![]), error));
        self.house
            .expect_call_refusals(at.clearinghouse, at.vault, rows)
            .await;
    }

    /// Refuses the auction to move collateral.
    async fn refuses_sales<const N: usize>(&self, table: [Row<'_, AssetEntry>; N]) {
        let at = self.house.at;
        let rows = table.map(|(what, assets, error)| (what, apply(0, vec![], assets), error));
        self.house
            .expect_call_refusals(at.auction, at.vault, rows)
            .await;
    }

    /// Collateral of alice's for bob.
    fn moves(&self, asset: u8, amount: i128) -> Vec<AssetEntry> {
        vec![
            asset_entry(self.alice, asset, -amount),
            asset_entry(self.bob, asset, amount),
        ]
    }
}

fn apply(venue: u16, entries: Vec<Entry>, assets: Vec<AssetEntry>) -> IVault::applyEntriesCall {
    IVault::applyEntriesCall {
        venue,
        liquidated: B256::ZERO,
        entries,
        assets,
    }
}

fn leg(account: B256, instrument: u128, size: i64, quote: i128) -> Entry {
    Entry {
        account,
        cash: 0,
        instrument,
        size,
        quote,
    }
}

const fn asset_entry(account: B256, asset: u8, amount: i128) -> AssetEntry {
    AssetEntry {
        account,
        asset,
        amount,
    }
}

const PERP: u128 = perp(DESK, ETH);

/// I-AUTH-1, I-AUTH-6: siblings only, each for its own purpose.
#[tokio::test(flavor = "multi_thread")]
async fn the_door_refuses_with_reasons() {
    let Door { house, alice, .. } = Door::new().await;
    let p = &house.people;
    let (vault, ch, auction) = (house.at.vault, house.at.clearinghouse, house.at.auction);
    let trade = apply(DESK, vec![], vec![]);
    let sale = apply(0, vec![], vec![]);
    let of_alice = IVault::applyEntriesCall {
        liquidated: alice,
        ..trade.clone()
    };
    for (what, caller, call) in [
        ("a trade by alice", p.alice.address, &trade),
        ("a sale by the deployer", p.deployer.address, &sale),
        ("a trade by the desk", house.desk(), &trade),
        ("a sale by the clearinghouse", ch, &sale),
        ("a liquidation by the clearinghouse", ch, &of_alice),
        ("a trade by the auction", auction, &trade),
    ] {
        let error = IVault::NotSibling { caller }.abi_encode();
        let table = [(what, call.clone(), error)];
        house.expect_call_refusals(caller, vault, table).await;
    }
    let table = [&p.alice, &p.deployer].map(|caller| {
        let flag = IVault::setInAuctionCall {
            account: alice,
            inAuction: true,
        };
        let error = IVault::NotSibling {
            caller: caller.address,
        };
        ("the flag", caller, flag, error.abi_encode())
    });
    house.expect_refusals(vault, table).await;
}

/// I-ACC-2, I-ACC-3: what does not sum to zero.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_2_the_door_refuses_what_does_not_sum_to_zero() {
    let door = Door::new().await;
    let (alice, bob) = (door.alice, door.bob);
    let unbalanced = |instrument, [cash, size, quote]: [i64; 3]| {
        let [cash, size, quote] = [cash, size, quote].map(|n| I256::try_from(n).unwrap());
        let error = IVault::Unbalanced {
            instrument,
            cash,
            size,
            quote,
        };
        error.abi_encode()
    };
    let legs = |a: (i64, i128), instrument, b: (i64, i128)| {
        vec![leg(alice, PERP, a.0, a.1), leg(bob, instrument, b.0, b.1)]
    };
    let overflow = vec![
        entry(alice, i128::MAX),
        entry(bob, 1),
        entry(bob, i128::MIN),
    ];
    let out_of_range = IVault::ValueOutOfRange { account: bob };
    let table = [
        (
            "cash",
            vec![entry(alice, -5), entry(bob, 6)],
            unbalanced(0, [1, 0, 0]),
        ),
        (
            "sizes",
            legs((3, 7), PERP, (-2, -7)),
            unbalanced(PERP, [0, 1, 0]),
        ),
        (
            "quotes",
            legs((3, 7), PERP, (-3, -6)),
            unbalanced(PERP, [0, 0, 1]),
        ),
        (
            "two instruments",
            legs((3, 7), perp(DESK, BTC), (-3, -7)),
            unbalanced(PERP, [0, 3, 7]),
        ),
        ("an overflow", overflow, out_of_range.abi_encode()),
    ];
    door.refuses_trades(DESK, table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_refuses_what_does_not_exist() {
    let door = Door::new().await;
    let (alice, bob) = (door.alice, door.bob);
    // An option is paid for at once: it has no quote.
    let option = PERP | (2 << 94) | (20_000 << 78) | ((25 << 4 | 10) << 54);
    let legs = |instrument, size, quote| {
        vec![
            leg(alice, instrument, size, quote),
            leg(bob, instrument, -size, -quote),
        ]
    };
    let invalid = |instrument| IVault::InvalidInstrument { instrument }.abi_encode();
    let no_leg = IVault::NoSuchLeg {
        account: alice,
        instrument: PERP,
    };
    let table = [
        ("no instrument", legs(0, 1, 0), invalid(0)),
        ("a stray bit", legs(PERP | 1, 1, 0), invalid(PERP | 1)),
        (
            "an option with a quote",
            legs(option, 1, 1),
            invalid(option),
        ),
        ("no leg", legs(PERP, 0, 1), no_leg.abi_encode()),
    ];
    door.refuses_trades(DESK, table).await;
}

/// The house's own accounts: the fund has cash and not below zero, and no entry names the others.
#[tokio::test(flavor = "multi_thread")]
async fn the_door_refuses_accounts_of_the_house() {
    let door = Door::new().await;
    let (vault, bob) = (door.house.at.vault, door.bob);
    let fund = ids::fund_account(vault);
    let clearing = ids::clearing_account(vault, PERP);
    let system = |account| IVault::SystemAccount { account }.abi_encode();
    let leg_of_fund = vec![leg(fund, PERP, 1, 0), leg(bob, PERP, -1, 0)];
    let cash_of_clearing = vec![entry(clearing, 1), entry(bob, -1)];
    let table = [
        ("a leg of the fund's", leg_of_fund, system(fund)),
        (
            "cash of a clearing account",
            cash_of_clearing,
            system(clearing),
        ),
    ];
    door.refuses_trades(DESK, table).await;
    let error = IVault::InsufficientCash {
        account: fund,
        have: I256::ZERO,
        want: U256::from(1),
    };
    let call = apply(0, vec![entry(fund, -1), entry(bob, 1)], vec![]);
    let table = [("cash the fund has not", call, error.abi_encode())];
    door.house
        .expect_call_refusals(door.house.at.auction, vault, table)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_refuses_collateral_with_reasons() {
    let door = Door::new().await;
    let (alice, bob) = (door.alice, door.bob);
    let unknown = |asset| IVault::UnknownAsset { asset }.abi_encode();
    let ether = WAD as i128;
    let too_much = IVault::InsufficientBalance {
        account: alice,
        asset: 2,
        have: U256::from(WAD),
        want: U256::from(WAD + 1),
    };
    let odd = vec![asset_entry(bob, 2, 4), asset_entry(alice, 2, -3)];
    let unbalanced = IVault::UnbalancedAsset {
        asset: 2,
        amount: I256::ONE,
    };
    let table = [
        ("coins", door.moves(0, 1), unknown(0)),
        ("the first not listed", door.moves(3, 1), unknown(3)),
        ("the last", door.moves(255, 1), unknown(255)),
        (
            "more than alice has",
            door.moves(2, ether + 1),
            too_much.abi_encode(),
        ),
        ("more in than out", odd, unbalanced.abi_encode()),
    ];
    door.refuses_sales(table).await;
    ok(door.sell(door.moves(2, ether)).await);
}

/// Admission: of each account that trades or pays; a receiver of cash does neither.
#[tokio::test(flavor = "multi_thread")]
async fn the_door_refuses_venues_that_are_not_admitted() {
    let door = Door::new().await;
    let (alice, bob) = (door.alice, door.bob);
    let error = IVault::VenueNotAdmitted {
        account: alice,
        venue: 77,
    };
    let legs = vec![leg(alice, PERP, 1, 0), leg(bob, PERP, -1, 0)];
    let cash = vec![entry(alice, -1), entry(bob, 1)];
    let table = [
        ("legs", legs, error.abi_encode()),
        ("cash", cash, error.abi_encode()),
    ];
    door.refuses_trades(77, table).await;
    let stranger = door.house.people.stranger.account();
    ok(door
        .trade(DESK, vec![entry(alice, -1), entry(stranger, 1)])
        .await);
}

/// I-LIV-3: bounds of one call.
#[tokio::test(flavor = "multi_thread")]
async fn i_liv_3_the_door_refuses_too_many_items() {
    let door = Door::new().await;
    let too_many = |given: u64, limit: u64| {
        let [given, limit] = [given, limit].map(U256::from);
        IVault::TooManyItems { given, limit }.abi_encode()
    };
    let alice = &door.house.people.alice;
    let crowd = (0..81).map(|n| entry(alice.subaccount(n), 0)).collect();
    let table = [
        (
            "entries",
            vec![entry(door.alice, 0); 265],
            too_many(265, 264),
        ),
        ("accounts", crowd, too_many(81, 80)),
    ];
    door.refuses_trades(DESK, table).await;
    let assets = (0..17).flat_map(|_| door.moves(2, 0)).collect();
    door.refuses_sales([("assets", assets, too_many(34, 32))])
        .await;
}
