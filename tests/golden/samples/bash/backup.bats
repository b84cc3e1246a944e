#!/usr/bin/env bats
load helpers

setup() {
  TARGET=$(mktemp -d)
}

# bats test_tags=slow
@test "a snapshot is complete before it gets its name" {
  run take_snapshot "$FIXTURES" "$TARGET"
  [ "$status" -eq 0 ]
  [ -z "$(ls "$TARGET" | grep partial)" ]
}

@test 'pruning keeps seven' {
  for day in {1..9}; do
    mkdir "$TARGET/2026-01-0${day}T000000Z"
  done
  backup::prune "$TARGET"
  [ "$(ls "$TARGET" | wc -l)" -eq 7 ]
}
