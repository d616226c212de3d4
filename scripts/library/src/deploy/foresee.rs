//! What a chain would refuse of a house's file, found out before anything is sent.
//!
//! Some steps cannot be taken back: decimals of a feed's number, the lot of an underlying, the order of tokens. And of
//! two steps that belong together the second may be refused. So each is tried, or compared with what stands, first.
use super::{Addresses, Deployer};
use crate::{
    bindings::{
        IAggregatorV3, IClearinghouse, IERC20,
        IOracle::{self, IOracleCalls},
        IParameters, IVault,
    },
    config::{FeedConfig, HouseConfig, TokenConfig, wad64},
    ids,
};
use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use plimsoll_kernel::price;

impl Deployer<'_> {
    /// Refuses what is bound to be refused later.
    pub(super) async fn foresee(&self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for f in &house.feeds {
            self.foresee_feed(at, f)
                .await
                .wrap_err_with(|| format!("feed {}", f.name))?;
        }
        if let Some(sequencer) = &house.sequencer {
            self.would_pass(at.oracle, &sequencer.call())
                .await
                .wrap_err("sequencer")?;
        }
        for u in &house.underlyings {
            let query = IParameters::underlyingCall {
                underlying: u.number,
            };
            let (now, lot) = (
                self.ask(at.parameters, &query).await?.lot,
                wad64(&u.lot, &u.name)?,
            );
            ensure!(
                now == 0 || now == lot,
                "underlying {}: the lot of number {} is {now} (1e-18 units) for ever, the house's file says {lot}: \
                 take another number",
                u.name,
                u.number
            );
        }
        self.foresee_tokens(at, &house.tokens).await?;
        for v in &house.venues {
            let of = format!("venue {}", v.name);
            ensure!(
                !self.client.code(v.address).await?.is_empty(),
                "{of}: there is no contract at {}",
                v.address
            );
            let query = IClearinghouse::venueCall { venue: v.number };
            let now = self.ask(at.clearinghouse, &query).await?.contractAddress;
            ensure!(
                now.is_zero() || now == v.address,
                "{of}: number {} is {now} for ever, the house's file says {}: take another number",
                v.number,
                v.address
            );
            self.would_pass(at.clearinghouse, &v.call()?)
                .await
                .wrap_err(of)?;
        }
        if let Some(signers) = &house.signers {
            self.would_pass(at.oracle, &signers.call())
                .await
                .wrap_err("signers")?;
        }
        if let Some(auction) = &house.auction {
            self.would_pass(at.auction, &auction.call()?)
                .await
                .wrap_err("auction")?;
        }
        Ok(())
    }

    /// Tries a call of the owner that rests on no other step.
    async fn would_pass<C: SolCall>(&self, to: Address, call: &C) -> Result<()> {
        self.ask(to, call).await.map(drop)
    }

    async fn foresee_feed(&self, at: Addresses, f: &FeedConfig) -> Result<()> {
        let now = self
            .ask(at.oracle, &IOracle::feedCall { feed: f.number })
            .await?;
        let source = IOracle::feedSourceCall { feed: f.number };
        if f.is(&now, &self.ask(at.oracle, &source).await?)? {
            return Ok(());
        }
        match f.listing()? {
            IOracleCalls::setPythFeed(call) => return self.would_pass(at.oracle, &call).await,
            // It rests on feeds that another step lists.
            IOracleCalls::setVaultFeed(_) => return Ok(()),
            _ => self.would_pass(at.oracle, &f.call()?).await?,
        }
        if self.odd_feeds {
            return Ok(());
        }
        const ANYWAY: &str =
            "--odd-feeds lists it all the same; the decimals of its number are then fixed for ever";
        let decimals = self
            .ask(f.aggregator, &IAggregatorV3::decimalsCall {})
            .await?;
        let described = self
            .client
            .call(f.aggregator, &IAggregatorV3::descriptionCall {});
        let described = described.await.unwrap_or_default();
        let uptime = described.to_lowercase().contains("uptime");
        if decimals == 0 || uptime {
            bail!(
                "{} ({described:?}) has {decimals} decimals and is no price: is it a sequencer uptime feed? {ANYWAY}",
                f.aggregator
            );
        }
        let round = self
            .client
            .call(f.aggregator, &IAggregatorV3::latestRoundDataCall {})
            .await;
        let answer = round
            .map_err(|e| eyre!("it gives no answer now ({e}). {ANYWAY}"))?
            .answer;
        let believed = U256::try_from(answer)
            .ok()
            .and_then(|answer| price::to_wad(answer, decimals))
            .map(U256::from);
        let (min, max) = (ids::parse_wad(&f.min_price)?, ids::parse_wad(&f.max_price)?);
        ensure!(
            believed.is_some_and(|price| min <= price && price <= max),
            "it answers {answer} with {decimals} decimals now, which is not between min_price {} and max_price {}. \
             {ANYWAY}",
            f.min_price,
            f.max_price
        );
        Ok(())
    }

    /// The vault's list has an order that never changes and takes a token once; what it lists is frozen.
    async fn foresee_tokens(&self, at: Addresses, tokens: &[TokenConfig]) -> Result<()> {
        if tokens.is_empty() {
            return Ok(());
        }
        let count = self.ask(at.vault, &IVault::assetCountCall {}).await?;
        let mut listed = Vec::new();
        for asset in 0..count {
            let now = self.ask(at.vault, &IVault::assetCall { asset }).await?;
            listed.push(now.token);
        }
        for (index, t) in tokens.iter().enumerate() {
            let of = format!("token {}", t.symbol);
            match listed.get(index) {
                Some(token) => ensure!(
                    *token == t.address,
                    "{of}: asset {index} of the vault is {token}, the house's file says {}: the order of tokens \
                     cannot change",
                    t.address
                ),
                None => {
                    let place = listed.iter().position(|token| *token == t.address);
                    if let Some(place) = place {
                        bail!(
                            "{of}: {} is asset {place} of the vault already, it cannot be asset {index} too",
                            t.address
                        );
                    }
                }
            }
            ensure!(
                !self.client.code(t.address).await?.is_empty(),
                "{of}: there is no contract at {}",
                t.address
            );
            let says = self
                .ask(t.address, &IERC20::decimalsCall {})
                .await
                .wrap_err_with(|| of.clone())?;
            ensure!(
                says == t.decimals,
                "{of}: the contract at {} says it has {says} decimals, the house's file says {}",
                t.address,
                t.decimals
            );
            // Some old tokens say their symbol in another form: those are believed.
            if let Ok(says) = self.client.call(t.address, &IERC20::symbolCall {}).await {
                ensure!(
                    says == t.symbol,
                    "{of}: the contract at {} calls itself {says:?}",
                    t.address
                );
            }
            let asset = u8::try_from(index).map_err(|_| eyre!("too many tokens"))?;
            let now = self
                .ask(at.parameters, &IParameters::assetCall { asset })
                .await?;
            if asset < count && now.underlying != 0 {
                ensure!(
                    now.underlying == t.underlying,
                    "{of}: it moves with underlying {} for ever, the house's file says {}",
                    now.underlying,
                    t.underlying
                );
            }
        }
        Ok(())
    }
}
