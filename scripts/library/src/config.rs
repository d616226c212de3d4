//! What a house is made of: tokens, feeds, underlyings and venues, as a file says it.

use crate::{
    bindings::{
        self, FeedSource, FeedTerms, IAuction, IClearinghouse, IOracle, IParameters, VaultTerms,
    },
    ids,
};
use alloy::primitives::{Address, B256, U256};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use plimsoll_kernel::{
    book::MAX_ASSETS,
    portfolio::{
        charges::{AssetRate, Rate, RuleRate, UnderlyingRate},
        terms::{AssetTerms, MAX_TOKEN_DECIMALS, RuleTerms, TermsRefusal, UnderlyingTerms},
    },
    price::{Bound, Confidence, LargestMove, MAX_AGE_LIMIT, MAX_GROWTH},
    sequencer::MAX_GRACE,
    surface::Terms,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Display, fs, path::Path};

/// Most decimals of the settlement coin, which is cash at 1e-18.
const MAX_COIN_DECIMALS: u8 = 18;
/// Millionths in 1e-18.
const MILLIONTH: u64 = 1_000_000_000_000;

/// A house. Amounts and ratios are decimal numbers in quotes: `"0.15"`, `"1,000,000"`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HouseConfig {
    /// Who owns the contracts in the end; the deployer if left out. Ownership is offered, the new
    /// owner accepts.
    pub owner: Option<Address>,
    /// Whether to ask for the programs to be kept in the chain's program cache. Needs a cache
    /// manager as deployer; on public chains use the cache auction instead.
    pub cache: bool,
    /// Price feeds.
    pub feeds: Vec<FeedConfig>,
    /// The uptime feed of the chain's sequencer; left out: what the oracle watches stays as it is.
    pub sequencer: Option<SequencerConfig>,
    /// Rules of margin for all portfolios; the contract's defaults if left out.
    pub rules: Option<RulesConfig>,
    /// Who signs forwards and surfaces; left out: nobody, and no future or option trades.
    pub signers: Option<SignersConfig>,
    /// What positions are written on.
    pub underlyings: Vec<UnderlyingConfig>,
    /// Collateral. The first is the settlement coin.
    pub tokens: Vec<TokenConfig>,
    /// Protocols that may trade.
    pub venues: Vec<VenueConfig>,
    /// The auction's parameters; the contract's defaults if left out.
    pub auction: Option<AuctionConfig>,
}

/// What is watched of the chain's sequencer: `IOracle.setSequencer`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SequencerConfig {
    /// A Chainlink L2 uptime feed; the zero address for none.
    pub feed: Address,
    /// Seconds after a restart in which nothing is opened or sold; an hour if left out.
    #[serde(default = "an_hour")]
    pub grace: u32,
}

const fn an_hour() -> u32 {
    3_600
}

impl SequencerConfig {
    /// As the oracle takes it.
    #[must_use]
    pub const fn call(&self) -> IOracle::setSequencerCall {
        IOracle::setSequencerCall {
            feed: self.feed,
            grace: self.grace,
        }
    }

    /// Whether the oracle watches what the file says.
    #[must_use]
    pub fn is(&self, now: &IOracle::sequencerReturn) -> bool {
        now.feed == self.feed && (self.feed.is_zero() || now.grace == self.grace)
    }

    /// Refuses what the oracle would.
    fn check(&self) -> Result<()> {
        ensure!(
            self.feed.is_zero() || (1..=MAX_GRACE).contains(&self.grace),
            "sequencer: grace must be 1 to {MAX_GRACE} seconds, not {}",
            self.grace
        );
        Ok(())
    }
}

/// A feed: Chainlink AggregatorV3, or with `pyth` or `vault` one of these.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Number the house knows it by, not 0.
    pub number: u16,
    /// For people.
    pub name: String,
    /// The aggregator; the Pyth contract; the vault.
    pub aggregator: Address,
    /// Seconds after which an answer is stale.
    pub max_age: u32,
    /// Least answer believed.
    pub min_price: String,
    /// Greatest answer believed.
    pub max_price: String,
    /// How far the true price may be from an answer, a share of it: the feed's deviation threshold. A multiple of
    /// 0.0005, at most 0.1275.
    #[serde(default = "none")]
    pub confidence: String,
    /// How far a round of a Chainlink feed may be from the round before, a share of it. A multiple of 0.005, at most 1.275;
    /// 0 = as far as it likes.
    #[serde(default = "none")]
    pub largest_move: String,
    /// Another feed that must agree; left out: none.
    #[serde(default)]
    pub second: Option<SecondConfig>,
    /// The id of a price of Pyth.
    #[serde(default)]
    pub pyth: Option<B256>,
    /// What the shares of an ERC-4626 vault are worth.
    #[serde(default)]
    pub vault: Option<VaultConfig>,
}

/// The second source of a feed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecondConfig {
    /// Number of another feed, no vault's.
    pub feed: u16,
    /// How far it may be from this feed, a share of this one's price. A multiple of 0.0005, at most 0.1275.
    pub tolerance: String,
}

/// What the shares of a vault are worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// Number of the feed of its asset, listed before it.
    pub asset_feed: u16,
    /// Number of the feed of the shares' own market, listed before it; 0 = none.
    #[serde(default)]
    pub market_feed: u16,
    /// Assets of a share at which the line of its rate begins. Another number here does not move a line that has begun.
    pub rate: String,
    /// What the line grows by in a year, a share of the rate, at most 1.
    pub growth: String,
}

fn none() -> String {
    "0".into()
}

/// What positions are written on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UnderlyingConfig {
    /// Number, not 0.
    pub number: u16,
    /// For people.
    pub name: String,
    /// Number of its feed.
    pub feed: u16,
    /// Units per lot. Never changes.
    pub lot: String,
    /// Which set of scenarios: 1 narrow, 2 majors, 3 thin coins.
    #[serde(default = "majors")]
    pub scenario_set: u8,
    /// What forwards and surfaces must be; left out: perpetuals only.
    #[serde(default)]
    pub surface: Option<SurfaceConfig>,
    /// Rates other than the defaults.
    #[serde(default)]
    pub rates: RatesConfig,
}

const fn majors() -> u8 {
    2
}

/// What a push of an expiry must keep to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceConfig {
    /// Seconds after which a push is stale.
    pub max_age: u32,
    /// Most a forward may differ from spot, a share of it.
    pub max_basis: String,
    /// Most the ratio of a forward to spot may change in a minute, a share of spot; "0" = without a bound.
    #[serde(default = "ratio_move")]
    pub ratio_move: String,
    /// Most the rate of a discount may change in an hour, a share a year; "0" = without a bound.
    #[serde(default = "rate_move")]
    pub rate_move: String,
}

/// 0.2 % of spot a minute.
fn ratio_move() -> String {
    "0.002".into()
}

/// 2 % a year an hour.
fn rate_move() -> String {
    "0.02".into()
}

impl SurfaceConfig {
    /// As the contract takes it.
    ///
    /// # Errors
    ///
    /// A number does not parse, is too large, or has too many digits.
    pub fn call(
        &self,
        underlying: u16,
        feed: u16,
        of: &str,
    ) -> Result<IOracle::setSurfaceTermsCall> {
        Ok(IOracle::setSurfaceTermsCall {
            underlying,
            feed,
            maxAge: self.max_age,
            maxBasis: wad64(&self.max_basis, of)?,
            ratioMove: millionths(&self.ratio_move, of)?,
            rateMove: millionths(&self.rate_move, of)?,
        })
    }

    /// Refuses what the contract would.
    fn check(&self, of: &str) -> Result<()> {
        ensure!(
            (1..=Terms::MAX_AGE).contains(&self.max_age),
            "{of}: max_age of its surface must be 1..{} seconds, not {}",
            Terms::MAX_AGE,
            self.max_age
        );
        let call = self.call(0, 0, of)?;
        ensure!(
            (1..=Terms::MAX_BASIS).contains(&call.maxBasis),
            "{of}: max_basis must be above 0 and at most 1, not {}",
            self.max_basis
        );
        Ok(())
    }
}

/// A share as whole millionths that fit 16 bits.
fn millionths(text: &str, of: &str) -> Result<u16> {
    let wad = wad64(text, of)?;
    let millionths = wad / 1_000_000_000_000;
    ensure!(
        wad.is_multiple_of(1_000_000_000_000) && millionths <= u16::MAX.into(),
        "{of}: {text} must have at most six decimal places and be at most 0.065535"
    );
    Ok(u16::try_from(millionths)?)
}

/// Who signs pushes to the oracle, and how many of them must.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignersConfig {
    /// In any order.
    pub addresses: Vec<Address>,
    /// At least 1.
    pub threshold: u8,
}

/// Rates by the names that the kernel's table gives them. A rate that is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct RatesConfig(pub BTreeMap<String, String>);

impl<const N: usize> From<[(&str, &str); N]> for RatesConfig {
    fn from(rates: [(&str, &str); N]) -> Self {
        let text = |(name, rate): (&str, &str)| (name.to_owned(), rate.to_owned());
        Self(rates.into_iter().map(text).collect())
    }
}

impl RatesConfig {
    /// Millionths, by id.
    fn millionths<const N: usize>(&self, table: &[Rate; N], of: &str) -> Result<[u32; N]> {
        let mut rates = table.map(|rate| rate.default);
        for (name, text) in &self.0 {
            let id = table.iter().position(|rate| rate.name == name);
            let id = id.ok_or_else(|| eyre!("{of}: there is no rate {name}"))?;
            let given = wad64(text, of)?;
            ensure!(
                given.is_multiple_of(MILLIONTH),
                "{of}: {name} has more than 6 decimals"
            );
            // At most 18.4 million.
            rates[id] = (given / MILLIONTH) as u32;
        }
        Ok(rates)
    }
}

/// Rates as the contract takes them: all of them.
fn given(millionths: &[u32]) -> Vec<bindings::Rate> {
    let value = |rate: &u32| u64::from(*rate) * MILLIONTH;
    let rates = (0..).zip(millionths.iter().map(value));
    rates
        .map(|(id, value)| bindings::Rate { id, value })
        .collect()
}

/// Whether the contract shows the rates that a call gives.
#[must_use]
pub fn same_rates(given: &[bindings::Rate], shown: &[u64]) -> bool {
    given
        .iter()
        .map(|rate| rate.value)
        .eq(shown.iter().copied())
}

/// Rules of margin for all portfolios: `IParameters.setRules`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct RulesConfig {
    /// Number of the feed of the settlement coin in dollars; 0 for none.
    pub coin_feed: String,
    /// Rates other than the defaults.
    #[serde(flatten)]
    pub rates: RatesConfig,
}

impl Default for RulesConfig {
    fn default() -> Self {
        Self {
            coin_feed: none(),
            rates: RatesConfig::default(),
        }
    }
}

impl RulesConfig {
    fn terms(&self) -> Result<RuleTerms> {
        Ok(RuleTerms {
            rates: self.rates.millionths(&RuleRate::TABLE, "rules")?,
            coin_feed: self.coin_feed.parse().wrap_err("rules: coin_feed")?,
        })
    }

    /// Refuses what the contract would.
    fn check(&self) -> Result<()> {
        let checked = self.terms()?.check();
        checked.map_err(|r| refused("rules", &RuleRate::TABLE, r))
    }

    /// As the contract takes them.
    ///
    /// # Errors
    ///
    /// A number does not parse, or there is no such rate.
    pub fn call(&self) -> Result<IParameters::setRulesCall> {
        let RuleTerms { rates, coin_feed } = self.terms()?;
        Ok(IParameters::setRulesCall {
            coinFeed: coin_feed,
            rates: given(&rates),
        })
    }
}

impl UnderlyingConfig {
    fn terms(&self) -> Result<UnderlyingTerms> {
        let of = format!("underlying {}", self.name);
        Ok(UnderlyingTerms {
            feed: self.feed,
            lot: wad64(&self.lot, &self.name)?,
            scenario_set: self.scenario_set,
            rates: self.rates.millionths(&UnderlyingRate::TABLE, &of)?,
        })
    }

    /// Refuses what the contracts would.
    fn check(&self) -> Result<()> {
        let of = format!("underlying {}", self.name);
        let checked = self.terms()?.check();
        checked.map_err(|r| refused(&of, &UnderlyingRate::TABLE, r))?;
        if let Some(surface) = &self.surface {
            surface.check(&of)?;
        }
        Ok(())
    }

    /// As the contract takes it.
    ///
    /// # Errors
    ///
    /// A number does not parse, or there is no such rate.
    pub fn call(&self) -> Result<IParameters::setUnderlyingCall> {
        let terms = self.terms()?;
        Ok(IParameters::setUnderlyingCall {
            underlying: self.number,
            feed: terms.feed,
            lot: terms.lot,
            scenarioSet: terms.scenario_set,
            rates: given(&terms.rates),
        })
    }
}

/// A collateral token.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TokenConfig {
    /// For people; must be what the token says.
    pub symbol: String,
    /// The token.
    pub address: Address,
    /// Must be what the token says.
    pub decimals: u8,
    /// Most the vault takes, in whole tokens.
    pub cap: String,
    /// Number of its feed; 0 for the settlement coin.
    #[serde(default)]
    pub feed: u16,
    /// The underlying it moves with; 0 for none.
    #[serde(default)]
    pub underlying: u16,
    /// Its rates: all of them.
    #[serde(flatten)]
    pub rates: RatesConfig,
}

/// A protocol that may trade.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VenueConfig {
    /// Number, not 0.
    pub number: u16,
    /// For people.
    pub name: String,
    /// The contract that calls `clear`.
    pub address: Address,
    /// Account that receives its fees.
    pub fee_account: B256,
    /// How far from the mark a fill may be, as a share of it.
    pub band: String,
}

/// The auction's parameters.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuctionConfig {
    /// Greatest discount per unit of relief while equity is positive.
    pub lambda_max: String,
    /// Seconds to get there.
    pub duration: u32,
    /// The same for the insurance fund's ramp.
    pub fund_lambda_max: String,
    /// Seconds to get there.
    pub fund_duration: u32,
    /// How far above maintenance margin an auction ends.
    pub buffer: String,
    /// Least share a bid may take.
    pub min_fraction: String,
}

impl FeedConfig {
    /// As the oracle takes it, if it is a Chainlink feed.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn call(&self) -> Result<IOracle::setFeedCall> {
        let terms = self.terms()?;
        Ok(IOracle::setFeedCall {
            feed: self.number,
            aggregator: self.aggregator,
            maxAge: terms.maxAge,
            minPrice: terms.minPrice,
            maxPrice: terms.maxPrice,
            confidence: terms.confidence,
        })
    }

    fn terms(&self) -> Result<FeedTerms> {
        Ok(FeedTerms {
            maxAge: self.max_age,
            minPrice: wad(&self.min_price, &self.name)?,
            maxPrice: wad(&self.max_price, &self.name)?,
            confidence: wad64(&self.confidence, &self.name)?,
        })
    }

    /// The calldata that lists it.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn listing(&self) -> Result<IOracle::IOracleCalls> {
        let (feed, terms) = (self.number, self.terms()?);
        Ok(match (self.pyth, &self.vault) {
            (None, None) => IOracle::IOracleCalls::setFeed(self.call()?),
            (Some(id), _) => IOracle::IOracleCalls::setPythFeed(IOracle::setPythFeedCall {
                feed,
                pyth: self.aggregator,
                id,
                terms,
            }),
            (None, Some(vault)) => IOracle::IOracleCalls::setVaultFeed(IOracle::setVaultFeedCall {
                feed,
                vault: self.aggregator,
                parts: VaultTerms {
                    assetFeed: vault.asset_feed,
                    marketFeed: vault.market_feed,
                    rate: u128::try_from(wad(&vault.rate, &self.name)?)?,
                    growth: wad64(&vault.growth, &self.name)?,
                },
                terms,
            }),
        })
    }

    /// Whether the oracle lists it as the file says.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn is(&self, now: &IOracle::feedReturn, source: &FeedSource) -> Result<bool> {
        let wanted = self.call()?;
        let same_source = match (self.pyth, &self.vault) {
            (None, None) => source.source == 0,
            (Some(id), _) => (source.source, source.priceId) == (1, id),
            (None, Some(vault)) => {
                let parts = (source.source, source.assetFeed, source.marketFeed);
                parts == (2, vault.asset_feed, vault.market_feed)
                    && source.growth == wad64(&vault.growth, &self.name)?
            }
        };
        Ok(same_source
            && (now.aggregator, now.maxAge, now.confidence)
                == (wanted.aggregator, wanted.maxAge, wanted.confidence)
            && (now.minPrice, now.maxPrice) == (wanted.minPrice, wanted.maxPrice))
    }

    /// The largest move that the oracle is told, if that is another one.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn move_call(&self, source: &FeedSource) -> Result<Option<IOracle::setLargestMoveCall>> {
        let largest_move = wad64(&self.largest_move, &self.name)?;
        // A number keeps its largest move when a feed without rounds takes its place; there it counts for nothing.
        let has_rounds = self.pyth.is_none() && self.vault.is_none();
        let differs = has_rounds && largest_move != source.largestMove;
        Ok(differs.then_some(IOracle::setLargestMoveCall {
            feed: self.number,
            largestMove: largest_move,
        }))
    }

    /// The second source that the oracle is told, if that is another one.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn second_call(&self, source: &FeedSource) -> Result<Option<IOracle::setSecondSourceCall>> {
        let (second, tolerance) = match &self.second {
            Some(second) => (second.feed, wad64(&second.tolerance, &self.name)?),
            None => (0, 0),
        };
        let differs = (second, tolerance) != (source.second, source.tolerance);
        Ok(differs.then_some(IOracle::setSecondSourceCall {
            feed: self.number,
            second,
            tolerance,
        }))
    }

    /// Refuses what the oracle would.
    fn check(&self) -> Result<()> {
        let of = format!("feed {}", self.name);
        let call = self.call()?;
        ensure!(
            !self.aggregator.is_zero(),
            "{of}: the aggregator is address 0"
        );
        ensure!(
            !call.minPrice.is_zero() && call.minPrice < call.maxPrice,
            "{of}: 0 < min_price < max_price is needed"
        );
        for (name, price) in [("min_price", call.minPrice), ("max_price", call.maxPrice)] {
            let bound = u128::try_from(price).ok().and_then(Bound::from_wad);
            ensure!(
                bound.is_some(),
                "{of}: {name} must be at most 10^15 and a number of five digits and zeros"
            );
        }
        ensure!(
            Confidence::from_wad(call.confidence).is_some(),
            "{of}: confidence must be a multiple of 0.0005, at most 0.1275"
        );
        let largest_move = wad64(&self.largest_move, &self.name)?;
        ensure!(
            LargestMove::from_wad(largest_move).is_some(),
            "{of}: largest_move must be a multiple of 0.005, at most 1.275"
        );
        ensure!(
            self.pyth.is_none() || self.vault.is_none(),
            "{of}: pyth or vault, not both"
        );
        ensure!(
            largest_move == 0 || (self.pyth.is_none() && self.vault.is_none()),
            "{of}: only a Chainlink feed has rounds, and so a largest_move"
        );
        if let Some(vault) = &self.vault {
            let rate = wad(&vault.rate, &self.name)?;
            ensure!(
                !rate.is_zero() && rate <= U256::from(u128::MAX),
                "{of}: rate must be above 0 and fit 128 bits at 1e18, not {}",
                vault.rate
            );
            ensure!(
                wad64(&vault.growth, &self.name)? <= MAX_GROWTH,
                "{of}: growth must be at most 1 a year, not {}",
                vault.growth
            );
        }
        if let Some(second) = &self.second {
            ensure!(
                Confidence::from_wad(wad64(&second.tolerance, &self.name)?).is_some(),
                "{of}: tolerance must be a multiple of 0.0005, at most 0.1275"
            );
        }
        self.listing()?;
        max_age(self.max_age, &of)
    }
}

impl VenueConfig {
    /// As the clearinghouse takes it.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn call(&self) -> Result<IClearinghouse::setVenueCall> {
        Ok(IClearinghouse::setVenueCall {
            venue: self.number,
            contractAddress: self.address,
            feeAccount: self.fee_account,
            band: wad64(&self.band, &self.name)?,
            active: true,
        })
    }
}

impl SignersConfig {
    /// As the oracle takes them, which wants them ascending.
    #[must_use]
    pub fn call(&self) -> IOracle::setSignersCall {
        let mut signers = self.addresses.clone();
        signers.sort_unstable();
        IOracle::setSignersCall {
            signers,
            threshold: self.threshold,
        }
    }
}

impl AuctionConfig {
    /// As the auction takes them.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn call(&self) -> Result<IAuction::setParametersCall> {
        let of = "auction";
        Ok(IAuction::setParametersCall {
            lambdaMax: wad64(&self.lambda_max, of)?,
            duration: self.duration,
            fundLambdaMax: wad64(&self.fund_lambda_max, of)?,
            fundDuration: self.fund_duration,
            buffer: wad64(&self.buffer, of)?,
            minFraction: wad64(&self.min_fraction, of)?,
        })
    }
}

impl HouseConfig {
    /// Reads a file, TOML or (by its ending) JSON.
    ///
    /// # Errors
    ///
    /// It is not there, does not parse, or contradicts itself.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .wrap_err_with(|| format!("cannot read the house's file {}", path.display()))?;
        let config: Self = if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str(&text).wrap_err_with(|| path.display().to_string())?
        } else {
            toml::from_str(&text).wrap_err_with(|| path.display().to_string())?
        };
        config
            .check()
            .wrap_err_with(|| path.display().to_string())?;
        Ok(config)
    }

    /// Finds what the contracts would refuse, before anything is deployed.
    ///
    /// # Errors
    ///
    /// The first contradiction.
    pub fn check(&self) -> Result<()> {
        unique("feed", self.feeds.iter().map(|f| f.number))?;
        unique("underlying", self.underlyings.iter().map(|u| u.number))?;
        unique("venue", self.venues.iter().map(|v| v.number))?;
        once("feed", self.feeds.iter().map(|f| &f.name))?;
        once("underlying", self.underlyings.iter().map(|u| &u.name))?;
        once("venue", self.venues.iter().map(|v| &v.name))?;
        once("venue's contract", self.venues.iter().map(|v| v.address))?;
        once("token", self.tokens.iter().map(|t| &t.symbol))?;
        once("token", self.tokens.iter().map(|t| t.address))?;
        ensure!(
            self.tokens.len() <= MAX_ASSETS,
            "{} tokens: the vault lists at most {MAX_ASSETS}",
            self.tokens.len()
        );
        let feed_known = |n: u16| self.feeds.iter().any(|f| f.number == n);
        for (i, f) in self.feeds.iter().enumerate() {
            f.check()?;
            self.check_parts(i, f)?;
        }
        if let Some(sequencer) = &self.sequencer {
            sequencer.check()?;
        }
        for u in &self.underlyings {
            if !feed_known(u.feed) {
                bail!("underlying {}: there is no feed {}", u.name, u.feed);
            }
            u.check()?;
        }
        if let Some(rules) = &self.rules {
            rules.check()?;
            let coin_feed = rules.call()?.coinFeed;
            if coin_feed != 0 && !feed_known(coin_feed) {
                bail!("rules: there is no feed {coin_feed}");
            }
        }
        for (i, t) in self.tokens.iter().enumerate() {
            t.check(i == 0)?;
            if t.feed != 0 && !feed_known(t.feed) {
                bail!("token {}: there is no feed {}", t.symbol, t.feed);
            }
            if t.underlying != 0 && !self.underlyings.iter().any(|u| u.number == t.underlying) {
                bail!(
                    "token {}: there is no underlying {}",
                    t.symbol,
                    t.underlying
                );
            }
        }
        for v in &self.venues {
            v.call()?;
        }
        if let Some(auction) = &self.auction {
            auction.call()?;
        }
        Ok(())
    }
}

impl HouseConfig {
    /// Refuses other feeds that the oracle would refuse a feed, the one at this index, to rest on.
    fn check_parts(&self, index: usize, f: &FeedConfig) -> Result<()> {
        let of = format!("feed {}", f.name);
        let is_part = |part: &FeedConfig, number| part.number == number && part.vault.is_none();
        if let Some(vault) = &f.vault {
            let market = (vault.market_feed != 0).then_some(("market_feed", vault.market_feed));
            for (key, number) in [("asset_feed", vault.asset_feed)].into_iter().chain(market) {
                ensure!(
                    self.feeds.iter().take(index).any(|p| is_part(p, number)),
                    "{of}: {key} must be the number of a feed listed before it, no vault's, not {number}"
                );
            }
        }
        if let Some(second) = &f.second {
            let number = second.feed;
            ensure!(
                number != f.number && self.feeds.iter().any(|p| is_part(p, number)),
                "{of}: second must be another feed of this file, no vault's, not {number}"
            );
        }
        Ok(())
    }
}

impl TokenConfig {
    /// As parameters take it: the asset with this index.
    ///
    /// # Errors
    ///
    /// A number does not parse, or a rate is missing or unknown.
    pub fn call(&self, index: u8) -> Result<IParameters::setAssetCall> {
        let terms = self.terms()?;
        Ok(IParameters::setAssetCall {
            asset: index,
            feed: terms.feed,
            underlying: terms.underlying,
            decimals: terms.decimals,
            rates: given(&terms.rates),
        })
    }

    fn terms(&self) -> Result<AssetTerms> {
        let of = format!("token {}", self.symbol);
        for rate in &AssetRate::TABLE {
            let given = self.rates.0.contains_key(rate.name);
            ensure!(given, "{of}: {} is missing", rate.name);
        }
        Ok(AssetTerms {
            feed: self.feed,
            underlying: self.underlying,
            decimals: self.decimals,
            rates: self.rates.millionths(&AssetRate::TABLE, &of)?,
        })
    }

    /// Refuses what parameters and the vault would.
    fn check(&self, is_coin: bool) -> Result<()> {
        let of = format!("token {}", self.symbol);
        // Before the cap, which is counted in these decimals.
        let (limit, which) = if is_coin {
            (MAX_COIN_DECIMALS, "the settlement coin")
        } else {
            (MAX_TOKEN_DECIMALS, "a token")
        };
        ensure!(
            self.decimals <= limit,
            "{of}: it has {} decimals, {which} may have at most {limit} decimals",
            self.decimals
        );
        self.cap_units()?;
        ensure!(
            is_coin || self.feed != 0,
            "{of}: only the settlement coin, the first token, has no feed"
        );
        ensure!(
            self.underlying == 0 || self.feed != 0,
            "{of}: what moves with an underlying needs a feed"
        );
        let terms = self.terms()?;
        let checked = terms.check();
        checked.map_err(|r| refused(&of, terms.table(), r))
    }

    /// The cap in the token's own decimals.
    ///
    /// # Errors
    ///
    /// Not a number, or more than the vault can count.
    pub fn cap_units(&self) -> Result<u128> {
        let units = ids::parse_decimal(&self.cap, usize::from(self.decimals))
            .wrap_err_with(|| format!("token {}: cap", self.symbol))?;
        u128::try_from(units).map_err(|_| eyre!("token {}: the cap is negative", self.symbol))
    }
}

fn unique(what: &str, numbers: impl Iterator<Item = u16>) -> Result<()> {
    let mut seen = Vec::new();
    for number in numbers {
        if number == 0 {
            bail!("{what} 0: numbers begin at 1");
        }
        if seen.contains(&number) {
            bail!("{what} {number} is there twice");
        }
        seen.push(number);
    }
    Ok(())
}

/// Refuses what is there twice.
fn once<T: PartialEq + Display>(what: &str, all: impl Iterator<Item = T>) -> Result<()> {
    let mut seen = Vec::new();
    for one in all {
        ensure!(!seen.contains(&one), "{what} {one} is there twice");
        seen.push(one);
    }
    Ok(())
}

fn max_age(seconds: u32, of: &str) -> Result<()> {
    ensure!(
        (1..=MAX_AGE_LIMIT).contains(&seconds),
        "{of}: max_age must be 1..{MAX_AGE_LIMIT} seconds, not {seconds}"
    );
    Ok(())
}

/// The words of a refusal that the contract would say in numbers.
fn refused(of: &str, table: &[Rate], refusal: TermsRefusal) -> eyre::Report {
    let row = |rate: u8| table.get(usize::from(rate));
    let name = |rate: u8| row(rate).map_or("a rate", |rate| rate.name);
    let share = |millionths: u32| f64::from(millionths) / 1e6;
    match refusal {
        TermsRefusal::ZeroLot => eyre!("{of}: the lot must not be 0"),
        TermsRefusal::ScenarioSet => eyre!("{of}: scenario_set must be 1, 2, 3 or 4"),
        TermsRefusal::Decimals => eyre!("{of}: at most {MAX_TOKEN_DECIMALS} decimals are possible"),
        TermsRefusal::OutOfRange {
            rate,
            minimum,
            maximum,
        } => eyre!(
            "{of}: {} must be between {} and {}",
            name(rate),
            share(minimum),
            share(maximum)
        ),
        TermsRefusal::InitialBelowMaintenance { rate } => eyre!(
            "{of}: {} must not be below {}",
            name(rate),
            name(rate.saturating_add(1))
        ),
        TermsRefusal::Envelope { covered, .. } => eyre!(
            "{of}: max_move must be at most {}, which the requirement of one leg covers",
            share(covered)
        ),
    }
}

fn wad(text: &str, of: &str) -> Result<U256> {
    ids::parse_wad(text).wrap_err_with(|| of.to_owned())
}

/// A ratio or lot as the contracts take it.
///
/// # Errors
///
/// Not a number, negative, or over 18.4.
pub fn wad64(text: &str, of: &str) -> Result<u64> {
    u64::try_from(wad(text, of)?).map_err(|_| eyre!("{of}: {text} is too large"))
}

/// A signed number as the contracts take it.
///
/// # Errors
///
/// Not a number.
pub fn signed_wad(text: &str, of: &str) -> Result<i128> {
    ids::parse_decimal(text, 18).wrap_err_with(|| of.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> HouseConfig {
        toml::from_str(
            r#"
            [[feeds]]
            number = 1
            name = "ETH / USD"
            aggregator = "0x0000000000000000000000000000000000000001"
            max_age = 3600
            min_price = "10"
            max_price = "100000"

            [[underlyings]]
            number = 1
            name = "ETH"
            feed = 1
            lot = "0.0001"
            rates.beta = "0.9"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn the_example_is_a_house() {
        let path = crate::workspace::root().join("scripts/data/house.example.toml");
        let house = HouseConfig::read(&path).unwrap();
        assert_eq!((house.tokens.len(), house.venues.len()), (2, 1));
        assert_eq!(house.sequencer.map(|s| s.grace), Some(3_600));
        assert_eq!(house.tokens[0].cap_units().unwrap(), 1_000_000_000_000);
    }

    #[test]
    fn contradictions_are_found_before_deployment() {
        house().check().unwrap();
        let mut h = house();
        h.underlyings[0].feed = 2;
        assert!(format!("{:#}", h.check().unwrap_err()).contains("no feed 2"));
        let mut h = house();
        h.feeds.push(h.feeds[0].clone());
        assert!(format!("{:#}", h.check().unwrap_err()).contains("twice"));
        let mut h = house();
        h.underlyings[0].rates = [("depeg_mm", "2.1")].into();
        assert!(format!("{:#}", h.check().unwrap_err()).contains("depeg"));
        let mut h = house();
        h.rules = Some(RulesConfig {
            rates: [("mm_factor", "1.3")].into(),
            ..RulesConfig::default()
        });
        assert!(h.check().is_err());
        for (feed, grace, passes) in [
            (1, 1, true),
            (1, 86_400, true),
            (0, 0, true),
            (1, 0, false),
            (1, 86_401, false),
        ] {
            let feed = Address::with_last_byte(feed);
            let mut h = house();
            h.sequencer = Some(SequencerConfig { feed, grace });
            assert_eq!(h.check().is_ok(), passes, "{feed} {grace}");
        }
        assert!(
            toml::from_str::<HouseConfig>("ownr = 1").is_err(),
            "a misspelt key is an error"
        );
    }

    /// A file with every source of prices and every bound.
    const SOURCES: &str = r#"
        [[feeds]]
        number = 1
        name = "ETH"
        aggregator = "0x0000000000000000000000000000000000000001"
        max_age = 3600
        min_price = "10"
        max_price = "100000"
        largest_move = "0.1"
        second = { feed = 2, tolerance = "0.01" }

        [[feeds]]
        number = 2
        name = "PYTH"
        aggregator = "0x0000000000000000000000000000000000000002"
        pyth = "0x7171717171717171717171717171717171717171717171717171717171717171"
        max_age = 60
        min_price = "10"
        max_price = "100000"

        [[feeds]]
        number = 3
        name = "SHARES"
        aggregator = "0x0000000000000000000000000000000000000003"
        vault = { asset_feed = 1, market_feed = 2, rate = "1.05", growth = "0.1" }
        max_age = 3600
        min_price = "10"
        max_price = "100000"

        [[underlyings]]
        number = 1
        name = "ETH"
        feed = 1
        lot = "0.0001"
        surface = { max_age = 120, max_basis = "0.2", ratio_move = "0.003", rate_move = "0.03" }

        [sequencer]
        feed = "0x0000000000000000000000000000000000000006"
        grace = 3600
    "#;

    /// The file with this in the place of that: what is said of it, nothing if it passes.
    fn changed(from: &str, to: &str) -> String {
        assert_eq!(SOURCES.matches(from).count(), 1, "{from}");
        let text = SOURCES.replace(from, to);
        let house = toml::from_str::<HouseConfig>(&text);
        let checked = house.map_err(Into::into).and_then(|house| house.check());
        checked.map_or_else(|e| format!("{e:#}"), |()| String::new())
    }

    /// Bounds of sources, of pushes and of the sequencer: equality passes, one step beyond is refused and named.
    #[test]
    fn sources_and_bounds_are_known_before_deployment() {
        let moved = r#"largest_move = "0.1""#;
        let second = r#"second = { feed = 2, tolerance = "0.01" }"#;
        let (ratio, rate) = (r#"ratio_move = "0.003""#, r#"rate_move = "0.03""#);
        let passes = [
            (moved, r#"largest_move = "1.275""#),
            (moved, r#"largest_move = "0""#),
            (moved, ""),
            (second, r#"second = { feed = 2, tolerance = "0.1275" }"#),
            (second, r#"second = { feed = 2, tolerance = "0" }"#),
            (second, ""),
            ("market_feed = 2", "market_feed = 0"),
            (", market_feed = 2", ""),
            ("asset_feed = 1", "asset_feed = 2"),
            (r#"rate = "1.05""#, r#"rate = "0.000000000000000001""#),
            (r#"growth = "0.1""#, r#"growth = "1""#),
            (ratio, r#"ratio_move = "0.065535""#),
            (ratio, r#"ratio_move = "0""#),
            (rate, r#"rate_move = "0.065535""#),
            (rate, r#"rate_move = "0""#),
            ("max_age = 120", "max_age = 600"),
            ("grace = 3600", "grace = 86400"),
            ("grace = 3600", "grace = 1"),
            ("grace = 3600", ""),
        ];
        for (from, to) in passes {
            assert_eq!(changed(from, to), "", "{to}");
        }
        const STEPS: &str = "largest_move must be a multiple of 0.005, at most 1.275";
        const TOLERANCE: &str = "tolerance must be a multiple of 0.0005, at most 0.1275";
        const SECOND: &str = "second must be another feed of this file, no vault's, not";
        const BEFORE: &str = "must be the number of a feed listed before it, no vault's, not";
        const SHARE: &str = "must have at most six decimal places and be at most 0.065535";
        const ROUNDS: &str = "only a Chainlink feed has rounds, and so a largest_move";
        let refused = [
            (
                moved,
                r#"largest_move = "1.28""#,
                format!("feed ETH: {STEPS}"),
            ),
            (
                moved,
                r#"largest_move = "0.0051""#,
                format!("feed ETH: {STEPS}"),
            ),
            (
                "max_age = 60\n",
                "max_age = 60\nlargest_move = \"0.1\"\n",
                format!("feed PYTH: {ROUNDS}"),
            ),
            (
                "vault = {",
                "largest_move = \"0.1\"\nvault = {",
                format!("feed SHARES: {ROUNDS}"),
            ),
            (
                "vault = {",
                "pyth = \"0x7171717171717171717171717171717171717171717171717171717171717171\"\nvault = {",
                "feed SHARES: pyth or vault, not both".into(),
            ),
            (
                second,
                r#"second = { feed = 2, tolerance = "0.128" }"#,
                format!("feed ETH: {TOLERANCE}"),
            ),
            (
                second,
                r#"second = { feed = 2, tolerance = "0.0003" }"#,
                format!("feed ETH: {TOLERANCE}"),
            ),
            (
                second,
                r#"second = { feed = 1, tolerance = "0.01" }"#,
                format!("feed ETH: {SECOND} 1"),
            ),
            (
                second,
                r#"second = { feed = 3, tolerance = "0.01" }"#,
                format!("feed ETH: {SECOND} 3"),
            ),
            (
                second,
                r#"second = { feed = 0, tolerance = "0.01" }"#,
                format!("feed ETH: {SECOND} 0"),
            ),
            (
                "asset_feed = 1",
                "asset_feed = 3",
                format!("feed SHARES: asset_feed {BEFORE} 3"),
            ),
            (
                "asset_feed = 1",
                "asset_feed = 0",
                format!("feed SHARES: asset_feed {BEFORE} 0"),
            ),
            (
                "market_feed = 2",
                "market_feed = 4",
                format!("feed SHARES: market_feed {BEFORE} 4"),
            ),
            (
                r#"rate = "1.05""#,
                r#"rate = "0""#,
                "feed SHARES: rate must be above 0 and fit 128 bits at 1e18, not 0".into(),
            ),
            (
                r#"growth = "0.1""#,
                r#"growth = "1.000000000000000001""#,
                "feed SHARES: growth must be at most 1 a year, not 1.000000000000000001".into(),
            ),
            (
                ratio,
                r#"ratio_move = "0.065536""#,
                format!("underlying ETH: 0.065536 {SHARE}"),
            ),
            (
                rate,
                r#"rate_move = "0.0000001""#,
                format!("underlying ETH: 0.0000001 {SHARE}"),
            ),
            (
                "max_age = 120",
                "max_age = 601",
                "underlying ETH: max_age of its surface must be 1..600 seconds, not 601".into(),
            ),
            (
                "grace = 3600",
                "grace = 86401",
                "sequencer: grace must be 1 to 86400 seconds, not 86401".into(),
            ),
            (
                "grace = 3600",
                "grace = 0",
                "sequencer: grace must be 1 to 86400 seconds, not 0".into(),
            ),
        ];
        for (from, to, says) in refused {
            assert_eq!(changed(from, to), says, "{to}");
        }
        for (from, to) in [
            (second, "second = { feed = 2 }"),
            (
                second,
                r#"second = { feed = 2, tolerance = "0.01", x = 1 }"#,
            ),
            (r#", growth = "0.1""#, ""),
            ("grace = 3600", "grase = 3600"),
        ] {
            assert_ne!(changed(from, to), "", "a missing or misspelt key: {to}");
        }
    }

    /// A number keeps its largest move when a feed without rounds takes its place: nothing is sent that would be refused.
    #[test]
    fn a_feed_without_rounds_is_told_no_largest_move() {
        let house: HouseConfig = toml::from_str(SOURCES).unwrap();
        let [chainlink, pyth, vault] = &house.feeds[..] else {
            panic!("three feeds")
        };
        let told = |feed: &FeedConfig, largest_move| {
            let source = FeedSource {
                largestMove: largest_move,
                ..FeedSource::default()
            };
            let call = feed.move_call(&source).unwrap();
            call.map(|call| call.largestMove)
        };
        let tenth = 100_000_000_000_000_000;
        assert_eq!(told(chainlink, 0), Some(tenth));
        assert_eq!(told(chainlink, tenth), None);
        assert_eq!((told(pyth, tenth), told(vault, tenth)), (None, None));
    }

    /// A house with these tokens: symbol, last byte of the address, decimals, cap.
    fn with_tokens(tokens: &[(&str, u8, u8, &str)]) -> HouseConfig {
        let mut house = house();
        house.tokens = tokens
            .iter()
            .enumerate()
            .map(|(i, (symbol, address, decimals, cap))| TokenConfig {
                symbol: (*symbol).into(),
                address: Address::with_last_byte(*address),
                decimals: *decimals,
                cap: (*cap).into(),
                feed: u16::from(i > 0),
                underlying: 0,
                rates: [("im_haircut", "0"), ("mm_haircut", "0")].into(),
            })
            .collect();
        house
    }

    fn refusal(house: &HouseConfig) -> String {
        format!("{:#}", house.check().unwrap_err())
    }

    /// C-1: of a token that is there twice, and of a seventeenth, nothing is sent.
    #[test]
    fn c_1_what_the_vault_would_refuse_is_refused_first() {
        let (usdc, weth) = (("USDC", 1, 6, "1000"), ("WETH", 2, 18, "10"));
        with_tokens(&[usdc, weth]).check().unwrap();
        let twice = refusal(&with_tokens(&[usdc, weth, usdc]));
        assert_eq!(twice, "token USDC is there twice");
        let renamed = refusal(&with_tokens(&[usdc, weth, ("USDC.e", 1, 6, "1000")]));
        assert!(renamed.contains("is there twice"), "{renamed}");
        let names: Vec<String> = (0..17).map(|n| format!("T{n}")).collect();
        let many: Vec<_> = names
            .iter()
            .zip(1..)
            .map(|(name, n)| (name.as_str(), n, 6, "1"))
            .collect();
        with_tokens(&many[..16]).check().unwrap();
        assert!(refusal(&with_tokens(&many)).contains("at most 16"));
    }

    /// C-6: too many decimals are named before the cap that is counted in them.
    #[test]
    fn c_6_decimals_are_looked_at_before_the_cap() {
        let usdc = ("USDC", 1, 6, "1000");
        let high = |decimals, cap| with_tokens(&[usdc, ("HIGH", 2, decimals, cap)]);
        let text = refusal(&high(36, "1,000,000"));
        assert!(text.contains("at most 24 decimals"), "{text}");
        high(24, "1,000,000").check().unwrap();
        let coin = with_tokens(&[("COIN", 1, 19, "1")]);
        assert!(refusal(&coin).contains("at most 18 decimals"));
    }

    /// Every bound that the contracts hold to is known before anything is sent.
    #[test]
    fn bounds_are_known_before_deployment() {
        let set = |change: fn(&mut HouseConfig)| {
            let mut house = with_tokens(&[("USDC", 1, 6, "1"), ("WETH", 2, 18, "1")]);
            change(&mut house);
            refusal(&house)
        };
        let beta = set(|h| h.underlyings[0].rates = [("beta", "3.1")].into());
        assert_eq!(beta, "underlying ETH: beta must be between 0 and 3");
        let fine = set(|h| h.underlyings[0].rates = [("beta", "0.1234567")].into());
        assert_eq!(fine, "underlying ETH: beta has more than 6 decimals");
        let reach = set(|h| h.underlyings[0].rates = [("max_move", "0.5")].into());
        assert!(reach.contains("max_move must be at most"), "{reach}");
        let scenarios = set(|h| h.underlyings[0].scenario_set = 5);
        assert!(scenarios.contains("1, 2, 3 or 4"), "{scenarios}");
        let haircut = set(|h| {
            h.tokens[1].underlying = 1;
            h.tokens[1].rates = [("im_haircut", "0.21"), ("mm_haircut", "0")].into();
        });
        assert_eq!(haircut, "token WETH: im_haircut must be between 0 and 0.2");
        let rules = set(|h| {
            h.rules = Some(RulesConfig {
                rates: [("max_offset", "0.7")].into(),
                ..RulesConfig::default()
            });
        });
        assert_eq!(rules, "rules: max_offset must be between 0 and 0.6");
        let digits = set(|h| h.feeds[0].min_price = "1.2345678".into());
        assert!(digits.contains("five digits"), "{digits}");
        let surface = set(|h| {
            h.underlyings[0].surface = Some(SurfaceConfig {
                max_age: 60,
                max_basis: "1.5".into(),
                ratio_move: ratio_move(),
                rate_move: rate_move(),
            });
        });
        assert!(surface.contains("max_basis"), "{surface}");
        let old = set(|h| {
            h.underlyings[0].surface = Some(SurfaceConfig {
                max_age: 601,
                max_basis: "0.2".into(),
                ratio_move: ratio_move(),
                rate_move: rate_move(),
            });
        });
        assert!(old.contains("1..600 seconds"), "{old}");
        for (text, says) in [("0.1", "at most 0.065535"), ("0.0000001", "six decimal")] {
            let refused = millionths(text, "ETH").unwrap_err().to_string();
            assert!(refused.contains(says), "{refused}");
        }
        assert_eq!(millionths("0.065535", "ETH").unwrap(), u16::MAX);
        let misspelt = set(|h| h.underlyings[0].rates = [("betta", "1")].into());
        assert_eq!(misspelt, "underlying ETH: there is no rate betta");
        let missing = set(|h| h.tokens[1].rates = [("im_haircut", "0")].into());
        assert_eq!(missing, "token WETH: mm_haircut is missing");
    }
}
