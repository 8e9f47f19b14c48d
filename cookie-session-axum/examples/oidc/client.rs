//! A client of OpenID Connect, by the authorization code flow with PKCE. What it must know when the visitor comes back
//! from the provider is in a small signed cookie meanwhile.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::signed_cookie::{self, SignedCookie};
use cookie_session::{KeyRing, SameSite, SessionError, Sessions};
use cookie_session_axum::{AddCookie, CookieSession, Result, SessionLayer};
use hmac::{Hmac, KeyInit, Mac};
use http::header::{CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tower_http::csrf::CsrfLayer;

/// What is to be known of a login when the visitor comes back.
#[derive(Serialize, Deserialize)]
pub(crate) struct Login {
    /// Comes back with the visitor. The answer to somebody else's login has another.
    state: String,
    /// Comes back in the ID token. One that was issued for another login has another.
    nonce: String,
    /// Goes to the provider with the code, which is of no use to whoever has that alone (PKCE).
    verifier: String,
    /// Where the visitor wanted to go.
    next: LocalPath,
}

/// Configures the cookie. The answer comes as a link to this site, with which browsers send SameSite=Lax cookies. A
/// provider that was asked for `response_mode=form_post` posts a form instead: that takes SameSite=None.
pub(crate) fn logins(keys: &KeyRing) -> signed_cookie::Builder<Login> {
    let logins = SignedCookie::builder(keys, "__Host-oidc");
    logins.max_age(Duration::from_secs(10 * 60)).same_site(SameSite::Lax)
}

async fn begin(State(client): State<Client>, Query(wish): Query<Wish>) -> Result<impl IntoResponse> {
    let login = Login { state: random()?, nonce: random()?, verifier: random()?, next: wish.next };
    let provider = client.authorization_url(&login);
    Ok((AddCookie(client.logins.set(&login)?), Redirect::to(&provider)))
}

async fn callback(
    State(client): State<Client>,
    session: CookieSession,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response> {
    let login = client.logins.get(headers.get_all(COOKIE)).ok().flatten();
    let Some(login) = login.filter(|login| login.state == answer.state) else {
        // The cookie stays: a login that this browser did begin may still be under way.
        return Ok(Refused("this browser began no such login, or too long ago").into_response());
    };
    let over = AddCookie(client.logins.removal());
    match client.user(&login, answer.code).await {
        Ok(user) => {
            session.renew()?; // keeps the cart of before the login; `clear` keeps nothing
            session.insert("user", user)?;
            Ok((over, Redirect::to(&login.next.0)).into_response())
        }
        Err(refused) => Ok((over, refused).into_response()),
    }
}

/// What comes after `/login`.
#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    next: LocalPath,
}

/// What the visitor comes back with: a code, or none but an `error`.
#[derive(Deserialize)]
struct Answer {
    state: String,
    code: Option<String>,
}

/// A path of this site, and no way to another one.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "String")]
struct LocalPath(String);

impl TryFrom<String> for LocalPath {
    type Error = &'static str;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        // What begins with // names a host. Browsers read \ as /, and skip tabs and line breaks.
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let is_local = is_plain && path.starts_with('/') && !path.starts_with("//");
        // It goes into a cookie, with all else of a login.
        if is_local && path.len() <= 1024 { Ok(Self(path)) } else { Err("`next` is no path of this site") }
    }
}

impl Default for LocalPath {
    fn default() -> Self {
        Self("/".into())
    }
}

/// What provider and client have agreed on.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) redirect_uri: String,
}

#[derive(Clone)]
pub(crate) struct Client {
    config: Arc<Config>,
    logins: SignedCookie<Login>,
}

impl Client {
    pub(crate) fn new(config: Config, logins: SignedCookie<Login>) -> Self {
        Self { config: Arc::new(config), logins }
    }

    /// Returns the site with these sessions.
    pub(crate) fn app(self, sessions: Sessions) -> Router {
        let app =
            Router::new().route("/", get(home)).route("/orders", get(orders)).route("/logout", post(logout));
        let app = app.route("/login", get(begin)).route("/callback", get(callback)).with_state(self);
        app.layer(SessionLayer::new(sessions)).layer(CsrfLayer::new())
    }

    /// Returns where the provider lets visitors log in, with what it is to know of this login.
    fn authorization_url(&self, login: &Login) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&login.verifier));
        let query = encode(&[
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_uri),
            ("state", &login.state),
            ("nonce", &login.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        format!("{}?{query}", self.config.authorization_endpoint)
    }

    /// Takes the code to the provider, and returns who is logged in.
    async fn user(&self, login: &Login, code: Option<String>) -> Result<String, Refused> {
        let code = code.ok_or(Refused("the provider logged nobody in"))?;
        let form = encode(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &self.config.redirect_uri),
            ("client_id", &self.config.client_id),
            ("client_secret", &self.config.client_secret),
            ("code_verifier", &login.verifier),
        ]);
        let answer = send(&self.config.token_endpoint, form).await;
        let answer = answer.ok_or(Refused("the provider does not take the code"))?;
        let tokens: Tokens = serde_json::from_slice(&answer).map_err(|_| Refused("there is no ID token"))?;
        let claims = self.verify(&tokens.id_token).ok_or(Refused("the ID token is not genuine"))?;
        self.check(claims, login)
    }

    /// Verifies the signature of an ID token: HS256 under the secret of the client, whatever the token says.
    fn verify(&self, id_token: &str) -> Option<Claims> {
        let (signed, signature) = id_token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let mac = Hmac::<Sha256>::new_from_slice(self.config.client_secret.as_bytes()).ok()?;
        mac.chain_update(signed).verify_slice(&decode(signature)?).ok()?;
        (header.alg == "HS256").then(|| serde_json::from_slice(&decode(payload)?).ok())?
    }

    /// Checks that an ID token is of this provider, for this client and login, and of now.
    fn check(&self, claims: Claims, login: &Login) -> Result<String, Refused> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if claims.iss != self.config.issuer {
            return Err(Refused("the ID token is another provider's"));
        }
        if claims.aud != self.config.client_id {
            return Err(Refused("the ID token is for another client"));
        }
        if claims.exp <= now {
            return Err(Refused("the ID token is expired"));
        }
        if claims.nonce != login.nonce {
            return Err(Refused("the ID token is of another login"));
        }
        Ok(claims.sub)
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: u64,
    nonce: String,
    sub: String,
}

/// Why nobody is logged in. This is for the log; the visitor is told the same whatever it was.
struct Refused(&'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        tracing::warn!(reason = self.0, "a login was refused");
        (StatusCode::FORBIDDEN, Html("You are not logged in. <a href=/login>Try again</a>")).into_response()
    }
}

async fn home(session: CookieSession) -> Result<Html<&'static str>> {
    let user = session.get::<String>("user")?;
    let logout =
        "<a href=/orders>Orders</a> <form method=post action=/logout><button>Log out</button></form>";
    Ok(Html(if user.is_some() { logout } else { "<a href='/login?next=/orders'>Log in</a>" }))
}

async fn orders(session: CookieSession) -> Result<Response> {
    let user = session.get::<String>("user")?;
    Ok(user.map_or_else(
        || Redirect::to("/login?next=/orders").into_response(),
        |user| format!("the orders of {user}").into_response(),
    ))
}

async fn logout(session: CookieSession) -> Result<Redirect> {
    session.clear().map(|()| Redirect::to("/"))
}

/// Returns a text that nobody can guess.
fn random() -> Result<String, SessionError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| SessionError::NoRandomness)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Posts a form and returns what is answered, if that is a 200. The provider is on this machine: for another one take
/// a client that speaks HTTPS.
async fn send(endpoint: &str, form: String) -> Option<Bytes> {
    let endpoint: Uri = endpoint.parse().ok()?;
    let authority = endpoint.authority()?.as_str();
    let stream = TcpStream::connect(authority).await.ok()?;
    let (mut http, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let request = Request::post(endpoint.path()).header(HOST, authority);
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form).ok()?;
    let answer = http.send_request(request).await.ok().filter(|answer| answer.status() == StatusCode::OK)?;
    Some(Limited::new(answer, LONGEST_ANSWER).collect().await.ok()?.to_bytes())
}

const LONGEST_ANSWER: usize = 64 * 1024;
