//! A command: `args …`, `env`, `cat`, `read FILE`, `write FILE TEXT`, `list DIR`, `exit CODE`, `panic`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    let words: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cli: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> io::Result<ExitCode> {
    match words {
        ["args", rest @ ..] => rest.iter().for_each(|word| println!("{word}")),
        ["env"] => {
            let mut all: Vec<_> = env::vars().collect();
            all.sort();
            all.iter().for_each(|(name, value)| println!("{name}={value}"));
        }
        ["cat"] => drop(io::copy(&mut io::stdin(), &mut io::stdout())?),
        ["read", path] => io::stdout().write_all(&fs::read(path)?)?,
        ["write", path, text] => fs::write(path, text)?,
        ["list", path] => {
            let mut names = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
            names.sort();
            names.iter().for_each(|name| println!("{}", name.to_string_lossy()));
        }
        ["exit", code] => {
            let code = code.parse::<i32>().map_err(|_| io::Error::other("the exit code is not a number"))?;
            std::process::exit(code);
        }
        ["panic"] => panic!("asked to panic"),
        _ => return Err(io::Error::other("unknown command: args, env, cat, read, write, list, exit, panic")),
    }
    io::stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}
