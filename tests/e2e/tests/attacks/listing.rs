//! Tokens that are not what they say, or not yet.

use super::*;

struct NoArguments;
impl SolConstructor for NoArguments {
    type Parameters<'a> = ();
    type Token<'a> = ();
    fn new(_: ()) -> Self {
        Self
    }
    fn tokenize(&self) -> Self::Token<'_> {}
}

/// Margin knows asset 3, with 18 decimals.
async fn house_with_terms() -> House {
    let house = House::start().await;
    let terms = IParameters::setAssetCall {
        asset: 3,
        feed: ETH,
        underlying: 0,
        decimals: 18,
        rates: rates(&[WAD as u64 / 2, WAD as u64 / 4]),
    };
    let (owner, at) = (&house.people.deployer, house.at);
    ok(house.send(owner, at.parameters, &terms).await);
    house
}

fn word(n: u64) -> Bytes {
    U256::from(n).to_be_bytes_vec().into()
}

fn junk(answer_: Bytes) -> JunkDecimalsToken::constructorCall {
    let (name_, symbol_) = names();
    JunkDecimalsToken::constructorCall {
        name_,
        symbol_,
        answer_,
    }
}

const fn list(token: Address) -> IVault::listAssetCall {
    IVault::listAssetCall {
        token,
        cap: u128::MAX,
    }
}

/// an address that will have code one day.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_21_code_to_come_is_not_listed() {
    let house = house_with_terms().await;
    let arguments = junk(word(77)).abi_encode();
    let init = [JunkDecimalsToken::BYTECODE.as_ref(), &arguments].concat();
    let factory = house.create(&Create2::BYTECODE, NoArguments).await;
    let call = Create2::addressOfCall {
        salt: B256::ZERO,
        initCodeHash: alloy::primitives::keccak256(&init),
    };
    let address = ok(house.ask(factory, &call).await);
    let owner = &house.people.deployer;
    let e: IVault::NoCode = house
        .expect_revert(owner, house.at.vault, &list(address))
        .await;
    assert_eq!(e.token, address);
}

/// every way of answering `decimals` wrongly; frozen once listed.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_22_junk_decimals_are_not_listed() {
    let house = house_with_terms().await;
    let (owner, vault) = (&house.people.deployer, house.at.vault);
    let code = &JunkDecimalsToken::BYTECODE;
    let token = house.create(code, junk(word(77))).await;
    let says = async |answer_: Bytes, reverts_| {
        let call = JunkDecimalsToken::setAnswerCall { answer_, reverts_ };
        ok(house.send(owner, token, &call).await);
    };
    for decimals in [77, 25, 256 + 18]
        .map(U256::from)
        .into_iter()
        .chain([U256::MAX])
    {
        says(decimals.to_be_bytes_vec().into(), false).await;
        let e: IVault::TooManyDecimals = house.expect_revert(owner, vault, &list(token)).await;
        assert_eq!(
            (e.token, e.decimals, e.limit),
            (token, decimals, U256::from(24))
        );
    }
    let eighteen = word(18);
    for (answer, reverts) in [
        (eighteen.clone(), true),
        (Bytes::new(), false),
        (eighteen.slice(..31), false),
        ([eighteen.as_ref(), &[0]].concat().into(), false),
    ] {
        says(answer, reverts).await;
        let e: IVault::BadToken = house.expect_revert(owner, vault, &list(token)).await;
        assert_eq!(e.token, token);
    }
    says(eighteen, false).await;
    ok(house.send(owner, vault, &list(token)).await);
    says(word(6), false).await;
    let asset = ok(house.ask(vault, &IVault::assetCall { asset: 3 }).await);
    assert_eq!(asset.decimals, 18);
}
