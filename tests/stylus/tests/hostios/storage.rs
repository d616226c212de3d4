//! Storage, and its cache.

use super::*;

const KEY: u32 = 0;
const VALUE: u32 = 32;

#[test]
fn a_slot_is_bought_once() {
    let mut host = TestHost::default();
    host.storage.insert(B256::ZERO, word(9));
    // cold: 2100 + 5; warm, in a later frame: 100 + 5
    assert_eq!(
        on(&mut host, "storage_load_bytes32", &[KEY, VALUE], false),
        18_480 + 21_050_000
    );
    assert_eq!(
        on(&mut host, "storage_load_bytes32", &[KEY, VALUE], false),
        18_480 + 1_050_000
    );
    let load = format!("i32.const {KEY} i32.const {VALUE} call $storage_load_bytes32 ");
    assert_eq!(result(&mut host, "", &load, VALUE, 32)[..], word(9)[..]);
    // twice in one frame: the second is only ink
    let two = program("", &(load.repeat(2) + "i32.const 0"));
    let one = program("", &(load + "i32.const 0"));
    let second = ink_on(&mut host, &two) - ink_on(&mut host, &one);
    assert_eq!(second, 2_450 + 2 + 3_800 + 18_480);
    assert_eq!(host.loads.len(), 5);
}

/// Gas of the `n`th access of a frame that goes to `access`, all to one slot known already.
fn tier(access: &str, n: usize) -> u64 {
    let mut host = TestHost::default();
    let know = format!("i32.const {KEY} i32.const {VALUE} call ${access} ");
    let cost = |host: &mut TestHost, times: usize| {
        ink_on(host, &program("", &(know.repeat(times) + "i32.const 0")))
    };
    // the first run makes the slot warm
    cost(&mut host, 1);
    let step = cost(&mut host, n) - cost(&mut host, n - 1);
    let free = 2_450 + 2 + 3_800 + 18_480;
    (step - free) / 10_000
}

#[test]
fn reads_come_in_tiers() {
    for (n, gas) in [(2, 0), (32, 0), (33, 2), (128, 2), (129, 10), (200, 10)] {
        assert_eq!(tier("storage_load_bytes32", n), gas, "{n}");
    }
}

#[test]
fn writes_come_in_tiers() {
    for (n, gas) in [(2, 0), (8, 0), (9, 7), (64, 7), (65, 10), (100, 10)] {
        assert_eq!(tier("storage_cache_bytes32", n), gas, "{n}");
    }
}

#[test]
fn a_write_is_free_but_for_ink_until_it_is_flushed() {
    let mut host = TestHost {
        store_cost: 20_000,
        ..TestHost::default()
    };
    assert_eq!(
        on(&mut host, "storage_cache_bytes32", &[KEY, VALUE], false),
        18_480
    );
    assert!(
        host.stores.is_empty() && host.storage.is_empty(),
        "the end of a frame writes nothing"
    );

    let rest = data(VALUE, word(5).as_slice());
    let body = format!(
        "i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32
         i32.const 0 call $storage_flush_cache"
    );
    let ink = hostio(&mut host, &rest, &body, 3);
    // one call more than `hostio` reckons with
    assert_eq!(ink, 18_480 + (2_450 + 3_800) + 68_073 + 200_000_000);
    assert_eq!(host.storage[&B256::ZERO], word(5));
    // the host hears of one gas more than there is
    let before = GAS * 10_000 - (2_450 + 2 + 3_800 + 18_480) - (2_450 + 1 + 3_800) - 68_073;
    assert_eq!(
        host.stores[0],
        (vec![(B256::ZERO, word(5))], before / 10_000 + 1)
    );
}

#[test]
fn a_flush_sends_what_differs_from_what_is_known() {
    let load = format!("i32.const {KEY} i32.const 64 call $storage_load_bytes32 ");
    let write = format!("i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32 ");
    let flush = "i32.const 0 call $storage_flush_cache ";
    let rest = data(VALUE, word(5).as_slice());
    let stores = |host: &mut TestHost, body: &str| {
        host.stores.clear();
        ink_on(host, &program(&rest, &format!("{body} i32.const 0")));
        host.stores.iter().map(|x| x.0.len()).collect::<Vec<_>>()
    };
    let mut host = TestHost::default();
    host.storage.insert(B256::ZERO, word(5));
    // known to be 5 already
    assert_eq!(stores(&mut host, &format!("{load}{write}{flush}")), []);
    // never read: sent, though equal
    assert_eq!(stores(&mut host, &format!("{write}{flush}")), [1]);
    // flushed once, known from then on
    assert_eq!(
        stores(&mut host, &format!("{write}{flush}{flush}{write}{flush}")),
        [1]
    );
    // nothing written
    assert_eq!(stores(&mut host, &format!("{load}{flush}")), []);
    // cleared: no longer known
    let clear = "i32.const 1 call $storage_flush_cache ";
    assert_eq!(
        stores(&mut host, &format!("{write}{clear}{write}{flush}")),
        [1, 1]
    );
    // written, then read: no need to ask
    host.loads.clear();
    assert_eq!(stores(&mut host, &format!("{write}{load}{flush}")), [1]);
    assert!(host.loads.is_empty());
    // read again after a clear: asks again
    stores(&mut host, &format!("{load}{clear}{load}"));
    assert_eq!(host.loads.len(), 2);
}

#[test]
fn a_flush_without_dirty_slots_costs_no_gas_and_asks_nothing() {
    let mut host = TestHost::default();
    host.context.is_static = true;
    assert_eq!(on(&mut host, "storage_flush_cache", &[0], false), 68_073);
    assert!(host.stores.is_empty());
}

#[test]
fn a_flush_that_is_refused_ends_the_frame() {
    let body = format!(
        "i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32
         i32.const 0 call $storage_flush_cache"
    );
    let mut host = TestHost::default();
    host.context.is_static = true;
    let ink = (2_450 + 2 + 3_800 + 18_480) + (2_450 + 1 + 3_800) + 68_073;
    assert_eq!(
        fails(&mut host, &body),
        ink,
        "write protection costs nothing"
    );
    // all of it and one more
    host.context.is_static = false;
    host.store_status = Some(ApiStatus::OutOfGas);
    assert_eq!(ending(&mut host, &body).0, RunStatus::OutOfInk);
}

#[test]
fn storage_asks_for_spare_gas() {
    let load = format!("i32.const {KEY} i32.const {VALUE} call $storage_load_bytes32");
    let before = 2_450 + 2 + 3_800 + 18_480;
    let mut host = TestHost::default();
    host.warm.push(B256::ZERO);
    // 2115, though the slot costs 105
    let [less, enough] = with_spare(&mut host, &load, before, 2_115);
    assert_eq!((less, enough), (RunStatus::OutOfInk, RunStatus::Success));

    let write = format!("i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32");
    let [less, enough] = with_spare(&mut host, &write, before, 2_310);
    assert_eq!((less, enough), (RunStatus::OutOfInk, RunStatus::Success));

    let before = 2_450 + 1 + 3_800 + 68_073;
    let [less, enough] = with_spare(
        &mut host,
        "i32.const 0 call $storage_flush_cache",
        before,
        2_300,
    );
    assert_eq!((less, enough), (RunStatus::OutOfInk, RunStatus::Success));
}

#[test]
fn spare_gas_may_be_there_to_the_last_ink() {
    // two ink a gas: 74324 ink are paid, 2300 gas are 4600 ink
    let params = StylusParams {
        ink_price: 2,
        ..StylusParams::default()
    };
    let module = compile(&program(
        "",
        "i32.const 0 call $storage_flush_cache i32.const 0",
    ));
    let exact = (2_450 + 1 + 3_800 + 68_073 + 4_600) / 2;
    let outcome = module.run(&mut TestHost::default(), &params, &[], exact);
    assert_eq!(
        (outcome.status, outcome.ink_left),
        (RunStatus::Success, 4_600 - 2_452)
    );
    assert_eq!(outcome.gas_left, (4_600 - 2_452) / 2);
    let outcome = module.run(&mut TestHost::default(), &params, &[], exact - 1);
    assert_eq!(outcome.status, RunStatus::OutOfInk);
}

#[test]
fn what_a_bad_pointer_to_storage_costs() {
    let mut host = TestHost::default();
    let base = 2_450 + 2 + 3_800 + 18_480;
    // the key: only the base
    let bad_key = "i32.const 131072 i32.const 0 call $storage_load_bytes32";
    assert_eq!(fails(&mut host, bad_key), base);
    assert!(host.loads.is_empty());
    // the destination: the slot too
    let bad_dest = "i32.const 0 i32.const 131072 call $storage_load_bytes32";
    assert_eq!(fails(&mut host, bad_dest), base + 21_050_000);
    let bad_value = "i32.const 0 i32.const 131041 call $storage_cache_bytes32";
    assert_eq!(fails(&mut host, bad_value), base);
}

#[test]
fn transient_storage() {
    let mut host = TestHost::default();
    let rest = data(VALUE, word(5).as_slice());
    let store = format!("i32.const {KEY} i32.const {VALUE} call $transient_store_bytes32");
    assert_eq!(hostio(&mut host, &rest, &store, 2), 78_153 + 1_000_000);
    let load = format!("i32.const {KEY} i32.const 64 call $transient_load_bytes32");
    assert_eq!(hostio(&mut host, "", &load, 2), 78_153 + 1_000_000);
    assert_eq!(result(&mut host, "", &load, 64, 32)[..], word(5)[..]);
    // everything is paid before a pointer is looked at
    let bad = "i32.const 131072 i32.const 0 call $transient_load_bytes32";
    assert_eq!(
        fails(&mut host, bad),
        2_450 + 2 + 3_800 + 78_153 + 1_000_000
    );
    host.context.is_static = true;
    fails(&mut host, &store);
    assert_eq!(ending(&mut host, &load).0, RunStatus::Success);
}
