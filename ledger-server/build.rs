//! What the program can say of how it was built: the commit, the compiler, and each package with its version.

use std::{env, error::Error, fs, path::Path, process::Command};

fn main() -> Result<(), Box<dyn Error>> {
    let top = Path::new("..");
    println!("cargo::rerun-if-changed=../Cargo.lock");
    println!("cargo::rerun-if-changed=build.rs");
    let said = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).current_dir(top).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // What is handed out names its own commit. While it is being written, each commit would build it anew.
    if env::var("PROFILE").as_deref() == Ok("release")
        && let Some(commits) =
            said("git", &["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"])
    {
        println!("cargo::rerun-if-changed={commits}");
    }
    let commit = said("git", &["rev-parse", "HEAD"]).unwrap_or_else(|| "not known".to_owned());
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = said(&rustc, &["--version"]).unwrap_or_else(|| "not known".to_owned());
    let (target, profile) = (env::var("TARGET")?, env::var("PROFILE")?);
    let mut built =
        format!("commit {commit}\ncompiler {compiler}\ntarget {target}, profile {profile}\n");
    let lock = fs::read_to_string(top.join("Cargo.lock")).unwrap_or_default();
    let mut name = "";
    for line in lock.lines() {
        let value = |key: &str| line.strip_prefix(key).map(|rest| rest.trim_matches('"'));
        if let Some(found) = value("name = ") {
            name = found;
        } else if let Some(version) = value("version = ").filter(|_| !name.is_empty()) {
            built.extend([name, " ", version, "\n"]);
            name = "";
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("built.txt"), built)?;
    Ok(())
}
