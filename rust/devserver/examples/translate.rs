//! Prints the PostgreSQL text of the SBsql statements given as arguments, one answer a line.
use scratchbird_devserver::translate::{translate, Options};

fn main() {
    for sql in std::env::args().skip(1) {
        match translate(&sql, &Options::default()) {
            Ok(statements) => {
                for s in statements {
                    println!(
                        "{:?} [{}] rows={} params={} {}",
                        s.kind, s.tag, s.returns_rows, s.parameters, s.sql
                    );
                    if let Some(lookup) = s.lookup {
                        println!("  lookup {}", lookup.sql);
                    }
                }
            }
            Err(refusal) => println!("{} {refusal} at {:?}", refusal.sqlstate, refusal.offset),
        }
    }
}
