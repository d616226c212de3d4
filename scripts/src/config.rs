//! What a house is made of: tokens, feeds, underlyings and venues, as a file says it.

use crate::{
    bindings::{IParameters, UnderlyingTerms},
    ids,
};
use alloy::primitives::{Address, B256, U256};
use eyre::{Result, WrapErr, bail, eyre};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

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

/// A Chainlink AggregatorV3 feed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Number the house knows it by, not 0.
    pub number: u16,
    /// For people.
    pub name: String,
    /// The aggregator.
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

/// Declares a table of ratios with defaults.
macro_rules! ratios {
    ($(#[$attribute:meta])* $name:ident { $($(#[$doc:meta])* $field:ident = $default:literal),* $(,)? }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$doc])* pub $field: String),* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default.into()),* }
            }
        }
    };
}

ratios! {
    /// Rules of margin for all portfolios: `IParameters.setRules`.
    RulesConfig {
        /// Of the scan, in the initial requirement.
        im_factor = "1.25",
        /// In the maintenance requirement.
        mm_factor = "1",
        /// Most that offsets across underlyings take off.
        max_offset = "0.4",
        /// How far one underlying may move on its own in the calm regime.
        calm_reach = "0.5",
        /// And when all move together.
        together_reach = "0.25",
        /// Number of the feed of the settlement coin in dollars; 0 for none.
        coin_feed = "0",
    }
}

ratios! {
    /// Rates of an underlying: `UnderlyingTerms` in `abi/Types.sol`.
    RatesConfig {
        /// Move per move of the common factor.
        beta = "1",
        /// Volatility up-shocks reach at least.
        vol_floor = "0.4",
        /// Move of the forward for the calendar basis.
        basis_move = "0.045",
        /// Share that counts at expiry.
        basis_at_expiry = "0.5",
        /// And per year to it.
        basis_per_year = "2",
        /// Largest accepted price move that the requirement must cover.
        max_move = "0.1",
        /// Share of spot per short option, initial.
        short_option_im = "0.01",
        /// Maintenance.
        short_option_mm = "0.005",
        /// Share of spot per perpetual or future, initial.
        linear_cost_im = "0.01",
        /// Maintenance.
        linear_cost_mm = "0.005",
        /// Share of spot per option, initial.
        option_cost_im = "0.002",
        /// Maintenance.
        option_cost_mm = "0.001",
        /// Charge per unit below the peg, initial.
        depeg_im = "2",
        /// Maintenance.
        depeg_mm = "1",
    }
}

impl RulesConfig {
    /// As the contract takes them.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn call(&self) -> Result<IParameters::setRulesCall> {
        let ratio = |text: &String| wad64(text, "rules");
        Ok(IParameters::setRulesCall {
            imFactor: ratio(&self.im_factor)?,
            mmFactor: ratio(&self.mm_factor)?,
            maxOffset: ratio(&self.max_offset)?,
            calmReach: ratio(&self.calm_reach)?,
            togetherReach: ratio(&self.together_reach)?,
            coinFeed: self.coin_feed.parse().wrap_err("rules: coin_feed")?,
        })
    }
}

impl UnderlyingConfig {
    /// As the contract takes them.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn terms(&self) -> Result<UnderlyingTerms> {
        let r = &self.rates;
        let ratio = |text: &String| wad64(text, &self.name);
        Ok(UnderlyingTerms {
            feed: self.feed,
            lot: ratio(&self.lot)?,
            scenarioSet: self.scenario_set,
            beta: ratio(&r.beta)?,
            volFloor: ratio(&r.vol_floor)?,
            basisMove: ratio(&r.basis_move)?,
            basisAtExpiry: ratio(&r.basis_at_expiry)?,
            basisPerYear: ratio(&r.basis_per_year)?,
            maxMove: ratio(&r.max_move)?,
            shortOptionIm: ratio(&r.short_option_im)?,
            shortOptionMm: ratio(&r.short_option_mm)?,
            linearCostIm: ratio(&r.linear_cost_im)?,
            linearCostMm: ratio(&r.linear_cost_mm)?,
            optionCostIm: ratio(&r.option_cost_im)?,
            optionCostMm: ratio(&r.option_cost_mm)?,
            depegIm: ratio(&r.depeg_im)?,
            depegMm: ratio(&r.depeg_mm)?,
        })
    }
}

/// A collateral token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
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
    /// Share of its value that initial margin asks for.
    pub im_haircut: String,
    /// Share of its value that maintenance margin asks for.
    pub mm_haircut: String,
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
        let feed_known = |n: u16| self.feeds.iter().any(|f| f.number == n);
        for f in &self.feeds {
            let (min, max) = (wad(&f.min_price, &f.name)?, wad(&f.max_price, &f.name)?);
            if min.is_zero() || min >= max {
                bail!("feed {}: 0 < min_price < max_price is needed", f.name);
            }
            let confidence = wad64(&f.confidence, &f.name)?;
            const STEP: u64 = 500_000_000_000_000;
            if !confidence.is_multiple_of(STEP) || confidence > 255 * STEP {
                bail!(
                    "feed {}: confidence must be a multiple of 0.0005, at most 0.1275",
                    f.name
                );
            }
            if !(1..=172_800).contains(&f.max_age) {
                bail!("feed {}: max_age must be 1..172800 seconds", f.name);
            }
        }
        for u in &self.underlyings {
            if !feed_known(u.feed) {
                bail!("underlying {}: there is no feed {}", u.name, u.feed);
            }
            if wad64(&u.lot, &u.name)? == 0 {
                bail!("underlying {}: the lot must not be 0", u.name);
            }
            let terms = u.terms()?;
            for (initial, maintenance, what) in [
                (terms.shortOptionIm, terms.shortOptionMm, "short_option"),
                (terms.linearCostIm, terms.linearCostMm, "linear_cost"),
                (terms.optionCostIm, terms.optionCostMm, "option_cost"),
                (terms.depegIm, terms.depegMm, "depeg"),
            ] {
                if initial < maintenance {
                    bail!(
                        "underlying {}: {what}_im must not be below {what}_mm",
                        u.name
                    );
                }
            }
        }
        if let Some(rules) = &self.rules {
            let call = rules.call()?;
            if call.imFactor < call.mmFactor {
                bail!("rules: im_factor must not be below mm_factor");
            }
            if call.coinFeed != 0 && !feed_known(call.coinFeed) {
                bail!("rules: there is no feed {}", call.coinFeed);
            }
        }
        for (i, t) in self.tokens.iter().enumerate() {
            t.cap_units()?;
            if wad64(&t.im_haircut, &t.symbol)? < wad64(&t.mm_haircut, &t.symbol)? {
                bail!(
                    "token {}: im_haircut must not be below mm_haircut",
                    t.symbol
                );
            }
            if t.feed == 0 && i > 0 {
                bail!(
                    "token {}: only the settlement coin, the first token, has no feed",
                    t.symbol
                );
            }
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
            wad64(&v.band, &v.name)?;
        }
        Ok(())
    }
}

impl TokenConfig {
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
        h.underlyings[0].rates.depeg_mm = "2.1".into();
        assert!(format!("{:#}", h.check().unwrap_err()).contains("depeg"));
        let mut h = house();
        h.rules = Some(RulesConfig {
            mm_factor: "1.3".into(),
            ..RulesConfig::default()
        });
        assert!(h.check().is_err());
        assert!(
            toml::from_str::<HouseConfig>("ownr = 1").is_err(),
            "a misspelt key is an error"
        );
    }
}
