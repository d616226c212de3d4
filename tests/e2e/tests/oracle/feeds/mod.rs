//! Feeds of every source, and everything that their contracts can do.
//!
//! | module | content |
//! | --- | --- |
//! | `moves` | the round before: largest move and jump |
//! | `phases` | limits, decimals, phases; Chainlink's own contracts |
//! | `pyth` | Pyth's own mock: prices, fees |
//! | `vault` | shares of OpenZeppelin's ERC-4626 |
//! | `second` | two sources that must agree |
//! | `faults` | every fault by source, in a table |
//! | `year` | honest prices of years |
mod faults;
mod moves;
mod phases;
mod pyth;
mod second;
mod vault;
mod year;

use super::*;
use plimsoll::bindings::{FeedTerms, VaultTerms};
use plimsoll_e2e::hostile::MockPyth;
use plimsoll_kernel::portfolio::snapshot::{FEED, Quote};

/// 0.05 %, the step of a confidence; 1e18.
const STEP: u64 = 500_000_000_000_000;
/// One percent, 1e18.
const PERCENT: u64 = 10_000_000_000_000_000;

fn terms() -> FeedTerms {
    FeedTerms {
        maxAge: MAX_AGE,
        minPrice: U256::from(BOUNDS.0),
        maxPrice: U256::from(BOUNDS.1),
        confidence: 0,
    }
}

impl Hub {
    /// What a snapshot says of a feed.
    fn quote(&self, feed: u16) -> Quote {
        let keys = vec![U256::from(FEED | u64::from(feed))];
        Quote::decode(self.get(self.oracle, &IOracle::snapshotCall { keys })[0])
    }

    fn owner_must<C: SolCall>(&mut self, call: &C) -> Arc<Transaction> {
        let (owner, oracle) = (self.owner, self.oracle);
        self.must(owner, oracle, call)
    }

    /// Goes to a time.
    fn at(&mut self, time: u64) {
        self.chain.set_next_block_timestamp(time).unwrap();
        self.chain.mine(1, None).unwrap();
        assert_eq!(self.now(), time);
    }

    /// What a hostile contract answers to a selector, as words.
    fn teach(&mut self, contract: Address, selector: [u8; 4], words: &[I256]) {
        let data: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes::<32>()).collect();
        let owner = self.owner;
        let call = HostileFeed::setAnswerCall {
            selector: selector.into(),
            data: data.into(),
        };
        self.must(owner, contract, &call);
    }

    /// The last round of a hostile feed, of this age, and what it says of the round before.
    fn rounds(&mut self, feed: Address, id: u128, last: i128, before: Option<i128>, age: u64) {
        let time = self.now();
        let id = int(id as i128);
        let words = before.map(|before| [id - I256::ONE, int(before), int(1), int(1), id]);
        let words = words.as_ref().map_or(&[][..], |words| &words[..]);
        self.teach(feed, GET_ROUND, words);
        let owner = self.owner;
        let call = HostileFeed::setRoundWordsCall {
            id: id.into_raw(),
            answer: int(last),
            startedAt: U256::from(time),
            updatedAt: U256::from(time + 10 - age),
            answeredInRound: id.into_raw(),
        };
        self.chain.set_next_block_timestamp(time + 10).unwrap();
        self.must(owner, feed, &call);
        assert_eq!(self.now(), time + 10);
    }

    /// A contract of `tests/solidity`.
    fn create(&mut self, code: &Bytes, arguments: &impl SolConstructor) -> Address {
        let mut code = code.to_vec();
        code.extend(arguments.abi_encode());
        let owner = self.owner;
        self.chain.deploy(owner, code).expect("it deploys")
    }
}

/// `getRoundData(uint80)`.
const GET_ROUND: [u8; 4] = [0x9a, 0x6f, 0xc8, 0xf5];

fn largest(largest_move: u64) -> IOracle::setLargestMoveCall {
    IOracle::setLargestMoveCall {
        feed: 1,
        largestMove: largest_move,
    }
}
