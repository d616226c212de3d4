// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {Portfolio, Assessment} from "./Types.sol";

/// A change of one account's cash and of one leg of it. Several entries may name one account.
/// @param account    The account that changes.
/// @param cash       Added to cash, 1e18.
/// @param instrument The leg; 0 = cash only.
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
/// @param account The account that changes.
/// @param asset   The asset's index in the vault's list; not 0, which is cash.
/// @param amount  Added, signed, in the token's own decimals.
struct AssetEntry {
    bytes32 account;
    uint8 asset;
    int128 amount;
}

/// The ledger and the custodian: tokens, collateral, cash, legs, rights, the gate and the lock.
///
/// An account changes in two ways only: through the door, `applyEntries` (clearinghouse and auction only), and through the
/// deposits and withdrawals of users. Each sets the lock (a bit of this contract's transient storage) before it does
/// anything and releases it at its end. While the lock is set every function of the vault, views included, reverts with
/// Locked.
///
/// System accounts have the vault's own address as owner: subaccount 0 is the insurance fund; subaccount
/// 2^88 | instrument >> 54 is the clearing account of an instrument, which takes over Q when a leg is closed and
/// pays or receives the cash, so that sum of cash = tokens held and sum of Q = 0 at every moment.
interface IVault {
    /// A token was listed; the first one listed is the settlement coin. `cap` in the token's own decimals.
    event AssetListed(uint8 indexed asset, address indexed token, uint8 decimals, uint128 cap, bool settlement);
    /// The most of a token that the vault accepts changed to `cap`, in the token's own decimals.
    event CapSet(uint8 indexed asset, uint128 cap);
    /// `amount` tokens arrived, in their own decimals. CashChanged or AssetMoved follows with the balance.
    event Deposited(bytes32 indexed account, address indexed token, address indexed from, uint256 amount);
    /// The vault told the token to move `amount` out, in its own decimals. No more left the vault; a token that charges
    /// transfers delivered less. CashChanged or AssetMoved is emitted with the balance in the same call.
    event Withdrawn(bytes32 indexed account, address indexed token, address indexed to, uint256 amount);
    /// State after a change of one leg: size in lots, quote in 1e-18 cash, both 0 when closed.
    event LegChanged(bytes32 indexed account, uint128 indexed instrument, int64 size, int128 quote);
    /// Cash after a change, 1e18.
    event CashChanged(bytes32 indexed account, int128 cash);
    /// Balance of a collateral asset after a change, in the token's own decimals.
    event AssetMoved(bytes32 indexed account, uint8 indexed asset, uint128 balance);
    /// The account's owner allowed a venue to trade for the account (`admitted` true), or withdrew that right (false).
    event VenueAdmitted(bytes32 indexed account, uint16 indexed venue, bool admitted);
    /// The account's owner made an address an operator (`approved` true), or withdrew that right (false).
    event OperatorSet(bytes32 indexed account, address indexed operator, bool approved);
    /// An auction of the account began (`inAuction` true) or ended (false).
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
    /// The caller is neither the clearinghouse with a venue's number nor the auction without one.
    error NotSibling(address caller);
    /// The caller is not the account's owner, nor, in a withdrawal to that owner, its operator.
    error NotAuthorized(bytes32 account, address caller);
    /// The account is the vault's own: the insurance fund, where only its cash may change, or a clearing account.
    error SystemAccount(bytes32 account);
    /// The ledger is being changed by an outer call; retry after it.
    error Locked();
    /// The vault does not list this token.
    error UnknownToken(address token);
    /// No token is listed with this index; or, when listing one, margin has no terms for it.
    error UnknownAsset(uint8 asset);
    /// The token is listed already, with this index.
    error TokenListed(address token, uint8 asset);
    /// There is no contract at the token's address.
    error NoCode(address token);
    /// The token did not answer `decimals` or `balanceOf` with one word.
    /// @param reason The first 256 bytes of its revert data or answer.
    error BadToken(address token, bytes reason);
    /// The token has more decimals than the vault supports: `limit` is 18 for the settlement coin, 24 for any other.
    error TooManyDecimals(address token, uint256 decimals, uint256 limit);
    /// The token's decimals are not those that margin has for the asset: set them with IParameters.setAsset first.
    error DecimalsDiffer(address token, uint8 decimals, uint8 marginDecimals);
    /// The amount is 0.
    error ZeroAmount();
    /// The amount does not fit: of a token more than 2^128 - 1 of its own decimals, as cash more than 2^127 - 1.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// The depositor is neither the account's owner nor its operator, and the deposit credits less than `minimum`: one
    /// coin (1e18), or a thousandth of a token in its own decimals.
    error AmountTooSmall(uint256 amount, uint256 minimum);
    /// With this deposit the vault would hold `total` of the token, more than its cap; the token's own decimals.
    error CapExceeded(address token, uint256 total, uint256 cap);
    /// The token's transfer reverted, or answered neither `true` nor nothing.
    /// @param reason The first 256 bytes of its revert data, as of a blacklist or a pause, or of its answer, 32 zero bytes
    ///               for `false`.
    error TokenRefused(address token, bytes reason);
    /// The token refused a deposit without a reason, and `owner` has less of it than `want`, or allows the vault less; the
    /// token's own decimals.
    error InsufficientTokens(address token, address owner, uint256 balance, uint256 allowance, uint256 want);
    /// The token reported a transfer of `asked`, but the vault's balance changed by `moved`: nothing, or, in a withdrawal,
    /// more than asked; the token's own decimals.
    error TransferFailed(address token, uint256 asked, uint256 moved);
    /// The receiver is the zero address or the vault itself.
    error InvalidReceiver(address to);
    /// The account does not hold the asset, and this deposit may not add one: the depositor is neither the account's owner
    /// nor its operator, or the account is in auction. Deposit the settlement coin or an asset the account holds.
    error NotAskedFor(bytes32 account, uint8 asset);
    /// The account has `have` of the asset, less than `want`; the token's own decimals.
    error InsufficientBalance(bytes32 account, uint8 asset, uint256 have, uint256 want);
    /// The account has `have` cash, less than `want`; 1e18. Withdrawals and payments of the insurance fund never overdraw.
    error InsufficientCash(bytes32 account, int256 have, uint256 want);
    /// The vault holds `have` of the token for its accounts, less than `want`; the token's own decimals.
    error InsufficientLiquidity(address token, uint256 have, uint256 want);
    /// Afterwards the account would have equity < im, and the call did not make it safer. Before and after in 1e18. In a sale
    /// both im are bidIm.
    error InsufficientMargin(bytes32 account, int256 equity, uint256 im, uint256 mm, int256 equityBefore, uint256 imBefore);
    /// The sale of a part of an account in auction did not raise its equity - mm. 1e18.
    error NotRelieved(bytes32 account, int256 equity, uint256 mm, int256 equityBefore, uint256 mmBefore);
    /// A price that the account's margin rests on is stale: retry at fresh prices.
    error PricesStale(bytes32 account);
    /// 0 is no venue's number.
    error InvalidVenue(uint16 venue);
    /// The account's owner has not admitted this venue.
    error VenueNotAdmitted(bytes32 account, uint16 venue);
    /// The account is in auction: it cannot withdraw, and trades only to reduce its risk at the mark or better.
    error AccountInAuction(bytes32 account);
    /// The account would need `slots` leg slots, more than `limit`.
    error TooManyLegs(bytes32 account, uint256 slots, uint256 limit);
    /// Too many entries (limit 264), asset entries (32) or accounts (80) in one call, or listed tokens (16).
    error TooManyItems(uint256 given, uint256 limit);
    /// Not the one canonical id of an instrument; or 0, cash, with a size or a quote.
    error InvalidInstrument(uint128 instrument);
    /// The entry has size 0 and the account has no leg of this instrument.
    error NoSuchLeg(bytes32 account, uint128 instrument);
    /// The entries do not sum to zero: the sum of all cash, and the sums of size and quote of `instrument` (0 = cash only).
    error Unbalanced(uint128 instrument, int256 cash, int256 size, int256 quote);
    /// The entries of this asset sum to `amount`, not to zero; the token's own decimals.
    error UnbalancedAsset(uint8 asset, int256 amount);
    /// A number of the account would leave its range.
    error ValueOutOfRange(bytes32 account);
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
    function initialize(address owner, address margin, address clearinghouse, address auction) external;
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
    /// The contracts of the house that the vault calls or obeys.
    /// @custom:caller anyone
    function siblings() external view returns (address margin, address clearinghouse, address auction);

    /// Lists a token. The first one listed is the settlement coin: its deposits are credited as cash at 1e18
    /// scale. Decimals are read and frozen. At most 16 assets; index = order of listing.
    ///
    /// Warning: a listed token is never removed.
    /// @custom:caller owner
    /// @param cap Most the vault accepts of it, in the token's own decimals. It does not bind the settlement coin
    ///            that an owner, or his operator, deposits into his account in auction.
    function listAsset(address token, uint128 cap) external returns (uint8 asset);
    /// Sets the most the vault accepts of a token, in its own decimals; the amount held already may stay. Reverts with
    /// UnknownAsset.
    /// @custom:caller owner
    function setCap(uint8 asset, uint128 cap) external;
    /// A listed token. `cap`, and `held`, the amount owed to accounts, in the token's own decimals. Reverts with
    /// UnknownAsset.
    /// @custom:caller anyone
    function asset(uint8 asset) external view returns (address token, uint8 decimals, uint128 cap, uint128 held);
    /// Number of listed tokens.
    /// @custom:caller anyone
    function assetCount() external view returns (uint8);

    /// Moves tokens from the caller and credits the amount that arrived. Neither margin nor prices nor an auction prevent it: an owner
    /// cures an account in auction with cash, or with an asset that the account already holds. A caller who is neither the
    /// account's owner nor its operator may deposit only these, above a minimum.
    /// @custom:caller anyone
    /// @param amount In the token's own decimals.
    /// @return credited 1e18 cash for the settlement coin, else the token's own decimals.
    function deposit(bytes32 account, address token, uint256 amount) external returns (uint256 credited);

    /// Pays out to `to`. Leaves the account healthy at fresh prices; an account without legs and without negative cash may
    /// always withdraw, whatever the feeds say. Never overdraws cash.
    ///
    /// Warning: of a token that charges transfers less arrives; the account is debited `amount` all the same.
    /// @custom:caller account owner; operator, to the account owner
    /// @param amount In the token's own decimals; exactly this leaves the account.
    /// @return paid  `amount`, as debited; less may have arrived. No more than it has left the vault.
    function withdraw(bytes32 account, address token, uint256 amount, address to) external returns (uint256 paid);

    /// Allows a venue to trade for the account, or withdraws that right.
    ///
    /// Warning: an admitted venue trades without the owner's signature, within its band of the mark.
    /// @custom:caller account owner
    function admitVenue(bytes32 account, uint16 venue, bool admitted) external;
    /// Whether the account's owner has admitted the venue.
    /// @custom:caller anyone
    function isVenueAdmitted(bytes32 account, uint16 venue) external view returns (bool);
    /// Makes an address an operator, or withdraws that right: an operator may withdraw to the account's owner and bid for
    /// the account.
    /// @custom:caller account owner
    function setOperator(bytes32 account, address operator, bool approved) external;
    /// Whether the address is an operator of the account.
    /// @custom:caller anyone
    function isOperator(bytes32 account, address operator) external view returns (bool);

    /// The door: applies balanced entries, all or none. Cash, and per instrument size and quote, and every asset must sum to
    /// zero.
    ///
    /// The gate judges all that the call did to an account. An account that afterwards is not healthy, or is in auction, must
    /// have become safer: im fell, mm did not rise, equity did not fall by more than a billionth of a coin; also where the
    /// account ends flat. An account that is not in auction and ends flat, with neither legs nor debt, is healthy at any
    /// price.
    /// @custom:caller sibling (clearinghouse with a venue, auction without)
    /// @param venue      Non-zero: every account that trades or pays, but system accounts, must have admitted it.
    /// @param liquidated Non-zero: this account need not become healthy, but its equity - mm must rise, and
    ///                   its flag lets it through; all other accounts must pass the gate, with bidIm in place of im.
    /// @return accounts  The accounts margin was asked about, in order of first mention; not system accounts, nor those
    ///                   that only gained cash, nor those that are not in auction and left with neither legs nor debt.
    /// @return after_    Their assessments.
    function applyEntries(uint16 venue, bytes32 liquidated, Entry[] calldata entries, AssetEntry[] calldata assets)
        external returns (bytes32[] memory accounts, Assessment[] memory after_);

    /// Marks an account as being in auction, or not.
    /// @custom:caller sibling (auction)
    function setInAuction(bytes32 account, bool inAuction) external;

    /// The holdings of an account. `version` counts changes of legs and collateral other than by deposits; a bid names the
    /// version it expects.
    /// @custom:caller anyone
    function account(bytes32 account) external view returns (Portfolio memory portfolio, uint32 version, bool inAuction);
    /// Margin's answer for the account now.
    /// @custom:caller anyone
    function assessAccount(bytes32 account) external view returns (Assessment memory);
    /// Cash, 1e18, signed.
    /// @custom:caller anyone
    function cashOf(bytes32 account) external view returns (int128);
    /// Collateral in the token's own decimals; 0 for asset 0, the settlement coin, which is cash.
    /// @custom:caller anyone
    function balanceOf(bytes32 account, uint8 asset) external view returns (uint128);
}
