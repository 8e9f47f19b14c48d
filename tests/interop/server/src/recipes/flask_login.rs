use cookie_session::{Session, SessionError};
use sha2::{Digest, Sha512};

/// Returns what Flask-Login keeps as `_id`: who asks, and from where. The address is the first one of
/// X-Forwarded-For if that was sent, otherwise the peer's.
pub fn identifier(address: &str, user_agent: Option<&[u8]>) -> String {
    let user_agent = user_agent.map_or("None".to_owned(), python_bytes);
    let text = format!("{}|{user_agent}", python_bytes(address.as_bytes()));
    Sha512::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a header as Python prints it: `b'...'`. WSGI reads headers as Latin-1, and Flask-Login turns them
/// into UTF-8.
fn python_bytes(header: &[u8]) -> String {
    let text: String = header.iter().map(|byte| char::from(*byte)).collect();
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut printed = format!("b{quote}");
    for byte in text.bytes() {
        match byte {
            b'\\' => printed.push_str(r"\\"),
            b'\t' => printed.push_str(r"\t"),
            b'\r' => printed.push_str(r"\r"),
            b'\n' => printed.push_str(r"\n"),
            b'\'' if quote == '\'' => printed.push_str(r"\'"),
            b' '..=b'~' => printed.push(char::from(byte)),
            _ => printed.push_str(&format!(r"\x{byte:02x}")),
        }
    }
    printed.push(quote);
    printed
}

/// `login_user(user)`.
pub fn log_in(session: &mut Session, user_id: &str, identifier: &str) -> Result<(), SessionError> {
    session.insert("_user_id", user_id)?;
    session.insert("_fresh", true)?;
    session.insert("_id", identifier)
}

/// `logout_user()`. Say whether the request carries a cookie `remember_token`, and if so send
/// `remember_token=; Max-Age=0; Path=/` with the response, with the Domain and Path it was set with: otherwise
/// that cookie logs the visitor in again at the next request to Flask.
pub fn log_out(session: &mut Session, remembered: bool) -> Result<(), SessionError> {
    for key in ["_user_id", "_fresh", "_id"] {
        session.remove(key);
    }
    if remembered {
        session.remove("_remember_seconds");
        // While this is there, Flask-Login does not look at `remember_token`, and its next response removes it.
        session.insert("_remember", "clear")?;
    }
    Ok(())
}

/// `LoginManager.session_protection`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    Basic,
    Strong,
}

/// Returns who is logged in, as `current_user` does at the beginning of a request.
pub fn user_id(
    session: &mut Session,
    identifier: &str,
    protection: Protection,
) -> Result<Option<String>, SessionError> {
    let known = session.get::<String>("_id").is_ok_and(|id| id.as_deref() == Some(identifier));
    if !known && !session.is_empty() && protection != Protection::None {
        if protection == Protection::Strong && !session.permanent() {
            for key in ["_user_id", "_remember", "_remember_seconds", "_id", "_fresh", "next"] {
                session.remove(key);
            }
            // The next response of Flask's takes this out again and removes the `remember_token` cookie.
            session.insert("_remember", "clear")?;
            return Ok(None);
        }
        // Logged in still, but `fresh_login_required` asks for the password again.
        session.insert("_fresh", false)?;
    }
    session.get("_user_id")
}
