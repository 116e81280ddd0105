#!/usr/bin/env bash
# Fuzzes the wire crate on a stable toolchain.
#
#   run.sh [seconds] [target ...]   run each target (default: all) that long (default: 60 s)
#   run.sh build                    only build them, as CI does
#
# Needs a C++ compiler (libFuzzer is built from source) and nothing else; `cargo fuzz run -s none TARGET` works too.
# Inputs found are kept in corpus/TARGET, crashes in artifacts/TARGET; run a crash again with
#   target/HOST/release/TARGET artifacts/TARGET/crash-...
# A crash becomes a test before it is fixed. Stops at the first target that crashes.
set -euo pipefail
cd "$(dirname "$0")"

# Instrumented code is kept apart from the other builds.
export CARGO_TARGET_DIR=$PWD/target
cargo run --quiet --example seed_corpus corpus

host=$(rustc -vV | sed -n 's/^host: //p')
# The flags of cargo-fuzz without a sanitizer: coverage for libFuzzer, panics that abort. `--target` keeps them
# away from build scripts.
export RUSTFLAGS="--cfg fuzzing -Cpanic=abort -Ccodegen-units=4 -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
targets=$(sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"$/\1/p' Cargo.toml)

cargo build --release --target "$host" --bins
[ "${1:-}" = build ] && exit 0

seconds=${1:-60}
shift || true
for target in ${*:-$targets}; do
    mkdir -p "corpus/$target" "artifacts/$target"
    echo "== $target, $seconds s"
    log="artifacts/$target/log"
    if ! "target/$host/release/$target" "corpus/$target" -artifact_prefix="artifacts/$target/" \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 &>"$log"; then
        tail -n 40 "$log"
        exit 1
    fi
    grep -E '^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)|^#[0-9]+.*DONE' "$log"
done
