//! Logs in with OpenID Connect, at a small provider that this program brings along.
//!
//! ```sh
//! cargo run -p cookie-session-axum --example oidc
//! ```

#![allow(clippy::print_stdout, reason = "a program may print")]

mod client;
mod provider;

use std::error::Error;

use client::{Client, Config};
use cookie_session::{KeyRing, SecretKey, Sessions};
use provider::Provider;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config {
        issuer: "http://localhost:4000".into(),
        authorization_endpoint: "http://localhost:4000/authorize".into(),
        token_endpoint: "http://localhost:4000/token".into(),
        client_id: "shop".into(),
        client_secret: "a secret that only the shop and the provider know".into(),
        redirect_uri: "http://localhost:3000/callback".into(),
    };
    let provider = Provider::new(config.clone()).app();
    let listener = TcpListener::bind("127.0.0.1:4000").await?;
    tokio::spawn(async move { axum::serve(listener, provider).await });

    let keys = KeyRing::new(SecretKey::generate()?);
    let sessions = Sessions::builder(keys.clone()).build()?;
    let client = Client::new(config, client::logins(&keys).build()?);
    println!("open http://localhost:3000");
    Ok(axum::serve(TcpListener::bind("127.0.0.1:3000").await?, client.app(sessions)).await?)
}
