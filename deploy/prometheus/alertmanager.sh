#!/bin/sh
# Alertmanager with its receivers' addresses from files, each for its user alone to read; without one it does not start.
#   alertmanager.sh EXAMPLE FOLDER-OF-ADDRESSES CONFIG [COMMAND…]
set -eu
example=$1 addresses=$2 config=$3
shift 3
umask 077
cp "$example" "$config"
for name in pages tickets alive; do
    address=$(cat "$addresses/$name.url" 2>/dev/null) || address=
    case "$address" in
        http://?* | https://?*) ;;
        *)
            echo "$addresses/$name.url: holds no address (http://… or https://…): alerts would go nowhere" >&2
            exit 1
            ;;
    esac
    escaped=$(printf %s "$address" | sed 's/[&|\\]/\\&/g')
    sed "s|SET-THE-ADDRESS-OF-$name|$escaped|" "$config" >"$config.next"
    mv "$config.next" "$config"
done
exec "$@"
