/** What tells the forwarder's packets from others in a namespace. Numbers that containers are unlikely to use themselves. */

/** Of packets, and of their flows. */
export const MARK = 0x70_77_00_01;
/** Of routes for answers; and the priority of the rule that leads there. */
export const TABLE = 0x70_77;
