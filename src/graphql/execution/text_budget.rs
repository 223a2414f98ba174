//! The limit on long texts in one response.
//!
//! The cost of an operation is computed before execution, when the length of the texts is unknown. A request of a few
//! hundred bytes that selects the same message a hundred times under thirty aliases could return a hundred megabytes.
//! Therefore each operation, and each event of a subscription, has a budget of bytes. Resolvers of long texts spend it.

use crate::error::{Error, Result};
use async_graphql::ContextBase;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The bytes of long text that the response may still contain. Clones share one budget.
#[derive(Clone, Debug)]
pub struct TextBudget(Arc<State>);

#[derive(Debug)]
struct State {
    left: AtomicUsize,
    total: usize,
}

impl TextBudget {
    /// Creates a budget of `total` bytes.
    pub fn new(total: usize) -> Self {
        Self(Arc::new(State { left: AtomicUsize::new(total), total }))
    }

    /// Restores the whole budget, for the next event.
    pub fn refill(&self) {
        self.0.left.store(self.0.total, Relaxed);
    }

    /// Spends `bytes` if that many are left. The first text may exceed the budget, so that every stored text can be
    /// read.
    fn spend(&self, bytes: usize) -> bool {
        let State { left, total } = &*self.0;
        let spent = left.fetch_update(Relaxed, Relaxed, |left| {
            if left == *total { Some(left.saturating_sub(bytes)) } else { left.checked_sub(bytes) }
        });
        spent.is_ok()
    }
}

/// Spends the text budget of the operation.
pub trait SpendText {
    /// Spends `bytes` if that many are left. Returns whether they were.
    fn try_spend_text(&self, bytes: usize) -> bool;

    /// Spends `bytes`, or fails with BAD_USER_INPUT. Call it before reading the text from the database.
    fn spend_text(&self, bytes: usize) -> Result<()> {
        let message = "selects too much text for one response. Request fewer rows at once.";
        self.try_spend_text(bytes).then_some(()).ok_or(Error::input("query", message))
    }
}

impl<T> SpendText for ContextBase<'_, T> {
    fn try_spend_text(&self, bytes: usize) -> bool {
        self.data_unchecked::<TextBudget>().spend(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_within_the_budget_and_any_first_text_are_allowed() {
        let budget = TextBudget::new(10);
        assert!(budget.spend(6) && budget.spend(4) && !budget.spend(1) && budget.spend(0));
        budget.refill();
        assert!(budget.spend(11), "the first text may exceed the budget");
        assert!(!budget.spend(1));
        budget.refill();
        assert!(budget.spend(1) && !budget.spend(10) && budget.spend(9));
    }
}
