//! Stored surfaces: words, checks, what is refused.
use super::*;
use crate::{
    fixed::{ONE_Q62, Round, to_wad},
    num::{WAD, mul_div_floor},
    portfolio::market::{MAX_PRICE, YEAR},
};
use proptest::prelude::*;
use std::vec::Vec;

const DAY: u16 = 20_000;
const EXPIRY: u64 = expiry_seconds(DAY);

fn days(list: &[u16]) -> Days {
    let mut days = [0; MAX_DAYS];
    days[..list.len()].copy_from_slice(list);
    Days(days)
}

fn listed(days: Days) -> Vec<u16> {
    days.as_slice().to_vec()
}

#[test]
fn words_are_laid_out_as_documented() {
    let record = Record {
        day: 0x1234,
        ratio: 7,
        fixed: 5,
        discount: 3,
        surface: Svi {
            a: -1,
            b: 2,
            rho: -3,
            m: 4,
            sigma: 6,
        },
        fresh: true,
        updated_at: 9,
    };
    let at = |value: u64, shift: usize| U256::from(value) << shift;
    assert_eq!(
        record.encode(),
        [
            at(7, 128) | at(5, 0),
            at(u64::MAX, 192) | at(2, 128) | at(u64::MAX - 2, 64) | at(4, 0),
            at(6, 192) | at(3, 128) | at(9, 64) | at(0x1234, 48) | at(1, 0),
        ]
    );
    let never = Record::decode(&[U256::ZERO; 3]);
    assert_eq!((never.updated_at, never.fresh), (0, false));
}

/// I-ORA-1: an observation of exactly the greatest age is fresh.
#[test]
fn i_ora_1_freshness_ends_at_the_threshold() {
    let at = |updated_at| Stamp {
        day: DAY,
        updated_at,
    };
    let now = EXPIRY - 10_000;
    for (age, fresh) in [(0, true), (600, true), (601, false)] {
        assert_eq!(at(now - age).is_fresh(600, now), fresh, "{age}");
    }
    assert!(!at(now + 1).is_fresh(600, now), "from the future");
    assert!(!at(0).is_fresh(u32::MAX, 1), "never pushed");
    let none = Stamp {
        day: 0,
        updated_at: 0,
    };
    assert!(!none.is_fresh(u32::MAX, 0) && !none.is_settled());
    // What was observed before expiry is not fresh from then on; what was observed from then on is final.
    assert!(at(EXPIRY - 1).is_fresh(600, EXPIRY - 1));
    assert!(!at(EXPIRY - 1).is_fresh(600, EXPIRY));
    assert!(!at(EXPIRY - 1).is_settled() && at(EXPIRY).is_settled());
    assert!(at(EXPIRY).is_fresh(1, u64::MAX));
}

/// I-ORA-6: a settlement price is taken only after expiry, and nothing else is.
#[test]
fn i_ora_6_a_forward_fits_its_moment() {
    use ForwardError::{NotLive, NotSettlement, OutOfRange};
    let check = |ratio, fixed, observed_at, now| check_forward(DAY, ratio, fixed, observed_at, now);
    let live = EXPIRY - SETTLEMENT_WINDOW - 1;
    assert_eq!(check(5, 0, live, live), Ok(()));
    assert_eq!(check(0, 0, live, live), Err(OutOfRange));
    assert_eq!(check(u64::MAX, 0, live, live), Ok(()));
    assert_eq!(check(1, MAX_PRICE + 1, live, live), Err(OutOfRange));
    assert_eq!(check(1, u128::MAX, live, live), Err(OutOfRange));
    assert_eq!(check(1, MAX_PRICE, live + 1, live + 1), Ok(()));
    assert_eq!(check(5, 1, live, live), Err(NotLive));
    assert_eq!(check(0, 5, live, live), Err(NotLive));
    assert_eq!(check(5, 1, live, live + 1), Err(NotLive), "observed before");
    assert_eq!(check(5, 1, live + 1, live + 1), Ok(()));
    assert_eq!(check(5, 0, live + 1, live + 1), Ok(()));
    assert_eq!(check(0, 5, EXPIRY - 1, EXPIRY - 1), Err(NotLive));
    assert_eq!(check(0, 5, EXPIRY - 1, EXPIRY), Err(NotSettlement));
    assert_eq!(check(5, 0, EXPIRY, EXPIRY), Err(NotSettlement));
    assert_eq!(check(1, 5, EXPIRY, EXPIRY), Err(NotSettlement));
    assert_eq!(check(0, 5, EXPIRY, EXPIRY), Ok(()));
    assert_eq!(check(0, 5, EXPIRY + 9, EXPIRY + 9), Ok(()));
}

#[test]
fn a_settlement_is_within_a_factor_of_spot() {
    let start = EXPIRY - SETTLEMENT_WINDOW;
    assert!(!in_window(DAY, start - 1) && in_window(DAY, start) && in_window(DAY, EXPIRY));
    assert!(!in_window(0, 0) && in_window(0, u64::MAX));
    assert_eq!(settlement_range(16), (2, 128));
    assert_eq!(settlement_range(17), (3, 136));
    assert_eq!(settlement_range(1), (1, 8));
    assert_eq!(settlement_range(u128::MAX), (1 << 125, u128::MAX));
}

#[test]
fn discounts_are_above_zero_and_at_most_one() {
    assert_eq!(discount_from_wad(0), None);
    assert_eq!(discount_from_wad(1), Some(4));
    assert_eq!(discount_from_wad(1_000_000_000_000_000_000), Some(ONE_Q62));
    assert_eq!(discount_from_wad(1_000_000_000_000_000_001), None);
    assert_eq!(discount_from_wad(u64::MAX), None);
}

#[test]
fn a_full_list_lets_go_of_the_past_only() {
    let full: Vec<u16> = (0..16).map(|i| DAY + i * 2).collect();
    let list = days(&full);
    // The first expires later than now.
    assert_eq!(list.insert(DAY + 1, EXPIRY - 1), None);
    assert_eq!(list.insert(DAY + 2, EXPIRY - 1), Some(list));
    let after = listed(list.insert(DAY + 3, EXPIRY).unwrap());
    let mut expected = full;
    expected.remove(0);
    expected.insert(1, DAY + 3);
    assert_eq!(after, expected);
}

/// The nearest expiry counts up to two days away, that second included, and not at its own.
#[test]
fn near_is_after_now_and_two_days_at_most() {
    let list = days(&[DAY, DAY + 1, DAY + 9]);
    assert_eq!(list.near(EXPIRY - POCKET_HORIZON - 1), None);
    assert_eq!(list.near(EXPIRY - POCKET_HORIZON), Some(DAY));
    assert_eq!(list.near(EXPIRY - 1), Some(DAY));
    assert_eq!(list.near(EXPIRY), Some(DAY + 1));
    assert_eq!(list.near(EXPIRY + 86_400), None);
    assert_eq!(Days::default().near(0), None);
}

#[test]
fn neighbours_are_alive() {
    let list = days(&[DAY, DAY + 2, DAY + 4]);
    assert_eq!(list.neighbours(DAY + 2, 0), (Some(DAY), Some(DAY + 4)));
    assert_eq!(list.neighbours(DAY + 3, 0), (Some(DAY + 2), Some(DAY + 4)));
    assert_eq!(list.neighbours(DAY + 2, EXPIRY), (None, Some(DAY + 4)));
    assert_eq!(list.neighbours(DAY + 5, 0), (Some(DAY + 4), None));
    assert_eq!(list.neighbours(DAY - 1, 0), (None, Some(DAY)));
}

fn any_record() -> impl Strategy<Value = Record> {
    let svi: [fn() -> proptest::num::i64::Any; 5] = [|| proptest::num::i64::ANY; 5];
    (
        any::<(u16, u64, u128, i64, bool, u64)>(),
        svi.map(|any| any()),
    )
        .prop_map(
            |((day, ratio, fixed, discount, fresh, updated_at), [a, b, rho, m, sigma])| Record {
                day,
                ratio,
                fixed,
                discount,
                surface: Svi {
                    a,
                    b,
                    rho,
                    m,
                    sigma,
                },
                fresh,
                updated_at,
            },
        )
}

/// A record that was pushed at this time, with this ratio and fixed part.
fn pushed(updated_at: u64, ratio: u64, fixed: u128) -> Record {
    Record {
        day: DAY,
        ratio,
        fixed,
        discount: ONE_Q62,
        surface: Svi {
            a: 1,
            b: 2,
            rho: 3,
            m: 4,
            sigma: 5,
        },
        fresh: true,
        updated_at,
    }
}

/// H-1: what is stored follows spot, and time fixes what the window fixes.
#[test]
fn h_1_a_forward_follows_spot_and_the_window_fixes_it() {
    const ONE: u128 = 1_000_000_000_000_000_000;
    let at = |record: Record, spot: u128, now| {
        let live = record.live(Some(spot * ONE), now).unwrap();
        assert_eq!((live.day, live.discount, live.fresh), (DAY, ONE_Q62, true));
        assert_eq!(live.surface, record.surface);
        (live.variable, live.fixed)
    };
    let start = EXPIRY - SETTLEMENT_WINDOW;
    let early = pushed(start - 300, 1_005_000_000_000_000_000, 0);
    assert_eq!(at(early, 2_000, start - 300), (2_010 * ONE, 0));
    assert_eq!(
        at(early, 2_140, start - 1),
        (2_150_700_000_000_000_000_000, 0)
    );
    // Observed before the window: fixed from its begin on.
    assert_eq!(at(early, 2_000, start), (2_010 * ONE, 0));
    assert_eq!(at(early, 2_000, start + 600), (1_340 * ONE, 670 * ONE));
    assert_eq!(at(early, 2_000, EXPIRY), (0, 2_010 * ONE));
    // Observed in it: from the observation on.
    let late = pushed(start + 900, 500_000_000_000_000_000, 1_000 * ONE);
    assert_eq!(at(late, 2_000, start + 900), (1_000 * ONE, 1_000 * ONE));
    assert_eq!(at(late, 2_200, start + 900), (1_100 * ONE, 1_000 * ONE));
    assert_eq!(
        at(late, 2_200, start + 1_200),
        (733_333_333_333_333_333_333, 1_366_666_666_666_666_666_667)
    );
    assert_eq!(at(late, 2_200, EXPIRY - 1).0, 1_222_222_222_222_222_222);
    assert_eq!(at(late, 2_200, EXPIRY + 9), (0, 2_100 * ONE));
    // Settled: no spot is needed. Not known, or never pushed: there is no forward.
    let settled = pushed(EXPIRY, 0, 7 * ONE);
    let live = settled.live(None, EXPIRY + 1).unwrap();
    assert_eq!((live.variable, live.fixed), (0, 7 * ONE));
    assert_eq!(late.live(None, EXPIRY + 1), None);
    assert_eq!(pushed(0, 0, 0).live(Some(ONE), 5), None);
    // Rounded down.
    assert_eq!(early.live(Some(199), start - 1).unwrap().variable, 199);
}

/// H-5: an expiry settles at the mean of seven prices, from the begin of its window to its expiry.
#[test]
fn h_5_an_expiry_settles_at_seven_points() {
    let points = settlement_points(DAY);
    assert_eq!((points[0], points[6]), (EXPIRY - SETTLEMENT_WINDOW, EXPIRY));
    assert!(points.windows(2).all(|pair| pair[1] - pair[0] == 300));
    assert_eq!(settlement_price(&[1, 1, 1, 1, 1, 1, 7]), 1);
    assert_eq!(settlement_price(&[1, 1, 1, 1, 1, 1, 8]), 2);
    let most = crate::price::MAX_FEED_PRICE;
    assert_eq!(settlement_price(&[most; SETTLEMENT_POINTS]), most);
}

/// I-ORA-9, R-2: bounds on ratios and rates, at their thresholds.
#[test]
fn r_2_ratios_and_rates_have_bounds() {
    const ONE: u64 = 1_000_000_000_000_000_000;
    let start = EXPIRY - SETTLEMENT_WINDOW;
    let fifth = ONE / 5;
    assert_eq!(ratio_range(DAY, start - 1, fifth), (fifth * 4, fifth * 6));
    assert_eq!(ratio_range(DAY, start, fifth), (0, fifth * 6));
    assert_eq!(ratio_range(DAY, start + 900, fifth), (0, fifth * 3));
    assert_eq!(
        ratio_range(DAY, EXPIRY - 1, fifth),
        (0, 666_666_666_666_666)
    );
    assert_eq!(ratio_range(DAY, EXPIRY, fifth), (0, 0));
    assert_eq!(ratio_range(DAY, 0, ONE), (0, 2 * ONE));
    assert_eq!(whole_ratio(DAY, 7, start - 1), 7);
    assert_eq!(whole_ratio(DAY, fifth, start + 900), u128::from(2 * fifth));
    assert_eq!(whole_ratio(DAY, 7, EXPIRY), 0);
    assert_eq!((ratio_limit(0, 9), rate_limit(0, 9)), (None, None));
    assert_eq!(ratio_limit(2_000, 90), Some(3_000_000_000_000_000));
    assert_eq!(rate_limit(20_000, 90), Some(500_000_000_000_000));
    assert_eq!(ratio_limit(1, 59), Some(983_333_333_333));
    assert!(ratio_limit(u16::MAX, u64::MAX).unwrap() > 1 << 64);

    assert_eq!(discount_rate(DAY, ONE_Q62, 0), 0);
    let year = EXPIRY - YEAR;
    // ln 0.95 = -0.0512932943875505334, ln 0.97 = -0.0304592074847085459
    for (wad, rate) in [
        (950_000_000_000_000_000, 51_293_294_387_550_533_u128),
        (970_000_000_000_000_000, 30_459_207_484_708_545),
    ] {
        let found = discount_rate(DAY, discount_from_wad(wad).unwrap(), year);
        assert!(found.abs_diff(rate) < 200, "{found}");
    }
    // A day at the least, also after expiry.
    let near = discount_from_wad(999_000_000_000_000_000).unwrap();
    let day = discount_rate(DAY, near, EXPIRY - 86_400);
    assert_eq!(discount_rate(DAY, near, EXPIRY - 1), day);
    assert_eq!(discount_rate(DAY, near, EXPIRY + 9), day);
    assert!(day < MAX_RATE && discount_rate(DAY, near, EXPIRY - 172_800) < day);
    assert!(discount_rate(DAY, discount_from_wad(1).unwrap(), EXPIRY - 86_400) > MAX_RATE);
    assert!(discount_rate(DAY, 0, EXPIRY) > MAX_RATE);
}

proptest! {
    #[test]
    fn a_record_is_its_words(record in any_record()) {
        let words = record.encode();
        prop_assert_eq!(Record::decode(&words), record);
        prop_assert_eq!(Stamp::of(&words[2]), record.stamp());
        let mut stored = record;
        stored.fresh = false;
        let mut fresh = record;
        fresh.fresh = true;
        let [_, _, last] = stored.encode();
        prop_assert_eq!(with_fresh(&last), fresh.encode()[2]);
        prop_assert_eq!(last.as_limbs()[0] & ((1 << 48) - 1), 0, "stored with zeros");
    }

    #[test]
    fn any_words_are_read(words: [[u64; 4]; 3], max_age: u32, now: u64) {
        let words = words.map(U256::from_limbs);
        let record = Record::decode(&words);
        let _ = (record.stamp().is_settled(), record.stamp().is_fresh(max_age, now));
        prop_assert_eq!(record.encode()[1], words[1]);
    }

    /// Both parts together are the stored fixed part and ratio times spot, at any time; the moving one never grows with time.
    #[test]
    fn h_1_the_whole_forward_is_ratio_times_spot(
        record in any_record(), spot in 1..=MAX_PRICE, now: u64, later: u64,
    ) {
        let mut record = record;
        record.fixed %= MAX_PRICE;
        record.updated_at = record.updated_at.max(1);
        let expiry = expiry_seconds(record.day);
        let [now, later] = [now, later].map(|t| expiry - 20_000 + t % 40_000);
        let whole = mul_div_floor(spot, record.ratio.into(), WAD.into()).unwrap();
        let live = record.live(Some(spot), now).unwrap();
        prop_assert_eq!(live.variable + live.fixed, whole + record.fixed);
        let after = record.live(Some(spot), now.max(later)).unwrap();
        prop_assert!(after.variable <= live.variable);
        if now >= expiry {
            prop_assert_eq!(live.variable, 0);
        }
    }

    #[test]
    fn any_list_is_read_and_stays_ascending(
        word: [u64; 4], inserts in prop::collection::vec((DAY - 40..DAY + 40, 0..60_u64), 0..60),
    ) {
        let any = Days::from_word(U256::from_limbs(word));
        let _ = (any.near(word[0]), any.neighbours(word[1] as u16, word[2]), any.insert(1, word[3]));
        let mut list = Days::default();
        for (day, hours) in inserts {
            let now = EXPIRY - 40 * 86_400 + hours * 86_400;
            let before = listed(list);
            match list.insert(day, now) {
                Some(next) => {
                    let after = listed(next);
                    prop_assert!(after.contains(&day) && after.windows(2).all(|w| w[0] < w[1]));
                    // At most one is gone, the earliest, and it was past.
                    let gone: Vec<_> = before.iter().filter(|d| !after.contains(d)).collect();
                    prop_assert!(gone.len() <= 1);
                    prop_assert!(gone.iter().all(|d| **d == before[0] && expiry_seconds(**d) <= now));
                    list = next;
                }
                None => prop_assert!(before.len() == MAX_DAYS && expiry_seconds(before[0]) > now),
            }
            prop_assert_eq!(Days::from_word(list.to_word()), list);
        }
    }

    /// What is shown of a discount is what was pushed.
    #[test]
    fn a_discount_comes_back(wad in 1..=1_000_000_000_000_000_000_u64) {
        let discount = discount_from_wad(wad).unwrap();
        prop_assert_eq!(to_wad::<62>(discount, Round::Ceil), i128::from(wad));
    }
}
