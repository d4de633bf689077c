/** An HTTP GET as the kubelet's probes make it. */
import { converse } from "./namespace-socket.ts";

export interface HttpGet {
  readonly netnsPath: string;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** As the kubelet: then the answer counts as it is. */
const MOST_REDIRECTS = 10;
/** Bytes of an answer's head. */
const LONGEST_HEAD = 64 * 1024;

/** Undefined for a status from 200 to 399, else why not. @throws Error, the signal's reason */
export async function httpGet(get: HttpGet, signal: AbortSignal): Promise<string | undefined> {
  const first = new URL(get.url);
  let url = first;
  for (let redirects = 0; ; redirects++) {
    const { status, location } = await getOnce(get, url, signal);
    const next = isRedirect(status) && location !== undefined ? URL.parse(location, url.href) : null;
    if (next === null) {
      return status >= 200 && status < 400 ? undefined : `HTTP status ${status}`;
    }
    // Where another host is named, this one has answered well enough.
    if (next.hostname !== first.hostname || !/^https?:$/.test(next.protocol)) return undefined;
    if (redirects === MOST_REDIRECTS) return `stopped after ${MOST_REDIRECTS} redirects`;
    url = next;
  }
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

async function getOnce(get: HttpGet, url: URL, signal: AbortSignal): Promise<Head> {
  const tls = url.protocol === "https:";
  const target = {
    netnsPath: get.netnsPath,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (tls ? 443 : 80) : Number(url.port),
    tls,
  };
  const request = requestText(url, get.headers);
  const heard = (bytes: Buffer): boolean => parseHead(bytes) !== undefined || bytes.length > LONGEST_HEAD;
  const head = parseHead(await converse(target, { signal, conversation: { request, heard } }));
  if (head === undefined) throw new Error("the answer is not HTTP");
  return head;
}

export function requestText(url: URL, headers: HttpGet["headers"]): string {
  const given = new Set(headers.map(({ name }) => name.toLowerCase()));
  const own = [
    ["Host", url.host],
    ["User-Agent", "kube-probe/1.0"],
    ["Accept", "*/*"],
  ] as const;
  const lines = [
    ...own.filter(([name]) => !given.has(name.toLowerCase())).map(([name, value]) => `${name}: ${value}`),
    // An empty User-Agent or Accept is Kubernetes' way to have none sent.
    ...headers
      .filter(({ name, value }) => value !== "" || !/^(user-agent|accept)$/i.test(name))
      .map(({ name, value }) => `${oneLine(name)}: ${oneLine(value)}`),
    "Connection: close",
  ];
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** A line feed would begin another header. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

export interface Head {
  readonly status: number;
  readonly location?: string;
}

/** Undefined until it is whole. @throws Error where it is no HTTP */
export function parseHead(bytes: Buffer): Head | undefined {
  let text = bytes.toString("latin1");
  for (;;) {
    if (!"HTTP/".startsWith(text.slice(0, 5))) throw new Error("the answer is not HTTP");
    const end = /\r?\n\r?\n/.exec(text);
    if (end === null) return undefined;
    const lines = text.slice(0, end.index).split(/\r?\n/);
    const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/.exec(lines[0] ?? "")?.[1] ?? Number.NaN);
    if (Number.isNaN(status)) throw new Error("the answer is not HTTP");
    if (status >= 200 || status === 101) {
      const location = lines
        .find((line) => /^location:/i.test(line))
        ?.replace(/^[^:]*:\s*/, "")
        .trim();
      return { status, ...(location === undefined ? {} : { location }) };
    }
    // An interim answer: the real one follows.
    text = text.slice(end.index + end[0].length);
  }
}
