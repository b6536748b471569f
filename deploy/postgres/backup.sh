#!/bin/sh
# A copy of the database a day, kept for so many days: each is written beside its name, read through, and only then
# called by it. What was erased is in these copies until the oldest of them is gone (in those of `callcenter backup` it is not): keep
# them no longer than you must.
#   BACKUPS=DIR [KEEP_DAYS=14] [EVERY_S=86400; 0: once] backup.sh       with PGHOST, PGUSER, PGDATABASE, PASSWORD_FILE
set -eu
umask 077
: "${BACKUPS:?the folder for the copies}"
if [ -n "${PASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(cat "$PASSWORD_FILE")
    export PGPASSWORD
fi
while :; do
    copy="$BACKUPS/callcenter-$(date -u +%Y%m%dT%H%M%SZ).dump"
    if pg_dump --format=custom --no-owner --file="$copy.part" && pg_restore --list "$copy.part" >/dev/null; then
        mv "$copy.part" "$copy"
        echo "backup: $copy"
        find "$BACKUPS" -name 'callcenter-*.dump' -mtime "+${KEEP_DAYS:-14}" -delete
    else
        rm -f "$copy.part"
        echo "backup: failed: the copies that are there stay" >&2
        [ "${EVERY_S:-86400}" != 0 ] || exit 1
    fi
    [ "${EVERY_S:-86400}" != 0 ] || exit 0
    sleep "${EVERY_S:-86400}"
done
