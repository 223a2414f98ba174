//! How often something may be asked for.

use crate::throttle::Rates;
use clap::Args;

/// How much of what may be asked for; 0 is no limit. Of what is counted by the minute, a minute's worth may come at once.
#[derive(Args, Clone, Copy, Debug)]
pub struct Throttling {
    /// Attempts to sign in from one address, in a minute (0: no limit, as below).
    #[arg(
        long,
        env = "CONFAB_LOGIN_RATE_PER_ADDRESS",
        value_name = "CONFAB_LOGIN_RATE_PER_ADDRESS",
        default_value = "20"
    )]
    pub login_rate_per_address: u32,

    /// Attempts to sign in to one account from everywhere, in a minute, besides a few that each network has of its own.
    #[arg(
        long,
        env = "CONFAB_LOGIN_RATE_PER_ACCOUNT",
        value_name = "CONFAB_LOGIN_RATE_PER_ACCOUNT",
        default_value = "10"
    )]
    pub login_rate_per_account: u32,

    /// Accounts made from one address, in a minute.
    #[arg(
        long,
        env = "CONFAB_REGISTER_RATE_PER_ADDRESS",
        value_name = "CONFAB_REGISTER_RATE_PER_ADDRESS",
        default_value = "60"
    )]
    pub register_rate_per_address: u32,

    /// Messages sent by one user, in a minute.
    #[arg(long, env = "CONFAB_SEND_RATE", value_name = "CONFAB_SEND_RATE", default_value = "60")]
    pub send_rate: u32,

    /// Replies of one user in progress at once, those that wait for their turn included.
    #[arg(long, env = "CONFAB_MAX_RUNNING", value_name = "CONFAB_MAX_RUNNING", default_value = "20")]
    pub max_running: u32,

    /// Cost of GraphQL operations (see CONFAB_MAX_COST) of one user, or of one address that is not signed in, in a minute.
    #[arg(long, env = "CONFAB_COST_RATE", value_name = "CONFAB_COST_RATE", default_value = "200000")]
    pub cost_rate: u32,
}

impl Throttling {
    /// What is counted by the minute.
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
