//! New prices of a source that waits to be told: anyone brings them, and pays the source's fee.
use crate::{
    Oracle,
    sol::{FeeTooSmall, NotPulled, RefundFailed, UnknownFeed},
    sources::Source,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert,
    abi::{Bytes, Call, Fields, selector},
};
use stylus_sdk::{call::RawCall, prelude::*};

/// `getUpdateFee(bytes[])`, wei.
const GET_UPDATE_FEE: Call<(Vec<Bytes>,), (U256,)> = Call::new("getUpdateFee");
/// `updatePriceFeeds(bytes[])`.
const UPDATE_PRICE_FEEDS: [u8; 4] = selector("updatePriceFeeds", <(Vec<Bytes>,) as Fields>::NAMES);

impl Oracle {
    /// Brings prices to the Pyth contract of a feed, pays its fee from what came with the call, and returns the rest.
    ///
    /// Nothing of this contract changes, so that a callee which calls back finds nothing half done.
    pub(crate) fn bring(&self, feed: u16, data: Vec<Bytes>) -> Result<(), Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        if record.source != Source::Pyth {
            return Err(NotPulled { feed }.into());
        }
        let vm = self.vm();
        let (sent, data) = (vm.msg_value(), (data,));
        let (fee,) = GET_UPDATE_FEE.static_call(vm, record.aggregator, &data)?;
        let rest = sent.checked_sub(fee).ok_or(FeeTooSmall { sent, fee })?;
        let call = data.encode(&UPDATE_PRICE_FEEDS);
        self.pay(record.aggregator, fee, &call)
            .map_err(Revert::new)?;
        if !rest.is_zero() {
            let to = vm.msg_sender();
            self.pay(to, rest, &[])
                .map_err(|_| RefundFailed { to, amount: rest })?;
        }
        Ok(())
    }

    fn pay(&self, to: Address, value: U256, call: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        // SAFETY: no reference into storage is held, nothing is written before or after it.
        unsafe { RawCall::new_with_value(self.vm(), value).call(to, call) }
    }
}
