// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {Portfolio, Assessment} from "./Types.sol";

/// A change of one account's cash and of one leg of it. Several entries may name one account.
/// @param account    Whose.
/// @param cash       Added to cash, 1e18.
/// @param instrument Which leg; 0 = cash only.
/// @param size       Lots added, signed.
/// @param quote      Added to Q (1e-18 cash); a fill of size at price p adds size*lot*(p - I) to one side
///                   and exactly its negative to the other.
struct Entry {
    bytes32 account;
    int128 cash;
    uint128 instrument;
    int64 size;
    int128 quote;
}

/// A change of one account's collateral.
struct AssetEntry {
    bytes32 account;
    uint8 asset;
    int128 amount;
}

/// The ledger and the custodian: tokens, collateral, cash, legs, rights, the gate and the lock.
///
/// Every change goes through one door: `applyEntries` (clearinghouse and auction only) and the user's own deposit and
/// withdraw. The door takes the lock (this contract's transient storage), applies the changes, asks `margin`
/// about every touched account and refuses what the gate forbids. Views refuse to answer while it is open.
///
/// System accounts have the vault's own address as owner: subaccount 0 is the insurance fund; subaccount
/// 2^88 | instrument >> 54 is the clearing account of an instrument, which takes over Q when a leg is closed and
/// pays or receives the cash, so that sum of cash = tokens held and sum of Q = 0 at every moment.
interface IVault {
    /// A token was listed; the first one is the settlement coin.
    event AssetListed(uint8 indexed asset, address indexed token, uint8 decimals, uint128 cap, bool settlement);
    /// What the vault accepts of a token changed; the token's own decimals.
    event CapSet(uint8 indexed asset, uint128 cap);
    /// Tokens arrived, in their own decimals. The balance follows in CashChanged or AssetMoved.
    event Deposited(bytes32 indexed account, address indexed token, address indexed from, uint256 amount);
    /// The token was told to move `amount` out, in its own decimals; no more left the vault, and less may have arrived. The
    /// balance follows in CashChanged or AssetMoved.
    event Withdrawn(bytes32 indexed account, address indexed token, address indexed to, uint256 amount);
    /// State after a change of one leg: size in lots, quote in 1e-18 cash, both 0 when closed.
    event LegChanged(bytes32 indexed account, uint128 indexed instrument, int64 size, int128 quote);
    /// Cash after a change, 1e18.
    event CashChanged(bytes32 indexed account, int128 cash);
    /// Balance of a collateral asset after a change, in the token's own decimals.
    event AssetMoved(bytes32 indexed account, uint8 indexed asset, uint128 balance);
    /// The owner let a venue trade for the account, or stopped it.
    event VenueAdmitted(bytes32 indexed account, uint16 indexed venue, bool admitted);
    /// The owner named or dismissed an operator.
    event OperatorSet(bytes32 indexed account, address indexed operator, bool approved);
    /// An auction of the account began or ended.
    event AuctionFlagSet(bytes32 indexed account, bool inAuction);
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
    /// Only the clearinghouse and the auction come through this door, each for its own purpose.
    error NotSibling(address caller);
    /// The caller is neither the account's owner nor, where that is enough, its operator, who withdraws to the owner only.
    error NotAuthorized(bytes32 account, address caller);
    /// The house's own accounts take no part in this.
    error SystemAccount(bytes32 account);
    /// The door is open: some call is changing the ledger right now.
    error Locked();
    /// Not listed.
    error UnknownToken(address token);
    /// No token is listed with this index, or margin has no terms for it.
    error UnknownAsset(uint8 asset);
    /// It is on the list already.
    error TokenListed(address token, uint8 asset);
    /// There is no contract at the token's address.
    error NoCode(address token);
    /// The token does not answer with one word where it must.
    /// @param reason What it said, at most 256 bytes: revert data or answer.
    error BadToken(address token, bytes reason);
    /// The token says it has more decimals than the vault can count in.
    error TooManyDecimals(address token, uint256 decimals, uint256 limit);
    /// Margin knows the asset with other decimals than the token says.
    error DecimalsDiffer(address token, uint8 decimals, uint8 marginDecimals);
    /// An amount, size or price of 0.
    error ZeroAmount();
    /// More than `limit`, in the unit of the argument.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// Too small to be worth one unit of the ledger, or below the minimum for a stranger's deposit.
    error AmountTooSmall(uint256 amount, uint256 minimum);
    /// More of the token than the vault accepts; its own decimals.
    error CapExceeded(address token, uint256 total, uint256 cap);
    /// The token's transfer reverted, or answered otherwise than with `true` or with nothing.
    /// @param reason Its own words, at most 256 bytes: revert data, as of a blacklist or a pause, or the answer, 32 zero bytes
    ///               for `false`.
    error TokenRefused(address token, bytes reason);
    /// The token refused a deposit without a word, and this is why: `owner` has less of it than `want`, or allows the vault
    /// less; the token's own decimals.
    error InsufficientTokens(address token, address owner, uint256 balance, uint256 allowance, uint256 want);
    /// The token says it moved `asked` and moved nothing, or out of the vault more; its own decimals.
    error TransferFailed(address token, uint256 asked, uint256 moved);
    /// Nothing is paid to the zero address or to the vault itself.
    error InvalidReceiver(address to);
    /// A stranger may not open an asset slot for the account.
    error NotAskedFor(bytes32 account, uint8 asset);
    /// Less collateral than wanted; the token's own decimals.
    error InsufficientBalance(bytes32 account, uint8 asset, uint256 have, uint256 want);
    /// Less cash than wanted, 1e18.
    error InsufficientCash(bytes32 account, int256 have, uint256 want);
    /// The vault itself holds less of the token; its own decimals.
    error InsufficientLiquidity(address token, uint256 have, uint256 want);
    /// The account would not be healthy and its risk did not fall. Before/after in 1e18.
    error InsufficientMargin(bytes32 account, int256 equity, uint256 im, uint256 mm, int256 equityBefore, uint256 imBefore);
    /// The sale of a liquidated account's part did not make its equity - mm rise. 1e18.
    error NotRelieved(bytes32 account, int256 equity, uint256 mm, int256 equityBefore, uint256 mmBefore);
    /// Some price the account's margin rests on is stale.
    error PricesStale(bytes32 account);
    /// No venue has number 0.
    error InvalidVenue(uint16 venue);
    /// The account has not let this venue trade for it.
    error VenueNotAdmitted(bytes32 account, uint16 venue);
    /// While an account is sold: no withdrawal, and no trade but one that reduces at the mark or better.
    error AccountInAuction(bytes32 account);
    /// The account would need more leg slots than it can have.
    error TooManyLegs(bytes32 account, uint256 slots, uint256 limit);
    /// Entries (264), asset entries (32), accounts (80) of one call; listed tokens (16).
    error TooManyItems(uint256 given, uint256 limit);
    /// Not the one canonical id of an instrument, or 0 with a size or a quote.
    error InvalidInstrument(uint128 instrument);
    /// A quote changes only with the leg it belongs to.
    error NoSuchLeg(bytes32 account, uint128 instrument);
    /// Entries of an instrument (0: cash) do not sum to zero; the sums.
    error Unbalanced(uint128 instrument, int256 cash, int256 size, int256 quote);
    /// Entries of an asset do not sum to zero; the sum.
    error UnbalancedAsset(uint8 asset, int256 amount);
    /// A number of the account would no longer fit.
    error ValueOutOfRange(bytes32 account);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);
    /// A sibling answered with something that does not decode.
    error BadAnswer(address callee);

    /// Deployer only, once: hands the contract to `owner` and names its siblings.
    function initialize(address owner, address margin, address clearinghouse, address auction) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function siblings() external view returns (address margin, address clearinghouse, address auction);

    /// Lists a token. The first one listed is the settlement coin: its deposits are credited as cash at 1e18
    /// scale. Decimals are read and frozen. At most 16 assets; index = order of listing.
    /// @param cap Most the vault accepts of it, in the token's own decimals. It does not bind the settlement coin
    ///            that an owner, or his operator, deposits into his account in auction.
    function listAsset(address token, uint128 cap) external returns (uint8 asset);
    /// Owner only. `cap` in the token's own decimals; what is held already may stay. Reverts with UnknownAsset.
    function setCap(uint8 asset, uint128 cap) external;
    /// `cap` and `held`, what the ledger owes holders, in the token's own decimals. Reverts with UnknownAsset.
    function asset(uint8 asset) external view returns (address token, uint8 decimals, uint128 cap, uint128 held);
    function assetCount() external view returns (uint8);

    /// Moves tokens from the caller and credits what arrived. Always allowed, also mid-auction: that is how an owner
    /// cures, with cash or an asset the account already holds. A stranger may only deposit these, above a minimum.
    /// @param amount In the token's own decimals.
    function deposit(bytes32 account, address token, uint256 amount) external returns (uint256 credited);

    /// Pays out to `to`. Leaves the account healthy at fresh prices; a flat account without negative cash may always
    /// leave, whatever any feed says. By the owner, or by an operator to the owner. Never overdraws cash.
    ///
    /// Warning: a token that charges transfers may let less arrive; the account is debited `amount` all the same.
    /// @param amount In the token's own decimals; exactly this leaves the account.
    /// @return paid  `amount`: what the token was told to move, not what arrived. No more than it has left the vault.
    function withdraw(bytes32 account, address token, uint256 amount, address to) external returns (uint256 paid);

    /// Owner only: lets a venue trade for the account, or stops it.
    function admitVenue(bytes32 account, uint16 venue, bool admitted) external;
    function isVenueAdmitted(bytes32 account, uint16 venue) external view returns (bool);
    /// Owner only: an operator may withdraw to the owner and bid for the account.
    function setOperator(bytes32 account, address operator, bool approved) external;
    function isOperator(bytes32 account, address operator) external view returns (bool);

    /// The door. Siblings only. Cash, size and quote per instrument and every asset must sum to zero.
    /// @param venue      Non-zero: every account but system accounts must have admitted it.
    /// @param liquidated Non-zero: this account need not become healthy, but its equity - mm must rise, and
    ///                   its flag lets it through; all other accounts must pass the gate.
    ///
    /// The gate judges all that the call did to an account. Whoever is not healthy afterwards, or is in auction, must have
    /// become safer: im fell, mm did not rise, equity did not fall by more than a billionth of a coin; also where the
    /// account ends flat. Who is not in auction and ends flat, with neither legs nor debt, is healthy at any price.
    /// @return accounts  The accounts margin was asked about, in order of first mention; not system accounts, nor those
    ///                   that only gained cash, nor those that are not in auction and left with neither legs nor debt.
    /// @return after_    Their assessments.
    function applyEntries(uint16 venue, bytes32 liquidated, Entry[] calldata entries, AssetEntry[] calldata assets)
        external returns (bytes32[] memory accounts, Assessment[] memory after_);

    /// Auction only.
    function setInAuction(bytes32 account, bool inAuction) external;

    /// Version counts changes of legs and collateral by anyone but depositors; a bid names the version it expects.
    function account(bytes32 account) external view returns (Portfolio memory portfolio, uint32 version, bool inAuction);
    /// Margin's answer for the account now.
    function assessAccount(bytes32 account) external view returns (Assessment memory);
    /// 1e18, signed.
    function cashOf(bytes32 account) external view returns (int128);
    /// Collateral in the token's own decimals; 0 for asset 0, the settlement coin, which is cash.
    function balanceOf(bytes32 account, uint8 asset) external view returns (uint128);
}
