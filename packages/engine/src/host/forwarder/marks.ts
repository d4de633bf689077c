/** What tells the forwarder's packets from others in a namespace. Numbers that containers are unlikely to use themselves. */

/** Of flows, and of the packets that are to come to the forwarder. */
export const MARK = 0x70_77_00_01;
/** Of the forwarder's own packets that are to leave the namespace, by a bridge: with the other one they would come back. */
export const LEAVING = 0x70_77_00_02;
/** Of routes for answers; and the priority of the rule that leads there. */
export const TABLE = 0x70_77;
