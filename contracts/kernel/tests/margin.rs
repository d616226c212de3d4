//! Portfolio margin: the invariants by number, and bit for bit against the rational model (`model/margin.py`).
use plimsoll_kernel::{
    codec::{InstrumentId, PerpLeg},
    gate::Assessed,
    margin::{
        Asset, AssetTerms, Collateral, MAX_FACTOR, MAX_TOKEN_DECIMALS, MAX_UNDERLYINGS, MIN_FACTOR,
        Market, Portfolio, Refusal, ScenarioSet, TermsRefusal, Underlying, UnderlyingTerms, assess,
        instrument_of, mark, underlying_of,
    },
    num::{Int256, U256, WAD},
    price::{MAX_PRICE, Price},
};
use proptest::{collection::vec, prelude::*, sample::subsequence};

const ONE: u128 = WAD as u128;

/// A portfolio that owns its lists.
#[derive(Clone, Debug, Default, PartialEq)]
struct Book {
    cash: i128,
    collateral: Vec<Collateral>,
    legs: Vec<U256>,
}

impl Book {
    fn view(&self) -> Portfolio<'_> {
        Portfolio {
            cash: self.cash,
            collateral: &self.collateral,
            legs: &self.legs,
        }
    }

    /// Everything of both; `None` when their cash leaves its range.
    fn merge(&self, other: &Self) -> Option<Self> {
        Some(Self {
            cash: self.cash.checked_add(other.cash)?,
            collateral: [&self.collateral[..], &other.collateral[..]].concat(),
            legs: [&self.legs[..], &other.legs[..]].concat(),
        })
    }

    /// Everything `n` times; `None` when something leaves its range.
    fn times(&self, n: u8) -> Option<Self> {
        let collateral = self.collateral.iter().map(|c| {
            let amount = c.amount.checked_mul(u128::from(n))?;
            Some(Collateral { amount, ..*c })
        });
        let legs = self.legs.iter().map(|slot| {
            let leg = PerpLeg::decode(*slot)?;
            let size = leg.size.checked_mul(i64::from(n))?;
            let quote = leg.quote.checked_mul(i128::from(n))?;
            Some(PerpLeg { size, quote, ..leg }.encode())
        });
        Some(Self {
            cash: self.cash.checked_mul(i128::from(n))?,
            collateral: collateral.collect::<Option<_>>()?,
            legs: legs.collect::<Option<_>>()?,
        })
    }
}

#[derive(Clone, Debug, Default)]
struct World {
    underlyings: Vec<Underlying>,
    assets: Vec<Asset>,
}

impl World {
    fn assess(&self, book: &Book) -> Assessed {
        self.try_assess(book).expect("total for every portfolio")
    }

    fn try_assess(&self, book: &Book) -> Result<Assessed, Refusal> {
        let market = Market {
            underlyings: &self.underlyings,
            assets: &self.assets,
        };
        assess(&book.view(), &market)
    }
}

fn leg(venue: u16, underlying: u16, size: i64, quote: i128) -> U256 {
    PerpLeg {
        instrument: InstrumentId::perpetual(venue, underlying),
        size,
        quote,
    }
    .encode()
}

fn fresh(value: u128) -> Price {
    Price { value, fresh: true }
}

/// Equity in units as a difference, for small worlds.
fn equity(assessed: &Assessed) -> i128 {
    assessed.equity.to_i128().expect("a small world")
}

fn sum(a: Int256, b: Int256) -> i128 {
    a.to_i128()
        .and_then(|a| a.checked_add(b.to_i128()?))
        .expect("a small world")
}

// ---- generators -------------------------------------------------------------------------------------------

fn number(bits: u32) -> impl Strategy<Value = u128> {
    let max = u128::MAX >> (128 - bits);
    prop_oneof![
        0..8_u128,
        (0..bits).prop_flat_map(|b| 0..=(u128::MAX >> (127 - b))),
        (0..=(f64::from(bits) * 0.301) as u32, 0..3_u128).prop_map(|(e, d)| 10_u128.pow(e) - 1 + d),
        Just(max),
    ]
    .prop_map(move |x| x.min(max))
}

fn factors() -> impl Strategy<Value = (u64, u64)> {
    (MIN_FACTOR..=MAX_FACTOR, MIN_FACTOR..=MAX_FACTOR).prop_map(|(a, b)| (a.max(b), a.min(b)))
}

fn haircuts() -> impl Strategy<Value = (u64, u64)> {
    (0..WAD, 0..WAD).prop_map(|(a, b)| (a.max(b), a.min(b)))
}

/// Sizes, prices and lots up to `bits` of what they can be.
fn world(bits: u32, staleness: bool) -> impl Strategy<Value = World> {
    let price = move || {
        (number(bits.min(110)), proptest::bool::weighted(0.9)).prop_map(move |(v, f)| Price {
            value: v.min(MAX_PRICE),
            fresh: f || !staleness,
        })
    };
    let lot = number(bits.min(64)).prop_map(|lot| u64::try_from(lot).unwrap().max(1));
    let underlying =
        (lot, 1..=2_u8, factors(), price()).prop_map(|(lot, scenario_set, (im, mm), price)| {
            let terms = UnderlyingTerms {
                lot,
                scenario_set,
                im_factor: im,
                mm_factor: mm,
            };
            Underlying {
                number: 0,
                terms,
                price,
            }
        });
    let asset = (0..=3_u16, 0..=MAX_TOKEN_DECIMALS, haircuts(), price()).prop_map(
        |(underlying, decimals, (im, mm), price)| {
            let terms = AssetTerms {
                underlying,
                decimals,
                im_haircut: im,
                mm_haircut: mm,
            };
            Asset {
                number: 0,
                terms,
                price,
            }
        },
    );
    (vec(underlying, 3), vec(asset, 4)).prop_map(|(mut underlyings, mut assets)| {
        (1..).zip(&mut underlyings).for_each(|(n, u)| u.number = n);
        (0..).zip(&mut assets).for_each(|(n, a)| a.number = n);
        World {
            underlyings,
            assets,
        }
    })
}

fn signed(bits: u32) -> impl Strategy<Value = i128> {
    (number(bits - 1), any::<bool>()).prop_map(|(x, negative)| {
        if negative {
            -x.cast_signed()
        } else {
            x.cast_signed()
        }
    })
}

fn book(bits: u32) -> impl Strategy<Value = Book> {
    let legs = vec(
        (1..9_u16, 1..=3_u16, signed(bits.min(64)), signed(bits)).prop_filter_map(
            "has a size",
            |(venue, underlying, size, quote)| {
                let size = i64::try_from(size).unwrap();
                (size != 0).then(|| leg(venue, underlying, size, quote))
            },
        ),
        0..12,
    );
    let collateral = vec((0..4_u8, number(bits)), 0..6).prop_map(|c| {
        c.into_iter()
            .map(|(asset, amount)| Collateral { asset, amount })
            .collect()
    });
    (signed(bits), collateral, legs).prop_map(|(cash, collateral, legs)| Book {
        cash,
        collateral,
        legs,
    })
}

// ---- a second computation, scenario by scenario -----------------------------------------------------------

/// Requirements by trying every scenario on whole positions, in small worlds only (everything below 2^100).
fn brute_force(world: &World, book: &Book) -> (u128, u128) {
    let (mut im, mut mm) = (0, 0);
    let ceil = |a: i128, b: i128| a.div_euclid(b) + i128::from(a.rem_euclid(b) != 0);
    let wad = i128::from(WAD);
    let mut linked = [(0_i128, 0_i128); 4];
    for c in &book.collateral {
        let asset = world.assets[usize::from(c.asset)];
        if c.amount == 0 || !asset.price.fresh {
            continue;
        }
        let product = i128::try_from(c.amount * asset.price.value).unwrap();
        let unit = 10_i128.pow(u32::from(asset.terms.decimals));
        let (low, high) = (product.div_euclid(unit), ceil(product, unit));
        im += ceil(high * i128::from(asset.terms.im_haircut), wad);
        mm += ceil(high * i128::from(asset.terms.mm_haircut), wad);
        let slot = &mut linked[usize::from(asset.terms.underlying)];
        *slot = (slot.0 + low, slot.1 + high);
    }
    for u in &world.underlyings {
        let legs = book.legs.iter().filter_map(|s| PerpLeg::decode(*s));
        let lots: i128 = legs
            .filter(|l| l.instrument.underlying() == u.number)
            .map(|l| i128::from(l.size))
            .sum();
        let value = lots * i128::from(u.terms.lot) * i128::try_from(u.price.value).unwrap();
        let (low, high) = linked[usize::from(u.number)];
        let ends = [low + value.div_euclid(wad), high + ceil(value, wad)];
        let set = ScenarioSet::of(u.terms.scenario_set).unwrap();
        let scan = set
            .scenarios
            .iter()
            .flat_map(|s| {
                ends.map(|end| {
                    ceil(
                        -end * i128::from(s.shock) * i128::from(s.weight),
                        10_000_000,
                    )
                })
            })
            .max()
            .unwrap();
        assert!(scan >= 0, "the identity is in the set");
        im += ceil(scan * i128::from(u.terms.im_factor), wad);
        mm += ceil(scan * i128::from(u.terms.mm_factor), wad);
    }
    (im.unsigned_abs(), mm.unsigned_abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// I-MAR-2: no tolerance. Splitting an account never frees margin, and merging never loses equity.
    #[test]
    fn i_mar_2_merging_never_costs(w in world(128, true), a in book(128), b in book(128)) {
        let Some(both) = a.merge(&b).filter(|m| m.collateral.len() <= 16) else { return Ok(()) };
        let (a, b, both) = (w.assess(&a), w.assess(&b), w.assess(&both));
        prop_assert!(both.im <= a.im + b.im);
        prop_assert!(both.mm <= a.mm + b.mm);
        // As differences: equity may need more than 128 bits.
        let at_least = |x: Int256, y: Int256, z: Int256| {
            // x ≥ y + z, by magnitudes in 256 bits: none comes near 2^255 (see the kernel's range).
            let raw = y.to_raw().wrapping_add(z.to_raw());
            x >= Int256::from_raw(raw)
        };
        prop_assert!(at_least(both.equity, a.equity, b.equity));
        prop_assert!(!both.stale || a.stale || b.stale);
    }

    /// I-MAR-1: within a unit a rounding, and never below: n times the portfolio needs at most n times as much.
    #[test]
    fn i_mar_1_homogeneity(w in world(128, true), a in book(120), n in 0..100_u8) {
        let Some(many) = a.times(n) else { return Ok(()) };
        let many = Book { legs: many.legs.into_iter().filter(|_| n > 0).collect(), ..many };
        let (one, many) = (w.assess(&a), w.assess(&many));
        let n = U256::from(n);
        // 10 a group for each of 8 terms, 2 a balance; see model/margin.py.
        let tolerance = n * U256::from(3 * 81 + 2 * 6);
        prop_assert!(many.im <= one.im * n);
        prop_assert!(many.mm <= one.mm * n);
        prop_assert!(many.im + tolerance >= one.im * n);
        prop_assert!(many.mm + tolerance >= one.mm * n);
    }

    /// I-MAR-3: half of each needs at most half of both, and a unit for the half.
    #[test]
    fn i_mar_3_convexity(w in world(128, true), a in book(120), b in book(120)) {
        let (Some(a2), Some(b2)) = (a.times(2), b.times(2)) else { return Ok(()) };
        let Some(both) = a.merge(&b).filter(|m| m.collateral.len() <= 16) else { return Ok(()) };
        let tolerance = U256::from(2 * (3 * 81 + 2 * 6));
        let (a2, b2, both) = (w.assess(&a2), w.assess(&b2), w.assess(&both));
        prop_assert!(both.im * U256::from(2) <= a2.im + b2.im + tolerance);
        prop_assert!(both.mm * U256::from(2) <= a2.mm + b2.mm + tolerance);
    }

    /// I-MAR-4: cash moves equity by itself and the requirement not at all.
    #[test]
    fn i_mar_4_cash_translation(w in world(40, true), a in book(40), cash in -1_i128 << 90..1 << 90) {
        let richer = Book { cash: a.cash + cash, ..a.clone() };
        let (before, after) = (w.assess(&a), w.assess(&richer));
        prop_assert_eq!((after.im, after.mm, after.stale), (before.im, before.mm, before.stale));
        prop_assert_eq!(equity(&after), equity(&before) + cash);
    }

    /// I-MAR-5: raising any factor, haircut or to a set with larger shocks never lowers a requirement.
    #[test]
    fn i_mar_5_harder_terms_need_more(
        w in world(128, true), a in book(128), more in 0..WAD, which in 0..3_usize, asset in 0..4_usize,
    ) {
        let mut harder = w.clone();
        let terms = &mut harder.underlyings[which].terms;
        terms.im_factor = terms.im_factor.saturating_add(more).min(MAX_FACTOR);
        terms.mm_factor = terms.mm_factor.saturating_add(more).min(terms.im_factor);
        terms.scenario_set = 2; // every loss of set 1 is smaller than the same side's of set 2
        let terms = &mut harder.assets[asset].terms;
        terms.im_haircut = terms.im_haircut.max(more);
        terms.mm_haircut = terms.mm_haircut.max(more);
        let (before, after) = (w.assess(&a), harder.assess(&a));
        prop_assert!(after.im >= before.im && after.mm >= before.mm);
        prop_assert_eq!(after.equity, before.equity);
    }

    /// I-MAR-6: whatever terms pass the check.
    #[test]
    fn i_mar_6_initial_at_least_maintenance(w in world(128, true), a in book(128)) {
        for u in &w.underlyings {
            prop_assert_eq!(u.terms.check(), Ok(()));
        }
        for asset in &w.assets {
            prop_assert_eq!(asset.terms.check(), Ok(()));
        }
        let a = w.assess(&a);
        prop_assert!(a.im >= a.mm);
    }

    /// I-MAR-7: a portfolio and its opposite, at other venues, need nothing and are worth their cash.
    #[test]
    fn i_mar_7_opposites_cancel(w in world(128, true), a in book(128)) {
        let opposite = a.legs.iter().filter_map(|slot| {
            let l = PerpLeg::decode(*slot)?;
            Some(leg(l.instrument.venue() + 100, l.instrument.underlying(), -l.size, -l.quote))
        });
        let legs: Vec<_> = a.legs.iter().copied().chain(opposite).collect();
        let netted = w.assess(&Book { cash: a.cash, collateral: vec![], legs });
        prop_assert_eq!((netted.im, netted.mm), (U256::ZERO, U256::ZERO));
        prop_assert_eq!(netted.equity, Int256::from(a.cash));
        prop_assert!(!netted.stale);
    }

    /// I-MAR-11: legs, collateral and market in any order.
    #[test]
    fn i_mar_11_order_does_not_matter(
        w in world(128, true), a in book(128),
        seed in any::<prop::sample::Selector>(),
    ) {
        let shuffled = |n: usize| {
            let mut order: Vec<usize> = (0..n).collect();
            let mut keys = Vec::new();
            for i in 0..n {
                keys.push(*seed.select(&[i * 7 % 11, i * 5 % 13, n - i]));
            }
            order.sort_by_key(|i| keys[*i]);
            order.reverse();
            order
        };
        let pick = Book {
            cash: a.cash,
            collateral: shuffled(a.collateral.len()).iter().map(|i| a.collateral[*i]).collect(),
            legs: shuffled(a.legs.len()).iter().map(|i| a.legs[*i]).collect(),
        };
        let turned = World {
            underlyings: w.underlyings.iter().rev().copied().collect(),
            assets: w.assets.iter().rev().copied().collect(),
        };
        prop_assert_eq!(w.assess(&a), turned.assess(&pick));
    }

    /// Against every scenario tried one by one.
    #[test]
    fn requirements_are_the_worst_scenario(w in world(34, true), a in book(30)) {
        // No power of ten large enough to leave 128 bits in the second computation.
        let (im, mm) = brute_force(&w, &a);
        let assessed = w.assess(&a);
        prop_assert_eq!((assessed.im, assessed.mm), (U256::from(im), U256::from(mm)));
    }

    /// I-RND-2: nothing but an exact zero requires nothing.
    #[test]
    fn i_rnd_2_no_obligation_rounds_to_zero(w in world(128, false), size in 1..=i64::MAX, short: bool) {
        let size = if short { -size } else { size };
        let a = w.assess(&Book { legs: vec![leg(1, 1, size, 0)], ..Book::default() });
        if w.underlyings[0].price.value > 0 {
            prop_assert!(a.im > U256::ZERO && a.mm > U256::ZERO);
        }
    }

    /// I-MAR-17: an asset without a fresh price counts nothing, whatever else it says.
    #[test]
    fn i_mar_17_stale_collateral_counts_nothing(w in world(128, false), a in book(128), asset in 0..4_u8) {
        let mut stale = w.clone();
        stale.assets[usize::from(asset)].price.fresh = false;
        let without = Book {
            collateral: a.collateral.iter().copied().filter(|c| c.asset != asset).collect(),
            ..a.clone()
        };
        let (got, expected) = (stale.assess(&a), w.assess(&without));
        prop_assert_eq!((got.equity, got.im, got.mm), (expected.equity, expected.im, expected.mm));
        let held = a.collateral.iter().any(|c| c.asset == asset && c.amount > 0);
        prop_assert_eq!(got.stale, held);
    }

    /// A perpetual at a stale price is valued and margined as at the same price fresh; only the flag differs.
    #[test]
    fn stale_perpetuals_keep_their_last_price(w in world(128, false), a in book(128)) {
        let mut stale = w.clone();
        stale.underlyings.iter_mut().for_each(|u| u.price.fresh = false);
        let (got, expected) = (stale.assess(&a), w.assess(&a));
        prop_assert_eq!((got.equity, got.im, got.mm), (expected.equity, expected.im, expected.mm));
    }

    /// I-LIV-7: any slots, any balances, any market: an answer or a refusal, never a panic.
    #[test]
    fn i_liv_7_anything_goes_in(
        cash: i128,
        slots in vec(any::<[u64; 4]>().prop_map(U256::from_limbs), 0..70),
        collateral in vec((any::<u8>(), any::<u128>()), 0..20),
        terms in vec((any::<u16>(), any::<u64>(), any::<u8>(), any::<u64>(), any::<u64>(), any::<u128>()), 0..4),
        assets in vec((any::<u8>(), any::<u16>(), any::<u8>(), any::<u64>(), any::<u64>(), any::<u128>()), 0..4),
    ) {
        let collateral = collateral.into_iter().map(|(asset, amount)| Collateral { asset, amount }).collect();
        let world = World {
            underlyings: terms.into_iter().map(|(number, lot, scenario_set, im_factor, mm_factor, price)| Underlying {
                number, terms: UnderlyingTerms { lot, scenario_set, im_factor, mm_factor }, price: fresh(price),
            }).collect(),
            assets: assets.into_iter().map(|(number, underlying, decimals, im_haircut, mm_haircut, price)| Asset {
                number, terms: AssetTerms { underlying, decimals, im_haircut, mm_haircut }, price: fresh(price),
            }).collect(),
        };
        for slot in &slots {
            let _ = (instrument_of(*slot), underlying_of(*slot));
        }
        let _ = world.try_assess(&Book { cash, collateral, legs: slots });
    }

    /// Splitting one position over venues and slots changes nothing at all.
    #[test]
    fn venues_net_exactly(w in world(100, true), sizes in vec(-1_000_000_i64..1_000_000, 1..20)) {
        let legs = (1..).zip(&sizes).filter(|(_, s)| **s != 0).map(|(v, s)| leg(v, 2, *s, 5)).collect();
        let many = w.assess(&Book { legs, ..Book::default() });
        let count = sizes.iter().filter(|s| **s != 0).count();
        let total: i64 = sizes.iter().sum();
        let mut legs = vec![];
        if total != 0 {
            legs.push(leg(1, 2, total, 0));
        }
        let one = w.assess(&Book { cash: -5 * count as i128, legs, ..Book::default() });
        prop_assert_eq!(many, one);
    }

    #[test]
    fn subsets_of_scenarios_never_need_more(set in 1..=2_u8, keep in subsequence((0..16).collect::<Vec<usize>>(), 0..16)) {
        let all = ScenarioSet::of(set).unwrap().scenarios;
        let worst = |list: &mut dyn Iterator<Item = usize>, delta: i64| {
            list.map(|i| -i64::from(all[i].shock) * i64::from(all[i].weight) * delta).fold(0, i64::max)
        };
        for delta in [1, -1] {
            prop_assert!(worst(&mut keep.iter().copied(), delta) <= worst(&mut (0..all.len()), delta));
        }
    }
}

// ---- against the model ------------------------------------------------------------------------------------

/// The cases of `model/margin.py`, exact rationals written from the method, bit for bit.
#[test]
fn the_rational_model_agrees() {
    let table = include_str!("data/margin.txt");
    let mut cases = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let mut next = || words.next().expect("a number");
        let cash = next().parse().unwrap();
        let list = |next: &mut dyn FnMut() -> &'static str, columns: usize| -> Vec<Vec<&str>> {
            let length: usize = next().parse().unwrap();
            (0..length)
                .map(|_| (0..columns).map(|_| next()).collect())
                .collect()
        };
        let price = |value: &str, is_fresh: &str| Price {
            value: value.parse().unwrap(),
            fresh: is_fresh == "1",
        };
        let underlyings = list(&mut next, 7)
            .iter()
            .map(|r| Underlying {
                number: r[0].parse().unwrap(),
                terms: UnderlyingTerms {
                    lot: r[1].parse().unwrap(),
                    scenario_set: r[2].parse().unwrap(),
                    im_factor: r[3].parse().unwrap(),
                    mm_factor: r[4].parse().unwrap(),
                },
                price: price(r[5], r[6]),
            })
            .collect();
        let assets = list(&mut next, 7)
            .iter()
            .map(|r| Asset {
                number: r[0].parse().unwrap(),
                terms: AssetTerms {
                    underlying: r[1].parse().unwrap(),
                    decimals: r[2].parse().unwrap(),
                    im_haircut: r[3].parse().unwrap(),
                    mm_haircut: r[4].parse().unwrap(),
                },
                price: price(r[5], r[6]),
            })
            .collect();
        let collateral = list(&mut next, 2)
            .iter()
            .map(|r| Collateral {
                asset: r[0].parse().unwrap(),
                amount: r[1].parse().unwrap(),
            })
            .collect();
        let legs = list(&mut next, 4)
            .iter()
            .map(|r| {
                leg(
                    r[0].parse().unwrap(),
                    r[1].parse().unwrap(),
                    r[2].parse().unwrap(),
                    r[3].parse().unwrap(),
                )
            })
            .collect();
        let assessed = World {
            underlyings,
            assets,
        }
        .assess(&Book {
            cash,
            collateral,
            legs,
        });
        let expected = next();
        let magnitude: U256 = expected.trim_start_matches('-').parse().unwrap();
        assert_eq!(assessed.equity.unsigned_abs(), magnitude, "{line}");
        assert_eq!(
            assessed.equity.is_negative(),
            expected.starts_with('-'),
            "{line}"
        );
        assert_eq!(assessed.im, next().parse::<U256>().unwrap(), "{line}");
        assert_eq!(assessed.mm, next().parse::<U256>().unwrap(), "{line}");
        assert_eq!(assessed.stale, next() == "1", "{line}");
        assert_eq!(words.next(), None);
        cases += 1;
    }
    assert_eq!(cases, 120);
}

// ---- by hand ----------------------------------------------------------------------------------------------

/// ETH at 2,000 with lots of 0.0001 and factors 1 and 0.75; BTC, thin set; USDC, WETH linked to ETH.
fn example() -> World {
    let terms = |lot, scenario_set| UnderlyingTerms {
        lot,
        scenario_set,
        im_factor: WAD,
        mm_factor: WAD / 4 * 3,
    };
    let asset = |number, underlying, decimals, im, mm, price| Asset {
        number,
        terms: AssetTerms {
            underlying,
            decimals,
            im_haircut: WAD / 100 * im,
            mm_haircut: WAD / 100 * mm,
        },
        price: fresh(price),
    };
    World {
        underlyings: vec![
            Underlying {
                number: 1,
                terms: terms(WAD / 10_000, 1),
                price: fresh(2_000 * ONE),
            },
            Underlying {
                number: 2,
                terms: terms(WAD / 100_000, 2),
                price: fresh(40_000 * ONE),
            },
        ],
        assets: vec![
            asset(0, 0, 6, 0, 0, ONE),
            asset(1, 1, 18, 10, 5, 2_000 * ONE),
            asset(2, 0, 8, 20, 10, 40_000 * ONE),
        ],
    }
}

/// The worked example of `docs/method.md`.
#[test]
fn worked_example_of_the_method() {
    // 5,000 cash; 3 WETH; short 5 ETH at one venue, long 1 at another, both entered at 2,100; long 0.5 BTC from 39,000.
    let book = Book {
        cash: (5_000 * ONE).cast_signed(),
        collateral: vec![Collateral {
            asset: 1,
            amount: 3 * ONE,
        }],
        legs: vec![
            leg(1, 1, -50_000, -(10_500 * ONE).cast_signed()),
            leg(2, 1, 10_000, (2_100 * ONE).cast_signed()),
            leg(1, 2, 50_000, (19_500 * ONE).cast_signed()),
        ],
    };
    let a = example().assess(&book);
    // 5,000 + 6,000 + (−4 · 2,000 + 8,400) + (0.5 · 40,000 − 19,500)
    assert_eq!(equity(&a), (11_900 * ONE).cast_signed());
    // ETH: delta 6,000 − 8,000 = −2,000, up 16 %: 320. BTC: 20,000 down 30 %: 6,000. Haircut 10 % of 6,000.
    assert_eq!(a.im, U256::from((320 + 6_000 + 600) * ONE));
    assert_eq!(a.mm, U256::from((240 + 4_500 + 300) * ONE));
    assert!(!a.stale && a.is_healthy() && !a.is_liquidatable());
}

/// I-RND-1: each direction, at the unit. Flipping any one fails here.
#[test]
fn i_rnd_1_every_direction_at_the_unit() {
    let mut w = example();
    // A lot of 1e-18 at 1.5: one lot is worth 1.5 units.
    w.underlyings[0].terms.lot = 1;
    w.underlyings[0].price = fresh(ONE + ONE / 2);
    let only = |size| {
        w.assess(&Book {
            legs: vec![leg(1, 1, size, 0)],
            ..Book::default()
        })
    };
    assert_eq!(equity(&only(1)), 1, "an asset, down");
    assert_eq!(equity(&only(-1)), -2, "a debt, up");
    assert_eq!(only(1).im, U256::from(1), "⌈0.16 · 2⌉");
    // 7 lots: 10.5 units; 16 % of 11 is 1.76, of 10 is 1.6: both 2. 63 lots: 94.5; 16 % of 95 is 15.2, of 94 15.04.
    assert_eq!(only(63).im, U256::from(16), "a requirement, up");
    assert_eq!(only(63).mm, U256::from(12), "⌈0.75 · 16⌉");
    // 25 lots: 37.5 units. 16 % of 38 is 6.08, of 37 is 5.92: the end that loses more, 7.
    assert_eq!(
        only(25).im,
        U256::from(7),
        "a delta's upper end when falling"
    );
    assert_eq!(only(-25).im, U256::from(7), "and its lower end when rising");
    // Collateral of 8 decimals at 40,000.0000000001: 1 token unit is 400,000,000,000,001 units, exactly .
    w.assets[2].price = fresh(40_000 * ONE + 50_000_000);
    let held = w.assess(&Book {
        collateral: vec![Collateral {
            asset: 2,
            amount: 1,
        }],
        ..Book::default()
    });
    assert_eq!(
        equity(&held),
        400_000_000_000_000,
        "half a unit of collateral, down"
    );
    assert_eq!(
        held.im,
        U256::from(80_000_000_000_001_u64),
        "its haircut on the value rounded up, and up"
    );
    assert_eq!(held.mm, U256::from(40_000_000_000_001_u64));
    // More than 18 decimals are divided away in two steps, each down: 0.999999999999999999999999 of a token at 1e-18.
    w.assets[2].terms.decimals = 24;
    w.assets[2].price = fresh(1);
    let dust = Collateral {
        asset: 2,
        amount: 10_u128.pow(24) - 1,
    };
    let held = w.assess(&Book {
        collateral: vec![dust],
        ..Book::default()
    });
    assert_eq!((equity(&held), held.im), (0, U256::from(1)));
    // Linked collateral that hedges a short exactly but for its half unit: 1 unit of delta either way.
    w.assets[1].price = fresh(ONE + ONE / 2);
    let hedged = w.assess(&Book {
        collateral: vec![Collateral {
            asset: 1,
            amount: 25,
        }],
        legs: vec![leg(1, 1, -25, 0)],
        ..Book::default()
    });
    assert_eq!(equity(&hedged), -1);
    assert_eq!(hedged.im, U256::from(1 + 4), "⌈0.16 · 1⌉ + ⌈0.1 · 38⌉");
}

/// The largest everything: nothing overflows, nothing is out of range.
#[test]
fn i_rnd_4_the_largest_portfolio_has_an_answer() {
    for (price, lot, decimals) in [
        (MAX_PRICE, u64::MAX, 0),
        (MAX_PRICE, u64::MAX, 24),
        (0, 1, 24),
        (1, 1, 24),
    ] {
        let terms = UnderlyingTerms {
            lot,
            scenario_set: 2,
            im_factor: MAX_FACTOR,
            mm_factor: MAX_FACTOR,
        };
        let w = World {
            underlyings: (1..=8)
                .map(|number| Underlying {
                    number,
                    terms,
                    price: fresh(price),
                })
                .collect(),
            assets: (0..16)
                .map(|number| Asset {
                    number,
                    terms: AssetTerms {
                        underlying: 1,
                        decimals,
                        im_haircut: WAD - 1,
                        mm_haircut: WAD - 1,
                    },
                    price: fresh(price),
                })
                .collect(),
        };
        for (size, quote, cash) in [
            (i64::MAX, i128::MIN, i128::MAX),
            (i64::MIN, i128::MAX, i128::MIN),
            (i64::MIN, i128::MIN, i128::MIN),
            (1, i128::MAX, 0),
        ] {
            for underlyings in [1, 8] {
                let legs = (0..64)
                    .map(|i| leg(i + 1, i % underlyings + 1, size, quote))
                    .collect();
                for amount in [0, 1, u128::MAX] {
                    let collateral = (0..16).map(|asset| Collateral { asset, amount }).collect();
                    let a = w.assess(&Book {
                        cash,
                        collateral,
                        legs: Vec::clone(&legs),
                    });
                    assert!(a.im >= a.mm && !a.stale);
                }
            }
        }
    }
}

#[test]
fn what_is_not_known_is_stale_and_worth_nothing() {
    let w = example();
    let book = Book {
        cash: 7,
        collateral: vec![Collateral {
            asset: 9,
            amount: 5,
        }],
        legs: vec![leg(1, 9, 5, 3)],
    };
    let a = w.assess(&book);
    assert_eq!(
        (equity(&a), a.im, a.mm, a.stale),
        (4, U256::ZERO, U256::ZERO, true)
    );
    let nothing = w.assess(&Book::default());
    assert_eq!(
        (equity(&nothing), nothing.im, nothing.stale),
        (0, U256::ZERO, false)
    );
    // A balance of nothing rests on no price.
    let empty = Book {
        collateral: vec![Collateral {
            asset: 9,
            amount: 0,
        }],
        ..Book::default()
    };
    assert!(!w.assess(&empty).stale);
}

#[test]
fn what_is_no_portfolio_is_refused() {
    let w = example();
    let refuse = |book: Book| w.try_assess(&book).unwrap_err();
    let legs = |n: u16, of: &dyn Fn(u16) -> U256| Book {
        legs: (1..=n).map(of).collect(),
        ..Book::default()
    };
    assert_eq!(
        refuse(legs(65, &|v| leg(v, 1, 1, 0))),
        Refusal::TooManySlots(65)
    );
    assert!(w.try_assess(&legs(64, &|v| leg(v, 1, 1, 0))).is_ok());
    assert_eq!(MAX_UNDERLYINGS, 8);
    assert!(w.try_assess(&legs(8, &|u| leg(1, u, 1, 0))).is_ok());
    assert_eq!(
        refuse(legs(9, &|u| leg(1, u, 1, 0))),
        Refusal::TooManyUnderlyings
    );
    let balances = |n| Book {
        collateral: vec![
            Collateral {
                asset: 0,
                amount: 1
            };
            n
        ],
        ..Book::default()
    };
    assert!(w.try_assess(&balances(16)).is_ok());
    assert_eq!(refuse(balances(17)), Refusal::TooManyAssets(17));
    let good = leg(1, 1, 1, 0);
    let with = |slot: U256| Book {
        legs: vec![good, slot],
        ..Book::default()
    };
    assert_eq!(refuse(with(U256::ZERO)), Refusal::NotALeg(1));
    assert_eq!(refuse(with(leg(1, 1, 0, 5))), Refusal::NotALeg(1));
    assert_eq!(refuse(with(leg(0, 1, 1, 0))), Refusal::NotALeg(1));
    let future = InstrumentId(InstrumentId::perpetual(1, 1).0 | 1 << 94 | 20_000 << 78);
    let future = PerpLeg {
        instrument: future,
        size: 1,
        quote: 0,
    }
    .encode();
    assert_eq!(refuse(with(future)), Refusal::UnsupportedKind(1));
    assert_eq!(
        instrument_of(future).0,
        InstrumentId::perpetual(1, 1).0 | 1 << 94 | 20_000 << 78
    );
    // A call at 1: its size lies in the low bits of the half slot.
    let call = InstrumentId::perpetual(1, 1).0 | 2 << 94 | 20_000 << 78 | ((1 << 4) | 8) << 54;
    let slot = U256::from(call | 3) << 128;
    assert_eq!(refuse(with(slot)), Refusal::UnsupportedKind(1));
    assert_eq!(instrument_of(slot).0, call);
    assert_eq!(underlying_of(slot), 1);
}

#[test]
fn collateral_of_sixteen_underlyings_beside_legs_on_eight() {
    // What the vault can hold: deposits are not assessed, so they must not be able to make an account unassessable.
    let mut w = World::default();
    let terms = example().underlyings[0].terms;
    w.underlyings = (1..=24)
        .map(|number| Underlying {
            number,
            terms,
            price: fresh(ONE),
        })
        .collect();
    w.assets = (0..16)
        .map(|number| Asset {
            number,
            terms: AssetTerms {
                underlying: u16::from(number) + 9,
                decimals: 18,
                im_haircut: 0,
                mm_haircut: 0,
            },
            price: fresh(ONE),
        })
        .collect();
    let book = Book {
        cash: 0,
        collateral: (0..16)
            .map(|asset| Collateral {
                asset,
                amount: 100 * ONE,
            })
            .collect(),
        legs: (1..=8).map(|u| leg(1, u, 1_000_000, 0)).collect(),
    };
    let a = w.assess(&book);
    assert_eq!(a.im, U256::from((8 + 16) * 16 * ONE));
}

#[test]
fn i_mar_5_the_sets_are_what_they_say() {
    for (number, worst) in [(1, 1_600_000), (2, 3_000_000)] {
        let set = ScenarioSet::of(number).unwrap().scenarios;
        assert_eq!(
            (set[0].shock, set[0].weight),
            (0, 10_000),
            "the identity first"
        );
        let slopes = |side: i64| {
            set.iter()
                .map(move |s| side * i64::from(s.shock) * i64::from(s.weight))
                .max()
                .unwrap()
        };
        assert_eq!((slopes(-1), slopes(1)), (worst, worst));
        for s in set {
            assert!(s.shock > -1_000 && (1..=10_000).contains(&s.weight));
            assert_eq!(s.shock_wad(), i128::from(s.shock) * 1_000_000_000_000_000);
            assert_eq!(s.weight_wad(), u128::from(s.weight) * 100_000_000_000_000);
        }
        let inner = if number == 1 {
            [40, 80, 120, 160]
        } else {
            [75, 150, 225, 300]
        };
        for shock in inner.into_iter().flat_map(|s| [s, -s]) {
            let node = set
                .iter()
                .find(|s| s.shock == shock)
                .expect("a node of the grid");
            assert_eq!(node.weight, 10_000);
        }
        let tails: Vec<_> = set
            .iter()
            .filter(|s| s.weight < 10_000)
            .map(|s| (s.shock, s.weight))
            .collect();
        let expected: &[(i16, u16)] = if number == 1 {
            &[
                (-330, 4_800),
                (500, 3_200),
                (-660, 2_400),
                (1_000, 1_600),
                (2_000, 800),
                (3_000, 533),
                (4_000, 400),
                (5_000, 320),
            ]
        } else {
            &[
                (-660, 4_500),
                (1_000, 3_000),
                (-900, 3_300),
                (2_000, 1_500),
                (3_000, 1_000),
                (4_000, 750),
                (5_000, 600),
            ]
        };
        assert_eq!(tails, expected);
        assert_eq!(set.len(), 1 + 8 + expected.len());
        let unique: std::collections::BTreeSet<_> = set.iter().map(|s| s.shock).collect();
        assert_eq!(unique.len(), set.len());
        assert!(set.len() <= 64);
    }
    assert!(ScenarioSet::of(0).is_none() && ScenarioSet::of(3).is_none());
}

#[test]
fn i_par_1_terms_are_checked_as_a_set() {
    let good = UnderlyingTerms {
        lot: 1,
        scenario_set: 1,
        im_factor: WAD,
        mm_factor: WAD,
    };
    assert_eq!(good.check(), Ok(()));
    let refused = |terms: UnderlyingTerms| terms.check().unwrap_err();
    assert_eq!(
        refused(UnderlyingTerms { lot: 0, ..good }),
        TermsRefusal::ZeroLot
    );
    assert_eq!(
        refused(UnderlyingTerms {
            scenario_set: 0,
            ..good
        }),
        TermsRefusal::ScenarioSet
    );
    assert_eq!(
        refused(UnderlyingTerms {
            scenario_set: 3,
            ..good
        }),
        TermsRefusal::ScenarioSet
    );
    for factor in [0, MIN_FACTOR - 1, MAX_FACTOR + 1, u64::MAX] {
        let expected = TermsRefusal::FactorOutOfRange(factor);
        assert_eq!(
            refused(UnderlyingTerms {
                im_factor: factor,
                ..good
            }),
            expected
        );
        assert_eq!(
            refused(UnderlyingTerms {
                mm_factor: factor,
                ..good
            }),
            expected
        );
    }
    for factor in [MIN_FACTOR, MAX_FACTOR] {
        assert_eq!(
            UnderlyingTerms {
                im_factor: factor,
                mm_factor: factor,
                ..good
            }
            .check(),
            Ok(())
        );
    }
    let crossed = UnderlyingTerms {
        mm_factor: WAD + 1,
        ..good
    };
    assert_eq!(refused(crossed), TermsRefusal::InitialBelowMaintenance);
    let good = AssetTerms {
        underlying: 0,
        decimals: 24,
        im_haircut: WAD - 1,
        mm_haircut: WAD - 1,
    };
    assert_eq!(good.check(), Ok(()));
    let refused = |terms: AssetTerms| terms.check().unwrap_err();
    assert_eq!(
        refused(AssetTerms {
            decimals: 25,
            ..good
        }),
        TermsRefusal::Decimals
    );
    assert_eq!(
        refused(AssetTerms {
            im_haircut: WAD,
            ..good
        }),
        TermsRefusal::Haircut
    );
    assert_eq!(
        refused(AssetTerms {
            im_haircut: 0,
            ..good
        }),
        TermsRefusal::InitialBelowMaintenance
    );
}

#[test]
fn the_mark_of_a_perpetual_is_the_spot() {
    let spot = fresh(5);
    let perpetual = InstrumentId::perpetual(1, 1);
    assert_eq!(mark(perpetual, spot), Some(spot));
    assert_eq!(mark(InstrumentId(perpetual.0 | 1), spot), None);
    assert_eq!(
        mark(InstrumentId(perpetual.0 | 1 << 94 | 20_000 << 78), spot),
        None
    );
}

/// Two accounts that offset: what portfolio margin is for.
#[test]
fn a_hedge_at_another_venue_and_in_spot_counts() {
    let w = example();
    let long = Book {
        legs: vec![leg(1, 1, 10_000, 0)],
        ..Book::default()
    };
    let short = Book {
        legs: vec![leg(2, 1, -10_000, 0)],
        ..Book::default()
    };
    let spot = Book {
        collateral: vec![Collateral {
            asset: 1,
            amount: ONE,
        }],
        ..Book::default()
    };
    let requirement = |book: &Book| w.assess(book).im;
    assert_eq!(requirement(&long), U256::from(320 * ONE));
    assert_eq!(requirement(&short), U256::from(320 * ONE));
    assert_eq!(requirement(&long.merge(&short).unwrap()), U256::ZERO);
    // 16 % and the haircut of 10 %; hedged, the haircut alone.
    assert_eq!(requirement(&spot), U256::from((320 + 200) * ONE));
    assert_eq!(
        requirement(&spot.merge(&short).unwrap()),
        U256::from(200 * ONE)
    );
    let (a, b) = (w.assess(&spot), w.assess(&short));
    assert_eq!(
        sum(a.equity, b.equity),
        equity(&w.assess(&spot.merge(&short).unwrap()))
    );
}
