/** The caller's terminal, for commands that attach to a container. */
export { InputTerminal } from "../host/sys/tty.ts";
