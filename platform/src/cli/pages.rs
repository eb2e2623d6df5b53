//! Lists that come in pages, whole.

use std::future::Future;

use helios_client::{ClientError, Page, PageQuery};

use super::Failure;

/// The first `most` items of a list.
///
/// # Errors
/// The platform.
pub(super) async fn first<T, F>(most: usize, mut page: impl FnMut(PageQuery) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<Page<T>, ClientError>>,
{
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let left = u32::try_from(most.saturating_sub(items.len())).unwrap_or(u32::MAX);
        let answer = page(PageQuery { cursor, limit: Some(left.clamp(1, PageQuery::MOST)) }).await?;
        items.extend(answer.items);
        cursor = answer.next;
        if cursor.is_none() || items.len() >= most {
            items.truncate(most);
            return Ok(items);
        }
    }
}

/// All items of a list.
///
/// # Errors
/// The platform.
pub(super) async fn all<T, F>(page: impl FnMut(PageQuery) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<Page<T>, ClientError>>,
{
    first(usize::MAX, page).await
}
