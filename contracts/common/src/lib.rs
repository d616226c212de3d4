//! What every contract shares.
