//! Java and the jars of Kafka: found, or fetched once a machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::services::Skip;
use crate::services::install::{apt_get, cached, program, run};

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
    let folder = cached(&format!("kafka-{KAFKA}"), fetch)?;
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

/// Copies the jars into a part of `scratch`.
fn fetch(scratch: &Path) -> Result<PathBuf, Skip> {
    let mut maven = Command::new(program("mvn", "maven")?);
    let (pom, jars) = (scratch.join("pom.xml"), scratch.join("jars"));
    std::fs::write(&pom, project()).expect("a file in a new folder");
    maven.args(["--batch-mode", "--quiet", "dependency:copy-dependencies", "--file"]).arg(&pom);
    run(maven.arg(format!("-DoutputDirectory={}", jars.display())))?;
    Ok(jars)
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
