/** Somebody else on the network: a machine of its own (a namespace with a cable to this one), and servers in pods. */
import { execute, host, type Result } from "./engine.ts";
import { waitFor } from "./waiting.ts";

export interface Neighbour extends AsyncDisposable {
  /** This machine's address on the cable. */
  readonly hostAddress: string;
  /** The neighbour's own. */
  readonly address: string;
  run(...argv: readonly string[]): Promise<Result>;
}

/** Plugs a second machine in, whose default route is this one. */
export async function plugInNeighbour(): Promise<Neighbour> {
  await host("ip", "netns", "add", "neighbour");
  await host("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "eth0", "netns", "neighbour");
  await host("ip", "addr", "add", "192.0.2.1/24", "dev", "cable0");
  await host("ip", "link", "set", "cable0", "up");
  for (const command of ["link set lo up", "addr add 192.0.2.2/24 dev eth0", "link set eth0 up"])
    await host("ip", "-n", "neighbour", ...command.split(" "));
  await host("ip", "-n", "neighbour", "route", "add", "default", "via", "192.0.2.1");
  return {
    hostAddress: "192.0.2.1",
    address: "192.0.2.2",
    run: (...argv) => execute(["ip", "netns", "exec", "neighbour", ...argv], { timeout: 15_000 }),
    [Symbol.asyncDispose]: async () => {
      await execute(["ip", "netns", "delete", "neighbour"]);
      await execute(["ip", "link", "delete", "cable0"]);
    },
  };
}

const UDP_SERVER = `
  await Bun.udpSocket({ port: Number(process.argv[1]), hostname: "0.0.0.0", socket: {
    data(socket, data, port, address) { socket.send("udp " + data + " from " + address, port, address); } } });
  console.log("ready");`;

const UDP_CLIENT = `
  const [address, port] = process.argv.slice(1);
  const socket = await Bun.udpSocket({ socket: { data(_, data) { console.log(String(data)); process.exit(0); } } });
  for (let i = 0; i < 30; i += 1) { socket.send("hello", Number(port), address); await Bun.sleep(100); }
  process.exit(1);`;

/** A UDP server in the network namespace of a process; it answers with the client's address as it sees it. */
export async function serveUdp(pid: string, port: number): Promise<Disposable> {
  const child = Bun.spawn(["nsenter", "-t", pid, "-n", process.execPath, "-e", UDP_SERVER, String(port)], {
    stdin: "ignore",
    stdout: "pipe",
  });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error("the UDP server does not start");
  return { [Symbol.dispose]: () => child.kill(9) };
}

/** The command of a UDP client that prints the first answer, or fails after three seconds. */
export function udpClient(address: string, port: number): readonly string[] {
  return [process.execPath, "-e", UDP_CLIENT, address, String(port)];
}

/** The command that fetches a page, or fails within seconds. */
export function fetchPage(address: string, port: number): readonly string[] {
  return ["curl", "-sS", "--noproxy", "*", "--max-time", "3", `http://${address}:${port}/`];
}

/** Waits until a server that is starting answers. */
export async function serverUp(argv: readonly string[]): Promise<string> {
  return waitFor(`an answer to ${argv.join(" ")}`, async () => {
    const { code, stdout } = await execute(argv);
    return code === 0 ? stdout : undefined;
  });
}
