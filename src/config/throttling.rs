//! Settings for rate limits.

use crate::throttle::Rates;
use clap::Args;

/// Rate limits; 0 means no limit. Limits per minute allow bursts up to the full amount.
#[derive(Args, Clone, Copy, Debug)]
pub struct Throttling {
    /// Sign-in attempts per minute from one address (0: no limit).
    #[arg(long, env = "CONFAB_LOGIN_RATE_PER_ADDRESS", default_value = "20")]
    pub login_rate_per_address: u32,

    /// Sign-in attempts per minute to one account from all addresses (0: no limit). In addition, each network has a few
    /// attempts of its own.
    #[arg(long, env = "CONFAB_LOGIN_RATE_PER_ACCOUNT", default_value = "10")]
    pub login_rate_per_account: u32,

    /// Registrations per minute from one address (0: no limit).
    #[arg(long, env = "CONFAB_REGISTER_RATE_PER_ADDRESS", default_value = "60")]
    pub register_rate_per_address: u32,

    /// Messages that one user can send per minute (0: no limit).
    #[arg(long, env = "CONFAB_SEND_RATE", default_value = "60")]
    pub send_rate: u32,

    /// Maximum number of replies in progress per user, including queued ones (0: no limit).
    #[arg(long, env = "CONFAB_MAX_RUNNING", default_value = "20")]
    pub max_running: u32,

    /// Cost of GraphQL operations (see CONFAB_MAX_COST) per minute and user, or per address for callers who are not
    /// signed in (0: no limit).
    #[arg(long, env = "CONFAB_COST_RATE", default_value = "200000")]
    pub cost_rate: u32,
}

impl Throttling {
    /// The limits per minute.
    pub fn rates(&self) -> Rates {
        Rates {
            log_in_per_address: self.login_rate_per_address,
            log_in_per_account: self.login_rate_per_account,
            register_per_address: self.register_rate_per_address,
            send: self.send_rate,
            cost: self.cost_rate,
        }
    }
}
