import { cliInterfaces } from "./cli.ts";
import { clocksInterfaces } from "./clocks.ts";
import { configInterfaces } from "./config.ts";
import { filesystemInterfaces } from "./filesystem/filesystem.ts";
import type { HostInterface } from "./host.ts";
import { httpInterfaces } from "./http/interfaces.ts";
import { ioInterfaces } from "./io.ts";
import { keyvalueInterfaces } from "./keyvalue/keyvalue.ts";
import { loggingInterfaces } from "./logging.ts";
import { randomInterfaces } from "./random.ts";
import { socketsInterfaces } from "./sockets.ts";

/** Every host interface of the runner. What they check against is the importing instance's own grants. */
export const hostInterfaces: readonly HostInterface[] = [
  ...ioInterfaces,
  ...httpInterfaces,
  ...cliInterfaces,
  ...clocksInterfaces,
  ...filesystemInterfaces,
  ...randomInterfaces,
  ...socketsInterfaces,
  ...configInterfaces,
  ...keyvalueInterfaces,
  ...loggingInterfaces,
];
