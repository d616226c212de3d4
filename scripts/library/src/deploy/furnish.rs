//! Furnishing: what the house's file says, as far as the chain does not say so already.
use super::{Addresses, Deployer, Named, UnderlyingRecord, VenueRecord};
use crate::{
    bindings::{
        IAuction, IClearinghouse,
        IOracle::{self, IOracleCalls},
        IParameters, IVault,
    },
    config::{HouseConfig, TokenConfig, same_rates},
    registry::{CONTRACTS, Contract},
};
use eyre::{Result, WrapErr, ensure, eyre};

impl Deployer<'_> {
    /// Lists feeds, underlyings, tokens and venues, and sets the auction's parameters.
    ///
    /// What can be foreseen to be refused is refused before anything is sent. What stands when a later step is refused
    /// stays recorded, and a corrected file goes on from there.
    ///
    /// # Errors
    ///
    /// The house contradicts itself or what stands on chain, or a contract refuses.
    pub async fn configure(&mut self, house: &HouseConfig) -> Result<()> {
        house.check()?;
        let at = self.record.addresses()?;
        self.foresee(at, house).await?;
        let furnished = self.furnish(at, house).await;
        self.save()?;
        furnished
    }

    async fn furnish(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        self.feeds(at, house).await.wrap_err("listing feeds")?;
        self.sequencer(at, house)
            .await
            .wrap_err("naming the sequencer's uptime feed")?;
        self.rules(at, house).await.wrap_err("setting the rules")?;
        self.underlyings(at, house)
            .await
            .wrap_err("listing underlyings")?;
        self.tokens(at, house).await.wrap_err("listing tokens")?;
        self.venues(at, house).await.wrap_err("admitting venues")?;
        self.auction(at, house)
            .await
            .wrap_err("setting the auction's parameters")?;
        self.hand_over(at, house).await.wrap_err("handing over")
    }

    async fn feeds(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for f in &house.feeds {
            let query = IOracle::feedCall { feed: f.number };
            let source = IOracle::feedSourceCall { feed: f.number };
            let (now, said) = (
                self.ask(at.oracle, &query).await?,
                self.ask(at.oracle, &source).await?,
            );
            if !f.is(&now, &said)? {
                let step = format!("feed {} listed", f.name);
                match f.listing()? {
                    IOracleCalls::setPythFeed(call) => self.send(at.oracle, &call, &step).await?,
                    IOracleCalls::setVaultFeed(call) => self.send(at.oracle, &call, &step).await?,
                    _ => self.send(at.oracle, &f.call()?, &step).await?,
                };
            }
            let (now, said) = (
                self.ask(at.oracle, &query).await?,
                self.ask(at.oracle, &source).await?,
            );
            ensure!(f.is(&now, &said)?, "feed {} is not what was set", f.name);
            if let Some(call) = f.move_call(&said)? {
                self.send(
                    at.oracle,
                    &call,
                    &format!("largest move of feed {}", f.name),
                )
                .await?;
            }
            if let Err(e) = self
                .ask(at.oracle, &IOracle::priceCall { feed: f.number })
                .await
            {
                self.progress
                    .say(format!("  note: feed {} gives no price now: {e}", f.name));
            }
            self.record.feeds.insert(
                f.name.clone(),
                Named {
                    number: f.number,
                    address: f.aggregator,
                    decimals: now.decimals,
                },
            );
        }
        // A second source may stand further down in the file.
        for f in &house.feeds {
            let source = IOracle::feedSourceCall { feed: f.number };
            let said = self.ask(at.oracle, &source).await?;
            if let Some(call) = f.second_call(&said)? {
                self.send(
                    at.oracle,
                    &call,
                    &format!("second source of feed {}", f.name),
                )
                .await?;
            }
        }
        Ok(())
    }

    async fn sequencer(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        let Some(sequencer) = &house.sequencer else {
            return Ok(());
        };
        let now = self.ask(at.oracle, &IOracle::sequencerCall {}).await?;
        if !sequencer.is(&now) {
            self.send(at.oracle, &sequencer.call(), "uptime feed named")
                .await?;
        }
        let now = self.ask(at.oracle, &IOracle::sequencerCall {}).await?;
        ensure!(sequencer.is(&now), "the uptime feed is not what was set");
        if !now.works {
            let state = match now.resumedAt {
                0 => "the sequencer counts as down".to_owned(),
                time => format!("its grace ends at {time} (unix seconds)"),
            };
            self.progress.say(format!(
                "  note: {state}: nothing is opened, withdrawn or sold until it works"
            ));
        }
        Ok(())
    }

    async fn rules(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        if let Some(rules) = &house.rules {
            let call = rules.call()?;
            let now = self.ask(at.parameters, &IParameters::rulesCall {}).await?;
            let same = now.coinFeed == call.coinFeed && same_rates(&call.rates, &now.rates);
            if !same {
                self.send(at.parameters, &call, "rules set").await?;
            }
        }
        if let Some(signers) = &house.signers {
            let call = signers.call();
            let now = self.ask(at.oracle, &IOracle::signersCall {}).await?;
            if (&now.signers, now.threshold) != (&call.signers, call.threshold) {
                self.send(at.oracle, &call, "signers set").await?;
            }
        }
        Ok(())
    }

    async fn underlyings(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for u in &house.underlyings {
            let call = u.call()?;
            let query = IParameters::underlyingCall {
                underlying: u.number,
            };
            let same = |now: &IParameters::underlyingReturn| {
                (now.feed, now.lot, now.scenarioSet) == (call.feed, call.lot, call.scenarioSet)
                    && same_rates(&call.rates, &now.rates)
            };
            if !same(&self.ask(at.parameters, &query).await?) {
                let what = format!("underlying {} listed", u.name);
                self.send(at.parameters, &call, &what).await?;
            }
            let now = self.ask(at.parameters, &query).await?;
            ensure!(same(&now), "underlying {} is not what was set", u.name);
            if let Some(surface) = &u.surface {
                let call = surface.call(u.number, u.feed, &u.name)?;
                let query = IOracle::surfaceTermsCall {
                    underlying: u.number,
                };
                let now = self.ask(at.oracle, &query).await?;
                let same = (now.feed, now.maxAge, now.maxBasis)
                    == (call.feed, call.maxAge, call.maxBasis)
                    && (now.ratioMove, now.rateMove) == (call.ratioMove, call.rateMove);
                if !same {
                    let what = format!("expiries of {} allowed", u.name);
                    self.send(at.oracle, &call, &what).await?;
                }
            }
            self.record.underlyings.insert(
                u.name.clone(),
                UnderlyingRecord {
                    number: u.number,
                    feed: u.feed,
                    lot: call.lot,
                },
            );
        }
        Ok(())
    }

    async fn tokens(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for (index, t) in house.tokens.iter().enumerate() {
            let index = u8::try_from(index).map_err(|_| eyre!("too many tokens"))?;
            // Parameters first: the vault may ask about an asset as soon as it is listed there.
            self.price_token(at, index, t).await?;
            self.list_token(at, index, t).await?;
            self.record.tokens.insert(
                t.symbol.clone(),
                Named {
                    number: index.into(),
                    address: t.address,
                    decimals: t.decimals,
                },
            );
        }
        Ok(())
    }

    /// Tells parameters how a token counts.
    async fn price_token(&mut self, at: Addresses, index: u8, t: &TokenConfig) -> Result<()> {
        let asset = t.call(index)?;
        let query = IParameters::assetCall { asset: index };
        let same = |now: &IParameters::assetReturn| {
            (now.feed, now.underlying, now.decimals)
                == (asset.feed, asset.underlying, asset.decimals)
                && same_rates(&asset.rates, &now.rates)
        };
        if !same(&self.ask(at.parameters, &query).await?) {
            let what = format!("{} priced", t.symbol);
            self.send(at.parameters, &asset, &what).await?;
        }
        ensure!(
            same(&self.ask(at.parameters, &query).await?),
            "asset {} is not what was set",
            t.symbol
        );
        Ok(())
    }

    /// Tells the vault to take a token, and how much of it.
    async fn list_token(&mut self, at: Addresses, index: u8, t: &TokenConfig) -> Result<()> {
        let cap = t.cap_units()?;
        let count = self.ask(at.vault, &IVault::assetCountCall {}).await?;
        if index < count {
            let now = self
                .ask(at.vault, &IVault::assetCall { asset: index })
                .await?;
            ensure!(
                now.token == t.address,
                "asset {index} of the vault is {}, the house's file says {}: the order of \
                 tokens cannot change",
                now.token,
                t.address
            );
            if now.cap != cap {
                let call = IVault::setCapCall { asset: index, cap };
                let what = format!("cap of {} set", t.symbol);
                self.send(at.vault, &call, &what).await?;
            }
        } else {
            let call = IVault::listAssetCall {
                token: t.address,
                cap,
            };
            let what = format!("{} listed", t.symbol);
            self.send(at.vault, &call, &what).await?;
        }
        let now = self
            .ask(at.vault, &IVault::assetCall { asset: index })
            .await?;
        ensure!(
            (now.token, now.decimals, now.cap) == (t.address, t.decimals, cap),
            "asset {} of the vault is not what was set",
            t.symbol
        );
        Ok(())
    }

    async fn venues(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for v in &house.venues {
            let call = v.call()?;
            let query = IClearinghouse::venueCall { venue: v.number };
            let same = |now: &IClearinghouse::venueReturn| {
                (now.contractAddress, now.feeAccount, now.band, now.active)
                    == (call.contractAddress, call.feeAccount, call.band, true)
            };
            if !same(&self.ask(at.clearinghouse, &query).await?) {
                let what = format!("venue {} admitted", v.name);
                self.send(at.clearinghouse, &call, &what).await?;
            }
            ensure!(
                same(&self.ask(at.clearinghouse, &query).await?),
                "venue {} is not what was set",
                v.name
            );
            self.record.venues.insert(
                v.name.clone(),
                VenueRecord {
                    number: v.number,
                    address: v.address,
                },
            );
        }
        Ok(())
    }

    async fn auction(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        let Some(a) = &house.auction else {
            return Ok(());
        };
        let call = a.call()?;
        let now = self.ask(at.auction, &IAuction::parametersCall {}).await?;
        let same = (now.lambdaMax, now.duration, now.fundLambdaMax)
            == (call.lambdaMax, call.duration, call.fundLambdaMax)
            && (now.fundDuration, now.buffer, now.minFraction)
                == (call.fundDuration, call.buffer, call.minFraction);
        if !same {
            self.send(at.auction, &call, "auction parameters set")
                .await?;
        }
        Ok(())
    }

    /// Offers ownership to whom the house's file names.
    async fn hand_over(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        let Some(new_owner) = house.owner.filter(|&o| o != self.signer.address()) else {
            return Ok(());
        };
        for Contract { name, .. } in CONTRACTS.iter().filter(|c| c.is_owned()) {
            let Some(to) = at.get(name) else { continue };
            let owner = self.ask(to, &IVault::ownerCall {}).await?;
            let pending = self.ask(to, &IVault::pendingOwnerCall {}).await?;
            if owner == new_owner || pending == new_owner {
                continue;
            }
            let call = IVault::transferOwnershipCall {
                newOwner: new_owner,
            };
            let what = format!("{name} offered to {new_owner}");
            self.send(to, &call, &what).await?;
        }
        self.progress.say(format!(
            "  {new_owner} now calls acceptOwnership() on each contract"
        ));
        Ok(())
    }
}
