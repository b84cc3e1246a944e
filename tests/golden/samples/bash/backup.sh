#!/usr/bin/env bash
# Copies a directory to a dated snapshot and prunes old ones.
set -euo pipefail

readonly KEEP=7
declare -A SIZES=()
source "$(dirname "$0")/log.sh"

# Prints how to call this and leaves.
usage() {
  cat <<EOF
usage: backup.sh [-n] SOURCE TARGET
  -n  only say what would be done
EOF
  exit "${1:-0}"
}

function snapshot_name {
  date -u +%Y-%m-%dT%H%M%SZ
}

# Copies $1 into a new snapshot under $2.
#
# Unchanged files become hard links to the last snapshot.
function take_snapshot() {
  local source=$1 target=$2
  local name previous
  name=$(snapshot_name)
  previous=$(latest "$target")
  if [[ -n $previous ]]; then
    rsync -a --delete --link-dest="$previous" "$source/" "$target/$name.partial/"
  else
    rsync -a "$source/" "$target/$name.partial/"
  fi
  mv "$target/$name.partial" "$target/$name"
  SIZES[$name]=$(du -s "$target/$name" | cut -f1)
}

latest() { find "$1" -mindepth 1 -maxdepth 1 -name '*Z' | sort | tail -n 1; }

backup::prune() (
  cd "$1" || exit 1
  local -a old
  mapfile -t old < <(ls -1d -- *Z | sort -r | tail -n "+$((KEEP + 1))")
  for name in "${old[@]}"; do
    log_info "removing $name"
    rm -rf -- "$name"
  done
)

main() {
  local dry_run=false
  while getopts 'nh' flag; do
    case $flag in
      n) dry_run=true ;;
      h) usage ;;
      *) usage 2 ;;
    esac
  done
  shift $((OPTIND - 1))
  on_exit() { log_info "finished with $?"; }
  trap on_exit EXIT
  if $dry_run; then
    echo "would copy $1 to $2"
    return
  fi
  take_snapshot "$1" "$2"
  backup::prune "$2"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  main "$@"
fi
