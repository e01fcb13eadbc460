//! What the ways through the server share: pages, cookies, forms, failures, headers.

pub(crate) mod account_page;
pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod client_ip;
pub(crate) mod cookie;
pub(crate) mod csrf;
pub(crate) mod device;
pub(crate) mod failure;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod html;
pub(crate) mod incident;
pub(crate) mod page;
pub(crate) mod request_id;
pub(crate) mod scope_line;
pub(crate) mod surface;
