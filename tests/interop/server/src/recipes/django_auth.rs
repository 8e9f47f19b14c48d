use cookie_session::{Session, SessionError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What the table `auth_user` says of a user.
pub struct User {
    pub id: String,
    /// The column `password`: a hash, such as `pbkdf2_sha256$...`.
    pub password: String,
}

/// `user.get_session_auth_hash()`: changes with the password, and so ends the sessions from before.
pub fn session_auth_hash(secret_key: &[u8], password: &str) -> Option<String> {
    let salt = b"django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";
    let key = Sha256::new().chain_update(salt).chain_update(secret_key).finalize();
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?.chain_update(password);
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `login(request, user)`. Keeps what an anonymous visitor had, and nothing of another user.
pub fn log_in(session: &mut Session, user: &User, secret_key: &[u8]) -> Result<(), SessionError> {
    let hash = session_auth_hash(secret_key, &user.password);
    if session.contains_key("_auth_user_id") {
        let same = session.get("_auth_user_id")?.as_ref() == Some(&user.id);
        if !same || !is_equal(session.get("_auth_user_hash")?, hash.clone()) {
            session.clear();
        }
    }
    // With `CSRF_USE_SESSIONS`: a token from before the login may be known to somebody else (`rotate_token`).
    session.remove("_csrftoken");
    session.insert("_auth_user_id", &user.id)?;
    session.insert("_auth_user_backend", BACKEND)?;
    session.insert("_auth_user_hash", hash)
}

/// `logout(request)`.
pub fn log_out(session: &mut Session) {
    session.clear();
}

/// Returns who is logged in, as `request.user` does. `find` looks up a user by id; the secret keys are
/// `SECRET_KEY` and then `SECRET_KEY_FALLBACKS`.
pub fn user(
    session: &mut Session,
    find: impl FnOnce(&str) -> Option<User>,
    secret_keys: &[&[u8]],
) -> Result<Option<User>, SessionError> {
    let Some(id) = session.get::<String>("_auth_user_id")? else { return Ok(None) };
    if session.get("_auth_user_backend")? != Some(BACKEND.to_owned()) {
        return Ok(None);
    }
    let Some(user) = find(&id) else { return Ok(None) };
    let kept: Option<String> = session.get("_auth_user_hash")?;
    let mut hashes = secret_keys.iter().map(|secret| session_auth_hash(secret, &user.password));
    let Some(current) = hashes.next() else { return Ok(None) };
    if is_equal(kept.clone(), current.clone()) {
        return Ok(Some(user));
    }
    if hashes.any(|hash| is_equal(kept.clone(), hash)) {
        session.insert("_auth_user_hash", current)?;
        return Ok(Some(user));
    }
    // The password was changed since, or the session was made without knowing it.
    session.clear();
    Ok(None)
}

fn is_equal(kept: Option<String>, hash: Option<String>) -> bool {
    kept.zip(hash).is_some_and(|(kept, hash)| kept.as_bytes().ct_eq(hash.as_bytes()).into())
}

/// The only one unless `AUTHENTICATION_BACKENDS` names others.
const BACKEND: &str = "django.contrib.auth.backends.ModelBackend";
