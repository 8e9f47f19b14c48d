//! Measures time: see the library.

fn main() {
    peers::measure();
}
