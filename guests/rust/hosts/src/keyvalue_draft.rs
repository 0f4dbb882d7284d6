//! `wasi:keyvalue` 0.2.0-draft: a number for a cursor, no `cas`.

use crate::Outcome;
use crate::wasi::keyvalue0_2_0_draft::atomics::increment;
use crate::wasi::keyvalue0_2_0_draft::batch::{get_many, set_many};
use crate::wasi::keyvalue0_2_0_draft::store::open;

pub fn run(name: &str) -> Outcome {
    let bucket = open(name)?;
    bucket.set("key", b"value")?;
    println!("increment {}", increment(&bucket, "n", 41)?);
    for part in 0..3 {
        let entries: Vec<_> = (0..500).map(|i| (format!("many-{part}-{i}"), vec![b'x'])).collect();
        set_many(&bucket, &entries)?;
    }
    let found = get_many(&bucket, &["key".into(), "absent".into()])?;
    println!("many {:?}", found.iter().map(Option::is_some).collect::<Vec<_>>());
    let mut sizes = Vec::new();
    let mut cursor = None;
    loop {
        let page = bucket.list_keys(cursor)?;
        sizes.push(page.keys.len());
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    println!("listed {sizes:?}");
    Ok(())
}
