use std::error::Error;
use std::time::{Duration, SystemTime};

use cookie_session::{Codec, ConfigError, Session, flask};
use subtle::ConstantTimeEq;

/// Returns the codec of Flask-WTF's form tokens. The hour is its `WTF_CSRF_TIME_LIMIT`.
pub fn form_tokens(profile: &flask::Profile) -> Result<Codec, ConfigError> {
    profile.codec("wtf-csrf-token", Duration::from_secs(60 * 60))
}

/// Says whether a form came from a page that this session was shown, whoever drew the page.
pub fn is_form_token(session: &Session, tokens: &Codec, token: &str, now: SystemTime) -> bool {
    let Ok(Some(expected)) = session.get::<String>("csrf_token") else { return false };
    let given = tokens.decode_at::<String>(token, now);
    given.is_ok_and(|given| given.as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Returns the token for a form that Rust draws and either side may receive. `random` is 20 bytes of the
/// operating system's.
pub fn form_token(
    session: &mut Session,
    tokens: &Codec,
    random: [u8; 20],
    now: SystemTime,
) -> Result<String, Box<dyn Error>> {
    if !session.contains_key("csrf_token") {
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        session.insert("csrf_token", token)?;
    }
    let token: Option<String> = session.get("csrf_token")?;
    Ok(tokens.encode_at(&token, now)?)
}
