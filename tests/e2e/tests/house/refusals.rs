//! A table of refusals fails where it must: its rows are worth no more than that.

use plimsoll_e2e::*;

/// Alice deposits so many units of the coin, and is said to be refused with this error.
async fn expect(amount: u64, error: Vec<u8>) {
    let house = House::start().await;
    let alice = &house.people.alice;
    let call = IVault::depositCall {
        account: alice.account(),
        token: house.usdc.address,
        amount: U256::from(amount),
    };
    let table = [("a row", alice, call, error)];
    house.expect_refusals(house.at.vault, table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_takes_the_error_that_is_raised() {
    expect(0, IVault::ZeroAmount {}.abi_encode()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "a row: deposit")]
async fn a_table_fails_on_another_error() {
    let token = Address::ZERO;
    expect(0, IVault::UnknownToken { token }.abi_encode()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "a row: changed the state")]
async fn a_table_fails_on_a_call_that_goes_through() {
    expect(1_000_000, IVault::ZeroAmount {}.abi_encode()).await;
}
