//! What every face of Signet needs: the nouns, the decisions, the cryptography,
//! the store and what an operator may do with it.
//!
//! Who may import whom: `model ← rules`, `model ← store`, `{rules, store, crypto} ← admin`.
//! Nothing here knows HTTP or a terminal.

pub mod admin;
mod causes;
pub mod config;
pub mod crypto;
pub mod model;
mod quoted;
pub mod room;
pub mod rules;
mod span;
pub mod store;
mod visible;

pub use causes::causes;
pub use quoted::quoted;
pub use span::{DAY, span_text};
pub use visible::visible;
