# Finds Bun at the version that package.json pins, or installs it from npm into the cache. Sourced after say.sh.

# Sets BUN.
find_bun() {
  local version directory package
  version=$(sed -n 's/.*"packageManager": *"bun@\([0-9.]*\)".*/\1/p' "$REPO/package.json")
  [ -n "$version" ] || die "package.json does not pin a version of Bun"
  if BUN=$(command -v bun) && [ "$("$BUN" --version 2>/dev/null)" = "$version" ]; then
    say "Bun $version: $BUN"
    return
  fi
  directory=$CACHE/bun-$version
  package=@oven/$(bun_package)
  BUN=$directory/node_modules/$package/bin/bun
  if [ ! -x "$BUN" ]; then
    say "Bun $version: installing $package from npm"
    mkdir -p "$directory"
    npm install --prefix "$directory" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
      "$package@$version" >&2 || die "npm could not install $package@$version"
  fi
  chmod +x "$BUN"
  [ "$("$BUN" --version)" = "$version" ] || die "$BUN does not run or is not version $version"
  say "Bun $version: $BUN"
}

# The platform's package holds the binary itself, so that no install script has to run.
bun_package() {
  case $(uname -m) in
  x86_64) if grep -qw avx2 /proc/cpuinfo; then echo bun-linux-x64; else echo bun-linux-x64-baseline; fi ;;
  aarch64) echo bun-linux-aarch64 ;;
  *) die "no Bun for $(uname -m)" ;;
  esac
}

install_dependencies() {
  say "npm packages: bun install"
  (cd "$REPO" && "$BUN" install --frozen-lockfile --silent) || die "bun install failed"
}

build_binary() {
  say "Building dist/podwright"
  (cd "$REPO" && PATH=$(dirname "$BUN"):$PATH "$BUN" tools/build.ts) || die "the build failed"
  [ -x "$REPO/dist/podwright" ] || die "the build made no dist/podwright"
}
