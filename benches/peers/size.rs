//! A program that uses a session, to see how much larger one becomes by it: see `run.sh`.

use cookie_session::{KeyRing, Sessions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sessions = Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?;
    let mut session = sessions.open(std::env::args());
    let visits = session.get::<u32>("visits")?.unwrap_or_default();
    session.insert("visits", visits.saturating_add(1))?;
    sessions.save(session)?.set_cookies().for_each(|line| println!("{line}"));
    Ok(())
}
