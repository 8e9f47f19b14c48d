// E0382
use cookie_session::Sessions;

fn twice(sessions: &Sessions) {
    let session = sessions.start();
    let _ = sessions.save(session);
    let _ = sessions.save(session);
}

fn main() {
    let _ = twice;
}
