//! Parts that screens are drawn from.

pub(crate) mod big_number;
pub(crate) mod editor;
pub(crate) mod facts;
pub(crate) mod frame;
pub(crate) mod fuzzy;
pub(crate) mod osc52;
pub(crate) mod shortened;
pub(crate) mod sparkline;
pub(crate) mod table;
