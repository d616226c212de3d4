//! Tokens, feeds and callers of `tests/solidity` that do what no honest one does.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::use_self)]

alloy::sol!(OddReturnToken, "../solidity/artifacts/OddReturnToken.json");
alloy::sol!(FeeToken, "../solidity/artifacts/FeeToken.json");
alloy::sol!(RebasingToken, "../solidity/artifacts/RebasingToken.json");
alloy::sol!(
    RestrictedToken,
    "../solidity/artifacts/RestrictedToken.json"
);
alloy::sol!(ReentrantToken, "../solidity/artifacts/ReentrantToken.json");
alloy::sol!(BombToken, "../solidity/artifacts/BombToken.json");
alloy::sol!(
    JunkDecimalsToken,
    "../solidity/artifacts/JunkDecimalsToken.json"
);
alloy::sol!(
    #[sol(all_derives)]
    HostileFeed,
    "../solidity/artifacts/HostileFeed.json"
);
alloy::sol!(
    #[sol(all_derives)]
    MockPyth,
    "../solidity/artifacts/MockPyth.json"
);
alloy::sol!(ShareVault, "../solidity/artifacts/ShareVault.json");
alloy::sol!(
    EACAggregatorProxy,
    "../solidity/artifacts/EACAggregatorProxy.json"
);
alloy::sol!(
    LimitedAggregator,
    "../solidity/artifacts/LimitedAggregator.json"
);
alloy::sol!(
    #[sol(all_derives)]
    RoundFeed,
    "../solidity/artifacts/RoundFeed.json"
);
alloy::sol!(Bidder, "../solidity/artifacts/Bidder.json");
alloy::sol!(Callback, "../solidity/artifacts/Callback.json");
alloy::sol!(Forwarder, "../solidity/artifacts/Forwarder.json");
alloy::sol!(Create2, "../solidity/artifacts/Create2.json");
