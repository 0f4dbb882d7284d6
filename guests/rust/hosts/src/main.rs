//! A command that uses the runner's small hosts and prints what it found, one fact a line: `files DIR`, `climb DIR`,
//! `keyvalue BUCKET`, `keyvalue-draft BUCKET`, `config KEY`, `log`, `clocks`, `random`, `sockets`, `partial`.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, thread};

wit_bindgen::generate!({ path: "wit", world: "hosts", generate_all });

mod keyvalue;
mod keyvalue_draft;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let args: Vec<String> = env::args().collect();
    let words: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    match words.as_slice() {
        ["files", folder] => files(Path::new(folder)),
        ["climb", folder] => climb(Path::new(folder)),
        ["keyvalue", bucket] => keyvalue::run(bucket),
        ["keyvalue-draft", bucket] => keyvalue_draft::run(bucket),
        ["config", key] => config(key),
        ["log"] => log(),
        ["clocks"] => clocks(),
        ["random"] => random(),
        ["sockets"] => sockets(),
        ["partial"] => partial(),
        _ => Err("unknown command".into()),
    }
}

fn files(folder: &Path) -> Outcome {
    let sub = folder.join("one/two");
    fs::create_dir_all(&sub)?;
    let path = sub.join("file");
    fs::write(&path, "hello")?;
    fs::OpenOptions::new().append(true).open(&path)?.write_all(b", world")?;
    println!("content {}", fs::read_to_string(&path)?);

    let mut file = fs::OpenOptions::new().read(true).write(true).open(&path)?;
    file.seek(SeekFrom::Start(7))?;
    file.write_all(b"there")?;
    file.seek(SeekFrom::Start(0))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    println!("rewritten {text}");
    file.set_len(5)?;
    file.sync_all()?;
    println!("cut {}", fs::metadata(&path)?.len());

    let large = vec![b'x'; 300_000];
    fs::write(folder.join("large"), &large)?;
    println!("large {}", fs::read(folder.join("large"))? == large);
    fs::rename(folder.join("large"), folder.join("moved"))?;
    fs::hard_link(folder.join("moved"), folder.join("linked"))?;
    fs::copy(folder.join("moved"), folder.join("copied"))?;
    let mut names: Vec<String> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    println!("names {}", names.join(" "));
    println!("exists {}", fs::exists(folder.join("absent"))?);
    fs::remove_file(folder.join("linked"))?;
    fs::remove_dir_all(folder.join("one"))?;
    println!("left {}", fs::read_dir(folder)?.count());
    Ok(())
}

fn climb(folder: &Path) -> Outcome {
    for path in ["../secret", "one/../../secret", "link/secret", "/etc/passwd", "pipe", "readable"] {
        let path = if path.starts_with('/') { path.into() } else { folder.join(path) };
        match fs::read(&path) {
            Ok(bytes) => println!("{} read {}", path.display(), bytes.len()),
            Err(error) => println!("{} {:?}", path.display(), error.kind()),
        }
    }
    match fs::write(folder.join("new"), "x") {
        Ok(()) => println!("written"),
        Err(error) => println!("write {:?}", error.kind()),
    }
    Ok(())
}

fn config(key: &str) -> Outcome {
    use wasi::{config0_2_0_draft::runtime, config0_2_0_rc_1::store};
    println!("store {:?} {:?}", store::get(key).unwrap(), store::get_all().unwrap());
    println!("runtime {:?} {:?}", runtime::get(key).unwrap(), runtime::get_all().unwrap());
    Ok(())
}

fn log() -> Outcome {
    use wasi::logging::logging::{Level, log};
    log(Level::Info, "", "plain");
    log(Level::Critical, "context", "one\ntwo");
    Ok(())
}

fn clocks() -> Outcome {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(20));
    println!("slept {}", start.elapsed() >= Duration::from_millis(20));
    println!("seconds {}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    Ok(())
}

fn random() -> Outcome {
    // A map's keys are random: the standard library asks the host for them.
    let map: HashMap<u32, u32> = (0..1000).map(|i| (i, i)).collect();
    println!("map {}", map.values().sum::<u32>());
    Ok(())
}

fn sockets() -> Outcome {
    println!("connect {:?}", TcpStream::connect("127.0.0.1:80").map_err(|error| error.kind()).err());
    println!("bind {:?}", UdpSocket::bind("127.0.0.1:0").map_err(|error| error.kind()).err());
    println!("resolve {}", "example.com:80".to_socket_addrs().is_err());
    Ok(())
}

fn partial() -> Outcome {
    print!("no end");
    io::stdout().flush()?;
    Ok(())
}
