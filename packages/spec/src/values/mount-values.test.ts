import { expect, test } from "bun:test";
import { assert, property, string } from "fast-check";
import { EngineError } from "../errors/engine-error.ts";
import { parseMountSpec } from "./mount-spec.ts";
import { parseTmpfsSpec, parseVolumeSpec } from "./volume-spec.ts";

const resolve = (path: string): string => (path.startsWith("/") ? path : `/cwd/${path}`);
const glob = (pattern: string): string[] => (pattern === "/none" ? [] : ["/in/a", "/in/b"]);

test("parseVolumeSpec() tells binds from names", () => {
  const spec = (text: string) => parseVolumeSpec(text, resolve);
  expect(spec("/a:/b")).toEqual({ kind: "bind", source: "/a", destination: "/b", options: [] });
  expect(spec("./a:/b:ro,z")).toEqual({
    kind: "bind",
    source: "/cwd/./a",
    destination: "/b",
    options: ["ro", "z"],
  });
  expect(spec("data:/b/../c:nocopy,cached")).toEqual({
    kind: "volume",
    source: "data",
    destination: "/c",
    options: ["nocopy"],
  });
  expect(spec("/anon")).toEqual({ kind: "volume", source: "", destination: "/anon", options: [] });
});

test("parseVolumeSpec() with Podman's texts", () => {
  const errors = {
    "a:/b:ro:x": "a:/b:ro:x: incorrect volume format, should be [host-dir:]ctr-dir[:option]",
    ":/b": "host directory cannot be empty",
    "/a:b": 'invalid container path "b", must be an absolute path',
    "/a:/b:bogus": 'invalid option type "bogus"',
    "/a:/b:ro,rw": `invalid options "ro, rw", can only specify 1 'rw' or 'ro' option`,
    "/a:/b:shared,slave":
      "can only specify 1 '[r]shared', '[r]private', '[r]slave' or '[r]unbindable' option",
    "bad name:/b": "names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*",
  };
  for (const [text, message] of Object.entries(errors)) {
    expect(() => parseVolumeSpec(text, resolve)).toThrow(message);
  }
});

test("parseMountSpec() of each type", () => {
  const spec = (text: string) => parseMountSpec(text, { resolve, glob })[0];
  expect(spec("type=bind,src=/a,dst=/b,ro=true,bind-propagation=rslave,relabel=shared")).toEqual({
    kind: "bind",
    source: "/a",
    destination: "/b",
    options: ["ro", "rslave", "z"],
  });
  expect(spec("type=bind,dst=/same")).toMatchObject({ source: "/same" });
  expect(spec('type=bind,"src=/a,b",dst=/b')).toMatchObject({ source: "/a,b" });
  expect(spec("src=vol,target=/v,volume-subpath=s")).toEqual({
    kind: "volume",
    source: "vol",
    destination: "/v",
    options: [],
    subPath: "s",
  });
  expect(spec("type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=700,notmpcopyup,rw=false")).toEqual({
    kind: "tmpfs",
    source: "",
    destination: "/t",
    options: ["size=1m", "mode=700", "notmpcopyup", "ro"],
  });
  expect(spec("type=devpts,dst=/p,uid=5,max=2")).toMatchObject({
    kind: "devpts",
    options: ["uid=5", "max=2"],
  });
  expect(spec("type=image,src=busybox,dst=/i,rw=true,subpath=/x")).toEqual({
    kind: "image",
    source: "busybox",
    destination: "/i",
    options: ["rw"],
    subPath: "/x",
  });
});

test("parseMountSpec() of a glob: a bind for each match", () => {
  const spec = (text: string) => parseMountSpec(text, { resolve, glob });
  expect(spec("type=glob,src=/in/*,ro")).toEqual([
    { kind: "bind", source: "/in/a", destination: "/in/a", options: ["ro"] },
    { kind: "bind", source: "/in/b", destination: "/in/b", options: ["ro"] },
  ]);
  expect(spec("src=in/*,type=glob,dst=/x").map((mount) => mount.destination)).toEqual(["/x/a", "/x/b"]);
  expect(() => spec("type=glob,src=/none")).toThrow('no file paths matching glob "/none"');
});

test("parseMountSpec() with Podman's texts", () => {
  const errors = {
    "type=bogus,dst=/a": 'invalid filesystem type "bogus"',
    "type=artifact,src=/a*": "--mount type=artifact is not implemented",
    "type=bind,src=/a": "must set volume destination",
    "type=bind,src,dst=/a": "src: must provide an argument for option",
    "type=tmpfs,src=/a,dst=/a": '"src" option not supported for "tmpfs" mount types',
    "type=bind,src=/a,dst=/a,tmpfs-size=1": '"tmpfs-size" option not supported for "bind" mount types',
    "type=bind,src=/a,dst=/a,ro,readonly": "cannot pass 'readonly', 'ro', 'rw' mount options more than once",
    "type=bind,src=/a,dst=/b,dst=/c": 'cannot pass "dst" option more than once',
    "type=bind,src=/a,dst=/b,wat": "wat: invalid mount option",
    "type=bind,src=/a,dst=/b,bind-propagation=evil": 'invalid value "bind-propagation=evil"',
    "type=bind,src=/a,dst=/b,relabel=no": "relabel mount option must be 'private' or 'shared'",
    "type=bind,src=/a,dst=/b,U=maybe": "'U' or 'chown' must be set to true or false",
    "type=volume,src=a,dst=/b,volume-label=x": "the --volume-label option is not presently implemented",
    "type=image,src=x": "must set source and destination for image volume",
  };
  for (const [text, message] of Object.entries(errors)) {
    expect(() => parseMountSpec(text, { resolve, glob })).toThrow(message);
  }
});

test("any text gives a mount or an EngineError", () => {
  for (const parse of [
    (text: string) => [parseVolumeSpec(text, resolve)],
    (text: string) => parseMountSpec(text, { resolve, glob }),
    (text: string) => parseMountSpec(`type=tmpfs,dst=/x,${text}`, { resolve, glob }),
    (text: string) => [parseTmpfsSpec(text)],
  ]) {
    assert(
      property(string(), (text) => {
        try {
          return parse(text).every((mount) => mount.destination.startsWith("/"));
        } catch (error) {
          if (error instanceof EngineError) return true;
          throw error;
        }
      }),
    );
  }
});
