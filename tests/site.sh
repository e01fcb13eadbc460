# Sourced by the runs that start the real binary from a shell: a folder, a server, a
# database, and their end.

# Settings of whoever runs this are not the settings under test.
unset "${!SIGNET_@}"

folder=$(mktemp -d)
chmod 755 "$folder"
server=
postgres=
as_postgres=()
stop_server() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}
finish() {
    stop_server
    if [ -n "$postgres" ]; then
        "${as_postgres[@]}" "$postgres/pg_ctl" -D "$folder/pg/data" -m immediate stop >/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT

start_postgres() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    mkdir "$folder/pg"
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres "$folder/pg"
        as_postgres=(runuser -u postgres --)
    fi
    (cd "$folder/pg" && "${as_postgres[@]}" "$found/initdb" --no-sync -A trust -U postgres -D "$folder/pg/data" >/dev/null)
    postgres=$found
    (cd "$folder/pg" && "${as_postgres[@]}" "$found/pg_ctl" -D "$folder/pg/data" -l "$folder/pg/log" -w \
        -o "-c listen_addresses='' -c fsync=off -k $folder/pg" start >/dev/null)
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# Waits until the server answers; a debug build on a busy machine takes its time.
ready() {
    for _ in $(seq 300); do
        python3 -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)" "$ISSUER/readyz" 2>/dev/null && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.2
    done
    echo "the server does not become ready" >&2
    return 1
}

# Names the site on the store $1 that the commands and the server work on.
site_on() {
    local port
    port=$(free_port)
    export SIGNET_ISSUER="http://localhost:$port" SIGNET_LISTEN="127.0.0.1:$port"
    export SIGNET_DATABASE_URL=$1 SIGNET_MASTER_KEY_FILE="$folder/master.key.$port"
    export ISSUER=$SIGNET_ISSUER
}

# Runs $1 on SQLite and, unless TEST_SQLITE_ONLY is 1, on PostgreSQL.
on_every_database() {
    echo "on SQLite"
    site_on "sqlite:$folder/signet.db"
    "$1"
    if [ "${TEST_SQLITE_ONLY:-}" != 1 ]; then
        start_postgres
        echo "on PostgreSQL"
        site_on "postgres:///postgres?host=$folder/pg&user=postgres"
        "$1"
    fi
}
