//! What all servers in Rust take from the scoreboard: a port, a key and the name of the cookie.

/// The settings of one server, out of its environment.
#[derive(Debug)]
pub struct Settings {
    pub port: u16,
    pub key: String,
    pub name: String,
}

impl Settings {
    pub fn from_env() -> Self {
        let variable = |name| std::env::var(name).expect("the scoreboard sets it");
        Self { port: variable("PORT").parse().expect("a port"), key: variable("KEY"), name: variable("NAME") }
    }
}

/// What a login stores beside the user, as long as it is asked for.
#[derive(Debug, serde::Deserialize)]
pub struct Login {
    #[serde(default)]
    pub size: usize,
}

impl Login {
    pub fn filler(&self) -> String {
        "x".repeat(self.size)
    }
}
