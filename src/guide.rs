//! Chapters, each for one question. The same texts are in the folder `docs` of the repository.

/// Where the links of a chapter lead in the rendered docs. The first definition of a link counts; those at the
/// end of the file are for readers of the repository.
macro_rules! links {
    () => {
        "[adapters]: crate::guide::adapters
[bridges]: crate::guide::bridges
[command line]: crate::guide::command_line
[dependencies]: crate::guide::dependencies
[ending]: crate::guide::ending
[format]: crate::guide::format
[forms]: crate::guide::forms
[keys]: crate::guide::keys
[lifetimes]: crate::guide::lifetimes
[limits]: crate::guide::limits
[login]: crate::guide::login
[migration]: crate::guide::migration
[operations]: crate::guide::operations
[performance]: crate::guide::performance
[python]: crate::guide::python
[tested]: crate::guide::tested
[testing]: crate::guide::testing
"
    };
}

#[doc = links!()]
#[doc = include_str!("../docs/limits.md")]
pub mod limits {}

#[doc = links!()]
#[doc = include_str!("../docs/lifetimes.md")]
pub mod lifetimes {}

#[doc = links!()]
#[doc = include_str!("../docs/keys.md")]
pub mod keys {}

#[doc = links!()]
#[doc = include_str!("../docs/login.md")]
pub mod login {}

#[doc = links!()]
#[doc = include_str!("../docs/ending.md")]
pub mod ending {}

#[doc = links!()]
#[doc = include_str!("../docs/forms.md")]
pub mod forms {}

#[doc = links!()]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

// Its code needs all three.
#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[doc = links!()]
#[doc = include_str!("../docs/python.md")]
pub mod python {}

#[doc = links!()]
#[doc = include_str!("../docs/format.md")]
pub mod format {}

#[doc = links!()]
#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = links!()]
#[doc = include_str!("../docs/command_line.md")]
pub mod command_line {}

#[doc = links!()]
#[doc = include_str!("../docs/pictures.md")]
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = links!()]
#[doc = include_str!("../docs/adapters.md")]
pub mod adapters {}

#[doc = links!()]
#[doc = include_str!("../docs/bridges.md")]
pub mod bridges {}

#[doc = links!()]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

#[doc = links!()]
#[doc = include_str!("../docs/tested.md")]
pub mod tested {}

#[doc = links!()]
#[doc = include_str!("../docs/dependencies.md")]
pub mod dependencies {}
