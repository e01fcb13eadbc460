//! Reading long lists.

use shared::admin::AdminError;

/// How much is read at once.
pub(super) const SIZE: i64 = 500;

/// Reads page after page, each after the last one's end, until one is not full.
pub(super) async fn all<T>(
    page: impl AsyncFn(Option<&T>) -> Result<Vec<T>, AdminError>,
) -> Result<Vec<T>, AdminError> {
    let full = usize::try_from(SIZE).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    loop {
        let next = page(rows.last()).await?;
        let last = next.len() < full;
        rows.extend(next);
        if last {
            return Ok(rows);
        }
    }
}
