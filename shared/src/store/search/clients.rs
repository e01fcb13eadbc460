//! Looking through applications.

use super::{Find, LAST, Order, Page, anywhere, moment_cursor, read_moment};
use crate::model::Client;
use crate::store::clients::{ClientRow, select_clients};
use crate::store::{Result, View, run};

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
            let statement = if newest_first {
                select_clients!(
                    "WHERE (created_at, id) < ($1, $2) AND (lower(name) LIKE $3 ESCAPE '\\'
                         OR lower(id) LIKE $3 ESCAPE '\\' OR redirect_uris LIKE $3 ESCAPE '\\')
                     ORDER BY created_at DESC, id DESC LIMIT $4"
                )
            } else {
                select_clients!(
                    "WHERE (created_at, id) > ($1, $2) AND (lower(name) LIKE $3 ESCAPE '\\'
                         OR lower(id) LIKE $3 ESCAPE '\\' OR redirect_uris LIKE $3 ESCAPE '\\')
                     ORDER BY created_at, id LIMIT $4"
                )
            };
            run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(at).bind(&id).bind(&pattern).bind(limit)
            )?
        } else {
            let reversed = find.order == Order::Reversed;
            let start = if reversed { (LAST, LAST) } else { ("", "") };
            let (name, id) = after.and_then(|after| after.split_once('\n')).unwrap_or(start);
            let statement = if reversed {
                select_clients!(
                    "WHERE (name, id) < ($1, $2) AND (lower(name) LIKE $3 ESCAPE '\\'
                         OR lower(id) LIKE $3 ESCAPE '\\' OR redirect_uris LIKE $3 ESCAPE '\\')
                     ORDER BY name DESC, id DESC LIMIT $4"
                )
            } else {
                select_clients!(
                    "WHERE (name, id) > ($1, $2) AND (lower(name) LIKE $3 ESCAPE '\\'
                         OR lower(id) LIKE $3 ESCAPE '\\' OR redirect_uris LIKE $3 ESCAPE '\\')
                     ORDER BY name, id LIMIT $4"
                )
            };
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
