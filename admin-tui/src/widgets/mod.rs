//! Parts that screens are drawn from.

pub(crate) mod big_number;
pub(crate) mod shortened;
