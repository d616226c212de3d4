//! A random market and random portfolios, on the chain and in the kernel.

use super::*;
use plimsoll_kernel::portfolio as kernel;

/// The kernel's answer on this machine, from the same words margin rests on.
pub(crate) fn native(hub: &Hub, given: &Portfolio) -> Assessment {
    let collateral: Vec<_> = given
        .collateral
        .iter()
        .map(|c| (c.asset, c.amount))
        .collect();
    let portfolio = kernel::Portfolio {
        cash: given.cash,
        collateral: &collateral,
        slots: &given.legs,
    };
    let terms = |keys| hub.get(hub.margin, &IMargin::termsCall { keys });
    let mut needs = Dependencies::default();
    needs.add(&portfolio);
    needs.link(&terms(needs.asset_keys()));
    let keys = needs.keys();
    let board = SnapshotRequest::new(needs, &terms(keys));
    let words = hub.get(hub.oracle, &IOracle::snapshotCall { keys: board.keys() });
    assert_eq!(words.len(), board.answer_len());
    let a = board.with_market(hub.now(), &words, |market| {
        kernel::assess(market, &portfolio, &mut Scratch::NEW.clone())
    });
    Assessment {
        equity: int(a.equity),
        im: U256::from(a.im.cast_unsigned()),
        mm: U256::from(a.mm.cast_unsigned()),
        stale: a.stale,
        best: int(a.best),
        worst: int(a.worst),
        outOfRange: a.out_of_range,
        staleLegs: a.stale_legs,
        staleAssets: a.stale_assets,
        marks: int(a.marks),
        bidIm: U256::from(a.bid_im.cast_unsigned()),
        bestEquity: int(a.best_equity),
    }
}

/// Feeds of the random worlds: one for each of nine underlyings, three more.
pub(crate) const FEEDS: u16 = 12;
pub(crate) const LISTED: u16 = 9;
/// Underlyings that have expiries.
pub(crate) const DATED: u16 = 4;

/// A market drawn at random: terms, surfaces, what is stale, what time it is.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) dice: Dice,
    /// Of feed i + 1, in the world's beginning.
    pub(crate) prices: Vec<u128>,
    /// Of asset i.
    pub(crate) decimals: Vec<u8>,
    /// Days some of which were pushed.
    pub(crate) days: Vec<u16>,
}

/// Which moment of the nearest expiry a world is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// More than two days before.
    Far,
    /// Within two days: pockets.
    Near,
    /// In the settlement window, two thirds of it past.
    Window,
    /// After it; settled for some underlyings.
    Past,
}

impl World {
    pub(crate) fn new(seed: u64, moment: Moment) -> Self {
        let mut hub = Hub::new();
        let feeds: Vec<Address> = (1..=FEEDS).map(|_| hub.feed(18, int(1))).collect();
        for (number, feed) in (1..).zip(&feeds) {
            hub.list(number, *feed, 172_800, WIDE);
        }
        let mut world = Self {
            hub,
            dice: Dice(seed),
            prices: Vec::new(),
            decimals: Vec::new(),
            days: Vec::new(),
        };
        for feed in &feeds {
            let price = (1 + u128::from(world.dice.below(99)))
                * 10_u128.pow(15 + world.dice.below(8) as u32);
            world.prices.push(price);
            let now = U256::from(world.hub.now());
            world.hub.answer(*feed, int(price.cast_signed()), now);
        }
        world.parameters();
        world.surfaces(moment, &feeds);
        for (feed, price) in feeds.iter().zip(world.prices.clone()) {
            world.last_answer(*feed, price);
        }
        world
    }

    /// Rates, millionths: each at an end of its bounds, at its default or anywhere between, then pairs put in order.
    fn rates<const N: usize>(&mut self, table: &[charges::Rate; N]) -> [u32; N] {
        let mut rates = table.map(|rate| match self.dice.below(6) {
            0 => rate.minimum,
            1 => rate.maximum,
            2 => rate.default,
            _ => rate.minimum + self.dice.below(u64::from(rate.maximum - rate.minimum) + 1) as u32,
        });
        for (place, rate) in table.iter().enumerate() {
            if rate.initial && rates[place] < rates[place + 1] {
                rates.swap(place, place + 1);
            }
        }
        rates
    }

    pub(crate) fn parameters(&mut self) {
        let mut given = RuleTerms::DEFAULT;
        if !self.dice.once_in(3) {
            given.rates = self.rates(&RuleRate::TABLE);
        }
        let coin = if self.dice.once_in(2) { FEEDS } else { 0 };
        self.hub.set(&set_rules(given.rates, coin));
        for number in 1..=LISTED {
            let terms = loop {
                let mut terms = Terms {
                    feed: number,
                    lot: 10_u64.pow(10 + self.dice.below(9) as u32),
                    scenario_set: 1 + self.dice.below(3) as u8,
                    rates: UnderlyingRate::DEFAULT,
                };
                if !self.dice.once_in(3) {
                    terms.rates = self.rates(&UnderlyingRate::TABLE);
                }
                if terms.check().is_ok() {
                    break UnderlyingTerms {
                        underlying: number,
                        feed: terms.feed,
                        lot: terms.lot,
                        scenarioSet: terms.scenario_set,
                        rates: rates(&terms.rates.map(widen)),
                    };
                }
            };
            self.hub.set(&set_underlying(number, terms));
        }
        for (index, feed, link) in [
            (0, 0, 0),
            (1, 1, 1),
            (2, 2, 2),
            (3, 10, 3),
            (4, 11, 0),
            (5, 8, 8),
            (6, 9, 9),
            (7, 5, 5),
        ] {
            let table = if link == 0 {
                AssetRate::TABLE
            } else {
                AssetRate::LINKED_TABLE
            };
            let [initial, maintenance] = self.rates(&table);
            let decimals = self.dice.below(25) as u8;
            self.decimals.push(decimals);
            let call = set_asset(index, feed, link, decimals, (initial, maintenance));
            self.hub.set(&call);
        }
    }

    /// Pushes for underlyings 1 to 4: the first fresh, the second in part, the third stale, the fourth in part.
    pub(crate) fn surfaces(&mut self, moment: Moment, feeds: &[Address]) {
        let (owner, oracle) = (self.hub.owner, self.hub.oracle);
        let signers = self.hub.signers(THRESHOLD);
        self.hub.must(owner, oracle, &signers);
        for underlying in 1..=DATED {
            let call = IOracle::setSurfaceTermsCall {
                underlying,
                feed: underlying,
                maxAge: PUSH_AGE,
                maxBasis: ONE as u64,
                ratioMove: 0,
                rateMove: 0,
            };
            self.hub.must(owner, oracle, &call);
        }
        let today = u16::try_from(self.hub.now() / 86_400).unwrap();
        self.days = [4, 5, 6, 12, 45].map(|n| today + n).to_vec();
        let first = expiry_seconds(today + 4);
        let time = match moment {
            Moment::Far => self.hub.now() + 1_000,
            Moment::Near => first - 100_000,
            Moment::Window => first - 600,
            Moment::Past => first + 3_600,
        };
        let all = self.days.clone();
        // Of the nearest expiry nothing is fixed before the window; in it tenths of about what is past of it.
        let (before, fixed) = match moment {
            Moment::Far | Moment::Near => ((time - 700, 0), 0),
            Moment::Window => ((time - 700, 3), 7),
            Moment::Past => ((first - 700, 6), 0),
        };
        self.push(
            before.0,
            feeds,
            &[(1, &all), (2, &all), (3, &all), (4, &all)],
            before.1,
        );
        let live = match moment {
            Moment::Past => &all[1..],
            _ => &all[..],
        };
        self.push(
            time,
            feeds,
            &[(1, live), (2, &live[..2]), (4, &live[1..])],
            fixed,
        );
        if matches!(moment, Moment::Past) {
            self.hub.chain.set_next_block_timestamp(time + 20).unwrap();
            let settled = [1, 4].map(|u| settlement(u, all[0], self.prices[usize::from(u) - 1]));
            self.hub.pushed(&settled);
        }
    }

    /// Pushes days of underlyings at a time; `fixed` tenths of the first day's forward are fixed already.
    pub(crate) fn push(
        &mut self,
        time: u64,
        feeds: &[Address],
        what: &[(u16, &[u16])],
        fixed: u128,
    ) {
        let mut updates = Vec::new();
        for (underlying, days) in what {
            let price = self.prices[usize::from(*underlying) - 1];
            let volatility = 1 + i128::from(*underlying);
            for day in *days {
                let basis = u128::from(self.dice.below(40));
                let forward = price / 1_000 * (980 + basis);
                let age = i128::from(*day - self.days[0]);
                let variance = volatility * UNIT / 2_000 * (1 + age);
                let mut update = surface(*underlying, *day, 0, variance);
                update.ratio = ratio(forward, price);
                update.discount = ONE as u64 - self.dice.below(ONE as u64 / 1_000);
                if *day == self.days[0] && fixed > 0 {
                    update.fixedPart = forward / 10 * fixed;
                    update.ratio = ratio(forward - update.fixedPart, price);
                }
                updates.push(update);
            }
        }
        for (feed, price) in feeds.iter().zip(self.prices.clone()) {
            self.hub.chain.set_next_block_timestamp(time).unwrap();
            self.hub
                .answer(*feed, int(price.cast_signed()), U256::from(time));
        }
        for updates in updates.chunks(16) {
            self.hub.chain.set_next_block_timestamp(time).unwrap();
            self.hub.pushed(updates);
        }
    }

    /// What a feed says in the end: mostly a price not far away, sometimes an old one, none, or one at the edge.
    pub(crate) fn last_answer(&mut self, feed: Address, price: u128) {
        let now = self.hub.now();
        let moved = price / 1_000 * u128::from(700 + self.dice.below(700));
        let (answer, time) = match self.dice.below(24) {
            0 | 4 => (moved, now - 172_801),
            1 => (0, now),
            2 => (1, now),
            3 => (WIDE.1, now),
            _ => (moved, now),
        };
        self.hub
            .answer(feed, int(answer.cast_signed()), U256::from(time));
    }

    pub(crate) fn sign(&mut self, size: i64) -> i64 {
        if self.dice.once_in(2) { -size } else { size }
    }

    /// Mostly worth some thousands, sometimes nothing or everything.
    pub(crate) fn lots(&mut self, underlying: u16, most: i64) -> i64 {
        let price = self
            .prices
            .get(usize::from(underlying) - 1)
            .copied()
            .unwrap_or(ONE);
        let lot = 10_u128.pow(14);
        let typical = (10_000 * ONE / price * (ONE / lot)).clamp(1, most as u128 / 2);
        let size = match self.dice.below(200) {
            0 => 1,
            1 => most,
            2 => 1 + (self.dice.roll() >> 1).min(most as u64 - 1) as i64,
            _ => 1 + self.dice.below(typical as u64) as i64,
        };
        self.sign(size)
    }

    pub(crate) fn quote(&mut self) -> i128 {
        match self.dice.below(100) {
            0 => i128::MIN,
            1 => i128::MAX,
            _ => (i128::from(self.dice.roll()) - (1 << 63)) << 10,
        }
    }

    pub(crate) fn strike(&mut self, underlying: u16) -> u128 {
        let price = self
            .prices
            .get(usize::from(underlying) - 1)
            .copied()
            .unwrap_or(ONE);
        let about = price / 1_000 * u128::from(500 + self.dice.below(1_000));
        let digits = about.ilog10().saturating_sub(3);
        let strike = about / 10_u128.pow(digits) * 10_u128.pow(digits);
        Strike::from_wad(strike).map_or(ONE, Strike::to_wad)
    }

    pub(crate) fn option(&mut self, underlying: u16) -> OptionLeg {
        let (day, strike) = (self.day(), self.strike(underlying));
        let (call, size) = (self.dice.once_in(2), self.lots(underlying, (1 << 53) - 1));
        option(
            1 + self.dice.below(3) as u16,
            underlying,
            call,
            day,
            strike,
            size,
        )
    }

    pub(crate) fn day(&mut self) -> u16 {
        match self.dice.below(40) {
            0 => self.days[0] + 20, // never pushed
            n => self.days[n as usize % self.days.len()],
        }
    }

    pub(crate) fn portfolio(&mut self) -> Portfolio {
        let count = 1 + self.dice.below(3);
        let mut choice = Vec::new();
        for _ in 0..count {
            let fresh = self.dice.once_in(2);
            choice.push(if fresh {
                1
            } else {
                1 + self.dice.below(u64::from(DATED)) as u16
            });
        }
        if self.dice.once_in(6) {
            let more = 1 + self.dice.below(9);
            choice.extend((0..more).map(|_| 1 + self.dice.below(10) as u16));
        }
        let legs = match self.dice.below(10) {
            0 => 0,
            1 => 60 + self.dice.below(60),
            _ => 1 + self.dice.below(10),
        };
        let (mut slots, mut written) = (Vec::new(), Vec::new());
        for _ in 0..legs {
            let underlying = choice[self.dice.below(choice.len() as u64) as usize];
            let venue = 1 + self.dice.below(3) as u16;
            match self.dice.below(8) {
                0 | 1 if slots.len() < 20 => {
                    let (size, quote) = (self.lots(underlying, i64::MAX), self.quote());
                    slots.push(perpetual(venue, underlying, size, quote));
                }
                2 if slots.len() < 20 => {
                    let (day, size, quote) =
                        (self.day(), self.lots(underlying, i64::MAX), self.quote());
                    slots.push(future(venue, underlying, day, size, quote));
                }
                _ => {
                    let option = self.option(underlying);
                    written.push(option);
                }
            }
        }
        slots.extend(options(&written));
        slots.truncate(64);
        if self.dice.once_in(50) {
            slots.push(U256::from(self.dice.roll()));
            slots.truncate(64);
        }
        let mut held = Vec::new();
        for asset in 0..9 {
            if self.dice.once_in(5) {
                let unit = 10_u128.pow(
                    self.decimals
                        .get(usize::from(asset))
                        .copied()
                        .unwrap_or(0)
                        .into(),
                );
                let amount = match self.dice.below(40) {
                    0 => u128::MAX,
                    1 => 1,
                    _ => {
                        u128::from(self.dice.below(1_000)) * unit / 10
                            + u128::from(self.dice.below(9))
                    }
                };
                held.push((asset, amount));
            }
        }
        let cash = match self.dice.below(50) {
            0 => i128::MAX,
            1 => i128::MIN,
            _ => (i128::from(self.dice.roll()) - (1 << 62)) << 12,
        };
        portfolio(cash, &held, &slots)
    }
}
