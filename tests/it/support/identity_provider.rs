//! A real OpenID Provider (`tests/identity-provider`). Users sign in through its pages.

use super::{http, wait_for};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, Response, header::LOCATION};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use url::Url;

/// The default audience of access tokens: the server under test.
pub const AUDIENCE: &str = "https://chat.example/graphql";

/// A running provider. Dropping it kills it.
pub struct IdentityProvider {
    pub issuer: String,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

/// The tokens of a user who has signed in.
#[derive(Debug)]
pub struct Tokens {
    pub access_token: String,
    pub id_token: String,
}

impl IdentityProvider {
    pub async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/identity-provider");
        let is_installed = folder.join("node_modules").exists();
        assert!(is_installed, "Run scripts/install-packages tests/identity-provider first.");
        let mut process = Command::new("node")
            .arg("main.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node can be started");
        let commands = process.stdin.take().expect("it is piped");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let issuer = wait_for("the provider's address", lines.next_line()).await.expect("it is text");
        Self { issuer: issuer.expect("it starts"), commands, lines, _process: process }
    }

    /// Sends a command to the provider (see `main.mjs`) and waits until it is done.
    pub async fn command(&mut self, command: &str) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("the provider runs");
        let done = wait_for("the provider to execute the command", self.lines.next_line()).await;
        assert_eq!(done.expect("it is text").as_deref(), Some("done"));
    }

    /// Signs a user in, with the OAuth client whose tokens are signed with this algorithm.
    pub async fn sign_in(&self, algorithm: &str, who: &str) -> Tokens {
        self.sign_in_for(algorithm, who, AUDIENCE).await
    }

    /// The same for any audience: the authorization code flow with PKCE.
    pub async fn sign_in_for(&self, algorithm: &str, who: &str, audience: &str) -> Tokens {
        let mut browser = Browser::default();
        let verifier: String = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let redirect_uri = "http://127.0.0.1/signed-in";
        let query = [
            ("client_id", algorithm),
            ("response_type", "code"),
            ("scope", "openid chat"),
            ("resource", audience),
            ("redirect_uri", redirect_uri),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("nonce", "once"),
        ];
        let address = Url::parse_with_params(&format!("{}/auth", self.issuer), query).expect("a URL");
        let signed_in = browser.sign_in(address, who).await;
        let code = signed_in.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", algorithm),
            ("code", &code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", &verifier),
            ("resource", audience),
        ];
        let request = http::client().post(format!("{}/token", self.issuer));
        let response = wait_for("the tokens", with_form(request, &form).send()).await.expect("it answers");
        let tokens: Value = response.json().await.expect("JSON");
        let token = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned();
        Tokens { access_token: token("access_token"), id_token: token("id_token") }
    }
}

/// A minimal browser at the provider: it keeps cookies and returns where it is redirected to.
#[derive(Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Answers what the provider asks: the login, unless the user is signed in there, and the consent. Returns the URL to
    /// which the provider sends the browser in the end.
    pub async fn sign_in(&mut self, address: Url, who: &str) -> Url {
        let login = [("prompt", "login"), ("login", who), ("password", "anything")];
        let mut at = self.get(address).await;
        while at.path().starts_with("/interaction/") {
            let asked = self.send(http::client().get(at.clone())).await.text().await.expect("a page");
            let asks_login = asked.contains("name=\"login\"");
            let answer = if asks_login { &login[..] } else { &[("prompt", "consent")] };
            let resumed = self.post(at, answer).await;
            at = self.get(resumed).await;
        }
        at
    }

    /// Refuses what the provider asks. Returns the URL to which the provider sends the browser.
    pub async fn refuse(&mut self, address: Url) -> Url {
        let mut asked = self.get(address).await;
        asked.path_segments_mut().expect("a path").push("abort");
        let resumed = self.get(asked).await;
        self.get(resumed).await
    }

    async fn get(&mut self, address: Url) -> Url {
        self.go(http::client().get(address)).await
    }

    async fn post(&mut self, address: Url, form: &[(&str, &str)]) -> Url {
        self.go(with_form(http::client().post(address), form)).await
    }

    /// Sends a request. Returns the URL that the response redirects to.
    async fn go(&mut self, request: RequestBuilder) -> Url {
        let response = self.send(request).await;
        let location = response.headers().get(LOCATION).expect("a redirect").to_str().expect("text");
        response.url().join(location).expect("an address")
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; "));
        let response: Response = wait_for("a page", request.send()).await.expect("the provider answers");
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("text").split(';').next().expect("the first");
            let (name, value) = pair.split_once('=').expect("a pair");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }
}

fn with_form(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}
