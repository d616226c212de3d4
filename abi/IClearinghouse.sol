// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

/// One trade, reported by the venue that matched it.
/// @param buyer      The account that gains size.
/// @param seller     The account that loses size; not the buyer. A venue's pool is an account like any other.
/// @param instrument An instrument of this venue.
/// @param size       1e18 units of the underlying, > 0, a multiple of the lot.
/// @param price      1e18 cash per unit, > 0.
/// @param buyerFee   1e18 cash, 0.. ; goes to the venue's fee account.
/// @param sellerFee  1e18 cash, 0.. .
struct Fill {
    bytes32 buyer;
    bytes32 seller;
    uint128 instrument;
    uint256 size;
    uint256 price;
    uint256 buyerFee;
    uint256 sellerFee;
}

/// The contract that venues call: admission, fills, price bands.
interface IClearinghouse {
    /// A venue was admitted, or its terms changed. `band` 1e18.
    event VenueSet(uint16 indexed venue, address indexed contractAddress, bytes32 feeAccount, uint64 band, bool active);
    /// The owner named another contract for the house's views, or none (0).
    event LensSet(address indexed lens);
    /// A fill was cleared: size 1e18 units, price 1e18 cash per unit, without fees.
    event Cleared(uint16 indexed venue, uint128 indexed instrument, bytes32 indexed buyer, bytes32 seller, uint256 size, uint256 price);
    /// Ownership has been offered; nothing changes until `newOwner` accepts.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    /// Ownership has moved.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// The caller is not the owner, nor, where ownership is being accepted, the pending owner.
    error NotOwner(address caller, address owner);
    /// `initialize` has run.
    error AlreadyInitialized();
    /// `initialize` has not run, and nothing else can be done before it.
    error NotInitialized();
    /// The caller is not an active venue.
    error NotAVenue(address caller);
    /// The venue's number, address or fee account is zero.
    error IncompleteVenue(uint16 venue, address contractAddress, bytes32 feeAccount);
    /// The venue's number has another address, or the address another number: `venue` and `contractAddress` are the known ones.
    error VenueExists(uint16 venue, address contractAddress);
    /// The band must be `minimum` to `maximum`, 1e18 shares of the mark.
    error InvalidBand(uint64 band, uint64 minimum, uint64 maximum);
    /// The call has no fills.
    error NoFills();
    /// Too many fills of `clear` or instruments of `marks` (limit 16).
    error TooManyItems(uint256 given, uint256 limit);
    /// Not the one canonical id of an instrument.
    error InvalidInstrument(uint128 instrument);
    /// The instrument belongs to another venue than the caller.
    error WrongVenue(uint16 instrumentVenue, uint16 callerVenue);
    /// Buyer and seller are the same account.
    error SelfTrade(bytes32 account);
    /// The fill's size or price is 0.
    error ZeroAmount();
    /// A number of the fill is above `limit`, in the argument's own unit.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// The size is not a whole number of lots; both 1e18 units.
    error NotMultipleOfLot(uint256 size, uint64 lot);
    /// Margin has no terms for the underlying.
    error UnknownUnderlying(uint16 underlying);
    /// The mark of this instrument is stale: its price or surface is, its expiry was never pushed or is past and not
    /// settled, or its strike is further than a factor of 1,024 from the forward.
    error MarkStale(uint128 instrument);
    /// The price, the price with the buyer's fee added, or the price less the seller's fee lies outside the band around the
    /// mark; all 1e18 per unit. Negative if the seller's fee is more than the seller gets.
    error PriceOutsideBand(uint128 instrument, int256 price, uint256 mark, uint256 band);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether, the oracle's pullPrices excepted.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);
    /// A sibling answered with something that does not decode.
    error BadAnswer(address callee);

    /// Hands the contract to `owner` and names its siblings; once.
    /// @custom:caller deployer
    function initialize(address owner, address vault, address margin, address oracle) external;
    /// The owner; before `initialize`, the deployer.
    /// @custom:caller anyone
    function owner() external view returns (address);
    /// The address that ownership is offered to; 0 for none.
    /// @custom:caller anyone
    function pendingOwner() external view returns (address);
    /// Offers ownership to `newOwner`, who must accept it; 0 withdraws the offer.
    /// @custom:caller owner
    function transferOwnership(address newOwner) external;
    /// Takes the ownership that is offered to the caller.
    /// @custom:caller pending owner
    function acceptOwnership() external;
    /// The vault, the ledger of all fills.
    /// @custom:caller anyone
    function vault() external view returns (address);
    /// The margin calculator, whose parameters the marks use.
    /// @custom:caller anyone
    function margin() external view returns (address);
    /// The oracle hub, whose prices the marks use.
    /// @custom:caller anyone
    function oracle() external view returns (address);

    /// Admits a venue or changes its band, fee account and activity; its address is frozen once set.
    /// @custom:caller owner
    /// @param venue      Number, not 0.
    /// @param feeAccount Account that receives fees.
    /// @param band       1e18 share of the mark that a fill's price may lie away from it, 1e14..2e17.
    function setVenue(uint16 venue, address contractAddress, bytes32 feeAccount, uint64 band, bool active) external;
    /// The terms of a venue; zeros for an unknown number.
    /// @custom:caller anyone
    function venue(uint16 venue) external view returns (address contractAddress, bytes32 feeAccount, uint64 band, bool active);
    /// The number of the venue at this address; 0 for none.
    /// @custom:caller anyone
    function venueOf(address contractAddress) external view returns (uint16);
    /// Numbers of all venues ever admitted, active or not, in the order of their admission.
    /// @custom:caller anyone
    function venues() external view returns (uint16[] memory);

    /// Names the contract with the house's views (ILens), so that integrators find it; 0 for none. No contract of the house
    /// calls it.
    /// @custom:caller owner
    function setLens(address lens) external;
    /// The contract with the house's views; 0 for none.
    /// @custom:caller anyone
    function lens() external view returns (address);

    /// The house's own value of one unit of each instrument. At most 16.
    /// Reverts with TooManyItems, InvalidInstrument, UnknownUnderlying.
    /// @custom:caller anyone
    /// @return values     1e18: the spot, the forward or Black-76 on the surface; 0 where nothing usable is known.
    /// @return lots       Lot of each instrument's underlying, 1e18 units.
    /// @return fresh      False where a price or surface that the value rests on is stale or was never pushed.
    /// @return tolerances How far from the value a trade is always acceptable, 1e18: for an option the larger of the value
    ///                    of 5 points more volatility and 1/2,000 of the forward, else 0.
    function marks(uint128[] calldata instruments) external view returns (uint256[] memory values, uint64[] memory lots, bool[] memory fresh, uint256[] memory tolerances);

    /// Clears up to 16 fills of the calling venue, all or none. Both accounts have admitted the venue; an option is paid for
    /// in cash at once, a perpetual or future keeps the price in its quote; afterwards both are healthy, or their
    /// requirement fell and they traded no worse than at the mark.
    /// Reverts with NotAVenue, NoFills, TooManyItems, InvalidInstrument, WrongVenue, SelfTrade, ZeroAmount, AmountTooLarge,
    /// NotMultipleOfLot, UnknownUnderlying, MarkStale, PriceOutsideBand; with the vault's refusals, of which
    /// VenueNotAdmitted, InsufficientMargin, PricesStale, AccountInAuction and TooManyLegs are the common ones.
    /// @custom:caller venue (active)
    function clear(Fill[] calldata fills) external;
}
