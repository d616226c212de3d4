//! ArbAddressTable, 0x66: short names for addresses that are used often.

use super::{Answer, Call, Exit, Purity, READ, WRITE};
use crate::arbos::address_table as table;
use alloy::{
    primitives::{Address, U256, address},
    rlp::{Decodable, Encodable},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000066");

sol! {
    interface ArbAddressTable {
        function addressExists(address addr) external view returns (bool);
        function compress(address addr) external returns (bytes memory);
        function decompress(bytes buf, uint256 offset) external view returns (address, uint256);
        function lookup(address addr) external view returns (uint256);
        function lookupIndex(uint256 index) external view returns (address);
        function register(address addr) external returns (uint256);
        function size() external view returns (uint256);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbAddressTable::{ArbAddressTableCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    let writes = matches!(call, Calls::compress(_) | Calls::register(_));
    c.begin(if writes { Purity::Write } else { Purity::View }, input)?;
    c.burn(READ)?; // the place of the address, or how many there are
    Ok(match call {
        Calls::addressExists(call) => {
            let exists = table::index(c.ctx, call.addr).is_some();
            addressExistsCall::abi_encode_returns(&exists)
        }
        Calls::compress(call) => {
            let mut short = Vec::new();
            match table::index(c.ctx, call.addr) {
                Some(index) => index.encode(&mut short),
                None => call.addr.encode(&mut short),
            }
            compressCall::abi_encode_returns(&short.into())
        }
        Calls::decompress(call) => {
            let rest = usize::try_from(call.offset)
                .ok()
                .and_then(|offset| call.buf.get(offset..))
                .ok_or_else(|| refused(c, "invalid offset in ArbAddressTable.Decompress"))?;
            let mut left = rest;
            let address = match Address::decode(&mut left) {
                Ok(address) => {
                    // the whole address stands there, and no table is read
                    c.gas_left = c.gas_left.saturating_add(READ);
                    address
                }
                Err(_) => {
                    left = rest;
                    let index = u64::decode(&mut left)
                        .map_err(|_| refused(c, "invalid compressed address"))?;
                    look_up(c, index)?
                }
            };
            let used = U256::from(rest.len() - left.len());
            decompressCall::abi_encode_returns(&decompressReturn {
                _0: address,
                _1: used,
            })
        }
        Calls::lookup(call) => {
            let index = table::index(c.ctx, call.addr)
                .ok_or_else(|| refused(c, "address does not exist in AddressTable"))?;
            lookupCall::abi_encode_returns(&U256::from(index))
        }
        Calls::lookupIndex(call) => {
            let index = u64::try_from(call.index)
                .map_err(|_| refused(c, "invalid index in ArbAddressTable.LookupIndex"))?;
            lookupIndexCall::abi_encode_returns(&look_up(c, index)?)
        }
        Calls::register(call) => {
            let index = match table::index(c.ctx, call.addr) {
                Some(index) => index,
                None => {
                    c.burn(READ + 3 * WRITE)?;
                    table::register(c.ctx, call.addr)
                }
            };
            registerCall::abi_encode_returns(&U256::from(index))
        }
        Calls::size(_) => sizeCall::abi_encode_returns(&U256::from(table::size(c.ctx))),
    }
    .into())
}

/// The address with this index; that there are so many was paid for.
fn look_up(c: &mut Call<'_>, index: u64) -> Result<Address, Exit> {
    if index >= table::size(c.ctx) {
        return Err(refused(c, "index does not exist in AddressTable"));
    }
    c.burn(READ)?;
    Ok(table::at(c.ctx, index))
}

fn refused(c: &mut Call<'_>, why: &str) -> Exit {
    c.explain(why.into());
    Exit::Plain
}
