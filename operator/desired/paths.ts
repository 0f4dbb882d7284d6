/** Where things are in a runner's pod. Volumes of ours have names that no volume of an author's may have. */
export const paths = {
  config: "/etc/tenon/config",
  values: "/etc/tenon/values",
  artifact: "/var/lib/tenon/artifact",
  volumes: "/var/lib/tenon/volumes",
  backends: "/var/lib/tenon/backends",
  token: "/var/run/secrets/tenon",
} as const;

/** Ports of a runner. */
export const ports = { http: 8080, admin: 9090 } as const;

/** What the names of our own volumes begin with. */
export const volumePrefix = "tenon-";

/** What the runner's token is good for, and nothing else. */
export const tokenAudience = "tenon.dev/artifacts";
