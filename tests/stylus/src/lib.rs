//! stylus
