//! A small provider of OpenID Connect, to try a client with: whoever says a name is logged in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Form, Json, Router, routing::get, routing::post};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::Config;

#[derive(Clone)]
pub(crate) struct Provider {
    config: Arc<Config>,
    codes: Arc<Mutex<HashMap<String, Grant>>>,
    fault: Arc<Mutex<Option<Fault>>>,
}

/// What a code is good for, once.
struct Grant {
    user: String,
    nonce: String,
    challenge: String,
}

/// What is wrong with the ID tokens, for tests.
#[allow(dead_code, reason = "a good provider has none")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    OtherIssuer,
    OtherAudience,
    OtherNonce,
    Expired,
    OtherKey,
    NoSignature,
    OtherAlgorithm,
}

/// What the client asks for.
#[derive(Deserialize)]
struct Authorization {
    response_type: String,
    scope: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

/// Who logs in; nobody, if the visitor does not want to.
#[derive(Deserialize)]
struct Consent {
    user: String,
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    code: String,
    redirect_uri: String,
    client_id: String,
    client_secret: String,
    code_verifier: String,
}

impl Provider {
    pub(crate) fn new(config: Config) -> Self {
        Self { config: Arc::new(config), codes: Arc::default(), fault: Arc::default() }
    }

    /// Makes everything wrong in one way from now on.
    #[allow(dead_code, reason = "a good provider has none")]
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(crate) fn app(self) -> Router {
        let app = Router::new().route("/authorize", get(ask).post(authorize)).route("/token", post(token));
        app.with_state(self)
    }

    fn is_good(&self, request: &Authorization) -> bool {
        request.response_type == "code"
            && request.scope == "openid"
            && request.client_id == self.config.client_id
            && request.redirect_uri == self.config.redirect_uri
            && request.code_challenge_method == "S256"
    }

    /// Takes a code, which is then gone, and returns the ID token for it.
    fn redeem(&self, request: &TokenRequest) -> Option<String> {
        let grant = self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&request.code)?;
        let is_good = request.grant_type == "authorization_code"
            && request.redirect_uri == self.config.redirect_uri
            && request.client_id == self.config.client_id
            && request.client_secret == self.config.client_secret
            && BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&request.code_verifier)) == grant.challenge;
        is_good.then(|| self.id_token(&grant))?
    }

    fn id_token(&self, grant: &Grant) -> Option<String> {
        let fault = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let (mut issuer, mut audience, mut nonce) =
            (self.config.issuer.as_str(), self.config.client_id.as_str(), grant.nonce.as_str());
        let (mut expires, mut algorithm) = (now.checked_add(300)?, "HS256");
        let mut secret = self.config.client_secret.as_str();
        match fault {
            Some(Fault::OtherIssuer) => issuer = "https://other.example",
            Some(Fault::OtherAudience) => audience = "another client",
            Some(Fault::OtherNonce) => nonce = "that of another login",
            Some(Fault::Expired) => expires = now,
            Some(Fault::OtherKey) => secret = "another secret",
            Some(Fault::OtherAlgorithm) => algorithm = "HS512",
            Some(Fault::NoSignature) => algorithm = "none",
            None => {}
        }
        let header = json!({ "alg": algorithm });
        let claims = json!({ "iss": issuer, "aud": audience, "sub": grant.user, "nonce": nonce, "exp": expires, "iat": now });
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?.chain_update(&signed);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        let is_signed = !matches!(fault, Some(Fault::NoSignature));
        Some(format!("{signed}.{}", if is_signed { &signature } else { "" }))
    }
}

/// Shows the page on which the visitor logs in. Its form goes to the same address, with all that is in it.
async fn ask(State(provider): State<Provider>, Query(request): Query<Authorization>) -> Response {
    if !provider.is_good(&request) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    Html("<form method=post>Name <input name=user> <button>Log in</button></form>").into_response()
}

/// Sends the visitor back to the client.
async fn authorize(
    State(provider): State<Provider>,
    Query(request): Query<Authorization>,
    Form(Consent { user }): Form<Consent>,
) -> Response {
    let mut random = [0; 32];
    if !provider.is_good(&request) || getrandom::fill(&mut random).is_err() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("state", &request.state);
    if user.is_empty() {
        answer.append_pair("error", "access_denied");
    } else {
        let code = BASE64_URL_SAFE_NO_PAD.encode(random);
        answer.append_pair("code", &code);
        let grant = Grant { user, nonce: request.nonce, challenge: request.code_challenge };
        provider.codes.lock().unwrap_or_else(PoisonError::into_inner).insert(code, grant);
    }
    Redirect::to(&format!("{}?{}", request.redirect_uri, answer.finish())).into_response()
}

async fn token(State(provider): State<Provider>, Form(request): Form<TokenRequest>) -> Response {
    match provider.redeem(&request) {
        Some(id_token) => Json(json!({
            "access_token": "of no use",
            "token_type": "Bearer",
            "id_token": id_token,
        }))
        .into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}
