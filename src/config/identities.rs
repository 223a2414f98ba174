//! Settings for sign-in: registration, and an external OpenID Provider.

use crate::{
    accounts::{ClientSettings, ProviderSettings, is_https_or_local},
    transport::canonical_origin,
    unicode::is_visible,
};
use clap::{Args, ValueEnum};
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The longest name of the provider, in Unicode scalar values.
const NAME_LENGTH: usize = 50;

/// Registration, and an OpenID Provider whose access tokens are accepted besides the server's own.
#[derive(Args, Clone, Debug)]
pub struct Identities {
    /// Issuer URL of an OpenID Provider, exactly as in its tokens: `https://id.example`. The server accepts its access
    /// tokens [default: none].
    #[arg(long, env = "CONFAB_OIDC_ISSUER", default_value = "", hide_default_value = true)]
    pub oidc_issuer: String,

    /// Audience (`aud`) that the OpenID Provider's access tokens must have: the name of this server at the provider.
    /// Required if an issuer is set without a client ID. Without it, access tokens of the provider are not accepted.
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

    /// ID of this server as a client of the OpenID Provider. Users can then sign in there from the chat page [default:
    /// none].
    #[arg(long, env = "CONFAB_OIDC_CLIENT_ID", default_value = "", hide_default_value = true)]
    pub oidc_client_id: String,

    /// Secret of this client. Leave it out if the OpenID Provider knows the client as public [default: none].
    #[arg(long, env = "CONFAB_OIDC_CLIENT_SECRET", hide_env_values = true)]
    pub oidc_client_secret: Option<SecretString>,

    /// Name of the OpenID Provider on the chat page, at most 50 characters: `Sign in with NAME` [default: the host of
    /// the issuer].
    #[arg(long, env = "CONFAB_OIDC_NAME", default_value = "", hide_default_value = true)]
    pub oidc_name: String,

    /// Address of this server as browsers see it, without a path: `https://chat.example`. Required if a client ID is
    /// set. The OpenID Provider sends users back to `/sign-in/callback` there.
    #[arg(long, env = "CONFAB_PUBLIC_URL", default_value = "", hide_default_value = true)]
    pub public_url: String,

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
            if !self.oidc_client_id.is_empty() {
                return Err("CONFAB_OIDC_ISSUER must be set if CONFAB_OIDC_CLIENT_ID is set.".into());
            }
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
        let client = self.client(&url, production)?;
        if self.oidc_audience.is_empty() && client.is_none() {
            return Err(
                "CONFAB_OIDC_AUDIENCE or CONFAB_OIDC_CLIENT_ID must be set if CONFAB_OIDC_ISSUER is set. \
                        Without an audience, the server would accept tokens for other services."
                    .into(),
            );
        }
        Ok(Some(ProviderSettings {
            issuer: self.oidc_issuer.clone(),
            audience: Some(self.oidc_audience.clone()).filter(|audience| !audience.is_empty()),
            algorithms: self.oidc_algorithms.clone(),
            scope: Some(self.oidc_scope.clone()).filter(|scope| !scope.is_empty()),
            client,
        }))
    }

    /// This server as a client of the provider. `None` if no client ID is set.
    fn client(&self, issuer: &Url, production: bool) -> Result<Option<ClientSettings>, String> {
        if self.oidc_client_id.is_empty() {
            return Ok(None);
        }
        let public_url =
            canonical_origin(&self.public_url).filter(|url| !production || url.starts_with("https:"));
        let public_url = public_url.ok_or_else(|| {
            let schemes = if production { "`https://`" } else { "`https://` or `http://`" };
            format!(
                "CONFAB_PUBLIC_URL must be the address of this server if CONFAB_OIDC_CLIENT_ID is set. It must begin with \
                 {schemes} and have no path."
            )
        })?;
        let name =
            if self.oidc_name.is_empty() { issuer.host_str().unwrap_or_default() } else { &self.oidc_name };
        let is_name =
            name.chars().count() <= NAME_LENGTH && !name.chars().any(char::is_control) && is_visible(name);
        if !is_name && !self.oidc_name.is_empty() {
            return Err(format!(
                "CONFAB_OIDC_NAME must have 1 to {NAME_LENGTH} characters, one of them visible, and no control characters."
            ));
        }
        let secret = self.oidc_client_secret.clone();
        Ok(Some(ClientSettings {
            id: self.oidc_client_id.clone(),
            secret: secret.filter(|secret| !secret.expose_secret().is_empty()),
            public_url,
            name: name.to_owned(),
        }))
    }
}

/// Parses a public-key algorithm (RFC 7518, section 3.1). With a shared secret, the verifier could also sign tokens.
fn parse_algorithm(text: &str) -> Result<Algorithm, String> {
    let algorithm: Option<Algorithm> = text.trim().parse().ok();
    let public = algorithm.filter(|algorithm| algorithm.family() != AlgorithmFamily::Hmac);
    public.ok_or_else(|| "must be a public-key algorithm, such as RS256, PS256, ES256 or EdDSA".into())
}
