//! Who people are: whether they may register here, and who else may know them.

use crate::accounts::{ProviderSettings, may_be_asked};
use clap::{Args, ValueEnum};
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use url::Url;

/// Who else may know who people are: an OpenID Provider, whose access tokens are taken besides our own.
#[derive(Args, Clone, Debug)]
pub struct Identities {
    /// Issuer of the OpenID Provider, `https://id.example`, as it stands in its tokens [default: none].
    #[arg(
        long,
        env = "CONFAB_OIDC_ISSUER",
        value_name = "CONFAB_OIDC_ISSUER",
        default_value = "",
        hide_default_value = true
    )]
    pub oidc_issuer: String,

    /// Audience that its tokens must be for: what this server is called there.
    #[arg(
        long,
        env = "CONFAB_OIDC_AUDIENCE",
        value_name = "CONFAB_OIDC_AUDIENCE",
        default_value = "",
        hide_default_value = true
    )]
    pub oidc_audience: String,

    /// Scope that its tokens must have [default: none]. Set it where the audience is not this server's alone: what a
    /// client is told of who has signed in has no scope.
    #[arg(
        long,
        env = "CONFAB_OIDC_SCOPE",
        value_name = "CONFAB_OIDC_SCOPE",
        default_value = "",
        hide_default_value = true
    )]
    pub oidc_scope: String,

    /// Algorithms that its tokens may be signed by: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA.
    #[arg(long, env = "CONFAB_OIDC_ALGORITHMS", value_name = "CONFAB_OIDC_ALGORITHMS", value_delimiter = ',',
          default_value = "RS256,ES256,EdDSA", value_parser = parse_algorithm)]
    pub oidc_algorithms: Vec<Algorithm>,

    /// Whether anybody may register here: `open`, or `closed`.
    #[arg(long, env = "CONFAB_REGISTRATION", value_name = "CONFAB_REGISTRATION", default_value = "open")]
    pub registration: Registration,
}

/// Whether anybody may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// With an e-mail address and a password.
    Open,
    /// Nobody: those who have an account sign in, and those whom the identity provider knows.
    Closed,
}

impl Identities {
    /// The provider, if there is one.
    pub(super) fn provider(&self, production: bool) -> Result<Option<ProviderSettings>, String> {
        if self.oidc_issuer.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(&self.oidc_issuer).map_err(|error| format!("CONFAB_OIDC_ISSUER: {error}"))?;
        if !may_be_asked(&url) || (production && url.scheme() != "https") {
            return Err("CONFAB_OIDC_ISSUER must begin with https://".into());
        }
        let named = !url.username().is_empty() || url.password().is_some();
        if named || url.query().is_some() || url.fragment().is_some() {
            return Err("CONFAB_OIDC_ISSUER must be an address without user, query and fragment".into());
        }
        if self.oidc_audience.is_empty() {
            return Err("CONFAB_OIDC_AUDIENCE must be set: else a token for another service would do".into());
        }
        Ok(Some(ProviderSettings {
            issuer: self.oidc_issuer.clone(),
            audience: self.oidc_audience.clone(),
            algorithms: self.oidc_algorithms.clone(),
            scope: Some(self.oidc_scope.clone()).filter(|scope| !scope.is_empty()),
        }))
    }
}

/// An algorithm with a public key (RFC 7518, section 3.1): by a common secret, whoever verifies could also sign.
fn parse_algorithm(text: &str) -> Result<Algorithm, String> {
    let algorithm: Option<Algorithm> = text.trim().parse().ok();
    let public = algorithm.filter(|algorithm| algorithm.family() != AlgorithmFamily::Hmac);
    public.ok_or_else(|| {
        "an algorithm with a public key is called RS256, PS256, ES256 or EdDSA, for example".into()
    })
}
