//! Marks: the house's own values of instruments, from one snapshot.
use crate::{
    Clearinghouse,
    sol::{InvalidInstrument, UnknownUnderlying},
};
use alloc::{vec, vec::Vec};
use alloy_primitives::U256;
use plimsoll_common::{
    Revert, at_most,
    market::{self, Remote},
};
use plimsoll_kernel::{
    codec::InstrumentId,
    num::u128_to_u256,
    portfolio::{
        mark::{self, Mark},
        snapshot::Dependencies,
    },
};
use stylus_sdk::prelude::*;

/// Most instruments of one call.
pub const MAX_INSTRUMENTS: usize = 16;

/// Values, lots, freshness and tolerances, by instrument.
pub(crate) type Marks = (Vec<U256>, Vec<u64>, Vec<bool>, Vec<U256>);

impl Clearinghouse {
    /// The marks of instruments.
    pub(crate) fn marks_of(&self, instruments: &[u128]) -> Result<Marks, Revert> {
        at_most(instruments.len(), MAX_INSTRUMENTS)?;
        for instrument in instruments.iter().copied() {
            let parts = InstrumentId(instrument).decode();
            parts.ok_or(InvalidInstrument { instrument })?;
        }
        let (mut values, mut lots, mut fresh, mut tolerances) = (vec![], vec![], vec![], vec![]);
        for (lot, mark) in self.known(instruments)? {
            values.push(u128_to_u256(mark.value));
            lots.push(lot);
            fresh.push(mark.fresh);
            tolerances.push(u128_to_u256(mark.tolerance));
        }
        Ok((values, lots, fresh, tolerances))
    }

    /// The lot and the mark of each instrument.
    pub(crate) fn known(&self, instruments: &[u128]) -> Result<Vec<(u64, Mark)>, Revert> {
        let mut needs = Dependencies::default();
        for instrument in instruments {
            needs.instrument(InstrumentId(*instrument));
        }
        let margin = Remote {
            vm: self.vm(),
            margin: self.margin(),
        };
        let (board, words) = market::of(self.vm(), self.oracle(), &margin, needs)?;
        board.with_market(self.vm().block_timestamp(), &words, |market| {
            let mut known = Vec::with_capacity(instruments.len());
            for instrument in instruments {
                let id = InstrumentId(*instrument);
                let underlying = id.underlying();
                let lot = board.lot(underlying);
                let lot = lot.ok_or(UnknownUnderlying { underlying })?;
                known.push((lot, mark::mark(market, id)));
            }
            Ok(known)
        })
    }
}
