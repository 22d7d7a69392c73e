#!/bin/sh
# Runs a command again whenever it dies, and ends with it when told to end.
# Honcho has no restarts: without this, one killed agent would take the whole product with it.
stop=
trap 'stop=1' TERM INT
while [ -z "$stop" ]; do
    "$@" &
    child=$!
    # A signal cuts a wait short; the command itself has got the signal too and is waited for.
    while kill -0 "$child" 2>/dev/null; do wait "$child"; done
    [ -z "$stop" ] && sleep 1
done
