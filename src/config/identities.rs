//! Settings for sign-in: registration, and an external OpenID Provider.

use crate::accounts::{ProviderSettings, is_https_or_local};
use clap::{Args, ValueEnum};
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use url::Url;

/// Registration, and an OpenID Provider whose access tokens are accepted besides the server's own.
#[derive(Args, Clone, Debug)]
pub struct Identities {
    /// Issuer URL of an OpenID Provider, exactly as in its tokens: `https://id.example`. The server accepts its access
    /// tokens [default: none].
    #[arg(long, env = "CONFAB_OIDC_ISSUER", default_value = "", hide_default_value = true)]
    pub oidc_issuer: String,

    /// Audience (`aud`) that the OpenID Provider's tokens must have: the name of this server at the provider.
    /// Required if an issuer is set.
    #[arg(long, env = "CONFAB_OIDC_AUDIENCE", default_value = "", hide_default_value = true)]
    pub oidc_audience: String,

    /// Scope that the OpenID Provider's tokens must have [default: none]. Set it if other services share the
    /// audience. It also rejects ID tokens, which have no scope.
    #[arg(long, env = "CONFAB_OIDC_SCOPE", default_value = "", hide_default_value = true)]
    pub oidc_scope: String,

    /// Signature algorithms accepted from the OpenID Provider, separated by commas: RS256, RS384, RS512, PS256, PS384,
    /// PS512, ES256, ES384, EdDSA.
    #[arg(long, env = "CONFAB_OIDC_ALGORITHMS", value_delimiter = ',',
          default_value = "RS256,ES256,EdDSA", value_parser = parse_algorithm)]
    pub oidc_algorithms: Vec<Algorithm>,

    /// Registration: `open` lets anyone create an account, `closed` lets no one.
    #[arg(long, env = "CONFAB_REGISTRATION", default_value = "open")]
    pub registration: Registration,
}

/// Whether new users can register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Anyone can register with an e-mail address and a password.
    Open,
    /// No one can register. Existing users and users of the identity provider can sign in.
    Closed,
}

impl Identities {
    /// The OpenID Provider. `None` if no issuer is set.
    pub(super) fn provider(&self, production: bool) -> Result<Option<ProviderSettings>, String> {
        if self.oidc_issuer.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(&self.oidc_issuer).map_err(|error| format!("CONFAB_OIDC_ISSUER: {error}"))?;
        if !is_https_or_local(&url) || (production && url.scheme() != "https") {
            return Err("CONFAB_OIDC_ISSUER must begin with `https://`.".into());
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err("CONFAB_OIDC_ISSUER must be a URL without user, query and fragment.".into());
        }
        if self.oidc_audience.is_empty() {
            return Err("CONFAB_OIDC_AUDIENCE must be set if CONFAB_OIDC_ISSUER is set. Without it, the server would \
                        accept tokens for other services."
                .into());
        }
        Ok(Some(ProviderSettings {
            issuer: self.oidc_issuer.clone(),
            audience: self.oidc_audience.clone(),
            algorithms: self.oidc_algorithms.clone(),
            scope: Some(self.oidc_scope.clone()).filter(|scope| !scope.is_empty()),
        }))
    }
}

/// Parses a public-key algorithm (RFC 7518, section 3.1). With a shared secret, the verifier could also sign tokens.
fn parse_algorithm(text: &str) -> Result<Algorithm, String> {
    let algorithm: Option<Algorithm> = text.trim().parse().ok();
    let public = algorithm.filter(|algorithm| algorithm.family() != AlgorithmFamily::Hmac);
    public.ok_or_else(|| "must be a public-key algorithm, such as RS256, PS256, ES256 or EdDSA".into())
}
