//! The surface of an update: without arbitrage by itself and against its neighbours.
use super::{Group, expiries::key};
use crate::{
    Oracle,
    sol::{
        Butterfly, Calendar, Correlation, ExpiryUpdate, NegativeSlope, NegativeVariance,
        SurfaceOutOfRange, Width, WingSlope,
    },
};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    fixed::{Round, to_wad},
    surface::{Days, Record},
    svi::SviError,
};

impl Oracle {
    /// Refuses a slice with arbitrage by itself, or against the live expiries next to it as far as they are fresh. A later
    /// expiry that this push replaces too is checked when its own update is; what it `accepted` stands before what is stored.
    pub(super) fn check_surface(
        &self,
        group: &Group,
        days: &Days,
        accepted: &[Record],
        record: &Record,
        next: Option<&ExpiryUpdate>,
    ) -> Result<(), Revert> {
        let refuse = |near, far| move |error| refusal(group.underlying, near, far, error);
        let day = record.day;
        record.surface.check().map_err(refuse(day, day))?;
        let (before, after) = days.neighbours(day, group.now);
        let neighbour = |day: Option<u16>| {
            let day = day?;
            let pushed = accepted.iter().find(|r| r.day == day).copied();
            let record = pushed.unwrap_or_else(|| self.stored(key(group.underlying, day)));
            let fresh = record.stamp().is_fresh(group.terms.max_age, group.now);
            fresh.then_some(record)
        };
        if let Some(near) = neighbour(before) {
            let checked = near.surface.check_calendar(&record.surface);
            checked.map_err(refuse(near.day, day))?;
        }
        let after = after.filter(|after| next.is_none_or(|next| next.expiry_day > *after));
        if let Some(far) = neighbour(after) {
            let checked = record.surface.check_calendar(&far.surface);
            checked.map_err(refuse(day, far.day))?;
        }
        Ok(())
    }
}

/// The kernel's refusal as an error of the ABI.
#[cold]
#[inline(never)]
fn refusal(underlying: u16, near_day: u16, far_day: u16, error: SviError) -> Revert {
    let wad = |v| to_wad::<40>(v, Round::Floor);
    let expiry_day = far_day;
    match error {
        SviError::OutOfRange => SurfaceOutOfRange {
            underlying,
            expiry_day,
        }
        .into(),
        SviError::NegativeSlope { b } => NegativeSlope {
            underlying,
            expiry_day,
            b: wad(b),
        }
        .into(),
        SviError::Correlation { rho } => Correlation {
            underlying,
            expiry_day,
            rho: wad(rho),
        }
        .into(),
        SviError::Width { sigma } => Width {
            underlying,
            expiry_day,
            sigma: wad(sigma),
        }
        .into(),
        SviError::NegativeVariance { least } => NegativeVariance {
            underlying,
            expiry_day,
            least: wad(least),
        }
        .into(),
        SviError::WingSlope { slope } => WingSlope {
            underlying,
            expiry_day,
            slope: wad(slope),
        }
        .into(),
        SviError::Butterfly { k, g } => Butterfly {
            underlying,
            expiry_day,
            k: wad(k),
            g: wad(g),
        }
        .into(),
        SviError::Calendar { k, near, far } => Calendar {
            underlying,
            near_day,
            far_day,
            k: wad(k),
            near: wad(near),
            far: wad(far),
        }
        .into(),
    }
}
