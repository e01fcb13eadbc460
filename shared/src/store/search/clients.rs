//! Looking through applications.

use super::{Find, LAST, Order, Page, anywhere, moment_cursor, read_moment};
use crate::model::Client;
use crate::store::clients::{ClientRow, select_clients};
use crate::store::{Result, View, run};

/// The clients after one in the order of a column and their ids, in either direction, in whose
/// name, id or addresses the third parameter is found.
macro_rules! by_column {
    ($column:literal, $descending:expr) => {
        if $descending { by_column!($column, "<", " DESC") } else { by_column!($column, ">", "") }
    };
    ($column:literal, $than:literal, $direction:literal) => {
        select_clients!(
            "WHERE (",
            $column,
            ", id) ",
            $than,
            " ($1, $2) AND (lower(name) LIKE $3 ESCAPE '\\'
                 OR lower(id) LIKE $3 ESCAPE '\\' OR redirect_uris LIKE $3 ESCAPE '\\')
             ORDER BY ",
            $column,
            $direction,
            ", id",
            $direction,
            " LIMIT $4"
        )
    };
}

impl View {
    /// A part of all clients. The filter stands anywhere in the name, the id or an address.
    pub async fn find_clients(&mut self, find: &Find) -> Result<Page<Client>> {
        let pattern = anywhere(&find.filter.trim().to_lowercase());
        let limit = find.limit.saturating_add(1);
        let after = find.after.as_deref();
        let by_time = matches!(find.order, Order::Newest | Order::Oldest);
        let rows: Vec<ClientRow> = if by_time {
            let newest_first = find.order == Order::Newest;
            let (at, id) = read_moment(after, newest_first);
            let statement = by_column!("created_at", newest_first);
            run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(at).bind(&id).bind(&pattern).bind(limit)
            )?
        } else {
            let reversed = find.order == Order::Reversed;
            let start = if reversed { (LAST, LAST) } else { ("", "") };
            let (name, id) = after.and_then(|after| after.split_once('\n')).unwrap_or(start);
            let statement = by_column!("name", reversed);
            run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(name).bind(id).bind(&pattern).bind(limit)
            )?
        };
        let clients = rows.into_iter().map(Client::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(clients, find.limit, |client| {
            if by_time {
                moment_cursor(client.created_at, client.id.as_str())
            } else {
                // No name has a control character in it.
                format!("{}\n{}", client.name, client.id)
            }
        }))
    }
}
