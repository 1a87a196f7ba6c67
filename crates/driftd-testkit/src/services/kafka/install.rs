//! Java and the jars of Kafka: found, or fetched once a machine.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::services::Skip;
use crate::services::cache::cache;

const KAFKA: &str = "4.1.0";

/// The jars as Maven is asked for them. Kafka leaves the choice of a logger's binding to whoever packs it; without
/// one a broker that does not come up says nothing.
const ARTIFACTS: [(&str, &str, &str); 3] = [
    ("org.apache.kafka", "kafka_2.13", KAFKA),
    ("org.apache.kafka", "kafka-tools", KAFKA),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),
];

/// What a broker is run with.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) java: PathBuf,
    /// The class path: `FOLDER/*`.
    pub(super) classes: OsString,
}

/// Finds what is there and fetches what is missing.
pub(super) fn installed() -> Result<Installed, Skip> {
    let java = java()?;
    let folder = cache("Kafka")?.join(format!("kafka-{KAFKA}"));
    if !folder.is_dir() {
        fetch(&folder)?;
    }
    Ok(Installed { java, classes: folder.join("*").into_os_string() })
}

/// Java 17 or later.
fn java() -> Result<PathBuf, Skip> {
    let find = || {
        let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
        let candidates = home.into_iter().chain([PathBuf::from("java")]);
        candidates.into_iter().find(|java| version(java).is_some_and(|version| version >= 17))
    };
    if let Some(java) = find() {
        return Ok(java);
    }
    apt_get("openjdk-17-jre-headless")?;
    find().ok_or_else(|| Skip::because("no Java 17 or later"))
}

/// Major version of a Java, from `openjdk version "17.0.15" 2025-04-15`.
fn version(java: &Path) -> Option<u32> {
    let output = Command::new(java).arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.split('"').nth(1)?.split('.').next()?.parse().ok()
}

/// Copies the jars into `folder`, which is there complete or not at all: two test processes may be at it at once.
fn fetch(folder: &Path) -> Result<(), Skip> {
    if !runs("mvn") {
        apt_get("maven")?;
    }
    let parent = folder.parent().expect("a folder of the cache");
    fs::create_dir_all(parent).map_err(|error| Skip::because(format!("{}: {error}", parent.display())))?;
    let scratch = tempfile::tempdir_in(parent).expect("a folder beside the cache");
    let (pom, jars) = (scratch.path().join("pom.xml"), scratch.path().join("jars"));
    fs::write(&pom, project()).expect("a file in a new folder");
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "dependency:copy-dependencies", "--file"]).arg(&pom);
    maven.arg(format!("-DoutputDirectory={}", jars.display()));
    run(&mut maven)?;
    match fs::rename(&jars, folder) {
        Err(error) if !folder.is_dir() => Err(Skip::because(format!("{}: {error}", folder.display()))),
        _ => Ok(()),
    }
}

fn project() -> String {
    let dependency = |(group, artifact, version): &(&str, &str, &str)| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>\
             </dependency>"
        )
    };
    let dependencies: String = ARTIFACTS.iter().map(dependency).collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>driftd</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>\
         <dependencies>{dependencies}</dependencies></project>"
    )
}

/// Installs a package of Debian, where this user may.
fn apt_get(package: &str) -> Result<(), Skip> {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root || !runs("apt-get") {
        return Err(Skip::because(format!("{package} is not installed, and only root can do it by apt-get")));
    }
    let install = || {
        let mut command = Command::new("apt-get");
        command.args(["install", "--yes", "--no-install-recommends", package]);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // The lists of packages may be missing or old, but usually are not.
    install().or_else(|_| run(Command::new("apt-get").arg("update")).and_then(|()| install()))
}

fn runs(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    version.is_ok_and(|output| output.status.success())
}

fn run(command: &mut Command) -> Result<(), Skip> {
    let output = command.stdin(Stdio::null()).output();
    let program = command.get_program().to_string_lossy().into_owned();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let last: Vec<_> = String::from_utf8_lossy(&text).lines().rev().take(5).map(str::to_owned).collect();
            Err(Skip::because(format!("{program} failed: {}", last.into_iter().rev().collect::<Vec<_>>().join(" | "))))
        }
        Err(error) => Err(Skip::because(format!("{program}: {error}"))),
    }
}
