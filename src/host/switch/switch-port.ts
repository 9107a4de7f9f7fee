/**
 * What is plugged into the switch. A *port* is one way out; a *connector* is what the operator asked for, and makes
 * the ports: one (a peer dialled, a VXLAN segment) or as many as clients come (a listening socket).
 */

export interface SwitchPort {
  /** Names the port to the operator; no two alike. */
  readonly name: string;
  /**
   * Takes the frame, or loses it (false). Never waits and never throws. The same bytes go to other ports: nobody writes
   * to them.
   */
  send(frame: Uint8Array): boolean;
}

/** The switch's side of a port. */
export interface Attachment {
  /** A frame from the port's other end, which belongs to the switch from here on. */
  receive(frame: Uint8Array): void;
  /** Something came that is no frame for this switch. */
  refuse(): void;
  /** Whether frames can pass at all; a new port is up. Addresses behind one that goes down are forgotten. */
  setUp(isUp: boolean): void;
  /** The port is gone. */
  detach(): void;
}

export interface Connector {
  /** Begins, and tells the operator so; UserError when it cannot. */
  open(plug: (port: SwitchPort) => Attachment, notice: (text: string) => void): Promise<void>;
  /** Safe to call twice, and without `open`. */
  close(): Promise<void>;
}
