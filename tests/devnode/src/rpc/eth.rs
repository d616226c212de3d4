//! What every client asks: `eth_`, `net_`, `web3_`, `txpool_`.

use alloy::{
    eips::{BlockId, BlockNumberOrTag, Encodable2718},
    primitives::{Address, B256, Bytes, Signature, keccak256},
    rpc::types::{
        BlockOverrides, Filter, TransactionRequest, simulate::SimulatePayload, state::StateOverride,
    },
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_dyn_abi::TypedData;
use serde_json::{Value, json};

use super::{
    error::{Result, RpcError},
    filters::{Changes, Kind},
    json,
    json::{data, quantity},
    params::{Args, Num, Param, Word, params},
    registry::ErrorRegistry,
    worker::Backend,
};
use crate::{
    Block, CallRequest, ChainError, Outcome,
    chain::{SimulatedBlock, SimulatedCall},
};

/// geth's code for a simulated call that failed without reverting.
const VM_ERROR: i32 = -32015;

/// Gas a call gets at most, as on Nitro: more is capped, not refused.
const CALL_GAS_CAP: u64 = 50_000_000;
/// Blocks `eth_feeHistory` answers for at most.
const MAX_FEE_HISTORY: u64 = 1_024;

/// What the node calls itself.
pub(crate) const CLIENT: &str = concat!("plimsoll-devnode/v", env!("CARGO_PKG_VERSION"));

fn block_id(args: &mut Args) -> Result<BlockId> {
    Ok(args.optional("block")?.unwrap_or_default())
}

/// A block by id, the pending one too. Of the block a fork started at, the source knows more.
pub(crate) fn find_block<T>(
    node: &Backend,
    id: BlockId,
    read: impl FnOnce(&Block) -> Result<T>,
) -> Result<Option<T>> {
    if id.is_pending() {
        return read(&node.chain.pending_block()).map(Some);
    }
    let forked = node.chain.forked_at().map(|(_, number)| number);
    let block = node.chain.block(id);
    let block = block.filter(|block| Some(block.header.number) != forked);
    block.map(|block| read(block)).transpose()
}

// web3, net, and what never changes

pub(crate) fn client_version(_: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(CLIENT))
}

pub(crate) fn sha3(_: &mut Backend, mut args: Args) -> Result<Value> {
    Ok(json!(keccak256(args.need::<Bytes>("data")?)))
}

pub(crate) fn net_version(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(node.chain.config().chain_id.to_string()))
}

pub(crate) fn yes(_: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(true))
}

pub(crate) fn no(_: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(false))
}

pub(crate) fn zero(_: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(0u64))
}

pub(crate) fn modules(_: &mut Backend, _: Args) -> Result<Value> {
    Ok(
        json!({"anvil": "1.0", "debug": "1.0", "eth": "1.0", "evm": "1.0", "net": "1.0",
        "txpool": "1.0", "web3": "1.0"}),
    )
}

pub(crate) fn chain_id(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(node.chain.config().chain_id))
}

/// The accounts whose keys are here, and those impersonated: all that can send without a signature.
pub(crate) fn accounts(node: &mut Backend, _: Args) -> Result<Value> {
    let ours = node.chain.accounts().iter().map(|a| a.address);
    let others = node.impersonated.iter().copied();
    let others = others.filter(|a| node.chain.is_impersonated(*a));
    let mut all: Vec<Address> = ours.collect();
    for other in others {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    json::value(&all)
}

pub(crate) fn coinbase(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(node.chain.latest().header.beneficiary))
}

// Fees

pub(crate) fn gas_price(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(node.chain.base_fee()))
}

pub(crate) fn fee_history(node: &mut Backend, mut args: Args) -> Result<Value> {
    let count = args
        .need::<Num>("blockCount")?
        .as_u64("blockCount")?
        .min(MAX_FEE_HISTORY);
    let newest: BlockNumberOrTag = args.optional("newestBlock")?.unwrap_or_default();
    let percentiles: Vec<f64> = args.optional("rewardPercentiles")?.unwrap_or_default();
    if percentiles.len() > 100 {
        return Err(RpcError::params("over the query limit of 100 percentiles"));
    }
    if percentiles.iter().any(|p| !(0.0..=100.0).contains(p))
        || percentiles.windows(2).any(|w| w[0] > w[1])
    {
        return Err(RpcError::params(
            "reward percentiles must ascend within 0 to 100",
        ));
    }
    let chain = &node.chain;
    let head = chain.block_number();
    let newest = match newest {
        BlockNumberOrTag::Pending => head,
        other => match chain.block(other.into()) {
            Some(block) => block.header.number,
            None => return Err(ChainError::UnknownBlock(other.to_string()).into()),
        },
    };
    let oldest = (newest + 1).saturating_sub(count).max(chain.first_number());
    let blocks: Vec<_> = (oldest..=newest)
        .take(count as usize)
        .filter_map(|n| chain.block(n.into()))
        .collect();
    if blocks.is_empty() {
        return Ok(json!({"oldestBlock": quantity(0u64), "gasUsedRatio": null}));
    }
    let mut base_fees: Vec<_> = blocks
        .iter()
        .map(|b| quantity(b.header.base_fee_per_gas.unwrap_or_default()))
        .collect();
    base_fees.push(match chain.block((newest + 1).into()) {
        Some(next) => quantity(next.header.base_fee_per_gas.unwrap_or_default()),
        None => quantity(chain.base_fee()),
    });
    let ratios: Vec<_> = blocks
        .iter()
        .map(|b| b.header.gas_used as f64 / (b.header.gas_limit.max(1)) as f64)
        .collect();
    let mut answer = json!({
        "oldestBlock": quantity(oldest),
        "baseFeePerGas": base_fees,
        "gasUsedRatio": ratios,
        "baseFeePerBlobGas": vec![quantity(0u64); blocks.len() + 1],
        "blobGasUsedRatio": vec![0.0; blocks.len()],
    });
    if !percentiles.is_empty() {
        // Arbitrum drops tips: a transaction pays the base fee.
        answer["reward"] = json!(vec![vec!["0x0"; percentiles.len()]; blocks.len()]);
    }
    Ok(answer)
}

// State

pub(crate) fn block_number(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(node.chain.block_number()))
}

pub(crate) fn balance(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    Ok(quantity(node.chain.balance(address, block_id(&mut args)?)?))
}

pub(crate) fn nonce(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    Ok(quantity(node.chain.nonce(address, block_id(&mut args)?)?))
}

pub(crate) fn code(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    Ok(data(node.chain.code(address, block_id(&mut args)?)?))
}

pub(crate) fn storage(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let slot: Word = args.need("slot")?;
    Ok(json!(node.chain.storage(
        address,
        slot.0.into(),
        block_id(&mut args)?
    )?))
}

/// Root of an account's storage, and the proofs of these slots.
fn storage_tree(
    node: &Backend,
    address: Address,
    slots: &[B256],
    block: BlockId,
) -> Result<(B256, Vec<Vec<Bytes>>)> {
    node.chain
        .storage_tree(address, slots, block)?
        .ok_or_else(|| {
            RpcError::Unsupported(format!(
                "this is a fork, which does not know all of the storage of {address} and so not its \
                 root; eth_getBalance, eth_getTransactionCount, eth_getCode and eth_getStorageAt \
                 answer"
            ))
        })
}

/// `eth_getAccount`: what a tree of accounts would hold of it.
pub(crate) fn account(node: &mut Backend, mut args: Args) -> Result<Value> {
    let (address, block) = (args.need("address")?, block_id(&mut args)?);
    let (storage_root, _) = storage_tree(node, address, &[], block)?;
    Ok(json!({
        "balance": quantity(node.chain.balance(address, block)?),
        "nonce": quantity(node.chain.nonce(address, block)?),
        "codeHash": keccak256(node.chain.code(address, block)?),
        "storageRoot": storage_root,
    }))
}

params! {
    Vec<Word> => "an array of slots (words of 32 bytes)",
}

/// Slots that one request proves at most.
const MAX_PROOFS: usize = 1_024;

/// `eth_getProof`. The proofs of slots are good against the storage hash. There is no tree of
/// accounts, so the account itself has no proof.
pub(crate) fn proof(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let slots: Vec<Word> = args.need("slots")?;
    let block = block_id(&mut args)?;
    if slots.len() > MAX_PROOFS {
        return Err(RpcError::params(format!(
            "at most {MAX_PROOFS} slots at once, not {}",
            slots.len()
        )));
    }
    let slots: Vec<B256> = slots.into_iter().map(|slot| slot.0).collect();
    let (storage_hash, proofs) = storage_tree(node, address, &slots, block)?;
    let proven = slots.iter().zip(proofs).map(|(slot, proof)| {
        let value = node.chain.storage(address, (*slot).into(), block)?;
        Ok(json!({"key": slot, "value": quantity(value), "proof": proof}))
    });
    Ok(json!({
        "address": address,
        "balance": quantity(node.chain.balance(address, block)?),
        "nonce": quantity(node.chain.nonce(address, block)?),
        "codeHash": keccak256(node.chain.code(address, block)?),
        "storageHash": storage_hash,
        "storageProof": proven.collect::<Result<Vec<_>>>()?,
        "accountProof": [],
    }))
}

/// `eth_getAccountInfo`: balance, nonce and code in one.
pub(crate) fn account_info(node: &mut Backend, mut args: Args) -> Result<Value> {
    let (address, block) = (args.need("address")?, block_id(&mut args)?);
    Ok(json!({
        "balance": quantity(node.chain.balance(address, block)?),
        "nonce": quantity(node.chain.nonce(address, block)?),
        "code": data(node.chain.code(address, block)?),
    }))
}

pub(crate) fn access_list(node: &mut Backend, mut args: Args) -> Result<Value> {
    let (list, result) = node.chain.access_list(&call_request(&mut args)?)?;
    let mut answer = json!({
        "accessList": json::value(&list)?,
        "gasUsed": quantity(result.gas_used),
    });
    match result.outcome {
        Outcome::Success => {}
        Outcome::Reverted => answer["error"] = json!("execution reverted"),
        Outcome::Halted(why) => answer["error"] = json!(why),
    }
    Ok(answer)
}

// Calls

/// A request whose `data` and `input` may both be there if they are equal.
pub(crate) fn request(args: &mut Args) -> Result<TransactionRequest> {
    let mut request: TransactionRequest = args.need("transaction")?;
    tidy(&mut request)?;
    Ok(request)
}

/// Refuses a request that contradicts itself.
fn tidy(request: &mut TransactionRequest) -> Result<()> {
    if let (Some(input), Some(data)) = (&request.input.input, &request.input.data)
        && input != data
    {
        return Err(RpcError::params(
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass \
             transaction call data",
        ));
    }
    let capped = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if request.gas_price.is_some() && capped {
        return Err(RpcError::params(
            "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified",
        ));
    }
    request.input.normalize_input();
    Ok(())
}

/// A request to be called, not sent: its gas is capped, so that no call runs for ever.
pub(crate) fn call_transaction(args: &mut Args) -> Result<TransactionRequest> {
    let mut request = request(args)?;
    request.gas = request.gas.map(|gas| gas.min(CALL_GAS_CAP));
    Ok(request)
}

/// The four parameters of a call: transaction, block, state overrides, block overrides.
fn call_request(args: &mut Args) -> Result<CallRequest> {
    let transaction = call_transaction(args)?;
    let block = args.optional("block")?;
    let state_overrides: Option<StateOverride> = args.optional("stateOverrides")?;
    let block_overrides: Option<BlockOverrides> = args.optional("blockOverrides")?;
    check_overrides(state_overrides.as_ref())?;
    Ok(CallRequest {
        transaction,
        block,
        state_overrides,
        block_overrides,
    })
}

/// Refuses overrides that contradict themselves.
pub(crate) fn check_overrides(overrides: Option<&StateOverride>) -> Result<()> {
    for (address, account) in overrides.into_iter().flatten() {
        if account.state.is_some() && account.state_diff.is_some() {
            return Err(RpcError::params(format!(
                "account {address} has both 'state' and 'stateDiff'"
            )));
        }
        if account.move_precompile_to.is_some() {
            return Err(RpcError::Unsupported(
                "moving a precompile by an override is not supported".into(),
            ));
        }
    }
    Ok(())
}

pub(crate) fn call(node: &mut Backend, mut args: Args) -> Result<Value> {
    let result = node.chain.call(&call_request(&mut args)?)?;
    match result.outcome {
        Outcome::Success => Ok(data(result.output)),
        Outcome::Reverted => Err(ChainError::reverted(result.output, result.reason).into()),
        Outcome::Halted(why) => Err(ChainError::Halted(why).into()),
    }
}

pub(crate) fn estimate_gas(node: &mut Backend, mut args: Args) -> Result<Value> {
    Ok(quantity(
        node.chain.estimate_gas(&call_request(&mut args)?)?,
    ))
}

params! {
    SimulatePayload => "a simulation (an object with blockStateCalls, traceTransfers, validation, \
                        returnFullTransactions)",
}

/// `eth_simulateV1`.
pub(crate) fn simulate(
    node: &mut Backend,
    mut args: Args,
    errors: &ErrorRegistry,
) -> Result<Value> {
    let mut payload: SimulatePayload = args.need("payload")?;
    let base = block_id(&mut args)?;
    for block in &mut payload.block_state_calls {
        check_overrides(block.state_overrides.as_ref())?;
        block.calls.iter_mut().try_for_each(tidy)?;
    }
    let failed = |call: &SimulatedCall| match &call.outcome {
        Outcome::Success => Value::Null,
        Outcome::Halted(why) => json!({"code": VM_ERROR, "message": why}),
        Outcome::Reverted => {
            let error = ChainError::reverted(call.output.clone(), call.reason.clone());
            json!(RpcError::from(error).into_object(errors))
        }
    };
    let shown = |simulated: SimulatedBlock| {
        let mut block = json::block(&simulated.block, payload.return_full_transactions)?;
        let calls = simulated.calls.iter().map(|call| {
            let mut shown = json!({
                "returnData": data(&call.output),
                "logs": json::value(&call.logs)?,
                "gasUsed": quantity(call.gas_used),
                "maxUsedGas": quantity(call.max_used_gas),
                "status": quantity(u8::from(call.outcome.is_success())),
            });
            if !call.outcome.is_success() {
                shown["error"] = failed(call);
            }
            Ok(shown)
        });
        block["calls"] = calls.collect::<Result<_>>()?;
        Ok(block)
    };
    let blocks = node.chain.simulate_blocks(&payload, base)?;
    blocks.into_iter().map(shown).collect()
}

// Sending

pub(crate) fn send_raw(node: &mut Backend, mut args: Args) -> Result<Value> {
    let raw: Bytes = args.need("transaction")?;
    Ok(json!(node.chain.send_raw(&raw)?))
}

pub(crate) fn send(node: &mut Backend, mut args: Args) -> Result<Value> {
    let request = request(&mut args)?;
    if request.from.is_none() {
        return Err(RpcError::params("missing member from"));
    }
    Ok(json!(node.chain.send_request(request)?))
}

pub(crate) fn fill(node: &mut Backend, mut args: Args) -> Result<Value> {
    let filled = node.chain.fill(request(&mut args)?)?;
    Ok(json!({"tx": json::value(&filled)?}))
}

/// The signed transaction, encoded.
pub(crate) fn sign_transaction(node: &mut Backend, mut args: Args) -> Result<Value> {
    let signed = node.chain.sign_request(request(&mut args)?)?;
    Ok(data(signed.encoded_2718()))
}

/// Signs with the key of an account.
fn sign_with(
    node: &Backend,
    address: Address,
    sign: impl FnOnce(&PrivateKeySigner) -> alloy::signers::Result<Signature>,
) -> Result<Value> {
    let account = node.chain.accounts().iter().find(|a| a.address == address);
    let account = account.ok_or(ChainError::UnknownAccount(address))?;
    let signature = sign(&account.signer).map_err(|e| RpcError::Internal(e.to_string()))?;
    Ok(data(signature.as_bytes()))
}

fn sign_message(node: &Backend, address: Address, message: &Bytes) -> Result<Value> {
    sign_with(node, address, |signer| signer.sign_message_sync(message))
}

pub(crate) fn sign(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    sign_message(node, address, &args.need("message")?)
}

pub(crate) fn personal_sign(node: &mut Backend, mut args: Args) -> Result<Value> {
    let message = args.need("message")?;
    sign_message(node, args.need("address")?, &message)
}

/// `eth_signTypedData_v4` (EIP-712): an address, and the data as an object or as its JSON text.
pub(crate) fn sign_typed_data(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let Typed(typed) = args.need("typedData")?;
    let hash = typed
        .eip712_signing_hash()
        .map_err(|e| RpcError::params(format!("invalid argument 1 (typedData): {e}")))?;
    sign_with(node, address, |signer| signer.sign_hash_sync(&hash))
}

struct Typed(TypedData);

impl Param for Typed {
    const WHAT: &str =
        "typed data (an object with types, primaryType, domain and message, or its text)";

    fn read(value: Value) -> std::result::Result<Self, String> {
        let typed = match value {
            Value::String(text) => serde_json::from_str(&text),
            other => serde_json::from_value(other),
        };
        typed.map(Self).map_err(|e| e.to_string())
    }
}

// Blocks

pub(crate) fn block_by_number(node: &mut Backend, mut args: Args) -> Result<Value> {
    let number: BlockNumberOrTag = args.need("blockNumber")?;
    let full = args.optional("full")?.unwrap_or(false);
    Ok(find_block(node, number.into(), |b| json::block(b, full))?.unwrap_or_default())
}

pub(crate) fn block_by_hash(node: &mut Backend, mut args: Args) -> Result<Value> {
    let hash: B256 = args.need("blockHash")?;
    let full = args.optional("full")?.unwrap_or(false);
    Ok(find_block(node, hash.into(), |b| json::block(b, full))?.unwrap_or_default())
}

fn count(node: &Backend, id: BlockId) -> Result<Value> {
    let count = find_block(node, id, |b| Ok(quantity(b.transactions.len() as u64)))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn count_by_number(node: &mut Backend, mut args: Args) -> Result<Value> {
    count(node, args.need::<BlockNumberOrTag>("blockNumber")?.into())
}

pub(crate) fn count_by_hash(node: &mut Backend, mut args: Args) -> Result<Value> {
    count(node, args.need::<B256>("blockHash")?.into())
}

pub(crate) fn uncles_by_number(node: &mut Backend, mut args: Args) -> Result<Value> {
    let number: BlockNumberOrTag = args.need("blockNumber")?;
    Ok(find_block(node, number.into(), |_| Ok(quantity(0u64)))?.unwrap_or_default())
}

pub(crate) fn uncles_by_hash(node: &mut Backend, mut args: Args) -> Result<Value> {
    let hash: B256 = args.need("blockHash")?;
    Ok(find_block(node, hash.into(), |_| Ok(quantity(0u64)))?.unwrap_or_default())
}

pub(crate) fn block_receipts(node: &mut Backend, mut args: Args) -> Result<Value> {
    let id = args.need("block")?;
    let receipts = find_block(node, id, |b| {
        b.transactions
            .iter()
            .map(|tx| json::receipt(tx, b.l1_block_number))
            .collect()
    })?;
    Ok(receipts.unwrap_or_default())
}

// Transactions

pub(crate) fn transaction(node: &mut Backend, mut args: Args) -> Result<Value> {
    let hash: B256 = args.need("hash")?;
    if let Some(tx) = node.chain.transaction(hash) {
        return json::transaction(tx);
    }
    let mut waiting = node.chain.pending_transactions();
    match waiting.find(|(tx, _)| *tx.tx_hash() == hash) {
        Some((tx, sender)) => json::pending_transaction(tx, sender),
        None => Ok(Value::Null),
    }
}

pub(crate) fn raw_transaction(node: &mut Backend, mut args: Args) -> Result<Value> {
    let hash: B256 = args.need("hash")?;
    if let Some(tx) = node.chain.transaction(hash) {
        return Ok(data(tx.envelope.encoded_2718()));
    }
    let mut waiting = node.chain.pending_transactions();
    Ok(waiting
        .find(|(tx, _)| *tx.tx_hash() == hash)
        .map(|(tx, _)| data(tx.encoded_2718()))
        .unwrap_or_default())
}

fn transaction_at(node: &Backend, id: BlockId, index: Num) -> Result<Value> {
    let found = find_block(node, id, |b| {
        let tx = usize::try_from(index.0)
            .ok()
            .and_then(|i| b.transactions.get(i));
        tx.map(|tx| json::transaction(tx)).transpose()
    })?;
    Ok(found.flatten().unwrap_or_default())
}

pub(crate) fn transaction_by_number(node: &mut Backend, mut args: Args) -> Result<Value> {
    let number: BlockNumberOrTag = args.need("blockNumber")?;
    transaction_at(node, number.into(), args.need("index")?)
}

pub(crate) fn transaction_by_hash(node: &mut Backend, mut args: Args) -> Result<Value> {
    let hash: B256 = args.need("blockHash")?;
    transaction_at(node, hash.into(), args.need("index")?)
}

pub(crate) fn receipt(node: &mut Backend, mut args: Args) -> Result<Value> {
    receipt_of(node, args.need("hash")?)
}

/// The receipt of a transaction, or null.
pub(crate) fn receipt_of(node: &Backend, hash: B256) -> Result<Value> {
    let Some(tx) = node.chain.transaction(hash) else {
        return Ok(Value::Null);
    };
    let block = node.chain.block(tx.block_hash.into());
    json::receipt(tx, block.map(|b| b.l1_block_number).unwrap_or_default())
}

// Logs and filters

pub(crate) fn logs(node: &mut Backend, mut args: Args) -> Result<Value> {
    let filter: Filter = args.need("filter")?;
    json::value(&node.chain.logs(&filter)?)
}

pub(crate) fn new_filter(node: &mut Backend, mut args: Args) -> Result<Value> {
    let filter: Filter = args.optional("filter")?.unwrap_or_default();
    Ok(quantity(node.filters.add(Kind::Logs(Box::new(filter)))))
}

pub(crate) fn new_block_filter(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(node.filters.add(Kind::Blocks)))
}

pub(crate) fn new_pending_filter(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(node.filters.add(Kind::Pending)))
}

pub(crate) fn filter_changes(node: &mut Backend, mut args: Args) -> Result<Value> {
    match node.filters.changes(args.need::<Num>("id")?.0)? {
        Changes::Hashes(hashes) => json::value(&hashes),
        Changes::Logs(logs) => json::value(&logs),
    }
}

pub(crate) fn filter_logs(node: &mut Backend, mut args: Args) -> Result<Value> {
    let filter = node.filters.query(args.need::<Num>("id")?.0)?;
    json::value(&node.chain.logs(&filter)?)
}

pub(crate) fn uninstall_filter(node: &mut Backend, mut args: Args) -> Result<Value> {
    Ok(json!(node.filters.remove(args.need::<Num>("id")?.0)))
}

// The pool

pub(crate) fn pool_status(node: &mut Backend, _: Args) -> Result<Value> {
    let waiting = node.chain.pending_transactions().count() as u64;
    Ok(json!({"pending": quantity(waiting), "queued": quantity(0u64)}))
}

pub(crate) fn pool_content(node: &mut Backend, _: Args) -> Result<Value> {
    use alloy::consensus::Transaction as _;
    let mut pending = serde_json::Map::new();
    for (tx, sender) in node.chain.pending_transactions() {
        let of = pending
            .entry(sender.to_string())
            .or_insert_with(|| json!({}));
        of[tx.nonce().to_string()] = json::pending_transaction(tx, sender)?;
    }
    Ok(json!({"pending": pending, "queued": {}}))
}
