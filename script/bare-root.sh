# Functions for script/test-pip-install and script/test-npm-install: a Debian root with nothing of
# this project, and what both do in it. Sourced outside of the root by the script itself, inside by
# the copy that it hands over.

# --- outside ------------------------------------------------------------------------------------------------------------

may_run() { # leaves the script where this machine has no such roots; in CI that is a failure
  if [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then return 0; fi
  [ "${CI:-}" != true ] || { echo "error: a bare root needs Linux, apt and root" >&2; exit 1; }
  echo "skipped: a bare root needs Linux, apt and root"
  exit 0
}

make_exchange() { # the folder that both sides see, with a copy of the steps
  exchange=$(mktemp -d /tmp/osaurus-installed-XXXXXX)
  trap 'rm -rf "$exchange"' EXIT
  cp "$0" script/bare-root.sh "$exchange/"
}

# The packages get what the tests run, without symbols.
staged_for_tests() {
  local file
  export OSAURUS_BRIDGE_STAGED=$exchange/staged
  mkdir "$OSAURUS_BRIDGE_STAGED"
  for file in osaurus-bridge libosaurus_shim.so libosaurus_python_engine.so; do
    strip -o "$OSAURUS_BRIDGE_STAGED/$file" "${CARGO_TARGET_DIR:-target}/debug/$file"
  done
}

run_inside() { # run_inside ROOT
  local script
  script=$exchange/$(basename "$0")
  (cd "$exchange" && OSAURUS_BRIDGE_BARE_ROOT=$1 "$OLDPWD/script/trixie-root" run -- env -i PATH="$PATH" HOME="$exchange/home" \
    LC_ALL=C.UTF-8 TMPDIR=/tmp PIP_DISABLE_PIP_VERSION_CHECK=1 bash "$script" inside "$exchange")
}

# --- inside -------------------------------------------------------------------------------------------------------------

now() { date +%s%N; }

step() { # step WHAT COMMAND...: runs it; says how long it took, and all of its output if it failed
  local what=$1 start
  shift
  start=$(now)
  "$@" >"$HOME/output" 2>&1 || { echo "FAILED: $what" >&2; cat "$HOME/output" >&2; exit 1; }
  printf '  %-52s %6d ms\n' "$what" $((($(now) - start) / 1000000))
}

says() { # says STRING: the last step printed it
  grep -qF -- "$1" "$HOME/output" || { echo "FAILED: no '$1' in" >&2; cat "$HOME/output" >&2; exit 1; }
}

size() { printf '  %-52s %6d kB\n' "$1" $(($(stat -c %s "$2") / 1000)); }

nothing_else() { # the root has no compiler and no checkout
  local tool
  for tool in cargo rustc cc gcc clang "$@"; do
    ! command -v "$tool" >/dev/null || { echo "FAILED: the root is not bare: it has $tool" >&2; exit 1; }
  done
}

built_plugin() { # built_plugin: builds the project in the current folder, calls it and checks it
  local library=dist/dev.example.hello.so
  step "build" osaurus-bridge build
  step "invoke" osaurus-bridge invoke "$library" greet '{"name": "Ada"}'
  says "Hello Ada. (greeting number 1)"
  step "check" osaurus-bridge check "$library"
}

packaged_plugin() { # packaged_plugin: the archives for Osaurus and for this machine; the second is installed and called
  local name=dev.example.hello-0.1.0.zip tools=$HOME/data/Tools
  if [ -d "$1/macos-arm64" ]; then
    step "package for macOS" osaurus-bridge package
    step "verify it" osaurus-bridge verify "dist/$name"
    size "the archive for macOS" "dist/$name"
  else
    echo "  no parts for macOS here: not packaged for it"
  fi
  step "package for Linux" osaurus-bridge package --target linux-x86_64
  step "verify it" osaurus-bridge verify "dist/linux-x86_64/$name"
  size "the archive for Linux" "dist/linux-x86_64/$name"
  step "install" osaurus-bridge install "dist/linux-x86_64/$name" --data "$HOME/data" --consent
  step "list" osaurus-bridge list --data "$HOME/data"
  says dev.example.hello
  step "call what is installed" osaurus-bridge invoke "$tools/dev.example.hello/0.1.0/dev.example.hello.so" greet '{"name": "Bo"}'
  says "Hello Bo. (greeting number 1)"
}

first_and_warm_call() { # first_and_warm_call LIBRARY: what unpacking adds to the first call
  export OSAURUS_BRIDGE_CACHE=$HOME/fresh-cache
  step "first call, with unpacking" osaurus-bridge invoke "$1" greet '{"name": "Ada"}'
  step "second call" osaurus-bridge invoke "$1" greet '{"name": "Ada"}'
  unset OSAURUS_BRIDGE_CACHE
}
