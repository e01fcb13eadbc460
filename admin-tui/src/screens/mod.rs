//! The screens, one file each.

mod counts;

pub(crate) use counts::Counts;
