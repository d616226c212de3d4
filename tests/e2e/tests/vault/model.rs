//! The ledger against a small model of its own.

use super::*;
use plimsoll_e2e::reference::LyingVenue::Fill;
use std::collections::BTreeMap;

/// The ledger in thirty lines: what deposits, withdrawals and fills must come to.
#[derive(Clone, Default)]
struct Model {
    cash: BTreeMap<B256, i128>,
    legs: BTreeMap<(B256, u128), (i64, i128)>,
    clearing: BTreeMap<u128, i128>,
    tokens: i128,
}

impl Model {
    fn cash_of(&self, account: B256) -> i128 {
        self.cash.get(&account).copied().unwrap_or_default()
    }

    /// Sizes and quotes sum to zero, and cash to the tokens.
    fn assert_balanced(&self) {
        let clearing: i128 = self.clearing.values().sum();
        let sizes: i64 = self.legs.values().map(|leg| leg.0).sum();
        let quotes = self.legs.values().map(|leg| leg.1).sum::<i128>() + clearing;
        let cash = self.cash.values().sum::<i128>() + clearing;
        assert_eq!((sizes, quotes, cash), (0, 0, self.tokens * SCALE));
    }

    fn side(&mut self, account: B256, instrument: u128, size: i64, quote: i128, fee: i128) {
        let leg = self.legs.entry((account, instrument)).or_default();
        leg.0 += size;
        leg.1 += quote;
        let left = leg.1;
        let cash = self.cash.entry(account).or_default();
        *cash -= fee;
        if leg.0 == 0 {
            *cash -= left;
            *self.clearing.entry(instrument).or_default() += left;
            self.legs.remove(&(account, instrument));
        }
    }
}

/// A house, its model, and the dice that choose what is tried.
struct Sequence {
    house: House,
    model: Model,
    prices: BTreeMap<u16, u64>,
    dice: Dice,
    fee_account: B256,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    allowed: usize,
    refused: usize,
    closed: usize,
}

/// 1e18 in units of the coin.
const SCALE: i128 = 1_000_000_000_000;

impl Sequence {
    async fn new(seed: u64, counts: Counts) -> Self {
        let house = House::start().await;
        let query = IClearinghouse::venueCall { venue: DESK };
        let fee_account = ok(house.ask(house.at.clearinghouse, &query).await).feeAccount;
        Self {
            house,
            model: Model::default(),
            prices: BTreeMap::from([(ETH, 2_000), (BTC, 40_000)]),
            dice: Dice(seed),
            fee_account,
            counts,
        }
    }

    fn actors(&self) -> [Actor; 3] {
        let p = &self.house.people;
        [&p.alice, &p.bob, &p.carol].map(Clone::clone)
    }

    const fn pick(&mut self, n: u64) -> u64 {
        self.dice.below(n)
    }

    fn underlying(&mut self) -> u16 {
        if self.pick(2) == 0 { ETH } else { BTC }
    }

    /// Tries one thing; the model takes it over if it was allowed.
    async fn step(&mut self) {
        let actors = self.actors();
        let (a, b) = (
            &actors[self.pick(3) as usize],
            &actors[self.pick(3) as usize],
        );
        let mut next = self.model.clone();
        let outcome = match self.pick(10) {
            0..3 => self.deposit(&mut next, a, b).await,
            3..5 => self.withdraw(&mut next, a).await,
            5 => return self.move_price().await,
            _ => self.trade(&mut next, a, b).await,
        };
        match outcome {
            Ok(_) => {
                self.counts.allowed += 1;
                self.counts.closed += usize::from(next.clearing != self.model.clearing);
                self.model = next;
            }
            Err(e) => {
                assert!(e.revert_data().is_some_and(|data| data.len() >= 4), "{e}");
                self.counts.refused += 1;
            }
        }
        self.assert_agreement().await;
    }

    async fn deposit(&mut self, next: &mut Model, a: &Actor, b: &Actor) -> Outcome {
        let units = 1 + self.pick(20_000_000_000);
        let to = if self.pick(5) == 0 { b } else { a }.account();
        *next.cash.entry(to).or_default() += i128::from(units) * SCALE;
        next.tokens += i128::from(units);
        let house = &self.house;
        house.deposit(a, to, house.usdc, U256::from(units)).await
    }

    async fn withdraw(&mut self, next: &mut Model, a: &Actor) -> Outcome {
        let account = a.account();
        let have = self.model.cash_of(account).max(1) as u64 / SCALE as u64;
        let units = 1 + self.pick(have.max(1) * 2);
        *next.cash.entry(account).or_default() -= i128::from(units) * SCALE;
        next.tokens -= i128::from(units);
        let house = &self.house;
        house
            .withdraw(a, account, house.usdc, U256::from(units))
            .await
    }

    /// By a tenth at most, up or down.
    async fn move_price(&mut self) {
        let underlying = self.underlying();
        let percent = 90 + self.pick(21);
        let price = self.prices.get_mut(&underlying).unwrap();
        *price = *price * percent / 100;
        let price = price.to_string();
        ok(self.house.set_price(underlying, &price).await);
    }

    async fn trade(&mut self, next: &mut Model, a: &Actor, b: &Actor) -> Outcome {
        let underlying = self.underlying();
        let instrument = perp(DESK, underlying);
        let query = IParameters::underlyingCall { underlying };
        let lot = ok(self.house.ask(self.house.at.parameters, &query).await).lot;
        let mine = self.model.legs.get(&(a.account(), instrument));
        // Often exactly what closes a leg.
        let lots = match mine.map(|leg| leg.0) {
            Some(size) if self.pick(2) == 0 => -size,
            _ => (1 + self.pick(30_000) as i64) * if self.pick(2) == 0 { 1 } else { -1 },
        };
        let (buyer, seller) = if lots > 0 { (a, b) } else { (b, a) };
        let [buyer, seller] = [buyer, seller].map(Actor::account);
        let size = u128::from(lots.unsigned_abs()) * u128::from(lot);
        let price = u128::from(self.prices[&underlying]) * WAD / 1_000
            * u128::from(950 + self.pick(101))
            + u128::from(self.pick(1_000_000));
        let quote = U256::from(size) * U256::from(price) / U256::from(WAD);
        let quote = i128::try_from(quote).unwrap();
        let fees = (i128::from(self.pick(3)) * 77, i128::from(self.pick(3)) * 99);
        next.side(buyer, instrument, lots.abs(), quote, fees.0);
        next.side(seller, instrument, -lots.abs(), -quote, fees.1);
        *next.cash.entry(self.fee_account).or_default() += fees.0 + fees.1;
        let fill = Fill {
            buyer,
            seller,
            instrument,
            size: U256::from(size),
            price: U256::from(price),
            buyerFee: U256::from(fees.0 as u128),
            sellerFee: U256::from(fees.1 as u128),
        };
        let call = reference::LyingVenue::reportCall { fills: vec![fill] };
        let house = &self.house;
        house
            .send(&house.people.stranger, house.desk(), &call)
            .await
    }

    /// The chain has the model's cash and legs, and its books balance.
    async fn assert_agreement(&self) {
        let (house, model) = (&self.house, &self.model);
        for actor in self.actors() {
            let account = actor.account();
            let (portfolio, _, _) = ok(house.account(account).await);
            assert_eq!(portfolio.cash, model.cash_of(account));
            let legs: BTreeMap<_, _> = ids::legs(&portfolio.legs)
                .into_iter()
                .map(|leg| ((account, leg.instrument), (leg.size, leg.quote)))
                .collect();
            let mut expected = model.legs.clone();
            expected.retain(|(owner, _), _| *owner == account);
            assert_eq!(legs, expected);
        }
        for (instrument, cash) in &model.clearing {
            let clearing = ids::clearing_account(house.at.vault, *instrument);
            assert_eq!(ok(house.cash(clearing).await), *cash);
        }
        assert_eq!(
            ok(house.cash(self.fee_account).await),
            model.cash_of(self.fee_account)
        );
        house.assert_balanced().await;
    }
}

type Outcome = Result<TransactionReceipt, CallError>;

/// I-ACC-2, I-ACC-3, I-ACC-13: random deposits, withdrawals, trades and prices; the chain agrees with the model after
/// each, whether it was allowed or refused, and a refused call changed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_2_random_sequences_agree_with_a_model() {
    let mut counts = Counts::default();
    for seed in 1..=4_u64 {
        println!("seed {seed}");
        let mut sequence = Sequence::new(seed, counts).await;
        let before = sequence.house.balance_sheet().await.unwrap();
        for _ in 0..70 {
            sequence.step().await;
        }
        let after = sequence.house.balance_sheet().await.unwrap();
        assert_ne!(format!("{before:?}"), format!("{after:?}"));
        sequence.model.assert_balanced();
        counts = sequence.counts;
    }
    let Counts {
        allowed,
        refused,
        closed,
    } = counts;
    println!("{allowed} allowed, {refused} refused, {closed} legs closed");
    assert!(
        allowed > 60 && refused > 20 && closed > 5,
        "the sequences lost their grip"
    );
}
