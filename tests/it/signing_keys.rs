//! Access tokens signed with key pairs, and the rotation of the keys.

use crate::support::{Client, Kind, Server, codes, on_both_databases};
use base64::{Engine, prelude::*};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

const ME: &str = "{ me { email } }";

/// Returns a new private key. The PKCS #8 header of an Ed25519 key is always the same (RFC 8410).
fn pem() -> String {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let key = BASE64_STANDARD.encode([&head[..], &rand::random::<[u8; 32]>()].concat());
    format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n")
}

/// Restarts the server with these keys.
async fn with_keys(mut server: Server, keys: &[&str]) -> Server {
    fs::write(file(&server), keys.concat()).expect("it can be written");
    server.config.jwt_key_file = Some(file(&server));
    server.restart().await
}

fn file(server: &Server) -> PathBuf {
    server.config.data_dir.join("keys.pem")
}

async fn published(server: &Server) -> JwkSet {
    let response = server.get("/.well-known/jwks.json").send().await.expect("it answers");
    assert_eq!(response.headers()["content-type"], "application/jwk-set+json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
    response.json().await.expect("a set of keys")
}

/// Verifies a token with the published keys. Returns the ID of its key, and its claims.
fn verified(client: &Client, keys: &JwkSet) -> Option<(String, Value)> {
    let token = client.token.as_deref().expect("signed in");
    let header = jsonwebtoken::decode_header(token).expect("it has a header");
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::EdDSA, Some("at+jwt")));
    let kid = header.kid.expect("it names its key");
    let key = DecodingKey::from_jwk(keys.find(&kid)?).expect("it is a key");
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["confab"]);
    validation.set_audience(&["confab"]);
    let token = jsonwebtoken::decode::<Value>(token, &key, &validation).ok()?;
    Some((kid, token.claims))
}

async fn is_good(client: &Client, server: &Server) -> bool {
    codes(&client.at(server.address).execute(ME, json!({})).await).is_empty()
}

on_both_databases! {
    async fn signing_keys_are_rotated_without_signing_users_out(kind) {
        let server = Server::start(kind).await;
        assert!(published(&server).await.keys.is_empty(), "a shared secret is not published");
        let by_secret = server.register().await;

        let (old, new) = (pem(), pem());
        let server = with_keys(server, &[&old]).await;
        assert!(!is_good(&by_secret, &server).await, "only one algorithm is accepted");
        let mut ada = server.register().await;
        let keys = published(&server).await;
        assert_eq!(keys.keys.len(), 1);
        let (first_kid, claims) = verified(&ada, &keys).expect("the published key verifies it");
        assert_eq!(claims["iss"], "confab");

        // The new key is published first. Later it signs.
        let server = with_keys(server, &[&old, &new]).await;
        let keys = published(&server).await;
        assert_eq!(keys.keys.len(), 2);
        assert_eq!(verified(&server.register().await, &keys).unwrap().0, first_kid);
        let server = with_keys(server, &[&new, &old]).await;
        assert!(is_good(&ada, &server).await, "tokens signed with the old key remain valid");
        let bob = server.register().await;
        let (kid, _) = verified(&bob, &published(&server).await).unwrap();
        assert_ne!(kid, first_kid);

        // At last the old key is removed. The session continues: its next access token is signed with the new key.
        let server = with_keys(server, &[&new]).await;
        assert!(is_good(&bob, &server).await);
        assert!(!is_good(&ada, &server).await);
        let refresh = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { accessToken } }";
        let stranger = server.anonymous();
        let mut data = stranger.data(refresh, json!({ "token": ada.refresh_token })).await;
        let Value::String(token) = data["refreshSession"]["accessToken"].take() else { panic!("{data}") };
        ada.token = Some(token);
        assert!(is_good(&ada, &server).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_key_is_not_accepted_as_a_secret() {
    let server = with_keys(Server::start(Kind::Sqlite).await, &[&pem()]).await;
    let ada = server.register().await;
    let keys = server.get("/.well-known/jwks.json").send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(
        keys["keys"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["alg", "crv", "kid", "kty", "use", "x"]
    );
    // The public key used as an HMAC secret (RFC 8725, section 2.1).
    let (_, rest) = ada.token.as_deref().unwrap().split_once('.').unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(rest.split_once('.').unwrap().0).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let public = BASE64_URL_SAFE_NO_PAD.decode(keys["keys"][0]["x"].as_str().unwrap()).unwrap();
    for kid in [Some(keys["keys"][0]["kid"].as_str().unwrap().to_owned()), None] {
        let header = jsonwebtoken::Header {
            kid,
            typ: Some("at+jwt".into()),
            ..jsonwebtoken::Header::new(Algorithm::HS256)
        };
        let key = jsonwebtoken::EncodingKey::from_secret(&public);
        let mut forger = ada.clone();
        forger.token = Some(jsonwebtoken::encode(&header, &claims, &key).unwrap());
        assert_eq!(codes(&forger.execute(ME, json!({})).await), ["UNAUTHENTICATED"]);
    }
}
