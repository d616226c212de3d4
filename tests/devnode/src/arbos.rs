//! ArbOS' own state: its version, what an owner sets, which programs are activated and what
//! activation costs, who owns the chain and who may cache.
//!
//! It lives in the storage of one account, so that it reverts, snapshots and stays readable in past
//! states with everything else. Address and layout are Nitro's: rooms within rooms, each of which
//! scatters its slots over the account.

use crate::{evm::Ctx, state::State};
use alloy::primitives::{Address, B256, U256, address, keccak256};
use core::convert::Infallible;
use plimsoll_stylus::{DataPricer, Program, StylusParams};
use revm::context_interface::{ContextTr, JournalTr};

/// The account that keeps it.
pub(crate) const ARBOS_STATE: Address = address!("0xa4b05fffffffffffffffffffffffffffffffffff");

/// A result whose failure is impossible.
pub(crate) fn sure<T>(result: Result<T, Infallible>) -> T {
    let Ok(value) = result;
    value
}

/// The storage of [`ARBOS_STATE`]: that of a running transaction, or of a state between two.
pub(crate) trait Storage {
    fn get(&mut self, slot: U256) -> U256;
    fn set(&mut self, slot: U256, value: U256);
}

impl Storage for Ctx {
    fn get(&mut self, slot: U256) -> U256 {
        let journal = self.journal_mut();
        sure(journal.load_account(ARBOS_STATE));
        sure(journal.sload(ARBOS_STATE, slot)).data
    }

    fn set(&mut self, slot: U256, value: U256) {
        let journal = self.journal_mut();
        sure(journal.load_account(ARBOS_STATE));
        journal.touch_account(ARBOS_STATE);
        sure(journal.sstore(ARBOS_STATE, slot, value));
    }
}

impl Storage for State {
    fn get(&mut self, slot: U256) -> U256 {
        self.storage(&ARBOS_STATE, &slot)
    }

    fn set(&mut self, slot: U256, value: U256) {
        self.set_storage(ARBOS_STATE, slot, value);
    }
}

/// A room: the ids of the rooms it lies in, and its own.
type Room = &'static [&'static [u8]];

const ROOT: Room = &[];
const SENDS: Room = &[&[5]];
const PARAMS: Room = &[&[8], &[0]];
const PROGRAMS: Room = &[&[8], &[1]];
const DATA_PRICER: Room = &[&[8], &[3]];
const ACTIVATION_GAS: Room = &[&[8], &[5]];

/// Slots of the root.
const VERSION: u64 = 0;
const UPGRADE_VERSION: u64 = 1;
const UPGRADE_TIMESTAMP: u64 = 2;
const NETWORK_FEE_ACCOUNT: u64 = 3;
const INFRA_FEE_ACCOUNT: u64 = 6;

/// Where a room has this key. The last byte of the key stays, so that neighbours are neighbours.
fn slot(room: &[&[u8]], key: B256) -> U256 {
    let space = room.iter().fold(Vec::new(), |space, id| {
        keccak256([&space[..], id].concat()).to_vec()
    });
    let mut mapped = keccak256([&space[..], &key[..31]].concat());
    mapped[31] = key[31];
    mapped.into()
}

fn nth(room: &[&[u8]], index: u64) -> U256 {
    slot(room, U256::from(index).into())
}

fn get_u64(storage: &mut impl Storage, room: Room, index: u64) -> u64 {
    storage.get(nth(room, index)).saturating_to()
}

fn set_u64(storage: &mut impl Storage, room: Room, index: u64, value: u64) {
    storage.set(nth(room, index), U256::from(value));
}

fn get_address(storage: &mut impl Storage, room: Room, index: u64) -> Address {
    Address::from_word(storage.get(nth(room, index)).into())
}

fn set_address(storage: &mut impl Storage, room: Room, index: u64, address: Address) {
    storage.set(nth(room, index), address.into_word().into());
}

/// What a chain starts with.
pub(crate) struct Genesis<'a> {
    pub(crate) version: u64,
    pub(crate) owners: &'a [Address],
    pub(crate) network_fee_account: Address,
}

/// Writes the first state.
pub(crate) fn initialise(storage: &mut impl Storage, genesis: &Genesis<'_>) {
    set_u64(storage, ROOT, VERSION, genesis.version);
    set_network_fee_account(storage, genesis.network_fee_account);
    set_params(storage, &StylusParams::arbos(genesis.version));
    set_data_pricer(storage, &DataPricer::default());
    for owner in genesis.owners {
        OWNERS.insert(storage, *owner);
    }
}

/// Version of ArbOS.
pub(crate) fn version(storage: &mut impl Storage) -> u64 {
    get_u64(storage, ROOT, VERSION)
}

/// Sets it alone: the rules of this version on a state of another.
pub(crate) fn set_version(storage: &mut impl Storage, version: u64) {
    set_u64(storage, ROOT, VERSION, version);
}

/// Raises ArbOS to a later version, at once. An earlier one changes nothing.
pub(crate) fn upgrade(storage: &mut impl Storage, to: u64) {
    if to > version(storage) {
        let params = params(storage).upgraded(to);
        set_params(storage, &params);
        set_u64(storage, ROOT, VERSION, to);
    }
}

/// The upgrade an owner has scheduled: version, and unix time from which it is due. Zeros where
/// there is none.
pub(crate) fn scheduled_upgrade(storage: &mut impl Storage) -> (u64, u64) {
    let to = get_u64(storage, ROOT, UPGRADE_VERSION);
    if to <= version(storage) {
        return (0, 0);
    }
    (to, get_u64(storage, ROOT, UPGRADE_TIMESTAMP))
}

/// Schedules one.
pub(crate) fn schedule_upgrade(storage: &mut impl Storage, to: u64, timestamp: u64) {
    set_u64(storage, ROOT, UPGRADE_VERSION, to);
    set_u64(storage, ROOT, UPGRADE_TIMESTAMP, timestamp);
}

/// What the owner of the chain may set of Stylus, as it stands.
pub(crate) fn params(storage: &mut impl Storage) -> StylusParams {
    let version = version(storage);
    StylusParams::from_word(storage.get(nth(PARAMS, 0)).into(), version)
}

/// Notes it.
pub(crate) fn set_params(storage: &mut impl Storage, params: &StylusParams) {
    storage.set(nth(PARAMS, 0), params.to_word().into());
}

/// Gas burned at the start of every activation.
pub(crate) fn activation_gas(storage: &mut impl Storage) -> u64 {
    get_u64(storage, ACTIVATION_GAS, 0)
}

/// Sets it.
pub(crate) fn set_activation_gas(storage: &mut impl Storage, gas: u64) {
    set_u64(storage, ACTIVATION_GAS, 0, gas);
}

/// Where fees go.
pub(crate) fn network_fee_account(storage: &mut impl Storage) -> Address {
    get_address(storage, ROOT, NETWORK_FEE_ACCOUNT)
}

/// Sets it.
pub(crate) fn set_network_fee_account(storage: &mut impl Storage, account: Address) {
    set_address(storage, ROOT, NETWORK_FEE_ACCOUNT, account);
}

/// Where the least part of every fee would go; zero where nobody takes it.
pub(crate) fn infra_fee_account(storage: &mut impl Storage) -> Address {
    get_address(storage, ROOT, INFRA_FEE_ACCOUNT)
}

/// What is known of the program with this code hash.
pub(crate) fn program(storage: &mut impl Storage, code_hash: B256) -> Program {
    Program::from_word(storage.get(slot(PROGRAMS, code_hash)).into())
}

/// Notes it.
pub(crate) fn set_program(storage: &mut impl Storage, code_hash: B256, program: &Program) {
    storage.set(slot(PROGRAMS, code_hash), program.to_word().into());
}

/// The state of the price of activation data.
pub(crate) fn data_pricer(storage: &mut impl Storage) -> DataPricer {
    let mut at = |index| get_u64(storage, DATA_PRICER, index);
    DataPricer {
        demand: at(0) as u32,
        bytes_per_second: at(1) as u32,
        last_update_time: at(2),
        min_price: at(3) as u32,
        inertia: at(4) as u32,
    }
}

/// Notes it.
pub(crate) fn set_data_pricer(storage: &mut impl Storage, pricer: &DataPricer) {
    let values = [
        pricer.demand.into(),
        pricer.bytes_per_second.into(),
        pricer.last_update_time,
        pricer.min_price.into(),
        pricer.inertia.into(),
    ];
    for (index, value) in (0..).zip(values) {
        set_u64(storage, DATA_PRICER, index, value);
    }
}

/// Addresses in a room: their number, then each at its place, and in an inner room the place of
/// each.
#[derive(Clone, Copy)]
pub(crate) struct AddressSet(Room);

/// Who owns the chain.
pub(crate) const OWNERS: AddressSet = AddressSet(&[&[4]]);
/// Who may cache programs, beside them.
pub(crate) const CACHE_MANAGERS: AddressSet = AddressSet(&[&[8], &[4]]);

/// Most members that are read at once, as in Nitro.
const MAX_MEMBERS: u64 = 65_536;

impl AddressSet {
    fn place_of(self, address: Address) -> U256 {
        slot(&[self.0, &[&[0]]].concat(), address.into_word())
    }

    fn place(self, storage: &mut impl Storage, address: Address) -> u64 {
        storage.get(self.place_of(address)).saturating_to()
    }

    /// Number of members.
    pub(crate) fn len(self, storage: &mut impl Storage) -> u64 {
        get_u64(storage, self.0, 0)
    }

    pub(crate) fn contains(self, storage: &mut impl Storage, address: Address) -> bool {
        self.place(storage, address) != 0
    }

    /// Its members, in their places.
    pub(crate) fn all(self, storage: &mut impl Storage) -> Vec<Address> {
        (1..=self.len(storage).min(MAX_MEMBERS))
            .map(|place| get_address(storage, self.0, place))
            .collect()
    }

    /// Adds a member at the end, if it is none.
    pub(crate) fn insert(self, storage: &mut impl Storage, address: Address) {
        if self.contains(storage, address) {
            return;
        }
        let place = self.len(storage) + 1;
        storage.set(self.place_of(address), U256::from(place));
        set_address(storage, self.0, place, address);
        set_u64(storage, self.0, 0, place);
    }

    /// Takes a member out, if it is one: the last takes its place.
    pub(crate) fn remove(self, storage: &mut impl Storage, address: Address) {
        let place = self.place(storage, address);
        if place == 0 {
            return;
        }
        storage.set(self.place_of(address), U256::ZERO);
        let last = self.len(storage);
        if place < last {
            let moved = get_address(storage, self.0, last);
            set_address(storage, self.0, place, moved);
            storage.set(self.place_of(moved), U256::from(place));
        }
        set_address(storage, self.0, last, Address::ZERO);
        set_u64(storage, self.0, 0, last - 1);
    }
}

/// The tree of messages to L1, of which only the right edge is kept: at each level the root of the
/// last full subtree that has no brother yet.
pub(crate) mod sends {
    use super::{B256, SENDS, Storage, U256, get_u64, keccak256, nth, set_u64};

    /// A node of the tree that came to be, of this level over the leaves, with the last leaf below
    /// it.
    pub(crate) struct Node {
        pub(crate) level: u64,
        pub(crate) leaf: u64,
        pub(crate) hash: B256,
    }

    fn partial(storage: &mut impl Storage, level: u64) -> B256 {
        storage.get(nth(SENDS, 2 + level)).into()
    }

    fn set_partial(storage: &mut impl Storage, level: u64, hash: B256) {
        storage.set(nth(SENDS, 2 + level), hash.into());
    }

    /// Levels that a tree of so many leaves has an edge at.
    fn levels(size: u64) -> u64 {
        u64::from(u64::BITS - size.leading_zeros())
    }

    /// Number of messages.
    pub(crate) fn size(storage: &mut impl Storage) -> u64 {
        get_u64(storage, SENDS, 0)
    }

    /// Appends a message; the nodes that this completes.
    pub(crate) fn append(storage: &mut impl Storage, message: B256) -> Vec<Node> {
        let leaf = size(storage);
        set_u64(storage, SENDS, 0, leaf + 1);
        let mut nodes = Vec::new();
        let mut hash = keccak256(message);
        for level in 0.. {
            let left = if level < levels(leaf) {
                partial(storage, level)
            } else {
                B256::ZERO
            };
            if left.is_zero() {
                set_partial(storage, level, hash);
                break;
            }
            hash = keccak256([left, hash].concat());
            set_partial(storage, level, B256::ZERO);
            nodes.push(Node {
                level: level + 1,
                leaf,
                hash,
            });
        }
        nodes
    }

    /// The tree as a whole.
    pub(crate) struct Tree {
        /// Number of messages.
        pub(crate) size: u64,
        /// Root of the tree, filled up with zeros.
        pub(crate) root: B256,
        /// Its right edge, from the leaves upward.
        pub(crate) partials: Vec<B256>,
        /// Hashes it took to find the root.
        pub(crate) hashed: u64,
    }

    /// Looks at the whole tree.
    pub(crate) fn tree(storage: &mut impl Storage) -> Tree {
        let size = size(storage);
        let partials: Vec<B256> = (0..levels(size)).map(|l| partial(storage, l)).collect();
        let mut hashed = 0;
        let mut root: Option<(B256, usize)> = None;
        for (level, partial) in partials.iter().enumerate() {
            if partial.is_zero() {
                continue;
            }
            root = Some(match root {
                None => (*partial, level),
                Some((mut hash, from)) => {
                    for _ in from..level {
                        hash = keccak256([hash, B256::ZERO].concat());
                    }
                    hashed += (level - from + 1) as u64;
                    (keccak256([*partial, hash].concat()), level + 1)
                }
            });
        }
        Tree {
            size,
            root: root.map_or(B256::ZERO, |(hash, _)| hash),
            partials,
            hashed,
        }
    }

    /// Position of a node in the event that tells of it.
    pub(crate) fn position(node: &Node) -> U256 {
        (U256::from(node.level) << 192) + U256::from(node.leaf)
    }
}

/// The table of short names: their number, then each at its place, and in an inner room the place
/// of each.
pub(crate) mod address_table {
    use super::{Address, Room, Storage, U256, get_address, get_u64, nth, set_u64, slot};

    const TABLE: Room = &[&[3]];
    const PLACES: Room = &[&[3], &[]];

    /// Number of addresses.
    pub(crate) fn size(storage: &mut impl Storage) -> u64 {
        get_u64(storage, TABLE, 0)
    }

    /// Index of an address, if it has one.
    pub(crate) fn index(storage: &mut impl Storage, address: Address) -> Option<u64> {
        let place: u64 = storage
            .get(slot(PLACES, address.into_word()))
            .saturating_to();
        place.checked_sub(1)
    }

    /// The address with an index below [`size`].
    pub(crate) fn at(storage: &mut impl Storage, index: u64) -> Address {
        get_address(storage, TABLE, index.saturating_add(1))
    }

    /// Adds an address that is not there; its index.
    pub(crate) fn register(storage: &mut impl Storage, address: Address) -> u64 {
        let index = size(storage);
        let place = index + 1;
        set_u64(storage, TABLE, 0, place);
        storage.set(nth(TABLE, place), address.into_word().into());
        storage.set(slot(PLACES, address.into_word()), U256::from(place));
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::b256;

    /// Places known from Nitro's own chains.
    #[test]
    fn the_layout_is_nitros() {
        // keccak of 31 zeros, and the index at the end
        let version: B256 = nth(ROOT, VERSION).into();
        assert_eq!(
            version,
            b256!("0x15fed0451499512d95f3ec5a41c878b9de55f21878b5b4e190d4667ec709b400")
        );
        let fees: B256 = nth(ROOT, NETWORK_FEE_ACCOUNT).into();
        assert_eq!(fees[..31], version[..31]);
        assert_eq!(fees[31], 3);
        // rooms are told apart, and keys of a room by all but their last byte
        let [a, b]: [B256; 2] = [nth(PARAMS, 0), nth(PROGRAMS, 0)].map(Into::into);
        assert_ne!(a[..31], b[..31]);
    }

    #[test]
    fn sets_of_addresses_stay_whole() {
        let mut state = State::default();
        let set = OWNERS;
        let [a, b, c] = [1, 2, 3].map(Address::repeat_byte);
        for address in [a, b, a, c] {
            set.insert(&mut state, address);
        }
        assert_eq!(set.all(&mut state), [a, b, c]);
        set.remove(&mut state, a);
        assert_eq!(set.all(&mut state), [c, b]);
        assert!(!set.contains(&mut state, a) && set.contains(&mut state, c));
        set.remove(&mut state, a);
        set.remove(&mut state, c);
        set.remove(&mut state, b);
        assert_eq!(set.len(&mut state), 0);
        set.insert(&mut state, c);
        assert_eq!(set.all(&mut state), [c]);
        assert_eq!(CACHE_MANAGERS.len(&mut state), 0, "another room");
    }

    /// The tree against one built whole from its leaves.
    #[test]
    fn the_tree_of_sends_is_a_merkle_tree() {
        fn whole(leaves: &[B256]) -> B256 {
            let mut nodes: Vec<B256> = leaves.iter().map(keccak256).collect();
            let mut depth = 0;
            while nodes.len() > 1 {
                // what is missing is zero at the level where a whole subtree is missing
                let _ = depth;
                nodes = nodes
                    .chunks(2)
                    .map(|pair| {
                        let right = pair.get(1).copied().unwrap_or_default();
                        keccak256([pair[0], right].concat())
                    })
                    .collect();
                depth += 1;
            }
            nodes[0]
        }
        let mut state = State::default();
        assert_eq!(sends::tree(&mut state).root, B256::ZERO);
        let mut leaves = Vec::new();
        for i in 0..20u64 {
            let message = B256::from(U256::from(i + 1));
            leaves.push(message);
            let nodes = sends::append(&mut state, message);
            // a leaf completes one subtree for each trailing one of its number
            assert_eq!(nodes.len() as u32, i.trailing_ones());
            assert!(nodes.iter().all(|node| node.leaf == i));
            let tree = sends::tree(&mut state);
            assert_eq!((tree.size, tree.root), (i + 1, whole(&leaves)), "{i}");
        }
    }
}
