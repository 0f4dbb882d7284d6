//! `wasi:keyvalue` 0.2.0-draft2.

use crate::Outcome;
use crate::wasi::keyvalue0_2_0_draft2::atomics::{Cas, CasError, increment, swap};
use crate::wasi::keyvalue0_2_0_draft2::batch::{delete_many, get_many, set_many};
use crate::wasi::keyvalue0_2_0_draft2::store::open;

pub fn run(name: &str) -> Outcome {
    let bucket = match open(name) {
        Ok(bucket) => bucket,
        Err(error) => {
            println!("open {error:?}");
            return Ok(());
        }
    };
    println!("set {:?}", bucket.set("key", b"value"));
    println!("get {:?} {:?}", bucket.get("key")?.map(String::from_utf8), bucket.get("absent")?);
    println!("exists {} {}", bucket.exists("key")?, bucket.exists("absent")?);
    println!("increment {} {}", increment(&bucket, "n", 40)?, increment(&bucket, "n", -42)?);
    println!("not a number {:?}", increment(&bucket, "key", 1));

    let first = Cas::new(&bucket, "key")?;
    let late = Cas::new(&bucket, "key")?;
    println!("swap {}", swap(first, b"swapped").is_ok());
    match swap(late, b"lost") {
        Err(CasError::CasFailed(newest)) => {
            println!("failed {:?}", newest.current()?.map(String::from_utf8));
            println!("again {}", swap(newest, b"won").is_ok());
        }
        other => println!("unexpected {:?}", other.is_ok()),
    }

    let entries: Vec<(String, Vec<u8>)> = (0..1000).map(|i| (format!("many-{i}"), vec![b'x'])).collect();
    set_many(&bucket, &entries)?;
    let found = get_many(&bucket, &["many-7".into(), "absent".into(), "key".into()])?;
    println!("many {:?}", found.iter().map(Option::is_some).collect::<Vec<_>>());
    let mut listed = 0;
    let mut cursor = None;
    loop {
        let page = bucket.list_keys(cursor.as_deref())?;
        listed += page.keys.len();
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    println!("listed {listed}");
    delete_many(&bucket, &entries.into_iter().map(|(key, _)| key).collect::<Vec<_>>())?;
    bucket.delete("n")?;
    println!("left {:?}", bucket.list_keys(None)?.keys);
    Ok(())
}
