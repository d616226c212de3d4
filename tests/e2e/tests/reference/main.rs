//! The hostile tokens, feeds and callers do what attack tests rely on (on a node, without a house), and the two reference
//! venues trade on the house.

mod bombs;
mod callers;
mod feeds;
mod tokens;
mod venues;

use alloy::{
    providers::Provider,
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
    sol_types::{SolConstructor, SolValue},
};
use plimsoll_devnode::{
    config::dev_accounts,
    rpc::{Node, NodeConfig},
};
use plimsoll_e2e::{hostile::*, reference::*, *};

struct Bench {
    _node: Node,
    client: Client,
    me: PrivateKeySigner,
    other: Address,
}

impl Bench {
    async fn new() -> Self {
        let config = NodeConfig::default();
        let accounts = dev_accounts(config.chain.accounts);
        let node = Node::start(config).await.expect("a node");
        let client = Client::connect(&node.url).await.expect("it answers");
        let client = client.with_gas_limit(GasLimit::Fixed(20_000_000));
        let (me, other) = (accounts[0].signer.clone(), accounts[1].address);
        Self {
            _node: node,
            client,
            me,
            other,
        }
    }

    async fn create(&self, code: &Bytes, arguments: impl SolConstructor) -> Address {
        let init = [code.as_ref(), &arguments.abi_encode()].concat();
        self.client
            .create(&self.me, init.into())
            .await
            .expect("created")
            .0
    }

    /// Creates a contract whose constructor takes nothing.
    async fn plain(&self, code: &Bytes) -> Address {
        let created = self.client.create(&self.me, code.clone()).await;
        created.expect("created").0
    }

    async fn send(&self, to: Address, call: &impl SolCall) {
        ok(self.client.send(&self.me, to, call).await);
    }

    async fn ask<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        ok(self.client.call_as(self.me.address(), to, call).await)
    }

    /// Return data of a call, or its revert data.
    async fn raw(&self, to: Address, call: &impl SolCall) -> Result<Bytes, Bytes> {
        let request = TransactionRequest::default()
            .from(self.me.address())
            .to(to)
            .gas_limit(5_000_000)
            .input(call.abi_encode().into());
        self.client.provider().call(request).await.map_err(|e| {
            e.as_error_resp()
                .expect("the node answers")
                .as_revert_data()
                .unwrap_or_default()
        })
    }

    /// Mints a million units of a token to itself.
    async fn mint(&self, token: Address) {
        let call = Token::mintCall {
            to: self.me.address(),
            amount: amount(),
        };
        self.send(token, &call).await;
    }

    async fn balance(&self, token: Address, owner: Address) -> U256 {
        self.ask(token, &IERC20::balanceOfCall { owner }).await
    }
}

const N: u64 = 1_000_000;

fn amount() -> U256 {
    U256::from(N)
}
