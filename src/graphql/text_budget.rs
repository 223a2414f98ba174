//! How much long text one answer may have.
//!
//! What an operation costs is reckoned before it is executed, when nobody knows how long the texts will be: the same
//! message, asked for a hundred times by thirty aliases, is a hundred megabytes for a few hundred bytes. So each
//! operation, and each event of a subscription, has a budget, from which the long texts are taken as they are resolved.

use crate::error::{Error, Result};
use async_graphql::ContextBase;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// What is left, in bytes.
#[derive(Clone, Debug)]
pub struct TextBudget(Arc<Left>);

#[derive(Debug)]
struct Left {
    bytes: AtomicUsize,
    most: usize,
}

impl TextBudget {
    /// So many bytes.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Left { bytes: AtomicUsize::new(most), most }))
    }

    /// All of it again, for the next event.
    pub fn refill(&self) {
        self.0.bytes.store(self.0.most, Relaxed);
    }

    /// Takes what a text needs, if there is so much. One text alone may have more than there ever is: whatever is stored
    /// can be read.
    fn take(&self, bytes: usize) -> bool {
        let Left { bytes: left, most } = &*self.0;
        let taken = left.fetch_update(Relaxed, Relaxed, |left| {
            if left == *most { Some(left.saturating_sub(bytes)) } else { left.checked_sub(bytes) }
        });
        taken.is_ok()
    }
}

/// Taking long texts from the budget of the operation.
pub trait Afford {
    /// Takes a text of so many bytes, if there is room for it.
    fn affords(&self, bytes: usize) -> bool;

    /// Takes a text of so many bytes, or fails with BAD_USER_INPUT. Call it before the text is read from the database.
    fn afford(&self, bytes: usize) -> Result<()> {
        let message = "the answer would have too much text (CONFAB_MAX_TEXT): ask for fewer rows at once";
        self.affords(bytes).then_some(()).ok_or(Error::input("query", message))
    }
}

impl<T> Afford for ContextBase<'_, T> {
    fn affords(&self, bytes: usize) -> bool {
        self.data_unchecked::<TextBudget>().take(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_can_be_taken_and_one_text_always() {
        let budget = TextBudget::new(10);
        assert!(budget.take(6) && budget.take(4) && !budget.take(1) && budget.take(0));
        budget.refill();
        assert!(budget.take(11), "by itself");
        assert!(!budget.take(1));
        budget.refill();
        assert!(budget.take(1) && !budget.take(10) && budget.take(9));
    }
}
