//! Who sets parameters.

use super::*;

/// I-AUTH-6: parameters are their owner's, and the words of margin are of parameters alone.
#[test]
fn i_auth_6_only_the_owner_sets_parameters() {
    let mut hub = Floor::new().hub;
    let before = state(&hub);
    let (owner, stranger, parameters, margin) =
        (hub.owner, hub.stranger, hub.parameters, hub.margin);
    let not_owner = |data: Bytes| {
        let e: IParameters::NotOwner = decode_error(&data);
        (e.caller, e.owner)
    };
    for data in [
        hub.send(
            stranger,
            parameters,
            &set_rules(RuleTerms::DEFAULT.rates, 0),
        ),
        hub.send(stranger, parameters, &set_underlying(3, default_terms(1))),
        hub.send(stranger, parameters, &set_asset(4, 1, 1, 18, (0, 0))),
        hub.send(
            stranger,
            parameters,
            &IParameters::transferOwnershipCall { newOwner: stranger },
        ),
    ] {
        assert_eq!(not_owner(data.unwrap_err()), (stranger, owner));
    }
    for key in [
        snapshot::RULES,
        snapshot::UNDERLYING | 1,
        snapshot::ASSET | 1,
        0,
        u64::MAX,
    ] {
        let call = IMargin::setTermsCall {
            key: U256::from(key),
            words: vec![U256::MAX; 2],
        };
        for caller in [owner, stranger, hub.chain.accounts()[0].address] {
            let data = hub.send(caller, margin, &call).unwrap_err();
            assert_eq!(not_owner(data), (caller, parameters));
        }
    }
    assert_eq!(state(&hub), before);
    // Neither can be initialised again.
    let again = IMargin::initializeCall {
        parameters: stranger,
        oracle: stranger,
    };
    let data = hub.send(owner, margin, &again).unwrap_err();
    let _: IMargin::AlreadyInitialized = decode_error(&data);
}

/// I-AUTH-6: ownership of the parameters moves in two steps.
#[test]
fn i_auth_6_parameters_are_handed_over_in_two_steps() {
    let mut hub = Floor::new().hub;
    let (owner, heir, parameters) = (hub.owner, hub.stranger, hub.parameters);
    let offer = IParameters::transferOwnershipCall { newOwner: heir };
    let done = hub.must(owner, parameters, &offer);
    let started = &events::<IParameters::OwnershipTransferStarted>(&done)[0];
    assert_eq!((started.previousOwner, started.newOwner), (owner, heir));
    hub.set(&set_rules(RuleTerms::DEFAULT.rates, 0));
    hub.must(heir, parameters, &IParameters::acceptOwnershipCall {});
    let e: IParameters::NotOwner = hub.must_not(parameters, &offer);
    assert_eq!((e.caller, e.owner), (owner, heir));
    hub.must(heir, parameters, &set_rules(RuleTerms::DEFAULT.rates, 0));
}
