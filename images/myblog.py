"""A small blog over PostgreSQL: GET / shows the posts, POST / stores one, GET /healthz asks the database."""

import html
import json
import os
import pwd
import signal
import socket
import sys
import threading
import time
from urllib.parse import parse_qs

import psycopg2
import waitress

LONGEST_BODY = 64 * 1024
LONGEST_TITLE = 200
USER = "www-data"

TABLE = """
CREATE TABLE IF NOT EXISTS posts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created timestamptz NOT NULL DEFAULT now(),
  title text NOT NULL,
  body text NOT NULL
)
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>myblog</title>
<style>body {{ font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }}
input, textarea {{ display: block; width: 100%; margin: .5rem 0; font: inherit; box-sizing: border-box }}</style>
<h1>myblog</h1>
{posts}
<form method="post">
<h2>New post</h2>
<input name="title" placeholder="Title" required maxlength="200">
<textarea name="body" placeholder="Text" rows="5"></textarea>
<button>Publish</button>
</form>
"""

POST = """<article id="post-{id}">
<h2>{title}</h2>
<p>{body}</p>
<small>{created}</small>
</article>
"""


class Refused(Exception):
    """A request that is answered with this status and text."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Posts:
    """The posts in the database, by a connection of its own each time, so that a restarted one is found again."""

    def __init__(self, url):
        self.url = url

    def wait(self, seconds):
        """Makes the table as soon as the database answers; it may be starting at the same time."""
        give_up = time.monotonic() + seconds
        while True:
            try:
                self.query(TABLE)
                return
            except (psycopg2.OperationalError, psycopg2.IntegrityError) as error:
                if time.monotonic() >= give_up:
                    sys.exit(f"myblog: no database after {seconds:g} seconds: {str(error).strip()}")
                time.sleep(0.2)

    def list(self):
        return self.query("SELECT id, created, title, body FROM posts ORDER BY id DESC LIMIT 100")

    def add(self, title, body):
        insert = "INSERT INTO posts (title, body) VALUES (%s, %s) RETURNING id, created, title, body"
        return self.query(insert, (title, body))[0]

    def check(self):
        self.query("SELECT 1")

    def query(self, sql, values=()):
        connection = psycopg2.connect(self.url, connect_timeout=5, application_name="myblog")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def application(posts):
    def serve(environ, start):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        headers = []
        try:
            status, kind, text = answer(posts, environ, headers)
        except Refused as refusal:
            status, kind, text = refusal.status, "text/plain", f"{refusal}\n"
        except psycopg2.Error as error:
            print(f"{method} {path}: {str(error).strip()}", file=sys.stderr)
            status, kind, text = "503 Service Unavailable", "text/plain", "the database does not answer\n"
        print(f"{environ.get('REMOTE_ADDR', '-')} {method} {path} {status[:3]}")
        body = text.encode()
        headers += [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))]
        start(status, headers)
        return [] if method == "HEAD" else [body]

    return serve


def answer(posts, environ, headers):
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    reads = method in ("GET", "HEAD")
    if path == "/healthz" and reads:
        posts.check()
        return "200 OK", "text/plain", "ok\n"
    if path == "/posts.json" and reads:
        return "200 OK", "application/json", as_json([as_dict(row) for row in posts.list()])
    if path != "/":
        raise Refused("404 Not Found", f"there is nothing at {path}")
    if reads:
        return "200 OK", "text/html", page(posts.list())
    if method != "POST":
        headers.append(("Allow", "GET, HEAD, POST"))
        raise Refused("405 Method Not Allowed", f"{method} is not for posts")
    is_json = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == "application/json"
    row = posts.add(*new_post(environ, is_json))
    if is_json:
        return "201 Created", "application/json", as_json(as_dict(row))
    headers.append(("Location", f"/#post-{row[0]}"))
    return "303 See Other", "text/plain", "stored\n"


def new_post(environ, is_json):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LONGEST_BODY:
        raise Refused("413 Content Too Large", f"a post has at most {LONGEST_BODY} bytes")
    try:
        text = environ["wsgi.input"].read(length).decode()
        fields = json.loads(text) if is_json else {key: values[-1] for key, values in parse_qs(text).items()}
        title, body = fields["title"], fields.get("body", "")
        if not isinstance(title, str) or not isinstance(body, str) or "\0" in title + body:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("400 Bad Request", "a post is a title and a body, as a form or as JSON") from None
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise Refused("400 Bad Request", f"a title has between 1 and {LONGEST_TITLE} characters")
    return title, body


def page(rows):
    return PAGE.format(posts="".join(POST.format(**escaped(row)) for row in rows) or "<p>No posts yet.</p>\n")


def escaped(row):
    return {key: html.escape(str(value)) for key, value in as_dict(row).items()}


def as_dict(row):
    number, created, title, body = row
    return {"id": number, "created": created.isoformat(timespec="seconds"), "title": title, "body": body}


def as_json(value):
    return json.dumps(value, ensure_ascii=False) + "\n"


def listen(port):
    """IPv6 and IPv4 in one socket, or IPv4 alone where the kernel has no other."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


def drop_privileges():
    """Root is needed to listen on port 80, and for nothing after it."""
    if os.getuid() != 0:
        return
    user = pwd.getpwnam(USER)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def stop_at_once():
    """The first process of a container has no default for SIGTERM; a thread hears it whatever the others do."""
    signals = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    threading.Thread(target=lambda: (signal.sigwait(signals), os._exit(0)), daemon=True).start()


def main():
    stop_at_once()
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("myblog: set DATABASE_URL, as in postgres://user:password@localhost/database")
    port = int(os.environ.get("PORT", "80"))
    listener = listen(port)
    drop_privileges()
    posts = Posts(url)
    posts.wait(float(os.environ.get("DATABASE_TIMEOUT", "60")))
    print(f"myblog listens on port {port}", flush=True)
    waitress.serve(application(posts), sockets=[listener], ident="myblog", threads=4)


main()
