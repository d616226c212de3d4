//! Who may initialise and own the oracle.

use super::*;

#[test]
fn i_auth_7_initialised_once_by_the_deployer() {
    let mut hub = Hub::new();
    let (oracle, owner) = (hub.oracle, hub.owner);
    assert_eq!(hub.get(oracle, &IOracle::ownerCall {}), owner);
    let again = IOracle::initializeCall {
        owner: hub.stranger,
    };
    let _: IOracle::AlreadyInitialized = hub.must_not(oracle, &again);
    let data = hub.send(hub.stranger, oracle, &again).unwrap_err();
    let _: IOracle::AlreadyInitialized = decode_error(&data);
}

/// The five contracts that a deployer has not initialised yet.
struct Fresh {
    hub: Hub,
    deployer: Address,
    oracle: Address,
    parameters: Address,
    vault: Address,
    clearinghouse: Address,
    auction: Address,
}

impl Fresh {
    fn new() -> Self {
        let mut hub = Hub::new();
        let deployer = hub.chain.accounts()[0].address;
        let parameters = hub::create(&mut hub.chain, deployer, "parameters");
        let [oracle, vault, clearinghouse, auction] =
            ["oracle", "vault", "clearinghouse", "auction"]
                .map(|name| hub::deploy(&mut hub.chain, deployer, name));
        Self {
            hub,
            deployer,
            oracle,
            parameters,
            vault,
            clearinghouse,
            auction,
        }
    }

    /// Calls of the owner that would outlast `initialize`.
    fn setters(&self) -> Vec<(Address, Vec<u8>)> {
        let (x, signers) = (self.hub.stranger, self.hub.signers(1));
        let rules = hub::furnished::set_rules([1_000_000, 1_000_000, 0, 0, 0], 0);
        vec![
            (
                self.oracle,
                set_feed(2, x, 60, BOUNDS.0, BOUNDS.1).abi_encode(),
            ),
            (self.oracle, signers.abi_encode()),
            (
                self.oracle,
                IOracle::setSequencerCall { feed: x, grace: 60 }.abi_encode(),
            ),
            (
                self.oracle,
                IOracle::setSurfaceTermsCall {
                    underlying: 1,
                    feed: 1,
                    maxAge: 60,
                    maxBasis: 1,
                    ratioMove: 1,
                    rateMove: 1,
                }
                .abi_encode(),
            ),
            (self.parameters, rules.abi_encode()),
            (
                self.vault,
                IVault::setCapCall { asset: 0, cap: 1 }.abi_encode(),
            ),
            (
                self.vault,
                IVault::listAssetCall { token: x, cap: 1 }.abi_encode(),
            ),
            (
                self.clearinghouse,
                IClearinghouse::setVenueCall {
                    venue: 1,
                    contractAddress: x,
                    feeAccount: B256::repeat_byte(1),
                    band: ONE as u64 / 100,
                    active: true,
                }
                .abi_encode(),
            ),
            (
                self.auction,
                IAuction::setParametersCall {
                    lambdaMax: ONE as u64 / 2,
                    duration: 600,
                    fundLambdaMax: ONE as u64 / 2,
                    fundDuration: 600,
                    buffer: ONE as u64 / 10,
                    minFraction: ONE as u64 / 100,
                }
                .abi_encode(),
            ),
        ]
    }

    fn initialise(&self) -> Vec<(Address, Vec<u8>)> {
        let (owner, x, oracle) = (self.hub.owner, self.hub.stranger, self.oracle);
        vec![
            (self.oracle, IOracle::initializeCall { owner }.abi_encode()),
            (
                self.parameters,
                IParameters::initializeCall {
                    owner,
                    margin: x,
                    oracle,
                    vault: x,
                }
                .abi_encode(),
            ),
            (
                self.vault,
                IVault::initializeCall {
                    owner,
                    margin: x,
                    clearinghouse: x,
                    auction: x,
                }
                .abi_encode(),
            ),
            (
                self.clearinghouse,
                IClearinghouse::initializeCall {
                    owner,
                    vault: x,
                    margin: x,
                    oracle,
                }
                .abi_encode(),
            ),
            (
                self.auction,
                IAuction::initializeCall {
                    owner,
                    vault: x,
                    margin: x,
                    oracle,
                }
                .abi_encode(),
            ),
        ]
    }
}

/// L-8: whoever deploys can do nothing before `initialize` that is still there after it: no offer of ownership, no signer,
/// no feed, no venue.
#[test]
fn l_8_nothing_of_before_initialize_survives_it() {
    let mut fresh = Fresh::new();
    let (owner, x, deployer) = (fresh.hub.owner, fresh.hub.stranger, fresh.deployer);
    for (to, call) in fresh.setters() {
        let data = fresh.hub.transact(deployer, to, call.into()).unwrap_err();
        let _: IVault::NotInitialized = decode_error(&data);
    }
    let initialise = fresh.initialise();
    let hub = &mut fresh.hub;
    let offer = IOracle::transferOwnershipCall { newOwner: x };
    let accept = IOracle::acceptOwnershipCall {};
    for (to, call) in initialise {
        let offered = hub.send(deployer, to, &offer);
        hub.transact(deployer, to, call.into()).unwrap();
        let e: IOracle::NotOwner = decode_error(&hub.send(x, to, &accept).unwrap_err());
        assert_eq!((e.caller, e.owner), (x, Address::ZERO));
        assert_eq!(hub.get(to, &IOracle::ownerCall {}), owner);
        let pending = hub.get(to, &IOracle::pendingOwnerCall {});
        assert_eq!(pending, Address::ZERO);
        let _: IOracle::NotInitialized = decode_error(&offered.unwrap_err());
        // The new owner's offer is one.
        hub.must(owner, to, &offer);
        hub.must(x, to, &accept);
        assert_eq!(hub.get(to, &IOracle::ownerCall {}), x);
    }
}

#[test]
fn i_auth_6_owner_only_and_handed_over_in_two_steps() {
    let (mut hub, feed) = listed();
    let (oracle, owner, stranger) = (hub.oracle, hub.owner, hub.stranger);
    let calls = set_feed(2, feed, 60, BOUNDS.0, BOUNDS.1);
    let e: IOracle::NotOwner = decode_error(&hub.send(stranger, oracle, &calls).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));
    let offer = IOracle::transferOwnershipCall { newOwner: stranger };
    let e: IOracle::NotOwner = decode_error(&hub.send(stranger, oracle, &offer).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));
    let done = hub.must(owner, oracle, &offer);
    let [started] = &events::<IOracle::OwnershipTransferStarted>(&done)[..] else {
        panic!()
    };
    assert_eq!((started.previousOwner, started.newOwner), (owner, stranger));
    assert_eq!(hub.get(oracle, &IOracle::ownerCall {}), owner);
    assert_eq!(hub.get(oracle, &IOracle::pendingOwnerCall {}), stranger);
    let done = hub.must(stranger, oracle, &IOracle::acceptOwnershipCall {});
    let [moved] = &events::<IOracle::OwnershipTransferred>(&done)[..] else {
        panic!()
    };
    assert_eq!((moved.previousOwner, moved.newOwner), (owner, stranger));
    assert_eq!(hub.get(oracle, &IOracle::ownerCall {}), stranger);
    assert_eq!(
        hub.get(oracle, &IOracle::pendingOwnerCall {}),
        Address::ZERO
    );
    let e: IOracle::NotOwner = hub.must_not(oracle, &calls);
    assert_eq!((e.caller, e.owner), (owner, stranger));
}
