//! Who logged out everywhere, and how often: what the shops keep outside of the cookie.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// How often each user logged out everywhere. A session is stamped with this number at its login, and over when the
/// number has gone up. A real shop has a column for it in its table of users.
#[derive(Debug)]
pub enum Logouts {
    /// For one server whose sessions end with it. One that forgets the numbers while sessions go on would let in those
    /// that were ended.
    InMemory(Mutex<HashMap<String, u64>>),
    /// For servers with the same keys, on one machine, and for one that is started again: a file that has a line for each
    /// time. What is only appended needs no lock between them. It grows for ever, which is for a demonstration.
    InFile(PathBuf),
}

impl Default for Logouts {
    fn default() -> Self {
        Self::InMemory(Mutex::default())
    }
}

impl Logouts {
    /// Returns how often this user logged out everywhere.
    ///
    /// # Errors
    ///
    /// Those of reading the file. One that is not there yet is empty.
    pub fn count(&self, user: &str) -> io::Result<u64> {
        match self {
            Self::InMemory(counts) => {
                let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(counts.get(user).copied().unwrap_or_default())
            }
            Self::InFile(path) => {
                let text = match fs::read_to_string(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                    text => text?,
                };
                let line = line(user);
                Ok(text.split_inclusive('\n').filter(|other| *other == line).map(|_| 1).sum())
            }
        }
    }

    /// Counts one more time.
    ///
    /// # Errors
    ///
    /// Those of writing the file. It may not have been counted.
    pub fn add(&self, user: &str) -> io::Result<()> {
        match self {
            Self::InMemory(counts) => {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                let count = counts.entry(user.to_owned()).or_default();
                *count = count.saturating_add(1);
                Ok(())
            }
            Self::InFile(path) => {
                let mut file = OpenOptions::new().create(true).append(true).open(path)?;
                file.write_all(line(user).as_bytes())
            }
        }
    }
}

/// Returns a line that is of this user alone, whatever the name is made of.
fn line(user: &str) -> String {
    format!("{}\n", user.escape_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_user_alone() {
        let path = std::env::temp_dir().join(format!("cookie-session-demo-logouts-{}", std::process::id()));
        let names = ["Ada", "ada", "Åsa", "", "Ada\n", "Ada\\n", "\nAda\n"];
        for logouts in [Logouts::default(), Logouts::InFile(path.clone())] {
            for (times, name) in names.into_iter().enumerate() {
                for _ in 0..times {
                    logouts.add(name).expect("the file can be written");
                }
            }
            for (times, name) in (0..).zip(names) {
                assert_eq!(logouts.count(name).expect("the file can be read"), times, "{name:?}");
            }
            assert_eq!(logouts.count("Grace").expect("the file can be read"), 0);
        }
        let again = Logouts::InFile(path.clone());
        assert_eq!(
            again.count("ada").expect("the file can be read"),
            1,
            "another server reads the same file"
        );
        fs::remove_file(path).expect("the file can be removed");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_zero() {
        let folder = Logouts::InFile(std::env::temp_dir());
        assert!(folder.count("Ada").is_err());
        assert!(folder.add("Ada").is_err());
    }
}
