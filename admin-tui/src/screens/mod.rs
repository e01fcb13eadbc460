//! The screens. Each thinks and draws; what it wants done it gives back as words.

mod detail;
mod home;
mod list;
mod sign_in;
mod why;

pub(crate) use detail::DetailScreen;
pub(crate) use home::Home;
pub(crate) use list::ListScreen;
pub(crate) use sign_in::SignInScreen;
pub(crate) use why::WhyScreen;
