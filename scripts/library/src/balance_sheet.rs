//! The balance sheet of a house, read from the chain alone.
//!
//! Which accounts there are is found in the vault's events, what they hold is asked of the vault,
//! what the vault holds is asked of the tokens. Nothing is remembered from what was sent.

use crate::{
    bindings::{IERC20, IVault},
    client::Client,
    deploy::Addresses,
    ids,
    term::{Table, fixed},
};
use alloy::{
    eips::BlockNumberOrTag,
    primitives::{Address, B256, I256, U256},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use eyre::{Result, eyre};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One token: what is there against what is owed.
#[derive(Clone, Debug, Serialize)]
pub struct AssetRow {
    /// What the token calls itself.
    pub symbol: String,
    /// Its contract.
    pub token: Address,
    /// Tokens the vault has, the token's own decimals.
    pub held: String,
    /// Tokens the vault says it has.
    pub booked: String,
    /// Tokens owed: balances of all accounts; for the settlement coin the sum of all cash, negative
    /// cash counted negative, rounded up to the token's decimals.
    pub claims: String,
    /// What is held covers what is owed, and the vault's own count is covered too.
    pub ok: bool,
}

/// One instrument over all accounts.
#[derive(Clone, Debug, Serialize)]
pub struct InstrumentRow {
    /// Its id, hex.
    pub instrument: String,
    /// Venue part of the id.
    pub venue: u16,
    /// Underlying part of the id.
    pub underlying: u16,
    /// Lots bought; as many are sold if it balances.
    pub open_interest: String,
    /// Sum of sizes, lots. Must be 0.
    pub sum_size: String,
    /// Sum of Q, 1e-18 cash, the clearing account's included: it took Q over from closed legs against
    /// as much cash, so its cash is its Q. Must be 0.
    pub sum_quote: String,
    /// Both are 0.
    pub ok: bool,
}

/// The books of a house.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceSheet {
    /// Everything below balances.
    pub ok: bool,
    /// Block it was read at.
    pub block: u64,
    /// Accounts that ever held anything, system accounts included.
    pub accounts: usize,
    /// Per token.
    pub assets: Vec<AssetRow>,
    /// Sum of all cash, 1e-18.
    pub sum_cash: String,
    /// Sum of positive cash of people, 1e-18.
    pub cash_owed_to_people: String,
    /// Sum of negative cash of people, 1e-18, as a positive number: what they owe the pool.
    pub cash_owed_by_people: String,
    /// Cash of the insurance fund, 1e-18.
    pub insurance_fund: String,
    /// Cash of the clearing accounts, 1e-18.
    pub clearing_accounts: String,
    /// Per instrument.
    pub instruments: Vec<InstrumentRow>,
}

/// Reads the books at one block, the latest.
///
/// # Errors
///
/// The node fails or the vault refuses to answer.
pub async fn read(client: &Client, at: Addresses) -> Result<BalanceSheet> {
    let client = &client.pinned().await?;
    let Found {
        accounts: known,
        instruments: traded,
    } = accounts(client, at.vault).await?;
    let fund = ids::fund_account(at.vault);

    let count = ask(client, at.vault, &IVault::assetCountCall {}).await?;
    let mut owed = vec![U256::ZERO; count.into()];
    let (mut sum_cash, mut fund_cash, mut clearing) = (I256::ZERO, I256::ZERO, I256::ZERO);
    let (mut to_people, mut by_people) = (I256::ZERO, I256::ZERO);
    let mut legs: BTreeMap<u128, (i128, i128, I256)> = traded
        .iter()
        .map(|&instrument| (instrument, Default::default()))
        .collect();
    let clearing_of: BTreeMap<B256, u128> = traded
        .iter()
        .map(|&instrument| (ids::clearing_account(at.vault, instrument), instrument))
        .collect();
    for &account in &known {
        let a = ask(client, at.vault, &IVault::accountCall { account })
            .await?
            .portfolio;
        let cash = I256::try_from(a.cash).map_err(|e| eyre!("cash of {account}: {e}"))?;
        sum_cash += cash;
        if account == fund {
            fund_cash += cash;
        } else if ids::account_owner(account) == at.vault {
            clearing += cash;
            let instrument = clearing_of
                .get(&account)
                .ok_or_else(|| eyre!("{account} is the vault's and clears nothing"))?;
            legs.entry(*instrument).or_default().2 += cash;
        } else if cash.is_negative() {
            by_people -= cash;
        } else {
            to_people += cash;
        }
        for balance in a.collateral {
            if let Some(owed) = owed.get_mut(usize::from(balance.asset)) {
                *owed += U256::from(balance.amount);
            }
        }
        for leg in ids::legs(&a.legs) {
            let row = legs.entry(leg.instrument).or_default();
            row.0 += i128::from(leg.size.max(0));
            row.1 += i128::from(leg.size);
            row.2 += I256::try_from(leg.quote).map_err(|e| eyre!("Q of {account}: {e}"))?;
        }
    }

    let mut assets = Vec::new();
    for asset in 0..count {
        let listed = ask(client, at.vault, &IVault::assetCall { asset }).await?;
        let held = ask(
            client,
            listed.token,
            &IERC20::balanceOfCall { owner: at.vault },
        )
        .await?;
        let symbol = ask(client, listed.token, &IERC20::symbolCall {}).await?;
        let mut claims = I256::try_from(owed.get(usize::from(asset)).copied().unwrap_or_default())
            .map_err(|e| eyre!("claims on {symbol}: {e}"))?;
        if asset == 0 {
            claims += in_token(sum_cash, listed.decimals);
        }
        let ok = I256::try_from(held).is_ok_and(|held| held >= claims)
            && held >= U256::from(listed.held);
        assets.push(AssetRow {
            symbol,
            token: listed.token,
            held: held.to_string(),
            booked: listed.held.to_string(),
            claims: claims.to_string(),
            ok,
        });
    }
    let instruments: Vec<InstrumentRow> = legs
        .into_iter()
        .map(|(instrument, (open, size, quote))| InstrumentRow {
            instrument: format!("{instrument:#034x}"),
            venue: ids::venue_of(instrument),
            underlying: ids::underlying_of(instrument),
            open_interest: open.to_string(),
            sum_size: size.to_string(),
            sum_quote: quote.to_string(),
            ok: size == 0 && quote.is_zero(),
        })
        .collect();
    // Cash is what was paid in and not yet paid out: exactly what the vault has of the coin, since
    // nothing but deposits and withdrawals moves it.
    let cash_ok = assets.first().is_none_or(|coin| coin.booked == coin.claims);
    Ok(BalanceSheet {
        ok: cash_ok && assets.iter().all(|a| a.ok) && instruments.iter().all(|i| i.ok),
        block: client.block().unwrap_or_default(),
        accounts: known.len(),
        assets,
        sum_cash: sum_cash.to_string(),
        cash_owed_to_people: to_people.to_string(),
        cash_owed_by_people: by_people.to_string(),
        insurance_fund: fund_cash.to_string(),
        clearing_accounts: clearing.to_string(),
        instruments,
    })
}

/// 1e-18 cash in the coin's own decimals, rounded up.
fn in_token(cash: I256, decimals: u8) -> I256 {
    let Some(down) = 18u8.checked_sub(decimals) else {
        return cash;
    };
    let unit = I256::try_from(10i128.pow(down.into())).unwrap_or(I256::ONE);
    let (whole, rest) = (cash / unit, cash % unit);
    if rest.is_positive() {
        whole + I256::ONE
    } else {
        whole
    }
}

async fn ask<C: alloy::sol_types::SolCall>(
    client: &Client,
    to: Address,
    call: &C,
) -> Result<C::Return> {
    client.call(to, call).await.map_err(|e| eyre!("{e}"))
}

/// What the vault's events name.
struct Found {
    accounts: BTreeSet<B256>,
    instruments: BTreeSet<u128>,
}

/// Every account and every instrument the vault's events name, and the system accounts.
async fn accounts(client: &Client, vault: Address) -> Result<Found> {
    let signatures = vec![
        IVault::Deposited::SIGNATURE_HASH,
        IVault::LegChanged::SIGNATURE_HASH,
        IVault::CashChanged::SIGNATURE_HASH,
        IVault::AssetMoved::SIGNATURE_HASH,
    ];
    let filter = Filter::new()
        .address(vault)
        .event_signature(signatures)
        .from_block(BlockNumberOrTag::Earliest);
    let logs = client.logs(filter).await?;
    let mut accounts: BTreeSet<B256> = logs
        .iter()
        .filter_map(|log| log.topics().get(1).copied())
        .collect();
    let instruments: BTreeSet<u128> = logs
        .iter()
        .filter(|log| log.topic0() == Some(&IVault::LegChanged::SIGNATURE_HASH))
        .filter_map(|log| log.topics().get(2))
        .map(|topic| U256::from_be_bytes(topic.0).to::<u128>())
        .collect();
    accounts.extend(instruments.iter().map(|&i| ids::clearing_account(vault, i)));
    accounts.insert(ids::fund_account(vault));
    Ok(Found {
        accounts,
        instruments,
    })
}

impl BalanceSheet {
    /// The text a person reads.
    pub fn render(&self) -> String {
        let verdict = |ok: bool| if ok { "ok" } else { "DOES NOT BALANCE" };
        let mut tokens = Table::new(["token", "held by the vault", "claims on it", ""]);
        for a in &self.assets {
            tokens.row([&*a.symbol, &a.held, &a.claims, verdict(a.ok)]);
        }
        let mut legs = Table::new(["instrument", "open lots", "sum of lots", "sum of Q", ""]);
        for i in &self.instruments {
            legs.row([
                format!("venue {} / underlying {}", i.venue, i.underlying),
                i.open_interest.clone(),
                i.sum_size.clone(),
                i.sum_quote.clone(),
                verdict(i.ok).to_owned(),
            ]);
        }
        let cash = |text: &str| {
            text.parse::<I256>()
                .map_or_else(|_| text.to_owned(), |value| fixed(value, 2))
        };
        let mut money = Table::new(["cash", "1e18"]);
        for (name, value) in [
            ("of people", &self.cash_owed_to_people),
            ("owed by people", &self.cash_owed_by_people),
            ("insurance fund", &self.insurance_fund),
            ("clearing accounts", &self.clearing_accounts),
            ("sum", &self.sum_cash),
        ] {
            money.row([name.to_owned(), cash(value)]);
        }
        format!(
            "Balance sheet at block {}, {} accounts\n\n{}\n{}\n{}\n  {}\n",
            self.block,
            self.accounts,
            tokens.render(2),
            money.render(2),
            legs.render(2),
            if self.ok {
                "Everything balances."
            } else {
                "The books DO NOT balance."
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_round_up() {
        let wad = |x: i128| I256::try_from(x).unwrap();
        assert_eq!(in_token(wad(1), 6), wad(1));
        assert_eq!(in_token(wad(1_000_000_000_000), 6), wad(1));
        assert_eq!(in_token(wad(1_000_000_000_001), 6), wad(2));
        assert_eq!(in_token(wad(-1), 6), wad(0));
        assert_eq!(in_token(wad(5), 18), wad(5));
    }
}
