// Sends a transaction and waits for it: not without end, and never behind one that is stuck.
import { setTimeout as sleep } from 'node:timers/promises';
import { Transaction } from 'ethers';
import { EXIT, Failure, explain, saidByNode, words } from './lib.mjs';

/** Milliseconds between looks for a receipt. */
const PAUSE = 200;

/**
 * Calls a contract in a transaction of `wallet` and gives its receipt.
 *
 * `seconds` bounds the wait for a block; `deadline`, unix seconds of the chain, ends it earlier where the call can only
 * fail from then on. While other transactions of the wallet wait for a block it is refused, unless `replace` sends it
 * in the place of the first of them.
 *
 * Throws a Failure: `refused` when it would fail, was not taken, or failed in its block; `unknown` when it was sent and
 * is in no block.
 */
export async function transact({ provider, chainId }, wallet, what, contract, name, args, { seconds, deadline, replace }) {
  const request = await contract.getFunction(name).populateTransaction(...args);
  const call = { from: wallet.address, to: request.to, data: request.data };
  let nonce, queued, gasPrice, gas, sentAt;
  try {
    [nonce, queued] = await Promise.all([
      provider.getTransactionCount(wallet.address, 'latest'),
      provider.getTransactionCount(wallet.address, 'pending'),
    ]);
    if (queued > nonce && !replace) throw stuck(what, wallet.address, nonce, queued);
    [gas, gasPrice, sentAt] = await Promise.all([
      provider.estimateGas(call),
      provider.send('eth_gasPrice', []).then(BigInt),
      provider.getBlockNumber(),
    ]);
  } catch (error) {
    throw explain(error, what);
  }
  // A quarter more than estimated, for it runs at a later second; twice the fee, against a rise of the base fee. Whoever
  // replaces a transaction must offer more than it does, tip included.
  const replaces = queued > nonce;
  const tx = Transaction.from({
    type: 2,
    chainId,
    nonce,
    to: call.to,
    data: call.data,
    gasLimit: gas + gas / 4n,
    maxFeePerGas: gasPrice * (replaces ? 4n : 2n),
    maxPriorityFeePerGas: replaces ? 1n : 0n,
  });
  tx.signature = wallet.signingKey.sign(tx.unsignedHash);
  try {
    await provider.send('eth_sendRawTransaction', [tx.serialized]);
  } catch (error) {
    // A node that did not answer may have taken it all the same.
    if (saidByNode(error)) throw new Failure(`${what}: the node does not take the transaction: ${words(error)}`, { nonce });
  }

  const receipt = await waitFor(provider, tx.hash, seconds, deadline);
  if (!receipt) throw await unknown(provider, what, { tx, sentAt, seconds, deadline });
  if (receipt.status === 1) return receipt;
  throw await failed(provider, what, call, tx, receipt);
}

/** The receipt, or null when it is time to give up. */
async function waitFor(provider, hash, seconds, deadline = Infinity) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    // The clock is read first: a transaction that is in a block by then is found.
    const over = performance.now() >= end;
    let now = 0;
    try {
      now = (await provider.getBlock('latest')).timestamp;
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt) return receipt;
    } catch {
      // No answer is no receipt; the next look may have one.
    }
    if (over || now > deadline) return null;
    await sleep(PAUSE);
  }
}

function stuck(what, from, nonce, queued) {
  const waiting = queued - nonce;
  const which = waiting === 1 ? 'a transaction' : `${waiting} transactions`;
  return new Failure(
    `${what}: not sent, for ${which} of ${from} from nonce ${nonce} on waits for a block and this one would wait behind. ` +
      'Run it again once they are through, or with --replace to send it in the place of the first of them',
    { from, nonce, waiting },
  );
}

/** A transaction that is in no block: what is known of it, why that may be, and what to do. */
async function unknown(provider, what, { tx, sentAt, seconds, deadline }) {
  const { hash, from } = tx;
  const detail = { tx: hash, from, nonce: tx.nonce };
  const text = [`${what}: transaction ${hash} (nonce ${tx.nonce}) is in no block after ${seconds} s`];
  try {
    const [block, known, next] = await Promise.all([
      provider.getBlock('latest'),
      provider.getTransaction(hash),
      provider.getTransactionCount(from, 'latest'),
    ]);
    const blocks = block.number - sentAt;
    Object.assign(detail, { block: block.number, blocksSince: blocks, time: block.timestamp, known: known !== null, next });
    if (next > tx.nonce) text.push('another transaction has its nonce: this one can never go through');
    else if (known === null) text.push('the node does not know it (any more)');
    else if (block.baseFeePerGas > tx.maxFeePerGas) {
      text.push(`its fee cap ${tx.maxFeePerGas} is below the base fee ${block.baseFeePerGas}`);
    } else if (blocks <= 0) text.push(`no block was made after ${block.number}, when it was sent: the chain stands still`);
    else text.push(`${blocks} blocks were made without it`);
    if (next <= tx.nonce) {
      if (deadline !== undefined && block.timestamp > deadline) text.push('its deadline has passed: it can only fail now');
      else text.push('it may still go through');
    }
  } catch (error) {
    text.push(`and the node does not answer: ${words(error)}`);
  }
  text.push('while it waits another run is refused, unless --replace sends the new one in its place');
  return new Failure(text.join('; '), detail, EXIT.unknown);
}

/** A transaction that failed in its block: the contract's reason, if the node can tell. */
async function failed(provider, what, call, tx, receipt) {
  const detail = { tx: receipt.hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed };
  const because = (failure) =>
    new Failure(`${failure.message}: transaction ${receipt.hash} failed in block ${receipt.blockNumber}, ${receipt.gasUsed} gas`, {
      ...detail,
      ...failure.detail,
    });
  try {
    const tracer = { tracer: 'callTracer', tracerConfig: { onlyTopCall: true } };
    const { error = '', output: data } = await provider.send('debug_traceTransaction', [receipt.hash, tracer]);
    if (error.includes('revert')) return because(explain({ data, message: error }, what));
    return because(new Failure(`${what}: ${error}, with a limit of ${tx.gasLimit} gas`));
  } catch {
    // Not every node traces: ask the state before its block.
  }
  try {
    await provider.call({ ...call, gasLimit: tx.gasLimit, blockTag: receipt.blockNumber - 1 });
  } catch (error) {
    return because(explain(error, what));
  }
  return because(new Failure(`${what}: the state changed before its turn, or its limit of ${tx.gasLimit} gas was too low`));
}
