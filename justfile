# Everything a person needs while working on driftd; the logic stands in xtask and .ci/run.

# list the recipes
default:
    @just --list --unsorted

# what CI runs, from formatting to the demo
ci:
    bash .ci/run

# the whole test suite and what was skipped of it, or one crate: just test driftd-stats
test package="":
    cargo {{ if package == "" { "xtask test" } else { "test --release --package " + package } }}

# every fuzz target for some seconds, within 512 MiB
fuzz seconds="60":
    cargo xtask fuzz --seconds {{ seconds }}

# that nothing is lost or counted twice, on real servers for ten minutes
prove:
    cargo xtask prove

# formatting and clippy, warnings denied
lint:
    cargo fmt --all --check
    cargo clippy --release --workspace --all-targets -- -D warnings

# house rules: floors, lints switched on, sizes, words, changelog fragments
tidy:
    cargo xtask tidy

# format everything
fmt:
    cargo fmt --all

# licences, bans and sources of every dependency
deny:
    cargo deny check bans licenses sources

# a year of flights through the real engine
demo *args:
    cargo run --release -- demo {{ args }}
